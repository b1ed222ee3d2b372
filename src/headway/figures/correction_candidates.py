"""What may be wrong in DfE's key stage 2 file: candidates for correction, by the rules of `corrections.toml`.

Each function looks at the checking rows (`corrections.checking_rows`) for one rule. A candidate is a question to the
school, never a correction by itself: it says what the data say, and what would change.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import polars as pl

from headway.figures import matching
from headway.figures.correction_rules import rules
from headway.figures.corrections import AGREEING, KS1_SUBJECTS, PROGRESS, SUBJECTS, Candidate, Tables
from headway.figures.models import progress
from headway.figures.models.terms import ModelError

_NAMES = {
    "reading": "reading",
    "mathematics": "mathematics",
    "gps": "grammar, punctuation and spelling",
    "writing": "writing",
}
_NO_RESULT = ("A", "D", "M", "N", "NA", "Q", "X")
"""Codes of key stage 1 that say why there is no result."""
Limits = dict[object, tuple[float, float | None]]
"""Mean and least progress that counts, by prior attainment group."""
EXPECTED = 100
"""The scaled score of the expected standard."""


def candidates(rows: pl.DataFrame, tables: Tables, year: int) -> list[Candidate]:
    """Everything that may be wrong in a year's file, by school, pupil and rule."""
    counted = rows.filter(pl.col("counts"))
    found = [
        *overseas(counted, year),
        *prior_attainment(counted, year),
        *wrong_school(counted),
        *marks_and_scores(counted, year),
        *outcomes_and_scores(counted),
        *near_standard(counted, year),
        *missing_pupils(rows, tables, year),
    ]
    return sorted(found, key=lambda one: (one.organisation, one.pupil, one.key))


def overseas(rows: pl.DataFrame, year: int) -> Iterator[Candidate]:
    """Pupils with English as an additional language whom no earlier assessment knows and who came in Year 5 or later.

    That they came from overseas, and from where, no file says: the school does.
    """
    admitted = rules()["overseas"].admitted_from_year_group
    assert admitted is not None, "corrections.toml says from which year group"
    since = date(
        year - (7 - admitted), 9, 1
    )  # the first day of that year group of those who end Year 6 this summer
    unknown = pl.col("known_from").is_null() & pl.all_horizontal(
        pl.col(f"ks1_{subject}").is_null() | ~pl.col(f"ks1_{subject}").is_in(_ks1_codes(rows, subject))
        for subject in KS1_SUBJECTS
    )
    # Without any earlier assessment in the store, that none knows the pupil says nothing: then the day must.
    telling = rows["known_from"].is_not_null().any()
    came = (pl.col("entry_date").is_null() & pl.lit(telling)) | (pl.col("entry_date") >= since)
    for row in rows.filter(pl.col("eal") & unknown & came).iter_rows(named=True):
        day = row["entry_date"]
        when = (
            f"joined the school on {day.day} {day:%B %Y}"
            if day
            else "the day of joining the school is not in the file"
        )
        yield Candidate(
            "overseas",
            row["pupil"],
            row["organisation"],
            f"English as an additional language; no earlier assessment in England is known; {when}",
            {"inclusion": "202", "counts": False},
        )


def _ks1_codes(rows: pl.DataFrame, subject: str) -> list[str]:
    """The codes in the file that are results of key stage 1, not reasons for there being none."""
    return [code for code in rows[f"ks1_{subject}"].drop_nulls().unique() if code not in _NO_RESULT]


