"""Criteria one by one: levels, reasons, and that they never guess."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from schemes_for_tests import index, profile, share

from headway.policy.criteria import beside_comparator, beside_reference, entered, figure_below, standing
from headway.policy.profiles import Comparison, Figure, Side

RWM = "ks2_rwm_expected"


@pytest.mark.parametrize(
    "status", ["suppressed", "not available", "low coverage", "not applicable", "too few"]
)
def test_a_figure_that_is_not_there_is_never_below(status: str) -> None:
    found = figure_below.judge(
        profile(2017, Figure(RWM, 2017, status=status)), figure_below.Settings(RWM, 65)
    )
    assert found.level == "cannot say"
    assert status in found.because[0]


@given(st.integers(1, 400), st.data())
def test_a_share_equal_to_the_threshold_is_not_below_it(pupils: int, data: st.DataObject) -> None:
    met = data.draw(st.integers(0, pupils))
    for threshold in range(0, 101):
        exact = 100 * met < threshold * pupils
        side = share(RWM, 2017, met, pupils).side_of(threshold)
        assert side is (Side.BELOW if exact else Side.NOT_BELOW)


@given(st.integers(11, 200), st.data(), st.floats(0, 100))
def test_so_many_pupils_more_would_indeed_lift_it_and_one_fewer_not(
    pupils: int, data: st.DataObject, below: float
) -> None:
    met = data.draw(st.integers(0, pupils))
    settings = figure_below.Settings(RWM, below)
    found = figure_below.judge(profile(2017, share(RWM, 2017, met, pupils)), settings)
    away = int(found.near.split()[0])
    sign = 1 if found.level == "below" else -1
    reached = met + sign * away
    if 0 <= reached <= pupils:
        then = figure_below.judge(profile(2017, share(RWM, 2017, reached, pupils)), settings)
        assert then.level != found.level
    before = figure_below.judge(profile(2017, share(RWM, 2017, reached - sign, pupils)), settings)
    assert before.level == found.level


@given(st.integers(1, 60), st.data(), st.floats(1, 99))
def test_a_lower_share_is_never_less_concerning(pupils: int, data: st.DataObject, below: float) -> None:
    met = data.draw(st.integers(1, pupils))
    settings = figure_below.Settings(RWM, below)
    order = figure_below.levels(settings)
    higher, lower = (
        figure_below.judge(profile(2017, share(RWM, 2017, one, pupils)), settings).level
        for one in (met, met - 1)
    )
    assert order.index(lower) >= order.index(higher)


def test_a_rounded_percentage_across_the_threshold_cannot_be_told() -> None:
    figure = Figure(RWM, 2017, value=65.0, rounded_to=1.0)
    assert figure_below.judge(profile(2017, figure), figure_below.Settings(RWM, 65)).level == "cannot say"
    assert figure_below.judge(profile(2017, figure), figure_below.Settings(RWM, 67)).level == "below"


def test_chance_is_named_where_the_interval_spans_the_threshold() -> None:
    figure = replace(share(RWM, 2017, 16, 30), lower=36.1, upper=69.8)
    (reason,) = figure_below.judge(profile(2017, figure), figure_below.Settings(RWM, 65)).because
    assert "chance alone may have put it below" in reason


def test_value_added_is_judged_by_its_own_interval_and_cannot_be_without_one() -> None:
    settings = beside_reference.Settings(("ks2_value_added",), 100)

    def level(figure: Figure) -> str:
        return beside_reference.judge(profile(2007, figure), settings).level

    assert level(index("ks2_value_added", 2007, 99.1, 0.5)) == "significantly below"
    assert level(index("ks2_value_added", 2007, 99.1, 0.9)) == "not different"  # touches the reference
    assert level(index("ks2_value_added", 2007, 101, 0.5)) == "significantly above"
    assert level(Figure("ks2_value_added", 2007, value=90.0)) == "cannot say"


def test_one_of_several_scores_below_is_enough_and_one_missing_leaves_the_rest_open() -> None:
    settings = beside_reference.Settings(("ks2_reading_progress", "ks2_mathematics_progress"), 0)
    low, fine = index("ks2_reading_progress", 2017, -2, 1), index("ks2_mathematics_progress", 2017, 2, 1)
    assert beside_reference.judge(profile(2017, low, fine), settings).level == "significantly below"
    assert beside_reference.judge(profile(2017, low), settings).level == "significantly below"
    assert beside_reference.judge(profile(2017, fine), settings).level == "cannot say"


def test_high_absence_is_worse_and_high_attainment_better() -> None:
    settings = beside_comparator.Settings(("absence_overall",))
    absent = profile(
        2019,
        Figure("absence_overall", 2019, value=6.0, denominator=200),
        comparisons=(Comparison("absence_overall", 2019, "nation", "above", comparator_value=4.0),),
    )
    assert beside_comparator.judge(absent, settings).level == "worse"
    settings = beside_comparator.Settings((RWM,))
    high = profile(2019, share(RWM, 2019, 29, 30), comparisons=(Comparison(RWM, 2019, "nation", "above"),))
    assert beside_comparator.judge(high, settings).level == "better"


def test_a_suppressed_figure_with_a_comparison_left_over_is_not_judged() -> None:
    settings = beside_comparator.Settings((RWM,))
    hidden = profile(
        2019,
        Figure(RWM, 2019, status="suppressed"),
        comparisons=(Comparison(RWM, 2019, "nation", "below"),),
    )
    assert beside_comparator.judge(hidden, settings).level == "cannot say"


def test_a_judgement_carries_its_author_day_and_note_and_an_unknown_level_is_refused() -> None:
    settings = entered.Settings(("A", "B"), criterion="capacity")
    found = entered.judge(profile(2018, entered={"capacity": "B"}), settings)
    assert (found.level, found.because[0]) == ("B", "An adviser on 1 October 2018 judged it B.")
    assert entered.judge(profile(2018, entered={"capacity": "E"}), settings).level == "cannot say"
    assert entered.judge(profile(2018), settings).level == "cannot say"


def test_the_best_of_the_round_stands_at_nothing_and_the_worst_at_one() -> None:
    schools = [profile(2019, share(RWM, 2019, met, 30), organisation=f"school:{met}") for met in (9, 18, 27)]
    settings = standing.resolved(standing.Settings(RWM), schools)
    assert [standing.judge(one, settings).concern for one in schools] == pytest.approx([1, 0.5, 0])
    alone = standing.resolved(standing.Settings(RWM), schools[:1])
    assert standing.judge(schools[0], alone).level == "cannot say"
