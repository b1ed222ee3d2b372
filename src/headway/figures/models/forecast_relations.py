"""What next summer's result has to do with what is known before it, learnt from earlier years only.

The forecast is the best linear prediction (kriging; an empirical Bayes estimate with several years and
series). A school's known values have covariances S + N / n: S what schools truly share from year to year,
N what the chance of one cohort adds within a year, n the pupils in a year group. How known values vary
together is seen directly. How the coming result will vary with them cannot be seen; it is taken from how
the *latest known* result varied with the same thing, carried to the wanted distance in years by the power
law L ** -b that past results themselves show.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy.linalg import eigh

from headway.figures.models.panel import Numbers, Panel

Kind = Literal["past", "context", "area", "size"]
_STANDING = ("context", "size")
"""Kinds that are as they are, whatever the year."""
_USUAL_SIZE = 30.0
"""Pupils in a year group where nothing is known of its size: one class."""
_FAINT = 0.01
_RIDGE = 0.1
"""Added to the standardised variances, with (predictors / organisations): covariances are estimates too."""


@dataclass(frozen=True)
class Predictor:
    """Something known before the tests: a series' past value, context, the area's mean, or the logarithm of size."""

    kind: Kind
    series: str
    year: int


@dataclass(frozen=True)
class Relations:
    """Covariances of the coming result (first row and column) and its predictors, in standard deviations.

    `scale` is the standard deviation of the latest known result, `decay` the power b, `learnt_on` the
    number of organisations.
    """

    predictors: tuple[Predictor, ...]
    signal: Numbers
    noise: Numbers
    scale: float
    decay: float | None
    learnt_on: int


def predictors(panel: Panel, target: str, *, most: int) -> list[Predictor]:
    """All that may tell of the coming result: own past, area's mean, related series' last two years, context.

    `panel` holds only what is known. In order of closeness; no more than `most`.
    """
    own = panel.years(target)[::-1]
    found = [Predictor("past", target, year) for year in own[:6]]
    if own and len(set(panel.area) - {""}) > 1:
        found.append(Predictor("area", target, own[0]))
    related = [name for name in panel.series if name != target]
    latest = [(year, name) for name in related for year in panel.years(name)[-2:]]
    if own and np.isfinite(panel.size).sum() > len(panel) / 2:
        found.append(Predictor("size", "size", 0))
    found += [Predictor("past", name, year) for year, name in sorted(latest, key=lambda x: (-x[0], x[1]))]
    names = sorted({name for name, _ in panel.context})
    found += [
        Predictor("context", name, max(year for known, year in panel.context if known == name))
        for name in names
    ]
    return found[:most]


def size_of(panel: Panel) -> Numbers:
    """Pupils in a year group, the usual number where it is not known."""
    size = panel.size
    known = size[np.isfinite(size)]
    usual = float(np.median(known)) if len(known) else _USUAL_SIZE
    return np.maximum(np.where(np.isfinite(size), size, usual), 1.0)


def known_values(panel: Panel, wanted: list[Predictor] | tuple[Predictor, ...]) -> Numbers:
    """The predictors' values, organisations by predictors; NaN where not known."""
    columns = []
    for one in wanted:
        if one.kind == "size":
            columns.append(np.log(panel.size))
        elif one.kind == "context":
            columns.append(panel.context[one.series, one.year])
        elif one.kind == "area":
            columns.append(others_of_the_area(panel.results[one.series, one.year], panel))
        else:
            columns.append(panel.results[one.series, one.year])
    return np.stack(columns, axis=1) if columns else np.empty((len(panel), 0))


def others_of_the_area(values: Numbers, panel: Panel) -> Numbers:
    """The mean of the other organisations of the same area; NaN where there is none."""
    _, place = np.unique(panel.area, return_inverse=True)
    seen = np.isfinite(values)
    total = np.bincount(place, np.where(seen, values, 0.0))[place] - np.where(seen, values, 0.0)
    count = np.bincount(place, seen.astype(float))[place] - seen
    mean = np.divide(total, count, out=np.full(len(values), np.nan), where=count > 0)
    return np.where(panel.area == "", np.nan, mean)


