"""One measure across schools as a file: the same rows as the page, with the same suppression, for who may export."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO

import polars as pl
import xlsxwriter
from django.db import transaction
from django.http import HttpResponse

from headway.web.audit.actions import record
from headway.web.design.csv_files import csv_file
from headway.web.people import access, places
from headway.web.people.models import User
from headway.web.people.permissions import Permission
from headway.web.standards.across_choices import Wanted
from headway.web.standards.across_presenters import Compared
from headway.web.standards.authority_choice import Choice
from headway.web.standards.lines import status_word

FORMS = ("csv", "xlsx")
_EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
HEADER = (
    "urn", "school", "measure", "year", "years_together", "pupils_of", "status", "value", "lower_95", "upper_95",
    "lower_for_comparing", "upper_for_comparing", "pupils", "beside_the_authority", "others_surely_below",
    "others_surely_above", "others_compared", "note",
)  # fmt: skip
"""Columns of the file."""


@transaction.atomic
def answer(form: str, choice: Choice, wanted: Wanted, found: Compared, *, by: User) -> HttpResponse:
    """The file, and that it was taken in the audit trail."""
    reach = access.reach(by, Permission.EXPORT)
    schools = found.schools.filter(pl.col("organisation").is_in(list(reach)))
    record(
        "exported figures",
        by=by,
        organisation=choice.authority,
        subject=f"release:{choice.release.pk}",
        detail={
            "measure": wanted.measure.key,
            "year": choice.year,
            "group": wanted.group,
            "schools": schools.height,
            "as": form,
        },
    )
    name = f"{wanted.measure.key}-{choice.year}"
    if form == "csv":
        return csv_file(name, HEADER, rows(schools, choice, wanted))
    response = HttpResponse(excel(schools, choice, wanted), content_type=_EXCEL)
    response["Content-Disposition"] = f'attachment; filename="{name}.xlsx"'
    return response


def rows(schools: pl.DataFrame, choice: Choice, wanted: Wanted) -> Iterator[list[object]]:
    """One row a school; where there is no figure its word, and no numbers."""
    names = places.names(frozenset(schools["organisation"].to_list()))
    for one in schools.iter_rows(named=True):
        key, known = one["organisation"], one["value"] is not None
        yield [
            int(key.removeprefix("school:")),
            names[key],
            wanted.measure.title,
            choice.year,
            wanted.pooled,
            wanted.group,
            "reported" if known else status_word(one["status"]),
            one["value"],
            one["lower"],
            one["upper"],
            one["compare_lower"],
            one["compare_upper"],
            one["denominator"] if known else None,
            one["verdict"] if known else None,
            one["others_below"] if one["others"] else None,
            one["others_above"] if one["others"] else None,
            one["others"] or None,
            one["label"],
        ]


def excel(schools: pl.DataFrame, choice: Choice, wanted: Wanted) -> bytes:
    """The same as an Excel workbook: text is written as text, never as a formula."""
    kept = BytesIO()
    with xlsxwriter.Workbook(
        kept, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    ) as book:
        sheet = book.add_worksheet("Figures")
        heading = book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"})
        sheet.write_row(0, 0, [word.replace("_", " ") for word in HEADER], heading)
        for place, row in enumerate(rows(schools, choice, wanted), 1):
            for column, value in enumerate(row):
                if value is not None:
                    sheet.write(place, column, value)
        sheet.freeze_panes(1, 2)
        sheet.autofilter(0, 0, max(schools.height, 1), len(HEADER) - 1)
        sheet.set_column(1, 2, 42)
        book.set_properties(
            {"title": f"{wanted.title}, {choice.year}", "comments": f"Release {choice.release.name}"}
        )
    return kept.getvalue()
