"""Pages of the record: the audit trail, the school's access log, purposes, emergencies, exports that need two people.

They live here because the audit trail itself knows nothing of people or permissions.
"""

from __future__ import annotations

import csv
from typing import Any

from django.contrib import messages
from django.core.paginator import Page, Paginator
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from headway.web.audit import presenters as audit
from headway.web.audit.actions import record
from headway.web.people import access, emergencies, limits, places, presenters, purposes, two_people
from headway.web.people.actions import NotPermitted
from headway.web.people.forms import DecisionForm, EmergencyForm, PurposeForm, TrailFilter
from headway.web.people.gate import requires
from headway.web.people.models import BrokenGlass
from headway.web.people.permissions import Permission

_A_PAGE, _A_FILE = 50, 100_000


@requires(Permission.SEE_AUDIT)
def trail(request: HttpRequest) -> HttpResponse:
    """Who did what, when."""
    form, filters = _filters(request)
    page = _page(request, audit.trail(filters, access.reach(request.user, Permission.SEE_AUDIT)))
    shown = {
        "form": form,
        "page": page,
        "lines": presenters.event_lines(page),
        "query": _query(request),
    }
    return render(request, "people/trail.html", shown)


@requires(Permission.SEE_AUDIT)
def trail_file(request: HttpRequest) -> HttpResponse:
    """The same as a CSV file; that it was taken is itself recorded."""
    _, filters = _filters(request)
    events = audit.trail(filters, access.reach(request.user, Permission.SEE_AUDIT))[:_A_FILE]
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="audit-trail-{timezone.localdate()}.csv"'
    writer = csv.writer(response)
    writer.writerow(["at", "who", "what", "organisation", "subject", "detail", "address"])
    rows = 0
    for rows, event in enumerate(events, start=1):  # noqa: B007 - counted
        line = audit.line(event)
        cells = [
            line.at.isoformat(),
            line.who,
            line.what,
            line.organisation,
            line.subject,
            line.detail,
            line.address,
        ]
        writer.writerow([_inert(cell) for cell in cells])
    with transaction.atomic():
        record("exported the audit trail", by=request.user, detail={"events": rows})
    return response


@requires(Permission.SEE_ACCESS_LOG)
def access_log(request: HttpRequest) -> HttpResponse:
    """Who looked at the school's pupils."""
    page = _page(request, audit.access_log(access.reach(request.user, Permission.SEE_ACCESS_LOG)))
    lines = presenters.event_lines(page)
    shown = {"page": page, "lines": lines, "emergencies": presenters.emergencies_of(request.user)}
    return render(request, "people/access_log.html", shown)


@require_POST
@requires(Permission.SEE_ACCESS_LOG)
def emergency_seen(request: HttpRequest, glass_id: int) -> HttpResponse:
    """The school says that it has seen it."""
    mine = access.scopes(request.user, Permission.SEE_ACCESS_LOG)
    glass = get_object_or_404(BrokenGlass, pk=glass_id, organisation__in=mine)
    emergencies.say_seen(glass, by=request.user)
    return redirect("access_log")


@requires(Permission.SEE_PUPILS)
def purpose(request: HttpRequest, organisation: str) -> HttpResponse:
    """Ask what somebody needs to see pupils for."""
    if not access.permits(request.user, Permission.SEE_PUPILS, organisation):
        raise Http404
    form = PurposeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        purposes.state(request, organisation, form.cleaned_data["purpose"])
        return redirect(_next(request))
    return render(
        request,
        "people/purpose.html",
        {"form": form, "place": places.name(organisation), "next": _next(request)},
    )


@requires(Permission.BREAK_GLASS)
def emergency(request: HttpRequest, organisation: str) -> HttpResponse:
    """Ask why somebody must see pupils in an emergency."""
    if not access.permits(request.user, Permission.BREAK_GLASS, organisation):
        raise Http404
    form = EmergencyForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            emergencies.break_glass(
                organisation=organisation, reason=form.cleaned_data["reason"], by=request.user
            )
        except (NotPermitted, limits.TooOften) as why:
            form.add_error("reason", str(why))
        else:
            return redirect(_next(request))
    return render(
        request,
        "people/emergency.html",
        {"form": form, "place": places.name(organisation), "next": _next(request)},
    )


@requires(Permission.APPROVE_BULK_EXPORT)
def exports(request: HttpRequest) -> HttpResponse:
    """Exports of pupil data that were asked for."""
    return render(request, "people/exports.html", {"requests": presenters.bulk_requests(request.user)})


@requires(Permission.APPROVE_BULK_EXPORT)
def export_request(request: HttpRequest, request_id: int) -> HttpResponse:
    """One of them, to be decided by another person."""
    found = {one.pk: (one, name) for one, name in presenters.bulk_requests(request.user)}
    if request_id not in found:
        raise Http404
    asked, name = found[request_id]
    form = DecisionForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        approved = form.cleaned_data["decision"] == "approve"
        try:
            two_people.decide(
                asked.pk, approved=approved, by=request.user, answer=form.cleaned_data["answer"]
            )
        except NotPermitted as why:
            form.add_error(None, str(why))
        else:
            messages.success(request, "Approved." if approved else "Refused.")
            return redirect("exports")
    return render(request, "people/export.html", {"asked": asked, "place": name, "form": form})


def _filters(request: HttpRequest) -> tuple[TrailFilter, audit.Filters]:
    form = TrailFilter(request.GET, verbs=audit.verbs())
    return form, audit.Filters(**form.cleaned_data) if form.is_valid() else audit.Filters()


def _page(request: HttpRequest, events: Any) -> Page:
    return Paginator(events, _A_PAGE).get_page(request.GET.get("page"))


def _query(request: HttpRequest) -> str:
    """The filters of the address, without the page."""
    given = request.GET.copy()
    given.pop("page", None)
    encoded: str = given.urlencode()
    return encoded


def _next(request: HttpRequest) -> str:
    """Where to go on to: only within the service."""
    wanted = request.POST.get("next") or request.GET.get("next") or "/"
    inside = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, request.is_secure())
    # What does not begin with a slash would be taken for the name of a page.
    return wanted if inside and wanted.startswith("/") else "/"


def _inert(cell: str) -> str:
    """A cell that a spreadsheet takes for words, not for a formula."""
    return f"'{cell}" if cell[:1] in ("=", "+", "-", "@", "\t", "\r") else cell
