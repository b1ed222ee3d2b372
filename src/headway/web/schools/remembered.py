"""What schools themselves know of a school on a day: the register, where it belonged, who advised it, contacts, dates, notes
and inspections. Other parts add what they keep (`knowledge.register`)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from headway.web.audit.models import Version
from headway.web.people import places
from headway.web.people.models import Caseload, RoleHeld, User
from headway.web.people.roles import ROLES
from headway.web.schools import facts, inspected
from headway.web.schools.access import CONTACTS, on_day, reaches, readable_notes
from headway.web.schools.knowledge import Known
from headway.web.schools.models import (
    Belonging,
    Contact,
    FactChange,
    KeyDate,
    Note,
    Organisation,
    Taking,
)
from headway.web.schools.presenters import dfe_number, predecessors

_SHOWN = {
    "name": "Name",
    "type": "Type",
    "status": "Status",
    "head": "Headteacher",
    "trust": "Trust",
    "federation": "Federation",
    "authority": "Authority",
    "dfe_number": "DfE number",
    "phase": "Phase",
    "low_age": "Lowest age",
    "high_age": "Highest age",
    "pupils": "Pupils on roll",
    "capacity": "Places",
    "street": "Street",
    "town": "Town",
    "postcode": "Postcode",
    "open_date": "Opened",
    "close_date": "Closed",
}
"""Facts of the register that the page shows, in its order."""
_BELONGED = "Where it belonged, who advised it"


def the_register(user: User, school: Organisation, day: date) -> list[Known]:
    """The register's facts as they were recorded here by the day, and where today another thing is known of that day."""
    first = Taking.objects.order_by("at").values_list("at", flat=True).first()
    known = facts.known_on([school], day)[school.key]
    stood = facts.stood_on([school], day)[school.key]
    recorded = {
        change.field: change.recorded_at
        for change in FactChange.objects.filter(organisation=school, as_at__lte=day).order_by("recorded_at")
    }
    here = first is not None and school.recorded_at <= facts.end_of(day)
    names = places.names(
        frozenset(
            str(each[name])
            for each in (known, stood)
            for name in ("trust", "federation", "authority")
            if each[name]
        )
    )
    found = []
    for name, what in _SHOWN.items():
        then, now = _words(name, known, names), _words(name, stood, names)
        then = _on_the_day(name, known, day, then)
        now = _on_the_day(name, stood, day, now)
        if not here:
            then = ""
        if then or now:
            when = recorded.get(name, school.recorded_at)
            differs = then != now
            found.append(
                Known(
                    "The register",
                    what,
                    then,
                    recorded=timezone.localdate(when),
                    correction=(now or "nothing") if differs else "",
                    order=10,
                )
            )
    return found


def _on_the_day(name: str, of: Mapping[str, object], day: date, words: str) -> str:
    """Status and days as they bear on the day: a school that closed later was open, and nobody knew when it would close."""
    opened, closed = of["open_date"], of["close_date"]
    if name == "status" and isinstance(opened, date) and opened > day:
        return "Not yet open"
    if name == "status" and isinstance(closed, date):
        return "Open" if closed >= day else words
    if name == "close_date" and isinstance(closed, date) and closed > day:
        return ""
    return words


def _words(name: str, of: Mapping[str, object], names: Mapping[str, str]) -> str:
    value = of[name]
    if value is None or value == "":
        return ""
    if isinstance(value, date):
        return f"{value.day} {value:%B %Y}"
    text = str(value)
    return dfe_number(text) if name == "dfe_number" else names.get(text, text)


def where_it_belonged(user: User, school: Organisation, day: date) -> list[Known]:
    """Clusters, federations and trusts of the day; and its link adviser."""
    held = Belonging.objects.filter(on_day(day), organisation=school).select_related("group")
    found = [
        Known(
            _BELONGED,
            one.kind.capitalize(),
            str(one.group),
            since=one.starts,
            order=20,
        )
        for one in held
    ]
    loads = Caseload.objects.filter(on_day(day), organisation=school.key).select_related("user")
    return found + [
        Known(_BELONGED, "Link adviser", str(load.user), since=load.starts, order=20) for load in loads
    ]


