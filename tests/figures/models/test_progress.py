"""DfE's progress scores: prior attainment, nominal scores, groups, the limit, and agreement with DfE's pupil file."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from headway.figures.models import progress
from headway.figures.models.median_line import median_line, median_value_added
from headway.figures.models.terms import ModelError


def test_the_key_stage_1_average_counts_mathematics_double_since_2016() -> None:
    pupils = pl.DataFrame(
        {
            "ks1_reading": ["2B", "EXS", "2A", None],
            "ks1_writing": ["2C", "WTS", "M", "2B"],
            "ks1_mathematics": ["3", "GDS", "2B", "2B"],
        }
    )
    levels = progress.prior_attainment(pupils, 2019)["prior_points"].to_list()
    assert levels == [pytest.approx((((15 + 13) / 2) + 21) / 2), None, None, None]
    frameworks = progress.prior_attainment(pupils, 2023)["prior_points"].to_list()
    assert frameworks == [None, pytest.approx((((8 + 6) / 2) + 10) / 2), None, None]
    assert progress.prior_attainment(pupils, 2015)["prior_points"][0] == pytest.approx((15 + 13 + 21) / 3)


def test_what_dfe_supplied_goes_before_what_is_worked_out() -> None:
    pupils = pl.DataFrame(
        {
            "ks1_reading": ["EXS", "EXS"], "ks1_writing": ["EXS", "EXS"], "ks1_mathematics": ["EXS", "EXS"],
            "ks1_average_points": [7.5, None], "prior_attainment_group": [12, None],
        }
    )  # fmt: skip
    made = progress.prior_attainment(pupils, 2026)
    assert made["prior_points"].to_list() == [7.5, 8.0]
    assert made["prior_group"].to_list() == [12.0, 8.0]


@pytest.mark.parametrize("year", [2020, 2024, 2025, 2028])
def test_a_year_without_progress_says_why_and_computes_none(year: int) -> None:
    with pytest.raises(ModelError, match=f"there is no progress for {year}: "):
        progress.prior_attainment(pl.DataFrame({"ks1_average_points": [8.0]}), year)


def test_a_pupil_who_sat_the_test_and_earned_no_score_gets_79_from_2017_and_nothing_in_2016() -> None:
    pupils = pl.DataFrame({"reading_outcome": ["AS", "NS", "A", "B"], "reading_score": [104.0, None, None, None],
                           "reading_assessment": [None, None, None, "PK3"]})  # fmt: skip
    assert progress.attainment(pupils, "reading", 2017)["attainment"].to_list() == [104.0, 79.0, None, None]
    assert progress.attainment(pupils, "reading", 2016)["attainment"].to_list() == [104.0, None, None, None]
    made = progress.attainment(pupils, "reading", 2019)
    assert made["attainment_basis"].to_list() == ["score", "nominal", None, "nominal"]
    # Scores carried over to years whose table was not found are never passed off as DfE's.
    assert progress.attainment(pupils, "reading", 2026)["attainment_basis"].to_list() == [
        "score",
        "unverified",
        None,
        "unverified",
    ]


def test_a_loaded_table_of_nominal_scores_goes_before_the_packs() -> None:
    pupils = pl.DataFrame({"writing_assessment": ["EXS", "WTS", "A"]})
    loaded = progress.Nominal({"EXS": 100.0, "WTS": 90.0})
    made = progress.attainment(pupils, "writing", 2023, loaded)
    assert made["attainment"].to_list() == [100.0, 90.0, None]
    assert made["attainment_basis"].to_list() == ["nominal", "nominal", None]
    assert progress.attainment(pupils, "writing", 2023)["attainment_basis"][0] == "unverified"


def national(seed: int = 1, pupils: int = 20_000) -> pl.DataFrame:
    random = np.random.default_rng(seed)
    group = random.integers(1, 21, pupils)
    scores = np.clip(
        np.round(
            85
            + group
            + random.standard_normal(pupils) * (4 + group / 10)
            - (random.random(pupils) < 0.02) * 15
        ),
        60,
        120,
    )
    return pl.DataFrame(
        {"organisation": [f"school:{100000 + i % 400}" for i in range(pupils)], "pupil": range(pupils),
         "prior_group": group.astype(float), "attainment": scores}
    )  # fmt: skip


def test_national_progress_is_nought_and_group_means_are_those_of_a_slow_loop() -> None:
    pupils = national()
    made = progress.groups_from_pupils(pupils, "reading", 2017, national=True)
    assert made.multiple is None
    for row in made.table.iter_rows(named=True):
        own = [
            r["attainment"]
            for r in pupils.filter(pl.col("prior_group") == row["prior_group"]).iter_rows(named=True)
        ]
        assert row["mean"] == pytest.approx(sum(own) / len(own))
    scored = progress.pupil_progress(pupils, made)
    assert scored["progress"].mean() == pytest.approx(0, abs=1e-9)
    assert made.spread == pytest.approx(float(np.std(scored["progress"].to_numpy(), ddof=1)))


def test_from_2018_one_pupil_in_a_hundred_is_limited_at_one_national_multiple() -> None:
    pupils = national()
    made = progress.groups_from_pupils(pupils, "reading", 2018, national=True)
    scored = progress.pupil_progress(pupils, made)
    limited = scored.filter(pl.col("progress") > pl.col("unadjusted"))
    assert limited.height == pytest.approx(0.01 * pupils.height, abs=60)
    assert made.multiple is not None
    assert np.allclose(made.table["limit"], -made.multiple * made.table["deviation"])
    # Never on the positive side.
    assert scored.filter(pl.col("progress") < pl.col("unadjusted")).is_empty()
    assert scored["unadjusted"].mean() == pytest.approx(0, abs=1e-9)


def test_the_means_of_one_authority_are_not_passed_off_as_national() -> None:
    made = progress.groups_from_pupils(national(), "reading", 2023, national=False)
    assert (made.basis, made.spread) == ("loaded", None)
    assert "not the nation" in made.label
    schools = progress.school_progress(progress.pupil_progress(national(), made), made.spread)
    assert schools["lower"].null_count() == schools.height
    assert set(schools["significance"]) == {"cannot say"}


def dfe_file(limit: float = -11.5) -> pl.DataFrame:
    """DfE's pupil file as it will stand for 2026: means of 20 groups, scores to two decimals."""
    random = np.random.default_rng(5)
    count = 3000
    group = random.integers(1, 21, count)
    mean = np.round(88 + 1.13 * group, 2)
    score = np.clip(np.round(mean + 5.5 * random.standard_normal(count)), 60, 120)
    plain = np.round(score - mean, 2)
    counted = random.random(count) > 0.03
    made = pl.DataFrame(
        {
            "organisation": [f"school:{100000 + i % 90}" for i in range(count)],
            "pupil": range(count),
            "prior_attainment_group": group,
            "reading_progress_attainment": score,
            "reading_progress_predicted": mean,
            "reading_progress": np.maximum(plain, limit),
            "in_reading_progress": counted,
        }
    )
    gone = [
        pl.when("in_reading_progress").then(pl.col(name)).alias(name)
        for name in ("reading_progress", "reading_progress_predicted")
    ]
    return made.with_columns(gone)


