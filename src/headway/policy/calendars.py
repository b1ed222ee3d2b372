"""Working days: Monday to Friday without bank holidays, and school days without an authority's own school holidays."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cache, lru_cache

from headway.policy.packs import shipped
from headway.policy.packs.checking import Place, fitted, read_toml

_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Calendar:
    """Bank holidays moved or added by single years, and school holidays as first and last day (none are shipped:
    each authority sets its own)."""

    key: str
    title: str
    source: str
    moved: tuple[tuple[date, date], ...] = ()
    added: tuple[date, ...] = ()
    school_holidays: tuple[tuple[date, date], ...] = ()

    def with_school_holidays(self, holidays: Iterable[tuple[date, date]]) -> Calendar:
        """The same with an authority's school holidays."""
        return replace(self, school_holidays=tuple(holidays))

    def is_working_day(self, day: date) -> bool:
        """Monday to Friday, and no bank holiday."""
        return day.weekday() < 5 and day not in bank_holidays(self, day.year)

    def is_school_day(self, day: date) -> bool:
        """A working day outside the school holidays."""
        return self.is_working_day(day) and not any(
            first <= day <= last for first, last in self.school_holidays
        )

    def after(self, day: date, count: int, *, school_days: bool = False) -> date:
        """The working (or school) day that is `count` of them after `day`, which itself does not count."""
        if count < 0:
            raise ValueError(f"{count} days after a day: the count cannot be less than 0")
        counts = self.is_school_day if school_days else self.is_working_day
        for _ in range(count):
            day += _DAY
            while not counts(day):
                day += _DAY
        return day

    def between(self, first: date, last: date) -> int:
        """Working days after `first` up to and with `last`; less than 0 where `last` is earlier."""
        if last < first:
            return -self.between(last, first)
        days = (first + timedelta(days=at) for at in range(1, (last - first).days + 1))
        return sum(self.is_working_day(day) for day in days)


@lru_cache(maxsize=256)
def bank_holidays(calendar: Calendar, year: int) -> frozenset[date]:
    """The bank holidays of a year. A holiday on a Saturday or Sunday is kept on the next weekday that is none."""
    easter = _easter(year)
    found = {
        easter - 2 * _DAY,
        easter + _DAY,
        _monday(year, 5, 1),
        _last_monday(year, 5),
        _last_monday(year, 8),
    }
    for fixed in (date(year, 1, 1), date(year, 12, 25), date(year, 12, 26)):
        day = fixed
        while day.weekday() >= 5 or day in found:
            day += _DAY
        found.add(day)
    for usual, kept in calendar.moved:
        if usual.year == year:
            found.discard(usual)
            found.add(kept)
    found.update(day for day in calendar.added if day.year == year)
    return frozenset(found)


def _easter(year: int) -> date:
    """Easter Sunday, by the anonymous Gregorian computus (J.-M. Oudin, 1940)."""
    century = year // 100
    moon = (century - century // 4 - (8 * century + 13) // 25 + 19 * (year % 19) + 15) % 30
    moon -= (moon // 28) * (1 - (moon // 28) * (29 // (moon + 1)) * ((21 - year % 19) // 11))
    weekday = (year + year // 4 + moon + 2 - century + century // 4) % 7
    away = moon - weekday
    month = 3 + (away + 40) // 44
    return date(year, month, away + 28 - 31 * (month // 4))


def _monday(year: int, month: int, day: int) -> date:
    found = date(year, month, day)
    return found + timedelta(days=-found.weekday() % 7)


def _last_monday(year: int, month: int) -> date:
    last = date(year, month, 31)
    return last - timedelta(days=last.weekday())


@cache
def england() -> Calendar:
    """The shipped calendar of England and Wales."""
    data = read_toml(shipped.text("calendars", "england.toml"), "england.toml")
    place = Place("england.toml")
    moved: tuple[tuple[date, ...], ...] = fitted(
        data["moved"], tuple[tuple[date, ...], ...], place.at("moved")
    )
    return Calendar(
        key=data["key"],
        title=data["title"],
        source=data["source"],
        moved=tuple((one[0], one[1]) for one in moved),
        added=fitted(data["added"], tuple[date, ...], place.at("added")),
    )
