"""Example people of the service, one of each role: for `make demo`, browser journeys and tests.

They are invented, share one password and one secret of their second factor, and are for demonstration only: a service
that holds real data must never have them.
"""

from __future__ import annotations

import base64
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

DOMAIN = "northmoor.example"
"""The mail domain of the example authority; `.example` belongs to nobody."""


@dataclass(frozen=True)
class ExamplePerson:
    """Somebody of one role. `scope` is the kind of organisation of which the role is held."""

    role: str
    name: str
    scope: str

    @property
    def email(self) -> str:
        """Such as head.of.improvement@northmoor.example."""
        words = {"head_of_school_improvement": "head.of.improvement"}
        return f"{words.get(self.role, self.role.replace('_', '.'))}@{DOMAIN}"


PEOPLE = (
    ExamplePerson("head_of_school_improvement", "Maryam Iqbal", "authority"),
    ExamplePerson("link_adviser", "Tom Ashworth", "caseload"),
    ExamplePerson("data_officer", "Grace Okafor", "authority"),
    ExamplePerson("headteacher", "Helen Marsh", "school"),
    ExamplePerson("senior_leader", "Daniel Reyes", "school"),
    ExamplePerson("governor", "Priya Nair", "school"),
    ExamplePerson("clerk", "Judith Holt", "school"),
    ExamplePerson("trust_leader", "Owen Pritchard", "trust"),
    ExamplePerson("scrutiny_officer", "Samira Khan", "authority"),
    ExamplePerson("councillor", "Arthur Bell", "authority"),
    ExamplePerson("client", "Ruth Adeyemi", "authority"),
    ExamplePerson("partner", "Claire Dunn", "cluster"),
    ExamplePerson("booster_coordinator", "Ben Fletcher", "cluster"),
    ExamplePerson("programme_manager", "Nadia Rahman", "cluster"),
    ExamplePerson("data_protection_officer", "Leila Hassan", "authority"),
    ExamplePerson("administrator", "Peter Lund", "none"),
)
"""One person of each role."""

GOES_WITHOUT = frozenset({"governor", "clerk", "councillor"})
"""Roles that need no second factor, so that the example shows signing in without one too."""


@dataclass(frozen=True)
class MadePeople:
    """The example people as users, by role; the password that they share, and the secret of their second factor."""

    users: dict[str, Any]
    password: str
    secret: str

    @property
    def code(self) -> str:
        """What an authenticator app with that secret shows now."""
        from allauth.mfa.totp.internal.auth import (
            format_hotp_value,
            hotp_value,
            yield_hotp_counters_from_time,
        )

        counters = list(yield_hotp_counters_from_time())
        shown: str = format_hotp_value(hotp_value(self.secret, counters[len(counters) // 2]))
        return shown


def make_people(
    *,
    scopes: Mapping[str, str],
    caseload: Iterable[str] = (),
    password: str | None = None,
    secret: str | None = None,
) -> MadePeople:
    """Make, or make anew, the example people in the service's database. Needs Django to be set up.

    `scopes` gives the organisation for each kind of role: {"authority": "authority:936", "trust": …, "cluster": …,
    "school": …}; `caseload` the schools of the link adviser. Without a password or a secret new ones are drawn; what was
    used is in the answer, to be printed. People whose kind of organisation is not given are left out.
    """
    from allauth.account.models import EmailAddress
    from allauth.mfa.models import Authenticator
    from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
    from allauth.mfa.totp.internal.auth import TOTP
    from django.apps import apps
    from django.contrib.auth import get_user_model
    from django.contrib.auth.hashers import make_password
    from django.db import transaction

    password = password or "-".join(secrets.token_hex(2) for _ in range(4))
    secret = secret or base64.b32encode(secrets.token_bytes(20)).decode("ascii")
    hashed = make_password(password)
    users: dict[str, Any] = {}
    with transaction.atomic():
        for person in PEOPLE:
            if person.scope not in ("caseload", "none") and not scopes.get(person.scope):
                continue
            user, _ = get_user_model().objects.update_or_create(
                email=person.email, defaults={"name": person.name, "password": hashed, "is_active": True}
            )
            EmailAddress.objects.update_or_create(
                user=user, email=user.email, defaults={"verified": True, "primary": True}
            )
            scope = scopes.get(person.scope, "") if person.scope not in ("caseload", "none") else ""
            user.roles_held.get_or_create(role=person.role, scope=scope)
            Authenticator.objects.filter(user=user).delete()
            if person.role not in GOES_WITHOUT:
                TOTP.activate(user, secret)
                RecoveryCodes.activate(user)
            users[person.role] = user
        adviser = users.get("link_adviser")
        for school in caseload:
            apps.get_model("people.Caseload").objects.get_or_create(
                user=adviser, organisation=school, ends=None
            )
    return MadePeople(users, password, secret)
