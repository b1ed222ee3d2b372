"""Everybody's home page, the pages for all, and what is said when something is refused or missing."""

from __future__ import annotations

from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

from headway.web.people.gate import anybody, signed_in


@signed_in
def today(request: HttpRequest) -> HttpResponse:
    """What is to be done."""
    return render(request, "people/today.html")


@anybody
def accessibility(request: HttpRequest) -> HttpResponse:
    """The accessibility statement."""
    return render(request, "people/accessibility.html")


@anybody
def privacy(request: HttpRequest) -> HttpResponse:
    """What is kept of whom, and why."""
    return render(request, "people/privacy.html")


@anybody
def health(request: HttpRequest) -> HttpResponse:
    """Whether the service answers and its database too; for a monitor."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return JsonResponse({"service": "ok", "database": "ok"})


@anybody
def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400."""
    return render(request, "people/problem.html", {"problem": "bad request"}, status=400)


@anybody
def refused(request: HttpRequest, exception: Exception) -> HttpResponse:
    """403."""
    return render(request, "people/problem.html", {"problem": "refused"}, status=403)


@anybody
def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404."""
    return render(request, "people/problem.html", {"problem": "not found"}, status=404)


@anybody
def failed(request: HttpRequest) -> HttpResponse:
    """500."""
    return render(request, "people/problem.html", {"problem": "failed"}, status=500)
