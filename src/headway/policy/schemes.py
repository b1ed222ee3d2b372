"""Categorisation schemes: dated, cited packs that say how a school's evidence leads to a proposed category.

A scheme has criteria (each with levels, the least concerning first, and rules by kind of school and year) and one
way of putting them together: gates, points, a two-axis matrix, best fit, or a ranking. Code holds the kinds of
rule; thresholds, descriptors, weights and entitlements stand in the pack, each with its source.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from typing import Any

from headway.policy.criteria import Criterion as Kind
from headway.policy.gates import AtLevel, Gate, atoms, in_words
from headway.policy.packs import dates
from headway.policy.packs.checking import PackError

METHODS = ("gates", "points", "matrix", "best fit", "ranking")


class SchemeError(PackError):
    """A scheme that may not be used as asked: outside its dates, say."""


@dataclass(frozen=True)
class Level:
    """One level of a criterion: its name, what it looks like, and its concern from 0 to 1."""

    name: str
    descriptor: str = ""
    concern: float = 0.0


@dataclass(frozen=True)
class Rule:
    """How a criterion is judged for some kinds of school in some years (all, where `kinds` or a year is left out).

    `gives` translates the code's levels into the criterion's own.
    """

    kind: Kind
    settings: Any
    gives: Mapping[str, str]
    kinds: tuple[str, ...] = ()
    first_year: int | None = None
    last_year: int | None = None
    source: str = ""
    verified: bool = True

    def holds(self, kind: str | None, year: int) -> bool:
        """Whether the rule is for that kind of school and year."""
        return (
            (not self.kinds or (kind or "unknown") in self.kinds)
            and (self.first_year is None or year >= self.first_year)
            and (self.last_year is None or year <= self.last_year)
        )


@dataclass(frozen=True)
class Criterion:
    """One criterion of a scheme. Without `levels` it measures on a continuous scale from 0 to 1."""

    key: str
    title: str
    levels: tuple[Level, ...]
    rules: tuple[Rule, ...]
    weight: float = 1.0
    source: str = ""

    def rule(self, kind: str | None, year: int) -> Rule | None:
        """The first rule for that kind of school and year, or None."""
        return next((one for one in self.rules if one.holds(kind, year)), None)

    def level(self, name: str) -> Level | None:
        """The level of that name."""
        return next((one for one in self.levels if one.name == name), None)

    def rank(self, name: str) -> int:
        """Its place among the levels, 0 for the least concerning."""
        return [one.name for one in self.levels].index(name)


@dataclass(frozen=True)
class Category:
    """A category: its meaning, colour and what it entitles to. In the scheme the most concerned stands first.

    `when` is its gate, `from_score` the score (0 to 1) from which it holds.
    """

    key: str
    title: str
    meaning: str
    colour: str = ""
    entitlement: str = ""
    days: float | None = None
    package: str = ""
    when: Gate | AtLevel | None = None
    from_score: float | None = None
    review: str = ""


@dataclass(frozen=True)
class Group:
    """A name for what was found, such as *low attaining and underperforming*. It decides nothing."""

    key: str
    title: str
    when: Gate | AtLevel
    instead_of: tuple[str, ...] = ()


@dataclass(frozen=True)
class Treatment:
    """How the scheme treats a kind of school, in words, and the context shown beside it."""

    kind: str
    words: str


@dataclass(frozen=True)
class Matrix:
    """Which category stands where two criteria cross; where the table says nothing a person decides."""

    rows: str
    columns: str
    table: Mapping[tuple[str, str], str]


@dataclass(frozen=True)
class Scheme:
    """A scheme as a pack describes it. `categories`: the most concerned first."""

    key: str
    title: str
    version: str
    method: str
    first_day: date
    last_day: date | None
    first_year: int
    last_year: int | None
    sources: tuple[str, ...]
    notes: tuple[str, ...]
    figures: str
    compared_with: str
    minimum_pupils: int
    minimum_source: str
    missing: str
    criteria: tuple[Criterion, ...]
    categories: tuple[Category, ...]
    groups: tuple[Group, ...] = ()
    matrix: Matrix | None = None
    treatments: tuple[Treatment, ...] = ()
    academies: str = ""
    capacity: int | None = None
    text: str = field(default="", repr=False, compare=False)
    file: str = ""

    @cached_property
    def deciding(self) -> frozenset[str]:
        """The criteria on which the category rests; the others are shown, and named as groups."""
        if self.matrix is not None:
            return frozenset((self.matrix.rows, self.matrix.columns))
        if self.method == "gates":
            gates = [one.when for one in self.categories if one.when is not None]
            return frozenset(atom.criterion for gate in gates for atom in atoms(gate))
        return frozenset(one.key for one in self.criteria if one.weight > 0)

    def criterion(self, key: str) -> Criterion:
        """The criterion of that key. Raises KeyError."""
        return next(one for one in self.criteria if one.key == key)

    def category(self, key: str | None) -> Category | None:
        """The category of that key, or None."""
        return next((one for one in self.categories if one.key == key), None)

    def when_in_words(self, category: Category) -> str:
        """When a category holds: its gate, the score from which it does, or how the scheme puts its criteria together."""
        if category.when is not None:
            return in_words(category.when, {one.key: one.title for one in self.criteria})
        if category.from_score is not None:
            return f"a score from {category.from_score:g}"
        return "otherwise" if self.method == "gates" else f"by {self.method}"

    def place(self, key: str) -> int:
        """Its place, 0 for the most concerned."""
        return self._places[key]

    @cached_property
    def _places(self) -> Mapping[str, int]:
        return {one.key: at for at, one in enumerate(self.categories)}

    def treatment(self, kind: str | None) -> str:
        """How it treats that kind of school, in words; empty where it says nothing of it."""
        return next((one.words for one in self.treatments if one.kind == (kind or "unknown")), "")

    def as_method(self) -> Scheme:
        """The same without its dates, to try its method on other years. What is proposed so is never published."""
        return replace(self, first_day=date.min, last_day=None, first_year=0, last_year=None)

    def refuse_outside(self, year: int, as_at: date) -> None:
        """Raises `SchemeError` where the scheme does not hold: it is never applied outside its dates."""
        last_year = "now" if self.last_year is None else str(self.last_year)
        if year < self.first_year or (self.last_year is not None and year > self.last_year):
            raise SchemeError(
                f"{self.title} ({self.key}) judges results of {self.first_year} to {last_year}, not of {year}. "
                "Choose another scheme (headway schemes), or copy this one and give it its own dates."
            )
        outside = dates.outside(self.first_day, self.last_day, as_at)
        if outside:
            raise SchemeError(
                f"{self.title} ({self.key}) holds {outside}. Choose another day (--as-at) or another scheme."
            )
