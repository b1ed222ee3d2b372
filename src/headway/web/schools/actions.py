"""Everything that changes schools: the register taken from the store, and what the service itself keeps of them.

A person may change only what lies inside what is theirs; anything else raises NotPermitted, in words for them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from headway.figures.register import Tables
from headway.figures.sources.clusters import slug
from headway.web.audit import versions
from headway.web.audit.actions import record
from headway.web.people import access as roles
from headway.web.people import actions as people
from headway.web.people.actions import NotPermitted
from headway.web.people.models import Caseload, User
from headway.web.people.permissions import Permission
from headway.web.schools import access, taking
from headway.web.schools.models import (
    Belonging,
    Change,
    ChangeRead,
    Contact,
    KeyDate,
    Note,
    Organisation,
)
from headway.web.schools.taking import Taken

HERE = "here"
"""Source of a belonging that the service keeps itself."""
CONTACT_FIELDS = ("name", "role", "email", "telephone")
NOTE_FIELDS = ("about", "title", "text", "seen_by")


def take_register(store: Tables, *, by: User | None = None) -> Taken:
    """Bring the organisations here up to what the store's registers say, closed schools included; what changed is kept, and
    told to link advisers. Taking it again changes nothing."""
    return taking.take(store, by=by)


# Clusters, federations, caseloads


@transaction.atomic
def make_group(*, kind: str, name: str, authority: str, by: User) -> Organisation:
    """Make a cluster or federation, which the authority keeps here. Two of one name in an authority are not allowed."""
    if kind not in ("cluster", "federation"):
        raise NotPermitted("Only clusters and federations are made here: trusts come from the register.")
    if authority not in roles.scopes(by, Permission.KEEP_SCHOOLS):
        raise NotPermitted("You do not keep the clusters of this authority.")
    key = f"{kind}:{slug(name)}"[:60].rstrip("-")
    if Organisation.objects.filter(key=key).exists() or not slug(name):
        raise NotPermitted(f"There is already a {kind} of that name: choose another.")
    made = Organisation.objects.create(
        key=key, kind=kind, name=name.strip(), authority=authority, kept_here=True, **taking.searchable(name)
    )
    record(f"made {kind}", by=by, organisation=key, detail={"name": made.name})
    return made


@transaction.atomic
def rename_group(group: Organisation, *, name: str, by: User) -> None:
    """Give a cluster or federation another name; its key stays, so that roles held of it stay too."""
    _check_keeps(by, group)
    before, group.name = group.name, name.strip()
    for field, value in taking.searchable(name).items():
        setattr(group, field, value)
    group.save()
    record(f"renamed {group.kind}", by=by, organisation=group.key, detail={"from": before, "to": group.name})


@transaction.atomic
def add_to_group(
    group: Organisation, *, school: Organisation, by: User, starts: date | None = None
) -> Belonging:
    """A school joins a cluster or federation on a day (today)."""
    _check_keeps(by, group)
    if not access.reaches(by, school, Permission.KEEP_SCHOOLS):
        raise NotPermitted("You do not keep the clusters of this school.")
    starts = starts or timezone.localdate()
    held = Belonging.objects.filter(organisation=school, group=group).filter(
        Q(ends__isnull=True) | Q(ends__gte=starts)
    )
    if held.exists():
        raise NotPermitted(f"{school} already belongs to {group} then.")
    joined = Belonging.objects.create(
        organisation=school, group=group, kind=group.kind, starts=starts, source=HERE
    )
    record(
        f"added to {group.kind}",
        by=by,
        organisation=school.key,
        subject=group.key,
        detail={"from": starts.isoformat(), "to": str(group)},
    )
    return joined


@transaction.atomic
def leave_group(belonging: Belonging, *, by: User, on: date | None = None) -> None:
    """A school leaves a cluster or federation on a day (today): the day before is its last in it."""
    _check_keeps(by, belonging.group)
    on = on or timezone.localdate()
    if belonging.source != HERE:
        raise NotPermitted(
            "A list that was loaded says that the school belongs there: load a list that says otherwise."
        )
    if belonging.starts and on < belonging.starts:
        raise NotPermitted("A school cannot leave before it joined.")
    belonging.ends = on - timedelta(days=1)
    belonging.save(update_fields=["ends"])
    record(
        f"took from {belonging.group.kind}",
        by=by,
        organisation=belonging.organisation_id,
        subject=belonging.group_id,
        detail={"on": on.isoformat(), "from": str(belonging.group)},
    )


def assign_adviser(school: Organisation, *, adviser: User, by: User, starts: date | None = None) -> Caseload:
    """Make a person the school's link adviser from a day (today); whoever was it before is so until the day before."""
    return people.assign_caseload(adviser, organisation=school.key, by=by, starts=starts)


@transaction.atomic
def assign_caseload(
    schools: Iterable[Organisation], *, adviser: User, by: User, starts: date | None = None
) -> int:
    """Make a person the link adviser of several schools at once, all or none; returns of how many."""
    return len([assign_adviser(school, adviser=adviser, by=by, starts=starts) for school in schools])


