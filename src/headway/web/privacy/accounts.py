"""Accounts of people who have left: who they are, and erasing what names them.

The row stays, as “Former user 12”, because what others rely on has an author and the database refuses to lose one. The audit
trail keeps their e-mail address until its own period is over: accountability is its purpose (UK GDPR Article 5(2)).
"""

from __future__ import annotations

from datetime import datetime, time

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from headway.web.audit.actions import record
from headway.web.audit.models import AuditEvent
from headway.web.people.actions import NotPermitted
from headway.web.people.models import Invitation, User

_NOWHERE = "@erased.invalid"
"""A domain that never is one (RFC 2606): nobody receives a letter there."""


def left_before(moment: datetime) -> list[User]:
    """Those who left before a moment and are not yet erased."""
    return [user for user in _leavers() if left_at(user) < moment]


def left_at(user: User) -> datetime:
    """When a person left: the account was closed, the last role ended, or the last sign-in, whichever is latest."""
    closed = AuditEvent.objects.filter(subject=f"person:{user.pk}", verb="closed account").first()
    ends = [
        timezone.make_aware(datetime.combine(held.ends, time.max))
        for held in user.roles_held.all()
        if held.ends is not None
    ]
    moments = [user.joined_at, user.last_login, closed.at if closed else None, *ends]
    return max(moment for moment in moments if moment is not None)


def is_erased(user: User) -> bool:
    """Whether what named the person is gone."""
    return user.email.endswith(_NOWHERE)


def may_be_erased(user: User) -> bool:
    """Whether the person has left: the account is closed, or no role is held today or later."""
    today = timezone.localdate()
    still = user.roles_held.filter(Q(ends__isnull=True) | Q(ends__gte=today)).exists()
    return not is_erased(user) and (not user.is_active or not still)


@transaction.atomic
def erase(user: User, *, by: User, reason: str) -> None:
    """Erase what names a person who has left: name, addresses, ways of signing in, roles, invitations.

    Raises NotPermitted for oneself, for somebody who has not left, or without a reason."""
    if user.pk == by.pk:
        raise NotPermitted("Nobody erases their own account: ask somebody else who may.")
    if is_erased(user):
        raise NotPermitted("What named this person is erased already.")
    if not may_be_erased(user):
        raise NotPermitted(f"{user} still works here: close the account first.")
    if not reason.strip():
        raise NotPermitted("Say why, without naming the person: it is kept on record.")
    for rows in (
        EmailAddress.objects.filter(user=user),
        Authenticator.objects.filter(user=user),
        SocialAccount.objects.filter(user=user),
        Invitation.objects.filter(email__iexact=user.email),
        user.roles_held.all(),
        user.caseload.all(),
    ):
        rows.delete()
    user.email, user.name = f"person-{user.pk}{_NOWHERE}", f"Former user {user.pk}"
    user.is_active, user.last_login, user.previous_login = False, None, None
    user.set_unusable_password()
    user.save()
    record("erased account", by=by, subject=f"person:{user.pk}", detail={"reason": reason.strip()})


def _leavers() -> list[User]:
    everybody = User.objects.exclude(email__endswith=_NOWHERE).prefetch_related("roles_held")
    return [user for user in everybody if may_be_erased(user)]
