"""Pages about an authority: headlines, group gaps, floor and coasting, statistical neighbours."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from headway.web.people.gate import requires
from headway.web.people.permissions import Permission
from headway.web.standards import (
    floor_presenters,
    gaps_presenters,
    headlines_presenters,
    neighbours_presenters,
)
from headway.web.standards.authority_choice import chosen
from headway.web.standards.authority_forms import AuthorityFilter


@requires(Permission.SEE_STANDARDS)
def headlines(request: HttpRequest) -> HttpResponse:
    """The authority's headlines."""
    choice = chosen(request.user, request.GET)
    found = headlines_presenters.headlines(request.user, choice, request.GET.get("stage")) if choice else None
    form = AuthorityFilter(choice) if choice else None
    return render(request, "standards/headlines.html", {"choice": choice, "found": found, "form": form})


@requires(Permission.SEE_STANDARDS)
def gaps(request: HttpRequest) -> HttpResponse:
    """Gaps between groups of pupils."""
    choice, asked = chosen(request.user, request.GET), request.GET
    found = form = None
    if choice:
        found = gaps_presenters.gaps(
            request.user, choice, measure=asked.get("measure", ""), group=asked.get("group", "")
        )
        form = AuthorityFilter(choice, gaps_presenters.asked(found) if found else None)
    return render(request, "standards/gaps.html", {"choice": choice, "found": found, "form": form})


@requires(Permission.SEE_STANDARDS)
def floor(request: HttpRequest) -> HttpResponse:
    """Schools below the floor, or coasting, by the rule of the year."""
    choice, key = floor_presenters.choice(request.user, request.GET), request.GET.get("standard", "floor")
    found = floor_presenters.floor_list(request.user, choice, key) if choice else None
    form = AuthorityFilter(choice, floor_presenters.asked(found)) if choice and found else None
    return render(request, "standards/floor.html", {"choice": choice, "found": found, "form": form})


@requires(Permission.SEE_STANDARDS)
def neighbours(request: HttpRequest) -> HttpResponse:
    """The authority beside its statistical neighbours."""
    choice, found = chosen(request.user, request.GET), None
    if choice:
        found = neighbours_presenters.neighbours(request.user, choice, measure=request.GET.get("measure", ""))
    form = AuthorityFilter(choice, neighbours_presenters.asked(found) if found else None) if choice else None
    return render(request, "standards/neighbours.html", {"choice": choice, "found": found, "form": form})
