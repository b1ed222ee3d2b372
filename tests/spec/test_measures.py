"""Every specification, on every engine."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path

import polars as pl
import pytest
from examples import SPECS
from spark_sockets import sockets_left_open
from specs import Spec, rendered, tables_of

from headway.figures.cohorts import cohort
from headway.figures.counts import school_sums
from headway.figures.engines import Engine
from headway.figures.figures import figures_of_sums
from headway.figures.measures import registry
from headway.figures.measures.groups import BY_KEY


class Folder:
    """A folder with one Parquet file a table."""

    def __init__(self, folder: Path, tables: dict[str, pl.DataFrame]) -> None:
        self.folder = folder
        folder.mkdir()
        for name, rows in tables.items():
            rows.write_parquet(self._path(name))

    def _path(self, table: str) -> Path:
        return self.folder / f"{table}.parquet"

    def paths(self, table: str, year: int | None = None) -> Sequence[Path]:
        return [self._path(table)] if self._path(table).exists() else []

    def years(self, table: str) -> Sequence[int]:
        return []


@pytest.fixture(scope="session")
def figures(each_engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> pl.DataFrame:
    """The figures of all specs: those of one table and year in one plan, their schools kept apart by number."""
    with sockets_left_open():
        return _figures(each_engine, tmp_path_factory)


def _figures(each_engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> pl.DataFrame:
    together: dict[tuple[str | None, str | None, int], list[tuple[int, Spec]]] = {}
    for number, spec in enumerate(SPECS, start=1):
        measure = registry()[spec.measure]
        together.setdefault((measure.table, measure.collection, spec.year), []).append((number, spec))
    made = []
    for (table, collection, year), several in together.items():
        folder = Folder(tmp_path_factory.mktemp("spec") / "tables", tables_of(several))
        measures = [registry()[key] for key in sorted({spec.measure for _, spec in several})]
        groups = [BY_KEY[key] for key in sorted(set().union(*(spec.groups for _, spec in several)))]
        assert table is not None
        assert collection is not None
        pupils = cohort(each_engine, folder, table=table, collection=collection, year=year)
        assert pupils is not None
        sums = pl.from_arrow(
            each_engine.collect(school_sums(pupils, measures, year, groups, keep=each_engine.keep))
        )
        assert isinstance(sums, pl.DataFrame)
        made.append(figures_of_sums(sums, measures, year).collect())
    return pl.concat(made)


@cache
def _numbered() -> list[tuple[int, Spec]]:
    return list(enumerate(SPECS, start=1))


@pytest.mark.parametrize(("number", "spec"), _numbered(), ids=[spec.title for spec in SPECS])
def test_a_measure_answers_as_its_specification_says(figures: pl.DataFrame, number: int, spec: Spec) -> None:
    found = {
        (one["organisation"], one["group"]): one
        for one in figures.filter(
            pl.col("measure") == spec.measure,
            pl.col("organisation").str.strip_prefix("school:").cast(pl.Int64) // 100 == number,
            pl.col("group").is_in(list(spec.groups)),
        ).to_dicts()
    }
    expected = {
        (f"school:{number * 100 + int(answer.get('school') or 1)}", answer.get("group") or "all"): answer
        for answer in spec.answers
    }
    assert set(found) == set(expected)
    for key, answer in expected.items():
        for column in ("numerator", "denominator"):
            if column in answer:
                assert found[key][column] == (int(answer[column]) if answer[column] else None), (key, column)
        for end in ("lower", "upper"):
            if end in answer:
                limit = float(answer[end]) if answer[end] else None
                assert found[key][end] == (None if limit is None else pytest.approx(limit, rel=1e-9)), (
                    key,
                    end,
                )
        if "value" in answer:
            wanted = float(answer["value"]) if answer["value"] else None
            assert found[key]["value"] == (None if wanted is None else pytest.approx(wanted, rel=1e-9))
            assert found[key]["status"] == ("not available" if wanted is None else "reported")


def test_the_specifications_can_be_read_as_a_page() -> None:
    page = rendered(SPECS)
    assert all(f"### {spec.title}\n" in page for spec in SPECS)
    assert "| school | sex | reading_outcome" in page


def test_every_kind_of_measure_has_a_specification() -> None:
    stages = {registry()[spec.measure].stage for spec in SPECS}
    kinds = {registry()[spec.measure].kind for spec in SPECS}
    assert {"foundation", "phonics", "ks1", "mtc", "ks2", "absence", "context"} <= stages
    assert {"proportion", "mean", "ratio", "count"} <= kinds
