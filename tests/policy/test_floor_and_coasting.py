"""Floor and coasting, by each year's own definition (methods A1 and A2, SI 2017/9)."""

from __future__ import annotations

import pytest

from headway.policy.criteria import coasting, floor
from headway.policy.packs import pack
from headway.policy.profiles import Figure, Profile, profiles

FLOOR, COASTING = pack("floor"), pack("coasting")


def share(measure: str, year: int, numerator: int, denominator: int) -> Figure:
    return Figure(
        measure,
        year,
        value=100 * numerator / denominator,
        numerator=numerator,
        denominator=denominator,
        numerator_low=numerator,
        numerator_high=numerator,
    )


def score(measure: str, year: int, value: float, upper: float | None = None) -> Figure:
    return Figure(measure, year, value=value, upper=upper)


def profile(year: int, *figures: Figure, kind: str | None = "primary") -> Profile:
    return Profile(
        "school:100001", year, kind=kind, figures={(f.measure, f.year, f.group): f for f in figures}
    )


def two_levels(year: int, **percents: float) -> list[Figure]:
    return [score(f"ks2_{subject}_two_levels_progress", year, value) for subject, value in percents.items()]


@pytest.mark.parametrize(("numerator", "level"), [(10, "below"), (11, "not below"), (12, "not below")])
def test_the_floor_of_2008_is_55_percent_in_english_and_mathematics_combined(
    numerator: int, level: str
) -> None:
    figure = share("ks2_english_maths_level4", 2008, numerator, 20)
    assert floor.judge(profile(2008, figure), FLOOR).level == level


def test_the_floor_of_2011_needs_both_progress_measures_below_their_medians() -> None:
    attainment = share("ks2_english_maths_level4", 2011, 17, 30)
    both = profile(2011, attainment, *two_levels(2011, english=86.67, mathematics=85))
    one = profile(2011, attainment, *two_levels(2011, english=86.67, mathematics=86))
    assert floor.judge(both, FLOOR).level == "below"
    assert floor.judge(one, FLOOR).level == "not below"


def test_the_unrounded_share_is_compared_with_the_median() -> None:
    """Domain F02, AC2: 26 of 30 is 86.67 %, printed 87 %; below 87, not below 86."""
    english = share("ks2_english_two_levels_progress", 2011, 26, 30)
    assert english.side_of(87).value == "below"
    assert english.side_of(86).value == "not below"


def test_a_rounded_percentage_on_the_threshold_cannot_be_told() -> None:
    attainment = Figure("ks2_english_maths_level4", 2008, value=55.0, rounded_to=1.0)
    found = floor.judge(profile(2008, attainment), FLOOR)
    assert found.level == "cannot say"
    assert "rounded" in found.because[0]


@pytest.mark.parametrize(
    ("reading", "writing", "mathematics", "level"),
    [(-5.1, 0, 0, "below"), (-5.0, -7.0, -5.0, "not below"), (0, -7.1, 0, "below"), (0, 0, -5.1, "below")],
)
def test_the_floor_of_2016_to_2018_is_missed_by_any_progress_score(
    reading: float, writing: float, mathematics: float, level: str
) -> None:
    figures = [
        share("ks2_rwm_expected", 2017, 19, 30),
        score("ks2_reading_progress", 2017, reading),
        score("ks2_writing_progress", 2017, writing),
        score("ks2_mathematics_progress", 2017, mathematics),
    ]
    assert floor.judge(profile(2017, *figures), FLOOR).level == level


def test_65_percent_is_enough_whatever_the_progress() -> None:
    figures = [share("ks2_rwm_expected", 2017, 13, 20), score("ks2_reading_progress", 2017, -9)]
    assert floor.judge(profile(2017, *figures), FLOOR).level == "not below"


@pytest.mark.parametrize("status", ["suppressed", "not available", "low coverage", "not applicable"])
def test_a_school_without_a_figure_is_never_below_the_floor(status: str) -> None:
    found = floor.judge(profile(2017, Figure("ks2_rwm_expected", 2017, status=status)), FLOOR)
    assert found.level == "cannot say"
    assert status in found.because[0]


