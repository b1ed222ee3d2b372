"""Packages, days, loads and the ledger."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headway.policy.calendars import england
from headway.policy.entitlement import (
    Adviser,
    Entry,
    activities,
    balance,
    days_by_category,
    demand,
    loads,
    packages,
    read,
)
from headway.policy.packs.checking import PackError
from headway.policy.scheme_packs import scheme, shipped


def test_every_package_that_a_scheme_names_exists() -> None:
    named = {one.package for found in shipped().values() for one in found.categories if one.package}
    assert named <= set(packages())


def test_activities_fall_on_school_days_within_the_year_after_publication() -> None:
    holidays = england().with_school_holidays([(date(2002, 12, 20), date(2003, 1, 5))])
    made = activities(
        packages()["southwark-2002-A"], date(2002, 11, 18), classes={"year 6 class": 1}, calendar=holidays
    )
    assert all(holidays.is_school_day(one.due) for one in made)
    december = next(one for one in made if one.due.month == 12)
    assert december.due == date(2002, 12, 19)
    audit = next(one for one in made if one.element == "audit visit")
    assert audit.due == date(2002, 11, 29)  # October is over: the end of the month of publication
    assert [one.due.month for one in made if one.element == "monthly visit"] == [11, 12, 1, 2, 3, 4, 5, 6, 7]


def test_a_category_published_in_july_is_for_the_next_school_year() -> None:
    made = activities(packages()["southwark-2002-A"], date(2003, 7, 1), classes={"year 6 class": 1})
    assert (made[0].due, made[-1].due) == (date(2003, 10, 31), date(2004, 7, 30))
    assert len([one for one in made if one.element == "monthly visit"]) == 10


def test_a_package_for_each_class_asks_how_many_there_are() -> None:
    with pytest.raises(PackError, match="say how many the school has"):
        activities(packages()["southwark-2002-A"], date(2002, 10, 1))


def test_a_scheme_without_days_cannot_be_planned() -> None:
    with pytest.raises(PackError, match="gives no days"):
        days_by_category(scheme("rise-2025"))
    with pytest.raises(PackError, match="No days are given for category blue"):
        demand({"blue": 1}, {"red": 3}, [])


def test_loads_by_adviser_name_conflicts_and_schools_that_nobody_has() -> None:
    advisers = (Adviser("one", 20, frozenset({"school:2"})), Adviser("two", 30))
    category_of = {"school:1": "red", "school:2": "green", "school:3": "amber", "school:4": "red"}
    assigned = {"school:1": "one", "school:2": "one", "school:3": "two", "school:4": "gone"}
    (first, second), nobody = loads(assigned, category_of, {"red": 25, "amber": 15, "green": 4}, advisers)
    assert (first.demand.demanded, first.demand.short, first.conflicts) == (29, 9, ("school:2",))
    assert (second.demand.demanded, second.demand.spare) == (15, 15)
    assert nobody == ("school:4",)


@given(st.floats(0, 50), st.lists(st.tuples(st.sampled_from(["booked", "used"]), st.floats(0, 20))))
def test_the_ledger_adds_up(allocated: float, lines: list[tuple[str, float]]) -> None:
    entries = [Entry("school:1", kind, days, "Core") for kind, days in lines]
    found = balance("school:1", allocated, [*entries, Entry("school:2", "used", 5, "Core")])
    assert found.allocated - found.booked - found.used == pytest.approx(found.remaining - found.over)
    assert min(found.remaining, found.over) == 0
    assert sum(found.by_fund.values()) == pytest.approx(found.booked + found.used)


def test_a_wrong_month_is_said_with_its_place() -> None:
    text = '[[package]]\nkey = "p"\ntitle = "P"\nsource = "s"\n'
    text += '[[package.element]]\nkey = "e"\ntitle = "E"\nkind = "visit"\nmonth = 13\n'
    with pytest.raises(PackError, match=r"package\[1\].element\[1\]: months: found 13, expected 1 to 12"):
        read(text, "ours.toml")