def end_adviser(school: Organisation, *, by: User, on: date | None = None) -> None:
    """The school's link adviser is so no longer, from a day (today) on."""
    on = on or timezone.localdate()
    last = on - timedelta(days=1)
    for load in Caseload.objects.filter(access.on_day(on), organisation=school.key):
        people.end_caseload(load, by=by, on=last)


def _check_keeps(by: User, group: Organisation) -> None:
    if not group.kept_here:
        raise NotPermitted("The register keeps this group: it is changed there.")
    if not access.reaches(by, group, Permission.KEEP_SCHOOLS):
        raise NotPermitted("You do not keep this group.")


# Contacts and key dates


@transaction.atomic
def save_contact(
    contact: Contact | None, values: Mapping[str, str], *, school: Organisation, by: User, expected: int = 0
) -> Contact:
    """Add a contact, or change one that was opened as version `expected`. Raises versions.Conflict if somebody else saved
    it after that."""
    if not access.reaches(by, school, Permission.KEEP_SCHOOLS):
        raise NotPermitted("You do not keep the contacts of this school.")
    saved = contact or Contact(organisation=school)
    snapshot = {name: values[name] for name in CONTACT_FIELDS}
    for name, value in snapshot.items():
        setattr(saved, name, value)
    saved.save()
    versions.save_version(saved.subject, snapshot, by=by, expected=expected)
    verb = "changed contact" if contact else "added contact"
    record(verb, by=by, organisation=school.key, subject=saved.subject, detail={"role": saved.role})
    return saved


@transaction.atomic
def end_contact(contact: Contact, *, by: User, on: date | None = None) -> None:
    """Somebody is no longer a school's contact, from a day (today) on."""
    if not access.reaches(by, contact.organisation, Permission.KEEP_SCHOOLS):
        raise NotPermitted("You do not keep the contacts of this school.")
    contact.ends = (on or timezone.localdate()) - timedelta(days=1)
    contact.save(update_fields=["ends"])
    record(
        "ended contact",
        by=by,
        organisation=contact.organisation_id,
        subject=contact.subject,
        detail={"role": contact.role},
    )


_DATES = (Permission.KEEP_SCHOOLS, Permission.WRITE_NOTES)


@transaction.atomic
def add_key_date(school: Organisation, *, on: date, what: str, by: User) -> KeyDate:
    """Note a day that matters for a school."""
    if not access.reaches(by, school, *_DATES):
        raise NotPermitted("You do not keep the key dates of this school.")
    made = KeyDate.objects.create(organisation=school, on=on, what=what.strip(), added_by=by)
    record("added key date", by=by, organisation=school.key, detail={"on": on.isoformat(), "what": made.what})
    return made


@transaction.atomic
def remove_key_date(key_date: KeyDate, *, by: User) -> None:
    """Take a key date from the page; that it stood there is kept."""
    if not access.reaches(by, key_date.organisation, *_DATES):
        raise NotPermitted("You do not keep the key dates of this school.")
    key_date.removed_at = timezone.now()
    key_date.save(update_fields=["removed_at"])
    detail = {"on": key_date.on.isoformat(), "what": key_date.what}
    record("removed key date", by=by, organisation=key_date.organisation_id, detail=detail)


# Notes


@transaction.atomic
def save_note(
    note: Note | None,
    values: Mapping[str, object],
    *,
    school: Organisation,
    by: User,
    circle: str = "",
    expected: int = 0,
) -> Note:
    """Write a note on a school in the name of a circle (the first that is the person's, unless said), or change one that was
    opened as version `expected`. Raises versions.Conflict if somebody else saved it after that."""
    mine = access.circles(by, school)
    circle = note.circle if note else circle or next(iter(mine), "")
    if circle not in mine:
        raise NotPermitted("You do not write notes on this school.")
    saved = note or Note(organisation=school, circle=circle, written_by=by)
    snapshot = {name: str(values[name]) for name in NOTE_FIELDS}
    for name in NOTE_FIELDS:
        setattr(saved, name, values[name])
    saved.save()
    versions.save_version(saved.subject, snapshot, by=by, expected=expected)
    verb = "changed note" if note else "wrote note"
    record(verb, by=by, organisation=school.key, subject=saved.subject, detail={"seen by": saved.seen_by})
    return saved


# The feed


@transaction.atomic
def mark_read(changes: Iterable[Change], *, by: User) -> int:
    """Note that a person has read of changes; returns how many they had not. Each person reads for themselves."""
    read = set(ChangeRead.objects.filter(user=by).values_list("change", flat=True))
    unread = [one for one in changes if one.pk not in read]
    ChangeRead.objects.bulk_create(
        (ChangeRead(change=one, user=by) for one in unread), ignore_conflicts=True, batch_size=1_000
    )
    return len(unread)
