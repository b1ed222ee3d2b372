"""Finding schools."""

from __future__ import annotations

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from headway.web.audit.actions import record
from headway.web.design.csv_files import csv_file
from headway.web.design.lists import page_of, query
from headway.web.people.access import holds
from headway.web.people.gate import requires
from headway.web.people.permissions import Permission
from headway.web.schools import listing, mapping
from headway.web.schools.forms import SchoolFilter


@requires(Permission.SEE_SCHOOLS)
def find_schools(request: HttpRequest) -> HttpResponse:
    """Find a school."""
    form, found = _found(request)
    page = page_of(request, found.rows)
    shown = {
        "form": form,
        "page": page,
        "rows": listing.rows_of(list(page), found.on),
        "found": found,
        "filtered": bool(form.errors) or any(request.GET.get(name) for name in form.fields if name != "text"),
        "file_query": query(request, page=None),
        "keeps": holds(request.user, Permission.KEEP_SCHOOLS),
    }
    return render(request, "schools/find.html", shown)


@requires(Permission.SEE_SCHOOLS)
def suggest_schools(request: HttpRequest) -> HttpResponse:
    """The schools that fit while somebody types."""
    text = request.GET.get("text", "")[:100]
    rows = listing.suggestions(request.user, text)
    return render(request, "schools/suggestions.html", {"rows": rows, "text": text.strip()})


@requires(Permission.SEE_SCHOOLS)
def schools_file(request: HttpRequest) -> HttpResponse:
    """The list as a CSV file; that it was taken is recorded."""
    _, found = _found(request)
    rows = list(listing.file_rows(found))
    with transaction.atomic():
        record("exported a list of schools", by=request.user, detail={"schools": len(rows)})
    return csv_file("schools", listing.HEADER, rows)


@requires(Permission.SEE_SCHOOLS)
def school_map(request: HttpRequest) -> HttpResponse:
    """The schools that fit on a map, with their table."""
    form, found = _found(request)
    page = page_of(request, found.rows)
    shown = {
        "form": form,
        "map": mapping.kept_map(found.rows, steady=found.steady),
        "page": page,
        "rows": listing.rows_of(list(page), found.on),
        "file_query": query(request, page=None),
    }
    return render(request, "schools/map.html", shown)


def _found(request: HttpRequest) -> tuple[SchoolFilter, listing.SchoolList]:
    form = SchoolFilter(request.GET, choices=listing.choices(request.user))
    wanted = form.cleaned_data if form.is_valid() else getattr(form, "cleaned_data", {})
    return form, listing.schools_list(request.user, wanted)
