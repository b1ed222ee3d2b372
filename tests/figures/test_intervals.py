"""95 % intervals of percentages, means and ratios."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.proportion import proportion_confint

from headway.figures.intervals import (
    ratio_half_width,
    t_half_width,
    t_quantile,
    wilson,
    wilson_lower,
    wilson_upper,
)


def test_sixteen_of_thirty_is_between_36_1_and_69_8() -> None:
    assert wilson(16, 30) == (pytest.approx(36.1423, abs=1e-4), pytest.approx(69.7676, abs=1e-4))


@given(st.integers(1, 5000).flatmap(lambda pupils: st.tuples(st.integers(0, pupils), st.just(pupils))))
def test_wilson_is_that_of_statsmodels(case: tuple[int, int]) -> None:
    numerator, denominator = case
    peer = proportion_confint(numerator, denominator, method="wilson")
    assert wilson(numerator, denominator) == pytest.approx([100 * one for one in peer], abs=1e-9)
    frame = pl.DataFrame({"n": [numerator], "d": [denominator]})
    columns = frame.select(
        lower=wilson_lower(pl.col("n"), pl.col("d")), upper=wilson_upper(pl.col("n"), pl.col("d"))
    )
    assert columns.row(0) == pytest.approx(wilson(numerator, denominator), abs=1e-9)


def test_nobody_has_no_interval() -> None:
    frame = pl.DataFrame({"n": [0, None], "d": [0, None]}, schema={"n": pl.Int64, "d": pl.Int64})
    assert frame.select(low=wilson_lower(pl.col("n"), pl.col("d")))["low"].to_list() == [None, None]
    with pytest.raises(ValueError, match="at least one pupil"):
        wilson(0, 0)


@given(st.lists(st.integers(80, 120), min_size=2, max_size=60))
def test_the_interval_of_a_mean_is_student_s(scores: list[int]) -> None:
    frame = pl.DataFrame(
        {"s": [float(sum(scores))], "q": [float(sum(one * one for one in scores))], "n": [len(scores)]}
    )
    half = frame.select(half=t_half_width(pl.col("s"), pl.col("q"), pl.col("n")))["half"][0]
    if len(set(scores)) == 1:
        assert half is None
        return
    assert half == pytest.approx(stats.sem(scores) * stats.t.ppf(0.975, len(scores) - 1), abs=1e-6)


def test_a_mean_of_one_pupil_has_no_interval() -> None:
    frame = pl.DataFrame({"s": [100.0], "q": [10_000.0], "n": [1]})
    assert frame.select(half=t_half_width(pl.col("s"), pl.col("q"), pl.col("n")))["half"].to_list() == [None]
    with pytest.raises(ValueError, match="no interval"):
        t_quantile(1)


@pytest.mark.parametrize("value", [18.0, 0.0, 103.7, 1 / 3])
@pytest.mark.parametrize("pupils", [2, 3, 30, 600_000])
def test_equal_values_have_no_interval_rather_than_one_of_no_width(value: float, pupils: int) -> None:
    sums = {"s": [value * pupils], "q": [value * value * pupils], "n": [pupils]}
    half = pl.DataFrame(sums).select(half=t_half_width(pl.col("s"), pl.col("q"), pl.col("n")))
    assert half["half"].to_list() == [None]


@pytest.mark.parametrize("pupils", [2, 30, 600_000])
def test_one_pupil_a_point_off_is_spread_enough(pupils: int) -> None:
    squares = 103.0**2 * (pupils - 1) + 104.0**2
    sums = {"s": [103.0 * pupils + 1], "q": [squares], "n": [pupils]}
    [half] = pl.DataFrame(sums).select(half=t_half_width(pl.col("s"), pl.col("q"), pl.col("n")))["half"]
    exact = (1 - 1 / pupils) / (pupils - 1) / pupils
    assert half == pytest.approx(t_quantile(pupils) * exact**0.5, rel=1e-4)


def test_nobody_absent_is_no_interval_of_no_width() -> None:
    sums = {"y": [0.0], "x": [600.0], "yy": [0.0], "xy": [0.0], "xx": [180_000.0], "n": [2]}
    columns = (pl.col(name) for name in ("y", "x", "yy", "xy", "xx", "n"))
    assert pl.DataFrame(sums).select(half=ratio_half_width(*columns))["half"].to_list() == [None]


@pytest.mark.parametrize("pupils", [999, 1000, 1001, 20_000, 650_000])
def test_large_cohorts_have_the_same_quantile(pupils: int) -> None:
    frame = pl.DataFrame({"s": [0.0], "q": [float(pupils - 1)], "n": [pupils]})
    half = frame.select(half=t_half_width(pl.col("s"), pl.col("q"), pl.col("n")))["half"][0]
    assert half * pupils**0.5 == pytest.approx(stats.t.ppf(0.975, pupils - 1), abs=1e-8)


def test_a_ratio_lets_pupils_vary_and_not_sessions() -> None:
    missed, possible = [10.0, 0.0, 40.0, 4.0], [300.0, 290.0, 310.0, 150.0]
    share = sum(missed) / sum(possible)
    residuals = sum((y - share * x) ** 2 for y, x in zip(missed, possible, strict=True))
    by_hand = 100 * 1.959963984540054 * (4 / 3 * residuals) ** 0.5 / sum(possible)
    frame = pl.DataFrame(
        {
            "y": [sum(missed)],
            "x": [sum(possible)],
            "yy": [sum(y * y for y in missed)],
            "xy": [sum(y * x for y, x in zip(missed, possible, strict=True))],
            "xx": [sum(x * x for x in possible)],
            "n": [4],
        }
    )
    half = frame.select(half=ratio_half_width(*(pl.col(name) for name in ("y", "x", "yy", "xy", "xx", "n"))))
    assert half["half"][0] == pytest.approx(by_hand)
