"""A page's figures as CSV and Excel: exactly the lines that the page shows, with the same words for what is suppressed."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass

import xlsxwriter
from django.http import HttpResponse
from django.utils import timezone

from headway.web.design.csv_files import csv_file
from headway.web.schools.models import Organisation
from headway.web.standards.lines import STATUS_MEANINGS, Line
from headway.web.standards.models import Release
from headway.web.standards.school_pages import Block
from headway.web.standards.school_presenters import SchoolPage

HEADER = (
    "Table", "Organisation", "Measure", "Group", "Year", "Years together", "Value", "Pupils", "Lower", "Upper", "England",
    "Difference from England", "Beside England", "Authority", "Difference from authority", "Beside authority",
    "Difference from the year before", "Beside the year before", "Difference from other pupils", "Beside other pupils",
    "Difference from the average", "Beside the average",
    "Basis", "Note", "Measure key", "Group key", "Organisation key",
)  # fmt: skip
Value = str | int | float | None


@dataclass(frozen=True)
class Origin:
    """Of whom a file is, from which release, and who saw it so."""

    name: str
    release: Release
    seen_as: str
    names: dict[str, str]


def origin_of(school: Organisation, page: SchoolPage) -> Origin:
    """Where the figures of a school's page come from; similar schools by their names."""
    others = {one.organisation for block in page.blocks for one in block.lines} - {school.key}
    named = Organisation.objects.filter(key__in=others).only("key", "name", "kind") if others else ()
    return Origin(str(school), page.release, page.seen_as, {one.key: str(one) for one in named})


def rows(blocks: list[Block], origin: Origin) -> Iterator[tuple[Value, ...]]:
    """The lines of the page, block by block. A figure that is not reported has its word in the place of its value."""
    for block in blocks:
        for one in block.lines:
            yield _row(block.title, one, origin)


def _row(table: str, one: Line, origin: Origin) -> tuple[Value, ...]:
    beside: list[Value] = []
    for compared in (one.nation, one.authority):
        beside += [compared.value or None, compared.difference or None, compared.said or None]
    for compared in (one.before, one.others, one.average):
        beside += [compared.difference or None, compared.said or None]
    return (
        table,
        origin.names.get(one.organisation, origin.name),
        one.title,
        one.group_title,
        one.year,
        one.years_pooled,
        one.raw if one.is_reported else one.text,
        one.pupils,
        one.lower,
        one.upper,
        *beside,
        one.basis,
        one.note or None,
        one.measure,
        one.group,
        one.organisation,
    )


def as_csv(blocks: list[Block], origin: Origin, file_name: str) -> HttpResponse:
    """The page as a CSV file."""
    return csv_file(file_name, HEADER, rows(blocks, origin))


def as_xlsx(blocks: list[Block], origin: Origin, file_name: str) -> HttpResponse:
    """The page as a workbook: the figures, and where they come from and what the words mean."""
    made = io.BytesIO()
    with xlsxwriter.Workbook(
        made, {"strings_to_formulas": False, "strings_to_urls": False, "in_memory": True}
    ) as book:
        bold = book.add_format({"bold": True, "text_wrap": True, "valign": "top", "bottom": 1})
        number = book.add_format({"num_format": "0.0"})
        wrapped = book.add_format({"text_wrap": True, "valign": "top"})
        sheet = book.add_worksheet("Figures")
        sheet.freeze_panes(1, 3)
        sheet.write_row(0, 0, HEADER, bold)
        count = 0
        for count, row in enumerate(rows(blocks, origin), start=1):
            for column, value in enumerate(row):
                if isinstance(value, float):
                    sheet.write_number(count, column, value, number)
                elif isinstance(value, int):
                    sheet.write_number(count, column, value)
                elif value is not None:
                    sheet.write_string(count, column, value)
        sheet.autofilter(0, 0, max(count, 1), len(HEADER) - 1)
        sheet.set_column(0, 3, 30)
        sheet.set_column(4, len(HEADER) - 1, 13)
        about = book.add_worksheet("About")
        for index, line in enumerate(_about(origin)):
            about.write_row(index, 0, line, wrapped)
        about.set_column(0, 0, 18)
        about.set_column(1, 1, 100)
    response = HttpResponse(
        made.getvalue(), content_type="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    )
    response["Content-Disposition"] = f'attachment; filename="{file_name}-{timezone.localdate()}.xlsx"'
    return response


def _about(origin: Origin) -> list[tuple[str, str]]:
    release = origin.release
    return [
        ("Of", origin.name),
        (
            "Release",
            f"{release.name}, {release.state}, published {release.published_at:%d %B %Y}, from {release.run}",
        ),
        ("Small numbers", origin.seen_as),
        ("Intervals", "95%: Wilson for percentages, t for means, as published for progress scores."),
        (
            "Basis",
            "pupils: counted from pupil rows; published: as published; schools: pooled from the schools' figures.",
        ),
        *((word, meaning) for word, meaning in STATUS_MEANINGS.items()),
    ]


WRITERS = {"csv": as_csv, "xlsx": as_xlsx}
