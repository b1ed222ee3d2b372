"""Statistics of a whole distribution, from how many pupils have each value. Not sums, but still additive:
an authority's distribution is its schools' distributions added up.
"""

from __future__ import annotations

import polars as pl


def lowest_fifth_gap(distribution: pl.DataFrame) -> pl.DataFrame:
    """NI 92: how far the mean of the lowest-achieving fifth lies below the median, in percent of the median.

    (median of all - mean of the lowest-achieving 20 %) / median * 100, over the total profile points
    (national indicator 92, data.gov.uk). `distribution` has `organisation`, `points`, `pupils`; the answer `organisation`,
    `denominator` and `value`. A fifth of 12 pupils is 2.4: the third lowest counts with a weight of 0.4.
    Null where the median is 0.
    """
    pupils, points = pl.col("pupils"), pl.col("points")
    each = distribution.filter(pupils > 0).sort("organisation", "points")
    each = each.with_columns(
        upto=pupils.cum_sum().over("organisation"), everyone=pupils.sum().over("organisation")
    )
    fifth = pl.col("everyone") / 5
    weight = (pl.min_horizontal(pl.col("upto").cast(pl.Float64), fifth) - (pl.col("upto") - pupils)).clip(
        0, None
    )

    def ranked(place: pl.Expr) -> pl.Expr:
        return points.filter(pl.col("upto") > place).first()

    middles = (
        each.with_columns(weight=weight)
        .group_by("organisation")
        .agg(
            denominator=pl.col("everyone").first(),
            lowest=(pl.col("weight") * points).sum() / fifth.first(),
            median=(ranked((pl.col("everyone") - 1) // 2) + ranked(pl.col("everyone") // 2)) / 2,
        )
    )
    median = pl.when(pl.col("median") > 0).then(pl.col("median"))
    return middles.select(
        "organisation", "denominator", value=100 * (median - pl.col("lowest")) / median
    ).sort("organisation")
