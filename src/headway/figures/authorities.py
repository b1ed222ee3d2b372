"""Local authorities, dated: their names, and which of them served an area before and after a reorganisation.

The data, each with its source, are in `authorities.toml`. Nothing here joins a series: an authority's
figures before its own time are made from its schools, and labelled back-cast.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Authority:
    """An authority as DfE's lists name it; `first_day` and `last_day` are None where they do not matter."""

    code: str
    name: str
    region: str
    kind: str
    first_day: date | None = None
    last_day: date | None = None


@dataclass(frozen=True)
class Change:
    """A reorganisation: the codes before and after its day, and which took over from which."""

    day: date
    title: str
    before: tuple[str, ...]
    after: tuple[str, ...]
    pairs: tuple[tuple[str, str], ...]
    note: str
    source: str
    verified: bool


@cache
def _data() -> dict[str, Any]:
    with Path(__file__).with_suffix(".toml").open("rb") as file:
        return tomllib.load(file)


@cache
def authorities() -> dict[str, Authority]:
    """Every authority by three-digit code."""
    return {
        entry["code"]: Authority(
            entry["code"],
            entry["name"],
            entry["region"],
            entry["kind"],
            entry.get("from"),
            entry.get("until"),
        )
        for entry in _data()["authority"]
    }


@cache
def changes() -> tuple[Change, ...]:
    """Every reorganisation, oldest first."""
    found = [
        Change(
            entry["date"],
            entry["title"],
            tuple(entry["before"]),
            tuple(entry["after"]),
            tuple((before, after) for before, after in entry["pairs"]),
            entry["note"],
            entry["source"],
            entry["verified"],
        )
        for entry in _data()["change"]
    ]
    return tuple(sorted(found, key=lambda change: change.day))


def authority_name(code: str) -> str | None:
    """The authority's name in DfE's lists, or None."""
    found = authorities().get(code)
    return found.name if found else None


def authority_on(code: str, day: date) -> tuple[str, ...]:
    """The codes of the authorities that served the area of this authority on that day.

    The code itself while it lasts; after its end its successors, before its beginning its predecessors.
    Several codes mean that the areas are not the same: 835 (Dorset) is answered by 838 and 839 from April
    2019, and a figure must then be made from schools. Empty where the successors have no code yet (Surrey
    from 1 April 2027). A code that DfE's lists do not know is answered by itself.
    """
    codes = {code}
    for change in reversed(changes()):
        if day < change.day:
            codes = _replaced(codes, _predecessors(change))
    for change in changes():
        if day >= change.day:
            codes = _replaced(codes, _successors(change))
    return tuple(sorted(codes))


def _predecessors(change: Change) -> dict[str, set[str]]:
    """Each code after the change with those that it took over from."""
    return {code: {before for before, after in change.pairs if after == code} for code in change.after}


def _successors(change: Change) -> dict[str, set[str]]:
    """Each code before the change with those that took over from it."""
    return {code: {after for before, after in change.pairs if before == code} for code in change.before}


def _replaced(codes: set[str], by: dict[str, set[str]]) -> set[str]:
    replaced: set[str] = set()
    for code in codes:
        replaced |= by.get(code, {code})
    return replaced
