"""The pages of standards, for the permission matrix."""

from __future__ import annotations

from typing import Any

from django.conf import settings

from headway.web.people.models import User
from headway.web.people.permissions import Permission
from headway.web.people.roles import ROLES
from headway.web.standards import actions
from headway.web.standards.models import SCHOOLS
from released import MEASURE, YEAR, figure, handmade
from web_pages import Page

OWN, OTHER = "school:100001", "school:200001"


def pages(people: dict[str, User]) -> dict[str, Page]:
    """Every page of standards but those of an authority."""
    settings.SERVICE.mkdir(parents=True, exist_ok=True)
    made = [
        handmade("Here", "authority:936", [figure(OWN, 20, 30), figure("authority:936", 200, 300)]),
        handmade("There", "authority:937", [figure(OTHER, 21, 31), figure("authority:937", 210, 310)]),
    ]
    here, there = (
        actions.publish(made=one, state="provisional", visibility=SCHOOLS, by=None) for one in made
    )
    mine, theirs = {"urn": 100001}, {"urn": 200001}
    page = {"page": "trend"}
    file = {"page": "summary", "form": "csv"}
    key = {"year": YEAR, "years_pooled": 1, "measure": MEASURE, "group": "all"}
    own_release, other_release = {"release_id": here.pk}, {"release_id": there.pk}
    get_only: dict[str, Any] = {"own": own_release, "other": other_release}
    # Nobody but the head of service and the data officer publishes; their scope is the authority.
    no_school = _roles_without_schools()
    return {
        "releases": Page(),
        "release": Page(**get_only),
        "release_visibility": Page(**get_only, data={"visibility": "authority"}, answer=302),
        "release_state": Page(**get_only, data={"state": "validated"}, answer=302),
        "release_take_back": Page(**get_only, data={"why": "Wrong file"}, answer=302),
        "school_standards": Page(own=mine, other=theirs),
        "school_standards_page": Page(own=mine | page, other=theirs | page),
        "school_standards_file": Page(own=mine | file, other=theirs | file),
        "figure": Page(
            own={"organisation": OWN, **key}, other={"organisation": OTHER, **key}, answers=no_school
        ),
        "figure_receipt": Page(own={"receipt": "R00001"}, other={"receipt": "R00002"}, answer=404),
    }


def _roles_without_schools() -> dict[str, int]:
    """Roles that may see standards but hold them of nothing in these tests."""
    return {
        key: 404
        for key, role in ROLES.items()
        if Permission.SEE_STANDARDS in role.permissions and role.scope == "none"
    }
