"""Putting a school's findings together: which category follows, and which could, given what cannot be said.

A criterion that cannot say stands for each of its levels. Where they all lead to one category it is proposed;
where they do not, none is, and the possible ones are named. So missing evidence never makes a category milder.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product
from math import fsum, prod

from headway.policy.gates import OPEN, SHUT, UNKNOWN, AtLevel, Opening, opening
from headway.policy.schemes import Criterion, Scheme

NOT_APPLICABLE, CANNOT_SAY, TOO_FEW = -1, -2, -3
"""In place of a level's rank: not asked of this school, or not known (because too few pupils stand behind it)."""

JUDGEMENT_NEEDED = "judgement needed"
"""What stands in place of a category where a person must decide."""

State = int | float
"""A criterion's level by its rank (0 least concerning), one of the above, or a concern where it has no levels."""

States = Mapping[str, State]


@dataclass(frozen=True, slots=True)
class Outcome:
    """`category` is None where a person must decide; `possible`, the most concerned first; `score` from 0 to 1 over
    what could be said, between `lowest` and `highest` whatever the rest would say."""

    category: str | None
    possible: tuple[str, ...]
    attention: str
    score: float | None
    lowest: float | None
    highest: float | None
    groups: tuple[str, ...]


def unknown(state: State) -> bool:
    """Whether the criterion applies and cannot say."""
    return state in (CANNOT_SAY, TOO_FEW)


def outcome(scheme: Scheme, states: States) -> Outcome:
    """What follows from the states of all criteria."""
    score, lowest, highest = scores(scheme, states)
    asked = [state for key, state in states.items() if key in scheme.deciding and state != NOT_APPLICABLE]
    if not asked:
        return Outcome(None, (), "This scheme has no criterion for such a school.", None, None, None, ())
    possible, attention = _possible(scheme, states, score, lowest, highest)
    if TOO_FEW in asked:
        attention = "Too few pupils: judgement needed."
    elif not attention and len(possible) > 1:
        attention = "Judgement needed: what cannot be said decides between the categories."
    category = possible[0] if len(possible) == 1 and not attention else None
    if (
        scheme.method == "points"
        and scheme.missing == "left out"
        and TOO_FEW not in asked
        and score is not None
    ):
        category = by_score(scheme, score)
        left_out = sum(unknown(state) for state in asked)
        attention = f"Judged without {left_out} of {len(asked)} criteria." if left_out else ""
    return Outcome(category, possible, attention, score, lowest, highest, _groups(scheme, states))


def concern(criterion: Criterion, state: State) -> float | None:
    """Its concern from 0 to 1; None where it does not apply or cannot say."""
    if state < 0:
        return None
    return criterion.levels[int(state)].concern if criterion.levels else float(state)


def scores(scheme: Scheme, states: States) -> tuple[float | None, float | None, float | None]:
    """The weighted mean concern of what could be said, and the ends between which it lies with the rest."""
    said: list[tuple[float, float]] = []
    weight_unknown = 0.0
    for criterion in scheme.criteria:
        state = states.get(criterion.key, NOT_APPLICABLE)
        if unknown(state):
            weight_unknown += criterion.weight
        found = concern(criterion, state)
        if found is not None:
            said.append((criterion.weight, found))
    weight = fsum(one for one, _ in said)
    total = fsum(one * found for one, found in said)
    everything = weight + weight_unknown
    if everything <= 0:
        return None, None, None
    return (
        total / weight if weight > 0 else None,
        total / everything,
        (total + weight_unknown) / everything,
    )


def _possible(
    scheme: Scheme, states: States, score: float | None, lowest: float | None, highest: float | None
) -> tuple[tuple[str, ...], str]:
    if scheme.method == "gates":
        return _gates(scheme, states), ""
    if scheme.method == "matrix":
        return _matrix(scheme, states)
    if scheme.method == "best fit":
        return _best_fit(scheme, states), ""
    if scheme.method == "points" and lowest is not None and highest is not None:
        return _between(scheme, by_score(scheme, lowest), by_score(scheme, highest)), ""
    return (), "" if scheme.method == "ranking" else "Judgement needed: no criterion has a weight."


def holds(states: States, atom: AtLevel) -> Opening:
    """Whether a criterion is at a level or a more concerning one."""
    state = states.get(atom.criterion, NOT_APPLICABLE)
    if state == NOT_APPLICABLE:
        return SHUT
    return UNKNOWN if unknown(state) else state >= atom.rank


