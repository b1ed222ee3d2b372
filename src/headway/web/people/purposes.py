"""The gate before every page that shows pupils: permission there, a stated purpose, and a record that the school sees."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone

from headway.web.audit.actions import record
from headway.web.people import access, emergencies
from headway.web.people.gate import DECLARED, refuse
from headway.web.people.permissions import Permission

PURPOSES = (
    "Checking that results are right",
    "Setting or reviewing targets",
    "Planning teaching or support for pupils",
    "Preparing for a visit or a meeting with the school",
    "Answering a question from the school, a parent or the pupil",
    "Something else",
)
"""Purposes offered. The first two are those that authorities' own privacy notices name; the last asks for words."""
HOLDS_FOR_SECONDS = 60 * 60
_SESSION = "headway_purposes"

View = Callable[..., HttpResponse]


def requires_purpose(organisation_of: Callable[..., str]) -> Callable[[View], View]:
    """Declares a view that shows pupils of one organisation, whose key `organisation_of(request, **kwargs)` gives; it raises
    Http404 for what does not exist.

    Whoever may see pupils nowhere is refused, and that is recorded. Whoever may not see them here is told that there is no
    such page, or, where they may in an emergency, is asked for the reason. Everybody states a purpose, which holds for an
    hour for that organisation, and each page seen is recorded as `viewed pupils`.
    """

    def declare(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            user = request.user
            in_emergency = access.holds(user, Permission.BREAK_GLASS)
            if not access.holds(user, Permission.SEE_PUPILS) and not in_emergency:
                refuse(request, Permission.SEE_PUPILS, view)
                raise PermissionDenied
            key = organisation_of(request, *args, **kwargs)
            if access.permits(user, Permission.SEE_PUPILS, key):
                purpose = stated(request, key)
                if purpose is None:
                    return redirect(
                        f"{reverse('purpose', args=[key])}?{urlencode({'next': request.get_full_path()})}"
                    )
            elif access.permits(user, Permission.BREAK_GLASS, key):
                glass = emergencies.open_glass(user, key)
                if glass is None:
                    return redirect(
                        f"{reverse('emergency', args=[key])}?{urlencode({'next': request.get_full_path()})}"
                    )
                purpose = f"emergency: {glass.reason}"
            else:
                refuse(request, Permission.SEE_PUPILS, view, organisation=key)
                raise Http404
            with transaction.atomic():
                record(
                    "viewed pupils",
                    by=user,
                    organisation=key,
                    detail={"purpose": purpose, "page": request.resolver_match.view_name},
                )
            return view(request, *args, **kwargs)

        setattr(guarded, DECLARED, Permission.SEE_PUPILS)
        return guarded

    return declare


def stated(request: HttpRequest, organisation: str) -> str | None:
    """The purpose stated for this organisation within the last hour."""
    purpose, until = request.session.get(_SESSION, {}).get(organisation, ("", 0))
    return purpose if until > timezone.now().timestamp() else None


def state(request: HttpRequest, organisation: str, purpose: str) -> None:
    """Keep a stated purpose for an hour, for this organisation and this session only."""
    now = timezone.now().timestamp()
    kept = {key: each for key, each in request.session.get(_SESSION, {}).items() if each[1] > now}
    request.session[_SESSION] = {**kept, organisation: (purpose, now + HOLDS_FOR_SECONDS)}
    with transaction.atomic():
        record("stated purpose", by=request.user, organisation=organisation, detail={"purpose": purpose})
