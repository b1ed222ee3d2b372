"""Counting a year: every cohort through one plan on the engine, into small sorted files of sums."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import narwhals as nw
import polars as pl

from headway.figures.belongings import NATION, Tables, belongings, is_national, successors
from headway.figures.cohorts import REMOVED, SamePupils, Shelf, cohort
from headway.figures.counts import distribution, rows_by_receipt, school_sums
from headway.figures.engines import Engine
from headway.figures.figures import results_frame, rolled_up, small_integers, with_removed
from headway.figures.kept import Kept
from headway.figures.measures import Measure, registry
from headway.figures.phrases import phrase
from headway.figures.pooling import areas_from_schools, carried_over
from headway.figures.publishing import published_figures
from headway.figures.spreads import lowest_fifth_gap
from headway.figures.tables import Status

_BELONGING = ["organisation", "parent", "kind", "note"]

FILES_NAMED = 3
"""A figure's source names so many files; of more it says how many there are."""


class Inputs(Shelf, Tables, Protocol):
    """The tables, as files and as frames; a `store.Store` or a snapshot of one."""


@dataclass
class CountedYear:
    """What one year's figures are made of: files sorted by organisation, and who belongs where.

    `sums` are sums with the measures that they are for; `rows` are finished rows of `results`.
    """

    year: int
    parents: pl.DataFrame
    sums: list[tuple[Path, list[Measure]]] = field(default_factory=list)
    rows: list[Path] = field(default_factory=list)


def count_year(
    inputs: Inputs,
    engine: Engine,
    year: int,
    working: Path,
    *,
    files: Mapping[str, str],
    carried: pl.DataFrame,
    same: SamePupils | None = None,
    kept: Kept | None = None,
) -> CountedYear:
    """Reads the cohorts and the published figures of a year; leaves the files in `working`.

    `files` names the file of each receipt; `carried` says whose results a school carries (`history.history`),
    `same` which keys are one pupil's, who counts once, `kept` what is taken from an earlier run instead.
    """
    before = successors(carried, year)
    counted = CountedYear(year, belongings(inputs, year))
    if kept is not None:
        counted.rows.append(kept.rows)
    for (table, collection), every in cohorts_of(year).items():
        measures = [measure for measure in every if kept is None or measure.key not in kept.measures]
        if not measures:
            continue
        pupils = cohort(engine, inputs, table=table, collection=collection, year=year, same=same)
        if pupils is None:
            continue
        name = f"{year}-{collection}-{table}"
        schools = small_integers(_frame(engine, school_sums(pupils, measures, year, keep=engine.keep)))
        if not schools.height:
            continue
        named = _frame(engine, rows_by_receipt(pupils))
        parents = pl.concat(
            [
                _with_nation(counted.parents, schools),
                _carrying(before, schools, collection).select(_BELONGING),
            ]
        )
        everyone = pl.concat([schools, rolled_up(schools, parents)], how="diagonal").join(
            _files(named, parents, files), on="organisation", how="left"
        )
        removing = _removing(inputs, collection, year) if table != "absence" else []
        if removing:
            whole = cohort(
                engine, inputs, table=table, collection=collection, year=year, same=same, before_removals=True
            )
            assert whole is not None
            theirs = whole.filter(nw.col("organisation").is_in(removing))
            before_them = small_integers(
                _frame(engine, school_sums(theirs, measures, year, keep=engine.keep))
            )
            everyone = with_removed(everyone, schools, before_them, parents)
        path = working / f"sums-{name}.parquet"
        everyone.sort("organisation").write_parquet(path, row_group_size=50_000)
        counted.sums.append((path, [measure for measure in measures if measure.kind != "spread"]))
        for measure in measures:
            if measure.kind == "spread":
                path = working / f"rows-{name}-{measure.key}.parquet"
                made = _spread(_frame(engine, distribution(pupils, measure, year)), parents, measure, year)
                made.sort("organisation").collect().write_parquet(path)
                counted.rows.append(path)
    if inputs.paths("published_results", year):
        counted.rows.append(_published(inputs, year, counted.parents, before, files, working))
    return counted


def _removing(inputs: Inputs, collection: str, year: int) -> list[str]:
    """The schools at whose request pupils of the collection were removed from its figures."""
    removed = (pl.col("collection") == collection) & (pl.col("inclusion") == REMOVED)
    rows = inputs.frame("pupils", year).filter(removed).select(pl.col("organisation").unique())
    return rows.collect()["organisation"].sort().to_list()


