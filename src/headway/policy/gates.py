"""Gates: `any of`, `all of`, `at least so many of` criteria at a level or a more concerning one.

A gate can only open wider as evidence gets more concerning: there is no "not" in it. So more concerning evidence
can never lead to a less concerned category. Labels alone (which decide nothing) may also say `none_of`.

What a criterion cannot say is unknown, and a gate is open, shut, or unknown (Kleene's three values).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from headway.policy.packs.checking import Place

OPEN, SHUT, UNKNOWN = True, False, None
Opening = bool | None


@dataclass(frozen=True)
class AtLevel:
    """That a criterion is at this level or a more concerning one."""

    criterion: str
    level: str
    rank: int


@dataclass(frozen=True)
class Gate:
    """`how` is any, all, none or count; `count` is how many must hold."""

    how: str
    of: tuple[AtLevel | Gate, ...]
    count: int = 0


Levels = Mapping[str, tuple[str, ...]]
"""The levels of each criterion, least concerning first."""


def opening(gate: Gate | AtLevel, holds: Callable[[AtLevel], Opening]) -> Opening:
    """Whether the gate is open, given whether each criterion is at a level."""
    if isinstance(gate, AtLevel):
        return holds(gate)
    found = [opening(one, holds) for one in gate.of]
    opened, unknown = found.count(OPEN), found.count(UNKNOWN)
    if gate.how == "none":
        return SHUT if opened else (UNKNOWN if unknown else OPEN)
    wanted = {"any": 1, "all": len(found)}.get(gate.how, gate.count)
    if opened >= wanted:
        return OPEN
    return UNKNOWN if opened + unknown >= wanted else SHUT


def atoms(gate: Gate | AtLevel) -> Iterator[AtLevel]:
    """Every criterion that it looks at."""
    if isinstance(gate, AtLevel):
        yield gate
        return
    for one in gate.of:
        yield from atoms(one)


def in_words(gate: Gate | AtLevel, titles: Mapping[str, str]) -> str:
    """The gate as a sentence would say it."""
    if isinstance(gate, AtLevel):
        return f"{titles.get(gate.criterion, gate.criterion)}: {gate.level}"
    joined = {"any": " or ", "all": " and "}.get(gate.how, "; ")
    inside = joined.join(
        in_words(one, titles) if isinstance(one, AtLevel) else f"({in_words(one, titles)})" for one in gate.of
    )
    if gate.how == "none":
        return f"none of {inside}"
    return inside if gate.how in ("any", "all") else f"at least {gate.count} of {inside}"


def read(value: Any, levels: Levels, place: Place, *, label: bool = False) -> Gate | AtLevel:
    """The gate that a pack describes: `"attainment: low"`, `{ any_of = [ … ] }`, `{ at_least = 2, of = [ … ] }`."""
    if isinstance(value, str):
        return _at_level(value, levels, place)
    if not isinstance(value, Mapping):
        raise place.wrong(
            repr(value), '"criterion: level" or a table', 'Write { any_of = [ "criterion: level" ] }.'
        )
    keys = set(value)
    for key, how in (("any_of", "any"), ("all_of", "all"), ("none_of", "none")):
        if keys == {key}:
            if how == "none" and not label:
                raise place.at(key).wrong(
                    "none_of", "any_of, all_of or at_least",
                    "A category may not depend on the absence of a concern: more concerning evidence could then "
                    "make it milder. Turn the condition round.",
                )  # fmt: skip
            return Gate(how, _inside(value[key], levels, place.at(key), label))
    if keys == {"at_least", "of"} and isinstance(value["at_least"], int):
        return Gate("count", _inside(value["of"], levels, place.at("of"), label), value["at_least"])
    raise place.wrong(
        ", ".join(sorted(map(str, keys))) or "an empty table",
        "any_of, all_of, or at_least with of",
        'Write { any_of = [ "criterion: level", … ] }.',
    )


def _inside(values: Any, levels: Levels, place: Place, label: bool) -> tuple[AtLevel | Gate, ...]:
    if not isinstance(values, Sequence) or isinstance(values, str) or not values:
        raise place.wrong(repr(values), "a list with something in it", "Write [ … ].")
    return tuple(read(one, levels, place.at(at), label=label) for at, one in enumerate(values))


def _at_level(text: str, levels: Levels, place: Place) -> AtLevel:
    key, _, level = (part.strip() for part in text.partition(":"))
    if key not in levels:
        raise place.wrong(
            f"the criterion {key!r}",
            f"one of {', '.join(levels)}",
            "Name a criterion of this pack, as its key.",
        )
    if level not in levels[key]:
        raise place.wrong(
            f"the level {level!r}", f"one of {', '.join(levels[key])}", "Name a level of that criterion."
        )
    return AtLevel(key, level, levels[key].index(level))
