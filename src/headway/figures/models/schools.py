"""Value added of schools as rows of the `estimates` table: what a run keeps, and every page shows.

`cohort` is a cohort frame of key stage 2: one row a pupil, the columns of `assessments_ks2` beside those of `pupils`.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import polars as pl

from headway.figures.models import contextual, effects, progress, value_added
from headway.figures.models.definitions import definition
from headway.figures.models.summing import lazy
from headway.figures.models.terms import ModelError
from headway.figures.outcome_codes import points
from headway.figures.tables import ESTIMATES

Z95 = 1.959963984540054
COLUMNS = tuple(column.name for column in ESTIMATES.columns)
LOW_COVERAGE = 50.0
"""Percent of pupils counted below which DfE published no figure (LOWCOV in the performance tables)."""
ELSEWHERE = "junior or middle school: key stage 1 was in another school"
NOBODY = "no pupil has both prior attainment and a result"
PRIOR = ("prior_points", "prior_points^2")
SUBJECTS = ("reading", "writing", "mathematics", "english")


def cohort_for(cohort: Any, year: int, subjects: Sequence[str]) -> pl.DataFrame:
    """The cohort with `prior_points` and an outcome for each subject (`outcome_reading` …): the score that counts
    for progress since 2016, before it the points of the level. Raises `ModelError`, saying why, for a year
    without progress.
    """
    ready = progress.prior_attainment(lazy(cohort).collect(backend="polars").to_native(), year)
    for subject in subjects:
        if year >= 2016:
            if subject not in ("reading", "writing", "mathematics"):
                raise ModelError(
                    f"there is no progress in {subject} since 2016; there is in reading, writing and mathematics"
                )
            ready = progress.attainment(ready, subject, year)  # type: ignore[arg-type]
            ready = ready.rename({"attainment": outcome(subject)}).drop("attainment_basis")
        else:
            level = pl.col(f"{subject}_level").str.to_uppercase()
            value = level.replace_strict(points("ks2_levels", year), default=None, return_dtype=pl.Float64)
            ready = ready.with_columns(value.alias(outcome(subject)))
    return ready


def outcome(subject: str) -> str:
    """The column of `cohort_for` that holds a subject's outcome."""
    return f"outcome_{subject}"


def school_value_added(
    cohort: Any,
    year: int,
    subjects: str | Sequence[str],
    *,
    model: str = "value_added",
    taught_elsewhere: Collection[str] = (),
    group: str = "organisation",
) -> pl.DataFrame:
    """A row of `estimates` a school and subject: its value added in a year. One pass serves all subjects.

    `model` is value_added (prior attainment only) or contextual_value_added. `taught_elsewhere` are the schools
    whose pupils took key stage 1 in another school (see `schools_starting_late`); they are labelled. Raises `ModelError`.
    """
    named = [subjects] if isinstance(subjects, str) else list(subjects)
    ready = cohort_for(cohort, year, named)
    lacking: list[str] = []
    terms = list(PRIOR)
    if model == "contextual_value_added":
        ready = contextual.prepared(
            ready.with_columns(pl.col("prior_points").alias("ks1_average_points")), group
        )
        terms, lacking = contextual.terms(ready)
    elif model != "value_added":
        raise ModelError(f"there is no model {model!r}; there are value_added and contextual_value_added")
    found = value_added.fits(ready, [outcome(subject) for subject in named], terms, [group])
    pupils = ready.group_by(pl.col(group).alias("group")).len("cohort")
    rows = []
    for subject in named:
        fit = found[outcome(subject)]
        said = [f"without {', '.join(lacking)}"] if lacking else []
        if not fit.converged:
            said.append(f"the model did not settle: {fit.message}")
        rows.append(
            estimates(
                fit.effects(),
                pupils,
                year=year,
                measure=f"ks2_{subject}_value_added",
                model=model,
                taught_elsewhere=taught_elsewhere,
                label="; ".join(said),
            )
        )
    return pl.concat(rows)


def three_year_value_added(
    cohorts: dict[int, Any],
    subject: str,
    *,
    weights: Sequence[float] = effects.BY_PUPILS,
    taught_elsewhere: Collection[str] = (),
    group: str = "organisation",
) -> tuple[pl.DataFrame, effects.SeveralYears]:
    """Rows of `estimates` pooled over the years of `cohorts` (at most three), and the years themselves with the trend.

    Years that cannot be compared are not pooled: raises `ModelError` where two have different definitions of progress.
    """
    years = sorted(cohorts)
    methods = {definition(year).method for year in years}
    if len(methods) > 1 or (years[0] < 2016 <= years[-1]):
        raise ModelError(
            f"{years[0]} and {years[-1]} measure progress in different ways and cannot be pooled: "
            + "; ".join(f"{year} {definition(year).title}" for year in (years[0], years[-1]))
        )
    ready = [
        cohort_for(cohorts[year], year, [subject])
        .select(group, "prior_points", outcome(subject))
        .with_columns(pl.lit(year).alias("year"))
        for year in years
    ]
    frame = pl.concat(ready)
    found = effects.over_years(frame, outcome(subject), PRIOR, group=group, weights=weights)
    rows = estimates(
        found.pooled,
        frame.group_by(pl.col(group).alias("group")).len("cohort"),
        year=years[-1],
        measure=f"ks2_{subject}_value_added",
        model="value_added" if tuple(weights) == effects.BY_PUPILS else "value_added_3_2_1",
        taught_elsewhere=taught_elsewhere,
        label="" if found.converged else "the model did not settle",
        years_pooled=len(years),
    )
    return rows, found


