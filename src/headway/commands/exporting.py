"""Figures taken away: a workbook that reads well, or a CSV file. What is suppressed says so, and is never 0 or blank."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import polars as pl
import xlsxwriter

from headway.figures.measures import registry
from headway.figures.measures.groups import BY_KEY
from headway.figures.runs import Run

_HEADERS = (
    "Organisation", "Name", "Year", "Years pooled", "Measure", "Group", "Basis", "Status", "Value", "Pupils counted",
    "Pupils", "Lower", "Upper", "Source", "Note", "Measure key", "Group key",
)  # fmt: skip


def _rows(frame: pl.DataFrame, names: pl.DataFrame) -> pl.DataFrame:
    """The figures with names and titles; the value of a figure that is not reported is its status in words."""
    titles = {key: measure.title for key, measure in registry().items()}
    groups = {key: group.title for key, group in BY_KEY.items()}
    return frame.join(names.unique("organisation"), on="organisation", how="left").select(
        "organisation",
        "name",
        "year",
        "years_pooled",
        pl.col("measure").replace(titles).alias("title"),
        pl.col("group").replace(groups).alias("group_title"),
        "basis",
        "status",
        "value",
        "numerator",
        "denominator",
        "lower",
        "upper",
        "source",
        "label",
        "measure",
        "group",
    )


def write_csv(path: Path, frame: pl.DataFrame, names: pl.DataFrame, *, audience: str, run: Run) -> None:
    """UTF-8 with a byte order mark, so that spreadsheets read it aright."""
    rows = _rows(frame, names).with_columns(
        pl.when(pl.col("status") == "reported")
        .then(pl.col("value").cast(pl.String))
        .otherwise(pl.col("status"))
        .alias("value")
    )
    rows.columns = list(_HEADERS)
    rows.write_csv(path, include_bom=True)


def write_xlsx(path: Path, frame: pl.DataFrame, names: pl.DataFrame, *, audience: str, run: Run) -> None:
    """A sheet of figures that can be filtered, one of definitions, and one that says where it all comes from."""
    rows = _rows(frame, names)
    with xlsxwriter.Workbook(path, {"strings_to_formulas": False, "strings_to_urls": False}) as book:
        bold = book.add_format({"bold": True, "text_wrap": True, "valign": "top", "bottom": 1})
        number = book.add_format({"num_format": "0.0"})
        wrapped = book.add_format({"text_wrap": True, "valign": "top"})
        sheet = book.add_worksheet("Figures")
        sheet.freeze_panes(1, 2)
        sheet.write_row(0, 0, _HEADERS, bold)
        for index, row in enumerate(rows.iter_rows(named=True), start=1):
            reported = row["status"] == "reported"
            for column, (name, value) in enumerate(row.items()):
                if name == "value" and not reported:
                    sheet.write_string(index, column, row["status"])
                elif value is not None and isinstance(value, float):
                    sheet.write_number(index, column, value, number)
                elif value is not None:
                    sheet.write(index, column, value)
        sheet.autofilter(0, 0, max(rows.height, 1), len(_HEADERS) - 1)
        for column, width in enumerate((17, 34, 7, 7, 44, 26, 10, 13, 11, 9, 9, 8, 8, 44, 30, 24, 16)):
            sheet.set_column(column, column, width)
        _definitions(book, rows, bold, wrapped)
        _about(book, audience, run, wrapped)


def _definitions(book: xlsxwriter.Workbook, rows: pl.DataFrame, bold: object, wrapped: object) -> None:
    sheet = book.add_worksheet("Definitions")
    sheet.write_row(0, 0, ("Measure", "What it counts", "Unit", "Breaks", "Source"), bold)
    known = registry()
    for index, key in enumerate(sorted(set(rows["measure"]) & set(known)), start=1):
        measure = known[key]
        breaks = "; ".join(f"{found.year}: {found.reason}" for found in measure.breaks)
        sheet.write_row(
            index, 0, (measure.title, measure.definition, measure.unit, breaks, measure.source), wrapped
        )
    for column, width in enumerate((40, 70, 16, 50, 50)):
        sheet.set_column(column, column, width)


def _about(book: xlsxwriter.Workbook, audience: str, run: Run, wrapped: object) -> None:
    sheet = book.add_worksheet("About")
    lines = [
        ("Made by", f"Headway {run.version}, {run.id}, {run.finished_at:%d %B %Y %H:%M} UTC"),
        ("For", audience.replace("_", " ")),
        ("Intervals", "95 %: Wilson for percentages, t for means, as published for progress scores."),
        (
            "Suppressed",
            "There is a value, of few pupils, and it is withheld. It is not zero and counts nowhere as zero.",
        ),
        (
            "Basis",
            "pupils: counted from pupil rows; published: as published; schools: pooled from the schools' figures.",
        ),
        *(
            ("File", f"{one.file_name} ({one.kind}, receipt {one.receipt}, sha256 {one.file_hash})")
            for one in run.inputs
        ),
    ]
    for index, line in enumerate(lines):
        sheet.write_row(index, 0, line, wrapped)
    sheet.set_column(0, 0, 14)
    sheet.set_column(1, 1, 110)


WRITERS: dict[str, Callable[..., None]] = {"xlsx": write_xlsx, "csv": write_csv}
