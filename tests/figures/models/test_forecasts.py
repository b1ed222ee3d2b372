"""Forecasts: what they must do on made-up schools whose truth is known."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headway.figures.models.backtest import backtest
from headway.figures.models.forecast_relations import learn, predict, predictors, size_of
from headway.figures.models.forecast_series import forecast_panel
from headway.figures.models.forecasts import FORECAST, forecast, forecast_together
from headway.figures.models.panel import Panel

SERIES = "share"
MEASURE = "ks2_reading_expected"


def made_up(schools: int = 800, *, seed: int = 1, years: tuple[int, ...] = (2016, 2017, 2018, 2019)) -> Panel:
    """Schools whose true standing wanders slowly (standard deviation 9 points), each with its cohorts' luck."""
    generator = np.random.default_rng(seed)
    size = generator.integers(8, 90, schools).astype(float)
    area = np.array([f"authority:{number:03d}" for number in generator.integers(200, 240, schools)])
    shift = dict(zip(sorted(set(area)), generator.normal(0, 4, 40), strict=False))
    truth = 62 + np.array([shift[each] for each in area]) + generator.normal(0, 8, schools)
    results = {}
    for year in years:
        truth = truth + generator.normal(0, 3, schools)
        share = np.clip(truth, 3, 97) / 100
        reached = generator.binomial(size.astype(int), share)
        results[SERIES, year] = 100 * reached / size
    return Panel(
        np.array([f"school:{100000 + number}" for number in range(schools)]),
        area,
        results,
        {},
        {years[0]: size},
    )


def rows_of(panel: Panel, measure: str = MEASURE, group: str = "all") -> pl.DataFrame:
    """The panel as rows of the results table."""
    return pl.concat(
        pl.DataFrame(
            {
                "organisation": panel.organisations.tolist(),
                "year": year,
                "years_pooled": 1,
                "measure": measure,
                "group": group,
                "basis": "pupils",
                "status": np.where(np.isfinite(values), "reported", "suppressed").tolist(),
                "denominator": panel.size.astype(int).tolist(),
                "value": pl.Series(values).fill_nan(None),
            }
        )
        for (_, year), values in panel.results.items()
    )


def changed(panel: Panel, **results: np.ndarray) -> Panel:
    found = {**panel.results, **{(SERIES, int(year[1:])): values for year, values in results.items()}}
    return Panel(panel.organisations, panel.area, found, panel.context, panel.sizes)


def test_the_year_that_is_forecast_and_all_after_it_are_not_looked_at() -> None:
    panel = made_up()
    forecasts = forecast_panel(panel, SERIES, 2018)
    other = changed(panel, y2018=np.full(len(panel), 7.0), y2019=np.full(len(panel), np.nan))
    again = forecast_panel(other, SERIES, 2018)
    assert np.array_equal(forecasts.mean, again.mean)
    assert np.array_equal(forecasts.at(0.05), again.at(0.05))


def test_a_results_frame_is_not_looked_at_either_from_the_forecast_year_on() -> None:
    rows = rows_of(made_up(200))
    altered = rows.with_columns(value=pl.when(pl.col("year") >= 2018).then(1.0).otherwise("value"))
    assert forecast(rows, measure=MEASURE, year=2018).equals(forecast(altered, measure=MEASURE, year=2018))


def test_the_prediction_is_that_of_solving_each_schools_equations_by_itself() -> None:
    known = made_up(300).known_before(2019)
    known.results[SERIES, 2018][::3] = np.nan
    wanted = predictors(known, SERIES, most=40)
    relations = learn(known, SERIES, 2019, wanted)
    found = predict(relations, known)
    size = size_of(known)
    ridge = 0.1 + len(wanted) / relations.learnt_on
    for place in range(0, len(known), 17):
        there = np.flatnonzero(found.known[place])
        inner = relations.signal[1:, 1:] + relations.noise[1:, 1:] / size[place]
        inner = inner[np.ix_(there, there)] + ridge * np.eye(len(there))
        expected = np.linalg.solve(inner, relations.signal[0, 1:][there])
        assert found.coefficients[place, there] == pytest.approx(expected, rel=1e-8, abs=1e-10)
        assert not found.coefficients[place, ~found.known[place]].any()


def test_a_small_school_is_drawn_towards_the_mean_more_than_a_large_one() -> None:
    panel = made_up(2000)
    panel.results[SERIES, 2018][:2] = 95.0
    panel.results[SERIES, 2017][:2] = 95.0
    panel.results[SERIES, 2016][:2] = 95.0
    panel.sizes[2016][:2] = (8.0, 90.0)
    panel.area[:2] = "authority:200"
    small, large = forecast_panel(panel, SERIES, 2019).mean[:2]
    assert 62 < small < large < 95


def test_ninety_percent_intervals_hold_about_ninety_percent_and_both_rivals_are_beaten() -> None:
    report = backtest(made_up(4000, seed=5), SERIES, years=[2019])
    score = report.score(2019, "forecast")
    assert 88 <= (score.covered90 or 0) <= 92
    assert 77 <= (score.covered80 or 0) <= 83
    assert score.error < report.score(2019, "mean of 2018 and 2017, moved").error
    assert score.error < report.score(2019, "result of 2018, moved").error
    assert score.organisations == 4000
    assert "forecast" in report.to_text()
    assert len(report.as_rows()) == len(report.scores)


