"""An expected score with its range: what scores pupils with the same start went on to get.

The terms give an order of pupils; the mean and the range are then read off what pupils at that place got, so that
neither needs scores to be normal or equally spread.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from headway.figures.models.calibration import isotonic
from headway.figures.models.estimate_matrix import Reader, reader
from headway.figures.models.summing import lazy
from headway.figures.models.terms import ModelError
from headway.figures.tables import Sensitivity

Numbers = npt.NDArray[np.float64]

RANGE = 0.9
"""The share of pupils like this one whose score lies in the range."""
PLACES = 100
"""Pupils are taken in so many places, fewer where there would be under 100 pupils in one."""


@dataclass(frozen=True)
class ScoreModel:
    """Expected scores of one subject: the order of pupils, and the curves of mean, low and high end over it."""

    score: str
    pupils: int
    coefficients: Numbers
    place: Numbers
    mean: Numbers
    low: Numbers
    high: Numbers
    _reader: Reader = field(repr=False)

    def pupil_scores(self, frame: Any) -> pl.DataFrame:
        """A row a pupil: pupil, organisation, score, expected, lower, upper (nine in ten get a score within), sensitivity.

        Personal data. Null for a pupil without a starting point. It is the score of those who are given one: a pupil working
        below the test gets none.
        """
        matrix = self._reader.read(frame)
        at = matrix.x @ self.coefficients
        curves = {"expected": self.mean, "lower": self.low, "upper": self.high}
        return pl.DataFrame(
            {
                "pupil": matrix.pupil,
                "organisation": matrix.organisation,
                "score": [self.score] * matrix.pupil.len(),
                **{
                    name: matrix.spread_out(np.interp(at, self.place, curve))
                    for name, curve in curves.items()
                },
                "sensitivity": [Sensitivity.PERSONAL.value] * matrix.pupil.len(),
            },
            schema_overrides={"score": pl.String, "sensitivity": pl.String},
        )


def fit_scores(cohort: Any, *, score: str, terms: Sequence[str], school: str = "organisation") -> ScoreModel:
    """Fits the expected score, and its range, on a column of scores (null for pupils without one)."""
    frame = lazy(cohort).collect(backend="polars").to_native()
    read = reader(frame, [score], terms, school)
    matrix = read.read(frame)
    values = frame[score].cast(pl.Float64).fill_null(float("nan")).to_numpy()[matrix.kept]
    there = np.isfinite(values)
    if there.sum() < 100:
        raise ModelError(f"{there.sum()} pupils have a {score}; a range needs at least 100")
    x, known = matrix.x[there], values[there]
    coefficients = np.linalg.lstsq(x.T @ x, x.T @ known, rcond=None)[0]
    at = x @ coefficients
    order = np.argsort(at, kind="stable")
    count = int(min(PLACES, known.size // 100)) or 1
    tail = (1 - RANGE) / 2
    rows = []
    for part in np.array_split(order, count):
        low, high = np.quantile(known[part], [tail, 1 - tail], method="inverted_cdf")
        rows.append((at[part].mean(), known[part].mean(), low, high, part.size))
    place, mean, low_end, high_end, sizes = (
        np.array(column, dtype=float) for column in zip(*rows, strict=True)
    )
    return ScoreModel(
        score,
        int(known.size),
        coefficients,
        place,
        isotonic(mean, sizes),
        isotonic(low_end, sizes),
        isotonic(high_end, sizes),
        read,
    )