_MOST_COMBINATIONS = 4096


def _gates(scheme: Scheme, states: States) -> tuple[str, ...]:
    """The categories that come out for some levels of what cannot be said.

    No gate has a "not", so the mildest and the most concerned come out where all of it is least and most concerning;
    those between are found by trying, unless there are too many combinations to try: then all between are possible.
    """
    open_ = [
        scheme.criterion(key) for key in sorted(scheme.deciding) if unknown(states.get(key, NOT_APPLICABLE))
    ]
    milder = _first_open(scheme, {**states, **{one.key: 0 for one in open_}})
    more = _first_open(scheme, {**states, **{one.key: len(one.levels) - 1 for one in open_}})
    if milder == more:
        return (milder,)
    if prod(len(one.levels) for one in open_) > _MOST_COMBINATIONS:
        return _between(scheme, milder, more)
    ranks = product(*(range(len(one.levels)) for one in open_))
    found = {
        _first_open(scheme, {**states, **{one.key: rank for one, rank in zip(open_, levels, strict=True)}})
        for levels in ranks
    }
    return tuple(one.key for one in scheme.categories if one.key in found)


def _first_open(scheme: Scheme, states: States) -> str:
    for category in scheme.categories:
        if category.when is None or opening(category.when, lambda atom: holds(states, atom)) is OPEN:
            return category.key
    return scheme.categories[-1].key


def _matrix(scheme: Scheme, states: States) -> tuple[tuple[str, ...], str]:
    assert scheme.matrix is not None
    axes = (scheme.criterion(scheme.matrix.rows), scheme.criterion(scheme.matrix.columns))
    sides: list[list[str]] = []
    for axis in axes:
        state = states.get(axis.key, NOT_APPLICABLE)
        if state == NOT_APPLICABLE:
            return (), f"{axis.title} does not apply to such a school."
        names = [level.name for level in axis.levels]
        sides.append(names if unknown(state) else [names[int(state)]])
    cells = [(row, column) for row in sides[0] for column in sides[1]]
    empty = [cell for cell in cells if cell not in scheme.matrix.table]
    found = {scheme.matrix.table[cell] for cell in cells if cell in scheme.matrix.table}
    possible = tuple(one.key for one in scheme.categories if one.key in found)
    if not empty:
        return possible, ""
    if len(cells) == 1:
        return (), f"Judgement needed: the table says nothing for {cells[0][0]} × {cells[0][1]}."
    everything = tuple(one.key for one in scheme.categories)
    return (
        everything,
        "Judgement needed: what cannot be said decides, and the table is not filled everywhere.",
    )


def _best_fit(scheme: Scheme, states: States) -> tuple[str, ...]:
    low: list[tuple[float, int]] = []
    high: list[tuple[float, int]] = []
    for criterion in scheme.criteria:
        state = states.get(criterion.key, NOT_APPLICABLE)
        if state == NOT_APPLICABLE or criterion.weight <= 0:
            continue
        least, most = (0, len(criterion.levels) - 1) if unknown(state) else (int(state), int(state))
        low.append((criterion.weight, least))
        high.append((criterion.weight, most))
    names = [level.name for level in scheme.criteria[0].levels]
    return _between(scheme, names[_middle(low)], names[_middle(high)])


def _middle(ranked: list[tuple[float, int]]) -> int:
    """The most concerning level that at least half the weight is at or beyond."""
    half = fsum(weight for weight, _ in ranked) / 2
    return max(
        rank
        for rank in {0, *(one for _, one in ranked)}
        if rank == 0 or fsum(weight for weight, one in ranked if one >= rank) >= half - 1e-12
    )


def by_score(scheme: Scheme, score: float) -> str:
    """The category that a score from 0 to 1 leads to."""
    for category in scheme.categories:
        assert category.from_score is not None
        if score >= category.from_score - 1e-12:
            return category.key
    return scheme.categories[-1].key


def _between(scheme: Scheme, milder: str, more: str) -> tuple[str, ...]:
    return tuple(one.key for one in scheme.categories[scheme.place(more) : scheme.place(milder) + 1])


def _groups(scheme: Scheme, states: States) -> tuple[str, ...]:
    opened = [one for one in scheme.groups if opening(one.when, lambda atom: holds(states, atom)) is OPEN]
    covered = {key for one in opened for key in one.instead_of}
    return tuple(one.key for one in opened if one.key not in covered)
