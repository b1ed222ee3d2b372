"""Published figures as results: one dataset chosen by a declared precedence, nothing recomputed.

Two datasets may disagree and both be right (provisional and final, all schools and state-funded ones). A figure
is taken from one of them, and its source names it, its release, the file and the row.
"""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from headway.figures.figures import results_frame
from headway.figures.intervals import wilson_lower, wilson_upper
from headway.figures.measures import registry
from headway.figures.phrases import phrase
from headway.figures.rounding import numerator_range_expressions
from headway.figures.tables import Status

DATASETS = ("dfe_performance_tables", "ees", "lait", "census")
"""Whose figure is taken first. Files of others, such as an authority's own, come after these."""

RELEASES = ("final", "revised", "provisional", "unknown")
"""Which release of a dataset is taken first."""

KEY = ("organisation", "year", "years_pooled", "measure", "group")


def published_figures(published: pl.LazyFrame, files: Mapping[str, str]) -> pl.LazyFrame:
    """`results` rows (basis published) from `published_results`; `files` names the file of each receipt.

    Precedence: a dataset that has the figure, if only as suppressed, before one in which it is not available;
    then `DATASETS`; then `RELEASES`. So a figure that DfE withholds is never filled from elsewhere.

    The value stays as published. Of a percentage with its cohort the possible numerators are kept, the numerator
    itself only where a single one is possible; the interval is Wilson's, from the least to the greatest of
    them. Without a published cohort there is no denominator and no interval.
    """
    chosen = (
        published.with_columns(
            missing=pl.col("status") == Status.NOT_AVAILABLE.value,
            dataset_rank=_rank("dataset", DATASETS),
            release_rank=_rank("release", RELEASES),
        )
        .sort(*KEY, "missing", "dataset_rank", "dataset", "release_rank")
        .unique(subset=list(KEY), keep="first", maintain_order=True)
    )
    reported = pl.col("status") == Status.REPORTED.value
    percentage = pl.col("measure").is_in(_percentages()) & reported
    low, high = _numerators()
    rows = chosen.with_columns(
        pl.when(reported).then(pl.col("value")).alias("value"),
        pl.when(percentage).then(low).alias("numerator_low"),
        pl.when(percentage).then(high).alias("numerator_high"),
    )
    known = pl.col("numerator_low").is_not_null()
    counted = pl.col("denominator")
    return results_frame(
        rows.with_columns(
            pl.when(pl.col("numerator_low") == pl.col("numerator_high"))
            .then(pl.col("numerator_low"))
            .alias("numerator"),
            pl.coalesce("lower", pl.when(known).then(wilson_lower(pl.col("numerator_low"), counted))).alias(
                "lower"
            ),
            pl.coalesce("upper", pl.when(known).then(wilson_upper(pl.col("numerator_high"), counted))).alias(
                "upper"
            ),
            basis=pl.lit("published"),
            label=_label(percentage, known),
            source=_source(files),
        )
    )


def _rank(column: str, order: tuple[str, ...]) -> pl.Expr:
    return pl.col(column).replace_strict(
        list(order), list(range(len(order))), default=len(order), return_dtype=pl.Int8
    )


def _percentages() -> list[str]:
    """Measures whose percentage is of pupils, so that a numerator of pupils stands behind it."""
    return [measure.key for measure in registry().values() if measure.unit == "percent" and measure.of_pupils]


def _numerators() -> tuple[pl.Expr, pl.Expr]:
    value, counted = pl.col("value"), pl.col("denominator")
    low, high = numerator_range_expressions(value, pl.col("rounded_to"), counted)
    whole = (value * counted / 100).round()
    unrounded = pl.when(
        pl.col("rounded_to").is_null()
        & (counted > 0)
        & ((value * counted / 100 - whole).abs() < 1e-6 * counted)
    ).then(whole.cast(pl.Int64))
    given = pl.when(counted > 0).then(pl.col("numerator"))
    return pl.coalesce(given, low, unrounded), pl.coalesce(given, high, unrounded)


def _label(percentage: pl.Expr, known: pl.Expr) -> pl.Expr:
    return (
        pl.when(percentage & pl.col("denominator").is_null())
        .then(pl.lit("the cohort is unpublished: no interval"))
        .when(percentage & ~known)
        .then(
            phrase("no number of the {} pupils published gives this percentage: no interval", "denominator")
        )
    )


def _source(files: Mapping[str, str]) -> pl.Expr:
    names = pl.col("receipt").replace_strict(list(files), list(files.values()), default=pl.col("receipt"))
    where = pl.concat_str(
        names.fill_null("unknown file"), phrase("row {}", "row"), separator=", ", ignore_nulls=True
    )
    return phrase("{} ({}), {}", "dataset", "release", where)