def learn(panel: Panel, target: str, year: int, wanted: list[Predictor]) -> Relations:
    """The relations for forecasting `target` in `year` from `wanted`. `panel` holds only what is known.

    Learnt on the organisations that have the latest known result. Needs one past year of the target;
    with only one, nothing is known of how results last, and the noise of chance alone shrinks them.
    """
    years = panel.years(target)
    if not years:
        raise ValueError(f"there is no past result of {target} to learn from")
    latest = years[-1]
    base = np.isfinite(panel.results[target, latest])
    learner = panel.of(base)
    past = [Predictor("past", target, each) for each in years]
    columns = list(dict.fromkeys([*wanted, *past]))
    for name in dict.fromkeys(one.series for one in wanted if one.kind == "past"):
        columns += [Predictor("past", name, each) for each in learner.years(name)]
    if any(one.kind == "area" for one in wanted):
        columns += [Predictor("area", target, each) for each in years]
    columns = list(dict.fromkeys(columns))
    place = {one: index for index, one in enumerate(columns)}
    values, scale = standardised(known_values(learner, columns))
    signal, noise = moments(
        values, size_of(learner), [one.year if one.kind == "past" else 0 for one in columns]
    )
    decay = power(signal, place, past, past)
    decays = {
        (one.kind, one.series): power(
            signal,
            place,
            [each for each in columns if (each.kind, each.series) == (one.kind, one.series)],
            past,
        )
        for one in wanted
        if one.kind not in _STANDING
    }
    cross = [
        _with_the_coming(
            signal,
            place,
            one,
            target=target,
            year=year,
            years=years,
            decay=decays.get((one.kind, one.series)) or decay or 0.0,
        )
        for one in wanted
    ]
    own = place[Predictor("past", target, latest)]
    chosen = [place[one] for one in wanted]
    joint = _bordered(signal[np.ix_(chosen, chosen)], np.array(cross), signal[own, own])
    chance = _bordered(noise[np.ix_(chosen, chosen)], np.zeros(len(wanted)), noise[own, own])
    return Relations(
        tuple(wanted), semidefinite(joint), semidefinite(chance), float(scale[own]), decay, len(learner)
    )


def standardised(values: Numbers) -> tuple[Numbers, Numbers]:
    """Values less their column's mean, over its standard deviation; and those standard deviations."""
    seen = np.isfinite(values)
    count = np.maximum(seen.sum(axis=0), 1)
    mean = np.where(seen, values, 0.0).sum(axis=0) / count
    centred = np.where(seen, values - mean, np.nan)
    scale = np.sqrt((np.where(seen, centred, 0.0) ** 2).sum(axis=0) / count)
    scale = np.where(scale > 0, scale, 1.0)
    return centred / scale, scale


def moments(values: Numbers, size: Numbers, years: list[int]) -> tuple[Numbers, Numbers]:
    """S and N of the covariances S + N / n, from all pairs of columns of standardised `values`.

    Only two results of the same year share pupils, so only there is N not zero; it is found by least
    squares of the products on 1 / n, weighted by n.
    """
    seen = np.isfinite(values).astype(float)
    filled = np.nan_to_num(values)
    pairs = np.maximum(seen.T @ seen, 1.0)
    signal = (filled.T @ filled) / pairs
    noise = np.zeros_like(signal)
    same = np.equal.outer(years, years) & (np.array(years) > 0)
    if size.std() < 1e-9:
        return signal, noise
    w = size[:, None]
    s0, s1, s2 = (seen * w).T @ seen, seen.T @ seen, (seen / w).T @ seen
    q0, q1 = (filled * w).T @ filled, filled.T @ filled
    determinant = s0 * s2 - s1 * s1
    fitted = same & (determinant > 1e-9 * np.maximum(s0 * s2, 1e-12))
    safe = np.where(fitted, determinant, 1.0)
    by_size = (s0 * q1 - s1 * q0) / safe
    level = (s2 * q0 - s1 * q1) / safe
    usable = fitted & (pairs >= 30)
    return np.where(usable, level, signal), np.where(usable, by_size, noise)


def power(
    signal: Numbers, place: dict[Predictor, int], of: list[Predictor], own: list[Predictor]
) -> float | None:
    """The b of the power law L ** -b of the covariances of a series with the target L years away.

    None where only one distance is seen. Never negative, never more than 1.
    """
    lags, logs = [], []
    for first in of:
        for second in own:
            found = signal[place[first], place[second]]
            if second.year != first.year and found > _FAINT:
                lags.append(np.log(abs(second.year - first.year)))
                logs.append(np.log(found))
    if len(set(lags)) < 2:
        return None
    return float(np.clip(-np.polyfit(lags, logs, 1)[0], 0.0, 1.0))


