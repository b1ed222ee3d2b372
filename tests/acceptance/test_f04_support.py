"""F04, support and entitlement: the acceptance examples of domain.md, as far as they need no service."""

from __future__ import annotations

from datetime import date

import pytest

from headway.policy.entitlement import (
    VISIT,
    Adviser,
    Waived,
    activities,
    days_by_category,
    demand,
    missing_elements,
    packages,
)
from headway.policy.scheme_packs import scheme

ADVISERS = (Adviser("one", 60), Adviser("two", 60))


def test_ac1_117_days_for_120_leave_3_and_one_more_amber_is_2_over() -> None:
    days = days_by_category(scheme("wales-2014"))
    assert days == {"green": 4, "yellow": 10, "amber": 15, "red": 25}
    planned = demand({"green": 3, "yellow": 5, "amber": 2, "red": 1}, days, ADVISERS)
    assert (planned.demanded, planned.available, planned.spare, planned.short) == (117, 120, 3, 0)
    moved = demand({"green": 3, "yellow": 4, "amber": 3, "red": 1}, days, ADVISERS)
    assert (moved.demanded, moved.short) == (122, 2)
    assert moved.sentence() == "122 days demanded, 120 available: 2 days over"


def test_ac2_category_a_makes_the_six_elements_with_ten_monthly_visits_from_october_to_july() -> None:
    package = packages()[scheme("southwark-2002").categories[0].package]
    made = activities(package, date(2002, 10, 1), classes={"year 6 class": 2})
    assert {one.element for one in made} == {
        "audit visit",
        "ARTS",
        "action plan",
        "Y6 observation",
        "tracking",
        "monthly visit",
    }
    monthly = [one for one in made if one.element == "monthly visit"]
    assert [one.due.month for one in monthly] == [10, 11, 12, 1, 2, 3, 4, 5, 6, 7]
    assert (monthly[0].due, monthly[-1].due) == (date(2002, 10, 31), date(2003, 7, 31))
    assert [(one.number, one.of) for one in made if one.element == "Y6 observation"] == [(1, 2), (2, 2)]
    assert all(one.kind == VISIT for one in monthly)
    assert missing_elements(package, made) == ()


def test_ac2_an_element_is_there_or_waived_with_a_reason() -> None:
    package = packages()["southwark-2002-A"]
    made = [
        one
        for one in activities(package, date(2002, 10, 1), classes={"year 6 class": 1})
        if one.element != "ARTS"
    ]
    assert missing_elements(package, made) == ("ARTS",)
    assert missing_elements(package, made, [Waived("ARTS", "Head of service", "Held in September.")]) == ()
    with pytest.raises(ValueError, match="with a reason"):
        Waived("ARTS", "Head of service", " ")
