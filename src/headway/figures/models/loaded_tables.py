"""Tables that were not found and are never invented, as files that a user can load.

DfE's *ready reckoners* give each year's prior attainment groups and their mean key stage 2 scores; the technical guides give
the nominal scores of pupils below the tests. Whoever has them writes a CSV file:

* groups: `year, subject, prior_attainment_group, lowest_points, highest_points, mean`, and if known `limit` (the least
  progress score that counts in the group) and `spread` (the national standard deviation of pupils' progress);
* nominal scores: `year, subject, code, score`.

`source` may stand beside them and is kept in the label.
"""

from __future__ import annotations

from pathlib import Path

import polars as pl

from headway.figures.models.progress import Groups, Nominal, Subject
from headway.figures.models.terms import ModelError

_NUMBERS = {
    "year": pl.Int64,
    "prior_attainment_group": pl.Float64,
    "lowest_points": pl.Float64,
    "highest_points": pl.Float64,
    "mean": pl.Float64,
    "limit": pl.Float64,
    "spread": pl.Float64,
    "score": pl.Float64,
}


def read_groups(path: Path, subject: Subject, year: int) -> Groups:
    """The prior attainment groups of a year and subject from a user's file.

    `Groups.table` has `lowest_points` and `highest_points` too, so that `grouped` can place pupils. Raises
    `ModelError`, naming file, row and column, for what cannot be read, and for ranges that overlap.
    """
    needed = ("year", "subject", "prior_attainment_group", "lowest_points", "highest_points", "mean")
    table = _rows(path, needed, subject, year)
    ordered = table.sort("lowest_points")
    overlapping = ordered.filter(pl.col("lowest_points") <= pl.col("highest_points").shift(1))
    if overlapping.height:
        raise ModelError(
            f"{path.name}: prior attainment group {overlapping['prior_attainment_group'][0]:g} of {subject} {year} begins "
            "before the one below it ends; mend lowest_points and highest_points"
        )
    absent = [name for name in ("limit", "spread") if name not in ordered.columns]
    ordered = ordered.with_columns(pl.lit(None, dtype=pl.Float64).alias(name) for name in absent)
    spread = ordered["spread"].drop_nulls()
    return Groups(
        year,
        subject,
        ordered.select(
            pl.col("prior_attainment_group").alias("prior_group"),
            "lowest_points",
            "highest_points",
            "mean",
            "limit",
        ),
        "dfe",
        float(spread[0]) if spread.len() else None,
        label=f"means loaded from {path.name}" + _source(ordered),
    )


def grouped(pupils: pl.DataFrame, groups: Groups) -> pl.DataFrame:
    """`pupils` with `prior_group` by the ranges of the table, where DfE did not supply it; null outside every range."""
    ranges = groups.table.sort("lowest_points").select(
        pl.col("prior_group").alias("of_range"), "lowest_points", "highest_points"
    )
    supplied = (
        pl.col("prior_attainment_group").cast(pl.Float64)
        if "prior_attainment_group" in pupils.columns
        else pl.lit(None, dtype=pl.Float64)
    )
    return (
        pupils.drop("prior_group", strict=False)
        .with_row_index("_order")
        .sort("prior_points", nulls_last=True)
        .join_asof(
            ranges,
            left_on="prior_points",
            right_on="lowest_points",
            strategy="backward",
            check_sortedness=False,
        )
        .with_columns(
            pl.coalesce(
                supplied, pl.when(pl.col("prior_points") <= pl.col("highest_points")).then(pl.col("of_range"))
            ).alias("prior_group")
        )
        .sort("_order")
        .drop("_order", "of_range", "highest_points", "lowest_points", strict=False)
    )


def read_nominal(path: Path, subject: Subject, year: int) -> Nominal:
    """The nominal scores of a year and subject from a user's file. Raises `ModelError` as `read_groups` does."""
    table = _rows(path, ("year", "subject", "code", "score"), subject, year)
    codes = table["code"].str.strip_chars().str.to_uppercase()
    twice = codes.filter(codes.is_duplicated())
    if twice.len():
        raise ModelError(f"{path.name}: the code {twice[0]} stands twice for {subject} {year}; keep one")
    return Nominal(dict(zip(codes.to_list(), table["score"].to_list(), strict=True)))


def _rows(path: Path, needed: tuple[str, ...], subject: str, year: int) -> pl.DataFrame:
    try:
        table = pl.read_csv(path, infer_schema=False)
    except (pl.exceptions.PolarsError, OSError) as problem:
        raise ModelError(
            f"{path.name} cannot be read as a CSV file in UTF-8: {str(problem).splitlines()[0]}"
        ) from problem
    lacking = [name for name in needed if name not in table.columns]
    if lacking:
        raise ModelError(
            f"{path.name} has no column {', '.join(lacking)}; it has {', '.join(table.columns)}, "
            f"and {', '.join(needed)} are needed"
        )
    for name in [name for name in _NUMBERS if name in table.columns]:
        cast = table[name].str.strip_chars().cast(_NUMBERS[name], strict=False)
        wrong = table.with_row_index("line", offset=2).filter(
            cast.is_null() & table[name].is_not_null() & (table[name] != "")
        )
        if wrong.height:
            raise ModelError(
                f"{path.name}, row {wrong['line'][0]}, column {name}: found {wrong[name][0]!r}, expected a number"
            )
        empty = table.with_row_index("line", offset=2).filter(cast.is_null())
        if name in needed and empty.height:
            raise ModelError(
                f"{path.name}, row {empty['line'][0]}, column {name}: nothing there, expected a number"
            )
        table = table.with_columns(cast.alias(name))
    found = table.filter(
        (pl.col("year") == year) & (pl.col("subject").str.strip_chars().str.to_lowercase() == subject)
    )
    if found.is_empty():
        held = table.select("year", "subject").unique().sort("year", "subject").rows()
        raise ModelError(
            f"{path.name} has nothing for {subject} {year}; it has {', '.join(f'{s} {y}' for y, s in held[:12])}"
        )
    return found


def _source(table: pl.DataFrame) -> str:
    if "source" not in table.columns or not table["source"].drop_nulls().len():
        return ""
    return f" ({table['source'].drop_nulls()[0]})"
