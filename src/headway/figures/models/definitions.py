"""How England measured progress in a year: DfE's definitions as dated, cited data (`packs/progress.toml`)."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Literal

ProgressMethod = Literal[
    "median_line", "contextual", "expected_levels", "prior_attainment_groups", "reception_baseline", "none"
]
PriorAverage = Literal["reading, writing, mathematics", "English half, mathematics half"]


@dataclass(frozen=True)
class Definition:
    """A year's definition of progress from key stage 1 to key stage 2.

    `because` says what a reader must know, and why there is none where there is none; `limit` whether extreme
    negative scores are limited; `groups` the number of prior attainment groups, where it was read;
    `verified` is False where any of it is unverified, and `source` says which.
    """

    year: int
    method: ProgressMethod
    title: str
    published: bool
    source: str
    verified: bool
    because: str = ""
    prior_average: PriorAverage | None = None
    groups: int | None = None
    limit: bool = False

    @property
    def possible(self) -> bool:
        """Whether Headway can compute progress of this year's pupils, given their prior attainment."""
        return self.method not in ("none", "reception_baseline")


@cache
def definitions() -> dict[int, Definition]:
    """Every year's definition."""
    text = (files(__package__) / "packs" / "progress.toml").read_text(encoding="utf-8")
    found: dict[int, Definition] = {}
    for entry in tomllib.loads(text)["definition"]:
        for year in entry.pop("years"):
            found[year] = Definition(year=year, **entry)
    return dict(sorted(found.items()))


def definition(year: int) -> Definition:
    """The definition of a year; for a year of which nothing is known, one that says so."""
    known = definitions().get(year)
    if known is not None:
        return known
    first, last = min(definitions()), max(definitions())
    because = (
        f"national value added began in {first}"
        if year < first
        else f"how progress is measured after {last} is not in Headway's packs yet"
    )
    return Definition(year, "none", "No definition", False, "", False, because)
