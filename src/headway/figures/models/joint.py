"""Outcomes of which one holds the other: whoever has the higher standard has the expected one, and reading, writing and
mathematics together is at most each of the three.

The three subjects are not independent: multiplying their chances gives far too few pupils with all three. So the joint
outcome has its own model and its own calibration, and is only kept from contradicting the others.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

_HIGHER = {"higher": "expected", "level6": "level5", "level5": "level4", "level4b": "level4"}
_PARTS = {"rwm": ("reading", "writing", "mathematics"), "english_maths": ("english", "mathematics")}
_KEY = re.compile(r"^(?P<stage>ks[12])_(?P<subject>[a-z_]+)_(?P<standard>expected|higher|level\d[a-c]?)$")


def outer(outcome: str) -> tuple[str, ...]:
    """The outcomes that whoever reached this one has reached too, nearest first; by the names of measures."""
    found = _KEY.match(outcome)
    if found is None:
        return ()
    stage, subject, standard = found.group("stage", "subject", "standard")
    made: list[str] = []
    if standard in _HIGHER:
        made.append(f"{stage}_{subject}_{_HIGHER[standard]}")
    if standard != "level4b":  # writing has no thirds of a level, so 4B in all three is not 4B in writing
        made += [f"{stage}_{part}_{standard}" for part in _PARTS.get(subject, ())]
    return tuple(made)


def containing(outcomes: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """For each outcome those of the others that hold it, widest outcomes first: the order in which to limit them."""

    def above(outcome: str) -> set[str]:
        every = set(outer(outcome))
        for one in outer(outcome):
            every |= above(one)
        return every

    holding = {outcome: above(outcome) for outcome in outcomes}
    ordered = sorted(outcomes, key=lambda outcome: len(holding[outcome]))
    return {outcome: tuple(other for other in ordered if other in holding[outcome]) for outcome in ordered}
