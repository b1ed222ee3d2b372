"""How sure a forecast is: learnt from how far the same forecaster was out at an earlier origin.

Standing before an earlier summer, the forecaster forecasts it from what was known then; its errors, over
the spread it expected, give the distribution that later forecasts carry (split conformal intervals). The
part of the errors that an area's schools share, and the part that the nation shares, are kept apart, since
only an average over many schools shows them.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from statistics import NormalDist

import numpy as np
from scipy.optimize import nnls

from headway.figures.models.forecast_areas import shared_variance
from headway.figures.models.panel import Names, Numbers, Panel

SHARES = np.linspace(0.0025, 0.9975, 399)
"""The shares at which the distribution of standardised errors is kept."""
SHARED_90, SHARED_80 = NormalDist().inv_cdf(0.95), NormalDist().inv_cdf(0.90)
"""Half-widths of 90 % and 80 % intervals, in standard errors, where many errors are averaged."""
_ENOUGH = 100
"""Errors from which a distribution is taken as seen; with fewer it is the normal's."""


@dataclass(frozen=True)
class Certainty:
    """The spread of errors: a variance is `spread[0] * model variance + spread[1] * chance`, then tilted.

    `tilt` is the share by which the variance grows with each point of the forecast above the mean (below it,
    where negative: low results are the less certain). It never more than doubles or halves the variance.
    `quantiles` of the standardised errors stand at `SHARES`. `area_variance` is what schools of an area share,
    `area_pull` how much of their area's gap came back (`forecast_areas`).
    `national_variance` is that of a year's national change, None where no two years in a row are known.
    `origin` is the year that was forecast to learn this, None where none could be: the model's own
    variance and the normal distribution stand in, and the forecast says so.
    """

    spread: tuple[float, float]
    tilt: float
    quantiles: Numbers
    area_variance: float
    area_pull: float
    national_variance: float | None
    origin: int | None
    schools: int

    def variance(self, model: Numbers, chance: Numbers, deviation: Numbers) -> Numbers:
        """The variance of a forecast's error, the national part left out."""
        untilted = np.maximum(self.spread[0] * model + self.spread[1] * chance, 1e-9)
        return untilted * _tilted(self.tilt, deviation)

    def quantile(self, share: float) -> float:
        """The standardised error below which `share` of the errors lie."""
        return float(np.interp(share, SHARES, self.quantiles))

    def below(self, standardised: Numbers) -> Numbers:
        """The probability of an error below each of these standardised ones."""
        found: Numbers = np.interp(standardised, self.quantiles, SHARES)
        return found


def chance_of(mean: Numbers, size: Numbers, *, percent: bool) -> Numbers:
    """The variance that the luck of one cohort gives: p(100 - p) / n for percentages, otherwise 1 / n."""
    if not percent:
        return 1.0 / size
    share = np.clip(mean, 5.0, 95.0)
    return share * (100.0 - share) / size


def unlearnt(national_variance: float | None) -> Certainty:
    """Where there is no earlier origin: the model's variance, normally distributed."""
    normal = np.array([NormalDist().inv_cdf(share) for share in SHARES])
    return Certainty((1.0, 0.0), 0.0, normal, 0.0, 0.0, national_variance, None, 0)


def learnt(
    errors: Numbers,
    model: Numbers,
    chance: Numbers,
    deviation: Numbers,
    area: Names,
    *,
    area_pull: float,
    origin: int,
    national_variance: float | None,
) -> Certainty:
    """From the errors of an earlier origin (their mean, the nation's part, is taken off)."""
    errors = errors - errors.mean()
    weights = 1.0 / np.maximum(model, 1e-9)
    spread, _ = nnls(np.stack([model, chance], axis=1) * weights[:, None], errors**2 * weights)
    if not spread.any():
        spread = np.array([1.0, 0.0])
    variance = np.maximum(model * spread[0] + chance * spread[1], 1e-9)
    tilt = _tilt(errors**2 / variance, deviation)
    standardised = errors / np.sqrt(variance * _tilted(tilt, deviation))
    normal = np.array([NormalDist().inv_cdf(share) for share in SHARES])
    quantiles = np.quantile(standardised, SHARES) if len(errors) >= _ENOUGH else normal
    return Certainty(
        (float(spread[0]), float(spread[1])),
        tilt,
        np.maximum.accumulate(quantiles + np.arange(len(SHARES)) * 1e-12),
        shared_variance(errors, area),
        area_pull,
        national_variance,
        origin,
        len(errors),
    )


def _tilt(relative: Numbers, deviation: Numbers) -> float:
    """The least-squares slope of squared errors, relative to their variance, on the forecast's deviation."""
    centred = deviation - deviation.mean()
    total = float((centred**2).sum())
    if len(relative) < _ENOUGH or total <= 0:
        return 0.0
    return float((centred * relative).sum() / total / relative.mean())


def _tilted(tilt: float, deviation: Numbers) -> Numbers:
    return np.clip(1.0 + tilt * deviation, 0.5, 2.0)


def national_changes(panel: Panel, series: str) -> list[float]:
    """The national changes of a series, each between years known in a row, over organisations that have both.

    A change over several years is divided by the root of their number, as a random walk's.
    """
    years = panel.years(series)
    changes = []
    for earlier, later in pairwise(years):
        both = panel.results[series, later] - panel.results[series, earlier]
        if np.isfinite(both).any():
            changes.append(float(np.nanmean(both)) / np.sqrt(later - earlier))
    return changes
