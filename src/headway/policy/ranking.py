"""Choosing from a ranking: as many as there is room for, those already supported passed over and named."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

SELECTED, ALREADY, NOT_SELECTED = "selected", "already supported", "not selected"


@dataclass(frozen=True)
class Placed:
    """A school in the ranking, and what became of it. `place` counts from 1 over all schools."""

    organisation: str
    score: float
    place: int
    outcome: str


def selected(
    scores: Iterable[tuple[str, float]], capacity: int, already_supported: Collection[str] = ()
) -> tuple[Placed, ...]:
    """The schools by score, the highest first, and the first `capacity` of those not yet supported selected: the next
    placed take the place of those already supported. Equal scores at the edge are all selected, so that chance
    does not choose between them; the caller sees more than `capacity` and decides."""
    if capacity < 0:
        raise ValueError(f"the capacity is {capacity}; it cannot be less than 0")
    ordered = sorted(scores, key=lambda one: (-one[1], one[0]))
    free = [score for school, score in ordered if school not in already_supported]
    edge = (
        free[capacity - 1]
        if 0 < capacity <= len(free)
        else (float("inf") if capacity == 0 else float("-inf"))
    )
    found = []
    for at, (school, score) in enumerate(ordered):
        outcome = SELECTED if score >= edge else NOT_SELECTED
        if school in already_supported:
            outcome = ALREADY
        found.append(Placed(school, score, at + 1, outcome))
    return tuple(found)
