"""Lists of schools: which fit, as at which day, and what each row shows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.urls import reverse
from django.utils import timezone

from headway.web.people import access
from headway.web.people.models import Caseload, User
from headway.web.people.permissions import Permission
from headway.web.schools import facts, search
from headway.web.schools.access import on_day, visible_to
from headway.web.schools.forms import ALL, CLOSED, OPEN, Choices
from headway.web.schools.models import Belonging, Organisation, register_token
from headway.web.schools.presenters import dfe_number

_SUGGESTED = 8
_A_TIME = 1_000
HEADER = (
    "urn", "dfe_number", "name", "kind", "type", "phase", "status", "open_date", "close_date", "street", "town", "postcode",
    "head", "trust", "clusters", "link_adviser", "as_at",
)  # fmt: skip
"""Columns of the file."""


@dataclass(frozen=True)
class SchoolRow:
    """One school of a list, as it stood on the day of the list."""

    urn: int
    dfe_number: str
    name: str
    href: str
    kind: str
    type: str
    phase: str
    status: str
    is_open: bool
    town: str
    trust: str
    clusters: str
    adviser: str
    head: str
    facts: Mapping[str, Any]


@dataclass(frozen=True)
class SchoolList:
    """The schools that fit, the day as at which they are listed (None: today), what was searched for instead, and whether
    the list hangs on the register alone (`steady`), not on groups or caseloads that people change."""

    rows: QuerySet[Organisation]
    on: date | None
    instead: str
    steady: bool


def schools_list(user: User, wanted: Mapping[str, Any]) -> SchoolList:
    """The schools that a person may see and that fit a filter (`forms.SchoolFilter`)."""
    on = wanted.get("on")
    day = on or timezone.localdate()
    among = visible_to(user).filter(kind="school").filter(_status(wanted.get("status") or OPEN, on))
    for name in ("kind", "phase", "type"):
        if wanted.get(name):
            among = among.filter(**{"kind_of_school" if name == "kind" else name: wanted[name]})
    for name in ("trust", "cluster"):
        if wanted.get(name):
            held = Belonging.objects.filter(on_day(day), group=wanted[name])
            among = among.filter(key__in=held.values("organisation"))
    if wanted.get("adviser"):
        load = Caseload.objects.filter(on_day(day), user_id=int(wanted["adviser"]))
        among = among.filter(key__in=load.values("organisation"))
    found = search.find(among, wanted.get("text") or "")
    steady = not any(wanted.get(name) for name in ("trust", "cluster", "adviser"))
    held = access.scopes(user, Permission.SEE_SCHOOLS)
    steady = steady and all(key.startswith("authority:") for key in held)
    return SchoolList(found.rows, on, found.instead, steady)


def _status(status: str, on: date | None) -> Q:
    """Open or closed on a day: by its days if one is asked for, else by its status."""
    if status == ALL:
        return Q()
    if on is None:
        return Q(is_closed=status == CLOSED)
    if status == CLOSED:
        return Q(close_date__lt=on)
    began = Q(open_date__isnull=True) & ~Q(status="Proposed to open") | Q(open_date__lte=on)
    return began & (Q(close_date__isnull=True, is_closed=False) | Q(close_date__gte=on))


def rows_of(organisations: Sequence[Organisation], on: date | None) -> list[SchoolRow]:
    """The rows of a page of a list. As many queries for one as for fifty."""
    day = on or timezone.localdate()
    keys = [one.key for one in organisations]
    stood = facts.stood_on(organisations, on) if on else {one.key: facts.of(one) for one in organisations}
    groups: dict[tuple[str, str], list[str]] = {}
    for held in Belonging.objects.filter(on_day(day), organisation__in=keys).select_related("group"):
        groups.setdefault((held.organisation_id, held.kind), []).append(str(held.group))
    advisers: dict[str, str] = {}
    for load in Caseload.objects.filter(on_day(day), organisation__in=keys).select_related("user"):
        advisers[load.organisation] = str(load.user)
    return [
        _row(one, stood[one.key], day, ", ".join(groups.get((one.key, "trust"), [])),
             ", ".join(sorted(groups.get((one.key, "cluster"), []))), advisers.get(one.key, ""))
        for one in organisations
    ]  # fmt: skip


def _row(
    one: Organisation, then: Mapping[str, Any], day: date, trust: str, clusters: str, adviser: str
) -> SchoolRow:
    opened, closed = then["open_date"], then["close_date"]
    over = closed < day if closed else str(then["status"]).startswith("Closed")
    coming = opened is not None and opened > day
    return SchoolRow(
        urn=one.urn or 0,
        dfe_number=dfe_number(str(then["dfe_number"])),
        name=str(then["name"]),
        href=reverse("school", args=[one.urn]),
        kind=str(then["kind_of_school"]),
        type=str(then["type"]),
        phase=str(then["phase"]),
        status="Closed" if over else "Yet to open" if coming else "Open",
        is_open=not over and not coming,
        town=str(then["town"]),
        trust=trust,
        clusters=clusters,
        adviser=adviser,
        head=str(then["head"]),
        facts=then,
    )


def file_rows(found: SchoolList) -> Iterator[list[object]]:
    """The same list as the rows of a file, all of it."""
    as_at = found.on or timezone.localdate()
    total = found.rows.count()
    for start in range(0, total, _A_TIME):
        for row in rows_of(list(found.rows[start : start + _A_TIME]), found.on):
            then = row.facts
            yield [
                row.urn, row.dfe_number, row.name, row.kind, row.type, row.phase, row.status, then["open_date"],
                then["close_date"], then["street"], row.town, then["postcode"], row.head, row.trust, row.clusters,
                row.adviser, as_at,
            ]  # fmt: skip


def suggestions(user: User, text: str) -> list[SchoolRow]:
    """The few schools that fit best while somebody types."""
    if len(text.strip()) < 2:
        return []
    found = search.find(visible_to(user).filter(kind="school"), text)
    return rows_of(list(found.rows[:_SUGGESTED]), None)


def choices(user: User, on: date | None = None) -> dict[str, Choices]:
    """What a person may filter by: only what the schools that they may see have."""
    mine = visible_to(user).filter(kind="school").order_by()
    groups = Belonging.objects.filter(
        Exists(mine.filter(key=OuterRef("organisation"))), kind__in=("trust", "cluster")
    )
    pairs = list(groups.order_by().values_list("kind", "group", "group__name").distinct())
    load = Caseload.objects.filter(on_day(on), Exists(mine.filter(key=OuterRef("organisation")))).order_by()
    advisers = load.values_list("user", "user__name").distinct()
    return {
        **_sorts(user, mine),
        **{
            wanted: sorted(
                ((key, name or key) for kind, key, name in pairs if kind == wanted), key=lambda each: each[1]
            )
            for wanted in ("trust", "cluster")
        },
        "adviser": sorted(((str(pk), name) for pk, name in advisers), key=lambda each: each[1]),
    }


_known: dict[tuple[str, frozenset[str], bool], dict[str, Choices]] = {}


def _sorts(user: User, mine: QuerySet[Organisation]) -> dict[str, Choices]:
    """The kinds, phases and types of a person's schools. An authority's hang on the register alone, so this process keeps
    them until it is taken anew."""
    held = access.scopes(user, Permission.SEE_SCHOOLS)
    token = register_token()
    steady = bool(token) and all(key.startswith("authority:") for key in held)
    key = (token, held, steady)
    if steady and key in _known:
        return _known[key]
    rows = list(mine.values_list("kind_of_school", "phase", "type").distinct())
    found: dict[str, Choices] = {
        name: [(each, each[:1].upper() + each[1:]) for each in sorted({row[at] for row in rows} - {""})]
        for at, name in enumerate(("kind", "phase", "type"))
    }
    if steady:
        if len(_known) > 200 or any(before != token for before, _, _ in _known):
            _known.clear()
        _known[key] = found
    return found
