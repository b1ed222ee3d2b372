"""Comparing schools: the multiplier, pairs, false discovery."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from national_cohort import national_cohort
from scipy.stats import false_discovery_control

from headway.figures.models import comparing, value_added
from headway.figures.models.comparing import caterpillar, comparison_multiplier, false_discovery, unusual


def test_equal_errors_want_1_39_standard_errors() -> None:
    assert comparison_multiplier(np.full(50, 0.3)) == pytest.approx(1.386, abs=5e-4)


def test_unequal_errors_want_a_little_more() -> None:
    multiplier = comparison_multiplier(np.linspace(0.2, 1.5, 200))
    assert 1.39 < multiplier < 1.96


def test_a_sample_of_pairs_is_as_good_as_all() -> None:
    errors = np.random.default_rng(1).uniform(0.2, 1.2, 600)
    assert comparison_multiplier(np.tile(errors, 5)) == pytest.approx(comparison_multiplier(errors), abs=2e-3)


def test_intervals_part_as_many_pairs_as_exact_tests_do() -> None:
    fit = value_added.fit(national_cohort(300, covariates=3, seed=4).pupils, "score", ["prior"], ["school"])
    table = caterpillar(fit.effects())
    assert table["estimate"].is_sorted()
    lower, upper = table["lower"].to_numpy(), table["upper"].to_numpy()
    rows, columns = np.triu_indices(table.height, 1)
    apart = np.maximum(lower[rows], lower[columns]) > np.minimum(upper[rows], upper[columns])
    z = np.abs(table["estimate"].to_numpy()[rows] - table["estimate"].to_numpy()[columns]) / np.hypot(
        table["comparative_se"].to_numpy()[rows], table["comparative_se"].to_numpy()[columns]
    )
    assert apart.mean() == pytest.approx((z > 1.96).mean(), abs=0.02)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=40))
def test_false_discovery_is_benjamini_and_hochberg(p_values: list[float]) -> None:
    given_values = np.array(p_values)
    assert np.allclose(false_discovery(given_values), false_discovery_control(given_values, method="bh"))


def test_a_missing_p_value_stays_missing_and_is_not_counted() -> None:
    adjusted = false_discovery(np.array([0.01, np.nan, 0.04]))
    assert np.isnan(adjusted[1])
    assert adjusted[[0, 2]].tolist() == pytest.approx([0.02, 0.04])


def test_few_schools_are_called_unusual_where_none_is() -> None:
    cohort = national_cohort(400, covariates=3, seed=11, between=0.05)
    verdicts = unusual(value_added.fit(cohort.pupils, "score", ["prior"], ["school"]).effects())["verdict"]
    assert (verdicts != "not significant").sum() <= 2


def test_a_raw_mean_is_judged_by_its_own_sampling_error() -> None:
    cohort = national_cohort(100, covariates=3, seed=2)
    fit = value_added.fit(cohort.pupils, "score", ["prior"], ["school"])
    table = unusual(fit.effects())
    row = table.row(0, named=True)
    z = row["raw"] / (fit.residual_variance / row["n"]) ** 0.5
    from scipy.stats import norm

    # The coefficients' own uncertainty makes the two differ a little.
    assert row["p_value"] == pytest.approx(2 * norm.sf(abs(z)), rel=0.1, abs=1e-3)
    assert set(table["verdict"]) <= {"above", "below", "not significant"}


def test_schools_that_do_not_differ_at_all_are_never_unusual() -> None:
    table = pl.DataFrame({"group": [1, 2], "n": [3, 3], "raw": [1.0, -1.0], "estimate": [0.0, 0.0],
                          "comparative_se": [0.0, 0.0], "diagnostic_se": [0.0, 0.0], "reliability": [0.0, 0.0]})  # fmt: skip
    assert set(unusual(table)["verdict"]) == {"not significant"}


def test_intervals_for_comparing_are_about_one_point_four_errors_wide_where_schools_are_alike():
    figures = pl.DataFrame(
        {"value": [50.0, 60.0, 55.0], "lower": [40.0, 50.0, 45.0], "upper": [60.0, 70.0, 65.0]}
    )
    found = comparing.comparison_intervals(figures)
    half = 10 / 2**0.5  # 1.96 / sqrt(2) errors each way
    assert found["compare_lower"].to_list() == pytest.approx([50 - half, 60 - half, 55 - half], abs=1e-6)
    assert found["compare_upper"].to_list() == pytest.approx([50 + half, 60 + half, 55 + half], abs=1e-6)


def test_a_figure_without_an_interval_gets_none_and_a_skew_one_stays_skew():
    figures = pl.DataFrame(
        {"value": [98.0, 60.0, 55.0], "lower": [88.0, 50.0, None], "upper": [99.0, 70.0, None]}
    )
    found = comparing.comparison_intervals(figures).row(0, named=True)
    assert (98 - found["compare_lower"]) / (found["compare_upper"] - 98) == pytest.approx(10)
    assert comparing.comparison_intervals(figures)["compare_upper"][2] is None


@given(
    st.lists(
        st.tuples(st.floats(0, 100), st.floats(0.1, 20)).map(
            lambda pair: (pair[0], pair[0] - pair[1], pair[0] + pair[1])
        ),
        max_size=25,
    )
)
def test_how_many_others_can_be_told_apart_is_what_looking_at_each_pair_says(given_rows):
    rows = pl.DataFrame(
        {
            "compare_lower": [row[1] for row in given_rows] + [None],
            "compare_upper": [row[2] for row in given_rows] + [None],
        },
        schema={"compare_lower": pl.Float64, "compare_upper": pl.Float64},
    )
    found = comparing.told_apart(rows).to_dicts()
    for mine, got in zip(given_rows, found[:-1], strict=True):
        assert got["others_below"] == sum(other[2] < mine[1] for other in given_rows)
        assert got["others_above"] == sum(other[1] > mine[2] for other in given_rows)
        assert got["others"] == len(given_rows) - 1
    assert [found[-1][name] for name in ("others_below", "others_above", "others")] == [0, 0, 0]
