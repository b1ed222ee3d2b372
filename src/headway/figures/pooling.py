"""Figures pooled from figures: an area's from its schools', and three years' from one year's.

Both weigh by pupils, both leave out what is not there, and both say what they left out.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from headway.figures.figures import results_frame
from headway.figures.intervals import Z, t_half_width, wilson_lower, wilson_upper
from headway.figures.measures import Measure, registry
from headway.figures.phrases import phrase
from headway.figures.tables import Status

_REPORTED = pl.col("status") == Status.REPORTED.value
_COUNTED = pl.col("denominator")


def areas_from_schools(schools: pl.LazyFrame, parents: pl.DataFrame) -> pl.LazyFrame:
    """`results` rows (basis schools) of every parent from its schools' published figures, weighted by pupils.

    A percentage is sum(percentage * cohort) / sum(cohort), and its numerator lies between the sums of
    the least and greatest numerators. The label says how many schools are in it and how many are left out, why,
    and with how many pupils where that is published. `parents` is as for `figures.rolled_up`.
    """
    unit = {key: measure.unit for key, measure in registry().items()}
    weighted = [key for key, name in unit.items() if name != "pupils"]
    rows = schools.filter(pl.col("basis") == "published", pl.col("years_pooled") == 1)
    rows = rows.filter(pl.col("measure").is_in(weighted)).join(parents.lazy(), on="organisation", how="inner")
    used = (_REPORTED & (_COUNTED > 0) & pl.col("value").is_not_null()).fill_null(False)
    suppressed = pl.col("status") == Status.SUPPRESSED.value
    notes = [pl.col("note").drop_nulls().first()] if "note" in parents.columns else []
    pooled = (
        rows.with_columns(used=used)
        .group_by("parent", "year", "measure", "group")
        .agg(
            *_sums(pl.col("used")),
            pl.col("used").sum().alias("schools"),
            pl.len().alias("all"),
            suppressed.sum().alias("suppressed"),
            _COUNTED.filter(suppressed).sum().alias("suppressed_pupils"),
            (_REPORTED & ~pl.col("used")).sum().alias("without_cohort"),
            *notes,
        )
        .filter(pl.col("schools") > 0)
    )
    other = pl.col("all") - pl.col("schools") - pl.col("suppressed") - pl.col("without_cohort")
    left_out = pl.concat_str(
        _said("{} suppressed", pl.col("suppressed")),
        _said("with {} pupils", pl.col("suppressed_pupils")),
        _said("{} without a published cohort", pl.col("without_cohort")),
        _said("{} not available", other),
        separator=", ",
        ignore_nulls=True,
    )
    label = pl.concat_str(
        phrase("{} of {} schools", "schools", "all"),
        pl.when(left_out != "").then(phrase("left out: {}", left_out)),
        *(["note"] if notes else []),
        separator="; ",
        ignore_nulls=True,
    )
    return results_frame(
        _with_interval(pooled).with_columns(
            organisation=pl.col("parent"),
            years_pooled=pl.lit(1),
            basis=pl.lit("schools"),
            status=pl.lit(Status.REPORTED.value),
            label=label,
            source=phrase("published figures of {} schools", "schools"),
        )
    )


def carried_over(own: pl.DataFrame, converted: pl.DataFrame) -> pl.DataFrame:
    """The published rows of schools that converted, as rows of the schools that followed them, labelled.

    `converted` has `organisation` (the school before), `parent` (the school after) and `note`. A figure that
    the school after has itself is not taken over.
    """
    key = ["organisation", "year", "years_pooled", "measure", "group", "basis"]
    taken = own.join(converted.select("organisation", "parent", "note"), on="organisation").with_columns(
        organisation=pl.col("parent"),
        label=pl.concat_str("note", "label", separator="; ", ignore_nulls=True),
    )
    return (
        taken.select(own.columns).join(own.select(key), on=key, how="anti").unique(key, maintain_order=True)
    )


CONTESTED = "amalgamated predecessor"
"""In a label: the figure is pooled over schools that became one, and is left out of trends."""


def three_years(years: pl.LazyFrame, year: int, *, length: int = 3) -> pl.LazyFrame:
    """`results` rows with `years_pooled` 3, ending in `year`, from one-year rows of `year` and the two before.

    Only where all three years are there with their pupils, and the measure has no break among them and
    no year in which it does not hold. The label lists what each year brings.
    """
    first = year - length + 1
    rows = years.filter(
        pl.col("years_pooled") == 1,
        pl.col("year").is_between(first, year),
        pl.col("measure").is_in([measure.key for measure in poolable(first, year)]),
        _REPORTED,
        _COUNTED > 0,
        pl.col("value").is_not_null(),
        ~pl.col("label").fill_null("").str.contains(CONTESTED, literal=True),
    )
    everyone = pl.lit(True)
    pooled = (
        rows.group_by(_SERIES)
        .agg(
            *_sums(everyone),
            pl.col("total").sum(),
            pl.col("total_squares").sum(),
            pl.col("total_base").sum(),
            pl.col("total").is_null().any().alias("no_total"),
            pl.col("total_base").is_null().any().alias("no_base"),
            pl.len().alias("years"),
            *(
                _COUNTED.filter(pl.col("year") == one).sum().alias(f"pupils {one}")
                for one in range(first, year + 1)
            ),
        )
        .filter(pl.col("years") == length)
        .join(_said_of_years(rows), on=_SERIES, how="left", nulls_equal=True)
    )
    each = [phrase(f"{one}: {{}} pupils", f"pupils {one}") for one in range(first, year + 1)]
    mean = (
        pl.when(~pl.col("no_base"))
        .then(100 * pl.col("total") / pl.col("total_base"))
        .otherwise(pl.when(~pl.col("no_total")).then(pl.col("total") / _COUNTED).otherwise(pl.col("value")))
    )
    pooled = pooled.with_columns(
        value=mean,
        total=pl.when(~pl.col("no_total")).then("total"),
        total_squares=pl.when(~pl.col("no_total")).then("total_squares"),
        total_base=pl.when(~pl.col("no_base")).then("total_base"),
    )
    spread = t_half_width(pl.col("total"), pl.col("total_squares"), _COUNTED)
    means = pl.col("total").is_not_null() & pl.col("total_base").is_null()
    said = pl.when(pl.col("basis") == "published").then(pl.lit("pooled by Headway"))
    return results_frame(
        _with_interval(pooled)
        .with_columns(
            lower=pl.when(means).then(pl.col("value") - spread).otherwise(pl.col("lower")),
            upper=pl.when(means).then(pl.col("value") + spread).otherwise(pl.col("upper")),
        )
        .with_columns(
            year=pl.lit(year),
            years_pooled=pl.lit(length),
            status=pl.lit(Status.REPORTED.value),
            label=pl.concat_str(
                said, pl.concat_str(each, separator=", "), "said", separator="; ", ignore_nulls=True
            ),
            source=phrase("figures of {} to {}", pl.lit(first), pl.lit(year)),
        )
    )


_SERIES = ["organisation", "measure", "group", "basis"]


def _said_of_years(rows: pl.LazyFrame) -> pl.LazyFrame:
    """What the labels of the years say, each once: `said`. Few rows have a label, and joining text is slow."""
    labelled = rows.filter(pl.col("label").is_not_null())
    return labelled.group_by(_SERIES).agg(pl.col("label").unique().sort().str.join("; ").alias("said"))


def poolable(first: int, last: int) -> Sequence[Measure]:
    """The measures that hold in every year from `first` to `last` without a break, and that can be weighted."""
    return [
        measure
        for measure in registry().values()
        if measure.unit != "pupils"
        and measure.kind != "spread"
        and measure.comparable(first, last)
        and all(year in measure.years for year in range(first, last + 1))
    ]


def _sums(used: pl.Expr) -> list[pl.Expr]:
    """Sums over the rows used: pupils, exact or possible numerators, weighted value and its variance."""

    def total(column: str, instead: pl.Expr | None = None) -> pl.Expr:
        values = (pl.col(column) if instead is None else pl.coalesce(column, instead)).filter(used)
        return pl.when(values.is_not_null().all()).then(values.sum()).alias(column)

    # A percentage of another cohort than the one published (a school's eligible pupils changed after it was
    # worked out) fits no numerator: it is taken to within a pupil more than its rounding.
    percentage = pl.col("numerator_low").is_not_null().any()
    about = pl.when(percentage).then(pl.col("value") * _COUNTED / 100)
    margin = 1 + _COUNTED / 200

    weight = _COUNTED.filter(used)
    unrounded = pl.coalesce(100 * pl.col("numerator") / _COUNTED, "value").filter(used)
    error = (pl.col("upper") - pl.col("lower")).filter(used) / (2 * Z)
    return [
        weight.sum().alias("denominator"),
        total("numerator"),
        total("numerator_low", (about - margin).floor().clip(0, None).cast(pl.Int64)),
        total("numerator_high", pl.min_horizontal((about + margin).ceil().cast(pl.Int64), _COUNTED)),
        ((unrounded * weight).sum() / weight.sum()).alias("value"),
        pl.when(error.is_not_null().all())
        .then((weight * weight * error * error).sum().sqrt() / weight.sum())
        .alias("error"),
    ]


def _with_interval(pooled: pl.LazyFrame) -> pl.LazyFrame:
    """With the exact value where the numerator is known, and the interval.

    Percentages have Wilson's, from the least to the greatest numerator. Others have that of a weighted
    mean of independent figures, whose standard errors are read from their own intervals.
    """
    low, high = pl.col("numerator_low"), pl.col("numerator_high")
    percentage = low.is_not_null() & high.is_not_null()
    exact = pl.col("numerator")
    pooled = pooled.with_columns(
        value=pl.when(exact.is_not_null()).then(100 * exact / _COUNTED).otherwise(pl.col("value"))
    )
    half = Z * pl.col("error")
    return pooled.with_columns(
        lower=pl.when(percentage).then(wilson_lower(low, _COUNTED)).otherwise(pl.col("value") - half),
        upper=pl.when(percentage).then(wilson_upper(high, _COUNTED)).otherwise(pl.col("value") + half),
    )


def _said(words: str, count: pl.Expr) -> pl.Expr:
    return pl.when(count > 0).then(phrase(words, count))
