"""Figures that stand although their pupils' rows were erased: an earlier run's, taken over by the next one.

When the time of pupils' rows is over they go (`purge`), and no figure can be counted from them again. A run therefore keeps
what the newest run that counted them said, number for number, with a label that names it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import polars as pl

from headway.figures.measures import registry
from headway.figures.runs import Run
from headway.figures.tables import ESTIMATES

KEPT = "kept from run-"
"""In a label: the figure is of an earlier run, whose pupils' rows have been erased since."""


class Inputs(Protocol):
    """The tables of a run; `runs.Snapshot` is one."""

    def purged_years(self, table: str) -> list[int]:
        """Years of a table whose rows were erased when their time was over."""


@dataclass(frozen=True)
class Kept:
    """A year's figures of an earlier run, and the measures that are taken from there and not counted again."""

    year: int
    rows: Path
    run: Run
    measures: frozenset[str]


def kept_figures(
    runs: Sequence[Run], inputs: Inputs, folder: Path, years: Sequence[int] | None = None
) -> list[Kept]:
    """The figures counted from pupils that are no longer there, a Parquet file a year in `folder`, by organisation.

    Of each year the newest of `runs` (oldest first) that has any; `years` limits them to these years.
    """
    found = []
    for year, measures in sorted(_lost(inputs).items()):
        if years is not None and year not in years:
            continue
        path = folder / f"kept-{year}.parquet"
        for run in reversed(runs):
            if _taken_over(run.results(), run, year, measures, path):
                found.append(Kept(year, path, run, frozenset(measures)))
                break
    return found


def _lost(inputs: Inputs) -> dict[int, list[str]]:
    """Years, and the measures that can no longer be counted in them: what is loaded again need not be all there was."""
    lost: dict[int, list[str]] = {}
    for measure in registry().values():
        if measure.kind == "published" or measure.table is None:
            continue
        needed = {measure.table} if measure.table == "absence" else {measure.table, "pupils"}
        for year in {year for table in needed for year in inputs.purged_years(table)}:
            lost.setdefault(year, []).append(measure.key)
    return lost


def _taken_over(results: pl.LazyFrame, run: Run, year: int, measures: Sequence[str], path: Path) -> bool:
    mine = results.filter(
        pl.col("year") == year, pl.col("basis") == "pupils", pl.col("measure").is_in(list(measures))
    )
    mine.with_columns(_label(run)).sink_parquet(path)
    there = bool(pl.scan_parquet(path).select(pl.len()).collect().item())
    if not there:
        path.unlink()
    return there


def _label(run: Run) -> pl.Expr:
    """The label with the run that counted the figure, unless an earlier keeping has named it."""
    note = pl.lit(
        f"{KEPT}{run.id.removeprefix('run-')}: the pupils' rows were erased when their time was over"
    )
    named = pl.col("label").fill_null("").str.contains(KEPT, literal=True)
    said = pl.concat_str("label", note, separator="; ", ignore_nulls=True)
    return pl.when(named).then("label").otherwise(said).alias("label")


def with_kept_estimates(path: Path, kept: Sequence[Kept], run: str) -> None:
    """Adds what the earlier runs' models said of the years kept to the run's `estimates.parquet`, where it says nothing."""
    names = [column.name for column in ESTIMATES.columns]
    key = list(ESTIMATES.key)
    earlier = [
        rows
        for one in kept
        if (one.run.folder / "estimates.parquet").exists()
        and (
            rows := one.run.estimates()
            .filter(pl.col("year") == one.year)
            .with_columns(_label(one.run), pl.lit(run).alias("run"))
            .select(names)
            .collect()
        ).height
    ]
    if not earlier:
        return
    own = pl.read_parquet(path) if path.exists() else earlier[0].clear()
    there = [name for name in key if name in own.columns]
    taken = pl.concat(earlier).join(own, on=there, how="anti", nulls_equal=True)
    pl.concat([own.select(names), taken]).sort(key).write_parquet(path)
