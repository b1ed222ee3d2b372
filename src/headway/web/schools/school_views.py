"""The pages of one school."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from headway.web.people.gate import requires
from headway.web.people.permissions import Permission
from headway.web.schools import access, presenters


@requires(Permission.SEE_SCHOOLS)
def school(request: HttpRequest, urn: int) -> HttpResponse:
    """Who they are."""
    found = access.school_or_404(request.user, urn)
    return render(request, "schools/school.html", {"school": presenters.header(request.user, found)})
