"""Pooling years, trends, and differences inside a school."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from national_cohort import national_cohort

from headway.figures.models import effects, value_added
from headway.figures.models.terms import ModelError


def test_fft_weights_on_equal_cohorts_give_0_70() -> None:
    # F02 AC5: +1.2 (latest), +0.6, -0.6
    assert effects.pooled_value([1.2, 0.6, -0.6], [30, 30, 30], effects.FFT_WEIGHTS) == pytest.approx(0.70)


def test_pooling_by_pupils_is_the_mean_of_all_pupils() -> None:
    assert effects.pooled_value([1.0, 4.0], [10, 30]) == pytest.approx((10 * 1 + 30 * 4) / 40)


def three_years(
    trend: float = 0.0, wander: float = 0.0, schools: int = 300
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Pupils of three years, and each school's lasting value and yearly change."""
    random = np.random.default_rng(12)
    lasting, change = 1.2 * random.standard_normal(schools), trend * random.standard_normal(schools)
    frames = []
    for year in (2017, 2018, 2019):
        cohort = national_cohort(schools, covariates=3, seed=year, between=0.0)
        moved = (
            lasting + change * (year - 2018) + wander * random.standard_normal(schools) + 0.5 * (year - 2018)
        )
        frames.append(
            cohort.pupils.with_columns(
                score=pl.col("score") + pl.Series(moved[cohort.pupils["school"].to_numpy() - 100_000]),
                year=pl.lit(year),
            )
        )
    truth = pl.DataFrame({"group": np.arange(schools) + 100_000, "lasting": lasting, "change": change})
    return pl.concat(frames), truth


def test_a_pooled_estimate_covers_the_lasting_value_when_years_wander() -> None:
    pupils, truth = three_years(wander=0.6)
    made = effects.over_years(pupils, "score", ["prior"], group="school")
    assert made.converged
    assert made.between == pytest.approx(1.44, rel=0.25)
    assert made.between_years == pytest.approx(0.36, rel=0.35)
    table = made.pooled.join(truth, on="group")
    covered = (table["estimate"] - table["lasting"]).abs() <= 1.96 * table["comparative_se"]
    assert 0.91 <= float(covered.mean() or 0) <= 0.98
    one_year = value_added.fit(
        pupils.filter(pl.col("year") == 2019), "score", ["prior"], ["school"]
    ).effects()
    both = table.join(one_year, on="group", suffix="_single")
    error = ((both["estimate"] - both["lasting"]) ** 2).mean()
    single = ((both["estimate_single"] - both["lasting"]) ** 2).mean()
    assert error < single  # type: ignore[operator]


def test_pooled_estimates_of_equal_weights_are_those_of_the_model_itself() -> None:
    pupils, _ = three_years(wander=0.0, schools=60)
    made = effects.over_years(pupils, "score", ["prior"], group="school")
    if made.between_years == 0:
        same = value_added.fit(
            pupils.with_columns(pl.col("year").cast(pl.String)), "score", ["prior", "year"], ["school"]
        )
        both = made.pooled.join(same.effects(), on="group")
        assert np.allclose(both["raw"], both["raw_right"], atol=1e-6)
        assert np.allclose(both["estimate"], both["estimate_right"], atol=1e-4)
    assert made.pooled["years"].unique().to_list() == [3]


def test_later_years_count_more_with_ffts_weights() -> None:
    yearly = pl.DataFrame(
        {"group": [1, 1, 1], "year": [2017, 2018, 2019], "n": [30, 30, 30], "raw": [-0.6, 0.6, 1.2]}
    )
    row = effects.pooled(yearly, 2019, 9.0, 1.0, weights=effects.FFT_WEIGHTS).row(0, named=True)
    assert row["raw"] == pytest.approx(0.70)
    sampling = 9.0 / 30 * (9 + 4 + 1) / 36
    assert row["reliability"] == pytest.approx(1 / (1 + sampling))
    assert row["comparative_se"] ** 2 + row["diagnostic_se"] ** 2 == pytest.approx(1.0)


def test_a_trend_covers_the_true_change_and_has_its_own_uncertainty() -> None:
    pupils, truth = three_years(trend=0.5)
    made = effects.over_years(pupils, "score", ["prior"], group="school")
    table = made.trend.join(truth, on="group")
    national = float(truth["change"].mean())  # type: ignore[arg-type]
    covered = (table["raw"] - (table["change"] - national)).abs() <= 1.96 * table["standard_error"]
    assert 0.92 <= float(covered.mean() or 0) <= 1.0
    shrunken = ((table["estimate"] - table["change"]) ** 2).mean()
    raw = ((table["raw"] - table["change"]) ** 2).mean()
    assert shrunken < raw  # type: ignore[operator]


def test_a_trend_through_three_equal_years_is_the_plain_slope() -> None:
    yearly = pl.DataFrame(
        {
            "group": [1, 1, 1, 2],
            "year": [2017, 2018, 2019, 2019],
            "n": [20, 20, 20, 30],
            "raw": [0.0, 1.0, 2.5, 9.0],
        }
    )
    table = effects.trend(yearly, 8.0)
    assert table["group"].to_list() == [1]
    assert table["raw"][0] == pytest.approx(1.25)
    assert table["standard_error"][0] == pytest.approx((8.0 / 20 / 2) ** 0.5)


def test_one_year_cannot_be_pooled() -> None:
    pupils = national_cohort(20, covariates=3).pupils.with_columns(year=pl.lit(2019))
    with pytest.raises(ModelError, match="only the year 2019"):
        effects.over_years(pupils, "score", ["prior"], group="school")


def test_a_school_that_does_worse_by_low_attainers_shows_it() -> None:
    cohort = national_cohort(200, covariates=3, slope=0.8, seed=3)
    fit = value_added.fit(cohort.pupils, "score", ["prior"], ["school"], ["prior"])
    table = effects.differential(fit, "prior", -2.0, 2.0)
    assert np.allclose(table["high"] - table["low"], table["difference"])
    best = table.sort("difference").row(-1, named=True)
    assert best["probability_less"] < 0.05
    joined = table.join(cohort.schools, left_on="group", right_on="school")
    assert np.corrcoef(joined["difference"], joined["slope"])[0, 1] > 0.7
