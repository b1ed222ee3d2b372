"""Comparing schools: intervals made for it, exact pairs, and lists that allow for how many were looked at."""

from __future__ import annotations

from functools import lru_cache
from typing import cast

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy.optimize import brentq
from scipy.special import ndtr

Numbers = npt.NDArray[np.float64]

_NORMAL = 1.959963984540054
PAIRS = 200_000
"""Pairs looked at for the multiplier: all of them up to some 600 schools, then a fixed sample."""


def comparison_multiplier(errors: Numbers, level: float = 0.05) -> float:
    """How many standard errors each way let two schools' intervals miss one another by chance in `level` of pairs.

    Goldstein and Healy 1995 (JRSS A 158, 175-177): 1.39 where all errors are alike, more where they differ. `errors` are
    comparative standard errors.
    """
    known = np.asarray(errors, dtype=np.float64)
    known = known[known > 0]
    if known.size < 2:
        return _NORMAL / 2**0.5
    first, second = _pairs(known)
    stretch = (first + second) / np.sqrt(first**2 + second**2)

    def excess(multiplier: float) -> float:
        return float(np.mean(2 * ndtr(-multiplier * stretch))) - level

    return float(brentq(excess, 0.0, 10.0, xtol=1e-12))


def _pairs(errors: Numbers) -> tuple[Numbers, Numbers]:
    count = errors.size
    if count * (count - 1) // 2 <= PAIRS:
        rows, columns = np.triu_indices(count, 1)
    else:
        random = np.random.default_rng(1995)
        rows = random.integers(0, count, PAIRS)
        columns = (rows + random.integers(1, count, PAIRS)) % count
    return errors[rows], errors[columns]


def caterpillar(effects: pl.DataFrame, level: float = 0.05) -> pl.DataFrame:
    """The rows of a caterpillar plot: `effects` in the order of `estimate`, with `order`, `lower` and `upper`.

    Two schools whose intervals do not overlap differ at `level`, on average over pairs. They are not intervals for one
    school beside a fixed value: those are 1.96 comparative standard errors each way.
    """
    half = comparison_multiplier(effects["comparative_se"].to_numpy(), level) * pl.col("comparative_se")
    return (
        effects.sort("estimate", maintain_order=True)
        .with_row_index("order", offset=1)
        .with_columns((pl.col("estimate") - half).alias("lower"), (pl.col("estimate") + half).alias("upper"))
    )


def comparison_intervals(figures: pl.DataFrame, level: float = 0.05) -> pl.DataFrame:
    """Figures with their 95 % intervals (`value`, `lower`, `upper`), each given one for comparing several with one another:
    `compare_lower` and `compare_upper`, null where a figure has no interval.

    Two whose intervals do not overlap differ at `level`, on average over pairs (Goldstein and Healy 1995). Each side of the
    95 % interval is taken for 1.96 standard errors, so that a skew one, of a percentage near 0 or 100, stays skew.
    """
    known = figures.filter(pl.col("lower").is_not_null() & pl.col("upper").is_not_null())
    errors = (known["upper"] - known["lower"]).to_numpy() / (2 * _NORMAL)
    share = multiplier_of(errors, level) / _NORMAL
    value = pl.col("value")
    return figures.with_columns(
        compare_lower=value - share * (value - pl.col("lower")),
        compare_upper=value + share * (pl.col("upper") - value),
    )


def multiplier_of(errors: Numbers, level: float = 0.05) -> float:
    """`comparison_multiplier`, remembered: a list of many schools is asked for again and again, and looks at many pairs."""
    return _remembered(np.ascontiguousarray(errors, dtype=np.float64).tobytes(), level)


@lru_cache(maxsize=256)
def _remembered(errors: bytes, level: float) -> float:
    return comparison_multiplier(np.frombuffer(errors, dtype=np.float64), level)


def told_apart(compared: pl.DataFrame) -> pl.DataFrame:
    """How many of the others lie surely below and surely above each: `others_below`, `others_above`, `others`.

    `compared` has `compare_lower` and `compare_upper`; a row without them is told apart from none, and counts for none.
    """
    known = compared.filter(pl.col("compare_lower").is_not_null())
    lowers, uppers = np.sort(known["compare_lower"].to_numpy()), np.sort(known["compare_upper"].to_numpy())
    mine = compared.select("compare_lower", "compare_upper")
    below = np.searchsorted(uppers, mine["compare_lower"].fill_null(-np.inf).to_numpy(), side="left")
    above = lowers.size - np.searchsorted(
        lowers, mine["compare_upper"].fill_null(np.inf).to_numpy(), side="right"
    )
    has = pl.col("compare_lower").is_not_null()
    return compared.with_columns(
        pl.Series("others_below", below, dtype=pl.Int64),
        pl.Series("others_above", above, dtype=pl.Int64),
        others=pl.when(has).then(lowers.size - 1).otherwise(0),
    )


def false_discovery(p_values: Numbers) -> Numbers:
    """Adjusted p-values: call those at or below q, and on average no more than q of the calls are false.

    Benjamini and Hochberg 1995 (JRSS B 57, 289-300). NaN stays NaN and is not counted.
    """
    given = np.asarray(p_values, dtype=np.float64)
    adjusted = np.full(given.shape, np.nan)
    known = np.flatnonzero(~np.isnan(given))
    order = known[np.argsort(given[known], kind="stable")]
    count = order.size
    if count:
        scaled = given[order] * count / np.arange(1, count + 1)
        adjusted[order] = np.minimum(np.minimum.accumulate(scaled[::-1])[::-1], 1.0)
    return adjusted


def unusual(effects: pl.DataFrame, rate: float = 0.05) -> pl.DataFrame:
    """Which schools of a list differ from the average, allowing for the length of the list.

    Adds `p_value` (raw mean against its own sampling error, two-sided), `adjusted` for false discovery, and `verdict`:
    above, below or not significant. A school's raw mean varies by chance with variance comparative_se^2 / reliability.
    """
    reliability = pl.col("reliability")
    sampling = pl.col("comparative_se") / reliability.sqrt()
    z = effects.select(
        pl.when(reliability > 0).then((pl.col("raw") / sampling).abs()).otherwise(0.0).alias("z")
    )["z"].to_numpy()
    p_values = 2 * ndtr(-z)
    adjusted = false_discovery(p_values)
    return effects.with_columns(
        pl.Series("p_value", p_values), pl.Series("adjusted", adjusted)
    ).with_columns(
        pl.when(pl.col("adjusted") > rate).then(pl.lit("not significant"))
        .when(pl.col("raw") > 0).then(pl.lit("above"))
        .otherwise(pl.lit("below"))
        .alias("verdict")
    )  # fmt: skip


def likely_lowest(effects: pl.DataFrame, threshold: float, count: int) -> pl.DataFrame:
    """The `count` schools most probably below `threshold`, with `probability`: a fairer list than either ranking.

    A ranking of raw means picks small schools for their bad luck; one of shrunken estimates hardly ever picks them.
    """
    estimate, error = effects["estimate"].to_numpy(), effects["comparative_se"].to_numpy()
    sure = error <= 0
    standard = (threshold - estimate) / np.where(sure, 1.0, error)
    probability = np.where(sure, (estimate < threshold).astype(float), ndtr(standard))
    return (
        effects.with_columns(pl.Series("probability", cast(Numbers, probability)))
        .sort("probability", descending=True, maintain_order=True)
        .head(count)
    )
