"""Schools as their pages show them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils import timezone

from headway.web.people import access as roles
from headway.web.people import places
from headway.web.people.models import Caseload, User
from headway.web.people.permissions import Permission
from headway.web.schools import inspected
from headway.web.schools.access import CONTACTS, containing, on_day, reaches, visible_to
from headway.web.schools.models import (
    Belonging,
    Change,
    FactChange,
    KeyDate,
    Organisation,
    Succession,
    Taking,
)
from headway.web.schools.sections import sections


@dataclass(frozen=True)
class Tab:
    """A tab of a school's page."""

    text: str
    href: str


@dataclass(frozen=True)
class SchoolHeader:
    """What every page of a school says above its own content. `key` and `urn` identify it; `closed` says since when, or is
    empty; `tabs` are those that this person may open."""

    key: str
    urn: int
    name: str
    about: str
    closed: str
    tabs: tuple[Tab, ...]
    organisation: Organisation


def header(user: User, organisation: Organisation) -> SchoolHeader:
    """The head of every page about one school. One query, however many tabs."""
    reached_by = containing(organisation)
    tabs = []
    for section in sections():
        permitted = any(not reached_by.isdisjoint(roles.scopes(user, one)) for one in section.permissions)
        if permitted and (section.wanted is None or section.wanted(organisation.key)):
            tabs.append(Tab(section.text, reverse(section.url_name, args=[organisation.urn])))
    return SchoolHeader(
        key=organisation.key,
        urn=organisation.urn or 0,
        name=str(organisation),
        about=about(organisation),
        closed=closed_words(organisation),
        tabs=tuple(tabs),
        organisation=organisation,
    )


def about(school: Organisation) -> str:
    """One line that tells a school from others: its type, place and numbers."""
    parts = [
        school.type,
        school.town,
        f"URN {school.urn}" if school.urn else "",
        f"DfE number {dfe_number(school.dfe_number)}" if school.dfe_number else "",
    ]
    return " · ".join(part for part in parts if part)


def dfe_number(number: str) -> str:
    """8602180 as the field writes it: 860/2180."""
    return f"{number[:3]}/{number[3:]}" if len(number) == 7 else number


def closed_words(school: Organisation) -> str:
    """`Closed on 31 August 2016`, or nothing for a school that is open."""
    if not school.is_closed:
        return ""
    day = school.close_date
    return f"Closed on {day.day} {day:%B %Y}" if day else "Closed"


@dataclass(frozen=True)
class Line:
    """One line of a summary: what, its words, and where it leads, if anywhere."""

    what: str
    words: str
    href: str = ""


@dataclass(frozen=True)
class Overview:
    """Who they are: `groups` of lines under headings; the last changes in the register; the next key dates, for those who
    may see them; from which day the register speaks."""

    groups: tuple[tuple[str, tuple[Line, ...]], ...]
    changes: tuple[ChangeLine, ...]
    dates: tuple[KeyDate, ...]
    as_at: date | None
    may_assign: bool
    in_register: bool


@dataclass(frozen=True)
class ChangeLine:
    """A change in the register in words. `read` is whether this person has read of it."""

    id: int
    school: str
    href: str
    words: str
    on: date | None
    noticed_at: datetime
    read: bool = False


@dataclass(frozen=True)
class Before:
    """A school that came before or after: in words, and where its page is, if this person may see it."""

    relation: str
    name: str
    urn: str
    on: date | None
    how: str
    href: str


@dataclass(frozen=True)
class Period:
    """Something that held for a time: a trust, a cluster, an adviser."""

    what: str
    name: str
    starts: date | None
    ends: date | None
    href: str = ""


@dataclass(frozen=True)
class FactLine:
    """One fact that changed, in words; for which day the register says so, and when that was recorded here."""

    what: str
    was: str
    now: str
    as_at: date
    recorded_at: datetime


@dataclass(frozen=True)
class History:
    """How the school came to be what it is: before and after it, what it belonged to, who advised it, what changed."""

    opened: tuple[Line, ...]
    chain: tuple[Before, ...]
    periods: tuple[Period, ...]
    changes: tuple[ChangeLine, ...]
    facts: tuple[FactLine, ...]


_HOW = {
    "conversion": "the one became the other",
    "amalgamation": "amalgamation",
    "split": "split",
    "review": "linked in the register; what the link means is for a person to say",
}