def _with_the_coming(
    signal: Numbers,
    place: dict[Predictor, int],
    one: Predictor,
    *,
    target: str,
    year: int,
    years: list[int],
    decay: float,
) -> float:
    """The covariance of a predictor with the coming result."""
    latest = Predictor("past", target, years[-1])
    if one.kind in _STANDING:
        return float(signal[place[one], place[latest]])
    references = [
        (place[one], place[Predictor("past", target, each)], abs(each - one.year))
        for each in years
        if each != one.year
    ]
    if not references:
        return float(signal[place[one], place[latest]])
    reference = references[-1]
    found = [_carried(signal, reference, year - one.year, decay)]
    forward = Predictor(one.kind, one.series, reference_year := years[-2] if len(years) > 1 else years[-1])
    if one.year == years[-1] and one.series != target and forward in place and reference_year != one.year:
        there = (place[forward], place[latest], years[-1] - reference_year)
        found.append(_carried(signal, there, year - one.year, decay))
    return float(np.mean(found))


def _carried(signal: Numbers, reference: tuple[int, int, int], lag: int, decay: float) -> float:
    row, column, seen_lag = reference
    return float(signal[row, column] * (max(lag, 1) / seen_lag) ** -decay)


def _bordered(inner: Numbers, border: Numbers, corner: float) -> Numbers:
    return np.block([[np.array([[corner]]), border[None, :]], [border[:, None], inner]])


def semidefinite(matrix: Numbers) -> Numbers:
    """The nearest symmetric matrix without negative eigenvalues (covariances of pairs need not fit together)."""
    values, vectors = np.linalg.eigh((matrix + matrix.T) / 2)
    found: Numbers = (vectors * np.maximum(values, 0.0)) @ vectors.T
    return found


@dataclass(frozen=True)
class Prediction:
    """Deviation from the mean of the coming year, its variance without the coming cohort's chance and with it,
    and which predictors each organisation had."""

    deviation: Numbers
    variance: Numbers
    known: npt.NDArray[np.bool_]
    coefficients: Numbers


def predict(relations: Relations, panel: Panel) -> Prediction:
    """The best linear prediction for every organisation of `panel`, in the unit of the target.

    Values are taken as deviations from the mean of the organisations that have the latest known result.
    """
    wanted = relations.predictors
    base = np.isfinite(panel.results[wanted[0].series, wanted[0].year])
    values = known_values(panel, wanted)
    _, scale = standardised(values[base])
    centre = np.nanmean(np.where(np.isfinite(values[base]).any(axis=0), values[base], 0.0), axis=0)
    deviations = (values - centre) / scale
    known = np.isfinite(deviations)
    size = size_of(panel)
    ridge = _RIDGE + len(wanted) / relations.learnt_on
    coefficients = np.zeros(values.shape)
    code = known @ (1 << np.arange(len(wanted), dtype=np.int64))
    order = np.argsort(code, kind="stable")
    for place in np.split(order, np.flatnonzero(np.diff(code[order])) + 1):
        pattern = known[place[0]]
        if pattern.any():
            coefficients[np.ix_(place, pattern)] = _coefficients(relations, pattern, size[place], ridge)
    deviation = (coefficients * np.nan_to_num(deviations)).sum(axis=1) * relations.scale
    total = relations.signal[0, 0] + relations.noise[0, 0] / size
    explained = (coefficients * relations.signal[0, 1:]).sum(axis=1)
    left = np.maximum(total - explained, 0.01 * total)
    return Prediction(deviation, left * relations.scale**2, known, coefficients)


def _coefficients(
    relations: Relations, pattern: npt.NDArray[np.bool_], size: Numbers, ridge: float
) -> Numbers:
    """(S + ridge + N / n) ** -1 c for every n at once, from one decomposition of N in the metric of S."""
    inner = relations.signal[1:, 1:][np.ix_(pattern, pattern)] + ridge * np.eye(int(pattern.sum()))
    chance = relations.noise[1:, 1:][np.ix_(pattern, pattern)]
    spread, basis = eigh(chance, inner)
    along = basis.T @ relations.signal[0, 1:][pattern]
    found: Numbers = (along / (1.0 + np.maximum(spread, 0.0) / size[:, None])) @ basis.T
    return found
