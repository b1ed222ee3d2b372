"""Ofsted's management information: inspections and their judgements, each under its own framework and scale.

Known: the files of 2005-2019 (one grade, numbers 1 to 4), 2019-24 (grades by area), those after September
2024 (areas only), report cards since November 2025, the inspection history, and CSVs normalised from them.
Titles above the header, cp1252 and spreadsheets are the reading layer's affair; which column tells of which
inspection is in `ofsted_layouts`, which framework held when in `ofsted_frameworks`.

Ofsted's older files give the last day of an inspection, not the first (of 11,361 inspections that stand
in both the file of July 2018 and the history, 10,707 are a day later in the former). Such days are marked
`last day`; `headway.figures.inspections` puts the two together.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import polars as pl

from headway.figures.sources import Finding, Reading, Recognition
from headway.figures.sources import ofsted_frameworks as frameworks
from headway.figures.sources import register_cells as cells
from headway.figures.sources.files import ReceivedFile
from headway.figures.sources.ofsted_layouts import LAYOUTS, Layout, layouts_of

_GRADES = {
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

_NO_GRADE = ("0", "8", "9", "not judged", "not applicable", "does not apply", "not inspected", "no judgement")

_CATEGORIES = {
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

_SAFEGUARDING = {"met": "met", "not met": "not met", "yes": "met", "no": "not met"}

_EVENT = (
    "date_is",
    "framework",
    "type",
    "publication_date",
    "category",
    "safeguarding",
    "outcome",
    "organisation_at_the_time",
    "incomplete",
)


class _Inspections:
    """One row a school, telling of one or more inspections; or, in the history, one row an inspection."""

    key = "ofsted"
    title = "Ofsted inspections: management information or inspection history"
    expects = ("URN", "Inspection start date", "Publication date", "Overall effectiveness")

    def recognise(self, file: ReceivedFile) -> Recognition | None:
        """By a URN and the columns of at least one known layout."""
        names = cells.columns_by_name(file.header)
        found = layouts_of(names) if "urn" in names else ()
        if not found:
            return None
        return Recognition(0.9, f"{self.title} ({', '.join(layout.name for layout in found)})")

    def read(self, file: ReceivedFile) -> Reading:
        """Tables `inspections` and `judgements`."""
        return read_inspections(file.rows().collect(), tuple(file.header))


def read_inspections(frame: pl.DataFrame, header: tuple[str, ...]) -> Reading:
    """Ofsted's rows, all text and with `row`, as inspections and judgements."""
    names = cells.columns_by_name(header)
    findings = cells.without_urn(frame, names["urn"])
    usable = frame.filter(cells.urn(names["urn"]).is_not_null())
    layouts = layouts_of(names)
    inspections, judgements = [], []
    for layout in layouts:
        events = _events(usable, names, layout)
        findings += _doubts(usable, names, layout, events)
        dated = events.filter(pl.col("framework").is_not_null())
        graded = _judgements(dated, layout)
        bad, repeated, more = _repeated(dated, graded)
        findings += more
        inspections.append(dated.filter(~pl.col("row").is_in([*bad, *repeated])).drop(_areas_in(dated)))
        judgements.append(graded.filter(~pl.col("row").is_in([*bad, *repeated])))
    kind = f"{_Inspections.title} ({', '.join(layout.name for layout in layouts)})"
    grades = _one_each(pl.concat(judgements))
    findings += _unusual(grades)
    return Reading(
        kind=kind,
        scope="ofsted",
        complete=False,
        rows_read=frame.height,
        tables={
            "inspections": _together(pl.concat(inspections)),
            "judgements": grades.drop("order", "layout"),
        },
        findings=findings,
    )


def _text(names: Mapping[str, str], candidates: tuple[str, ...]) -> pl.Expr:
    column = cells.first_of(names, candidates)
    return cells.words(column) if column else pl.lit(None, dtype=pl.String)


def _day(names: Mapping[str, str], candidates: tuple[str, ...]) -> pl.Expr:
    column = cells.first_of(names, candidates)
    return cells.day(column) if column else pl.lit(None, dtype=pl.Date)


