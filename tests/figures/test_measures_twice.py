"""Every measure, counted twice: by plan on an engine, and slowly by hand."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from generated_pupils import Folder, measures_of, rows_of
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from reference import GROUPS, figures

from headway.figures.cohorts import cohort
from headway.figures.counting import cohorts_of
from headway.figures.counts import distribution, school_sums
from headway.figures.engines import Engine, engine
from headway.figures.figures import figures_of_sums
from headway.figures.measures import registry
from headway.figures.measures.groups import BY_KEY
from headway.figures.spreads import lowest_fifth_gap

TABLES_AND_YEARS = [
    ("assessments_ks2", 2009),
    ("assessments_ks2", 2012),
    ("assessments_ks2", 2014),
    ("assessments_ks2", 2018),
    ("assessments_ks2", 2019),
    ("assessments_ks2", 2023),
    ("assessments_ks1", 2012),
    ("assessments_ks1", 2017),
    ("assessments_ks1", 2022),
    ("assessments_phonics", 2019),
    ("assessments_phonics", 2025),
    ("assessments_foundation", 2008),
    ("assessments_foundation", 2019),
    ("assessments_foundation", 2023),
    ("assessments_mtc", 2024),
    ("absence", 2009),
    ("absence", 2013),
    ("absence", 2019),
    ("pupils", 2019),
]
"""Each era of each table."""


def counted(
    chosen: Engine, folder: Folder, table: str, collection: str, year: int
) -> dict[tuple[str, str, str], tuple[int, int | None, float]]:
    """What the plan says, by measure, school and group."""
    measures = cohorts_of(year)[table, collection]
    pupils = cohort(chosen, folder, table=table, collection=collection, year=year)
    assert pupils is not None
    groups = [BY_KEY[key] for key in GROUPS]
    sums = pl.from_arrow(chosen.collect(school_sums(pupils, measures, year, groups, keep=chosen.keep)))
    assert isinstance(sums, pl.DataFrame)
    rows = figures_of_sums(sums, [one for one in measures if one.kind != "spread"], year)
    found = {
        (one["measure"], one["organisation"], one["group"]): (
            one["denominator"],
            one["numerator"],
            one["value"],
        )
        for one in rows.filter(pl.col("status") == "reported").collect().to_dicts()
    }
    for measure in measures:
        if measure.kind == "spread":
            each = pl.from_arrow(chosen.collect(distribution(pupils, measure, year)))
            assert isinstance(each, pl.DataFrame)
            for one in lowest_fifth_gap(each).to_dicts():
                found[measure.key, one["organisation"], "all"] = (one["denominator"], None, one["value"])
    return found


def check(name: str, folder: Path, table: str, year: int, pupils: int, seed: int) -> None:
    tables, joined = rows_of(table, year, pupils, seed)
    for collection, rows in joined.items():
        first = counted(engine(name), Folder(folder, tables), table, collection, year)
        second = {
            (measure.key, school, group): (answer.denominator, answer.numerator, float(answer.value))
            for measure in measures_of(table, year)
            if measure.collection == collection
            for (school, group), answer in figures(measure.key, year, rows).items()
        }
        assert set(first) == set(second)
        for key, (denominator, numerator, value) in second.items():
            assert first[key] == (denominator, numerator, pytest.approx(value, rel=1e-9)), key


@pytest.mark.parametrize(("table", "year"), TABLES_AND_YEARS)
def test_every_measure_agrees_with_its_slow_second_implementation(
    tmp_path: Path, table: str, year: int
) -> None:
    check("polars", tmp_path, table, year, 600, seed=year)


@pytest.mark.parametrize(("table", "year"), TABLES_AND_YEARS[::3])
def test_duckdb_agrees_with_the_second_implementation(tmp_path: Path, table: str, year: int) -> None:
    check("duckdb", tmp_path, table, year, 100, seed=1)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sampled_from(TABLES_AND_YEARS[:1] + TABLES_AND_YEARS[3:5] + TABLES_AND_YEARS[8:9]),
    st.integers(1, 12),
    st.integers(0, 10**9),
)
def test_small_cohorts_agree_too(tmp_path: Path, which: tuple[str, int], pupils: int, seed: int) -> None:
    check("polars", tmp_path, which[0], which[1], pupils, seed)


@pytest.mark.long
@pytest.mark.parametrize("name", ["duckdb", pytest.param("local[2]", marks=pytest.mark.spark)])
@pytest.mark.parametrize(("table", "year"), TABLES_AND_YEARS)
@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
def test_every_engine_agrees_with_the_second_implementation(
    tmp_path: Path, table: str, year: int, name: str
) -> None:
    check(name, tmp_path, table, year, 200, seed=year)


def test_every_counted_measure_has_a_second_implementation() -> None:
    tested = {measure.key for table, year in TABLES_AND_YEARS for measure in measures_of(table, year)}
    assert tested == {measure.key for measure in registry().values() if measure.kind != "published"}
