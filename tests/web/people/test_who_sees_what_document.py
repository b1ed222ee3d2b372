"""What the documents say of people is what the service does."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from headway.example.people import PEOPLE
from headway.web.people.permissions import Permission
from headway.web.people.roles import ROLES

DOCS = Path(__file__).parents[3] / "docs"


def test_the_table_of_roles_is_the_roles():
    said = {}
    for line in (DOCS / "explanation" / "who-sees-what.md").read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if len(cells) == 4 and cells[2] in ("yes", "no"):
            said[cells[0]] = (cells[2] == "yes", cells[3].split("; "))
    are = {
        role.title: (role.second_factor, [p.value for p in Permission if p in role.permissions])
        for role in ROLES.values()
    }
    assert said == are


def test_there_is_one_example_person_of_each_role():
    assert [person.role for person in PEOPLE] == list(ROLES)
    assert {person.role: person.scope for person in PEOPLE} == {
        key: role.scope for key, role in ROLES.items()
    }


@pytest.mark.parametrize("name", ["HEADWAY_IDLE_MINUTES", "HEADWAY_SECRET_KEY_BEFORE", "HEADWAY_EMAIL_HOST"])
def test_settings_of_signing_in_are_documented(name):
    assert name in (DOCS / "how-to" / "run-the-service.md").read_text(encoding="utf-8")


def test_the_limits_documented_are_those_in_force(settings):
    from headway.web.people import emergencies, invitations, purposes

    text = (DOCS / "how-to" / "run-the-service.md").read_text(encoding="utf-8")
    assert f"ends after {settings.IDLE_SECONDS // 60} minutes" in text
    assert f"ends after {settings.LONGEST_SECONDS // 3600} hours" in text
    assert invitations.HOLDS_FOR.days == 7
    assert re.search(rf"{emergencies.LASTS.seconds // 60} minutes, ten a day", text)
    assert purposes.HOLDS_FOR_SECONDS == 3600