def estimates(
    table: pl.DataFrame,
    cohort: pl.DataFrame,
    *,
    year: int,
    measure: str,
    model: str,
    taught_elsewhere: Collection[str] = (),
    label: str = "",
    years_pooled: int = 1,
    group: str = "all",
) -> pl.DataFrame:
    """An effects table as rows of `estimates`, with 95 % intervals, coverage and labels.

    `cohort` has `group` and `cohort`, the number of pupils that the school had. A school none of whose pupils could
    be counted has a row too, without values, that says so.
    """
    half = Z95 * pl.col("comparative_se")
    joined = (
        cohort.filter(pl.col("group").is_not_null())
        .join(table, on="group", how="left")
        .with_columns(pl.col("n").fill_null(0))
        .with_columns((100 * pl.col("n") / pl.col("cohort")).alias("coverage"))
        .sort("group")
    )
    labels = pl.concat_str(
        pl.lit(label or None, dtype=pl.String),
        pl.when(pl.col("group").is_in(list(taught_elsewhere))).then(pl.lit(ELSEWHERE)),
        pl.when(pl.col("n") == 0).then(pl.lit(NOBODY)),
        pl.when((pl.col("n") > 0) & (pl.col("coverage") < LOW_COVERAGE)).then(
            pl.format("only {} % of the pupils could be counted", pl.col("coverage").round(0).cast(pl.Int64))
        ),
        separator="; ",
        ignore_nulls=True,
    )
    made = joined.select(
        pl.col("group").cast(pl.String).alias("organisation"),
        pl.lit(year).alias("year"),
        pl.lit(years_pooled).alias("years_pooled"),
        pl.lit(measure).alias("measure"),
        pl.lit(group).alias("group"),
        pl.lit(model).alias("model"),
        pl.col("n").alias("pupils"),
        "raw",
        "estimate",
        "comparative_se",
        "diagnostic_se",
        "reliability",
        (pl.col("estimate") - half).alias("lower"),
        (pl.col("estimate") + half).alias("upper"),
        "coverage",
        pl.when(labels != "").then(labels).alias("label"),
    )
    return ESTIMATES.conform(made).select(COLUMNS)


def group_value_added(
    cohort: Any, year: int, subject: str, member: str, keys: tuple[str, str], *, group: str = "organisation"
) -> pl.DataFrame:
    """Rows of `estimates` for both sides of a yes/no characteristic, such as disadvantaged and other.

    `keys` name the groups of members and of others. Both come from one model in which schools differ in what they do for
    members (a random slope), so that a group of three pupils borrows strength from the rest of its school.
    """
    ready = cohort_for(cohort, year, [subject]).with_columns(pl.col(member).cast(pl.Float64))
    fit = value_added.fit(ready, outcome(subject), [*PRIOR, member], [group], slopes=[member])
    rows = []
    for key, value in zip(keys, (1.0, 0.0), strict=True):
        of_kind = ready.filter(pl.col(member) == value)
        counted = (
            of_kind.drop_nulls([outcome(subject), "prior_points"])
            .group_by(pl.col(group).alias("group"))
            .len("n")
        )
        table = (
            fit.effects_at({member: value})
            .drop("n", "raw")
            .join(counted, on="group")
            .with_columns(pl.lit(None, dtype=pl.Float64).alias("raw"), pl.col("n").cast(pl.Int64))
        )
        rows.append(
            estimates(
                table,
                of_kind.group_by(pl.col(group).alias("group")).len("cohort"),
                year=year,
                measure=f"ks2_{subject}_value_added",
                model="value_added",
                group=key,
            )
        )
    return pl.concat(rows)


def schools_starting_late(organisations: pl.DataFrame) -> list[str]:
    """Junior and middle schools: those that admit pupils only after key stage 1 (`low_age` 7 or more).

    Their pupils' starting point was assessed in another school, which biases value added against them
    (FFT Education Datalab, 2018/05).
    """
    return organisations.filter(pl.col("low_age") >= 7)["organisation"].unique().sort().to_list()
