"""How much is asked of a school: minutes by term and school year, by purpose, and the cap on them.

A request counts in the term in which it is due, for there falls the work; one that was declined or taken back counts
nowhere. The terms are Headway's own division of the school year: autumn from September, spring from January, summer from
May, each to the month before the next.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Q, Sum
from django.utils import timezone

from headway.web.asks.models import Ask, Cap
from headway.web.people import places

_TERMS = ((1, "spring"), (5, "summer"), (9, "autumn"))
_COUNTED = (Ask.ASKED, Ask.ANSWERED)


@dataclass(frozen=True)
class Period:
    """A term or a school year: its name and its first and last day."""

    name: str
    first: date
    last: date


def term_of(day: date) -> Period:
    """The term in which a day falls: autumn, spring or summer, with its year."""
    month, name = next((month, name) for month, name in reversed(_TERMS) if day.month >= month)
    after = date(day.year, month + 4, 1) if month < 9 else date(day.year + 1, 1, 1)
    return Period(f"{name} term {day.year}", date(day.year, month, 1), after - timedelta(days=1))


def school_year_of(day: date) -> Period:
    """The school year in which a day falls: from 1 September to 31 August."""
    began = day.year if day.month >= 9 else day.year - 1
    return Period(f"{began}/{(began + 1) % 100:02d}", date(began, 9, 1), date(began + 1, 8, 31))


def period_of(cap: Cap, day: date) -> Period:
    """The term or school year of a day, as the cap counts."""
    return term_of(day) if cap.period == "term" else school_year_of(day)


def minutes_asked(organisations: Collection[str], period: Period) -> dict[str, int]:
    """The minutes asked of each school that are due in a period; schools of which nothing is asked have 0."""
    rows = (
        Ask.objects.filter(
            organisation__in=organisations, state__in=_COUNTED, due__range=(period.first, period.last)
        )
        .values_list("organisation")
        .order_by("organisation")
        .annotate(total=Sum("minutes"))
    )
    return dict.fromkeys(organisations, 0) | dict(rows)


def minutes_by_purpose(organisation: str, period: Period) -> list[tuple[str, int]]:
    """Minutes asked of one school in a period, by purpose, the most first."""
    rows = (
        Ask.objects.filter(
            organisation=organisation, state__in=_COUNTED, due__range=(period.first, period.last)
        )
        .values_list("purpose")
        .order_by("purpose")
        .annotate(total=Sum("minutes"))
    )
    return sorted(rows, key=lambda row: (-row[1], row[0]))


def caps_of(organisations: Iterable[str]) -> dict[str, Cap]:
    """The cap that holds for each school that has one; the least, where an authority's and a trust's hold."""
    wanted = frozenset(organisations)
    found: dict[str, Cap] = {}
    for cap in Cap.objects.order_by("-minutes"):
        for key in places.inside(frozenset({cap.organisation})) & wanted:
            found[key] = cap
    return found


@dataclass(frozen=True)
class Outlook:
    """What asking would come to for one school: minutes before and after in the period of its cap (or the term)."""

    organisation: str
    name: str
    period: str
    before: int
    after: int
    cap: int | None

    @property
    def over(self) -> bool:
        """Whether it would go over the cap."""
        return self.cap is not None and self.after > self.cap


def outlook(organisations: Collection[str], *, minutes: int, due: date) -> list[Outlook]:
    """What asking so many minutes by a day would come to for each school, by name."""
    caps = caps_of(organisations)
    spans = {key: period_of(caps[key], due) if key in caps else term_of(due) for key in organisations}
    before: dict[str, int] = {}
    for period in set(spans.values()):
        before |= minutes_asked([key for key in organisations if spans[key] == period], period)
    names = places.names(frozenset(organisations))
    found = [
        Outlook(
            key,
            names[key],
            spans[key].name,
            before[key],
            before[key] + minutes,
            caps[key].minutes if key in caps else None,
        )
        for key in organisations
    ]
    return sorted(found, key=lambda one: (one.name, one.organisation))


@dataclass(frozen=True)
class Burden:
    """What is asked of one school: minutes this term and this year, its cap, how many requests wait and are overdue."""

    organisation: str
    name: str
    this_term: int
    this_year: int
    cap: int | None
    cap_period: str
    waiting: int
    overdue: int
    over: bool

    @property
    def urn(self) -> int:
        """The school's URN."""
        return int(self.organisation.partition(":")[2])


def burdens(organisations: Collection[str], on: date | None = None) -> list[Burden]:
    """What is asked of each school, the most this term first."""
    today = on or timezone.localdate()
    term, year = term_of(today), school_year_of(today)
    by_term, by_year = minutes_asked(organisations, term), minutes_asked(organisations, year)
    caps = caps_of(organisations)
    names = places.names(frozenset(organisations))
    waiting: dict[str, int] = {}
    overdue: dict[str, int] = {}
    for key, due in Ask.objects.filter(Q(organisation__in=organisations) & Q(state=Ask.ASKED)).values_list(
        "organisation", "due"
    ):
        waiting[key] = waiting.get(key, 0) + 1
        overdue[key] = overdue.get(key, 0) + (due < today)
    found = []
    for key in organisations:
        cap = caps.get(key)
        asked = 0 if cap is None else by_term[key] if cap.period == "term" else by_year[key]
        found.append(
            Burden(
                key, names[key], by_term[key], by_year[key],
                cap.minutes if cap else None, cap.get_period_display() if cap else "",
                waiting.get(key, 0), overdue.get(key, 0), cap is not None and asked > cap.minutes,
            )
        )  # fmt: skip
    return sorted(found, key=lambda one: (-one.this_term, one.name))
