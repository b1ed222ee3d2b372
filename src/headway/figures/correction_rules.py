"""What may be corrected in DfE's key stage 2 file, by which rule, and until when: dated, cited data (`corrections.toml`)."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any


@dataclass(frozen=True)
class Rule:
    """A reason for a correction: what would change, what the school must confirm, where it is asked, and the source.

    `years_read` are the years for which the source was read; in another year the rule is carried over, unverified.
    """

    key: str
    title: str
    change: str
    asks: str
    where: str
    source: str
    years_read: tuple[int, ...]
    admitted_from_year_group: int | None = None
    marks_short: int | None = None

    def verified(self, year: int) -> bool:
        """Whether a source for that very year was read."""
        return year in self.years_read


@dataclass(frozen=True)
class Deadline:
    """Until when corrections of a year's results may be asked for."""

    year: int
    day: date
    time: str
    source: str


@cache
def _document() -> dict[str, Any]:
    return tomllib.loads(files("headway.figures").joinpath("corrections.toml").read_text(encoding="utf-8"))


@cache
def rules() -> dict[str, Rule]:
    """Every rule by key."""
    return {
        entry["key"]: Rule(**entry | {"years_read": tuple(entry["years_read"])})
        for entry in _document()["rule"]
    }


@cache
def deadlines() -> dict[int, Deadline]:
    """The deadlines that a source gives, by year. Of another year none is known: whoever knows it enters it."""
    return {entry["year"]: Deadline(**entry) for entry in _document()["deadline"]}
