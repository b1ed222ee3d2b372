"""The gate: every view declares its permission, and nobody passes without it."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from headway.web.audit import actions as audit
from headway.web.people.access import holds, needs_second_factor
from headway.web.people.permissions import Permission

View = Callable[..., HttpResponse]
DECLARED = "headway_permission"
ANYBODY, SIGNED_IN = "anybody", "signed in"


def requires(permission: Permission) -> Callable[[View], View]:
    """Declares that a view needs this permission somewhere; the view's query says where."""

    def declare(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if not holds(request.user, permission):
                with transaction.atomic():
                    audit.record(
                        "was refused",
                        by=request.user,
                        detail={"permission": permission.value, "view": view.__name__},
                    )
                raise PermissionDenied
            return view(request, *args, **kwargs)

        setattr(guarded, DECLARED, permission)
        return guarded

    return declare


def anybody(view: View) -> View:
    """Declares that a view is for everybody, signed in or not."""
    setattr(view, DECLARED, ANYBODY)
    return view


def signed_in(view: View) -> View:
    """Declares that a view is for everybody who is signed in: their own page."""
    setattr(view, DECLARED, SIGNED_IN)
    return view


class Gate:
    """Refuses whoever is not signed in (but for views for anybody, and signing in itself), asks for the second factor
    that a role needs, and notes from where the request came."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer, with the address noted for the audit trail."""
        token = audit.address.set(request.META.get("REMOTE_ADDR") or None)
        try:
            return self.get_response(request)
        finally:
            audit.address.reset(token)

    def process_view(
        self, request: HttpRequest, view: View, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> HttpResponse | None:
        """Stop whoever may not pass."""
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
        if needs_second_factor(request.user) and not is_mfa_enabled(request.user):
            return redirect("mfa_activate_totp")
        return None
