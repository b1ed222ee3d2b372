"""Pages of the checking desk: every school's candidates, one school's figures beside DfE's, one candidate, the deadline."""

from __future__ import annotations

from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone

from headway.web.audit import versions
from headway.web.design.csv_files import csv_file
from headway.web.design.lists import page_of
from headway.web.design.numbers import school_year
from headway.web.people import access, places
from headway.web.people.actions import NotPermitted
from headway.web.people.gate import refuse, requires
from headway.web.people.permissions import Permission
from headway.web.people.purposes import requires_purpose, stated
from headway.web.pupils import actions, desk, reading
from headway.web.pupils.forms import CorrectionFilter, CorrectionForm, DeadlineForm
from headway.web.pupils.views import school_header

PURPOSE = "Checking that results are right"


def checked_school(request: HttpRequest, urn: int, **_: object) -> str:
    """The key of the school in the address, for who checks its results; others are told that there is no such page."""
    key = f"school:{urn}"
    if not access.permits(request.user, Permission.CHECK_RESULTS, key):
        refuse(request, Permission.CHECK_RESULTS, school_desk, organisation=key)
        raise Http404
    return key


@requires(Permission.CHECK_RESULTS)
def checking(request: HttpRequest) -> HttpResponse:
    """Of which schools something may be wrong in DfE's file, in a year."""
    years = reading.checked_years()
    asked = request.GET.get("year", "")
    year = next((one for one in years if str(one) == asked), years[0] if years else None)
    columns, rows = desk.overview(request.user, year) if year else ([], [])
    scopes = sorted(access.scopes(request.user, Permission.CHECK_RESULTS))
    authorities = [(key, places.name(key)) for key in scopes if key.startswith("authority:")]
    shown = {
        "years": [(one, school_year(one)) for one in years],
        "year": year,
        "school_year": school_year(year) if year else "",
        "columns": columns,
        "page": page_of(request, rows),
        "deadlines": [(key, name, desk.until(key, year)) for key, name in authorities] if year else [],
        "until": desk.until(_authority(request, year), year) if year else None,
    }
    return render(request, "pupils/checking.html", shown)


def _authority(request: HttpRequest, year: int) -> str:
    """The authority whose deadline holds for the person's schools."""
    scopes = sorted(access.scopes(request.user, Permission.CHECK_RESULTS))
    found = [key if key.startswith("authority:") else reading.authority_of(key, year) for key in scopes]
    return found[0] if found else ""


@requires(Permission.CHECK_RESULTS)
@requires_purpose(checked_school)
def school_desk(request: HttpRequest, urn: int, year: int) -> HttpResponse:
    """A school's figures counted again beside DfE's, and what may be wrong."""
    found = reading.desk(request.user, f"school:{urn}", year)
    form = CorrectionFilter(request.GET)
    wanted = form.cleaned_data if form.is_valid() else {}
    page = desk.desk_page(request.user, found, **wanted)
    shown = {
        "school": school_header(request, urn),
        "desk": page,
        "school_year": school_year(year),
        "form": form,
        "page": page_of(request, page.candidates),
        "ask_address": _asking(request, page),
    }
    return render(request, "pupils/desk.html", shown)


def _asking(request: HttpRequest, page: desk.DeskPage) -> str:
    """Where to ask the school to look, with the words ready; empty for who asks no schools. No pupil is named in it."""
    if not page.candidates or not access.permits(request.user, Permission.ASK_SCHOOLS, page.key):
        return ""
    words = {
        "school": page.key,
        "what": f"Check {len(page.candidates)} results of {school_year(page.year)} at the checking desk",
        "how": "Open the checking desk in this service. Say of each what is right; ask DfE where it is wrong.",
        "purpose": PURPOSE,
    }
    return f"{reverse('new_ask')}?{urlencode(words)}"


@requires(Permission.CHECK_RESULTS)
@requires_purpose(checked_school)
def correction(request: HttpRequest, urn: int, year: int, candidate: str) -> HttpResponse:
    """One candidate for correction: what the data say, every effect, and what is decided."""
    found = reading.desk(request.user, f"school:{urn}", year)
    one = next((each for each in found.found if each.key == candidate), None)
    if one is None:
        raise Http404
    page = desk.correction_page(request.user, found, one)
    before = {"state": page.decision.state, "reason": page.decision.reason} if page.decision else {}
    form = CorrectionForm(request.POST or None, initial=before | {"version": page.version})
    conflict = None
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            actions.decide(
                one,
                organisation=found.organisation,
                year=year,
                state=given["state"],
                reason=given["reason"],
                by=request.user,
                expected=given["version"],
            )
        except NotPermitted as why:
            form.add_error(None, str(why))
        except versions.Conflict as theirs:
            conflict = theirs
        else:
            messages.success(request, "Your decision is kept.")
            return redirect("school_desk", urn, year)
    shown = {
        "school": school_header(request, urn),
        "page": page,
        "year": year,
        "school_year": school_year(year),
        "form": form,
        "conflict": conflict,
        "until": desk.until(found.authority, year),
    }
    return render(request, "pupils/correction.html", shown)


@requires(Permission.CHECK_RESULTS)
@requires_purpose(checked_school)
def school_desk_file(request: HttpRequest, urn: int, year: int) -> HttpResponse:
    """A school's candidates with every effect, as a CSV file by pseudonymous key; the school sees that it was taken."""
    key = f"school:{urn}"
    found = reading.desk(request.user, key, year)
    rows = list(desk.csv_rows(request.user, found))
    actions.record_export(
        organisation=key,
        what=f"candidates for correction {school_year(year)}",
        pupils=len({one.pupil for one in found.found}),
        purpose=stated(request, key) or "",
        by=request.user,
    )
    return csv_file(f"RESTRICTED-corrections-{urn}-{year}", desk.CSV, rows)


@requires(Permission.CHECK_RESULTS)
def checking_deadline(request: HttpRequest, organisation: str, year: int) -> HttpResponse:
    """Enter until when corrections of a year may be asked for."""
    if (
        not organisation.startswith("authority:")
        or not access.permits(request.user, Permission.CHECK_RESULTS, organisation)
        or year > timezone.localdate().year + 1
    ):
        raise Http404
    known = desk.until(organisation, year)
    form = DeadlineForm(request.POST or None, initial={"day": known.day, "source": known.source})
    if request.method == "POST" and form.is_valid():
        actions.set_deadline(organisation=organisation, year=year, by=request.user, **form.cleaned_data)
        messages.success(request, "The deadline is kept.")
        return redirect("checking")
    shown = {"form": form, "place": places.name(organisation), "school_year": school_year(year)}
    return render(request, "pupils/deadline.html", shown)