def test_probabilities_below_a_threshold_come_true_as_often_as_they_say() -> None:
    panel = made_up(6000, seed=9)
    made = forecast_panel(panel, SERIES, 2019)
    chance = made.probability_below(55.0)
    below = panel.results[SERIES, 2019] < 55
    for part in np.array_split(np.argsort(chance), 5):
        assert chance[part].mean() == pytest.approx(below[part].mean(), abs=0.04)


def test_a_given_national_change_moves_every_forecast_by_it() -> None:
    panel = made_up()
    still = forecast_panel(panel, SERIES, 2019, national_change=0.0, percent=False)
    moved = forecast_panel(panel, SERIES, 2019, national_change=2.5, percent=False)
    assert moved.mean - still.mean == pytest.approx(2.5)
    unknown = forecast_panel(panel, SERIES, 2019, percent=False)
    assert (unknown.standard_error > still.standard_error).all()


@settings(max_examples=10, deadline=None)
@given(shift=st.floats(-500, 500), scale=st.floats(0.01, 100))
def test_shifting_and_scaling_results_shifts_and_scales_forecasts(shift: float, scale: float) -> None:
    panel = made_up(120)
    made = forecast_panel(panel, SERIES, 2019, percent=False)
    other = Panel(
        panel.organisations,
        panel.area,
        {key: shift + scale * values for key, values in panel.results.items()},
        {},
        panel.sizes,
    )
    found = forecast_panel(other, SERIES, 2019, percent=False)
    assert found.mean == pytest.approx(shift + scale * made.mean, rel=1e-6, abs=1e-6 * scale)


def test_the_order_of_schools_makes_no_difference() -> None:
    panel = made_up(300)
    order = np.random.default_rng(3).permutation(len(panel))
    made = forecast_panel(panel, SERIES, 2019)
    assert forecast_panel(panel.of(order), SERIES, 2019).mean == pytest.approx(made.mean[order], rel=1e-9)


def test_a_school_without_any_result_gets_what_schools_like_it_reach_and_is_told_so() -> None:
    panel = made_up(300)
    for values in panel.results.values():
        values[0] = np.nan  # every row of it says suppressed
    found = forecast(rows_of(panel), measure=MEASURE, year=2019).filter(
        pl.col("organisation") == panel.organisations[0]
    )
    assert found["method"].item() == "schools like it"
    assert "no past result of its own" in found["label"].item()
    usual = forecast_panel(panel, SERIES, 2019)
    assert found["mean"].item() == pytest.approx(np.nanmean(usual.mean), abs=3)
    others = usual.standard_error[1:]
    assert found["standard_error"].item() > np.median(others)


def test_a_suppressed_result_is_missing_and_never_zero() -> None:
    rows = rows_of(made_up(300))
    first = rows["organisation"][0]
    hidden = (pl.col("organisation") == first) & (pl.col("year") == 2018)
    suppressed = rows.with_columns(
        status=pl.when(hidden).then(pl.lit("suppressed")).otherwise("status"),
        value=pl.when(hidden).then(0.0).otherwise("value"),
    )
    without = rows.with_columns(
        status=pl.when(hidden).then(pl.lit("not available")).otherwise("status"),
        value=pl.when(hidden).then(None).otherwise("value"),
    )
    found = forecast(suppressed, measure=MEASURE, year=2019).filter(pl.col("organisation") == first)
    expected = forecast(without, measure=MEASURE, year=2019).filter(pl.col("organisation") == first)
    assert found["mean"].item() == pytest.approx(expected["mean"].item())
    assert "no result of the latest year" in found["label"].item()


def test_years_before_a_break_are_no_evidence() -> None:
    rows = rows_of(made_up(200), "ks2_rwm_expected")
    found = forecast(rows, measure="ks2_rwm_expected", year=2019)
    assert found["based_on"].str.contains("results of 2018").all()
    assert not found["based_on"].str.contains("2017").any()
    with pytest.raises(ValueError, match=r"no result since 2018.*changed framework"):
        forecast(rows, measure="ks2_rwm_expected", year=2018)


def test_a_year_without_tests_and_an_unknown_measure_are_refused_in_words() -> None:
    rows = rows_of(made_up(50))
    with pytest.raises(ValueError, match="does not exist in 2020"):
        forecast(rows, measure=MEASURE, year=2020)
    with pytest.raises(ValueError, match="no measure called"):
        forecast(rows, measure="ks2_rwm_expekted", year=2019)
    with pytest.raises(ValueError, match="no result of ks2_gps_expected"):
        forecast(rows, measure="ks2_gps_expected", year=2019)
    with pytest.raises(ValueError, match="must be a number"):
        forecast(rows, measure=MEASURE, year=2019, national_change=float("nan"))


