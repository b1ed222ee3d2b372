"""Estimates by hand: the acceptance examples of target setting, fine grades, exact counts and rising curves."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import ndtr

from headway.figures.models import fine_grades, joint
from headway.figures.models.poisson_binomial import (
    Counts,
    chance_of_at_least,
    distribution,
    nodes,
    school_counts,
)
from headway.figures.models.terms import ModelError

FIVE = [0.95, 0.80, 0.55, 0.40, 0.10]
chances = st.lists(st.floats(0, 1), min_size=1, max_size=8)


def test_f06_ac1_five_pupils_come_to_2_80_or_56_percent_and_three_of_five_is_63_8_percent_likely() -> None:
    assert sum(FIVE) == pytest.approx(2.80)
    assert 100 * sum(FIVE) / 5 == pytest.approx(56.0)
    assert 100 * chance_of_at_least(3, FIVE) == pytest.approx(63.8, abs=0.05)


def test_f06_ac3_fine_grades_count_both_ends() -> None:
    assert fine_grades.fine_grade(48, 4, 45, 60) == 4.25
    assert fine_grades.fine_grade(45, 4, 45, 60) == 4.0625
    assert fine_grades.fine_grade(60, 4, 45, 60) == 5.00


def slow_distribution(probabilities: list[float]) -> list[float]:
    """Every way it can go."""
    made = [0.0] * (len(probabilities) + 1)
    for way in itertools.product((0, 1), repeat=len(probabilities)):
        chance = 1.0
        for reached, probability in zip(way, probabilities, strict=True):
            chance *= probability if reached else 1 - probability
        made[sum(way)] += chance
    return made


@given(chances)
def test_the_distribution_is_that_of_every_way_it_can_go(probabilities: list[float]) -> None:
    assert distribution(probabilities) == pytest.approx(slow_distribution(probabilities), abs=1e-12)


@given(chances, st.randoms())
def test_the_order_of_pupils_does_not_matter(probabilities: list[float], random: object) -> None:
    shuffled = sorted(probabilities)
    assert distribution(probabilities) == pytest.approx(distribution(shuffled), abs=1e-12)


@pytest.mark.parametrize("size", [1, 7, 40, 41, 120])
def test_counts_with_a_school_effect_agree_with_drawing_many_schools(size: int) -> None:
    random = np.random.default_rng(size)
    score = random.normal(0.3, 1.0, size)
    spread = 0.4
    counts = school_counts(score, np.array([spread]), np.array([0]))
    effects = spread * random.standard_normal(20_000)
    drawn = (random.random((20_000, size)) < ndtr(score + effects[:, None])).sum(axis=1)
    seen = np.bincount(drawn, minlength=size + 1).cumsum() / 20_000
    assert np.abs(counts.cumulative[0] - seen).max() < 0.015


def test_large_schools_by_the_normal_curve_are_as_good_as_exact() -> None:
    random = np.random.default_rng(1)
    score = random.normal(0.3, 1.0, 90)
    values, weights = nodes()
    exact = (weights @ distribution(ndtr(score + 0.4 * values[:, None]))).cumsum()
    counts = school_counts(score, np.array([0.4]), np.array([0]))
    assert np.abs(counts.cumulative[0] - exact).max() < 0.002


def test_without_a_spread_the_counts_are_the_pupils_chance_alone() -> None:
    score = np.array([1.2, -0.4, 0.3])
    counts = school_counts(score, np.zeros(2), np.array([0, 2]))
    assert counts.cumulative[0, :3] == pytest.approx(distribution(ndtr(score[:2])).cumsum())
    assert counts.cumulative[1] == pytest.approx([1 - ndtr(0.3), 1, 1])
    assert counts.at_least(np.array([0, 1])) == pytest.approx([1.0, ndtr(0.3)])


def test_an_interval_is_the_shortest_whose_chance_is_nearest_to_95_percent() -> None:
    counts = Counts(np.array([[0.02, 0.06, 0.5, 0.98, 1.0], [0.0, 0.01, 0.03, 0.30, 1.0]]))
    lowest, highest = counts.interval(0.95)
    assert (lowest[0], highest[0]) == (1, 3)  # 0.96; without the number 1 it would be 0.92
    assert (lowest[1], highest[1]) == (
        3,
        4,
    )  # 0.97: all four may well succeed, so both tails are at the bottom


def test_outcomes_know_what_they_imply() -> None:
    assert joint.outer("ks2_rwm_higher") == (
        "ks2_rwm_expected",
        "ks2_reading_higher",
        "ks2_writing_higher",
        "ks2_mathematics_higher",
    )
    assert joint.outer("ks2_reading_level5") == ("ks2_reading_level4",)
    assert joint.outer("ks2_rwm_level4b") == ("ks2_rwm_level4",)
    assert joint.outer("own_outcome") == ()
    held = joint.containing(["ks2_rwm_higher", "ks2_reading_higher", "ks2_reading_expected"])
    assert list(held) == ["ks2_reading_expected", "ks2_reading_higher", "ks2_rwm_higher"]
    assert held["ks2_rwm_higher"] == ("ks2_reading_expected", "ks2_reading_higher")


THRESHOLDS = pl.DataFrame(
    {
        "year": [2005, 2005, 2005],
        "subject": ["reading"] * 3,
        "level": [3, 4, 5],
        "lowest": [30, 45, 61],
        "highest": [44, 60, 100],
    }
)


def test_marks_become_fine_grades_and_a_missing_mark_none() -> None:
    pupils = pl.DataFrame({"reading_mark": [48, 45, 60, 44, 12, None]})
    grades = fine_grades.fine_grades(pupils, THRESHOLDS, year=2005, subject="reading")
    assert grades.to_list() == [4.25, 4.0625, 5.0, 4.0, None, None]


def test_thresholds_that_are_not_loaded_are_never_invented() -> None:
    pupils = pl.DataFrame({"reading_mark": [48]})
    with pytest.raises(ModelError, match="no thresholds are loaded for reading 2006"):
        fine_grades.fine_grades(pupils, THRESHOLDS, year=2006, subject="reading")
    with pytest.raises(ModelError, match="no marks in mathematics"):
        fine_grades.fine_grades(
            pupils,
            THRESHOLDS.with_columns(subject=pl.lit("mathematics")),
            year=2005,
            subject="mathematics",
        )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("year,subject,level\n2005,reading,4\n", "lacks the column lowest, highest"),
        (
            "year,subject,level,lowest,highest\n2005,reading,4,45,sixty\n",
            "row 1, column highest: found 'sixty'",
        ),
        ("year,subject,level,lowest,highest\n2005,reading,4,60,45\n", "lowest mark 60 is above highest 45"),
        (
            "year,subject,level,lowest,highest\n2005,reading,3,30,45\n2005,reading,4,45,60\n",
            "overlaps the level below",
        ),
    ],
)
def test_a_wrong_thresholds_file_is_refused_in_words(text: str, said: str, tmp_path: Path) -> None:
    path = tmp_path / "thresholds.csv"
    path.write_text(text)
    with pytest.raises(ModelError, match=said):
        fine_grades.read_thresholds(path)


def test_a_thresholds_file_that_is_right_is_read(tmp_path: Path) -> None:
    path = tmp_path / "thresholds.csv"
    THRESHOLDS.sample(fraction=1.0, shuffle=True, seed=1).write_csv(path)
    assert fine_grades.read_thresholds(path).equals(THRESHOLDS)


def test_a_thresholds_file_that_is_not_there_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="cannot be read as a CSV file"):
        fine_grades.read_thresholds(tmp_path / "none.csv")
