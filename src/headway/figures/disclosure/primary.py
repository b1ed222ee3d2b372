"""The primary rule: which figures are too small to be shown, looked at one by one."""

from __future__ import annotations

import polars as pl

from headway.figures.disclosure.rules import Rule
from headway.figures.tables import Status

BLANKED = (
    "numerator",
    "denominator",
    "value",
    "lower",
    "upper",
    "numerator_low",
    "numerator_high",
    "total",
    "total_squares",
    "total_base",
    "description",
    "source",
)
"""Columns of a figure that go when it is hidden. `source` goes because it may say how many pupils there are."""


def too_small(rule: Rule) -> pl.Expr:
    """Why a figure is too small to be shown, as text; null where it may be shown.

    Looks at `status`, `denominator`, `numerator` or its range. A figure without a known cohort is not judged.
    """
    smallest = rule.smallest_count
    cohort = pl.col("denominator")
    low = pl.coalesce("numerator", "numerator_low")
    high = pl.coalesce("numerator", "numerator_high")
    none = (low <= 0) & low.is_not_null()
    everyone = (high >= cohort) & high.is_not_null()
    reasons = [((cohort >= 1) & (cohort < smallest), "small cohort")]
    if rule.counts == "cohorts and numerators":
        reasons.append(((high >= 1) & (low < smallest), "few met it"))
        reasons.append(((cohort - low >= 1) & (cohort - high < smallest), "few did not meet it"))
    if rule.zeros == "hidden in small groups":
        in_small_group = (cohort >= 1) & (cohort < rule.small_group)
        reasons.append((in_small_group & (none | everyone), "none or all of a small group"))
    if rule.zeros == "hidden":
        reasons.append(((cohort == 0) | none | everyone, "none or all"))
    reported = (pl.col("status") == Status.REPORTED.value) & cohort.is_not_null()
    why = pl.coalesce(*(pl.when(small).then(pl.lit(reason)) for small, reason in reasons))
    return pl.when(reported).then(why)


def without_counts(label: pl.Expr) -> pl.Expr:
    """A label without what it tells of other cohorts: those of single years, or of the schools left out."""
    told = label.str.replace_all(r", with [\d,]+ pupils?", "").str.split("; ")
    kept = told.list.eval(pl.element().filter(~pl.element().str.contains(r"\d pupils?\b"))).list.join("; ")
    return pl.when(kept != "").then(kept)


def blank(frame: pl.DataFrame, hidden: pl.Expr) -> pl.DataFrame:
    """The frame with the figures for which `hidden` is true blanked, and their status `suppressed`."""
    flag = frame.select(hidden.fill_null(False).alias("hidden"))["hidden"]
    return frame.with_columns(
        *(
            pl.when(flag).then(None).otherwise(pl.col(name)).alias(name)
            for name in BLANKED
            if name in frame.columns
        ),
        pl.when(flag).then(pl.lit(Status.SUPPRESSED.value)).otherwise(pl.col("status")).alias("status"),
    )
