"""What the service keeps of the example authority's schools: clusters, caseloads, contacts, key dates, notes, and a register
that changed once. All invented, for `headway demo` and tests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

import polars as pl
from django.db import transaction
from django.utils import timezone

from headway.figures.register import Tables
from headway.web.audit.actions import record
from headway.web.people.models import Caseload, User
from headway.web.schools import actions, taking
from headway.web.schools.models import Belonging, Contact, KeyDate, Note, Organisation, Taking
from headway.web.schools.register import Register, State, read

EARLIER = date(2024, 3, 1)
"""The day of the register before the example's own."""
_TOWNS = ("Calder Bridge", "Saltby", "Eastholme")
_HEADS = {"school:900145": "Mrs Q Quayle", "school:900147": "Mr R Rashid", "school:900150": "Ms S Sutton",
          "school:900120": "Mr T Tan"}  # fmt: skip
_NAMES = {"school:900146": "Linden Community Primary School"}
"""Heads and a name as the earlier register has them."""
_CONTACTS = (
    ("Lesley Orme", "Office manager"),
    ("Rev. Paul Stead", "Chair of governors"),
    ("Asha Verma", "SENCO"),
)
_NOTES = (
    ("link_adviser", Note.COLLEAGUES, -40, "Autumn visit",
     "Looked at reading in Years 3 and 4 with the deputy.\n\nPhonics catch-up is in place; books match what pupils read. "
     "Agreed to look at writing next time."),
    ("link_adviser", Note.SCHOOL, -12, "What we agreed",
     "The school will send its reading plan by half-term. We will pay for two days of the literacy consultant."),
    ("head_of_school_improvement", Note.RESTRICTED, -5, "Headship",
     "The chair told me in confidence that the head may retire in the summer."),
)  # fmt: skip


@dataclass(frozen=True)
class ExampleSchools:
    """The key of a cluster of the example, and all of them."""

    cluster: str
    clusters: tuple[str, ...]


def make_example_schools(store: Tables, users: Mapping[str, User] | None = None) -> ExampleSchools:
    """Take the example's register (as if an earlier one had been taken before) and make its clusters; with `users`, the
    example people by role, also their caseload's past, contacts, key dates and notes. What is there is not made twice."""
    if not Taking.objects.exists():
        _take_earlier(read(store))
    actions.take_register(store)
    made = tuple(_cluster(town) for town in _TOWNS)
    if users:
        _keep(users)
    return ExampleSchools(made[0], made)


def _take_earlier(register: Register) -> None:
    """The register as it might have been half a year before: other heads, a school by another name."""
    final = register.states[-1].organisations
    key, new = pl.col("organisation"), {"head": _HEADS, "name": _NAMES}
    earlier = final.with_columns(
        **{name: key.replace_strict(values, default=pl.col(name)) for name, values in new.items()}
    )
    at = timezone.make_aware(datetime(2024, 3, 4, 9, 0))
    taking.take_read(replace(register, states=(State(EARLIER, earlier),)), by=None, at=at)


@transaction.atomic
def _cluster(town: str) -> str:
    """A cluster of the open schools of a town, one of which has left it."""
    authority = (
        Organisation.objects.filter(kind="authority").order_by("key").values_list("key", flat=True).first()
        or ""
    )
    group, new = Organisation.objects.get_or_create(
        key=f"cluster:{town.lower().replace(' ', '-')}",
        defaults={
            "kind": "cluster", "name": f"{town} cluster", "authority": authority, "kept_here": True,
            **taking.searchable(f"{town} cluster"),
        },
    )  # fmt: skip
    if new:
        schools = list(
            Organisation.objects.filter(kind="school", town=town, is_closed=False).order_by("key")[:9]
        )
        Belonging.objects.bulk_create(
            Belonging(
                organisation=school, group=group, kind="cluster", source=actions.HERE, starts=date(2019, 9, 1),
                ends=date(2023, 8, 31) if school is schools[-1] else None,
            )
            for school in schools
        )  # fmt: skip
        record(
            "made cluster",
            by=None,
            organisation=group.key,
            detail={"name": group.name, "schools": len(schools)},
        )
    return group.key


def _keep(users: Mapping[str, User]) -> None:
    """What the example people keep of the schools of the caseload."""
    adviser, officer = users["link_adviser"], users["data_officer"]
    Caseload.objects.filter(user=adviser).update(starts=date(2023, 9, 1))
    keys = (
        Caseload.objects.filter(user=adviser).order_by("organisation").values_list("organisation", flat=True)
    )
    schools = list(Organisation.objects.filter(key__in=list(keys)).order_by("key"))
    today = timezone.localdate()
    for number, school in enumerate(schools):
        if not Contact.objects.filter(organisation=school).exists():
            for name, role in _CONTACTS[: 1 + number % len(_CONTACTS)]:
                email = f"{name.split()[-1].lower()}@school{school.urn}.example"
                values = {"name": name, "role": role, "email": email, "telephone": ""}
                actions.save_contact(None, values, school=school, by=officer)
        if not KeyDate.objects.filter(organisation=school).exists():
            soon = today + timedelta(days=10 + 9 * number)
            actions.add_key_date(school, on=soon, what="Governing body meets", by=adviser)
    for school in schools[:2]:
        if not Note.objects.filter(organisation=school).exists():
            for role, tier, days, title, text in _NOTES:
                about = today + timedelta(days=days)
                values = {"about": about, "title": title, "text": text, "seen_by": tier}
                actions.save_note(None, values, school=school, by=users[role])
