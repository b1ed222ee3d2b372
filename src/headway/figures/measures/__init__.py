"""Measures: what is counted, of whom, in which years, and where it breaks.

A measure is one file in this folder that defines `measure` (or `measures`, where one definition
serves a family such as the 13 profile scales). It is found by being there: nothing is edited elsewhere.
Measures are Narwhals expressions over a *cohort frame*: one row a pupil, the columns of the
measure's assessments table joined with those of `pupils` for the same collection.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Literal

import narwhals as nw

Unit = Literal["percent", "scaled score", "points", "progress points", "pupils", "percentage points", "index"]
Direction = Literal["higher", "lower", "neutral"]
Kind = Literal["count", "proportion", "mean", "ratio", "spread", "published"]
Expression = Callable[[int], nw.Expr]
"""A Narwhals expression for one year, since definitions and codes are dated."""


@dataclass(frozen=True)
class Break:
    """From `year` on the figures may not be compared with those before it."""

    year: int
    reason: str
    source: str
    verified: bool = True


@dataclass(frozen=True)
class Years:
    """The years for which a measure holds: first to last (open where null), less those without data."""

    first: int
    last: int | None = None
    without: tuple[int, ...] = ()

    def __contains__(self, year: object) -> bool:
        return (
            isinstance(year, int)
            and year >= self.first
            and (self.last is None or year <= self.last)
            and year not in self.without
        )


@dataclass(frozen=True)
class Measure:
    """One measure, as a data officer would define it.

    A *count* has `cohort` alone: how many pupils. A *proportion* has `cohort` (who is in the denominator)
    and `numerator`; a *mean* has `cohort` and `value`; a *ratio* has `base` too and is 100 times the sum of
    the values over the sum of the bases (sessions missed of sessions possible); a *spread* is a
    statistic of the whole distribution of a whole-number `value`, named by `spread`. A measure with none of
    these is known only as others have *published* it.
    All give an expression for a year; `cohort` and `numerator` are boolean and a null counts as false.
    A pupil of the cohort whose value is null is left out of a mean, a ratio and a spread.
    """

    key: str
    title: str
    definition: str
    stage: str
    unit: Unit
    direction: Direction
    years: Years
    source: str
    table: str | None = None
    collection: str | None = None
    cohort: Expression | None = None
    numerator: Expression | None = None
    value: Expression | None = None
    base: Expression | None = None
    spread: Literal["lowest_fifth_gap"] | None = None
    of_pupils: bool = True
    """Whether a percentage is of the pupils in the denominator; false for shares of sessions, say."""
    breaks: tuple[Break, ...] = ()
    groups: tuple[str, ...] | None = None
    """Keys of the groups it is split by; None for all that the data allow."""
    notes: str = ""

    @property
    def kind(self) -> Kind:
        """Whether it is counted, averaged, or only taken as published."""
        if self.cohort is None:
            return "published"
        if self.numerator is not None:
            return "proportion"
        if self.value is None:
            return "count"
        if self.spread is not None:
            return "spread"
        return "ratio" if self.base is not None else "mean"

    def comparable(self, earlier: int, later: int) -> bool:
        """Whether the figures of the two years may stand in one series."""
        first, last = sorted((earlier, later))
        return not any(first < found.year <= last for found in self.breaks)

    def breaks_between(self, earlier: int, later: int) -> tuple[Break, ...]:
        """The breaks that part the two years."""
        first, last = sorted((earlier, later))
        return tuple(found for found in self.breaks if first < found.year <= last)


@cache
def registry() -> dict[str, Measure]:
    """Every measure by key, in alphabetical order. Raises ValueError if two share a key."""
    found: dict[str, Measure] = {}
    for measure in _in_this_folder():
        if measure.key in found:
            raise ValueError(f"two measures are called {measure.key}")
        found[measure.key] = measure
    return dict(sorted(found.items()))


def _in_this_folder() -> Iterator[Measure]:
    for module in pkgutil.iter_modules(__path__):
        contents = importlib.import_module(f"{__name__}.{module.name}")
        if hasattr(contents, "measure"):
            yield contents.measure
        yield from getattr(contents, "measures", ())
