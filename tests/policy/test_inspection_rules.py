"""Working days, clocks, what follows from inspections, due windows, priority rules and themes."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from dateutil.easter import easter
from hypothesis import given
from hypothesis import strategies as st
from schemes_for_tests import index, profile, share

from headway.policy import clocks, priority, themes
from headway.policy.calendars import bank_holidays, england
from headway.policy.criteria import category_of_concern
from headway.policy.inspection_rules import checklist, concluded, six_commitments, window
from headway.policy.packs.checking import PackError
from headway.policy.profiles import Comparison, Inspection

DAYS = st.dates(date(2005, 9, 1), date(2030, 12, 31))


@given(st.integers(1990, 2099))
def test_good_friday_and_easter_monday_stand_beside_easter(year: int) -> None:
    sunday = easter(year)
    assert {sunday - timedelta(days=2), sunday + timedelta(days=1)} <= bank_holidays(england(), year)


@pytest.mark.parametrize(
    ("year", "days"),
    [
        (2012, "01-02 04-06 04-09 05-07 06-04 06-05 08-27 12-25 12-26"),
        (2020, "01-01 04-10 04-13 05-08 05-25 08-31 12-25 12-28"),
        (2022, "01-03 04-15 04-18 05-02 06-02 06-03 08-29 09-19 12-26 12-27"),
        (2023, "01-02 04-07 04-10 05-01 05-08 05-29 08-28 12-25 12-26"),
        (2026, "01-01 04-03 04-06 05-04 05-25 08-31 12-25 12-28"),
    ],
)
def test_the_bank_holidays_of_single_years(year: int, days: str) -> None:
    assert bank_holidays(england(), year) == {date.fromisoformat(f"{year}-{day}") for day in days.split()}


@given(DAYS, st.integers(0, 60))
def test_so_many_working_days_after_a_day_are_counted_by_walking(day: date, count: int) -> None:
    after = england().after(day, count)
    passed = [day + timedelta(days=at) for at in range(1, (after - day).days + 1)]
    assert sum(england().is_working_day(one) for one in passed) == count
    assert count == 0 or england().is_working_day(after)
    assert england().between(day, after) == count


def test_the_fifteenth_working_day_after_a_notice_of_2008() -> None:
    """F12, AC1."""
    assert england().after(date(2008, 11, 3), 15) == date(2008, 11, 24)


def test_school_holidays_are_an_authoritys_own() -> None:
    ours = england().with_school_holidays([(date(2025, 10, 27), date(2025, 10, 31))])
    assert england().after(date(2025, 10, 24), 1, school_days=True) == date(2025, 10, 27)
    assert ours.after(date(2025, 10, 24), 1, school_days=True) == date(2025, 11, 3)
    assert ours.after(date(2025, 10, 24), 1) == date(2025, 10, 27)


@given(DAYS, st.integers(-40, 40))
def test_months_later_falls_on_the_same_day_or_the_last_of_the_month(day: date, count: int) -> None:
    later = clocks.months_after(day, count)
    assert (later.year * 12 + later.month) - (day.year * 12 + day.month) == count
    assert later.day == day.day or (later + timedelta(days=1)).day == 1


def test_a_reply_from_the_regulator_is_due_twenty_days_on() -> None:
    assert clocks.due(clocks.shipped()["regulator-2024"], "reply", date(2026, 11, 2)).latest == date(
        2026, 11, 22
    )


def test_a_clock_with_a_wrong_unit_is_refused_with_its_place() -> None:
    text = 'key = "a"\ntitle = "A"\nfirst_day = 2020-01-01\nsource = "s"\n'
    text += '[[clock]]\nkey = "c"\ntitle = "C"\nstarts = "s"\nby = 3\nunit = "moons"\nsource = "s"\n'
    with pytest.raises(
        PackError, match=r"ours.toml, clock\[1\]: unit: found 'moons', expected one of working days"
    ):
        clocks.read(text, "ours.toml")


CARD = Inspection(
    date(2026, 1, 13),
    "ofsted_2025",
    {
        "achievement": "expected standard",
        "leadership and governance": "strong standard",
        "safeguarding": "met",
    },
)


def test_safeguarding_not_met_is_a_category_whatever_the_areas() -> None:
    found = concluded(replace(CARD, judgements={**CARD.judgements, "safeguarding": "not met"}))
    assert (found.category, found.because) == (
        "RSI",
        "category of concern, requires significant improvement: safeguarding not met",
    )
    assert concluded(CARD).monitoring is False


def test_a_report_card_without_its_category_in_the_file_is_read_by_its_areas() -> None:
    urgent = replace(CARD, judgements={**CARD.judgements, "achievement": "urgent improvement"})
    settings = category_of_concern.Settings()
    assert category_of_concern.judge(profile(2025, inspections=(CARD,)), settings).level == "none"
    found = category_of_concern.judge(profile(2025, inspections=(urgent,)), settings)
    assert found.level == "significant improvement"
    assert "requires significant improvement" in found.because[0]


def test_old_grades_do_not_get_the_rules_of_report_cards() -> None:
    old = Inspection(date(2019, 5, 1), "ofsted_2015", {"overall effectiveness": "inadequate"})
    with pytest.raises(PackError, match="Its own report says its category"):
        concluded(old)


def _graded(day: date, overall: str, **more: object) -> Inspection:
    return Inspection(day, "ofsted_2019", {"overall effectiveness": overall}, **more)  # type: ignore[arg-type]


def test_windows_are_dates_and_reasons_by_the_rules_of_the_day() -> None:
    good = _graded(date(2019, 3, 1), "good")
    assert window([good], date(2019, 6, 1)).latest == date(2024, 8, 31)  # fifth academic year, 2015 rules
    assert window([good], date(2020, 1, 1)).latest == date(2023, 8, 31)  # four academic years, 2019 rules
    assert window([good], date(2024, 1, 1)).overdue
    low = _graded(date(2022, 3, 1), "requires improvement", published=date(2022, 4, 10))
    assert window([good, low], date(2023, 1, 1)).latest == date(2024, 10, 10)
    early = _graded(date(2012, 10, 1), "requires improvement")
    found = window([early], date(2013, 1, 1))
    assert (found.earliest, found.latest) == (date(2013, 10, 1), date(2014, 4, 1))
    assert "headteacher-update.com" in found.because


def test_a_window_that_was_not_read_is_not_known() -> None:
    for inspections, day in (
        ([], date(2020, 1, 1)),
        ([_graded(date(2024, 3, 1), "good")], date(2026, 1, 1)),
        ([_graded(date(2024, 3, 1), "good"), CARD], date(2026, 2, 1)),
        ([_graded(date(2007, 3, 1), "good")], date(2008, 1, 1)),
    ):
        found = window(inspections, day)
        assert (found.earliest, found.latest, found.overdue) == (None, None, False)
        assert found.because.startswith("Not known")


def test_twice_running_below_good_brings_the_six_commitments() -> None:
    """F26: requires improvement in 2019 and in 2023."""
    low = [
        _graded(date(2019, 3, 1), "requires improvement"),
        _graded(date(2023, 3, 1), "requires improvement"),
    ]
    found = checklist(low)
    assert found.items == six_commitments().commitments
    assert len(found.items) == 6
    assert "1 March 2019 and requires improvement on 1 March 2023" in found.because
    assert checklist([low[0], _graded(date(2021, 3, 1), "good"), low[1]]).items == ()
    assert checklist(low[:1]).items == ()
    card = replace(CARD, judgements={"leadership and governance": "needs attention"})
    assert len(checklist([low[1], card]).items) == 6


KENT = priority.shipped()["kent-priority-2008"]
EM, CVA = "ks2_english_maths_level4", "ks2_contextual_value_added"


def _level(rule: str, *inspections: Inspection, loaded: bool = True) -> str:
    school = replace(profile(2008, inspections=inspections), inspections_loaded=loaded)
    found = priority.flags(school, KENT, date(2008, 10, 1))
    return next(one.level for one in found if one.rule == rule)


def test_kents_rules_on_inspections() -> None:
    early, late = _graded(date(2006, 2, 1), "good"), _graded(date(2007, 11, 1), "good")
    assert _level("not inspected") == "flagged"
    assert _level("not inspected", early) == "not flagged"
    assert _level("not inspected", _graded(date(2004, 2, 1), "good")) == "flagged"
    assert _level("early", early) == "flagged"
    assert _level("early", early, late) == "not flagged"
    assert (
        _level("satisfactory", _graded(date(2007, 1, 1), "satisfactory")) == "cannot say"
    )  # capacity unknown
    both = Inspection(
        date(2007, 1, 1),
        "ofsted_2005",
        {"overall effectiveness": "satisfactory", "capacity to improve": "satisfactory"},
    )
    assert _level("satisfactory", both) == "flagged"
    better = replace(both, judgements={**both.judgements, "capacity to improve": "good"})
    assert _level("satisfactory", better) == "not flagged"
    held = replace(both, category="NTI", judgements={"overall effectiveness": "inadequate"})
    assert _level("category", held, late) == "flagged"
    assert _level("category", late) == "not flagged"
    assert _level("category", replace(held, category=None)) == "cannot say"
    for rule in ("not inspected", "early", "satisfactory", "category"):
        assert _level(rule, loaded=False) == "cannot say"


def test_an_inspection_left_incomplete_is_no_inspection() -> None:
    assert _level("not inspected", _graded(date(2007, 2, 1), "good", incomplete=True)) == "flagged"


def test_kents_rule_on_value_added_and_decline() -> None:
    def level(now: int, before: int | None, value_added: float | None) -> str:
        figures = [share(EM, 2008, now, 40)]
        if before is not None:
            figures.append(share(EM, 2007, before, 40))
        if value_added is not None:
            figures.append(index(CVA, 2008, value_added, 0.5))
        found = priority.flags(profile(2008, *figures), KENT, date(2008, 10, 1))
        return next(one.level for one in found if one.rule == "value added")

    assert level(30, 28, 99) == "flagged"
    assert level(30, 31, 101) == "flagged"
    assert level(30, 28, 101) == "not flagged"
    assert level(30, None, 101) == "cannot say"
    assert level(30, 28, None) == "cannot say"


def test_todays_equivalents_use_the_national_figure_and_chance() -> None:
    rwm = "ks2_rwm_expected"
    school = profile(
        2023,
        share(rwm, 2023, 8, 37),
        share(rwm, 2022, 12, 27),
        comparisons=(Comparison(rwm, 2023, "nation_state_funded", "below", comparator_value=59.8),),
        inspections=(_graded(date(2021, 9, 1), "good"),),
    )
    today = priority.shipped()["priority-today"]
    found = {one.rule: one.level for one in priority.flags(school, today, date(2024, 9, 1))}
    assert found["attainment"] == "flagged"
    suppressed = replace(school, figures={}, comparisons={})
    found = {one.rule: one.level for one in priority.flags(suppressed, today, date(2024, 9, 1))}
    assert found["attainment"] == "cannot say"


def test_rules_asked_for_outside_their_dates_are_refused() -> None:
    with pytest.raises(PackError, match="lies outside"):
        priority.flags(profile(2020), KENT, date(2020, 9, 1))


def test_a_text_suggests_themes_and_only_confirmed_ones_count() -> None:
    text = "Improve marking, raise standards in writing, and make better use of assessment."
    assert [one.theme for one in themes.suggested(text)] == [
        "marking and feedback",
        "writing",
        "use of assessment",
    ]
    assert themes.suggested("Nothing of note.") == ()
    codings = [
        themes.Coding("school:1", date(2007, 1, 1), "writing"),
        themes.Coding("school:2", date(2007, 1, 1), "writing", "A. Coder"),
        themes.Coding("school:2", date(2008, 1, 1), "writing", "A. Coder"),
        themes.Coding("school:3", date(2007, 1, 1), "science", "A. Coder"),
    ]
    assert [(one.place, one.theme, one.schools) for one in themes.counts(codings)] == [
        (1, "writing", 1),
        (1, "science", 1),
    ]
