"""The four levels of the Southwark plan beside each other, an authority's totals, and a target shared out in whole pupils.

1 the progress of similar pupils; 2 of similar pupils in similar schools; 3 what the authority's target needs; 4 of the
best fifth (or another percentile), of all schools and of similar ones (FFT's type D is the 25th percentile of these).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy.special import ndtr, ndtri

from headway.figures.models.estimate_schools import INTERVAL
from headway.figures.models.estimates import EstimateModel
from headway.figures.models.poisson_binomial import nodes
from headway.figures.models.terms import ModelError

Numbers = npt.NDArray[np.float64]


def four_levels(
    pupils: EstimateModel,
    similar: EstimateModel,
    frame: Any,
    *,
    target: Mapping[str, float] | None = None,
    percentiles: Sequence[float] = (20,),
    groups: Sequence[str] = ("all",),
) -> pl.DataFrame:
    """Every school at each level: the rows of `EstimateModel.schools`, one after the other.

    `pupils` compares with similar pupils (type A terms), `similar` also with similar schools (type B). Level 3 is there if
    there is a `target` (percent by outcome). Level 4 stands on both bases.
    """
    if pupils.compared_with != "pupils" or similar.compared_with != "similar schools":
        raise ModelError(
            "give a model compared with pupils first, and one compared with similar schools second"
        )
    tables = [pupils.schools(frame, groups=groups), similar.schools(frame, groups=groups)]
    if target:
        tables.append(pupils.schools(frame, level=3, target=target, groups=groups))
    for percentile in percentiles:
        tables += [
            model.schools(frame, level=4, percentile=percentile, groups=groups) for model in (pupils, similar)
        ]
    return pl.concat(tables).sort("organisation", "group", "outcome", "level", maintain_order=True)


def whole_shares(schools: pl.DataFrame, total: int) -> pl.DataFrame:
    """`schools` (rows of one outcome, group and level) with `whole`: whole pupils that come to `total` exactly.

    Each school's expected number is rounded down, and the pupils still wanted go to the largest remainders (ties to the
    first in order). Raises `ModelError` if the total is not the expected number rounded up or down.
    """
    if schools.select("outcome", "group", "level").n_unique() > 1:
        raise ModelError("share out one outcome, group and level at a time")
    expected = schools["expected"].to_numpy()
    down = np.floor(expected + 1e-9).astype(np.int64)
    wanted = total - int(down.sum())
    if abs(total - float(expected.sum())) >= 1 or not 0 <= wanted <= expected.size:
        raise ModelError(
            f"{total} pupils are to be shared out, but the schools' expected numbers come to {expected.sum():.1f}; "
            "set the target so that they meet"
        )
    order = np.argsort(-(expected - down), kind="stable")
    down[order[:wanted]] += 1
    return schools.with_columns(pl.Series("whole", down))


def totals(model: EstimateModel, frame: Any, area: str | None = None) -> pl.DataFrame:
    """What the average level comes to for whole areas: area, outcome, pupils, expected, share (%), lower, upper (95 %).

    `area` is a column of the frame (`authority`, say); without it there is one row for all pupils. The range holds
    chance, schools' effects (each its own), and the coefficients' uncertainty, which all schools share.
    """
    matrix = model.read(frame)
    part = matrix.group("all")
    rows = part.rows
    starts, _ = part.schools()
    kept = pl.Series(matrix.kept)
    every = pl.Series(["all"]).new_from_index(0, matrix.kept.size)
    of_pupil = (matrix.column(area) if area else every).filter(kept).gather(rows)
    first = of_pupil.gather(starts)
    if (of_pupil != first.gather(np.repeat(np.arange(starts.size), np.diff(np.r_[starts, rows.size])))).any():
        raise ModelError(
            f"a school has pupils of two values of {area!r}; totals need each school in one area"
        )
    names = first.unique().sort()
    area_of_school = names.search_sorted(first).to_numpy()
    scores = model.scores(matrix)
    tables = []
    for fitted in model.outcomes:
        score = scores[fitted.key][rows]
        chance = ndtr(score)
        expected = np.bincount(area_of_school, weights=np.add.reduceat(chance, starts), minlength=names.len())
        variance = np.bincount(
            area_of_school, weights=_school_variances(score, fitted.spread, starts), minlength=names.len()
        )
        density = np.exp(-0.5 * score**2) / np.sqrt(2 * np.pi)
        slope = np.zeros((names.len(), matrix.x.shape[1]))
        np.add.at(slope, area_of_school, np.add.reduceat(density[:, None] * matrix.x[rows], starts, axis=0))
        variance += np.einsum("ap,pq,aq->a", slope, fitted.regression.covariance, slope)
        sizes = np.bincount(
            area_of_school, weights=np.diff(np.r_[starts, rows.size]), minlength=names.len()
        ).astype(np.int64)
        half = float(ndtri(0.5 + INTERVAL / 2)) * np.sqrt(variance)
        tables.append(
            pl.DataFrame(
                {
                    "area": names,
                    "outcome": [fitted.key] * names.len(),
                    "pupils": sizes,
                    "expected": expected,
                    "share": 100 * expected / sizes,
                    "lower": np.maximum(expected - half, 0.0),
                    "upper": np.minimum(expected + half, sizes),
                }
            )
        )
    return pl.concat(tables)


def _school_variances(score: Numbers, spread: float, starts: npt.NDArray[np.int64]) -> Numbers:
    """The variance of each school's number: chance within, and between values of its effect."""
    values, weights = nodes(21)
    mean = np.zeros((values.size, starts.size))
    within = np.zeros((values.size, starts.size))
    for node, value in enumerate(values):
        chance = ndtr(np.sqrt(1 + spread**2) * score + spread * value)
        mean[node] = np.add.reduceat(chance, starts)
        within[node] = np.add.reduceat(chance * (1 - chance), starts)
    return np.asarray(weights @ (within + mean**2) - (weights @ mean) ** 2, dtype=float)


