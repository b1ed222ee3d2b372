"""The audit trail as its readers see it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone

from headway.web.audit.models import AuditEvent

PUPIL_VERBS = (
    "viewed pupils",
    "exported pupils",
    "broke the glass",
    "asked for a bulk export",
    "approved a bulk export",
    "refused a bulk export",
    "took a bulk export",
)
"""Events of which a school is told in its access log."""


@dataclass(frozen=True)
class Filters:
    """What a reader looks for: every field that is given must fit. Days are local days, both included."""

    who: str = ""
    what: str = ""
    organisation: str = ""
    since: date | None = None
    until: date | None = None


@dataclass(frozen=True)
class Line:
    """One event in words."""

    at: datetime
    who: str
    what: str
    organisation: str
    subject: str
    detail: str
    address: str


def trail(filters: Filters, organisations: Collection[str] | None = None) -> QuerySet[AuditEvent]:
    """The events that fit, newest first: those of the organisations given and those of none; of all where None."""
    fitting = Q()
    if organisations is not None:
        fitting &= Q(organisation__in=organisations) | Q(organisation="")
    if filters.who:
        fitting &= Q(by__icontains=filters.who.strip())
    if filters.what:
        fitting &= Q(verb=filters.what)
    if filters.organisation:
        fitting &= Q(organisation=filters.organisation.strip())
    if filters.since:
        fitting &= Q(at__gte=_midnight(filters.since))
    if filters.until:
        fitting &= Q(at__lt=_midnight(filters.until + timedelta(days=1)))
    return AuditEvent.objects.filter(fitting)


def access_log(organisations: Collection[str]) -> QuerySet[AuditEvent]:
    """Who looked at pupils of these schools, for what purpose, newest first."""
    return AuditEvent.objects.filter(organisation__in=organisations, verb__in=PUPIL_VERBS)


def sign_ins(person_id: int, count: int = 10) -> list[Line]:
    """The newest sign-ins of a person, and attempts that failed."""
    verbs = ("signed in", "failed to sign in")
    return [line(event) for event in AuditEvent.objects.filter(by_id=person_id, verb__in=verbs)[:count]]


def verbs() -> list[str]:
    """Everything that the trail has ever recorded, by name."""
    return list(AuditEvent.objects.order_by("verb").values_list("verb", flat=True).distinct())


def line(event: AuditEvent) -> Line:
    """The event in words."""
    return Line(
        event.at,
        event.by,
        event.verb,
        event.organisation,
        event.subject,
        "; ".join(f"{name.replace('_', ' ')}: {_words(value)}" for name, value in event.detail.items()),
        event.address or "",
    )


def _words(value: Any) -> str:
    return ", ".join(str(each) for each in value) if isinstance(value, list) else str(value)


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))
