"""The forecast of one series for every organisation of a panel, as arrays (`forecasts` makes tables of them)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from headway.figures.models import forecast_certainty as certainty_of
from headway.figures.models.forecast_areas import area_gap, pull
from headway.figures.models.forecast_certainty import Certainty
from headway.figures.models.forecast_relations import (
    Prediction,
    Predictor,
    learn,
    predict,
    predictors,
    size_of,
)
from headway.figures.models.panel import Numbers, Panel

FEWEST = 20
"""Organisations with a latest result from which relations are learnt; with fewer a result is only carried on."""
_MOST = 40
"""Predictors at most, and never more than a tenth of the organisations from which they are learnt."""


@dataclass(frozen=True)
class SeriesForecast:
    """A series' forecast for every organisation of a panel, as arrays; NaN where nothing can be said.

    `level` is the national mean that it stands on; `variance` leaves the national part out.
    """

    series: str
    year: int
    mean: Numbers
    variance: Numbers
    size: Numbers
    level: float
    certainty: Certainty
    known: npt.NDArray[np.bool_]
    predictors: tuple[Predictor, ...]
    national_given: bool
    percent: bool
    carried_on: bool

    @property
    def standard_error(self) -> Numbers:
        """Of the forecast error, the national part included where the national change is itself forecast."""
        return np.sqrt(self.variance + self.national_variance)

    @property
    def national_variance(self) -> float:
        """The variance of the national change; 0 where it was given, or is part of the changes carried on."""
        return 0.0 if self.national_given or self.carried_on else (self.certainty.national_variance or 0.0)

    def at(self, share: float) -> Numbers:
        """The result below which the forecast puts this share of its probability."""
        return self._bounded(self.mean + self.certainty.quantile(share) * self.standard_error)

    def probability_below(self, threshold: float) -> Numbers:
        """The probability of a result below `threshold`."""
        found: Numbers = self.certainty.below((threshold - self.mean) / self.standard_error)
        if self.percent and threshold <= 0:
            found = np.zeros_like(found)
        return np.where(np.isfinite(self.mean), found, np.nan)

    def _bounded(self, values: Numbers) -> Numbers:
        return np.clip(values, 0.0, 100.0) if self.percent else values


def forecast_panel(
    panel: Panel,
    series: str,
    year: int,
    *,
    national_change: float | None = None,
    since: int | None = None,
    percent: bool = True,
) -> SeriesForecast:
    """The forecast of `series` in `year` from what was known before it; nothing later is looked at.

    `national_change` is the change since the latest known year, in the series' unit; where None it is taken
    as none, with the spread of past changes. Results before `since` (a break) are not used as evidence
    of a school's standing. Raises ValueError where no past result is known.
    """
    known = panel.known_before(year)
    found = _predict(known, series, year, since)
    national_variance = _national_variance(known, series, year, since)
    certainty = _learn_certainty(known, series, year, since, percent, national_variance)
    level = found.level + (national_change or 0.0)
    size = size_of(known)
    deviation = found.prediction.deviation + certainty.area_pull * found.gap
    mean = level + deviation
    bounded = np.clip(mean, 0.0, 100.0) if percent else mean
    variance = certainty.variance(
        found.prediction.variance,
        certainty_of.chance_of(bounded, size, percent=percent),
        deviation,
    )
    return SeriesForecast(
        series,
        year,
        bounded,
        variance,
        size,
        level,
        certainty,
        found.prediction.known,
        found.predictors,
        national_change is not None,
        percent,
        found.carried_on,
    )


@dataclass(frozen=True)
class _Found:
    prediction: Prediction
    predictors: tuple[Predictor, ...]
    level: float
    gap: Numbers
    carried_on: bool = False


def _predict(known: Panel, series: str, year: int, since: int | None) -> _Found:
    years = [each for each in known.years(series) if since is None or each >= since]
    if not years:
        raise ValueError(f"there is no past result of {series} that may be compared with {year}")
    latest = known.results[series, years[-1]]
    level = float(np.nanmean(latest))
    learners = int(np.isfinite(latest).sum())
    if learners < FEWEST:
        own = [Predictor("past", series, each) for each in reversed(years)]
        return _Found(_carried_on(known, own), tuple(own), level, np.zeros(len(known)), carried_on=True)
    wanted = [
        one
        for one in predictors(known, series, most=min(_MOST, learners // 10))
        if one.kind in ("context", "size") or since is None or one.series != series or one.year >= since
    ]
    prediction = predict(learn(known, series, year, wanted), known)
    gap = area_gap(latest, prediction.deviation, size_of(known), known.area)
    return _Found(prediction, tuple(wanted), level, gap)


def _carried_on(known: Panel, own: list[Predictor]) -> Prediction:
    """With too few organisations to learn from: each one's latest result, with the spread of past changes.

    Where no change was ever seen the variance is unknown (NaN), and no interval is given.
    """
    values = np.stack([known.results[one.series, one.year] for one in own], axis=1)
    seen = np.isfinite(values)
    centred = values - np.nanmean(values[:, 0])
    first = np.where(seen.any(axis=1), seen.argmax(axis=1), 0)
    latest = np.where(seen.any(axis=1), centred[np.arange(len(values)), first], 0.0)
    changes = np.diff(values, axis=1).ravel()
    changes = changes[np.isfinite(changes)]
    variance = float((changes**2).mean()) if len(changes) else float("nan")
    return Prediction(latest, np.full(len(values), variance), seen, np.zeros(values.shape))


def _national_variance(known: Panel, series: str, year: int, since: int | None) -> float | None:
    """Of the national change up to `year`: the mean square of the changes seen, over the years to be bridged."""
    years = [each for each in known.years(series) if since is None or each >= since]
    part = Panel(
        known.organisations,
        known.area,
        {key: value for key, value in known.results.items() if key[1] in years},
    )
    changes = certainty_of.national_changes(part, series)
    if not changes:
        return None
    return float(np.mean(np.square(changes))) * (year - years[-1])


def _learn_certainty(
    known: Panel, series: str, year: int, since: int | None, percent: bool, national_variance: float | None
) -> Certainty:
    """From the latest year that can itself be forecast from the years before it."""
    own = [each for each in known.years(series) if since is None or each >= since]
    if len(own) < 2 or int(np.isfinite(known.results[series, own[-1]]).sum()) < FEWEST:
        return certainty_of.unlearnt(national_variance)
    origin = own[-1]
    before = known.known_before(origin)
    if int(np.isfinite(before.results[series, own[-2]]).sum()) < FEWEST:
        return certainty_of.unlearnt(national_variance)
    found = _predict(before, series, origin, since)
    actual = known.results[series, origin]
    seen = np.isfinite(actual)
    size = size_of(before)
    error = (actual - np.nanmean(actual) - found.prediction.deviation)[seen]
    pulled = pull(error - error.mean(), found.gap[seen], size[seen])
    deviation = found.prediction.deviation + pulled * found.gap
    mean = np.nanmean(actual) + deviation
    return certainty_of.learnt(
        (actual - mean)[seen],
        found.prediction.variance[seen],
        certainty_of.chance_of(mean, size, percent=percent)[seen],
        deviation[seen],
        known.area[seen],
        area_pull=pulled,
        origin=origin,
        national_variance=national_variance,
    )