@pytest.mark.parametrize("year", [2026, 2027])
def test_our_progress_equals_dfes_adjusted_score_pupil_by_pupil(year: int) -> None:
    file = dfe_file()
    assert (file["reading_progress"] == -11.5).sum() > 20
    assert progress.disagreements(file, "reading", year).is_empty()
    groups = progress.groups_from_dfe(file, "reading", year)
    assert groups.table.height == 20
    assert groups.table["mean"].to_list() == pytest.approx([round(88 + 1.13 * g, 2) for g in range(1, 21)])
    assert set(groups.table["limit"].drop_nulls()) == {-11.5}


def test_a_score_that_differs_from_dfes_is_found() -> None:
    file = dfe_file().with_columns(
        pl.when(pl.col("pupil") == 17)
        .then(pl.col("reading_progress") - 1.0)
        .otherwise(pl.col("reading_progress"))
        .alias("reading_progress")
    )
    assert progress.disagreements(file, "reading", 2026)["pupil"].to_list() == [17]


def test_two_releases_mixed_are_an_error_that_names_the_group() -> None:
    file = pl.concat([dfe_file(), dfe_file().with_columns(pl.col("reading_progress_predicted") + 0.5)])
    with pytest.raises(ModelError, match="group 1 more than one mean in reading"):
        progress.groups_from_dfe(file, "reading", 2026)


def test_without_dfes_file_it_says_which_columns_are_needed() -> None:
    with pytest.raises(ModelError, match=r"reading_progress_predicted.*load DfE's key stage 2 pupil file"):
        progress.groups_from_dfe(pl.DataFrame({"prior_attainment_group": [1]}), "reading", 2026)


def test_a_schools_interval_is_1_96_national_deviations_over_the_root_of_its_pupils() -> None:
    # Emmer Green Primary 2017, 60 pupils: reading -1.12 (-2.7 to +0.45) implies a deviation of 6.22 (methods A1).
    pupils = pl.DataFrame({"organisation": ["school:1"] * 60, "progress": [-1.12] * 60})
    row = progress.school_progress(pupils, 6.22).row(0, named=True)
    assert (row["value"], row["pupils"], row["coverage"]) == (pytest.approx(-1.12), 60, 100.0)
    assert row["lower"] == pytest.approx(-2.7, abs=0.01)
    assert row["upper"] == pytest.approx(0.45, abs=0.01)
    assert row["significance"] == "not significant"


def test_coverage_counts_pupils_without_progress() -> None:
    pupils = pl.DataFrame(
        {"organisation": ["school:1"] * 4 + ["school:2"], "progress": [1.0, 3.0, None, None, None]}
    )
    table = progress.school_progress(pupils, 6.0)
    assert table["coverage"].to_list() == [50.0, 0.0]
    assert table["value"].to_list() == [2.0, None]
    assert table["significance"].to_list() == ["not significant", "cannot say"]


def test_the_published_example_of_the_median_line_comes_to_101_25() -> None:
    # Four pupils at +5, -2, 0 and +2 from the median (paperzz.com/doc/7148169): 100 + 5/4
    line = pl.DataFrame({"ks1_average_points": [13.0, 15.0, 17.0], "median": [25.0, 27.0, 29.0]})
    pupils = pl.DataFrame(
        {"organisation": ["school:1"] * 5, "ks1_average_points": [13.0, 15.0, 15.0, 17.0, None],
         "ks2_average_points": [30.0, 25.0, 27.0, 31.0, 27.0]}
    )  # fmt: skip
    row = median_value_added(pupils, line).row(0, named=True)
    assert row["value"] == pytest.approx(101.25)
    assert (row["pupils"], row["coverage"]) == (4, 80.0)


def test_the_median_line_is_the_median_for_each_start() -> None:
    pupils = pl.DataFrame(
        {
            "ks1_average_points": [15.0, 15.0, 15.0, 21.0, None],
            "ks2_average_points": [21.0, 27.0, 33.0, 33.0, 27.0],
        }
    )
    assert median_line(pupils).rows() == [(15.0, 27.0, 3), (21.0, 33.0, 1)]
