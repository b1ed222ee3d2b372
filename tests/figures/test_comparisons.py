"""Figures beside comparators: unrounded, with intervals, and honest about what is not known."""

from __future__ import annotations

import polars as pl
import pytest
from figure_rows import published, result, results
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.proportion import confint_proportions_2indep

from headway.figures.comparisons import (
    comparisons,
    exceeds,
    newcombe,
    points_difference,
    proportionate_difference,
)
from headway.figures.publishing import published_figures

NATION = "nation:england"
NOBODY = results(result()).clear()
PARENTS = pl.DataFrame({"organisation": ["school:1", "school:2"], "parent": ["authority:936"] * 2})


def compared(figures: pl.LazyFrame, **others: pl.LazyFrame) -> dict[str, dict[str, object]]:
    """The comparisons of school 1 for all pupils (or of the only group), by comparator."""
    rows = comparisons(
        figures,
        nations=others.get("nations", NOBODY),
        authorities=others.get("authorities", NOBODY),
        parents=PARENTS,
        previous=others.get("previous"),
    ).collect()
    return {row["comparator"]: row for row in rows.to_dicts()}


def test_26_of_30_is_not_above_a_median_of_87_and_is_above_86() -> None:
    assert not exceeds(26, 30, 87)
    assert exceeds(26, 30, 86)
    assert not exceeds(87, 100, 87)


def test_points_and_proportionate_differences_are_two_things() -> None:
    assert points_difference(54, 60) == -6
    assert proportionate_difference(54, 60) == pytest.approx(-10)


@given(
    *(st.integers(1, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))) for _ in range(2)),
)
def test_the_interval_of_a_difference_is_newcombe_s(first: tuple[int, int], second: tuple[int, int]) -> None:
    peer = confint_proportions_2indep(*first, *second, method="newcomb", compare="diff")
    assert newcombe(*first, *second) == pytest.approx([100 * one for one in peer], abs=1e-7)


def test_a_school_is_judged_against_the_nation_by_its_own_interval() -> None:
    nation = results(result(NATION, basis="published", value=65.0, numerator_low=None, denominator=None))
    found = compared(results(result(numerator=16, denominator=30)), nations=nation)["nation"]
    assert found["significance"] == "not significant"
    assert found["difference"] == pytest.approx(100 * 16 / 30 - 65)
    assert found["lower"] == pytest.approx(36.1423 - 65, abs=1e-4)
    assert found["upper"] == pytest.approx(69.7676 - 65, abs=1e-4)
    low = compared(results(result(numerator=10, denominator=30)), nations=nation)["nation"]
    assert low["significance"] == "below"


def test_both_coverages_of_the_nation_are_kept_apart() -> None:
    nations = results(
        result(NATION, basis="published", value=61.0),
        result("nation:england-state-funded", basis="published", value=62.0),
    )
    found = compared(results(result(numerator=20, denominator=30)), nations=nations)
    assert found["nation"]["comparator_value"] == 61
    assert found["nation_state_funded"]["comparator_value"] == 62


def test_a_group_is_compared_with_the_others_in_the_school_and_in_the_nation() -> None:
    own = results(
        result(group="disadvantaged", numerator=5, denominator=20),
        result(group="other", numerator=36, denominator=40),
    )
    nations = results(result(NATION, group="other", basis="published", value=70.0))
    rows = comparisons(own, nations=nations, authorities=NOBODY, parents=PARENTS).collect()
    gap = rows.filter(comparator="other", group="disadvantaged").row(0, named=True)
    assert gap["difference"] == -65
    assert (gap["lower"], gap["upper"]) == pytest.approx(newcombe(5, 20, 36, 40))
    assert gap["significance"] == "below"
    to_others = rows.filter(comparator="nation_other", group="disadvantaged").row(0, named=True)
    assert to_others["difference"] == -45
    assert to_others["significance"] == "below"


def test_last_year_is_compared_unless_the_measure_broke() -> None:
    def beside_last_year(year: int) -> dict[str, dict[str, object]]:
        now = results(result(year=year, numerator=30, denominator=40))
        return compared(now, previous=results(result(year=year - 1, numerator=10, denominator=40)))

    assert beside_last_year(2019)["previous_year"]["significance"] == "above"
    assert "previous_year" not in beside_last_year(2018)


def test_the_school_s_authority_is_found_by_belonging() -> None:
    areas = results(
        result("authority:936", numerator=600, denominator=1000),
        result("authority:886", numerator=1, denominator=2),
    )
    found = compared(results(result(numerator=29, denominator=30)), authorities=areas)
    assert found["authority"]["comparator_value"] == 60
    assert found["authority"]["significance"] == "above"


@pytest.mark.parametrize(
    "status", ["suppressed", "not available", "not applicable", "low coverage", "too few"]
)
def test_what_is_missing_is_not_compared(status: str) -> None:
    nation = results(result(NATION, basis="published", value=65.0))
    assert compared(results(result(status=status, value=None)), nations=nation) == {}
    missing = results(result(NATION, basis="published", status=status))
    assert compared(results(result(numerator=16, denominator=30)), nations=missing) == {}


def test_a_rounded_percentage_cannot_say_where_the_answer_lies_inside_its_rounding() -> None:
    """57 % of 290 may be 164, 165 or 166 pupils; against 62.5 % only the least of them is significantly below."""
    rows = published_figures(
        published({"organisation": "school:1", "value": 57.0, "rounded_to": 1.0, "denominator": 290}), {}
    )
    row = rows.collect().row(0, named=True)
    assert (row["numerator"], row["numerator_low"], row["numerator_high"]) == (None, 164, 166)
    nation = results(result(NATION, basis="published", value=62.3))
    found = compared(rows, nations=nation)["nation"]
    assert found["significance"] == "cannot say"
    assert "rounded" in str(found["because"])
    far = compared(rows, nations=results(result(NATION, basis="published", value=80.0)))["nation"]
    assert far["significance"] == "below"


def test_a_figure_without_its_cohort_cannot_say() -> None:
    rows = published_figures(published({"organisation": "school:1", "value": 57.0, "rounded_to": 1.0}), {})
    found = compared(rows, nations=results(result(NATION, basis="published", value=80.0)))["nation"]
    assert found["difference"] == -23
    assert found["significance"] == "cannot say"
    assert "cohort is unpublished" in str(found["because"])
    assert (found["lower"], found["upper"]) == (None, None)


def test_a_published_progress_score_is_judged_by_its_own_limits() -> None:
    score = {"measure": "ks2_reading_progress", "basis": "published"}
    own = results(result(**score, value=-2.0, lower=-3.5, upper=-0.5))
    nation = results(result(NATION, **score, value=0.0))
    assert compared(own, nations=nation)["nation"]["significance"] == "below"


def test_averages_of_two_years_are_compared_by_their_own_intervals() -> None:
    score = {"measure": "ks2_reading_average", "denominator": 30}
    now = results(result(**score, value=104.0, lower=102.0, upper=106.0))
    before = results(result(year=2018, **score, value=100.0, lower=98.0, upper=102.0))
    found = compared(now, previous=before)["previous_year"]
    assert found["lower"] == pytest.approx(4 - 8**0.5)
    assert found["significance"] == "above"


def test_an_amalgamation_is_left_out_of_the_trend() -> None:
    now = results(result(numerator=30, denominator=40))
    before = results(result(year=2018, numerator=10, denominator=40, label="amalgamated predecessor 100001"))
    assert "previous_year" not in compared(now, previous=before)
