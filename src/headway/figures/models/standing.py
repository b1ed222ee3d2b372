"""Who like us does this better, and how sure is that: schools of a family in the order of the probability.

A school's figure is its true value and chance. The family's own spread says how far true values differ (empirical Bayes):
shares of pupils are binomial around true shares that follow a beta distribution, other figures with an interval are
normal around true values that follow a normal one. Where only a rounded percentage is published, every number of pupils
that it allows is weighed. A school without a cohort or an interval is listed, and nothing is said of it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.optimize import brentq, minimize
from scipy.special import betainc, betaincinv, betaln, gammaln, logsumexp, ndtr

from headway.figures.intervals import Z
from headway.figures.measures import registry
from headway.figures.models.terms import ModelError
from headway.figures.tables import Status

Numbers = NDArray[np.float64]

FEWEST = 5
"""Headway's own rule: with fewer figures than this a family says nothing of how far schools like these differ."""
GRID = 4001
_MOST_ALIKE = 1e7


@dataclass(frozen=True)
class Counts:
    """Pupils: between `low` and `high` of `pupils` reached it, for each school (equal where the number is known)."""

    low: NDArray[np.int64]
    high: NDArray[np.int64]
    pupils: NDArray[np.int64]


@dataclass(frozen=True)
class Family:
    """How true values spread in a family: the beta distribution's mean (a share) and precision (a + b)."""

    mean: float
    precision: float

    @property
    def shapes(self) -> tuple[float, float]:
        """The two shapes of the beta distribution."""
        return self.mean * self.precision, (1 - self.mean) * self.precision


def family(counts: Counts) -> Family:
    """The family's mean and precision of greatest likelihood (beta-binomial, summed over the numerators possible).

    Where schools differ by no more than chance the precision is very great: all are taken to be the same.
    """
    middle = float(((counts.low + counts.high) / 2).sum() / counts.pupils.sum())
    start = np.clip(middle, 0.01, 0.99)

    def loss(at: Numbers) -> float:
        mean = 1 / (1 + np.exp(-at[0]))
        made = Family(
            float(np.clip(mean, 1e-6, 1 - 1e-6)), float(np.exp(np.clip(at[1], -3, np.log(_MOST_ALIKE))))
        )
        return -float(_likelihoods(counts, made)[0].sum())

    logit = np.log(start / (1 - start))
    fits = [
        minimize(
            loss,
            [logit, np.log(first)],
            method="Nelder-Mead",
            options={"xatol": 1e-6, "fatol": 1e-9, "maxiter": 2000},
        )
        for first in (10.0, 1000.0)
    ]
    best = min(fits, key=lambda fit: float(fit.fun))
    mean, precision = best.x
    return Family(
        float(np.clip(1 / (1 + np.exp(-mean)), 1e-6, 1 - 1e-6)),
        float(np.exp(np.clip(precision, -3, np.log(_MOST_ALIKE)))),
    )


def _likelihoods(counts: Counts, spread: Family) -> tuple[Numbers, Numbers, Numbers]:
    """Log-likelihood of each school, and of each numerator that each allows (schools x possible), with those numerators."""
    width = int((counts.high - counts.low).max()) + 1
    numerator = counts.low[:, None] + np.arange(width)[None, :]
    possible = numerator <= counts.high[:, None]
    numerator = np.minimum(numerator, counts.high[:, None]).astype(np.float64)
    pupils = counts.pupils[:, None].astype(np.float64)
    a, b = spread.shapes
    choose = gammaln(pupils + 1) - gammaln(numerator + 1) - gammaln(pupils - numerator + 1)
    each = choose + betaln(numerator + a, pupils - numerator + b) - betaln(a, b)
    each = np.where(possible, each, -np.inf)
    return logsumexp(each, axis=1), each, numerator


@dataclass(frozen=True)
class Truths:
    """What may be believed of each school's true value: distribution functions (schools x grid) on a common grid."""

    grid: Numbers
    below: Numbers

    def probability_above(self, own: int) -> Numbers:
        """The probability that each one's true value is higher than that of the school at `own`.

        For any two it adds to 1 with the other way round; of a school and itself it is a half.
        """
        mine = self.below[own]
        middle = (mine[1:] + mine[:-1]) / 2
        above: Numbers = np.diff(self.below, axis=1) @ middle
        return above

    def quantile(self, share: float) -> Numbers:
        """The value below which each true value lies with this probability."""
        return np.array([np.interp(share, row, self.grid) for row in self.below])

    @property
    def means(self) -> Numbers:
        """The expected true value of each."""
        middle = (self.grid[1:] + self.grid[:-1]) / 2
        means: Numbers = np.diff(self.below, axis=1) @ middle
        return means


