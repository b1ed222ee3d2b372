"""The pages of a school's standards, and their files."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from headway.web.people import access
from headway.web.people.gate import requires
from headway.web.people.permissions import Permission
from headway.web.schools import presenters as schools
from headway.web.schools.access import school_or_404
from headway.web.standards import downloads
from headway.web.standards.actions import note_export
from headway.web.standards.school_pages import PAGES
from headway.web.standards.school_presenters import school_page


@requires(Permission.SEE_STANDARDS)
def school_standards(request: HttpRequest, urn: int, page: str = "") -> HttpResponse:
    """One page of a school's standards."""
    school = school_or_404(request.user, urn, Permission.SEE_STANDARDS)
    if page not in PAGES:
        raise Http404
    shown = school_page(request.user, school, PAGES[page], request.GET)
    return render(
        request,
        "standards/school.html",
        {
            "school": schools.header(request.user, school),
            "page": shown,
            "kind": PAGES[page],
            "here": page,
            "may_export": access.permits(request.user, Permission.EXPORT, school.key),
        },
    )


@requires(Permission.EXPORT)
def school_standards_file(request: HttpRequest, urn: int, page: str, form: str) -> HttpResponse:
    """What a page shows, as a file."""
    school = school_or_404(request.user, urn, Permission.EXPORT)
    kind = PAGES.get("" if page == "summary" else page)
    shown = school_page(request.user, school, kind, request.GET) if kind is not None else None
    if shown is None or form not in downloads.WRITERS:
        raise Http404
    note_export(
        organisation=school.key, release=shown.release, what=shown.kind.title, form=form, by=request.user
    )
    origin = downloads.origin_of(school, shown)
    return downloads.WRITERS[form](shown.blocks, origin, f"standards-{urn}-{page}")
