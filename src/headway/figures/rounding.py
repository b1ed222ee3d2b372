"""What a rounded percentage of a known cohort says about the number of pupils behind it.

DfE publishes whole-number percentages beside the size of the cohort. 63 % of 27 pupils can only be 17 of them;
63 % of 300 can be 188, 189 or 190. `docs/decisions.md`: a numerator is stored only if
the cohort makes it unique, otherwise its range is kept.

Whether DfE rounds halves up (as SAS and Excel do) or to even (as Python and IEEE do) is not stated in its
dictionaries, so a number of pupils counts as possible when either rule gives the printed percentage: with 8 pupils,
1 (12.5 %) can be printed 13 % or 12 %.
"""

from __future__ import annotations

import polars as pl


def numerator_range(percent: float, rounded_to: float, cohort: int) -> tuple[int, int] | None:
    """Least and greatest number of `cohort` pupils whose percentage prints as `percent`.

    `percent` runs from 0 to 100 and was rounded to the step `rounded_to` (1, 0.1, 0.01 …), halves up or to even.
    None if no number of pupils gives it: the percentage was taken of another cohort than this one.
    Raises ValueError for a cohort below one, or a step that does not divide 100.
    """
    if cohort < 1:
        raise ValueError(f"a percentage of {cohort} pupils has no numerator")
    steps = round(100 / rounded_to)
    if abs(steps * rounded_to - 100) > 1e-9:
        raise ValueError(f"percentages cannot be rounded to steps of {rounded_to}")
    printed = round(percent / rounded_to)
    # In whole numbers: half a step below is (2 * printed - 1) / 2 steps, and steps * pupils / cohort is the percentage.
    low = max(0, -((-(2 * printed - 1) * cohort) // (2 * steps)))
    high = (2 * printed + 1) * cohort // (2 * steps)
    if printed % 2 and (2 * printed + 1) * cohort % (2 * steps) == 0:
        high -= 1  # exactly half a step above an odd one rounds up under both rules
    high = min(cohort, high)
    return (low, high) if low <= high else None


def numerator_range_expressions(
    percent: pl.Expr, rounded_to: pl.Expr, cohort: pl.Expr
) -> tuple[pl.Expr, pl.Expr]:
    """The same as `numerator_range` for columns: expressions for the least and the greatest numerator.

    Both are null where any of the three is null, the percentage is not between 0 and 100, the cohort is below one, or no
    numerator fits.
    """
    cohort = cohort.cast(pl.Int64)
    steps = (100 / rounded_to).round().cast(pl.Int64, strict=False)
    printed = (percent / rounded_to).round().cast(pl.Int64, strict=False)
    below = (2 * printed - 1) * cohort
    above = (2 * printed + 1) * cohort
    low = pl.max_horizontal(pl.lit(0, pl.Int64), (below + 2 * steps - 1) // (2 * steps))
    on_the_half = (printed % 2 != 0) & (above % (2 * steps) == 0)
    high = pl.min_horizontal(cohort, above // (2 * steps) - on_the_half.cast(pl.Int64))
    known = percent.is_between(0, 100) & rounded_to.is_not_null() & (cohort > 0) & (low <= high)
    return pl.when(known).then(low), pl.when(known).then(high)


def numerator_if_unique(percent: pl.Expr, rounded_to: pl.Expr, cohort: pl.Expr) -> pl.Expr:
    """The number of pupils behind a rounded percentage where only one is possible, else null."""
    low, high = numerator_range_expressions(percent, rounded_to, cohort)
    return pl.when(low == high).then(low)
