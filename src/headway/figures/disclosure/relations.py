"""Everything that an attacker can add up: the counts of a release and how they stand to each other.

A figure tells two counts, its cohort and those who met the standard (a mean tells its cohort and its sum).
Counts are *variables*; a published figure fixes its variables, a hidden one does not. Relations are rows of a
matrix, written for the *deviation* of each variable from the truth: a table that the attacker cannot tell
from the true one is a deviation that keeps every row within its limits and is nought where a figure is shown.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy.sparse import csr_array

from headway.figures.disclosure.counts import as_counts
from headway.figures.tables import FIGURE_KEY, Status

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

Terms = tuple[tuple[int, float], ...]
"""A sum of variables: (variable, how often)."""


@dataclass(frozen=True)
class Count:
    """A figure or a difference of figures: its cohort, and those in it who met the standard (or their sum).

    `met` is None where only the cohort is known. `figure` is None for a count that nobody publishes but
    anybody can subtract, such as the pupils of unknown sex or the schools left out; `label` then says what.
    `of_numerators` says that the cohort is one of those who met one standard but not a higher one, which a rule
    that looks at cohorts only does not protect.
    """

    organisation: int
    figure: int | None
    label: str
    cohort: Terms
    pupils: float
    met: Terms | None
    met_pupils: float
    mean: bool
    of_numerators: bool = False


@dataclass
class Relations:
    """The variables of a release, which figure reveals which, and the rows that tie them together.

    `figures` are the reported figures with a known cohort, in canonical order, so that the order in which
    they came does not matter. Arrays over variables: `truth`, `low` and `high` (what a shown figure still
    leaves open; a rounded percentage leaves a range), `owner` (the organisation), `box` (how far an attack
    looks from the truth, in multiples of the values asked for: 1 for pupils, more for sums of scores).
    """

    figures: pl.DataFrame
    organisations: list[str]
    parents: dict[int, tuple[int, ...]]
    truth: Floats
    low: Floats
    high: Floats
    floor: Floats
    owner: Integers
    box: Floats
    whole: npt.NDArray[np.bool_]
    reveals: list[tuple[int, ...]]
    matrix: csr_array
    row_low: Floats
    row_high: Floats
    counts: list[Count]
    left_out: list[str] = field(default_factory=list)

    @cached_property
    def revealed_by(self) -> list[list[int]]:
        """For each variable the figures that reveal it."""
        found: list[list[int]] = [[] for _ in self.truth]
        for figure, variables in enumerate(self.reveals):
            for variable in variables:
                found[variable].append(figure)
        return found

    @cached_property
    def by_organisation(self) -> list[Integers]:
        """For each organisation its variables."""
        order = np.argsort(self.owner, kind="stable")
        limits = np.searchsorted(self.owner[order], np.arange(len(self.organisations) + 1))
        return [order[start:stop] for start, stop in itertools.pairwise(limits)]

    @cached_property
    def children(self) -> dict[int, tuple[int, ...]]:
        """For each parent its members in this release."""
        found: dict[int, list[int]] = {}
        for child, parents in sorted(self.parents.items()):
            for parent in parents:
                found.setdefault(parent, []).append(child)
        return {parent: tuple(members) for parent, members in found.items()}


def reported(results: pl.DataFrame) -> pl.DataFrame:
    """The figures with a value and a known cohort, as counts, in canonical order, one row a figure."""
    return (
        as_counts(results)
        .filter((pl.col("status") == Status.REPORTED.value) & pl.col("denominator").is_not_null())
        .unique(subset=list(FIGURE_KEY), keep="first")
        .sort(FIGURE_KEY)
    )


def merged(terms: Iterable[tuple[int, float]]) -> Terms:
    """The same sum with each variable once, in order."""
    merged: dict[int, float] = {}
    for variable, times in terms:
        merged[variable] = merged.get(variable, 0.0) + times
    return tuple(sorted((variable, times) for variable, times in merged.items() if times))
