"""Contacts, key dates and notes of a school as their pages show them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Q, QuerySet
from django.utils import timezone

from headway.web.audit import versions
from headway.web.audit.models import Version
from headway.web.audit.versions import Difference
from headway.web.people import access as roles
from headway.web.people import places
from headway.web.people.models import RoleHeld, User
from headway.web.people.permissions import Permission
from headway.web.people.roles import ROLES
from headway.web.schools import access
from headway.web.schools.models import Contact, KeyDate, Note, Organisation


@dataclass(frozen=True)
class ContactsPage:
    """Whom to speak to, those of before, the days that matter, and what this person may change. `accounts` are those who
    hold a role of the school in the service today: name and role."""

    contacts: tuple[Contact, ...]
    former: tuple[Contact, ...]
    accounts: tuple[tuple[str, str], ...]
    coming: tuple[KeyDate, ...]
    past: tuple[KeyDate, ...]
    may_keep: bool
    may_date: bool


@dataclass(frozen=True)
class NoteLine:
    """A note in the list. `of` is in whose name it was written."""

    id: int
    title: str
    text: str
    about: date
    of: str
    by: str
    written_at: datetime
    tier: str
    restricted: bool
    may_change: bool


@dataclass(frozen=True)
class NotePage:
    """One note with every version of it, and what changed in each, for those who may see that."""

    note: Note
    line: NoteLine
    changes: list[tuple[Version, list[Difference]]]


_TIERS = {
    Note.COLLEAGUES: "Colleagues",
    Note.SCHOOL: "Colleagues and the school's leaders",
    Note.RESTRICTED: "Its writer, and those who may see restricted notes",
}


def contacts_page(user: User, school: Organisation) -> ContactsPage:
    """Contacts and key dates of a school."""
    today = timezone.localdate()
    held = RoleHeld.objects.filter(access.on_day(), scope=school.key, user__is_active=True).select_related(
        "user"
    )
    contacts = list(Contact.objects.filter(organisation=school))
    dates = list(KeyDate.objects.filter(organisation=school, removed_at=None))
    over = [one for one in contacts if one.ends and one.ends < today]
    return ContactsPage(
        contacts=tuple(one for one in contacts if one not in over),
        former=tuple(over),
        accounts=tuple((str(one.user), ROLES[one.role].title) for one in held if one.role in ROLES),
        coming=tuple(one for one in dates if one.on >= today),
        past=tuple(reversed([one for one in dates if one.on < today])),
        may_keep=access.reaches(user, school, Permission.KEEP_SCHOOLS),
        may_date=access.reaches(user, school, Permission.KEEP_SCHOOLS, Permission.WRITE_NOTES),
    )


def notes_of(user: User, school: Organisation) -> QuerySet[Note]:
    """The notes on a school that this person may read, the newest first."""
    return access.readable_notes(user, school).select_related("written_by")


def note_lines(user: User, school: Organisation, notes: list[Note]) -> list[NoteLine]:
    """Notes as they are listed."""
    mine = access.circles(user, school)
    names = places.names(frozenset(one.circle for one in notes))
    return [
        NoteLine(
            one.pk,
            one.title,
            one.text,
            one.about,
            names[one.circle],
            str(one.written_by),
            one.written_at,
            _TIERS[one.seen_by],
            one.seen_by == Note.RESTRICTED,
            one.circle in mine,
        )
        for one in notes
    ]


def note_page(user: User, school: Organisation, note: Note) -> NotePage:
    """One note and its versions; those only for whoever writes in the same name, since an earlier one may have been for
    fewer readers."""
    line = note_lines(user, school, [note])[0]
    return NotePage(note, line, versions.history(note.subject) if line.may_change else [])


def circle_choices(user: User, school: Organisation) -> list[tuple[str, str]]:
    """In whose name this person may write, by name."""
    mine = access.circles(user, school)
    names = places.names(frozenset(mine))
    return [(key, names[key]) for key in mine]


def adviser_choices(user: User, school: Organisation) -> list[tuple[str, str]]:
    """Who may become the school's link adviser: those who hold such a role today."""
    if not access.reaches(user, school, Permission.KEEP_SCHOOLS):
        return []
    return advisers()


def advisers() -> list[tuple[str, str]]:
    """Everybody who holds a role with a caseload today, by name."""
    held = RoleHeld.objects.filter(
        access.on_day(),
        role__in=[role.key for role in ROLES.values() if role.scope == "caseload"],
        user__is_active=True,
    )
    return [
        (str(one.pk), str(one))
        for one in User.objects.filter(Q(pk__in=held.values("user"))).order_by("name", "email")
    ]


def keeps(user: User) -> list[tuple[str, str]]:
    """The authorities whose clusters and caseloads this person keeps, by name."""
    held = [key for key in roles.scopes(user, Permission.KEEP_SCHOOLS) if key.startswith("authority:")]
    names = places.names(frozenset(held))
    return sorted(names.items(), key=lambda each: each[1])