def test_a_school_of_ten_pupils_is_left_out() -> None:
    figures = [share("ks2_rwm_expected", 2017, 2, 10), score("ks2_reading_progress", 2017, -9)]
    assert floor.judge(profile(2017, *figures), FLOOR).level == "not applicable"


@pytest.mark.parametrize("kind", ["special", "infant", "nursery"])
def test_schools_outside_the_standard_are_left_out(kind: str) -> None:
    figure = share("ks2_english_maths_level4", 2008, 1, 20)
    assert floor.judge(profile(2008, figure, kind=kind), FLOOR).level == "not applicable"


@pytest.mark.parametrize("year", [2007, 2019, 2024])
def test_years_without_a_floor_say_so(year: int) -> None:
    found = floor.judge(profile(year), FLOOR)
    assert found.level == "not applicable"
    assert str(year) in found.because[0]


def test_the_medians_of_2010_and_2013_are_not_invented() -> None:
    for year, measure in ((2010, "ks2_english_maths_level4"), (2013, "ks2_rwm_level4")):
        figures = [
            share(measure, year, 10, 30),
            *two_levels(year, english=50, reading=50, writing=50, mathematics=50),
        ]
        assert floor.judge(profile(year, *figures), FLOOR).level == "cannot say"


def coasting_figures(year: int, rwm: int, progress: float, upper: float = -0.5) -> list[Figure]:
    if year < 2016:
        return [
            share("ks2_rwm_level4", year, rwm, 100),
            *two_levels(year, reading=progress, writing=progress, mathematics=progress),
        ]
    return [
        share("ks2_rwm_expected", year, rwm, 100),
        score("ks2_reading_progress", year, progress, upper),
        score("ks2_writing_progress", year, 0, 1),
        score("ks2_mathematics_progress", year, 0, 1),
    ]


def test_three_years_short_is_coasting_and_two_are_not() -> None:
    three = [
        *coasting_figures(2014, 84, 92.9),
        *coasting_figures(2015, 84, 92.9),
        *coasting_figures(2016, 84, -2.6),
    ]
    assert coasting.judge(profile(2016, *three), COASTING).level == "coasting"
    two = [
        *coasting_figures(2014, 85, 92.9),
        *coasting_figures(2015, 84, 92.9),
        *coasting_figures(2016, 84, -2.6),
    ]
    assert coasting.judge(profile(2016, *two), COASTING).level == "not coasting"


def test_progress_counts_only_when_its_upper_limit_is_below_zero() -> None:
    sure = [figure for year in (2016, 2017, 2018) for figure in coasting_figures(year, 84, -2.6, -0.1)]
    unsure = [figure for year in (2016, 2017, 2018) for figure in coasting_figures(year, 84, -2.6, 0.1)]
    assert coasting.judge(profile(2018, *sure), COASTING).level == "coasting"
    assert coasting.judge(profile(2018, *unsure), COASTING).level == "not coasting"


def test_a_missing_year_of_three_cannot_be_told() -> None:
    figures = [*coasting_figures(2016, 84, -2.6), *coasting_figures(2018, 84, -2.6)]
    assert coasting.judge(profile(2018, *figures), COASTING).level == "cannot say"


def test_figures_counted_from_pupils_are_taken_before_published_ones() -> None:
    row = {"organisation": "school:1", "year": 2017, "years_pooled": 1, "measure": "ks2_rwm_expected", "group": "all",
           "status": "reported", "denominator": 30, "lower": None, "upper": None, "source": "x"}  # fmt: skip
    rows = [
        {
            **row,
            "basis": "published",
            "value": 63.0,
            "numerator": 19,
            "numerator_low": 19,
            "numerator_high": 19,
        },
        {**row, "basis": "pupils", "value": 60.0, "numerator": 18, "numerator_low": 18, "numerator_high": 18},
        {**row, "years_pooled": 3, "basis": "pupils", "value": 1.0, "numerator": 1},
    ]
    for order in (rows, rows[::-1]):
        assert profiles(order, 2017)["school:1"].figure("ks2_rwm_expected").numerator == 18
