"""The pages of schools, for the permission matrix."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from headway.web.people.models import User
from headway.web.people.permissions import Permission
from headway.web.people.roles import ROLES
from headway.web.schools.access import CONTACTS, NOTES
from headway.web.schools.models import Belonging, Contact, KeyDate, Note
from web_pages import Page
from web_schools import make

P = Permission

OWN, OTHER = {"urn": 100001}, {"urn": 200001}


def _without(*permissions: P, status: int = 403, among: P = P.SEE_SCHOOLS) -> dict[str, int]:
    """The roles that may see schools but hold none of these."""
    return {
        key: status
        for key, role in ROLES.items()
        if among in role.permissions and not role.permissions.intersection(permissions)
    }


def pages(people: dict[str, User]) -> dict[str, Page]:
    """Every page of schools."""
    head = people["head_of_school_improvement"]
    made: dict[str, dict[str, Any]] = {}
    for urn, circle in ((100001, "authority:936"), (200001, "authority:937")):
        school = f"school:{urn}"
        note = {"title": "T", "text": "Words", "written_by": head}
        made[school] = {
            "contact": Contact.objects.create(organisation_id=school, name="A", role="Office"),
            "date": KeyDate.objects.create(
                organisation_id=school, on=timezone.localdate(), what="Governors meet", added_by=head
            ),
            "note": Note.objects.create(
                organisation_id=school, circle=circle, seen_by=Note.COLLEAGUES, **note
            ),
            "shared": Note.objects.create(organisation_id=school, circle=circle, seen_by=Note.SCHOOL, **note),
        }
    mine, other = made["school:100001"], made["school:200001"]
    contacts, notes = _without(*CONTACTS), _without(*NOTES)
    dates = _without(P.KEEP_SCHOOLS, P.WRITE_NOTES)
    of_authority = {"head_of_school_improvement", "link_adviser"}
    no_colleague = {
        key: 404
        for key, role in ROLES.items()
        if P.WRITE_NOTES in role.permissions and key not in of_authority
    }
    read = notes | no_colleague
    make("trust:3000", "Southmoor Trust", authority="authority:937")
    make("cluster:dale", "Dale cluster", authority="authority:937", kept_here=True)
    held = Belonging.objects.get(group="cluster:hill")
    of_the_trust = {"authority", "trust"}
    no_group = {
        key: 404
        for key, role in ROLES.items()
        if P.SEE_SCHOOLS in role.permissions and role.scope not in of_the_trust
    }
    key_date = {"on": "2030-01-01", "what": "Head leaves"}
    contact = {"name": "B", "role": "Clerk", "version": 0}
    text = {"title": "T", "about": "2026-01-01", "text": "W", "seen_by": "colleagues", "version": 0}
    return {
        "find_schools": Page(),
        "suggest_schools": Page(query="?text=bridge"),
        "schools_file": Page(),
        "school_map": Page(),
        "groups": Page(),
        "new_group": Page(answer=302, data={"kind": "cluster", "name": "New", "authority": "authority:936"}),
        "group": Page({"key": "trust:2044"}, {"key": "trust:3000"}, answers=no_group),
        "join_group": Page({"key": "cluster:hill"}, {"key": "cluster:dale"}, 302, data={"urn": "100001"}),
        "rename_group": Page({"key": "cluster:hill"}, {"key": "cluster:dale"}, 302, data={"name": "Hills"}),
        "leave_group": Page(
            {"key": "cluster:hill", "belonging_id": held.pk}, {"key": "cluster:dale", "belonging_id": held.pk}, 302,
            data={},
        ),
        "caseloads": Page(),
        "school_changes": Page(),
        "changes_read": Page(answer=302, data={"all": "yes"}),
        "school": Page(OWN, OTHER),
        "school_history": Page(OWN, OTHER),
        "school_inspections": Page(OWN, OTHER),
        "school_as_known": Page(OWN, OTHER, query="?on=2025-01-01"),
        "school_contacts": Page(OWN, OTHER, answers=contacts, foreigns=contacts),
        "remove_key_date": Page(
            {**OWN, "date_id": mine["date"].pk}, {**OTHER, "date_id": other["date"].pk}, 302, data=key_date,
            answers=dates, foreigns=dates,
        ),
        "new_contact": Page(OWN, OTHER, 302, data=contact),
        "school_contact": Page(
            {**OWN, "contact_id": mine["contact"].pk}, {**OTHER, "contact_id": other["contact"].pk}, 302, data=contact
        ),
        "end_contact": Page(
            {**OWN, "contact_id": mine["contact"].pk}, {**OTHER, "contact_id": other["contact"].pk}, 302, data={}
        ),
        "school_adviser": Page(OWN, OTHER, 302, data={"adviser": people["link_adviser"].pk}),
        "school_notes": Page(OWN, OTHER, answers=notes, foreigns=notes),
        "new_note": Page(OWN, OTHER, 302, data=text),
        "school_note": Page(
            {**OWN, "note_id": mine["shared"].pk}, {**OTHER, "note_id": other["shared"].pk},
            answers=read, foreigns=notes,
        ),
        "change_note": Page(
            {**OWN, "note_id": mine["note"].pk}, {**OTHER, "note_id": other["note"].pk}, 302, data=text,
            answers=no_colleague,
        ),
    }  # fmt: skip