def prior_attainment(rows: pl.DataFrame, year: int) -> Iterator[Candidate]:
    """Pupils whose key stage 1 outcomes in DfE's record are not those of the authority's own file."""
    differ = pl.any_horizontal(
        pl.col(f"own_ks1_{subject}").is_not_null()
        & pl.col(f"own_ks1_{subject}").ne_missing(pl.col(f"ks1_{subject}"))
        for subject in KS1_SUBJECTS
    )
    # Where nobody in the file has prior attainment the year has none, and nobody's is wrong.
    if rows.select(
        pl.all_horizontal(pl.col(f"ks1_{subject}").is_null().all() for subject in KS1_SUBJECTS)
    ).item():
        return
    wrong = rows.filter(differ)
    if wrong.is_empty():
        return
    right = wrong.with_columns(
        pl.coalesce(f"own_ks1_{subject}", f"ks1_{subject}").alias(f"ks1_{subject}")
        for subject in KS1_SUBJECTS
    ).with_columns(
        pl.lit(None, pl.Float64).alias("ks1_average_points"),
        pl.lit(None, pl.Int64).alias("prior_attainment_group"),
    )
    try:
        points = progress.prior_attainment(right, year)["prior_points"].to_list()
    except ModelError:
        points = [None] * right.height
    known_groups = _by_points(rows, "prior_attainment_group")
    known_bands = _by_points(rows, "ks1_band")
    limits = {subject: _limits(rows, subject, year) for subject in PROGRESS}
    for before, after, average in zip(
        wrong.iter_rows(named=True), right.iter_rows(named=True), points, strict=True
    ):
        place = None if average is None else round(average, 4)
        group = known_groups.get(place)
        changes: dict[str, object] = {
            f"ks1_{subject}": after[f"ks1_{subject}"]
            for subject in KS1_SUBJECTS
            if after[f"ks1_{subject}"] != before[f"ks1_{subject}"]
        }
        changes |= {
            "ks1_average_points": average,
            "prior_attainment_group": group,
            "ks1_band": known_bands.get(place),
        }
        for subject in PROGRESS:
            changes |= _with_group(before, subject, group, limits[subject])
        said = ", ".join(
            f"{_NAMES[subject]} {before[f'ks1_{subject}'] or 'none'} in DfE's record and {after[f'ks1_{subject}']} in ours"
            for subject in KS1_SUBJECTS
            if after[f"ks1_{subject}"] != before[f"ks1_{subject}"]
        )
        unknown = (
            "" if group is not None else "; nobody else in the file has this average, so progress is left out"
        )
        yield Candidate(
            "prior_attainment",
            before["pupil"],
            before["organisation"],
            f"Key stage 1 {said}{unknown}",
            changes,
        )


def _by_points(rows: pl.DataFrame, column: str) -> dict[float | None, object]:
    """What DfE's file gives pupils of each average of key stage 1; only where all of them have the same."""
    known = (
        rows.select(pl.col("ks1_average_points").round(4).alias("points"), column)
        .drop_nulls()
        .group_by("points")
        .agg(pl.col(column).first(), pl.col(column).n_unique().alias("different"))
        .filter(pl.col("different") == 1)
    )
    return dict(known.select("points", column).iter_rows())


def _limits_of(rows: pl.DataFrame, subject: str, year: int) -> Limits:
    """As `_limits`; none for a subject without progress."""
    return next((_limits(rows, one, year) for one in PROGRESS if one == subject), {})


def _limits(rows: pl.DataFrame, subject: progress.Subject, year: int) -> Limits:
    """Mean and limit of each prior attainment group, as DfE's file has them; none where it has no progress."""
    try:
        table = progress.groups_from_dfe(rows, subject, year).table
    except ModelError:
        return {}
    return {
        int(group): (mean, limit)
        for group, mean, limit in table.select("prior_group", "mean", "limit").iter_rows()
    }


def _with_group(row: dict[str, Any], subject: str, group: object, limits: Limits) -> dict[str, object]:
    """The pupil's progress in a subject with another prior attainment group; null where it is not known."""
    if not limits:
        return {}
    attained = row.get(f"{subject}_progress_attainment")
    if group not in limits or not isinstance(attained, float):
        return {
            f"in_{subject}_progress": False,
            f"{subject}_progress_predicted": None,
            f"{subject}_progress": None,
        }
    mean, limit = limits[group]
    return {
        f"in_{subject}_progress": True,
        f"{subject}_progress_predicted": mean,
        f"{subject}_progress": _limited(attained - mean, limit),
    }


def _limited(score: float, limit: float | None) -> float:
    return round(score if limit is None else max(score, limit), 2)


def wrong_school(rows: pl.DataFrame) -> Iterator[Candidate]:
    """Pupils who stand on the roll of another school that year."""
    elsewhere = rows.filter(pl.col("roll").is_not_null() & (pl.col("roll") != pl.col("organisation")))
    for row in elsewhere.iter_rows(named=True):
        yield Candidate(
            "wrong_school",
            row["pupil"],
            row["organisation"],
            "In DfE's file under this school, and on the roll of another",
            {"organisation": row["roll"]},
            to=row["roll"],
        )