def cohorts_of(year: int) -> dict[tuple[str, str], list[Measure]]:
    """The measures counted from pupils in a year, by the table and the collection that they are counted from."""
    found: dict[tuple[str, str], list[Measure]] = {}
    for measure in registry().values():
        if measure.kind != "published" and year in measure.years:
            assert measure.table is not None
            assert measure.collection is not None
            found.setdefault((measure.table, measure.collection), []).append(measure)
    return found


def _carrying(before: pl.DataFrame, schools: pl.DataFrame, collection: str) -> pl.DataFrame:
    """Predecessors that have pupils here, and whose successors have none of their own."""
    had = pl.col("stages").is_null() | pl.col("stages").str.split(" ").list.contains(collection)
    return before.filter(had | (collection == "roll")).join(
        schools.select(pl.col("organisation").unique().alias("parent")), on="parent", how="anti"
    )


def _frame(engine: Engine, plan: object) -> pl.DataFrame:
    frame = pl.from_arrow(engine.collect(plan))  # type: ignore[arg-type]
    assert isinstance(frame, pl.DataFrame)
    return frame


def _with_nation(parents: pl.DataFrame, schools: pl.DataFrame) -> pl.DataFrame:
    """`parents`, and the nation above all schools if pupils of enough authorities are loaded."""
    there = schools.select(pl.col("organisation").unique())
    authorities = there.join(parents.filter(pl.col("kind") == "authority"), on="organisation")[
        "parent"
    ].n_unique()
    if not is_national(authorities):
        return parents
    nation = there.select(
        "organisation",
        pl.lit(NATION).alias("parent"),
        pl.lit("nation").alias("kind"),
        pl.lit("of the pupils loaded").alias("note"),
    )
    return pl.concat([parents, nation])


def _files(named: pl.DataFrame, parents: pl.DataFrame, files: Mapping[str, str]) -> pl.DataFrame:
    """The files that each organisation's pupil rows came from: `organisation`, `files` in words."""
    above = named.join(parents.select("organisation", "parent"), on="organisation")
    both = pl.concat(
        [
            named.select("organisation", "receipt"),
            above.select(pl.col("parent").alias("organisation"), "receipt"),
        ]
    )
    names = pl.col("receipt").replace_strict(dict(files), default=pl.col("receipt"))
    listed = names.drop_nulls().unique().sort()
    return both.group_by("organisation").agg(
        pl.when(listed.len() > FILES_NAMED)
        .then(phrase("{} files", listed.len()))
        .otherwise(listed.str.join(", "))
        .alias("files")
    )


def _spread(each: pl.DataFrame, parents: pl.DataFrame, measure: Measure, year: int) -> pl.LazyFrame:
    above = each.join(parents.select("organisation", "parent"), on="organisation")
    together = above.group_by(pl.col("parent").alias("organisation"), "points").agg(pl.col("pupils").sum())
    gaps = lowest_fifth_gap(pl.concat([each, together.select(each.columns)]))
    status = pl.when(pl.col("value").is_null()).then(pl.lit(Status.NOT_APPLICABLE.value))
    return results_frame(
        gaps.with_columns(
            year=pl.lit(year),
            years_pooled=pl.lit(1),
            measure=pl.lit(measure.key),
            group=pl.lit("all"),
            basis=pl.lit("pupils"),
            status=status.otherwise(pl.lit(Status.REPORTED.value)),
            source=phrase("{} pupil rows", "denominator"),
        )
    )


def _published(
    inputs: Inputs,
    year: int,
    parents: pl.DataFrame,
    before: pl.DataFrame,
    files: Mapping[str, str],
    working: Path,
) -> Path:
    own = published_figures(inputs.frame("published_results", year), files).collect()
    above = pl.concat([parents, before.filter(pl.col("kind") == "amalgamation").select(_BELONGING)])
    areas = areas_from_schools(own.lazy(), above).collect()
    converted = before.filter(pl.col("kind") == "conversion")
    own = pl.concat([own, carried_over(own, converted)])
    path = working / f"rows-{year}-published.parquet"
    pl.concat([own, areas]).sort("organisation").write_parquet(path, row_group_size=50_000)
    return path


def weights(years: Sequence[CountedYear]) -> pl.DataFrame:
    """How many rows of results each organisation will have, about: `organisation`, `rows`, sorted."""
    parts = [
        pl.scan_parquet(path).group_by("organisation").agg(rows=pl.len() * len(measures))
        for counted in years
        for path, measures in counted.sums
    ]
    parts += [
        pl.scan_parquet(path).group_by("organisation").agg(rows=pl.len())
        for counted in years
        for path in counted.rows
    ]
    if not parts:
        return pl.DataFrame(schema={"organisation": pl.String, "rows": pl.UInt32})
    return pl.concat(parts).group_by("organisation").agg(pl.col("rows").sum()).sort("organisation").collect()