def overview(user: User, school: Organisation) -> Overview:
    """The first page of a school."""
    today = timezone.localdate()
    held = list(Belonging.objects.filter(on_day(), organisation=school).select_related("group"))
    mine = hrefs_of(user, [one.group_id for one in held])
    names = places.names(frozenset({school.authority} - {""}))
    load = Caseload.objects.filter(on_day(), organisation=school.key).select_related("user").first()
    inspections = inspected.inspections_of([school.key, *(one for one, _ in predecessors(school.key))])
    latest = inspected.latest_words(inspections)
    groups = (
        (
            "Who they are",
            (
                Line("Type", school.type),
                Line("Kind", school.kind_of_school.capitalize()),
                Line("Phase", school.phase),
                Line("Responsible", _RESPONSIBLE.get(school.responsible, "")),
                Line("Ages", _ages(school)),
                Line("Boys and girls", school.sex_of_pupils),
                Line("Religious character", school.religious_character),
                Line("Pupils on roll", _pupils(school)),
                Line("Headteacher", school.head),
                Line("UKPRN", school.ukprn),
            ),
        ),
        (
            "Where and with whom",
            (
                Line(
                    "Address",
                    ", ".join(each for each in (school.street, school.town, school.postcode) if each),
                ),
                Line("Telephone", school.telephone),
                Line("Website", school.website, school.website if school.website.startswith("http") else ""),
                Line("Authority", names.get(school.authority, "")),
                *(Line(one.kind.capitalize(), str(one.group), mine.get(one.group_id, "")) for one in held),
                Line("Diocese", school.diocese),
            ),
        ),
        (
            "How we work with them",
            (
                Line("Link adviser", f"{load.user}, since {_day(load.starts)}" if load else "nobody"),
                Line(
                    "Last graded inspection",
                    latest or "none is loaded",
                    reverse("school_inspections", args=[school.urn]) if latest else "",
                ),
            ),
        ),
    )
    dates: tuple[KeyDate, ...] = ()
    if reaches(user, school, *CONTACTS):
        coming = KeyDate.objects.filter(organisation=school, removed_at=None, on__gte=today)
        dates = tuple(coming[:5])
    return Overview(
        tuple((title, tuple(line for line in lines if line.words)) for title, lines in groups),
        tuple(change_lines(Change.objects.filter(organisation=school)[:5])),
        dates,
        Taking.objects.values_list("as_at", flat=True).first(),
        reaches(user, school, Permission.KEEP_SCHOOLS),
        school.in_register,
    )


_RESPONSIBLE = {
    "maintained": "Maintained by its authority",
    "academy": "Academy: its trust is responsible",
    "independent": "Independent",
}


def _ages(school: Organisation) -> str:
    if school.low_age is None or school.high_age is None:
        return ""
    return f"{school.low_age} to {school.high_age}"


def _pupils(school: Organisation) -> str:
    if school.pupils is None:
        return ""
    return f"{school.pupils:,}" + (f" (places for {school.capacity:,})" if school.capacity else "")


def _day(value: date | None) -> str:
    return f"{value.day} {value:%B %Y}" if value else "a day not known"


def hrefs_of(user: User, keys: Iterable[str]) -> dict[str, str]:
    """Where the page of each organisation is, of those that the person may see. One query."""
    seen = visible_to(user).filter(key__in=list(keys)).values_list("key", "kind", "urn")
    return {
        key: reverse("school", args=[urn]) if kind == "school" else reverse("group", args=[key])
        for key, kind, urn in seen
        if kind in ("school", "trust", "cluster", "federation")
    }


def predecessors(key: str) -> list[tuple[str, Succession]]:
    """The schools before one, near and far, by conversion, nearest first; each with what it says. At most five steps."""
    found: list[tuple[str, Succession]] = []
    seen, near = {key}, [key]
    for _ in range(5):
        links = Succession.objects.filter(organisation__in=near, how="conversion")
        further = [one for one in links if one.predecessor not in seen]
        if not further:
            break
        found += [(one.predecessor, one) for one in further]
        near = [one.predecessor for one in further]
        seen.update(near)
    return found


