"""Progressions: from each start, how many pupils reached each outcome; a school beside the nation.

The transition matrices of RAISEonline and DfE: prior level by outcome, with counts and conversion rates.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from headway.figures.models.terms import ModelError


def transitions(pupils: pl.DataFrame, prior: str, outcome: str, order: Sequence[str]) -> pl.DataFrame:
    """A row for each start and outcome: `prior`, `outcome`, `pupils`, `share` and `conversion`.

    `order` lists the outcomes from the lowest up; `share` is the percentage of the start's pupils with the outcome,
    `conversion` with it or a higher one. Every outcome stands for every start, with 0 pupils if need be. Pupils
    without a start or an outcome are not counted. Raises `ModelError` for an outcome that `order` lacks.
    """
    known = pupils.select(
        pl.col(prior).cast(pl.String).alias("prior"), pl.col(outcome).cast(pl.String).alias("outcome")
    ).drop_nulls()
    strange = known.filter(~pl.col("outcome").is_in(list(order)))["outcome"].unique().sort().to_list()
    if strange:
        raise ModelError(
            f"the outcome {strange[0]!r} is not in the order {', '.join(order)}; add it where it belongs"
        )
    outcomes = pl.DataFrame(
        {"outcome": list(order), "place": range(len(order))}, schema_overrides={"outcome": pl.String}
    )
    starts = known.select("prior").unique()
    counted = known.group_by("prior", "outcome").agg(pl.len().cast(pl.Int64).alias("pupils"))
    return (
        starts.join(outcomes, how="cross")
        .join(counted, on=["prior", "outcome"], how="left")
        .with_columns(pl.col("pupils").fill_null(0))
        .sort("prior", "place")
        .with_columns(
            (100 * pl.col("pupils") / pl.col("pupils").sum().over("prior")).alias("share"),
            (
                100
                * pl.col("pupils").cum_sum(reverse=True).over("prior")
                / pl.col("pupils").sum().over("prior")
            ).alias("conversion"),
        )
        .drop("place")
    )


def beside_national(school: pl.DataFrame, national: pl.DataFrame) -> pl.DataFrame:
    """A school's `transitions` beside those of the nation: adds `national_pupils`, `national_share`, `national_conversion`
    and `expected`, the pupils that the school would have had at national rates. Starts that the nation lacks have nulls.
    """
    other = national.select(
        "prior",
        "outcome",
        *(pl.col(name).alias(f"national_{name}") for name in ("pupils", "share", "conversion")),
    )
    of_start = pl.col("pupils").sum().over("prior")
    return school.join(other, on=["prior", "outcome"], how="left", maintain_order="left").with_columns(
        (of_start * pl.col("national_share") / 100).alias("expected")
    )
