"""F05, inspections: the acceptance examples of domain.md, as far as they need no service."""

from __future__ import annotations

from datetime import date

import pytest

from headway.policy import clocks, priority
from headway.policy.inspection_rules import concluded
from headway.policy.packs.checking import PackError
from headway.policy.profiles import Figure, Inspection, Profile
from headway.policy.themes import Coding, counts, themes

KENT = (136, 126, 98, 87, 67, 64, 64, 55, 55, 51)


def test_ac1_the_top_ten_key_issues_from_803_theme_hits() -> None:
    """One report may carry many themes: school 1 carries all ten."""
    codings = [
        Coding(f"school:{school}", date(2007, 5, 1), theme.key, confirmed_by="A. Coder")
        for theme, schools in zip(themes(), KENT, strict=True)
        for school in range(schools)
    ]
    assert len(codings) == 803
    found = counts(codings, first_day=date(2005, 9, 1), last_day=date(2008, 7, 31))
    assert [one.schools for one in found] == list(KENT)
    assert (found[0].theme, found[0].place) == ("marking and feedback", 1)
    assert (found[-1].theme, found[-1].schools, found[-1].place) == ("tracking systems", 51, 10)
    assert counts(codings, first_day=date(2008, 1, 1)) == ()


def _card(**areas: str) -> Inspection:
    names = {
        "inclusion": "exceptional",
        "curriculum and teaching": "strong standard",
        "achievement": "needs attention",
        "attendance and behaviour": "expected standard",
        "personal development and wellbeing": "expected standard",
        "leadership and governance": "expected standard",
    }
    return Inspection(
        date(2026, 1, 13),
        "ofsted_2025",
        names | {name.replace("_", " "): value for name, value in areas.items()},
        safeguarding="met",
    )


def test_ac2_what_follows_from_a_report_card() -> None:
    found = concluded(_card())
    assert (found.category, found.monitoring) == ("none", True)
    assert found.because == "monitoring programme: needs attention (achievement)"
    urgent = concluded(_card(achievement="urgent improvement"))
    assert urgent.category == "RSI"
    assert urgent.because.startswith("category of concern, requires significant improvement")
    both = concluded(_card(achievement="urgent improvement", leadership_and_governance="urgent improvement"))
    assert both.category == "SM"


def test_ac3_the_clocks_of_2012() -> None:
    rules = clocks.shipped()["special-measures-2012"]
    statement = clocks.due(rules, "statement of action", date(2012, 11, 5))
    assert statement.latest == date(2012, 11, 19)
    monitoring = clocks.due(rules, "first monitoring", date(2012, 11, 12))
    assert (monitoring.earliest, monitoring.latest) == (date(2012, 12, 10), date(2012, 12, 24))


@pytest.mark.parametrize("day", [date(2011, 12, 31), date(2016, 1, 1)])
def test_ac3_a_rule_set_asked_for_a_day_outside_its_years_is_refused(day: date) -> None:
    with pytest.raises(PackError, match="lies outside"):
        clocks.due(clocks.shipped()["special-measures-2012"], "statement of action", day)


def _floor_rule(now: float, before: float) -> priority.Flag:
    def figure(year: int, value: float) -> Figure:
        met = round(value)
        return Figure(
            "ks2_english_maths_level4", year, value=value, numerator=met, denominator=100,
            numerator_low=met, numerator_high=met,
        )  # fmt: skip

    school = Profile(
        "school:1",
        2008,
        kind="primary",
        figures={
            (one.measure, one.year, one.group): one for one in (figure(2008, now), figure(2007, before))
        },
        inspections=(Inspection(date(2007, 3, 14), "ofsted_2005", {"overall effectiveness": "good"}),),
    )
    found = priority.flags(school, priority.shipped()["kent-priority-2008"], date(2008, 9, 1))
    return next(one for one in found if one.rule == "floor")


def test_ac4_below_the_floor_but_inspected_within_two_years_and_improved_is_not_flagged() -> None:
    found = _floor_rule(52, 49)
    assert found.level == "not flagged"
    assert "Inspected within 2 years and improved" in found.because


def test_ac4_below_the_floor_and_down_is_flagged() -> None:
    found = _floor_rule(52, 55)
    assert found.level == "flagged"
    assert "No improvement or decline" in found.because
