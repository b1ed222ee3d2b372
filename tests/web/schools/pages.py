"""The pages of schools, for the permission matrix."""

from __future__ import annotations

from headway.web.people.models import User
from web_pages import Page

OWN, OTHER = {"urn": 100001}, {"urn": 200001}


def pages(people: dict[str, User]) -> dict[str, Page]:
    """Every page of schools."""
    return {
        "find_schools": Page(),
        "suggest_schools": Page(query="?text=bridge"),
        "schools_file": Page(),
        "school": Page(OWN, OTHER),
    }
