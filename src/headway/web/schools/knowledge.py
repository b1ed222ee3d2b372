"""What was known of a school on a day. Each part contributes what it keeps: `knowledge.register(function)`.

The function takes the person who asks, the school and the day, and returns what it knows; it leaves out what that person
may not see, and never tells more than was known then but for corrections, which say so.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from headway.web.people.models import User
from headway.web.schools.models import Organisation


@dataclass(frozen=True)
class Known:
    """One thing that was known on the day.

    `heading` is the section of the page under which it stands (The register, Published figures, Notes …), `what` names it,
    `text` says it. `since` is the day it concerns or began, `recorded` the day it came into the service (None: not known).
    `correction` says what is known of it today, where that differs; a thing that was learned only later has `text` empty.
    """

    heading: str
    what: str
    text: str
    since: date | None = None
    recorded: date | None = None
    correction: str = ""
    href: str = ""
    order: int = 50


Contribution = Callable[[User, Organisation, date], list[Known]]
_contributions: list[Contribution] = []


def register(contribution: Contribution) -> Contribution:
    """Let a function contribute; returns it, so that it serves as a decorator."""
    if contribution not in _contributions:
        _contributions.append(contribution)
    return contribution


def known_on(user: User, organisation: Organisation, day: date) -> list[Known]:
    """All that was known of a school on a day, of what this person may see, in order of the page."""
    found = [one for contribution in _contributions for one in contribution(user, organisation, day)]
    return sorted(found, key=lambda one: (one.order, one.heading))