def test_with_one_past_year_the_forecast_says_that_its_interval_is_unchecked() -> None:
    rows = rows_of(made_up(100)).filter(pl.col("year") == 2018)
    found = forecast(rows, measure=MEASURE, year=2019)
    assert found["label"].str.contains("not checked against an earlier year").all()
    assert (found["upper"] - found["lower"] > 0).all()


def test_too_few_schools_are_carried_on_and_one_year_of_them_gives_no_interval() -> None:
    rows = rows_of(made_up(5))
    found = forecast(rows, measure=MEASURE, year=2019, national_change=1.0)
    latest = rows.filter(pl.col("year") == 2018).sort("organisation")["value"]
    assert found.sort("organisation")["mean"].to_numpy() == pytest.approx(
        (latest + 1).clip(0, 100).to_numpy()
    )
    assert found["label"].str.contains("too few organisations").all()
    assert found["lower"].is_not_null().all()
    single = forecast(rows.filter(pl.col("year") == 2018), measure=MEASURE, year=2019)
    assert single["lower"].is_null().all()
    assert single["mean"].is_not_null().all()


def test_groups_are_forecast_each_by_itself_and_percentages_stay_within_their_bounds() -> None:
    panel = made_up(200)
    girls = changed(
        panel, **{f"y{year}": np.clip(values + 12, 0, 100) for (_, year), values in panel.results.items()}
    )
    rows = pl.concat([rows_of(panel), rows_of(girls, group="girls")])
    found = forecast(rows, measure=MEASURE, year=2019, threshold=65)
    assert found.columns == list(FORECAST)
    assert set(found["group"]) == {"all", "girls"}
    means = found.group_by("group").agg(pl.col("mean").mean()).sort("group")["mean"]
    assert means[1] - means[0] == pytest.approx(12, abs=1.5)
    for column in ("mean", "lower", "upper", "lower80", "upper80"):
        assert found[column].is_between(0, 100).all()
    assert found["probability_below"].is_between(0, 1).all()
    assert (found["lower"] <= found["lower80"]).all()
    assert (found["upper80"] <= found["upper"]).all()


def test_an_authority_is_the_pupil_weighted_mean_and_keeps_the_error_that_its_schools_share() -> None:
    schools = pl.DataFrame(
        {
            "organisation": ["school:1", "school:2", "school:3"],
            "year": 2019,
            "measure": MEASURE,
            "group": "all",
            "pupils": [10.0, 30.0, None],
            "mean": [40.0, 80.0, None],
            "standard_error": [13.0, 5.0, None],
            "area_error": [3.0, 3.0, None],
            "national_error": [4.0, 4.0, None],
        }
    )
    full = schools.with_columns(
        pl.lit(None).cast(kind).alias(name) for name, kind in FORECAST.items() if name not in schools.columns
    ).select(list(FORECAST))
    members = pl.DataFrame(
        {"organisation": ["school:1", "school:2", "school:3"], "member_of": "authority:936"}
    )
    found = forecast_together(full, members, threshold=70.0)
    assert found["organisation"].item() == "authority:936"
    assert found["mean"].item() == pytest.approx((10 * 40 + 30 * 80) / 40)
    own = (10**2 * (13**2 - 25) + 30**2 * (25 - 25)) / 40**2
    assert found["standard_error"].item() == pytest.approx((own + 9 + 16) ** 0.5)
    assert found["probability_below"].item() == pytest.approx(0.5)
    assert "1 schools without a forecast" in found["label"].item()


def test_authorities_come_from_their_schools_where_it_is_known_whose_they_are() -> None:
    panel = made_up(400)
    areas = dict(zip(panel.organisations.tolist(), panel.area.tolist(), strict=True))
    found = forecast(rows_of(panel), measure=MEASURE, year=2019, areas=areas)
    authorities = found.filter(pl.col("organisation").str.starts_with("authority:"))
    assert set(authorities["organisation"]) == set(panel.area)
    assert (authorities["standard_error"] >= authorities["national_error"]).all()
    schools = found.filter(pl.col("organisation").str.starts_with("school:"))
    assert authorities["standard_error"].median() < schools["standard_error"].median()


def test_a_back_test_needs_two_comparable_years() -> None:
    with pytest.raises(ValueError, match="needs two comparable years"):
        backtest(made_up(50, years=(2018,)), SERIES)


def test_a_school_that_has_closed_is_not_forecast() -> None:
    rows = rows_of(made_up(100))
    closed = rows["organisation"][0]
    since = rows.filter((pl.col("organisation") != closed) | (pl.col("year") < 2018))
    found = forecast(since, measure=MEASURE, year=2019)
    assert closed not in found["organisation"].to_list()
    assert found.height == 99


def test_a_nation_by_itself_is_carried_on_and_its_change_is_counted_once() -> None:
    rows = rows_of(made_up(1)).with_columns(organisation=pl.lit("nation:england"))
    changes = np.diff(rows.filter(pl.col("year") < 2019).sort("year")["value"].to_numpy())
    found = forecast(rows, measure=MEASURE, year=2019)
    assert found["standard_error"].item() == pytest.approx(np.sqrt((changes**2).mean()))
    assert found["national_error"].item() == 0
