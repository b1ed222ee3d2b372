"""Every page as people meet it: nothing for axe to find, nothing in the console, no scrolling sideways at 320 pixels."""

from __future__ import annotations

import pytest

from browsing import SCHOOL, runs_over
from browsing_pages import pages_of
from headway.example.people import PEOPLE
from headway.web.people.roles import ROLES

PURPOSE = "Checking that results are right"
BY_FULLNESS = sorted(ROLES, key=lambda key: -len(ROLES[key].permissions))
"""Roles, who may do most first: a kind of page is looked at with the fullest, with others where it is built otherwise."""
SEE_PUPILS = ("data_officer", "headteacher", "senior_leader")
CHIEF_PAGES = {
    "head_of_school_improvement": (
        "/", "/schools/", "/people/", "/trail/", "/standards/releases/", "/data-protection/retention/",
    ),
    "headteacher": (f"/schools/{SCHOOL}/", f"/standards/schools/{SCHOOL}/", "/access-log/", "/asks/"),
    "governor": ("/", f"/standards/schools/{SCHOOL}/"),
    "administrator": ("/settings/", "/people/roles/"),
}  # fmt: skip


def look_at(page, address: str, axe) -> list[str]:
    """What is wrong with a page: by axe, and at the narrowest width."""
    page.set_viewport_size({"width": 1280, "height": 900})
    page.goto(address)
    wrong = axe(page)
    page.set_viewport_size({"width": 320, "height": 900})
    if (over := runs_over(page)) > 0:
        wrong.append(f"{address}: {over} pixels too wide at 320")
    return wrong


@pytest.mark.parametrize("role", sorted(CHIEF_PAGES))
def test_the_chief_pages_are_well_formed(role, page_of, axe):
    page = page_of(role)
    assert [wrong for address in CHIEF_PAGES[role] for wrong in look_at(page, address, axe)] == []


@pytest.mark.long
def test_every_page_of_every_role_is_well_formed(page_of, service, axe):
    seen: set[tuple[str, str]] = set()
    wrong: list[str] = []
    for role in BY_FULLNESS:
        page = page_of(role)
        starts = ("/",)
        if role in SEE_PUPILS:
            page.goto(f"/pupils/{SCHOOL}/")
            if "/purpose/" in page.url:
                page.get_by_label(PURPOSE).check()
                page.locator("main").get_by_role("button").first.click()
            starts = ("/", f"/pupils/{SCHOOL}/")
        for found in pages_of(page.context, service.address, starts=starts):
            if found.status != 200:
                wrong.append(f"{role}: {found.address} is linked to, and answers {found.status}")
                continue
            if (found.kind, found.build) not in seen:
                seen.add((found.kind, found.build))
                wrong += [f"{role}: {each}" for each in look_at(page, found.address, axe)]
    assert len({kind for kind, _ in seen}) > 40
    assert wrong == []


def test_there_is_a_role_for_every_person():
    assert {person.role for person in PEOPLE} == set(BY_FULLNESS)