def compared(national: EstimateModel, own: EstimateModel, frame: Any) -> pl.DataFrame:
    """What changes where only an authority's own pupils are loaded: a row an outcome, over the pupils of `frame`.

    `national`, `own`: mean probability by each; `difference`: mean absolute difference of pupils' probabilities; `wider`:
    how many times as wide schools' ranges are by the authority's own data; `unsure`: the standard error, in percentage
    points, of the authority's expected share that comes of fitting to few schools.
    """
    both = national.pupils(frame).join(own.pupils(frame), on=["pupil", "outcome"], suffix="_own")
    changed = both.group_by("outcome").agg(
        pl.col("probability").mean().alias("national"),
        pl.col("probability_own").mean().alias("own"),
        (pl.col("probability") - pl.col("probability_own")).abs().mean().alias("difference"),
    )
    wide = pl.col("upper") - pl.col("lower")
    widths = [
        model.schools(frame).group_by("outcome").agg(wide.mean().alias(name))
        for model, name in ((national, "of_national"), (own, "of_own"))
    ]
    matrix = own.read(frame)
    scores = own.scores(matrix)
    errors = []
    for fitted in own.outcomes:
        density = np.exp(-0.5 * scores[fitted.key] ** 2) / np.sqrt(2 * np.pi)
        slope = (density[:, None] * matrix.x).mean(axis=0)
        errors.append((fitted.key, 100 * float(np.sqrt(slope @ fitted.regression.covariance @ slope))))
    return (
        changed.join(widths[0], on="outcome")
        .join(widths[1], on="outcome")
        .join(pl.DataFrame(errors, schema=["outcome", "unsure"], orient="row"), on="outcome")
        .select(
            "outcome",
            "national",
            "own",
            "difference",
            (pl.col("of_own") / pl.col("of_national")).alias("wider"),
            "unsure",
        )
        .sort("outcome")
    )
