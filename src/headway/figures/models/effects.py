"""What each school gets from a fit over the years and for its groups: pooled estimates, trends, differences inside.

Years are pooled by pupils, or with FFT's weights 3:2:1 (latest first; help.fft.org.uk). A pooled estimate
and a trend carry their own uncertainty: pupils' chance, and how far a school's true value wanders from year to year.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import narwhals as nw
import numpy as np
import numpy.typing as npt
import polars as pl
from scipy.special import ndtr

from headway.figures.models import value_added
from headway.figures.models.summing import lazy
from headway.figures.models.terms import ModelError

Numbers = npt.NDArray[np.float64]
Z95 = 1.959963984540054

BY_PUPILS = (1.0, 1.0, 1.0)
FFT_WEIGHTS = (3.0, 2.0, 1.0)
"""Weights of the latest year, the one before and the one before that."""


def pooled_value(
    values: Sequence[float], pupils: Sequence[float], weights: Sequence[float] = BY_PUPILS
) -> float:
    """The mean of yearly values, latest first, weighted by pupils and by year.

    FFT's weights on +1.2, +0.6 and -0.6 with equal cohorts give 0.70.
    """
    share = np.asarray(weights[: len(values)], dtype=float) * np.asarray(pupils, dtype=float)
    if not share.sum() > 0:
        raise ModelError("no pupils in any of the years, so there is nothing to pool")
    return float(share @ np.asarray(values, dtype=float) / share.sum())


@dataclass(frozen=True)
class SeveralYears:
    """Schools over several years.

    `pooled`: group, n, years, raw, estimate, comparative_se, diagnostic_se, reliability. `trend`: group, years, raw,
    standard_error, estimate (shrunken), comparative_se, lower, upper, in outcome units a year beyond the national trend.
    `yearly`: group, year, n, raw. `between` is the variance of schools' lasting values, `between_years` of their yearly
    wandering about these, `residual` of pupils.
    """

    pooled: pl.DataFrame
    trend: pl.DataFrame
    yearly: pl.DataFrame
    between: float
    between_years: float
    residual: float
    converged: bool


def over_years(
    frame: Any,
    outcome: str,
    fixed: Sequence[str],
    *,
    group: str = "organisation",
    year: str = "year",
    weights: Sequence[float] = BY_PUPILS,
) -> SeveralYears:
    """Value added over the years in `frame`: one fit of pupils in school-years in schools, each year with its own level.

    `weights` are by year, latest first; a year beyond them counts nothing. Raises `ModelError` if there is one year only,
    or no school has two.
    """
    opened = lazy(frame)
    years = sorted(
        opened.select(nw.col(year).cast(nw.Int64)).unique().collect(backend="pyarrow")[year].to_list()
    )
    if len(years) < 2:
        raise ModelError(
            f"there is only the year {years[0] if years else '-'}: several years are needed to pool"
        )
    # The year is the number before the school, so that keys stay unlike whatever a school is called.
    both = nw.concat_str(
        [nw.col(year).cast(nw.String), nw.col(group).cast(nw.String)], separator="|", ignore_nulls=False
    )
    ready = opened.with_columns(nw.col(year).cast(nw.String).alias("year_of"), both.alias("school_year"))
    fit = value_added.fit(ready, outcome, [*fixed, "year_of"], ["school_year", group])
    between, between_years = fit.between(group), fit.between("school_year")
    cells = fit.effects("school_year").select(
        fit.sums.keys[group].alias("group"),
        pl.col("group").str.split("|").list.first().cast(pl.Int64).alias("year"),
        "n",
        "raw",
    )
    yearly = cells.sort("group", "year")
    return SeveralYears(
        pooled(yearly, years[-1], fit.residual_variance, between, between_years, weights),
        trend(yearly, fit.residual_variance, between_years),
        yearly,
        between,
        between_years,
        fit.residual_variance,
        fit.converged,
    )


def pooled(
    yearly: pl.DataFrame,
    latest: int,
    residual: float,
    between: float,
    between_years: float = 0.0,
    weights: Sequence[float] = BY_PUPILS,
) -> pl.DataFrame:
    """Schools' lasting values from yearly raw means (group, year, n, raw), shrunken by how sure they are."""
    of_year = {latest - back: float(weight) for back, weight in enumerate(weights)}
    weighted = yearly.with_columns(
        (pl.col("year").replace_strict(of_year, default=0.0, return_dtype=pl.Float64) * pl.col("n")).alias(
            "weight"
        )
    ).filter(pl.col("weight") > 0)
    chance = residual / pl.col("n") + between_years
    table = (
        weighted.group_by("group")
        .agg(
            pl.col("n").sum(),
            pl.len().cast(pl.Int64).alias("years"),
            ((pl.col("weight") * pl.col("raw")).sum() / pl.col("weight").sum()).alias("raw"),
            ((pl.col("weight") ** 2 * chance).sum() / pl.col("weight").sum() ** 2).alias("sampling"),
        )
        .sort("group")
    )
    reliability = between / (between + pl.col("sampling")) if between > 0 else pl.lit(0.0)
    return table.with_columns(reliability.alias("reliability")).select(
        "group",
        "n",
        "years",
        "raw",
        (pl.col("reliability") * pl.col("raw")).alias("estimate"),
        (between * (1 - pl.col("reliability"))).sqrt().alias("comparative_se"),
        (between * pl.col("reliability")).sqrt().alias("diagnostic_se"),
        "reliability",
    )


