"""Forecasts back-tested on the real England panel: the numbers that docs/explanation/forecasts.md gives."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from england_panel import TARGET, england_panel

from headway.figures.models.backtest import BacktestReport, backtest
from headway.figures.models.forecast_series import forecast_panel
from headway.figures.models.panel import Panel

pytestmark = pytest.mark.real_data
BREAK = 2018


@pytest.fixture(scope="module")
def panel(shared_data: Path) -> Panel:
    return england_panel(shared_data)


@pytest.fixture(scope="module")
def report(panel: Panel) -> BacktestReport:
    return backtest(panel, TARGET, years=[2024, 2025], since=BREAK)


def test_2025_is_forecast_better_than_by_either_rival_over_the_same_schools(report: BacktestReport) -> None:
    made = report.score(2025, "forecast")
    assert made.organisations == 13_630
    assert report.score(2025, "result of 2024, moved").error == pytest.approx(10.03, abs=0.01)
    assert report.score(2025, "mean of 2024 and 2023, moved").error == pytest.approx(9.04, abs=0.01)
    assert made.error == pytest.approx(8.50, abs=0.03)
    assert report.score(2025, "forecast, national change not known").error == pytest.approx(8.70, abs=0.05)


def test_2024_is_forecast_better_than_by_either_rival(report: BacktestReport) -> None:
    made = report.score(2024, "forecast")
    assert made.error == pytest.approx(8.90, abs=0.05)
    assert made.error < report.score(2024, "result of 2023, moved").error - 1
    assert made.error < report.score(2024, "mean of 2023 and 2018, moved").error - 0.5


@pytest.mark.parametrize("year", [2024, 2025])
@pytest.mark.parametrize("method", ["forecast", "forecast, national change not known"])
def test_ninety_percent_intervals_cover_88_to_92(report: BacktestReport, year: int, method: str) -> None:
    score = report.score(year, method)
    assert 88 <= (score.covered90 or 0) <= 92
    assert 78 <= (score.covered80 or 0) <= 83.5


def test_where_it_fails_is_said(report: BacktestReport) -> None:
    small = report.score(2025, "forecast", "0 to 11 pupils a year")
    large = report.score(2025, "forecast", "90 to 9999 pupils a year")
    assert small.error > 13
    assert large.error < 6
    assert (large.covered90 or 100) < 88  # the largest schools' intervals are too narrow
    assert report.score(2025, "forecast", "no result in 2024").error > 12


def test_authorities_together_beat_their_last_result(report: BacktestReport) -> None:
    made = report.score(2025, "forecast", "authorities")
    assert made.organisations == 151
    assert made.error < report.score(2025, "last year's, moved", "authorities").error
    assert 86 <= (made.covered90 or 0) <= 95


def test_changing_what_happened_in_2025_changes_no_forecast_of_it(panel: Panel) -> None:
    surrey = panel.of(np.isin(panel.area, ["authority:936", "authority:886", "authority:919"]))
    made = forecast_panel(surrey, TARGET, 2025, since=BREAK)
    wrong = {
        key: np.full(len(surrey), 3.0) if key[1] == 2025 else value for key, value in surrey.results.items()
    }
    other = Panel(surrey.organisations, surrey.area, wrong, surrey.context, surrey.sizes)
    again = forecast_panel(other, TARGET, 2025, since=BREAK)
    assert np.array_equal(made.mean, again.mean)
    assert np.array_equal(made.at(0.05), again.at(0.05))


def test_every_school_of_england_is_forecast(panel: Panel) -> None:
    made = forecast_panel(panel, TARGET, 2025, since=BREAK)
    assert np.isfinite(made.mean).sum() > 16_000
    assert (made.at(0.95) > made.at(0.05)).all()
