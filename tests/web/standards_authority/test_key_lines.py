"""Key lines: unit, pupils, comparator and direction, net and gross; nothing across a break."""

from __future__ import annotations

import pytest

from headway.figures.measures import registry
from headway.web.standards.floor_presenters import STANDARDS, moves_between
from headway.web.standards.key_lines import Moves, changes_line, key_line, threshold_line
from headway.web.standards.lines import line
from headway.web.standards.models import Release
from released import figure

RELEASE = Release(name="Autumn", scope="authority:936")


def beside(difference, significance, value=65.0, because=None):
    return {
        "difference": difference,
        "significance": significance,
        "comparator_value": value,
        "because": because,
    }


def said(measure="ks2_rwm_expected", year=2019, value=None, **more):
    row = figure("authority:936", 97, 164, year=year, measure=measure, lower=51.5, upper=66.3, label=None)
    if value is not None:
        row |= {"value": value}
    given = {"nation": None, "previous": None, "nation_name": "England"} | more
    return " ".join(key_line(registry()[measure], line(row, RELEASE), **given))


def test_a_key_line_says_unit_pupils_comparator_and_direction():
    assert said(nation=beside(-5.85, "not significant"), previous=beside(2.44, "above", 56.7)) == (
        "59.1% in 2018/19 (164 pupils), 95% interval 51.5% to 66.3%. 5.8 percentage points below England (65.0%), no more "
        "than chance could explain. 2.4 percentage points above 2017/18 (56.7%), by more than chance would explain."
    )


def test_a_mean_differs_by_its_own_unit_and_never_by_percentage_points():
    words = said("ks2_reading_average", value=104.3, nation=beside(0.5, "above", 103.8))
    assert "0.5 scaled score points above England (103.8)" in words
    assert "percentage points" not in words


def test_where_lower_is_better_the_line_says_so():
    assert said("absence_overall", value=5.0).endswith("Here lower is better.")


def test_no_key_line_compares_across_a_break():
    words = said(year=2018, previous=beside(2.0, "above", 60.0))
    assert words.endswith("Not comparable with 2016/17: writing is assessed under a changed framework.")
    assert "60.0%" not in words


def test_what_cannot_be_said_is_said_to_be_so():
    words = said(
        nation=beside(1.0, "cannot say", because="the cohort is unpublished, so there is no interval")
    )
    assert "whether chance explains it cannot be said, because the cohort is unpublished" in words
    assert said(nation=beside(None, "cannot say", because="suppressed")).endswith("England: suppressed.")


def test_a_suppressed_figure_is_said_to_be_suppressed_and_compared_with_nothing():
    row = figure("authority:936", None, None, year=2019, lower=None, upper=None, label=None)
    assert key_line(
        registry()["ks2_rwm_expected"],
        line(row, RELEASE),
        nation=beside(1, "above"),
        nation_name="England",
        previous=None,
    ) == ("2018/19: suppressed.",)


def test_a_difference_that_rounds_to_nothing_has_no_direction():
    assert "Level with England (65.0%)" in said(nation=beside(0.04, "not significant"))


def test_net_and_gross_are_both_said():
    # domain.md F21: 25 moved up, 4 moved down.
    assert threshold_line(Moves(25, 4, 40, 0), at="Schools at or above the floor", before=2011) == (
        "Schools at or above the floor: net 21 more than in 2010/11; 25 newly, 4 no longer."
    )
    assert changes_line(Moves(12, 3, 59, 2), before=2023) == (
        "Of 74 schools, 12 rose and 3 fell since 2022/23 by more than chance would explain: net 9 rose. 59 changed no more "
        "than chance could explain; of 2 it cannot be said."
    )
    assert "net 2 fell" in changes_line(Moves(1, 3, 0, 0), before=2023)
    assert changes_line(Moves(0, 0, 0, 5), before=2023).startswith("Of no school can it be said")


@pytest.mark.parametrize(
    ("then", "now", "moves"),
    [
        ("below", "not below", Moves(1, 0, 0, 0)),
        ("not below", "below", Moves(0, 1, 0, 0)),
        ("below", "below", Moves(0, 0, 1, 0)),
        ("cannot say", "below", Moves(0, 0, 0, 1)),
        ("not below", None, Moves(0, 0, 0, 1)),
        ("not applicable", "below", Moves(0, 0, 0, 0)),
    ],
)
def test_a_school_moves_only_where_it_was_judged_in_both_years(then, now, moves):
    levels = [{"school:1": level} if level else {} for level in (then, now)]
    assert moves_between(*levels, STANDARDS["floor"]) == moves