def who_held_what(user: User, school: Organisation, day: date) -> list[Known]:
    """Who held a role of the school in the service, and whom the service spoke to; for those who work with it."""
    if not reaches(user, school, *CONTACTS):
        return []
    held = RoleHeld.objects.filter(on_day(day), scope=school.key).select_related("user")
    found = [
        Known("People", ROLES[one.role].title, str(one.user), since=one.starts, order=30)
        for one in held
        if one.role in ROLES
    ]
    contacts = list(Contact.objects.filter(on_day(day), organisation=school))
    then = _versions([one.subject for one in contacts], day)
    for contact in contacts:
        said = then.get(contact.subject)
        now = f"{contact.name}, {contact.role}"
        words = f"{said['name']}, {said['role']}" if said else ""
        found.append(
            Known(
                "People",
                "Contact",
                words,
                since=contact.starts,
                correction=now if now != words else "",
                order=30,
            )
        )
    return found


def key_dates(user: User, school: Organisation, day: date) -> list[Known]:
    """The days that stood ahead, as they were noted by then; for those who work with the school."""
    if not reaches(user, school, *CONTACTS):
        return []
    end = facts.end_of(day)
    ahead = KeyDate.objects.filter(
        Q(removed_at__isnull=True) | Q(removed_at__gt=end),
        organisation=school,
        added_at__lte=end,
        on__gte=day,
    )
    return [
        Known(
            "Key dates ahead",
            f"{one.on.day} {one.on:%B %Y}",
            one.what,
            recorded=timezone.localdate(one.added_at),
            correction="removed since" if one.removed_at else "",
            order=35,
        )
        for one in ahead[:50]
    ]


def notes(user: User, school: Organisation, day: date) -> list[Known]:
    """Notes about the day's past, as they read then; those written only later are marked."""
    mine = list(readable_notes(user, school).filter(about__lte=day).order_by("-about", "-id")[:100])
    then = _versions([one.subject for one in mine], day)
    found = []
    for note in mine:
        said = then.get(note.subject)
        may_see = said is None or _may_see_version(note, said)
        text = str(said["text"]) if said and may_see else ""
        found.append(
            Known(
                "Notes",
                str(said["title"]) if said and may_see else note.title,
                text,
                since=note.about,
                recorded=timezone.localdate(note.written_at),
                correction=note.text if note.text != text else "",
                href=reverse("school_note", args=[school.urn, note.pk]),
                order=70,
            )
        )
    return found


def _may_see_version(note: Note, said: Mapping[str, object]) -> bool:
    """An earlier version that was for fewer readers is not shown where the note now has more."""
    return said.get("seen_by") == note.seen_by


def _versions(subjects: list[str], day: date) -> dict[str, Mapping[str, object]]:
    """What each record said at the end of a day. One query."""
    rows = Version.objects.filter(subject__in=subjects, at__lte=facts.end_of(day)).order_by("number")
    return {one.subject: one.snapshot for one in rows}


def inspections(user: User, school: Organisation, day: date) -> list[Known]:
    """Inspections whose report was out by the day; those that took place by then and came out later are marked."""
    keys = [school.key, *(key for key, _ in predecessors(school.key))]
    found = []
    for one in inspected.inspections_of(keys):
        if one.on > day:
            continue
        words = (
            "; ".join(f"{area}: {value}" for area, value in one.judgements.items()) or one.outcome or one.type
        )
        out = one.published is None or one.published <= day
        found.append(
            Known(
                "Inspections",
                f"{one.on.day} {one.on:%B %Y}",
                (words or "no grade") if out else "",
                since=one.published,
                correction="" if out else words or "no grade",
                href=reverse("school_inspections", args=[school.urn]),
                order=50,
            )
        )
    return found


CONTRIBUTIONS = (the_register, where_it_belonged, who_held_what, key_dates, inspections, notes)
"""All that schools know, in the order of the page."""


def began() -> date | None:
    """The day from which on it is recorded here what was known."""
    first = Taking.objects.order_by("at").values_list("at", flat=True).first()
    return timezone.localdate(first) if first else None


def usual_day() -> date:
    """The day that the page shows unless asked: a year ago."""
    return timezone.localdate() - timedelta(days=365)
