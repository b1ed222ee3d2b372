"""What each figure tells about counts of pupils.

A proportion tells its cohort and who met the standard, a mean its cohort and its sum, a number of pupils a cohort,
the share of a group its own cohort and that of all pupils.
"""

from __future__ import annotations

from functools import cache

import polars as pl

from headway.figures.measures import registry

GROUP_SHARE = "_cohort_share"
"""The end of the names of measures that say which part of all pupils a group is."""

KINDS = ("proportion", "mean", "spread", "cohort", "group share")


@cache
def _kinds() -> dict[str, str]:
    """What each measure tells; one that Headway does not know is taken for a proportion."""
    found = {}
    for key, measure in registry().items():
        if measure.unit == "pupils":
            found[key] = "cohort"
        elif key.endswith(GROUP_SHARE):
            found[key] = "group share"
        elif measure.kind == "spread":
            found[key] = "spread"
        elif measure.unit != "percent" or measure.kind in ("mean", "ratio") or not measure.of_pupils:
            found[key] = "mean"
    return found


def as_counts(results: pl.DataFrame) -> pl.DataFrame:
    """The figures with all that they tell of counts written out, and `kind`, one of `KINDS`.

    A number of pupils becomes a cohort. A percentage whose count is unknown, since its publisher counted it over
    another number of pupils than it prints, gets the counts that its rounding leaves open over those printed.
    """
    kind = (
        pl.when(pl.col("total").is_not_null())
        .then(pl.lit("mean"))
        .otherwise(pl.col("measure").replace_strict(_kinds(), default="proportion", return_dtype=pl.String))
    )
    with_kind = results.with_columns(kind=kind)
    cohort = pl.col("kind") == "cohort"
    open_count = (
        pl.col("kind").is_in(["proportion", "group share"])
        & pl.col("numerator").is_null()
        & (pl.col("numerator_low").is_null() | pl.col("numerator_high").is_null())
    )
    pupils = pl.col("denominator")
    least = ((pl.col("value") - 0.5) * pupils / 100).floor().cast(pl.Int64).clip(0, pupils)
    most = ((pl.col("value") + 0.5) * pupils / 100).ceil().cast(pl.Int64).clip(0, pupils)
    nothing = pl.lit(None, pl.Int64)
    return with_kind.with_columns(
        denominator=pl.when(cohort)
        .then(pl.coalesce("denominator", pl.col("value").round().cast(pl.Int64)))
        .otherwise("denominator"),
        numerator=pl.when(cohort).then(nothing).otherwise("numerator"),
        numerator_low=pl.when(cohort).then(nothing).when(open_count).then(least).otherwise("numerator_low"),
        numerator_high=pl.when(cohort).then(nothing).when(open_count).then(most).otherwise("numerator_high"),
    )
