"""What a category entitles to: packages of visits and tasks with due dates, days demanded beside days available.

Publishing a category makes its package's activities; each is then done, or waived with a reason. The planner says
before categories are confirmed how many days they ask for, by adviser, and whether there are as many.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache

from headway.policy.calendars import Calendar, england
from headway.policy.packs import shipped
from headway.policy.packs.checking import PackError, Place, read_toml, settings_of
from headway.policy.schemes import Scheme

VISIT, TASK = "visit", "task"


@dataclass(frozen=True)
class Element:
    """One thing that a package brings: a visit or a task, in one month or several, once or for each class."""

    key: str
    title: str
    kind: str
    month: int | None = None
    months: tuple[int, ...] = ()
    per: str = ""
    days: float | None = None

    def __post_init__(self) -> None:
        if self.kind not in (VISIT, TASK):
            raise ValueError(f"kind: found {self.kind!r}, expected visit or task. Mend the value.")
        if bool(self.months) == (self.month is not None):
            raise ValueError("month or months: found both or neither, expected one of them. Keep one.")
        for one in self.when:
            if not 1 <= one <= 12:
                raise ValueError(f"months: found {one}, expected 1 to 12. Mend the value.")

    @property
    def when(self) -> tuple[int, ...]:
        """The months in which it falls, 1 for January."""
        return self.months or (() if self.month is None else (self.month,))


@dataclass(frozen=True)
class Package:
    """What a category brings, with its source and the effect expected of it."""

    key: str
    title: str
    source: str
    elements: tuple[Element, ...]
    expected_effect: str = ""

    @property
    def days(self) -> float | None:
        """Days for one school, where every visit says how long it takes and none depends on the school."""
        visits = [one for one in self.elements if one.kind == VISIT]
        if any(one.days is None or one.per for one in visits):
            return None
        return sum((one.days or 0.0) * len(one.when) for one in visits)


@dataclass(frozen=True)
class Activity:
    """One visit or task of a school, due on a day. `number` counts where an element makes several."""

    element: str
    title: str
    kind: str
    due: date
    number: int = 1
    of: int = 1
    days: float | None = None


def activities(
    package: Package,
    published: date,
    *,
    classes: Mapping[str, int] | None = None,
    calendar: Calendar | None = None,
    school_year: int | None = None,
) -> tuple[Activity, ...]:
    """The visits and tasks that publishing a category on a day makes, by their due date.

    Each is due on the last school day of its month in the school year (the calendar year in which it ends; by default
    the one under way, from June on the next). Of an element that comes once and whose month is over, the end of the
    month of publication is the due day; of one that recurs, the months that are over fall away. `classes` says how
    many there are of what an element is `per`, such as {"year 6 class": 2}. Raises `PackError` where the package needs
    a number that is not given.
    """
    days = calendar or england()
    ends = school_year or published.year + (published.month >= 6)
    found: list[Activity] = []
    for element in package.elements:
        count = 1
        if element.per:
            if element.per not in (classes or {}):
                raise PackError(
                    f"{package.title}: {element.title} is for each {element.per}; say how many the school has."
                )
            count = (classes or {})[element.per]
        dues = [_last_school_day(ends - (month >= 9), month, days) for month in element.when]
        dues = [one for one in dues if one >= published] or [_soon(published, days)]
        of = count * len(dues)
        found += [
            Activity(element.key, element.title, element.kind, due, at * count + each + 1, of, element.days)
            for at, due in enumerate(dues)
            for each in range(count)
        ]
    return tuple(sorted(found, key=lambda one: (one.due, one.element, one.number)))


def _soon(published: date, calendar: Calendar) -> date:
    due = _last_school_day(published.year, published.month, calendar)
    return due if due >= published else calendar.after(published, 1, school_days=True)


def _last_school_day(year: int, month: int, calendar: Calendar) -> date:
    after = date(year + month // 12, month % 12 + 1, 1)
    day = date.fromordinal(after.toordinal() - 1)
    while not calendar.is_school_day(day):
        day = date.fromordinal(day.toordinal() - 1)
    return day


@dataclass(frozen=True)
class Waived:
    """That an element is left out for a school, by whom and why. Without a reason it is not waived."""

    element: str
    by: str
    reason: str

    def __post_init__(self) -> None:
        if not self.reason.strip():
            raise ValueError(f"{self.element}: an element is waived with a reason, or not at all")


def missing_elements(
    package: Package, made: Iterable[Activity], waived: Iterable[Waived] = ()
) -> tuple[str, ...]:
    """The elements of the package that are neither planned nor waived."""
    there = {one.element for one in made} | {one.element for one in waived}
    return tuple(one.key for one in package.elements if one.key not in there)


@dataclass(frozen=True)
class Demand:
    """Days demanded beside days available. `short` is how many are missing, 0 where there are enough."""

    demanded: float
    available: float

    @property
    def spare(self) -> float:
        """Days left over."""
        return max(0.0, self.available - self.demanded)

    @property
    def short(self) -> float:
        """Days missing."""
        return max(0.0, self.demanded - self.available)

    def sentence(self) -> str:
        """`117 days demanded, 120 available: 3 to spare`, `122 days demanded, 120 available: 2 days over`."""
        end = f"{self.short:g} days over" if self.short else f"{self.spare:g} to spare"
        return f"{self.demanded:g} days demanded, {self.available:g} available: {end}"


@dataclass(frozen=True)
class Adviser:
    """An adviser's days: school-facing days in the period, and the schools with which there is a conflict of interest."""

    key: str
    days: float
    conflicts: frozenset[str] = frozenset()