def _events(frame: pl.DataFrame, names: Mapping[str, str], layout: Layout) -> pl.DataFrame:
    """One row a row of the file: the inspection that this layout tells of, with its grades as printed."""
    has_first = cells.first_of(names, layout.first_day) is not None
    day = _day(names, layout.first_day if has_first else layout.last_day)
    then = cells.first_of(names, layout.urn_then)
    kind = pl.lit(layout.type_is) if layout.type_is else _text(names, layout.type)
    outcome = _text(names, layout.outcome)
    said = pl.concat_str(kind, outcome, separator=" ", ignore_nulls=True).str.to_lowercase()
    areas = {
        f"area:{area}": cells.words(column)
        for area, columns in layout.areas.items()
        if (column := cells.first_of(names, columns))
    }
    return frame.select(
        "row",
        organisation=cells.school_key(names["urn"]),
        date=day,
        date_is=pl.lit("first day" if has_first else "last day"),
        framework=frameworks.framework_key(day),
        type=kind,
        publication_date=_day(names, layout.published),
        category=_category(names, layout, day),
        safeguarding=_text(names, layout.safeguarding)
        .str.to_lowercase()
        .replace_strict(_SAFEGUARDING, default=None, return_dtype=pl.String),
        outcome=outcome,
        organisation_at_the_time=cells.school_key(then) if then else pl.lit(None, dtype=pl.String),
        incomplete=pl.when(said != "").then(said.str.contains("incomplete")),
        order=pl.lit(LAYOUTS.index(layout)),
        layout=pl.lit(layout.name),
        **areas,
    )


def _category(names: Mapping[str, str], layout: Layout, day: pl.Expr) -> pl.Expr:
    """The category of concern; where the column is there and empty, the school was in none."""
    column = cells.first_of(names, layout.category)
    if column is None:
        return pl.lit(None, dtype=pl.String)
    text = cells.words(column).str.to_lowercase()
    found = (
        pl.when(text.is_null())
        .then(pl.lit("none"))
        .otherwise(text.replace_strict(_CATEGORIES, default=None, return_dtype=pl.String))
    )
    known = day.is_not_null()
    if cells.canonical(column) == "cardconcern":
        known = known & (day >= frameworks.FIRST_REPORT_CARD)
    if cells.canonical(column) == "mostrecentcategoryofconcern":
        known = known & _day(names, layout.category_unless).is_null()
    return pl.when(known).then(found)


def _areas_in(frame: pl.DataFrame) -> list[str]:
    return [column for column in frame.columns if column.startswith("area:")]


def _plain(column: str) -> pl.Expr:
    """A grade in lower case, hyphens as blanks, `2.0` as `2`."""
    return pl.col(column).str.to_lowercase().str.replace_all("-", " ").str.replace(r"^(\d)\.0$", "${1}")


def _judgements(events: pl.DataFrame, layout: Layout) -> pl.DataFrame:
    """One row a judgement, in the words of the scale that held on the day."""
    areas = _areas_in(events)
    on = [column for column in events.columns if column not in areas]
    long = events.unpivot(areas, index=on, variable_name="area", value_name="cell").with_columns(
        pl.col("cell").cast(pl.String)
    )
    read = _plain("cell").replace_strict(_GRADES, default=None, return_dtype=pl.String)
    early = pl.col("date") < frameworks.FIRST_REQUIRES_IMPROVEMENT
    value = (
        pl.when(read == "grade 3")
        .then(pl.when(early).then(pl.lit("satisfactory")).otherwise(pl.lit("requires improvement")))
        .otherwise(read)
    )
    scales = frameworks.scales()
    scale = (
        pl.when(pl.col("value").is_in(scales["met_not_met"].values))
        .then(pl.lit("met_not_met"))
        .when(pl.col("value").is_in(scales["report_card"].values))
        .then(pl.lit("report_card"))
        .when((pl.col("value") == "satisfactory") | early)
        .then(pl.lit("four_grade_satisfactory"))
        .otherwise(pl.lit("four_grade"))
    )
    return (
        long.with_columns(value=value, area=pl.col("area").str.strip_prefix("area:"))
        .filter(pl.col("value").is_not_null())
        .select(
            "row",
            "organisation",
            "date",
            "framework",
            "area",
            "value",
            "organisation_at_the_time",
            "order",
            "layout",
            scale=scale,
        )
    )


def _doubts(
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
    for area in _areas_in(events):
        text = _plain(area)
        known = text.is_in(list(_GRADES)) | text.is_in(_NO_GRADE)
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
        undated = events.filter(pl.col("date").is_null() & text.is_in(list(_GRADES)))
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
        known = cells.words(concern).str.to_lowercase().is_in(list(_CATEGORIES))
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
        other = frame.filter(own.is_not_null() & (own != _day(names, layout.first_day)))
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


def _repeated(events: pl.DataFrame, graded: pl.DataFrame) -> tuple[list[int], list[int], list[Finding]]:
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


def _together(inspections: pl.DataFrame) -> pl.DataFrame:
    """One row an inspection, where two layouts tell of the same day: what either knows."""
    return (
        inspections.sort("organisation", "date", "order")
        .group_by("organisation", "date", maintain_order=True)
        .agg(pl.col("row").first(), *(pl.col(column).drop_nulls().first() for column in _EVENT))
    )


def _one_each(judgements: pl.DataFrame) -> pl.DataFrame:
    return judgements.sort("organisation", "date", "area", "order").unique(
        ["organisation", "date", "area"], keep="first", maintain_order=True
    )


def _unusual(judgements: pl.DataFrame) -> list[Finding]:
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


source = _Inspections()
