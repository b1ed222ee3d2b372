"""What is odd in a file of inspections: cells that say nothing known, days missing, rows that contradict.

The words in which Ofsted's files give grades and categories of concern are here too, since whatever is not
among them is a doubt.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import polars as pl

from headway.figures.sources import Finding
from headway.figures.sources import ofsted_frameworks as frameworks
from headway.figures.sources import register_cells as cells
from headway.figures.sources.ofsted_layouts import Layout

GRADES = {
    "1": "outstanding",
    "2": "good",
    "3": "grade 3",
    "4": "inadequate",
    "outstanding": "outstanding",
    "good": "good",
    "satisfactory": "satisfactory",
    "requires improvement": "grade 3",
    "inadequate": "inadequate",
    "exceptional": "exceptional",
    "strong": "strong standard",
    "strong standard": "strong standard",
    "expected": "expected standard",
    "expected standard": "expected standard",
    "needs attention": "needs attention",
    "urgent": "urgent improvement",
    "urgent improvement": "urgent improvement",
    "met": "met",
    "not met": "not met",
}
"""A cell in lower case, hyphens as blanks, and what it says. Grade 3 depends on the day."""

NO_GRADE = ("0", "8", "9", "not judged", "not applicable", "does not apply", "not inspected", "no judgement")

CATEGORIES = {
    "none": "none",
    "no": "none",
    "sm": "SM",
    "special measures": "SM",
    "swk": "SWK",
    "sw": "SWK",
    "serious weaknesses": "SWK",
    "serious weakness": "SWK",
    "nti": "NTI",
    "notice to improve": "NTI",
    "rsi": "RSI",
    "requires significant improvement": "RSI",
}


def day_of(names: Mapping[str, str], candidates: tuple[str, ...]) -> pl.Expr:
    column = cells.first_of(names, candidates)
    return cells.day(column) if column else pl.lit(None, dtype=pl.Date)


def areas_in(frame: pl.DataFrame) -> list[str]:
    return [column for column in frame.columns if column.startswith("area:")]


def plain(column: str) -> pl.Expr:
    """A grade in lower case, hyphens as blanks, `2.0` as `2`."""
    return pl.col(column).str.to_lowercase().str.replace_all("-", " ").str.replace(r"^(\d)\.0$", "${1}")


def doubts(
    frame: pl.DataFrame, names: Mapping[str, str], layout: Layout, events: pl.DataFrame
) -> list[Finding]:
    """What could not be read of one layout: days, grades, categories, days before every framework."""
    findings: list[Finding] = []
    column = cells.first_of(names, (*layout.first_day, *layout.last_day))
    assert column is not None  # the layout was chosen by it
    findings += cells.unread(frame, column, cells.day(column), "a day, such as 31/07/2018")
    early = events.filter(pl.col("date").is_not_null() & pl.col("framework").is_null())
    if not early.is_empty():
        findings.append(
            Finding(
                "warning",
                "before_every_framework",
                found=f"{early.height} inspections before {frameworks.frameworks()[0].first_day.isoformat()}",
                expected="an inspection under a framework that Headway knows, from September 2005",
                advice="They are left out: what a grade meant then is not recorded.",
                column=column,
                rows=tuple(early["row"].to_list()),
            )
        )
    for area in areas_in(events):
        text = plain(area)
        known = text.is_in(list(GRADES)) | text.is_in(NO_GRADE)
        strange = events.filter(pl.col(area).is_not_null() & ~known)
        if not strange.is_empty():
            name = area.removeprefix("area:")
            findings.append(
                Finding(
                    "warning",
                    "unknown_grade",
                    found=", ".join(sorted(set(strange[area].to_list()))[:5]),
                    expected="1 to 4, a grade in words, a report-card grade, Not judged or NULL",
                    advice="The inspection is kept without this judgement.",
                    column=cells.first_of(names, layout.areas[name]),
                    rows=tuple(strange["row"].to_list()),
                )
            )
        undated = events.filter(pl.col("date").is_null() & text.is_in(list(GRADES)))
        if not undated.is_empty():
            findings.append(
                Finding(
                    "warning",
                    "grade_without_day",
                    found=f"{undated.height} grades in {area.removeprefix('area:')}",
                    expected=f"the day of the inspection in {column}",
                    advice="They are left out: without its day a grade has no framework.",
                    column=column,
                    rows=tuple(undated["row"].to_list()),
                )
            )
    concern = cells.first_of(names, layout.category)
    if concern:
        known = cells.words(concern).str.to_lowercase().is_in(list(CATEGORIES))
        strange = frame.filter(cells.words(concern).is_not_null() & ~known)
        if not strange.is_empty():
            findings.append(
                Finding(
                    "warning",
                    "unknown_category",
                    found=", ".join(sorted(set(strange[concern].to_list()))[:5]),
                    expected="SM, SWK, NTI, RSI or nothing",
                    advice="The inspection is kept and its category left unknown.",
                    column=concern,
                    rows=tuple(strange["row"].to_list()),
                )
            )
    return [*findings, *_grades_of_other_days(frame, names, layout)]


def _grades_of_other_days(frame: pl.DataFrame, names: Mapping[str, str], layout: Layout) -> list[Finding]:
    """Report-card grades with a day of their own: changed since, by a visit that has no row here."""
    findings = []
    for name in layout.grades_dated:
        if name not in names:
            continue
        own = cells.day(names[name])
        other = frame.filter(own.is_not_null() & (own != day_of(names, layout.first_day)))
        if not other.is_empty():
            findings.append(
                Finding(
                    "note",
                    "grade_of_another_day",
                    found=f"{other.height} grades dated otherwise than the inspection",
                    expected="the first day of the inspection",
                    advice="They are kept under the inspection's own day.",
                    column=names[name],
                    rows=tuple(other["row"].to_list()),
                )
            )
    return findings


def repeated(events: pl.DataFrame, graded: pl.DataFrame) -> tuple[list[int], list[int], list[Finding]]:
    """Rows that tell of the same inspection twice: contradictory ones, and mere repetitions."""
    twice = events.filter(pl.struct("organisation", "date").is_duplicated())
    if twice.is_empty():
        return [], [], []
    said = (
        graded.filter(pl.col("row").is_in(twice["row"].to_list()))
        .sort("area")
        .group_by("row")
        .agg(pl.format("{}: {}", "area", "value").str.join("; ").alias("said"))
    )
    twice = (
        twice.select("row", "organisation", "date")
        .join(said, on="row", how="left")
        .with_columns(pl.col("said").fill_null(""))
    )
    versions = twice.with_columns(versions=pl.col("said").n_unique().over("organisation", "date"))
    bad = versions.filter(pl.col("versions") > 1)
    same = versions.filter(pl.col("versions") == 1)
    again = same.filter(pl.col("row") > pl.col("row").min().over("organisation", "date"))
    findings = []
    if not bad.is_empty():
        found = sorted(f"{row['organisation']} on {row['date']}: {row['said']}" for row in bad.to_dicts())
        findings.append(
            Finding(
                "error",
                "contradictory_inspection",
                found=" | ".join(found[:4]),
                expected="one row for each school and day",
                advice="Keep the row that is right, and load it again.",
                rows=tuple(bad["row"].to_list()),
            )
        )
    if not again.is_empty():
        findings.append(
            Finding(
                "note",
                "repeated_inspection",
                found=f"{again.height} rows say again what another row says",
                advice="Each inspection is kept once.",
                rows=tuple(again["row"].to_list()),
            )
        )
    return bad["row"].to_list(), again["row"].to_list(), findings


def unusual(judgements: pl.DataFrame) -> list[Finding]:
    """Grades on a scale that was not in use on the day. Kept as printed, and said."""
    findings = []
    for rule, unusual, expected in (
        (
            "satisfactory_after_2012",
            (pl.col("value") == "satisfactory") & (pl.col("date") >= frameworks.FIRST_REQUIRES_IMPROVEMENT),
            "requires improvement from September 2012",
        ),
        (
            "report_card_too_early",
            (pl.col("scale") == "report_card") & (pl.col("date") < frameworks.FIRST_REPORT_CARD),
            "report cards from 10 November 2025",
        ),
        (
            "four_grades_too_late",
            (pl.col("scale") == "four_grade") & (pl.col("date") >= frameworks.FIRST_REPORT_CARD),
            "report cards from 10 November 2025",
        ),
    ):
        found = judgements.filter(unusual)
        if not found.is_empty():
            days: list[date] = sorted(found["date"].to_list())
            findings.append(
                Finding(
                    "note",
                    rule,
                    found=f"{found.height} judgements, {days[0].isoformat()} to {days[-1].isoformat()}",
                    expected=expected,
                    advice="They are kept on the scale in which they were given. Some kinds of school were "
                    "inspected under another framework for longer.",
                    rows=tuple(sorted(set(found["row"].to_list()))),
                )
            )
    return findings
