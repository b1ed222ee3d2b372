"""What signing in and changing one's own ways of signing in leave in the audit trail."""

from __future__ import annotations

from typing import Any

from allauth.account import signals as account
from allauth.mfa import signals as mfa
from allauth.socialaccount import signals as social
from django.contrib.auth import signals as auth
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone

from headway.web.audit.actions import Person, record
from headway.web.people.models import User

SIGNED_IN_AT, LAST_SEEN = "headway_signed_in_at", "headway_last_seen"


def connect() -> None:
    """Listen. Called once, when the service starts."""
    auth.user_logged_in.connect(_signed_in)
    auth.user_logged_out.connect(_signed_out)
    auth.user_login_failed.connect(_failed)
    for signal, verb in (
        (account.password_changed, "changed password"),
        (account.password_set, "set password"),
        (account.password_reset, "reset password"),
        (mfa.authenticator_added, "added second factor"),
        (mfa.authenticator_removed, "removed second factor"),
        (mfa.authenticator_reset, "made new recovery codes"),
        (social.social_account_added, "joined a directory"),
        (social.social_account_removed, "left a directory"),
    ):
        signal.connect(_noting(verb), weak=False)


def _record(verb: str, user: Person, **detail: object) -> None:
    with transaction.atomic():
        record(verb, by=user, subject=f"person:{user.pk}", detail=detail)


def _signed_in(sender: object, request: HttpRequest, user: User, **more: Any) -> None:
    now = timezone.now().timestamp()
    request.session[SIGNED_IN_AT] = request.session[LAST_SEEN] = now
    _record("signed in", user)


def _signed_out(sender: object, request: HttpRequest, user: User | None, **more: Any) -> None:
    if user is not None:
        _record("signed out", user)


def _failed(sender: object, credentials: dict[str, Any], **more: Any) -> None:
    """Only of people who exist: what a stranger types may be anything, a password too."""
    user = User.objects.filter(email=str(credentials.get("email", "")).strip().lower()).first()
    if user is not None:
        _record("failed to sign in", user)


def _noting(verb: str) -> Any:
    def note(sender: object, request: HttpRequest, **more: Any) -> None:
        user = more.get("user") or getattr(more.get("sociallogin"), "user", None) or request.user
        if user is not None and user.pk:
            authenticator = more.get("authenticator")
            _record(verb, user, **({"which": authenticator.type} if authenticator is not None else {}))

    return note
