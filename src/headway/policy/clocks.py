"""Clocks: by when something is due after an event, as dated rule packs say. A pack is refused outside its dates."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

from headway.policy.calendars import Calendar, england
from headway.policy.days import written
from headway.policy.packs import dates
from headway.policy.packs import shipped as shipped_packs
from headway.policy.packs.checking import PackError, Place, read_toml, settings_of

UNITS = ("working days", "school days", "days", "weeks", "months")


@dataclass(frozen=True)
class Clock:
    """What is due `by` so many units after `starts`, and not before `not_before` of them."""

    key: str
    title: str
    starts: str
    by: int
    unit: str
    source: str
    not_before: int | None = None

    def __post_init__(self) -> None:
        if self.unit not in UNITS:
            raise ValueError(
                f"unit: found {self.unit!r}, expected one of {', '.join(UNITS)}. Mend the value."
            )


@dataclass(frozen=True)
class ClockPack:
    """A dated set of clocks with its source."""

    key: str
    title: str
    first_day: date
    source: str
    clocks: tuple[Clock, ...]
    last_day: date | None = None
    notes: tuple[str, ...] = ()

    def clock(self, key: str) -> Clock:
        """The clock of that key. Raises KeyError."""
        for one in self.clocks:
            if one.key == key:
                return one
        raise KeyError(key)


@dataclass(frozen=True)
class Due:
    """When something is due, and the sentence that says why."""

    earliest: date | None
    latest: date
    because: str


def due(pack: ClockPack, key: str, event: date, calendar: Calendar | None = None) -> Due:
    """By when the clock of the pack runs out that started on `event`. Raises `PackError` outside the pack's dates."""
    outside = dates.outside(pack.first_day, pack.last_day, event)
    if outside:
        raise PackError(f"{pack.title} holds {outside}. Choose the rules of that time.")
    clock = pack.clock(key)
    days = calendar or england()
    latest = _later(event, clock.by, clock.unit, days)
    earliest = None if clock.not_before is None else _later(event, clock.not_before, clock.unit, days)
    counted = (
        f"{clock.by} {clock.unit}" if earliest is None else f"{clock.not_before} to {clock.by} {clock.unit}"
    )
    return Due(
        earliest,
        latest,
        f"{clock.title}: {counted} after {clock.starts} on {written(event)} ({clock.source}).",
    )


def _later(day: date, count: int, unit: str, calendar: Calendar) -> date:
    if unit == "working days":
        return calendar.after(day, count)
    if unit == "school days":
        return calendar.after(day, count, school_days=True)
    if unit == "months":
        return months_after(day, count)
    return day + timedelta(days=count * (7 if unit == "weeks" else 1))


def months_after(day: date, count: int) -> date:
    """The same day of the month so many months later, or the month's last day where it has none."""
    year, month = divmod(day.year * 12 + day.month - 1 + count, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


@cache
def shipped() -> Mapping[str, ClockPack]:
    """The clock packs that come with Headway, by key."""
    return {pack.key: pack for pack in (read(*one) for one in shipped_packs.texts("clocks"))}


def read(text: str, file: str) -> ClockPack:
    """The clocks that a pack's text describes. A `PackError` says what is wrong with it and where."""
    data = read_toml(text, file)
    place = Place(file)
    clocks = tuple(
        settings_of(Clock, one, place.at("clock").at(at)) for at, one in enumerate(data.get("clock", []))
    )
    head = {key: value for key, value in data.items() if key != "clock"}
    return settings_of(ClockPack, {"clocks": clocks} | head, place)
