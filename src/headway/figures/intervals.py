"""95 % intervals of single figures: Wilson for percentages, t for means, linearised for ratios.

Each comes twice: for one figure as plain numbers, and as Polars expressions for a column of them.

Sources: E. B. Wilson, "Probable inference, the law of succession, and statistical inference", Journal of
the American Statistical Association 22 (1927) 209-212; R. G. Newcombe, "Two-sided confidence intervals
for the single proportion: comparison of seven methods", Statistics in Medicine 17 (1998) 857-872; W. G.
Cochran, Sampling Techniques (3rd edition, 1977), chapter 6, for ratios.
"""

from __future__ import annotations

from functools import cache
from math import sqrt

import polars as pl
from scipy.stats import t as student_t

Z = 1.959963984540054
"""The normal quantile that leaves 2.5 % on either side."""


def wilson(numerator: float, denominator: float) -> tuple[float, float]:
    """The Wilson score interval of a percentage, in percent: 16 of 30 gives 36.1 to 69.8.

    It is the set of true percentages that a score test at 5 % would not reject, so a constant outside it
    differs significantly. Raises ValueError if `denominator` is not positive.
    """
    if denominator <= 0:
        raise ValueError("an interval needs at least one pupil")
    share = numerator / denominator
    centre = (share + Z * Z / (2 * denominator)) / (1 + Z * Z / denominator)
    half = (
        Z
        / (1 + Z * Z / denominator)
        * sqrt(share * (1 - share) / denominator + Z * Z / (4 * denominator * denominator))
    )
    return max(0.0, 100 * (centre - half)), min(100.0, 100 * (centre + half))


def wilson_lower(numerator: pl.Expr, denominator: pl.Expr) -> pl.Expr:
    """Lower end of `wilson` for a column; null where the denominator is null or not positive."""
    centre, half = _wilson(numerator, denominator)
    return (100 * (centre - half)).clip(0, 100)


def wilson_upper(numerator: pl.Expr, denominator: pl.Expr) -> pl.Expr:
    """Upper end of `wilson` for a column; null where the denominator is null or not positive."""
    centre, half = _wilson(numerator, denominator)
    return (100 * (centre + half)).clip(0, 100)


def _wilson(numerator: pl.Expr, denominator: pl.Expr) -> tuple[pl.Expr, pl.Expr]:
    count = pl.when(denominator > 0).then(denominator.cast(pl.Float64))
    share = numerator / count
    shrink = 1 + Z * Z / count
    centre = (share + Z * Z / (2 * count)) / shrink
    half = Z / shrink * (share * (1 - share) / count + Z * Z / (4 * count * count)).clip(0, None).sqrt()
    return centre, half


@cache
def t_quantile(pupils: int) -> float:
    """Student's t, 97.5 %, for the mean of this many pupils. Raises ValueError for fewer than two."""
    if pupils < 2:
        raise ValueError("a mean of one pupil has no interval")
    return float(student_t.ppf(0.975, pupils - 1))


def t_half_width(total: pl.Expr, total_squares: pl.Expr, pupils: pl.Expr) -> pl.Expr:
    """Half the t interval of a mean, from its sums: t * s / sqrt(n). Null for fewer than two pupils.

    Null too where all have the same value: a sample without spread does not tell how much pupils vary, and an
    interval of no width would say that the mean is known exactly. (Two pupils who differ do tell, if little: their
    interval is as wide as it must be.) `pupils` must name a column. From 1,000 pupils on the quantile is Fisher and
    Cornish's expansion, right to 1e-8.
    """
    count = pl.when(pupils >= 2).then(pupils)
    spread = _no_rounding(total_squares - total * total / count, total_squares)
    return _t_column(count) * (spread / (count - 1) / count).sqrt()


_ROUNDING = 1e-12
"""Sums of squares of equal values leave less than this of themselves; one pupil of 600,000 who is one point off leaves
more."""


def _no_rounding(spread: pl.Expr, squares: pl.Expr) -> pl.Expr:
    """`spread`, or null where it is nothing but what rounding leaves of `squares`."""
    return pl.when(spread > _ROUNDING * squares).then(spread)


_TABLED = 1000


@cache
def _t_table() -> pl.Series:
    return pl.Series([None, None, *(t_quantile(pupils) for pupils in range(2, _TABLED))], dtype=pl.Float64)


def _t_column(count: pl.Expr) -> pl.Expr:
    freedom = count.cast(pl.Float64) - 1
    expansion = Z + (Z**3 + Z) / (4 * freedom) + (5 * Z**5 + 16 * Z**3 + 3 * Z) / (96 * freedom * freedom)
    tabled = pl.lit(_t_table()).gather(pl.when(count < _TABLED).then(count).otherwise(0).fill_null(0))
    return pl.when(count < _TABLED).then(tabled).otherwise(expansion)


def ratio_half_width(
    total: pl.Expr, base: pl.Expr, squares: pl.Expr, products: pl.Expr, base_squares: pl.Expr, pupils: pl.Expr
) -> pl.Expr:
    """Half the interval of 100 * total / base, in percent, where each pupil brings some of both.

    Sessions missed of sessions possible: a pupil's sessions hang together, so the pupil and not the
    session is what varies. Linearised: var(r) = n / (n - 1) * sum((y - r x)^2) / (sum x)^2.
    Null for fewer than two pupils, and where all have the same share (nobody missed a session): see `t_half_width`.
    """
    count = pl.when(pupils >= 2).then(pupils)
    share = total / pl.when(base > 0).then(base)
    residual = _no_rounding(squares - 2 * share * products + share * share * base_squares, squares)
    return 100 * Z * (count / (count - 1) * residual).sqrt() / base
