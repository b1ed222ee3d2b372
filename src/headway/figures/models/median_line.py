"""Value added from the national median line: DfE's measure of 2003 to 2006, shown around 100.

A pupil's value added is the key stage 2 average points less the national median of pupils with the same key stage 1
average points; a school's is the mean of its pupils', plus 100. Sources: BBC News 3254528, 7124763;
performance tables 2003 to 2006.
"""

from __future__ import annotations

import polars as pl

from headway.figures.models.terms import ModelError

CENTRE = 100.0


def median_line(pupils: pl.DataFrame) -> pl.DataFrame:
    """The national line from national pupils: `ks1_average_points`, `median` of `ks2_average_points`, `pupils`."""
    known = pupils.select("ks1_average_points", "ks2_average_points").drop_nulls()
    if known.is_empty():
        raise ModelError("no pupil has average points of both key stages, so there is no median line")
    return (
        known.group_by("ks1_average_points")
        .agg(pl.col("ks2_average_points").median().alias("median"), pl.len().cast(pl.Int64).alias("pupils"))
        .sort("ks1_average_points")
    )


def median_value_added(pupils: pl.DataFrame, line: pl.DataFrame, by: str = "organisation") -> pl.DataFrame:
    """A row a school: `pupils` counted, `value` around 100, `coverage` in %.

    `line` has `ks1_average_points` and `median`: computed from national pupils, or a published table loaded as data. A
    pupil without key stage 1 points, or whose points the line lacks, is not counted.
    """
    joined = pupils.join(line.select("ks1_average_points", "median"), on="ks1_average_points", how="left")
    gained = pl.col("ks2_average_points") - pl.col("median")
    return (
        joined.group_by(by)
        .agg(
            gained.count().cast(pl.Int64).alias("pupils"),
            (CENTRE + gained.mean()).alias("value"),
            (100 * gained.count() / pl.len()).alias("coverage"),
        )
        .sort(by)
    )
