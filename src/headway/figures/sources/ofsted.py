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

import polars as pl

from headway.figures.sources import Reading, Recognition
from headway.figures.sources import ofsted_frameworks as frameworks
from headway.figures.sources import register_cells as cells
from headway.figures.sources.files import ReceivedFile
from headway.figures.sources.ofsted_doubts import (
    CATEGORIES,
    GRADES,
    areas_in,
    day_of,
    doubts,
    plain,
    repeated,
    unusual,
)
from headway.figures.sources.ofsted_layouts import LAYOUTS, Layout, layouts_of

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
        findings += doubts(usable, names, layout, events)
        dated = events.filter(pl.col("framework").is_not_null())
        graded = _judgements(dated, layout)
        bad, again, more = repeated(dated, graded)
        findings += more
        inspections.append(dated.filter(~pl.col("row").is_in([*bad, *again])).drop(areas_in(dated)))
        judgements.append(graded.filter(~pl.col("row").is_in([*bad, *again])))
    kind = f"{_Inspections.title} ({', '.join(layout.name for layout in layouts)})"
    grades = _one_each(pl.concat(judgements))
    findings += unusual(grades)
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


def _events(frame: pl.DataFrame, names: Mapping[str, str], layout: Layout) -> pl.DataFrame:
    """One row a row of the file: the inspection that this layout tells of, with its grades as printed."""
    has_first = cells.first_of(names, layout.first_day) is not None
    day = day_of(names, layout.first_day if has_first else layout.last_day)
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
        publication_date=day_of(names, layout.published),
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
        .otherwise(text.replace_strict(CATEGORIES, default=None, return_dtype=pl.String))
    )
    known = day.is_not_null()
    if cells.canonical(column) == "cardconcern":
        known = known & (day >= frameworks.FIRST_REPORT_CARD)
    if cells.canonical(column) == "mostrecentcategoryofconcern":
        known = known & day_of(names, layout.category_unless).is_null()
    return pl.when(known).then(found)


def _judgements(events: pl.DataFrame, layout: Layout) -> pl.DataFrame:
    """One row a judgement, in the words of the scale that held on the day."""
    areas = areas_in(events)
    on = [column for column in events.columns if column not in areas]
    long = events.unpivot(areas, index=on, variable_name="area", value_name="cell").with_columns(
        pl.col("cell").cast(pl.String)
    )
    read = plain("cell").replace_strict(GRADES, default=None, return_dtype=pl.String)
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


source = _Inspections()
