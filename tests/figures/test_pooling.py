"""Figures pooled from schools and over years: by pupils, never over what is not there."""

from __future__ import annotations

import polars as pl
import pytest
from figure_rows import published, result, results
from scipy import stats

from headway.figures.intervals import wilson
from headway.figures.pooling import areas_from_schools, carried_over, three_years
from headway.figures.publishing import published_figures

AREA = pl.DataFrame(
    {"organisation": [f"school:{one}" for one in range(1, 6)], "parent": ["authority:936"] * 5}
)


def area(*rows: dict[str, object]) -> dict[str, object]:
    schools = published_figures(published(*rows), {})
    return areas_from_schools(schools, AREA).collect().row(0, named=True)


def test_an_authority_is_weighted_by_pupils_and_says_what_it_leaves_out() -> None:
    found = area(
        {"organisation": "school:1", "value": 50.0, "rounded_to": 1.0, "denominator": 10},
        {"organisation": "school:2", "value": 80.0, "rounded_to": 1.0, "denominator": 30},
        {"organisation": "school:3", "status": "suppressed", "denominator": 4},
        {"organisation": "school:4", "value": 60.0, "rounded_to": 1.0},
        {"organisation": "school:5", "status": "not available"},
    )
    assert (found["numerator"], found["denominator"]) == (29, 40)
    assert found["value"] == 72.5
    assert (found["lower"], found["upper"]) == pytest.approx(wilson(29, 40))
    assert found["basis"] == "schools"
    assert found["label"] == (
        "2 of 5 schools; left out: 1 suppressed, with 4 pupils, 1 without a published cohort, 1 not available"
    )


def test_a_suppressed_school_is_not_counted_as_zero() -> None:
    assert (
        area(
            {"organisation": "school:1", "value": 50.0, "rounded_to": 1.0, "denominator": 10},
            {"organisation": "school:2", "status": "suppressed", "denominator": 30},
        )["value"]
        == 50
    )


def test_the_numerator_of_an_area_is_as_uncertain_as_those_of_its_schools() -> None:
    found = area(
        {"organisation": "school:1", "value": 57.0, "rounded_to": 1.0, "denominator": 290},
        {"organisation": "school:2", "value": 50.0, "rounded_to": 1.0, "denominator": 10},
    )
    assert (found["numerator"], found["numerator_low"], found["numerator_high"]) == (None, 169, 171)
    assert found["lower"] == pytest.approx(wilson(169, 300)[0])
    assert found["upper"] == pytest.approx(wilson(171, 300)[1])


def test_an_area_of_suppressed_schools_has_no_figure() -> None:
    schools = published_figures(published({"organisation": "school:1", "status": "suppressed"}), {})
    assert areas_from_schools(schools, AREA).collect().is_empty()


def test_three_years_are_weighted_by_pupils_and_listed() -> None:
    rows = results(
        *(
            result(year=year, measure="ks2_reading_expected", numerator=numerator, denominator=denominator)
            for year, numerator, denominator in ((2017, 10, 20), (2018, 27, 30), (2019, 5, 10))
        )
    )
    found = three_years(rows, 2019).collect().row(0, named=True)
    assert (found["years_pooled"], found["numerator"], found["denominator"]) == (3, 42, 60)
    assert found["value"] == 70
    assert (found["lower"], found["upper"]) == pytest.approx(wilson(42, 60))
    assert found["label"] == "2017: 20 pupils, 2018: 30 pupils, 2019: 10 pupils"


def test_three_years_of_means_are_one_mean_of_all_pupils() -> None:
    scores = {2017: [100, 104], 2018: [90, 110, 106], 2019: [99, 101]}
    everyone = [score for several in scores.values() for score in several]
    rows = results(
        *(
            result(
                year=year,
                measure="ks2_reading_average",
                denominator=len(several),
                value=sum(several) / len(several),
                total=float(sum(several)),
                total_squares=float(sum(one * one for one in several)),
            )
            for year, several in scores.items()
        )
    )
    found = three_years(rows, 2019).collect().row(0, named=True)
    assert found["value"] == pytest.approx(sum(everyone) / 7)
    half = stats.sem(everyone) * stats.t.ppf(0.975, 6)
    assert (found["lower"], found["upper"]) == pytest.approx((found["value"] - half, found["value"] + half))


@pytest.mark.parametrize(
    ("measure", "years"),
    [
        ("ks2_rwm_expected", (2017, 2018, 2019)),  # writing broke in 2018
        ("ks2_reading_expected", (2017, 2019)),  # a year is missing
        ("ks2_reading_expected", (2019, 2020, 2021)),  # no tests
        ("ks2_reading_level4", (2014, 2015, 2016)),  # levels ended in 2015
        ("ks2_cohort", (2017, 2018, 2019)),  # a number of pupils is not pooled
    ],
)
def test_nothing_is_pooled_across_a_break_or_a_gap(measure: str, years: tuple[int, ...]) -> None:
    rows = results(*(result(year=year, measure=measure, numerator=10, denominator=20) for year in years))
    assert three_years(rows, years[-1]).collect().is_empty()


def test_a_suppressed_year_is_not_pooled() -> None:
    rows = [
        result(year=year, measure="ks2_reading_expected", numerator=10, denominator=20)
        for year in (2017, 2018)
    ]
    missing = result(year=2019, measure="ks2_reading_expected", status="suppressed", denominator=20)
    assert three_years(results(*rows, missing), 2019).collect().is_empty()


def test_a_conversion_takes_over_what_it_has_not_itself() -> None:
    own = results(
        result("school:1", basis="published", numerator=10, denominator=20),
        result("school:1", basis="published", group="girls", numerator=6, denominator=10),
        result("school:9", basis="published", group="girls", numerator=3, denominator=10),
    ).collect()
    converted = pl.DataFrame(
        {"organisation": ["school:1"], "parent": ["school:9"], "note": ["predecessor 1"]}
    )
    taken = carried_over(own, converted)
    assert taken.select("organisation", "group", "numerator", "label").rows() == [
        ("school:9", "all", 10, "predecessor 1")
    ]
