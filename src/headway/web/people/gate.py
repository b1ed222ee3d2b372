"""The gate: every view declares its permission, and nobody passes without it."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from functools import wraps
from typing import Any

from allauth.account.internal.flows.login import AUTHENTICATION_METHODS_SESSION_KEY
from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import BadRequest, PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone

from headway.web.audit import actions as audit
from headway.web.people.access import holds, needs_second_factor
from headway.web.people.permissions import Permission
from headway.web.people.signals import LAST_SEEN, SIGNED_IN_AT

View = Callable[..., HttpResponse]
DECLARED = "headway_permission"
ANYBODY, SIGNED_IN = "anybody", "signed in"
_NOTED_EVERY_SECONDS = 60
_GREATEST = 2**63 - 1
"""The greatest number that a database keeps, and so the greatest that an address can name."""


def requires(permission: Permission) -> Callable[[View], View]:
    """Declares that a view needs this permission somewhere; the view's query says where."""

    def declare(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if not holds(request.user, permission):
                refuse(request, permission, view)
                raise PermissionDenied
            return view(request, *args, **kwargs)

        setattr(guarded, DECLARED, permission)
        return guarded

    return declare


def refuse(request: HttpRequest, permission: Permission, view: View, *, organisation: str = "") -> None:
    """Note in the audit trail that somebody was refused. The caller then answers 403, or 404 where even that tells."""
    with transaction.atomic():
        audit.record(
            "was refused",
            by=request.user,
            organisation=organisation,
            detail={"permission": permission.value, "view": view.__name__},
        )


def anybody(view: View) -> View:
    """Declares that a view is for everybody, signed in or not."""
    setattr(view, DECLARED, ANYBODY)
    return view


def signed_in(view: View) -> View:
    """Declares that a view is for everybody who is signed in: their own page."""
    setattr(view, DECLARED, SIGNED_IN)
    return view


def second_factor_missing(request: HttpRequest) -> bool:
    """Whether a role of the person needs a second factor that is not there: none set up, and the directory through which
    they signed in asks for none either."""
    known: bool | None = getattr(request, "_headway_second_factor_missing", None)
    if known is None:
        known = (
            request.user.is_authenticated
            and needs_second_factor(request.user)
            and not _directory_asked(request)
            and not is_mfa_enabled(request.user)
        )
        request._headway_second_factor_missing = known
    return known


def _directory_asked(request: HttpRequest) -> bool:
    asking = {directory.key for directory in settings.DIRECTORIES if directory.second_factor}
    used = request.session.get(AUTHENTICATION_METHODS_SESSION_KEY, [])
    return any(one.get("method") == "socialaccount" and one.get("provider") in asking for one in used)


def _session_is_over(request: HttpRequest) -> bool:
    """Whether nothing was asked for too long, or the sign-in is too old. Notes once a minute that something was."""
    now = timezone.now().timestamp()
    seen = request.session.get(LAST_SEEN, 0)
    if (
        now - seen > settings.IDLE_SECONDS
        or now - request.session.get(SIGNED_IN_AT, 0) > settings.LONGEST_SECONDS
    ):
        return True
    if now - seen > _NOTED_EVERY_SECONDS:
        request.session[LAST_SEEN] = now
    return False


def _take_address_from_proxy(request: HttpRequest) -> None:
    """Behind a proxy every connection comes from it; the last address of X-Forwarded-For is the one that it added itself,
    those before it are whatever the client claimed."""
    if not settings.BEHIND_PROXY:
        return
    last = request.META.get("HTTP_X_FORWARDED_FOR", "").rpartition(",")[2].strip()
    try:
        request.META["REMOTE_ADDR"] = str(ipaddress.ip_address(last))
    except ValueError:
        return


def _holds_nul(request: HttpRequest) -> bool:
    """Whether the address or a form holds U+0000, which PostgreSQL cannot keep in a text."""
    given = [request.path_info]
    for values in (request.GET, request.POST):
        given += [text for name, texts in values.lists() for text in (name, *texts)]
    return any("\x00" in text for text in given)


class Gate:
    """Refuses whoever is not signed in (but for views for anybody, and signing in itself), ends sessions that were left
    open, asks for the second factor that a role needs, and notes from where the request came."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer, with the address noted for the audit trail, and nothing of a signed-in page kept by the browser."""
        _take_address_from_proxy(request)
        token = audit.address.set(request.META.get("REMOTE_ADDR") or None)
        try:
            if request.user.is_authenticated and _session_is_over(request):
                logout(request)
                messages.info(
                    request, "You were signed out because nothing happened for a while. Sign in again."
                )
            response = self.get_response(request)
            if request.user.is_authenticated:
                response.headers.setdefault("Cache-Control", "no-store")
            return response
        finally:
            audit.address.reset(token)

    def process_view(
        self, request: HttpRequest, view: View, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> HttpResponse | None:
        """Stop whoever may not pass, and what no browser sends."""
        if _holds_nul(request):
            raise BadRequest("a character that no text has")
        if any(isinstance(number, int) and number > _GREATEST for number in kwargs.values()):
            raise Http404
        module = getattr(view, "__module__", "") or ""
        if module.startswith(("allauth.", "django.contrib.staticfiles")):
            return None
        declared = getattr(view, DECLARED, None)
        if declared == ANYBODY:
            return None
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path(), settings.LOGIN_URL)
        if declared is None:
            raise PermissionDenied("this view declares no permission")
        if second_factor_missing(request):
            return redirect("mfa_activate_totp")
        return None
