"""Calibration: making a probability mean what it says, and measuring whether it does.

Of the pupils who are given 0.7, seven in ten should get there. A model's own probability seldom keeps that promise (a
mean turned into a probability by a normal curve missed by 0.04 in a trial), so every probability goes through a curve fitted
to what happened: the isotonic one, which assumes only that a higher prediction is not a lower chance.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy.special import ndtr, ndtri

from headway.figures.models.terms import ModelError

Numbers = npt.NDArray[np.float64]

RELIABILITY_BINS = 20
"""Bins of the reliability curve and of the expected calibration error (ECE(20))."""
CURVE_BINS = 2048
"""Predictions are first counted in this many bins: 600,000 pupils then cost no more than 2,048."""
OWN_WEIGHT = 150.0
"""How many pupils the model's own curve counts for in each block. Nationally blocks have thousands; in one authority the
isotonic curve alone follows chance: its log loss was 0.401, with 40 pupils 0.390, with 300 0.388."""
CORRECTIONS = 5
FURTHEST = 6.0
"""Probit scores are kept within this: nobody's chance is 0 or 1."""


def isotonic(values: Numbers, weights: Numbers | None = None) -> Numbers:
    """The nearest never-falling sequence to `values` by weighted squares: pool adjacent violators (Ayer et al. 1955)."""
    values = np.asarray(values, dtype=float)
    given = np.ones(values.size) if weights is None else np.asarray(weights, dtype=float)
    if given.shape != values.shape or not (given > 0).all():
        raise ValueError("there must be one weight above zero for each value")
    means: list[float] = []
    sums: list[float] = []
    lengths: list[int] = []
    for value, weight in zip(values.tolist(), given.tolist(), strict=True):
        mean, total, length = value, weight, 1
        while means and means[-1] >= mean:
            before, own = sums.pop(), total
            total = before + own
            mean = (means.pop() * before + mean * own) / total
            length += lengths.pop()
        means.append(mean)
        sums.append(total)
        lengths.append(length)
    return np.repeat(np.array(means), np.array(lengths, dtype=np.int64))


@dataclass(frozen=True)
class Curve:
    """A rising curve from a model's probit score to a calibrated one; straight between its points, parallel beyond them."""

    score: Numbers
    calibrated: Numbers

    def __call__(self, score: Numbers) -> Numbers:
        """Calibrated probit scores; `ndtr` of them are probabilities."""
        inside = np.interp(score, self.score, self.calibrated)
        below = np.minimum(score - self.score[0], 0.0)
        above = np.maximum(score - self.score[-1], 0.0)
        return np.asarray(np.clip(inside + below + above, -FURTHEST, FURTHEST), dtype=float)


def calibration_curve(score: Numbers, reached: Numbers) -> Curve:
    """The isotonic curve of what happened (`reached`, 0 or 1) over probit scores; the model's own steadies small blocks.

    Raises `ModelError` where everybody or nobody reached it.
    """
    if not 0 < reached.sum() < reached.size:
        raise ModelError("everybody or nobody reached the outcome, so there is nothing to calibrate")
    low, high = float(score.min()), float(score.max())
    if not high > low:
        return Curve(np.array([low]), ndtri(np.array([reached.mean()])))
    place = np.minimum(((score - low) * (CURVE_BINS / (high - low))).astype(np.int64), CURVE_BINS - 1)
    counted = np.bincount(place, minlength=CURVE_BINS)
    there = counted > 0
    pupils = np.asarray(counted[there], dtype=float)
    middle = np.asarray(np.bincount(place, weights=score, minlength=CURVE_BINS)[there] / pupils)
    share: Numbers = np.bincount(place, weights=reached, minlength=CURVE_BINS)[there] / pupils
    block = np.cumsum(np.diff(isotonic(share, pupils), prepend=-1.0) > 0) - 1
    size = np.bincount(block, weights=pupils).astype(np.float64)
    centre = np.bincount(block, weights=pupils * middle) / size
    steadied = (np.bincount(block, weights=pupils * share) + OWN_WEIGHT * ndtr(centre)) / (size + OWN_WEIGHT)
    wanted = isotonic(steadied, size)
    height = ndtri(wanted)
    # The line rises within a block, and the mean of its chances is not the chance at its mean: put that right.
    for _ in range(CORRECTIONS):
        made = np.bincount(block, weights=pupils * ndtr(Curve(centre, height)(middle))) / size
        height = np.maximum.accumulate(height + ndtri(wanted) - ndtri(made))
    return Curve(centre, height)


@dataclass(frozen=True)
class Quality:
    """How good probabilities were on pupils: Brier score and log loss (less is better), and the expected calibration error.

    The last is the mean gap, over the pupils, between what a bin of the reliability curve was promised and what it got.
    """

    pupils: int
    brier: float
    log_loss: float
    calibration_error: float


def quality(probability: Numbers, reached: Numbers, bins: int = RELIABILITY_BINS) -> Quality:
    """The scores of probabilities against what happened (0 or 1), both of pupils who were not used to fit."""
    if probability.size == 0:
        raise ModelError("there are no pupils with a known outcome to check the probabilities on")
    kept = np.clip(probability, 1e-12, 1 - 1e-12)
    table = reliability(probability, reached, bins)
    gap = (table["expected"] - table["observed"]).abs() * table["pupils"]
    return Quality(
        int(probability.size),
        float(((probability - reached) ** 2).mean()),
        float(-(reached * np.log(kept) + (1 - reached) * np.log1p(-kept)).mean()),
        float(gap.sum()) / probability.size,
    )


def reliability(probability: Numbers, reached: Numbers, bins: int = RELIABILITY_BINS) -> pl.DataFrame:
    """The reliability curve: a row for each bin of probability (of equal width) that has pupils.

    `from`, `to`, `pupils`, `expected` (mean probability) and `observed` (share who reached it), all 0 to 1.
    """
    place = np.minimum((probability * bins).astype(np.int64), bins - 1)
    pupils = np.bincount(place, minlength=bins)
    there = pupils > 0
    count = pupils[there]
    return pl.DataFrame(
        {
            "from": (np.arange(bins) / bins)[there],
            "to": (np.arange(1, bins + 1) / bins)[there],
            "pupils": count,
            "expected": np.bincount(place, weights=probability, minlength=bins)[there] / count,
            "observed": np.bincount(place, weights=reached, minlength=bins)[there] / count,
        }
    )