def history(user: User, school: Organisation) -> History:
    """How the school came to be what it is."""
    links = list(Succession.objects.filter(Q(organisation=school.key) | Q(predecessor=school.key)))
    far = [one for _, one in predecessors(school.key) if one.organisation != school.key]
    links += far
    others = {one.predecessor if one.predecessor != school.key else one.organisation for one in links}
    names, hrefs = places.names(frozenset(others)), hrefs_of(user, others)
    chain = []
    for one in sorted(links, key=lambda each: each.on or date.min, reverse=True):
        other = one.predecessor if one.predecessor != school.key else one.organisation
        chain.append(
            Before(
                "After" if one.predecessor == school.key else "Before" if one not in far else "Before that",
                names[other] if names[other] != other else "a school that is not in the register here",
                other.partition(":")[2],
                one.on,
                _HOW.get(one.how, one.how),
                hrefs.get(other, ""),
            )
        )
    held = list(Belonging.objects.filter(organisation=school).select_related("group"))
    mine = hrefs_of(user, [one.group_id for one in held])
    periods = [
        Period(one.kind.capitalize(), str(one.group), one.starts, one.ends, mine.get(one.group_id, ""))
        for one in held
    ]
    periods += [
        Period("Link adviser", str(load.user), load.starts, load.ends)
        for load in Caseload.objects.filter(organisation=school.key).select_related("user")
        if load.ends is None or load.ends >= load.starts
    ]
    opened = (
        Line("Opened", _dated(school.open_date, school.reason_opened)),
        Line("Closed", _dated(school.close_date, school.reason_closed) if school.is_closed else ""),
    )
    return History(
        tuple(line for line in opened if line.words),
        tuple(chain),
        tuple(sorted(periods, key=lambda one: (one.what, one.starts or date.min), reverse=True)),
        tuple(change_lines(Change.objects.filter(organisation=school)[:200])),
        tuple(_fact_lines(school)),
    )


def _fact_lines(school: Organisation) -> list[FactLine]:
    found = list(FactChange.objects.filter(organisation=school).order_by("-as_at", "-id")[:200])
    names = places.names(frozenset(text for one in found for text in (one.was, one.now) if ":" in text))
    return [
        FactLine(
            one.field.replace("_", " ").capitalize(),
            names.get(one.was, one.was),
            names.get(one.now, one.now),
            one.as_at,
            one.recorded_at,
        )
        for one in found
    ]


def _dated(day: date | None, reason: str) -> str:
    words = _day(day) if day else ""
    known = reason and not reason.lower().startswith("not applicable")
    return f"{words} ({reason})" if words and known else words


def change_lines(changes: Iterable[Change], read: frozenset[int] = frozenset()) -> list[ChangeLine]:
    """Changes in the register in words. Two queries, however many."""
    found = list(changes.select_related("organisation") if isinstance(changes, QuerySet) else changes)
    keys = {text for one in found for text in (one.was, one.now) if ":" in text}
    names = places.names(frozenset(keys))
    return [
        ChangeLine(
            one.pk,
            str(one.organisation),
            reverse("school", args=[one.organisation.urn]),
            change_words(one, names),
            one.on,
            one.noticed_at,
            one.pk in read,
        )
        for one in found
    ]


def change_words(change: Change, names: Mapping[str, str]) -> str:
    """`New head: Ms A Archer, before Mr B Baines`."""
    was, now = names.get(change.was, change.was), names.get(change.now, change.now)
    words = change.change[:1].upper() + change.change[1:]
    if change.change in ("opened", "closed"):
        return f"{words} ({now})" if now and not now.lower().startswith("not applicable") else words
    if change.change == "converted":
        return f"Converted: {was} became this school"
    if not now:
        return f"{words}: {was}"
    return f"{words}: {now}" + (f", before {was}" if was else "")


@dataclass(frozen=True)
class InspectionsPage:
    """The eras of a school's inspections, and the names of the schools before it that were inspected, by key."""

    eras: tuple[inspected.Era, ...]
    names: Mapping[str, str]


def inspections_page(school: Organisation) -> InspectionsPage:
    """The inspections of a school and of those before it."""
    found = inspected.inspections_of([school.key, *(key for key, _ in predecessors(school.key))])
    others = frozenset(one.of for one in found) - {school.key}
    return InspectionsPage(tuple(inspected.eras(found)), places.names(others))