def trend(yearly: pl.DataFrame, residual: float, between_years: float = 0.0) -> pl.DataFrame:
    """Each school's change a year (beyond the nation's), with its own standard error, and shrunken.

    The raw slope is weighted least squares on the yearly means, whose variance is pupils' chance plus the wandering of
    years; the variance of true slopes is DerSimonian and Laird's (1986) moment estimate. Two years or more are needed.
    """
    slopes = (
        yearly.with_columns((1 / (residual / pl.col("n") + between_years)).alias("weight"))
        .with_columns(
            (pl.col("year") - (pl.col("weight") * pl.col("year")).sum() / pl.col("weight").sum())
            .over("group")
            .alias("x")
        )
        .group_by("group")
        .agg(
            pl.len().cast(pl.Int64).alias("years"),
            (
                (pl.col("weight") * pl.col("x") * pl.col("raw")).sum()
                / (pl.col("weight") * pl.col("x") ** 2).sum()
            ).alias("raw"),
            (1 / (pl.col("weight") * pl.col("x") ** 2).sum()).sqrt().alias("standard_error"),
        )
        .filter(pl.col("years") >= 2)
        .sort("group")
    )
    true = _variance_of_true(slopes["raw"].to_numpy(), slopes["standard_error"].to_numpy())
    share = true / (true + pl.col("standard_error") ** 2) if true > 0 else pl.lit(0.0)
    made = slopes.with_columns(
        (share * pl.col("raw")).alias("estimate"), (true * (1 - share)).sqrt().alias("comparative_se")
    )
    half = Z95 * pl.col("standard_error")
    return made.with_columns((pl.col("raw") - half).alias("lower"), (pl.col("raw") + half).alias("upper"))


def _variance_of_true(values: Numbers, errors: Numbers) -> float:
    """DerSimonian and Laird's estimate of the variance of true values about their mean; 0 if chance explains all."""
    if values.size < 2:
        return 0.0
    weights = 1 / errors**2
    mean = float(weights @ values / weights.sum())
    excess = float(weights @ (values - mean) ** 2) - (values.size - 1)
    return max(0.0, excess / float(weights.sum() - (weights**2).sum() / weights.sum()))


def differential(fit: value_added.Fit, term: str, low: float, high: float) -> pl.DataFrame:
    """Does a school do as well by both kinds of pupil? From a fit with a random slope on `term`.

    For prior attainment `low` and `high` are two of its values; for a yes/no column such as disadvantaged 0 and 1. Gives
    group, n, `low` and `high` (the school's shrunken effect for such pupils, each with `_se`), `difference` (high less low,
    beyond the national one) with `difference_se`, and `probability_less`, that the high ones gain less here than elsewhere.
    """
    at_low, at_high = fit.effects_at({term: low}), fit.effects_at({term: high})
    slope = fit.effects(term=term)
    difference = (high - low) * slope["estimate"].to_numpy()
    error = abs(high - low) * slope["comparative_se"].to_numpy()
    standard = np.divide(-difference, error, out=np.zeros_like(error), where=error > 0)
    return pl.DataFrame(
        {
            "group": slope["group"],
            "n": slope["n"],
            "low": at_low["estimate"],
            "low_se": at_low["comparative_se"],
            "high": at_high["estimate"],
            "high_se": at_high["comparative_se"],
            "difference": difference,
            "difference_se": error,
            "probability_less": ndtr(standard),
        }
    )
