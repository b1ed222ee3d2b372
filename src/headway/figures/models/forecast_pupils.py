"""Forecasts from the pupils themselves: their estimated chances, or what their teachers assessed them at.

Estimates from prior attainment, and the shares of earlier pupils who reached the standard from the same teacher
assessment, are both a chance for each pupil; `from_pupils` makes a school's, group's or authority's forecast of
either. `combined` puts forecasts from several sources together by their precision.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from headway.figures.models.forecast_certainty import SHARED_80, SHARED_90
from headway.figures.models.forecasts import FORECAST

_BY = ("scale", "term", "subject", "judgement")
_FEWEST_PUPILS = 30
"""Earlier pupils with the same assessment from whom a chance is taken."""


def from_pupils(
    pupils: pl.DataFrame,
    *,
    measure: str,
    year: int,
    method: str,
    effects: pl.DataFrame | None = None,
    national_error: float = 0.0,
    threshold: float | None = None,
) -> pl.DataFrame:
    """The forecast percentage of each organisation and group, columns `forecasts.FORECAST`.

    `pupils` has a row a pupil, organisation and group: `organisation`, `group`, `probability` (0 to 1, null
    where the pupil has no estimate). `effects` has `organisation`, `effect` and `effect_error`: what the school
    adds, in percentage points, on top of what its pupils' chances say (its shrunken estimate), and the standard
    error of that. The variance is the pupils' own luck, p(1 - p) each, and the square of the effect's error.
    `national_error` is the standard error, in points, of the national level of the chances. Pupils without
    a chance are taken to be like the others of their group, and counted in the label.

    Raises ValueError for a chance outside 0 to 1, or a pupil's effect without its error.
    """
    outside = pupils.filter((pl.col("probability") < 0) | (pl.col("probability") > 1))
    if outside.height:
        raise ValueError(
            f"{outside.height} pupils have a chance outside 0 to 1; chances are shares, not percentages"
        )
    p = pl.col("probability")
    summed = pupils.group_by("organisation", "group").agg(
        pupils=pl.len().cast(pl.Float64),
        known=p.count(),
        share=p.mean(),
        luck=(p * (1 - p)).mean(),
    )
    if effects is None:
        summed = summed.with_columns(effect=pl.lit(0.0), effect_error=pl.lit(0.0))
        untold = "no allowance for the school's own effect"
    else:
        if effects.filter(pl.col("effect").is_not_null() & pl.col("effect_error").is_null()).height:
            raise ValueError("a school's effect is of no use without its standard error (effect_error)")
        summed = summed.join(
            effects.select("organisation", "effect", "effect_error"), on="organisation", how="left"
        )
        untold = ""
    without = pl.col("pupils") - pl.col("known")
    known_effect = pl.col("effect").is_not_null()
    made = summed.with_columns(
        year=pl.lit(year),
        measure=pl.lit(measure),
        mean=(100 * pl.col("share") + pl.col("effect").fill_null(0.0)).clip(0, 100),
        standard_error=(
            1e4 * pl.col("luck") / pl.col("pupils")
            # Of a school whose effect is not known, no more is claimed than of the least known one.
            + pl.coalesce("effect_error", pl.col("effect_error").max(), pl.lit(0.0)) ** 2
            + national_error**2
        ).sqrt(),
        area_error=pl.lit(0.0),
        national_error=pl.lit(national_error),
        method=pl.lit(method),
        based_on=pl.format("the chances of {} pupils", "known"),
        label=pl.concat_str(
            [
                pl.when(without > 0).then(pl.format("{} pupils have no estimate", without.cast(pl.Int64))),
                pl.when(pl.lit(bool(untold))).then(pl.lit(untold)),
                pl.when(~known_effect).then(pl.lit("the school's own effect is not known")),
            ],
            separator="; ",
            ignore_nulls=True,
        ),
    )
    return with_intervals(made, threshold)


def assessment_chances(past: pl.DataFrame, now: pl.DataFrame, *, by: Sequence[str] = _BY) -> pl.DataFrame:
    """Each pupil of `now` with the chance that pupils with the same assessment had in earlier years.

    `past` holds earlier pupils' teacher assessments (the columns `by`) and `reached`, whether they then reached
    the standard. The share is (reached + 1) / (pupils + 2). Adds `probability` (null where fewer than 30 earlier
    pupils had that assessment: a scale means what it turned out to mean, nothing is assumed of it) and
    `learnt_from`.
    """
    shares = (
        past.drop_nulls("reached")
        .group_by(list(by))
        .agg(
            learnt_from=pl.len(),
            probability=(pl.col("reached").sum() + 1) / (pl.len() + 2),
        )
    )
    joined = now.join(shares, on=list(by), how="left", maintain_order="left")
    enough = pl.col("learnt_from") >= _FEWEST_PUPILS
    return joined.with_columns(
        learnt_from=pl.col("learnt_from").fill_null(0), probability=pl.when(enough).then("probability")
    )


def school_effects(past: pl.DataFrame) -> pl.DataFrame:
    """Schools' shrunken departures from their pupils' chances, learnt from earlier pupils.

    `past` has `organisation`, `probability` and `reached`. Columns `organisation`, `effect` and
    `effect_error`, in percentage points. The variance between schools is what is left of their departures
    after the pupils' luck (method of moments); where none is left every effect is 0.
    """
    p = pl.col("probability")
    schools = (
        past.drop_nulls(["probability", "reached"])
        .group_by("organisation", maintain_order=True)
        .agg(
            departure=100 * (pl.col("reached").cast(pl.Float64) - p).mean(),
            luck=1e4 * (p * (1 - p)).mean() / pl.len(),
        )
    )
    if schools.is_empty():
        return pl.DataFrame(
            schema={"organisation": pl.String(), "effect": pl.Float64(), "effect_error": pl.Float64()}
        )
    left = float((schools["departure"] ** 2 - schools["luck"]).mean() or 0.0)  # type: ignore[arg-type]
    between = max(left, 0.0)
    reliability = pl.when(between > 0).then(between / (between + pl.col("luck"))).otherwise(0.0)
    return schools.select(
        "organisation",
        effect=reliability * pl.col("departure"),
        effect_error=(between * (1 - reliability)).sqrt(),
    )


def combined(forecasts: Sequence[pl.DataFrame], *, threshold: float | None = None) -> pl.DataFrame:
    """One forecast of each organisation, year, measure and group from several sources, by their precision.

    The mean weighs each source by 1 / standard error squared. The standard error is that of the surest source,
    not less: all of them are about the same cohort, whose luck none of them can know, so they are not independent.
    A source without a standard error is left out where another has one.
    """
    key = ["organisation", "year", "measure", "group"]
    stacked = pl.concat([each.with_columns(source=place) for place, each in enumerate(forecasts)])
    sure = pl.col("standard_error").is_not_null() & pl.col("mean").is_not_null()
    stacked = stacked.filter(pl.col("mean").is_not_null()).filter(sure | ~sure.any().over(key))
    weight = pl.when(sure).then(1 / pl.col("standard_error").clip(lower_bound=1e-6) ** 2).otherwise(1.0)
    best = pl.col("standard_error").arg_min()

    def of_best(name: str) -> pl.Expr:
        return pl.col(name).get(best.fill_null(0))

    made = (
        stacked.sort(*key, "source")
        .group_by(key, maintain_order=True)
        .agg(
            pupils=of_best("pupils"),
            mean=(weight * pl.col("mean")).sum() / weight.sum(),
            standard_error=pl.col("standard_error").min(),
            area_error=of_best("area_error"),
            national_error=of_best("national_error"),
            method=pl.col("method").str.join(" + "),
            based_on=pl.col("based_on").str.join("; "),
            label=pl.col("label").filter(pl.col("label") != "").unique(maintain_order=True).str.join("; "),
        )
    )
    return with_intervals(made, threshold)


def with_intervals(made: pl.DataFrame, threshold: float | None) -> pl.DataFrame:
    """Intervals of percentages from `mean` and `standard_error` (normal), as columns `forecasts.FORECAST`."""
    from scipy.special import ndtr

    mean, error = pl.col("mean"), pl.col("standard_error")
    ends = {"lower": -SHARED_90, "upper": SHARED_90, "lower80": -SHARED_80, "upper80": SHARED_80}
    made = made.with_columns((mean + width * error).clip(0, 100).alias(name) for name, width in ends.items())
    if threshold is None:
        made = made.with_columns(probability_below=pl.lit(None, dtype=pl.Float64))
    else:
        standard = made.select((threshold - mean) / error.clip(lower_bound=1e-9)).to_series()
        below = pl.Series(ndtr(standard.cast(pl.Float64).fill_null(float("nan")).to_numpy())).fill_nan(None)
        made = made.with_columns(probability_below=below)
    return made.select(pl.col(name).cast(kind) for name, kind in FORECAST.items()).sort(
        "organisation", "group"
    )
