"""Requests to schools as their pages and files show them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar

from django.db.models import QuerySet
from django.utils import timezone

from headway.web.asks import burden
from headway.web.asks.bases import Sourced, legal_bases
from headway.web.asks.models import Ask, Cap
from headway.web.audit import versions
from headway.web.people import access, places
from headway.web.people.models import User
from headway.web.people.permissions import Permission
from headway.web.schools.models import Organisation

STATES = (
    (Ask.ASKED, "Waiting"),
    (Ask.ANSWERED, "Answered"),
    (Ask.DECLINED, "Declined"),
    (Ask.WITHDRAWN, "Taken back"),
)
_WORDS = dict(STATES)


@dataclass(frozen=True)
class AskRow:
    """One request in a list."""

    id: int
    what: str
    school: str
    purpose: str
    legal_basis: str
    minutes: int
    due: date
    asked_by: str
    asked_at: datetime
    state: str
    is_overdue: bool
    reminded: bool
    over_cap: bool
    decided_at: datetime | None
    answer: str

    CSV: ClassVar[tuple[str, ...]] = (
        "what", "school", "purpose", "legal_basis", "minutes", "due", "asked_by", "asked_at", "state", "decided_at",
        "answer",
    )  # fmt: skip

    def cells(self) -> list[object]:
        """The row of a CSV file, under `CSV`."""
        return [getattr(self, name) for name in self.CSV]


@dataclass(frozen=True)
class AskPage:
    """One request with what its record said before."""

    ask: Ask
    school: str
    state: str
    basis: Sourced | None
    history: Sequence[tuple[object, list[versions.Difference]]]
    version: int


@dataclass(frozen=True)
class SchoolBurden:
    """What is asked of one school: in numbers, by purpose, and every request."""

    burden: burden.Burden
    term: str
    year: str
    by_purpose: list[tuple[str, int, int]]
    rows: list[AskRow]


def of_us(user: User) -> QuerySet[Ask]:
    """What is asked of the person's own schools: what waits first, then by the day it is due."""
    mine = access.scopes(user, Permission.ANSWER_ASKS)
    return Ask.objects.filter(organisation__in=mine).select_related("asked_by")


def sent(
    user: User, *, state: str = "", school: str = "", mine: bool = False, text: str = ""
) -> QuerySet[Ask]:
    """What was asked of the schools that the person may ask, by whomever: nobody asks twice unknowingly."""
    reach = access.reach(user, Permission.ASK_SCHOOLS)
    found = Ask.objects.filter(organisation__in=reach).select_related("asked_by").order_by("-asked_at", "-pk")
    if state == "overdue":
        found = found.filter(state=Ask.ASKED, due__lt=timezone.localdate())
    elif state:
        found = found.filter(state=state)
    if school:
        found = found.filter(organisation=school)
    if mine:
        found = found.filter(asked_by=user)
    return found.filter(what__icontains=text.strip()) if text.strip() else found


def rows(asks: Iterable[Ask], *, with_answers: bool = True) -> list[AskRow]:
    """Requests as rows, schools by their names."""
    found = list(asks)
    names = places.names(frozenset(one.organisation for one in found))
    return [
        AskRow(
            one.pk, one.what, names[one.organisation], one.purpose, one.legal_basis, one.minutes, one.due,
            str(one.asked_by), one.asked_at, _WORDS[one.state], one.is_overdue,
            one.reminded_at is not None and one.is_open, bool(one.over_cap_because), one.decided_at,
            one.answer if with_answers else "",
        )
        for one in found
    ]  # fmt: skip


def ours_in_order(user: User) -> tuple[list[AskRow], list[AskRow]]:
    """What waits for the person's schools, by the day it is due, and what was dealt with, the newest first."""
    every = list(of_us(user))
    done = sorted(
        (one for one in every if not one.is_open),
        key=lambda one: one.decided_at or one.asked_at,
        reverse=True,
    )
    return rows(one for one in every if one.is_open), rows(done)


def ask_page(ask: Ask) -> AskPage:
    """One request, with its history."""
    basis = next((one for one in legal_bases() if one.words == ask.legal_basis), None)
    return AskPage(
        ask,
        places.name(ask.organisation),
        _WORDS[ask.state],
        basis,
        versions.history(ask.subject),
        versions.latest(ask.subject),
    )


def schools_to_ask(user: User) -> list[tuple[str, str]]:
    """Key and name of the schools that the person may ask; one that has closed is asked for nothing."""
    closed = Organisation.objects.filter(kind="school", status="Closed").values_list("key", flat=True)
    return places.choices("school", access.reach(user, Permission.ASK_SCHOOLS) - frozenset(closed))


def schools_seen(user: User) -> list[str]:
    """The keys of the schools whose burden the person sees."""
    closed = Organisation.objects.filter(kind="school", status="Closed").values_list("key", flat=True)
    seen = access.reach(user, Permission.SEE_BURDEN) - frozenset(closed)
    return [key for key, _ in places.choices("school", seen)]


def school_burden(organisation: str, *, with_answers: bool) -> SchoolBurden:
    """What is asked of one school."""
    today = timezone.localdate()
    term, year = burden.term_of(today), burden.school_year_of(today)
    this_term = dict(burden.minutes_by_purpose(organisation, term))
    by_purpose = [
        (purpose, this_term.get(purpose, 0), minutes)
        for purpose, minutes in burden.minutes_by_purpose(organisation, year)
    ]
    asks = Ask.objects.filter(organisation=organisation).select_related("asked_by").order_by("-asked_at")
    (own,) = burden.burdens([organisation])
    return SchoolBurden(own, term.name, year.name, by_purpose, rows(asks[:200], with_answers=with_answers))


def caps(user: User) -> list[tuple[str, str, Cap | None]]:
    """Key, name and cap of each authority (or trust) whose cap the person sets."""
    scopes = sorted(access.scopes(user, Permission.SET_CAP))
    names = places.names(frozenset(scopes))
    found = {cap.organisation: cap for cap in Cap.objects.filter(organisation__in=scopes)}
    return [(key, names[key], found.get(key)) for key in scopes]


def total(minutes: Sequence[int]) -> str:
    """A sum of minutes in words: `3 hours 20 minutes`."""
    hours, rest = divmod(sum(minutes), 60)
    words = [f"{hours:,} hour{'' if hours == 1 else 's'}"] if hours else []
    if rest or not hours:
        words.append(f"{rest} minute{'' if rest == 1 else 's'}")
    return " ".join(words)
