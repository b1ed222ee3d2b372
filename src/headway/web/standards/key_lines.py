"""Key lines: sentences that say a figure with its unit, its pupils, its comparator and the direction, net and gross.

They say percentage points where points are meant, whether chance alone could explain a difference, and nothing across a
break in the series.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from headway.figures.measures import Measure
from headway.figures.tables import Status
from headway.web.design.numbers import UNITS, pupils_text, school_year, value_text
from headway.web.standards.lines import Line

Row = Mapping[str, Any]
SUPPRESSED = Status.SUPPRESSED.value


def key_line(
    measure: Measure, line: Line, *, nation: Row | None, nation_name: str, previous: Row | None
) -> tuple[str, ...]:
    """The sentences of one figure: what it is, beside the nation, beside the year before.

    `nation` and `previous` are its rows of comparisons, None where there is nothing to compare with.
    """
    year, before = school_year(line.year), school_year(line.year - 1)
    if not line.is_reported:
        return (f"{year}: {line.text}.",)
    pupils = "" if measure.unit == "pupils" else f" ({pupils_text(line.pupils)})"
    interval = f", 95% interval {line.interval}" if line.interval else ""
    said = [f"{line.text} in {year}{pupils}{interval}."]
    if nation is not None:
        said.append(_beside(measure, nation, nation_name))
    found = next((one for one in measure.breaks if one.year == line.year), None)
    if found is not None:
        said.append(f"Not comparable with {before}: {found.reason}.")
    elif previous is not None:
        said.append(_beside(measure, previous, before))
    if measure.direction == "lower":
        said.append("Here lower is better.")
    return tuple(said)


def _beside(measure: Measure, comparison: Row, name: str) -> str:
    difference = comparison["difference"]
    if comparison["because"] == SUPPRESSED:
        return f"{name}: suppressed."
    theirs = value_text(comparison["comparator_value"], measure.unit)
    if difference is None:
        return f"{name}: {theirs}; the difference is not known."
    unit = "percentage points" if measure.unit == "percent" else UNITS.get(measure.unit, measure.unit)
    size = f"{abs(round(difference, 1)):.1f}"
    where = "level with" if size == "0.0" else "above" if difference > 0 else "below"
    amount = "" if size == "0.0" else f"{size} {unit} "
    return f"{_upper(f'{amount}{where} {name}')} ({theirs}){_by_chance(comparison)}."


def _by_chance(comparison: Row) -> str:
    if comparison["significance"] in ("above", "below"):
        return ", by more than chance would explain"
    if comparison["significance"] == "not significant":
        return ", no more than chance could explain"
    because = comparison["because"] or "there is no interval"
    return f"; whether chance explains it cannot be said, because {because}"


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]


@dataclass(frozen=True)
class Moves:
    """How many schools moved one way and how many the other between two years; `stayed` did neither, of `unknown` it
    cannot be said."""

    up: int
    down: int
    stayed: int
    unknown: int

    @property
    def net(self) -> int:
        """Those up less those down."""
        return self.up - self.down


def changes_line(moves: Moves, *, before: int, what: str = "schools") -> str:
    """Net and gross: how many rose and how many fell since the year before by more than chance would explain."""
    counted = moves.up + moves.down + moves.stayed
    if not counted:
        return f"Of no school can it be said whether it rose or fell since {school_year(before)}."
    said = (
        f"Of {counted:,} {what}, {moves.up} rose and {moves.down} fell since {school_year(before)} by more than chance "
        f"would explain: net {_net(moves.net, 'rose', 'fell')}. {moves.stayed} changed no more than chance could explain"
    )
    return f"{said}; of {moves.unknown} it cannot be said." if moves.unknown else f"{said}."


def threshold_line(moves: Moves, *, at: str, before: int) -> str:
    """Net and gross of a threshold: `At or above the floor: net 21 more than in 2011; 25 newly, 4 no longer.`"""
    net = _net(moves.net, "more", "fewer")
    said = f"{at}: net {net} than in {school_year(before)}; {moves.up} newly, {moves.down} no longer."
    return f"{said} Of {moves.unknown} it cannot be said." if moves.unknown else said


def _net(net: int, more: str, fewer: str) -> str:
    return "none" if net == 0 else f"{abs(net)} {more if net > 0 else fewer}"
