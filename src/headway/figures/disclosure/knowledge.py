"""What must be protected, and what each attacker can tell of it.

Every table found that the attacker cannot tell from the true one is kept as a *witness*: it stays possible when more
is hidden, so that a count once safe stays safe.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from headway.figures.disclosure.relations import Count, Relations, Terms
from headway.figures.disclosure.rules import ZEROS, Rule

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
NEAR = 1e-6


@dataclass(frozen=True)
class Quantity:
    """A number of pupils (or a sum of their scores) that may have to be protected."""

    count: int
    what: str
    terms: Terms
    truth: float
    box: float


@dataclass
class Knowledge:
    """What an attacker holds beside the release: variables known, and what is found possible for them.

    `least` and `most` are the deviations reached for each quantity, `needed` how many values it must have;
    this is less than the rule asks only where not even hiding everything would leave that many. `least_by` and
    `most_by` say which witness reached that far (see `Protector.touched`).
    """

    title: str
    held: Flags
    least: Floats
    most: Floats
    needed: Floats
    least_by: Integers
    most_by: Integers

    @staticmethod
    def nothing_found(title: str, held: Flags, many: int) -> Knowledge:
        """An attacker who holds these variables, before any table but the true one is found."""
        zeros, nobody = np.zeros(many), np.zeros(many, dtype=np.int64)
        return Knowledge(title, held, zeros, zeros.copy(), np.ones(many), nobody, nobody.copy())

    def copy(self) -> Knowledge:
        """One that can be changed apart."""
        arrays = {
            name: getattr(self, name).copy() for name in ("least", "most", "needed", "least_by", "most_by")
        }
        return replace(self, **arrays)

    def learn(self, other: Knowledge) -> None:
        """Take over the tables that another attacker, who can rule out more, finds possible."""
        lower, higher = other.least < self.least, other.most > self.most
        self.least, self.least_by = (
            np.where(lower, other.least, self.least),
            np.where(lower, other.least_by, self.least_by),
        )
        self.most, self.most_by = (
            np.where(higher, other.most, self.most),
            np.where(higher, other.most_by, self.most_by),
        )


@dataclass(frozen=True)
class Insider:
    """What one school, adding its own figures to the release, can tell of a number of another's.

    `needed` is how many values the number must have for it: what was asked for, or less where not even hiding
    everything would leave that many.
    """

    values: float
    asked: float
    needed: float

    def is_enough(self, asked: float) -> bool:
        """Whether so many values are left, or all that can be had."""
        return self.values >= asked or (self.asked >= asked and self.values >= self.needed)


@dataclass
class State:
    """Which figures are shown, and what every attacker can tell. Insiders by (attacker, school, quantity)."""

    shown: Flags
    knowledge: list[Knowledge]
    insiders: dict[tuple[int, int, int], Insider]

    def copy(self) -> State:
        """One that can be changed apart."""
        return State(self.shown.copy(), [one.copy() for one in self.knowledge], dict(self.insiders))

    def join(self, other: State) -> State:
        """All that either hides, and all the tables that either has found possible."""
        joined = self.copy()
        joined.shown &= other.shown
        for ours, theirs in zip(joined.knowledge, other.knowledge, strict=True):
            ours.learn(theirs)
        for key, found in other.insiders.items():
            if key not in joined.insiders or joined.insiders[key].values < found.values:
                joined.insiders[key] = found
        return joined


def quantities(relations: Relations) -> list[Quantity]:
    """Every number that might need protection: of each count its cohort, those who met it, those who did not."""
    found: list[Quantity] = []
    for index, count in enumerate(relations.counts):
        found.append(Quantity(index, "cohort", count.cohort, count.pupils, 1.0))
        if count.met is not None and count.mean:
            box = max(relations.box[variable] for variable, _ in count.met)
            found.append(Quantity(index, "sum", count.met, count.met_pupils, box))
        elif count.met is not None:
            found.append(Quantity(index, "met", count.met, count.met_pupils, 1.0))
            not_met: dict[int, float] = dict(count.cohort)
            for variable, times in count.met:
                not_met[variable] = not_met.get(variable, 0.0) - times
            terms = tuple(sorted((variable, times) for variable, times in not_met.items() if times))
            found.append(Quantity(index, "not met", terms, count.pupils - count.met_pupils, 1.0))
    return found


def sensitive(count: Count, rule: Rule) -> tuple[str, ...]:
    """Which of a count's numbers the rule protects: the same thresholds as `primary.too_small`."""
    pupils, met, missed = count.pupils, count.met_pupils, count.pupils - count.met_pupils
    smallest = rule.smallest_count
    if count.of_numerators and rule.counts == "cohorts":
        return ()
    if 1 <= pupils < smallest:
        return ("cohort", "met", "not met", "sum")
    found: list[str] = []
    counted = count.met is not None and not count.mean
    if rule.zeros == "hidden" and pupils == 0:
        return ("cohort",)
    if counted and rule.counts == "cohorts and numerators":
        if 1 <= met < smallest:
            found.append("met")
        if 1 <= missed < smallest:
            found.append("not met")
    small = rule.zeros == "hidden in small groups" and 1 <= pupils < rule.small_group
    if counted and pupils and (small or rule.zeros == "hidden"):
        if met == 0:
            found.append("met")
        if missed == 0:
            found.append("not met")
    return tuple(found)


def looser(rule: Rule, smallest_counts: Iterable[int]) -> list[Rule]:
    """The next looser rules: the next smaller of the known smallest counts, and zeros one step more open.

    A decision starts from what these hide, so that a tighter rule never shows what a looser one hides.
    """
    found = []
    smaller = [count for count in smallest_counts if count < rule.smallest_count]
    if smaller:
        count = max(smaller)
        values = min(rule.possible_values, count)
        found.append(replace(rule, key=f"{rule.key}<", smallest_count=count, possible_values=values))
    if rule.zeros != ZEROS[0]:
        found.append(replace(rule, key=f"{rule.key}0", zeros=ZEROS[ZEROS.index(rule.zeros) - 1]))  # type: ignore[arg-type]
    return found