def true_shares(counts: Counts, spread: Family | None = None) -> Truths:
    """What may be believed of true shares, in percent, given the family (by default that of these schools)."""
    spread = spread or family(counts)
    whole, each, numerator = _likelihoods(counts, spread)
    weight = np.exp(each - whole[:, None])
    a, b = spread.shapes
    first, second = numerator + a, counts.pupils[:, None] - numerator + b
    low = float(betaincinv(first[:, 0], second[:, 0], 1e-9).min())
    high = float(betaincinv(first[:, -1], second[:, -1], 1 - 1e-9).max())
    grid = np.linspace(max(0.0, low - 1e-9), min(1.0, high + 1e-9), GRID)
    below = np.zeros((counts.pupils.size, GRID))
    for k in range(numerator.shape[1]):
        some = weight[:, k] > 0
        if some.any():
            below[some] += weight[some, k, None] * betainc(
                first[some, k, None], second[some, k, None], grid[None, :]
            )
    return Truths(100 * grid, _whole(below))


def true_means(values: Numbers, errors: Numbers) -> Truths:
    """What may be believed of true values, given figures and their standard errors (of chance).

    The family's variance is Paule and Mandel's (1982, Journal of Research of the National Bureau of Standards 87,
    377-385), which is 0 where schools differ by no more than chance.
    """
    between, centre = between_variance(values, errors)
    shrink = between / (between + errors**2)
    mean, error = centre + shrink * (values - centre), np.sqrt(np.maximum(shrink, 1e-12)) * errors
    grid = np.linspace(float((mean - 6 * error).min()), float((mean + 6 * error).max()), GRID)
    return Truths(grid, _whole(ndtr((grid[None, :] - mean[:, None]) / error[:, None])))


def between_variance(values: Numbers, errors: Numbers) -> tuple[float, float]:
    """Variance between true values, and their mean: Paule and Mandel's estimates. At least two values."""

    def centre(variance: float) -> float:
        weights = 1 / (variance + errors**2)
        return float((weights * values).sum() / weights.sum())

    def excess(variance: float) -> float:
        return float(((values - centre(variance)) ** 2 / (variance + errors**2)).sum()) - (values.size - 1)

    if excess(0.0) <= 0:
        return 0.0, centre(0.0)
    top = float(np.var(values, ddof=1)) + 1e-12
    while excess(top) > 0:
        top *= 2
    variance = float(brentq(excess, 0.0, top, xtol=1e-14, rtol=1e-12))
    return variance, centre(variance)


def _whole(below: Numbers) -> Numbers:
    """Distribution functions from exactly 0 to exactly 1."""
    below = np.clip(below, 0.0, 1.0)
    below[:, 0], below[:, -1] = 0.0, 1.0
    return below


_SCHEMA = {
    "organisation": pl.String,
    "own": pl.Boolean,
    "value": pl.Float64,
    "pupils": pl.Int64,
    "lower": pl.Float64,
    "upper": pl.Float64,
    "estimate": pl.Float64,
    "estimate_lower": pl.Float64,
    "estimate_upper": pl.Float64,
    "probability_better": pl.Float64,
    "because": pl.String,
}


