"""Schools as their pages show them."""

from __future__ import annotations

from dataclasses import dataclass

from django.urls import reverse

from headway.web.people import access as roles
from headway.web.people.models import User
from headway.web.schools.access import containing
from headway.web.schools.models import Organisation
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
