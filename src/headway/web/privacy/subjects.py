"""What is kept of one person who has an account: for themselves, and for whoever answers a request of somebody who left.

Everything in the database that points at the person is found by walking the models, so that no part of the service can be
forgotten. Secrets (password, codes, links) are left out; of records that the person wrote about others, only which, when and
of which school are told, since what they say may concern pupils or colleagues.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.apps import apps
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone

from headway.web.audit.actions import record
from headway.web.audit.models import AuditEvent
from headway.web.people import places, presenters
from headway.web.people.models import Caseload, Invitation, RoleHeld, User

_OWN = {User, RoleHeld, Caseload, EmailAddress, Authenticator, SocialAccount}
"""Told in full under headings of their own."""


@dataclass(frozen=True)
class Heading:
    """A heading of what is kept, and its lines: each a mapping from what to its value."""

    title: str
    lines: list[dict[str, str]]


def kept_of(user: User) -> list[Heading]:
    """Everything that is kept of a person, by headings; those without lines too, so that one sees that there is nothing."""
    return [
        Heading("Account", [_account(user)]),
        Heading("Roles, now and before", [_role(held) for held in user.roles_held.all()]),
        Heading(
            "Caseload",
            [_line(one, "organisation", "starts", "ends") for one in user.caseload.order_by("starts")],
        ),
        Heading("Ways of signing in", _ways(user)),
        Heading(
            "Invitations to your address",
            [_line(one, "role", "scope", "sent_at") for one in _invitations(user)],
        ),
        *_pointing_at(user),
        Heading("What you did and saw, and what was done to your account", list(_events(user))),
    ]


def as_file(user: User) -> str:
    """The same as a JSON document."""
    found: dict[str, object] = {heading.title: heading.lines for heading in kept_of(user)}
    return json.dumps({"made_at": timezone.now().isoformat(), **found}, indent=1, ensure_ascii=False)


@transaction.atomic
def take(user: User, *, by: User) -> str:
    """The file, with a record that it was taken."""
    text = as_file(user)
    record("took what is kept of a person", by=by, subject=f"person:{user.pk}")
    return text


def _account(user: User) -> dict[str, str]:
    return _line(user, "name", "email", "is_active", "joined_at", "last_login", "previous_login")


def _role(held: RoleHeld) -> dict[str, str]:
    return _line(held, "role", "scope", "starts", "ends")


def _ways(user: User) -> list[dict[str, str]]:
    found = [{"what": "Password, as a hash"}] if user.has_usable_password() else []
    found += [
        _line(one, "type", "created_at", "last_used_at") for one in Authenticator.objects.filter(user=user)
    ]
    found += [
        _line(one, "provider", "date_joined", "last_login") for one in SocialAccount.objects.filter(user=user)
    ]
    return found


def _invitations(user: User) -> Any:
    return Invitation.objects.filter(email__iexact=user.email).order_by("sent_at")


def _pointing_at(user: User) -> Iterator[Heading]:
    for model in apps.get_models():
        if model in _OWN:
            continue
        fields = [field for field in model._meta.fields if field.is_relation and field.related_model is User]
        if not fields:
            continue
        mine = Q()
        for field in fields:
            mine |= Q(**{field.name: user})
        shown = [
            field.name
            for field in model._meta.fields
            if isinstance(field, models.DateField) or field.name == "organisation"
        ]
        found = model._default_manager.filter(mine).order_by("pk")
        title = f"{model._meta.verbose_name.capitalize()}: yours, or with your name"
        yield Heading(title, [{"number": str(one.pk), **_line(one, *shown)} for one in found])


def _events(user: User) -> Iterator[dict[str, str]]:
    events = AuditEvent.objects.filter(Q(by_id=user.pk) | Q(subject=f"person:{user.pk}"))
    for line in presenters.event_lines(events):
        by = line.who if line.who != user.email else "you"
        yield {
            "at": line.at.isoformat(timespec="seconds"),
            "who": by,
            "what": line.what,
            "of": line.organisation,
            "more": line.detail,
            "address": line.address,
        }


def _line(one: models.Model, *names: str) -> dict[str, str]:
    return {name.replace("_", " "): _words(getattr(one, name)) for name in names}


def _words(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return timezone.localtime(value).isoformat(timespec="seconds")
    if isinstance(value, date):
        return value.isoformat()
    return str(value)


def place_names(headings: list[Heading]) -> list[Heading]:
    """The headings with organisations by name instead of by key."""
    keys = frozenset(
        value
        for heading in headings
        for line in heading.lines
        for name, value in line.items()
        if name in ("organisation", "scope") and value
    )
    names = places.names(keys)
    return [
        Heading(
            heading.title,
            [
                {
                    name: names.get(value, value) if name in ("organisation", "scope") else value
                    for name, value in line.items()
                }
                for line in heading.lines
            ],
        )
        for heading in headings
    ]
