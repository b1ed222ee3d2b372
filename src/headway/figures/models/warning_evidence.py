"""What was known of schools on a day, for an early warning: results, progress, inspections, size, authority.

Results of a summer are known from 31 December of that year (the performance tables come out in December);
judgements from the first day of their inspection. Nothing later is looked at.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import polars as pl

from headway.figures.tables import Status

GRADES = {
    "outstanding": 1,
    "good": 2,
    "requires improvement": 3,
    "satisfactory": 3,
    "inadequate": 4,
}
"""Overall effectiveness as a number; satisfactory (to August 2012) stands where requires improvement does."""


@dataclass(frozen=True)
class Factor:
    """One thing known of a school, and the theme under which a reader is told of it."""

    key: str
    theme: str


THEMES = {
    "last inspection": "schools with its last grades were more often found below good",
    "years since": "the time since its last full inspection",
    "earlier inspections": "its earlier inspections",
    "results": "its results stand low among schools",
    "progress": "its progress scores stand low among schools",
    "direction": "its results or progress have gone down against other schools'",
    "authority": "other schools in its authority stand low",
    "trust": "other schools in its trust stand low",
    "kind": "its type, ages or size: schools like it were more often found below good",
}
"""What a reader is told, by theme, where the theme speaks for a closer look."""

FACTORS = (
    Factor("outstanding", "last inspection"),
    Factor("requires_improvement", "last inspection"),
    Factor("inadequate", "last inspection"),
    Factor("leadership_below_overall", "last inspection"),
    Factor("early_years_below_overall", "last inspection"),
    Factor("years_since", "years since"),
    Factor("years_since_squared", "years since"),
    Factor("years_since_if_outstanding", "years since"),
    Factor("inspections", "earlier inspections"),
    Factor("inspections_below_good", "earlier inspections"),
    Factor("worst_grade", "earlier inspections"),
    Factor("grade_before", "earlier inspections"),
    Factor("mean_grade", "earlier inspections"),
    Factor("expected_latest", "results"),
    Factor("expected_mean", "results"),
    Factor("higher_latest", "results"),
    Factor("average_score", "results"),
    Factor("expected_change", "direction"),
    Factor("progress_mean", "progress"),
    Factor("progress_latest", "progress"),
    Factor("reading_progress", "progress"),
    Factor("writing_progress", "progress"),
    Factor("mathematics_progress", "progress"),
    Factor("progress_change", "direction"),
    Factor("authority_below_good", "authority"),
    Factor("authority_expected", "authority"),
    Factor("authority_progress", "authority"),
    Factor("in_trust", "trust"),
    Factor("trust_below_good", "trust"),
    Factor("academy", "kind"),
    Factor("lowest_age", "kind"),
    Factor("highest_age", "kind"),
    Factor("cohort", "kind"),
)

_DRAWN = 5
_SUBJECTS = ("reading", "writing", "mathematics")
_AVERAGES = ("ks2_reading_average", "ks2_mathematics_average", "ks2_gps_average")


def evidence(
    results: pl.DataFrame,
    judgements: pl.DataFrame,
    *,
    as_at: date,
    schools: pl.DataFrame,
) -> pl.DataFrame:
    """One row a school of `schools` (`organisation`, `authority`, and `trust`, `academy`, `lowest_age`,
    `highest_age` where known; the trust as at the day): the columns of `FACTORS` and `grade`, null where not known
    by `as_at`.

    `results` are rows of the results table (key stage 2), `judgements` of the judgements table (four grades).
    """
    known = _results(results, as_at)
    past = _inspections(judgements, as_at)
    found = (
        schools.join(_attainment(known), on="organisation", how="left")
        .join(_progress(known), on="organisation", how="left")
        .join(_inspected(past, as_at), on="organisation", how="left")
    )
    about = ("academy", "lowest_age", "highest_age")
    found = found.with_columns(pl.lit(None).alias(name) for name in about if name not in schools.columns)
    if "trust" not in schools.columns:
        found = found.with_columns(trust=pl.lit(None, dtype=pl.String))
    by_authority = {
        "authority_below_good": (pl.col("grade") > 2).cast(pl.Float64),
        "authority_expected": pl.col("expected_latest"),
        "authority_progress": pl.col("mathematics_progress"),
    }
    found = found.with_columns(
        pl.when(pl.col("authority").is_not_null()).then(value.mean().over("authority")).alias(name)
        for name, value in by_authority.items()
    )
    below = (pl.col("grade") > 2).cast(pl.Float64)
    in_trust = pl.col("trust").is_not_null()
    graded = pl.col("grade").is_not_null().sum().over("trust")
    found = found.with_columns(
        in_trust=in_trust,
        # A trust of few schools is drawn towards all schools, as if it had five more of the usual kind.
        trust_below_good=pl.when(in_trust).then(
            (below.sum().over("trust") + _DRAWN * below.mean()) / (graded + _DRAWN)
        ),
    )
    return found.select(
        "organisation",
        pl.col("grade").cast(pl.Int64),
        *(pl.col(factor.key).cast(pl.Float64) for factor in FACTORS),
    )


def _results(results: pl.DataFrame, as_at: date) -> pl.DataFrame:
    """One value a school, year and measure, with its standing among all schools that year."""
    value = pl.col("value")
    key = ["organisation", "year", "measure"]
    return (
        results.filter(
            (pl.col("status") == Status.REPORTED.value)
            & (pl.col("group") == "all")
            & (pl.col("years_pooled") == 1)
            & (pl.date(pl.col("year"), 12, 31) <= as_at)
            & value.is_not_null()
        )
        .group_by(key)
        .agg(value.first(), pl.col("denominator").first())
        .with_columns(
            standing=(value - value.mean().over("year", "measure"))
            / pl.when(value.std().over("year", "measure") > 0).then(value.std().over("year", "measure"))
        )
        .sort(key)
    )


def _attainment(known: pl.DataFrame) -> pl.DataFrame:
    expected = known.filter(pl.col("measure") == "ks2_rwm_expected")
    latest = pl.lit(expected["year"].max(), pl.Int64)
    standing = pl.col("standing")
    main = expected.group_by("organisation").agg(
        expected_mean=standing.mean(),
        expected_latest=standing.filter(pl.col("year") == latest).first(),
        expected_change=pl.when(pl.len() > 1).then(standing.last() - standing.first()),
        cohort=pl.col("denominator").drop_nulls().last().cast(pl.Float64).log(),
    )
    higher = known.filter((pl.col("measure") == "ks2_rwm_higher") & (pl.col("year") == latest))
    averages = known.filter(pl.col("measure").is_in(_AVERAGES) & (pl.col("year") == latest))
    return main.join(
        higher.group_by("organisation").agg(higher_latest=standing.first()), on="organisation", how="left"
    ).join(
        averages.group_by("organisation").agg(average_score=standing.mean()), on="organisation", how="left"
    )


def _progress(known: pl.DataFrame) -> pl.DataFrame:
    progress = known.filter(pl.col("measure").is_in([f"ks2_{subject}_progress" for subject in _SUBJECTS]))
    standing, now = pl.col("standing"), pl.col("year") == pl.lit(progress["year"].max(), pl.Int64)
    first = pl.lit(progress["year"].min(), pl.Int64)
    return (
        progress.group_by("organisation")
        .agg(
            *(
                standing.filter(now & (pl.col("measure") == f"ks2_{subject}_progress"))
                .first()
                .alias(f"{subject}_progress")
                for subject in _SUBJECTS
            ),
            progress_mean=standing.mean(),
            progress_latest=standing.filter(now).mean(),
            progress_first=standing.filter(pl.col("year") == first).mean(),
        )
        .with_columns(progress_change=pl.col("progress_latest") - pl.col("progress_first"))
        .drop("progress_first")
    )


def _inspections(judgements: pl.DataFrame, as_at: date) -> pl.DataFrame:
    return (
        judgements.filter(
            (pl.col("date") <= as_at)
            & pl.col("scale").is_in(["four_grade", "four_grade_satisfactory"])
            & pl.col("value").is_in(list(GRADES))
        )
        .with_columns(grade=pl.col("value").replace_strict(GRADES, return_dtype=pl.Int64))
        .select("organisation", "date", "area", "grade")
        .unique(["organisation", "date", "area"], keep="first", maintain_order=True)
        .sort("organisation", "date")
    )


def _inspected(past: pl.DataFrame, as_at: date) -> pl.DataFrame:
    grade = pl.col("grade")
    overall = past.filter(pl.col("area") == "overall effectiveness")
    history = overall.group_by("organisation", maintain_order=True).agg(
        grade=grade.last(),
        date=pl.col("date").last(),
        inspections=pl.len(),
        inspections_below_good=(grade > 2).sum(),
        worst_grade=grade.max(),
        grade_before=grade.get(-2, null_on_oob=True),
        mean_grade=grade.mean(),
    )
    areas = {
        "leadership": "leadership and management",
        "early_years": "early years provision",
    }
    for name, area in areas.items():
        of_area = past.filter(pl.col("area") == area).select("organisation", "date", grade.alias(name))
        history = history.join(of_area, on=["organisation", "date"], how="left")
    since = (pl.lit(as_at) - pl.col("date")).dt.total_days() / 365.25
    return history.with_columns(
        outstanding=grade == 1,
        requires_improvement=grade == 3,
        inadequate=grade == 4,
        leadership_below_overall=pl.col("leadership") - grade,
        early_years_below_overall=pl.col("early_years") - grade,
        years_since=since,
        years_since_squared=since**2,
        years_since_if_outstanding=since * (grade == 1),
    ).drop("date", "leadership", "early_years")
