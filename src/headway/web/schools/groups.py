"""Trusts, clusters, federations and caseloads as their pages show them, as at any day."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date

from django.db.models import Count, Q, QuerySet
from django.urls import reverse
from django.utils import timezone

from headway.web.people.models import Caseload, User
from headway.web.people.permissions import Permission
from headway.web.schools.access import on_day, reaches, visible_to
from headway.web.schools.models import Belonging, Organisation
from headway.web.schools.records import advisers, keeps

KINDS = ("trust", "cluster", "federation")


@dataclass(frozen=True)
class GroupRow:
    """A group in the list, with how many of the schools that this person may see belong to it on the day."""

    name: str
    kind: str
    href: str
    schools: int
    kept_here: bool


@dataclass(frozen=True)
class Member:
    """A school in a group, and since and until when. `may_leave` is whether this person may take it out."""

    id: int
    name: str
    urn: int
    href: str
    starts: date | None
    ends: date | None
    may_leave: bool


@dataclass(frozen=True)
class GroupPage:
    """A group: its schools on the day, those that left before it, and what this person may do."""

    key: str
    name: str
    kind: str
    kept_here: bool
    members: tuple[Member, ...]
    former: tuple[Member, ...]
    may_keep: bool


@dataclass(frozen=True)
class Load:
    """An adviser and the schools of their caseload on a day: name, address and since when."""

    name: str
    schools: tuple[tuple[str, str, date], ...]


@dataclass(frozen=True)
class Caseloads:
    """Who advises which school on a day, and the schools that nobody advises."""

    loads: tuple[Load, ...]
    without: tuple[tuple[str, str], ...]
    how_many_without: int


def group_rows(user: User, kind: str, on: date | None) -> QuerySet[Organisation]:
    """The groups that a person may see, with `schools`: how many of them belong to it on the day."""
    mine = visible_to(user).filter(kind="school").order_by().values("key")
    held = Q(_prefixed(on_day(on), "members__"), members__organisation__in=mine)
    rows = visible_to(user).filter(kind__in=(kind,) if kind in KINDS else KINDS)
    return rows.annotate(schools=Count("members", filter=held)).order_by("kind", "plain_name")


def _prefixed(condition: Q, prefix: str) -> Q:
    """The same condition on a related model."""
    made = Q()
    made.connector, made.negated = condition.connector, condition.negated
    made.children = [
        _prefixed(child, prefix) if isinstance(child, Q) else (prefix + child[0], child[1])
        for child in condition.children
    ]
    return made


def described(rows: list[Organisation]) -> list[GroupRow]:
    """Groups as they are listed."""
    return [
        GroupRow(str(one), one.kind, reverse("group", args=[one.key]), one.schools, one.kept_here)
        for one in rows
    ]


def group_page(user: User, group: Organisation, on: date | None) -> GroupPage:
    """A group, as at a day. Only schools that the person may see are shown."""
    day = on or timezone.localdate()
    seen = visible_to(user).filter(kind="school").order_by().values("key")
    held = list(
        Belonging.objects.filter(group=group, organisation__in=seen)
        .select_related("organisation")
        .order_by("organisation__plain_name", "starts")
    )
    may_keep = group.kept_here and reaches(user, group, Permission.KEEP_SCHOOLS)
    members = [
        one for one in held if (not one.starts or one.starts <= day) and (not one.ends or one.ends >= day)
    ]
    former = [
        one for one in held if one.ends and one.ends < day and (not one.starts or one.ends >= one.starts)
    ]
    return GroupPage(
        group.key,
        str(group),
        group.kind,
        group.kept_here,
        tuple(_member(one, may_keep and on is None and one.source == "here") for one in members),
        tuple(_member(one, False) for one in former),
        may_keep,
    )


def _member(one: Belonging, may_leave: bool) -> Member:
    school = one.organisation
    return Member(
        one.pk,
        str(school),
        school.urn or 0,
        reverse("school", args=[school.urn]),
        one.starts,
        one.ends,
        may_leave,
    )


def caseloads(user: User, on: date | None) -> Caseloads:
    """Who advises which of the schools that a person keeps, on a day."""
    kept = visible_to(user, Permission.KEEP_SCHOOLS).filter(kind="school")
    on_that_day = Caseload.objects.filter(on_day(on), organisation__in=kept.order_by().values("key"))
    held = list(on_that_day.select_related("user"))
    advised = on_that_day.values("organisation")
    theirs = Organisation.objects.filter(key__in=advised).order_by()
    names = dict(theirs.values_list("key", "name"))
    loads: dict[str, list[tuple[str, str, date]]] = defaultdict(list)
    for one in held:
        urn = one.organisation.partition(":")[2]
        loads[str(one.user)].append(
            (names.get(one.organisation, one.organisation), reverse("school", args=[urn]), one.starts)
        )
    without = kept.filter(is_closed=False).exclude(key__in=advised)
    return Caseloads(
        tuple(Load(name, tuple(sorted(schools))) for name, schools in sorted(loads.items())),
        tuple(
            (name, reverse("school_adviser", args=[urn]))
            for name, urn in without.values_list("name", "urn")[
                :50
            ]  # sorting whole rows takes twice the time
        ),
        without.order_by().count(),
    )


__all__ = ["advisers", "caseloads", "described", "group_page", "group_rows", "keeps"]
