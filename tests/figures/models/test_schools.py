"""Value added as rows of the estimates table."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from headway.figures.models import effects, schools
from headway.figures.models.terms import ModelError
from headway.figures.tables import ESTIMATES


def cohort(year: int, seed: int = 1, count: int = 60) -> pl.DataFrame:
    random = np.random.default_rng(seed)
    lasting = 1.5 * np.random.default_rng(99).standard_normal(count)
    size = random.integers(5, 45, count)
    school = np.repeat(np.arange(count), size)
    pupils = len(school)
    prior = np.round(random.uniform(4, 10, pupils) * 4) / 4
    disadvantaged = random.random(pupils) < 0.3
    score = np.clip(
        np.round(84 + 2.5 * prior + lasting[school] - disadvantaged + 5 * random.standard_normal(pupils)),
        80,
        120,
    )
    made = pl.DataFrame(
        {
            "organisation": [f"school:{100000 + s}" for s in school], "pupil": np.arange(pupils) + 10_000 * year,
            "ks1_average_points": prior, "reading_score": score, "reading_outcome": "AS", "reading_assessment": "EXS",
            "disadvantaged": disadvantaged, "sex": random.choice(["F", "M"], pupils), "fsm": disadvantaged,
        }
    )  # fmt: skip
    gone = random.random(pupils) < 0.05
    return made.with_columns(
        pl.when(pl.Series(gone))
        .then(None)
        .otherwise(pl.col("ks1_average_points"))
        .alias("ks1_average_points")
    )


def test_each_school_has_a_row_of_estimates() -> None:
    pupils = cohort(2019)
    rows = schools.school_value_added(pupils, 2019, "reading", taught_elsewhere=["school:100007"])
    assert rows.columns == [column.name for column in ESTIMATES.columns]
    assert rows.height == pupils["organisation"].n_unique()
    assert (rows["lower"] < rows["estimate"]).all()
    assert rows["reliability"].is_between(0, 1).all()
    assert set(rows["measure"]) == {"ks2_reading_value_added"}
    counted = pupils.drop_nulls("ks1_average_points").group_by("organisation").len()
    both = rows.join(counted, on="organisation")
    assert (both["pupils"] == both["len"]).all()
    assert rows.filter(pl.col("organisation") == "school:100007")["label"][0] == schools.ELSEWHERE
    assert rows.filter(pl.col("organisation") == "school:100008")["label"][0] is None


def test_all_subjects_of_a_year_come_from_one_pass() -> None:
    pupils = cohort(2019).with_columns(
        mathematics_score=pl.col("reading_score") + 1.0, mathematics_outcome=pl.lit("AS")
    )
    both = schools.school_value_added(pupils, 2019, ["reading", "mathematics"])
    for subject in ("reading", "mathematics"):
        alone = schools.school_value_added(pupils, 2019, subject)
        assert both.filter(pl.col("measure") == f"ks2_{subject}_value_added").equals(alone)


def test_coverage_is_stated_and_low_coverage_labelled() -> None:
    pupils = cohort(2019).with_columns(
        pl.when((pl.col("organisation") == "school:100003") & (pl.col("pupil") % 3 > 0))
        .then(None).otherwise(pl.col("ks1_average_points")).alias("ks1_average_points")
    )  # fmt: skip
    row = (
        schools.school_value_added(pupils, 2019, "reading")
        .filter(pl.col("organisation") == "school:100003")
        .row(0, named=True)
    )
    own = pupils.filter(pl.col("organisation") == "school:100003")
    assert row["coverage"] == pytest.approx(100 * own["ks1_average_points"].count() / own.height)
    assert "of the pupils could be counted" in row["label"]


def test_a_school_without_a_pupil_who_could_be_counted_has_a_row_and_no_value() -> None:
    points = pl.col("ks1_average_points")
    gone = pl.when(pl.col("organisation") == "school:100003").then(None).otherwise(points)
    pupils = cohort(2019).with_columns(gone.alias("ks1_average_points"))
    row = (
        schools.school_value_added(pupils, 2019, "reading")
        .filter(pl.col("organisation") == "school:100003")
        .row(0, named=True)
    )
    assert (row["pupils"], row["coverage"], row["estimate"], row["raw"]) == (0, 0.0, None, None)
    assert row["label"] == schools.NOBODY


def test_contextual_value_added_says_which_factors_it_lacks() -> None:
    rows = schools.school_value_added(cohort(2019), 2019, "reading", model="contextual_value_added")
    assert set(rows["model"]) == {"contextual_value_added"}
    assert rows["label"][0].startswith("without special educational needs, ethnicity")


def test_a_year_without_progress_says_why() -> None:
    with pytest.raises(ModelError, match="key stage 1 assessments: those of 2020 and 2021 were cancelled"):
        schools.school_value_added(cohort(2024), 2024, "reading")


def test_three_years_are_pooled_with_a_trend() -> None:
    cohorts = {year: cohort(year, seed=year) for year in (2017, 2018, 2019)}
    rows, years = schools.three_year_value_added(cohorts, "reading")
    assert set(rows["years_pooled"]) == {3}
    assert set(rows["year"]) == {2019}
    single = schools.school_value_added(cohorts[2019], 2019, "reading")
    assert rows["comparative_se"].mean() < single["comparative_se"].mean()  # type: ignore[operator]
    assert years.trend.height == rows.height
    weighted, _ = schools.three_year_value_added(cohorts, "reading", weights=effects.FFT_WEIGHTS)
    assert set(weighted["model"]) == {"value_added_3_2_1"}


def test_years_measured_in_different_ways_are_not_pooled() -> None:
    with pytest.raises(ModelError, match="different ways and cannot be pooled"):
        schools.three_year_value_added({2015: cohort(2015), 2016: cohort(2016)}, "reading")


def test_both_sides_of_a_characteristic_come_from_one_model() -> None:
    rows = schools.group_value_added(
        cohort(2019), 2019, "reading", "disadvantaged", ("disadvantaged", "other")
    )
    assert set(rows["group"]) == {"disadvantaged", "other"}
    assert rows["estimate"].null_count() == 0
    assert ESTIMATES.key == ("organisation", "year", "years_pooled", "measure", "group", "model")
    assert rows.select(ESTIMATES.key).is_unique().all()


def test_levels_are_turned_into_points_before_2016() -> None:
    pupils = pl.DataFrame(
        {
            "organisation": ["school:1"] * 3,
            "english_level": ["4", "5B", "A"],
            "ks1_average_points": [15.0, 17.0, 13.0],
        }
    )
    assert schools.cohort_for(pupils, 2011, ["english"])["outcome_english"].to_list() == [27.0, 33.0, None]


def test_junior_and_middle_schools_are_known_by_their_lowest_age() -> None:
    organisations = pl.DataFrame(
        {"organisation": ["school:1", "school:2", "school:3"], "low_age": [4, 7, None]}
    )
    assert schools.schools_starting_late(organisations) == ["school:2"]
