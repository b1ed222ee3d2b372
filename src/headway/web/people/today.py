"""What is to be done: the task list that is everyone's first page. Each part of the service contributes its own.

A part says once, when the service starts, `today.register(function)`; the function takes a user and returns their tasks.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from django.utils import timezone

from headway.web.people.models import User


@dataclass(frozen=True)
class Task:
    """One thing to do: in words, where (`href`), by when, and whether it cannot wait. `hint` says more."""

    text: str
    href: str
    due: date | None = None
    urgent: bool = False
    hint: str = ""

    @property
    def is_pressing(self) -> bool:
        """Whether it cannot wait, or should have been done."""
        return self.urgent or (self.due is not None and self.due < timezone.localdate())

    @property
    def status(self) -> str:
        """`Now`, `Overdue`, `Due` with its day, or `To do`."""
        if self.urgent:
            return "Now"
        if self.due is None:
            return "To do"
        if self.due < timezone.localdate():
            return "Overdue"
        return f"Due {self.due.day} {self.due:%B}"


Contribution = Callable[[User], list[Task]]
_contributions: list[Contribution] = []


def register(contribution: Contribution) -> Contribution:
    """Let a function contribute tasks; returns it, so that it serves as a decorator."""
    if contribution not in _contributions:
        _contributions.append(contribution)
    return contribution


def tasks(user: User) -> list[Task]:
    """Everything that the person has to do: what cannot wait first, then by the day it is due."""
    found = [task for contribution in _contributions for task in contribution(user)]
    return sorted(found, key=lambda task: (not task.urgent, task.due or date.max, task.text))
