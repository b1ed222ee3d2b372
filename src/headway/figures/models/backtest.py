"""How good the forecasts would have been: rolling origin, each year forecast from the years before it alone.

Beside two rivals that anybody can work out: last year's result, and the mean of the last two, each moved by the
national change. The comparison is over the organisations that have the year and the two latest before it,
unweighted, so that all methods are judged on the same ones.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields

import numpy as np
import numpy.typing as npt

from headway.figures.models.forecast_certainty import SHARED_90
from headway.figures.models.forecast_series import SeriesForecast, forecast_panel
from headway.figures.models.panel import Numbers, Panel

SIZES = ((0, 12), (12, 20), (20, 30), (30, 45), (45, 60), (60, 90), (90, 10_000))
"""Pupils in a year group by which the report is split."""


@dataclass(frozen=True)
class Score:
    """How one method did over some organisations in one year, in the series' unit; shares are 0 to 100.

    `error` is the mean absolute error, `bias` the mean of actual less forecast; `covered90` and `covered80`
    the shares inside the intervals, `width90` their mean width (None where the method gives none).
    """

    year: int
    method: str
    among: str
    organisations: int
    error: float
    bias: float
    covered90: float | None = None
    covered80: float | None = None
    width90: float | None = None


@dataclass(frozen=True)
class BacktestReport:
    """The scores of a back-test, the headline ones (`among` "all") first in each year."""

    series: str
    scores: tuple[Score, ...]

    def as_rows(self) -> list[dict[str, object]]:
        """One row a score."""
        return [{"series": self.series, **asdict(score)} for score in self.scores]

    def score(self, year: int, method: str, among: str = "all") -> Score:
        """One score. Raises KeyError where there is none."""
        for found in self.scores:
            if (found.year, found.method, found.among) == (year, method, among):
                return found
        raise KeyError((year, method, among))

    def to_text(self) -> str:
        """A table for people."""
        heads = ["year", "method", "among", "organisations", "error", "bias", "in 90 %", "in 80 %", "width"]
        lines = [[_shown(getattr(score, each.name)) for each in fields(Score)] for score in self.scores]
        widths = [max(len(row[place]) for row in [heads, *lines]) for place in range(len(heads))]
        shown = [
            "  ".join(
                cell.ljust(width) if place in (1, 2) else cell.rjust(width)
                for place, (cell, width) in enumerate(zip(row, widths, strict=True))
            ).rstrip()
            for row in [heads, *lines]
        ]
        return "\n".join([f"Back-test of {self.series}: each year from earlier years only", *shown])


def _shown(value: object) -> str:
    if value is None:
        return "-"
    return f"{value:.2f}" if isinstance(value, float) else str(value)


def backtest(
    panel: Panel,
    series: str,
    *,
    years: Iterable[int] | None = None,
    since: int | None = None,
    percent: bool = True,
) -> BacktestReport:
    """Forecast each of `years` (all that have an earlier result) from what was known before it, and score it.

    `since` is the first year that may be compared (a break). Raises ValueError where no year can be tested.
    """
    own = [year for year in panel.years(series) if since is None or year >= since]
    wanted = own[1:] if years is None else [year for year in years if year in own[1:]]
    if not wanted:
        raise ValueError(f"a back-test needs two comparable years of {series}; there are {len(own)}")
    scores = [score for year in wanted for score in _scores(panel, series, year, own, since, percent)]
    return BacktestReport(series, tuple(scores))


def _scores(
    panel: Panel, series: str, year: int, own: list[int], since: int | None, percent: bool
) -> list[Score]:
    actual = panel.results[series, year]
    before = [each for each in own if each < year][-2:][::-1]
    past = [panel.results[series, each] for each in before]
    judged = np.isfinite(actual) & np.all([np.isfinite(values) for values in past], axis=0)
    change = float(np.nanmean(actual - past[0]))
    given = forecast_panel(panel, series, year, national_change=change, since=since, percent=percent)
    unknown = forecast_panel(panel, series, year, since=since, percent=percent)
    scores = [
        _score(year, "forecast", "all", actual, given, judged),
        _score(year, "forecast, national change not known", "all", actual, unknown, judged),
        _rival(year, f"result of {before[0]}, moved", actual, past[0], judged),
    ]
    if len(past) > 1:
        scores.append(
            _rival(
                year, f"mean of {before[0]} and {before[1]}, moved", actual, (past[0] + past[1]) / 2, judged
            )
        )
    scores += [
        _score(year, "forecast", f"{low} to {high - 1} pupils a year", actual, given, part)
        for low, high in SIZES
        if (part := judged & (given.size >= low) & (given.size < high)).sum() >= 30
    ]
    ends = np.quantile(given.mean[judged], [0.0, 0.1, 0.3, 0.7, 0.9, 1.0])
    for name, low, high in zip(
        ("lowest tenth", "next fifth", "middle two fifths", "next fifth up", "highest tenth"),
        ends,
        ends[1:],
        strict=False,
    ):
        part = judged & (given.mean >= low) & (given.mean <= high)
        scores.append(_score(year, "forecast", f"{name} of forecasts", actual, given, part))
    lately = np.isfinite(actual) & ~np.isfinite(past[0])
    if lately.sum() >= 30:
        scores.append(_score(year, "forecast", f"no result in {before[0]}", actual, given, lately))
    areas = _areas(panel, year, actual, given, past[0], judged)
    return [*scores, *areas]


def _score(
    year: int, method: str, among: str, actual: Numbers, made: SeriesForecast, part: npt.NDArray[np.bool_]
) -> Score:
    error = (actual - made.mean)[part]

    def inside(low: float) -> float:
        return 100 * float(((actual >= made.at(low)) & (actual <= made.at(1 - low)))[part].mean())

    return Score(
        year,
        method,
        among,
        int(part.sum()),
        float(np.abs(error).mean()),
        float(error.mean()),
        inside(0.05),
        inside(0.10),
        float((made.at(0.95) - made.at(0.05))[part].mean()),
    )


def _rival(year: int, method: str, actual: Numbers, base: Numbers, part: npt.NDArray[np.bool_]) -> Score:
    error = (actual - base)[part]
    moved = error - error.mean()
    return Score(year, method, "all", int(part.sum()), float(np.abs(moved).mean()), 0.0)


def _areas(
    panel: Panel,
    year: int,
    actual: Numbers,
    made: SeriesForecast,
    last: Numbers,
    judged: npt.NDArray[np.bool_],
) -> list[Score]:
    """Authorities of ten schools and more: their schools' results, weighted by the pupils expected."""
    part = judged & (panel.area != "")
    names, place = np.unique(panel.area[part], return_inverse=True)
    enough = np.bincount(place, minlength=len(names)) >= 10
    if enough.sum() < 10:
        return []
    weight = made.size[part] / np.bincount(place, made.size[part])[place]

    def mean(values: Numbers) -> Numbers:
        return np.bincount(place, weight * values[part])[enough].astype(np.float64)

    shared = made.certainty.area_variance
    own = np.bincount(place, weight**2 * np.maximum(made.variance[part] - shared, 0.0))[enough]
    half = SHARED_90 * np.sqrt(own + shared + made.national_variance)
    error = mean(actual) - mean(made.mean)
    carried = mean(actual) - mean(last)
    carried -= carried.mean()
    count = int(enough.sum())
    return [
        Score(
            year,
            "forecast",
            "authorities",
            count,
            float(np.abs(error).mean()),
            float(error.mean()),
            100 * float((np.abs(error) <= half).mean()),
            None,
            float(2 * half.mean()),
        ),
        Score(year, "last year's, moved", "authorities", count, float(np.abs(carried).mean()), 0.0),
    ]
