"""The tabs on every page of a school. Each part offers its own once, when the service starts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from headway.web.people.permissions import Permission


@dataclass(frozen=True)
class Section:
    """A tab: its words, the name of its address (which takes the URN), the permissions of which one suffices for the school,
    and its place in the order. `wanted` may say more: given the key of the school, whether it has anything to show."""

    text: str
    url_name: str
    permission: Permission | tuple[Permission, ...]
    order: int
    wanted: Callable[[str], bool] | None = None

    @property
    def permissions(self) -> tuple[Permission, ...]:
        """Those of which one suffices."""
        return self.permission if isinstance(self.permission, tuple) else (self.permission,)


_sections: list[Section] = []


def offer(section: Section) -> Section:
    """Put a tab on every school's page, for those who are permitted there."""
    if section not in _sections:
        _sections.append(section)
        _sections.sort(key=lambda each: each.order)
    return section


def sections() -> tuple[Section, ...]:
    """Every tab, in order."""
    return tuple(_sections)