def who_does_better(
    results: pl.LazyFrame | pl.DataFrame,
    organisation: str,
    neighbours: pl.DataFrame,
    *,
    measure: str,
    year: int,
    group: str = "all",
    years_pooled: int = 1,
) -> pl.DataFrame:
    """The school and those like it, the one most probably better than it first.

    `results` are rows of the results table, `neighbours` those of `similar_schools.similar` (its rank, distance and
    characteristics_used are carried along). Columns: value, pupils, lower and upper as in the results; estimate with
    estimate_lower and estimate_upper, the shrunken value and its 95 % interval; probability_better, that its true value
    is better than the school's own (null for the school itself); because, why nothing can be said. `years_pooled=3` takes
    the three-year figures. Better is higher, or lower where the measure says so. Raises ModelError where the
    measure has no better end, the school has no figure, or too few have one.
    """
    known = registry().get(measure)
    if known is not None and known.direction == "neutral":
        raise ModelError(f"{known.title} has no better end, so nobody does better in it")
    near = neighbours.filter(pl.col("organisation") == organisation)
    wanted = [organisation, *near["neighbour"].to_list()]
    rows = _one_basis(results, wanted, measure, year, group, years_pooled, organisation)
    listed = pl.DataFrame({"organisation": wanted}).join(
        rows, on="organisation", how="left", maintain_order="left"
    )
    usable, truths = _truths(listed)
    names = listed.filter(usable)["organisation"].to_list()
    if organisation not in names:
        reason = _why(listed).filter(pl.Series(listed["organisation"] == organisation))["because"][0]
        raise ModelError(f"nobody can be said to do better than {organisation} in {measure} {year}: {reason}")
    above = truths.probability_above(names.index(organisation))
    better = 1 - above if known is not None and known.direction == "lower" else above
    told = pl.DataFrame(
        {
            "organisation": names,
            "estimate": truths.means,
            "estimate_lower": truths.quantile(0.025),
            "estimate_upper": truths.quantile(0.975),
            "probability_better": better,
        }
    )
    made = (
        _why(listed)
        .join(told, on="organisation", how="left", maintain_order="left")
        .with_columns(own=pl.col("organisation") == organisation, pupils=pl.col("denominator"))
        .with_columns(
            probability_better=pl.when(~pl.col("own")).then("probability_better"),
            because=pl.when(pl.col("estimate").is_null()).then("because"),
        )
    )
    likeness = [name for name in ("rank", "distance", "characteristics_used") if name in near.columns]
    return (
        made.select(pl.col(name).cast(kind) for name, kind in _SCHEMA.items())
        .join(
            near.select(pl.col("neighbour").alias("organisation"), *likeness),
            on="organisation",
            how="left",
            maintain_order="left",
        )
        .sort(
            ~pl.col("own"),
            pl.col("probability_better"),
            "organisation",
            descending=[False, True, False],
            nulls_last=True,
        )
    )


def _one_basis(
    results: pl.LazyFrame | pl.DataFrame,
    wanted: list[str],
    measure: str,
    year: int,
    group: str,
    pooled: int,
    own: str,
) -> pl.DataFrame:
    """One row an organisation, all of one basis: that of the school itself which most of the family have."""
    rows = (
        results.lazy()
        .filter(
            pl.col("organisation").is_in(wanted),
            pl.col("measure") == measure,
            pl.col("year") == year,
            pl.col("group") == group,
            pl.col("years_pooled") == pooled,
        )
        .select(
            *("organisation", "basis", "status", "value", "lower", "upper"),
            *("numerator_low", "numerator_high", "denominator"),
        )
        .collect()
    )
    reported = pl.col("status") == Status.REPORTED.value
    bases = (
        rows.group_by("basis")
        .agg((reported & (pl.col("organisation") == own)).any().alias("mine"), reported.sum().alias("have"))
        .sort("mine", "have", "basis", descending=[True, True, False])
    )
    chosen = bases["basis"][0] if bases.height else None
    return rows.filter(pl.col("basis") == chosen).unique("organisation", keep="first", maintain_order=True)


_REPORTED = (pl.col("status") == Status.REPORTED.value).fill_null(False)
_COUNTED = _REPORTED & pl.col("numerator_low").is_not_null() & (pl.col("denominator") > 0).fill_null(False)
_MEASURED = _REPORTED & (pl.col("upper") > pl.col("lower")).fill_null(False) & pl.col("value").is_not_null()


def _why(listed: pl.DataFrame) -> pl.DataFrame:
    return listed.with_columns(
        because=pl.when(pl.col("status").is_null())
        .then(pl.lit("no figure is loaded"))
        .when(~_REPORTED)
        .then("status")
        .when(pl.col("denominator").is_null() & ~_MEASURED)
        .then(pl.lit("the cohort is unpublished, so nobody can say how much of it is chance"))
        .otherwise(pl.lit("the figure has no interval, so nobody can say how much of it is chance"))
    )


def _truths(listed: pl.DataFrame) -> tuple[pl.Series, Truths]:
    """Which rows can be judged, and what may be believed of them."""
    for which in (_COUNTED, _MEASURED):
        usable = listed.select(which.alias("usable"))["usable"]
        rows = listed.filter(usable)
        if rows.height < FEWEST:
            continue
        if which is _COUNTED:
            columns = (
                rows[name].to_numpy().astype(np.int64)
                for name in ("numerator_low", "numerator_high", "denominator")
            )
            return usable, true_shares(Counts(*columns))
        errors = (rows["upper"] - rows["lower"]).to_numpy() / (2 * Z)
        return usable, true_means(rows["value"].to_numpy(), errors)
    raise ModelError(
        f"fewer than {FEWEST} of the schools have a figure with its pupils or its interval, so how far schools like these "
        "differ cannot be told from chance"
    )