def days_by_category(scheme: Scheme) -> Mapping[str, float]:
    """Days that each category entitles to. Raises `PackError` where the scheme gives none."""
    found = {one.key: one.days for one in scheme.categories if one.days is not None}
    if not found:
        raise PackError(f"{scheme.title} gives no days to its categories. Add days = … to them in your copy.")
    return found


def demand(schools: Mapping[str, int], days: Mapping[str, float], advisers: Sequence[Adviser]) -> Demand:
    """Days demanded by so many schools of each category, beside what the advisers have together."""
    unknown = sorted(set(schools) - set(days))
    if unknown:
        raise PackError(
            f"No days are given for category {unknown[0]}. Give it days, or take it out of the plan."
        )
    return Demand(
        sum(number * days[category] for category, number in schools.items()),
        sum(one.days for one in advisers),
    )


@dataclass(frozen=True)
class Load:
    """One adviser's demand, and schools of theirs with which there is a conflict of interest."""

    adviser: str
    demand: Demand
    conflicts: tuple[str, ...]


def loads(
    assigned: Mapping[str, str],
    category_of: Mapping[str, str],
    days: Mapping[str, float],
    advisers: Sequence[Adviser],
) -> tuple[tuple[Load, ...], tuple[str, ...]]:
    """Each adviser's demand from the schools assigned (school to adviser), and the schools that nobody has."""
    known = {one.key: one for one in advisers}
    found = []
    for adviser in advisers:
        mine = sorted(
            school for school, who in assigned.items() if who == adviser.key and school in category_of
        )
        asked = sum(days[category_of[school]] for school in mine)
        found.append(
            Load(
                adviser.key,
                Demand(asked, adviser.days),
                tuple(school for school in mine if school in adviser.conflicts),
            )
        )
    nobody = tuple(sorted(school for school in category_of if assigned.get(school) not in known))
    return tuple(found), nobody


@dataclass(frozen=True)
class Entry:
    """A line of the entitlement ledger: days booked or used for a school, and which fund pays."""

    organisation: str
    kind: str
    days: float
    fund: str

    def __post_init__(self) -> None:
        if self.kind not in ("booked", "used"):
            raise ValueError(f"a ledger line is booked or used, not {self.kind!r}")
        if self.days < 0:
            raise ValueError(f"days are {self.days:g}; they cannot be less than 0")


@dataclass(frozen=True)
class Balance:
    """A school's days: allocated, booked, used, remaining (not below 0), and over."""

    allocated: float
    booked: float
    used: float
    remaining: float
    over: float
    by_fund: Mapping[str, float]


def balance(organisation: str, allocated: float, entries: Iterable[Entry]) -> Balance:
    """The ledger of one school. Booked days that are used are entered as used; each line counts once."""
    mine = [one for one in entries if one.organisation == organisation]
    booked = sum(one.days for one in mine if one.kind == "booked")
    used = sum(one.days for one in mine if one.kind == "used")
    funds: dict[str, float] = {}
    for one in mine:
        funds[one.fund] = funds.get(one.fund, 0.0) + one.days
    rest = allocated - booked - used
    return Balance(allocated, booked, used, max(0.0, rest), max(0.0, -rest), funds)


@cache
def packages() -> Mapping[str, Package]:
    """The shipped packages, by key."""
    found: dict[str, Package] = {}
    for one in shipped.texts("support"):
        found.update(read(*one))
    return found


def read(text: str, file: str) -> Mapping[str, Package]:
    """The packages that a pack's text describes. A `PackError` says what is wrong with it and where."""
    found: dict[str, Package] = {}
    place = Place(file).at("package")
    for at, table in enumerate(read_toml(text, file).get("package", [])):
        here = place.at(at)
        elements = tuple(
            settings_of(Element, one, here.at("element").at(number))
            for number, one in enumerate(table.get("element", []))
        )
        head = {key: value for key, value in table.items() if key != "element"}
        package = settings_of(Package, {"elements": elements} | head, here)
        found[package.key] = package
    return found
