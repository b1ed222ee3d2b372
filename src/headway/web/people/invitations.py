"""Accounts come by invitation to an e-mail address, and in no other way.

The link carries a secret of which only the hash is kept; it holds for seven days, once. Whoever accepts chooses a name
and a password; a role that needs a second factor asks for it at the next page.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta

from allauth.account.models import EmailAddress
from django.core.mail import send_mail
from django.db import transaction
from django.template.loader import render_to_string
from django.utils import timezone

from headway.web.audit.actions import record
from headway.web.people import limits
from headway.web.people.actions import NotPermitted, check_role, may_give
from headway.web.people.models import Invitation, RoleHeld, User
from headway.web.people.roles import ROLES

HOLDS_FOR = timedelta(days=7)
_AT_MOST, _IN_SECONDS = 60, 60 * 60


def invite(*, email: str, name: str, role: str, scope: str, by: User, link: str) -> Invitation:
    """Invite somebody to hold a role. `link` is the full address of the page that accepts, with `SECRET` in the secret's
    place. Raises NotPermitted where the role is not the inviter's to give or the person already has an account, and
    limits.TooOften after 60 invitations in an hour."""
    limits.count("invite", str(by.pk), at_most=_AT_MOST, seconds=_IN_SECONDS)
    email = email.strip().lower()
    given = check_role(by, role, scope)
    if User.objects.filter(email=email).exists():
        raise NotPermitted("There is an account with that e-mail address: give that person the role instead.")
    secret = secrets.token_urlsafe(32)
    with transaction.atomic():
        for earlier in Invitation.objects.filter(
            email=email, role=role, scope=scope, accepted_at=None, withdrawn_at=None
        ):
            earlier.withdrawn_at = timezone.now()
            earlier.save(update_fields=["withdrawn_at"])
        invitation = Invitation.objects.create(
            email=email,
            name=name.strip(),
            role=role,
            scope=scope,
            secret_hash=_hash(secret),
            sent_by=by,
            expires_at=timezone.now() + HOLDS_FOR,
        )
        record(
            "invited",
            by=by,
            organisation=scope,
            subject=f"invitation:{invitation.pk}",
            detail={"email": email, "role": given.title},
        )
        _send(invitation, secret, link)
    return invitation


def resend(invitation: Invitation, *, by: User, link: str) -> None:
    """Send an invitation again, with a new secret and seven more days; the earlier link no longer works."""
    _check_open_to(invitation, by)
    limits.count("invite", str(by.pk), at_most=_AT_MOST, seconds=_IN_SECONDS)
    secret = secrets.token_urlsafe(32)
    with transaction.atomic():
        invitation.secret_hash = _hash(secret)
        invitation.expires_at = timezone.now() + HOLDS_FOR
        invitation.save(update_fields=["secret_hash", "expires_at"])
        record("invited again", by=by, organisation=invitation.scope, subject=f"invitation:{invitation.pk}")
        _send(invitation, secret, link)


@transaction.atomic
def withdraw(invitation: Invitation, *, by: User) -> None:
    """Take an invitation back: its link no longer works."""
    _check_open_to(invitation, by)
    invitation.withdrawn_at = timezone.now()
    invitation.save(update_fields=["withdrawn_at"])
    record("withdrew invitation", by=by, organisation=invitation.scope, subject=f"invitation:{invitation.pk}")


def invitation_for(secret: str) -> Invitation | None:
    """The open invitation that a secret belongs to; None where there is none (never sent, used, withdrawn or too old)."""
    found = Invitation.objects.filter(secret_hash=_hash(secret)).first()
    return found if found is not None and found.is_open else None


@transaction.atomic
def accept(secret: str, *, name: str, password: str) -> User:
    """Make the account to which a secret invites: its address is known to be the person's, since the link came there.
    Raises NotPermitted where the secret no longer holds or its sender may no longer give the role."""
    found = Invitation.objects.select_for_update().filter(secret_hash=_hash(secret)).first()
    if found is None or not found.is_open:
        raise NotPermitted("This invitation no longer holds. Ask whoever sent it for another.")
    if not found.sent_by.is_active or not may_give(found.sent_by, ROLES[found.role], found.scope):
        raise NotPermitted("Whoever sent this invitation may no longer give that role. Ask for another.")
    if User.objects.filter(email=found.email).exists():
        raise NotPermitted("There is an account with this e-mail address already: sign in instead.")
    user = User.objects.create_user(found.email, name=name.strip(), password=password)
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    RoleHeld.objects.create(user=user, role=found.role, scope=found.scope)
    found.accepted_at = timezone.now()
    found.save(update_fields=["accepted_at"])
    record(
        "accepted invitation",
        by=user,
        organisation=found.scope,
        subject=f"invitation:{found.pk}",
        detail={"role": ROLES[found.role].title, "invited by": found.sent_by.email},
    )
    return user


def _check_open_to(invitation: Invitation, by: User) -> None:
    if invitation.accepted_at or invitation.withdrawn_at:
        raise NotPermitted("This invitation has been accepted or withdrawn.")
    if not may_give(by, ROLES[invitation.role], invitation.scope):
        raise NotPermitted("This invitation is not yours to change.")


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _send(invitation: Invitation, secret: str, link: str) -> None:
    from headway.web.people.context import service_names

    words = {
        "invitation": invitation,
        "role": ROLES[invitation.role].title,
        "link": link.replace("SECRET", secret),
        "days": HOLDS_FOR.days,
        **service_names(),
    }
    send_mail(
        f"You are invited to {words['service_name']}",
        render_to_string("people/email/invitation.txt", words),
        None,
        [invitation.email],
    )