def missing_pupils(rows: pl.DataFrame, tables: Tables, year: int) -> Iterator[Candidate]:
    """Pupils in Year 6 on a roll who are not in DfE's file at all."""
    if rows.is_empty():
        return
    rolls = (
        tables.frame("pupils", year)
        .filter(pl.col("collection") == "roll", pl.col("year_group") == 6)
        .select("pupil", "organisation")
        .collect()
    )
    known = matching.joined_keys(tables)
    canonical = dict(known.iter_rows())
    there = {canonical.get(pupil, pupil) for pupil in rows["pupil"]}
    schools = set(rows["organisation"])
    for pupil, school in rolls.iter_rows():
        if canonical.get(pupil, pupil) not in there and school in schools:
            yield Candidate(
                "missing_pupil", pupil, school, "In Year 6 on the school's roll, and not in DfE's file"
            )


def marks_and_scores(rows: pl.DataFrame, year: int) -> Iterator[Candidate]:
    """Pupils whose scaled score is not that of all the others with their mark."""
    for subject in SUBJECTS:
        limits = _limits_of(rows, subject, year)
        mark, score = f"{subject}_mark", f"{subject}_score"
        marked = rows.filter(pl.col(mark).is_not_null() & pl.col(score).is_not_null())
        usual = (
            marked.group_by(mark, score)
            .len()
            .sort("len", score, descending=True)
            .unique(mark, keep="first", maintain_order=True)
            .filter(pl.col("len") >= AGREEING)
        )
        scores = dict(usual.select(mark, score).iter_rows())
        for row in marked.iter_rows(named=True):
            right = scores.get(row[mark])
            if right is None or right == row[score]:
                continue
            yield Candidate(
                "mark_and_score",
                row["pupil"],
                row["organisation"],
                f"{_NAMES[subject].capitalize()}: {row[mark]} marks have a scaled score of {right:.0f} elsewhere, "
                f"here {row[score]:.0f}",
                _with_score(row, subject, right, row[mark], limits),
            )


def outcomes_and_scores(rows: pl.DataFrame) -> Iterator[Candidate]:
    """Pupils with a scaled score in a test whose outcome says something else: unknown, or the other side of the standard."""
    for subject in SUBJECTS:
        outcome, score = f"{subject}_outcome", f"{subject}_score"
        right = pl.when(pl.col(score) >= EXPECTED).then(pl.lit("AS")).otherwise(pl.lit("NS"))
        odd = rows.filter(
            pl.col(score).is_not_null() & pl.col(outcome).is_not_null() & (pl.col(outcome) != right)
        )
        for row in odd.with_columns(right.alias("right")).iter_rows(named=True):
            yield Candidate(
                "outcome_and_score",
                row["pupil"],
                row["organisation"],
                f"{_NAMES[subject].capitalize()}: outcome {row[outcome]} with a scaled score of {row[score]:.0f}",
                {outcome: row["right"], score: row[score]},
            )


def near_standard(rows: pl.DataFrame, year: int) -> Iterator[Candidate]:
    """Pupils who are within a few marks of the expected standard in a test."""
    short = rules()["near_standard"].marks_short
    assert short is not None, "corrections.toml says how many marks"
    for subject in SUBJECTS:
        limits = _limits_of(rows, subject, year)
        mark, score = f"{subject}_mark", f"{subject}_score"
        needed = rows.filter(pl.col(score) >= EXPECTED)[mark].min()
        if not isinstance(needed, int):
            continue
        near = rows.filter((pl.col(score) < EXPECTED) & pl.col(mark).is_between(needed - short, needed - 1))
        for row in near.iter_rows(named=True):
            lacking = needed - row[mark]
            yield Candidate(
                "near_standard",
                row["pupil"],
                row["organisation"],
                f"{_NAMES[subject].capitalize()}: {lacking} {'mark' if lacking == 1 else 'marks'} short of the standard",
                _with_score(row, subject, float(EXPECTED), needed, limits),
            )


def _with_score(
    row: dict[str, Any], subject: str, score: float, mark: int, limits: Limits
) -> dict[str, object]:
    """The record with another scaled score in a test, and the progress that follows from it."""
    changes: dict[str, object] = {
        f"{subject}_score": score,
        f"{subject}_mark": mark,
        f"{subject}_outcome": "AS" if score >= EXPECTED else "NS",
    }
    predicted = row.get(f"{subject}_progress_predicted")
    counts = row.get(f"in_{subject}_progress") is not False and row.get(f"{subject}_progress") is not None
    if limits and predicted is not None and counts:
        _, limit = limits.get(row["prior_attainment_group"], (predicted, None))
        changes[f"{subject}_progress_attainment"] = score
        changes[f"{subject}_progress"] = _limited(score - predicted, limit)
    return changes
