"""Rising curves, reliability and what calibration promises."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import ndtr

from headway.figures.models.calibration import calibration_curve, isotonic, quality, reliability
from headway.figures.models.terms import ModelError

numbers = st.lists(st.floats(-100, 100), min_size=1, max_size=40)


def slow_isotonic(values: list[float], weights: list[float]) -> list[float]:
    """The minimax formula (Barlow et al. 1972): the greatest over starts of the least over ends of the mean between."""

    def mean(i: int, j: int) -> float:
        return float(np.average(values[i : j + 1], weights=weights[i : j + 1]))

    size = len(values)
    return [max(min(mean(i, j) for j in range(k, size)) for i in range(k + 1)) for k in range(size)]


@given(st.lists(st.tuples(st.floats(-100, 100), st.floats(0.1, 10)), min_size=1, max_size=9))
def test_pooling_adjacent_violators_is_the_minimax_formula(pairs: list[tuple[float, float]]) -> None:
    values, weights = [list(column) for column in zip(*pairs, strict=True)]
    assert isotonic(np.array(values), np.array(weights)) == pytest.approx(
        slow_isotonic(values, weights), abs=1e-9
    )


@given(numbers)
def test_an_isotonic_fit_never_falls_and_keeps_the_mean(values: list[float]) -> None:
    made = isotonic(np.array(values))
    assert (np.diff(made) >= 0).all()
    assert made.mean() == pytest.approx(np.mean(values), abs=1e-9)


def test_weights_must_be_above_zero() -> None:
    with pytest.raises(ValueError, match="one weight above zero"):
        isotonic(np.array([1.0, 2.0]), np.array([1.0, 0.0]))


@given(st.integers(0, 2**32 - 1))
def test_a_calibrated_probability_never_falls_with_the_score(seed: int) -> None:
    random = np.random.default_rng(seed)
    score = random.normal(0, 1.5, 300)
    reached = (random.random(300) < 0.5).astype(float)
    reached[:2] = 0.0, 1.0
    curve = calibration_curve(score, reached)
    at = ndtr(curve(np.linspace(-8, 8, 200)))
    assert (np.diff(at) >= 0).all()
    assert (at > 0).all()
    assert (at < 1).all()


def test_a_wrong_curve_is_mended() -> None:
    random = np.random.default_rng(3)
    score = random.normal(0, 1, 200_000)
    true = ndtr(0.3 + 0.6 * score + 0.2 * score**3)
    reached = (random.random(score.size) < true).astype(float)
    curve = calibration_curve(score[::2], reached[::2])
    before, after = (
        quality(ndtr(score[1::2]), reached[1::2]),
        quality(ndtr(curve(score[1::2])), reached[1::2]),
    )
    assert before.calibration_error > 0.05
    assert after.calibration_error < 0.012  # 5,000 pupils a bin: chance alone is 0.006
    assert after.brier < before.brier
    assert after.log_loss < before.log_loss


def test_the_scores_of_three_pupils_by_hand() -> None:
    found = quality(np.array([0.82, 0.84, 0.31]), np.array([1.0, 0.0, 0.0]), bins=10)
    assert found.brier == pytest.approx((0.18**2 + 0.84**2 + 0.31**2) / 3)
    assert found.log_loss == pytest.approx(-(np.log(0.82) + np.log(0.16) + np.log(0.69)) / 3)
    assert found.calibration_error == pytest.approx((2 * abs(0.83 - 0.5) + 0.31) / 3)
    table = reliability(np.array([0.82, 0.84, 0.31]), np.array([1.0, 0.0, 0.0]), bins=10)
    assert table["pupils"].to_list() == [1, 2]
    assert table["observed"].to_list() == [0.0, 0.5]
    assert table["expected"].to_list() == pytest.approx([0.31, 0.83])


def test_a_probability_of_one_is_in_the_last_bin() -> None:
    assert reliability(np.array([1.0]), np.array([1.0]))["to"].to_list() == [1.0]


def test_nobody_or_everybody_reaching_it_is_said_and_nothing_to_check_too() -> None:
    with pytest.raises(ModelError, match="everybody or nobody"):
        calibration_curve(np.array([0.1, 0.2]), np.array([1.0, 1.0]))
    with pytest.raises(ModelError, match="no pupils with a known outcome"):
        quality(np.array([]), np.array([]))


def test_pupils_all_alike_get_their_share() -> None:
    curve = calibration_curve(np.zeros(4), np.array([1.0, 1.0, 1.0, 0.0]))
    assert ndtr(curve(np.zeros(1))) == pytest.approx([0.75])
