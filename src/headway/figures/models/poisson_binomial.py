"""How many of a school's pupils will get there, given each one's own chance: the Poisson-binomial distribution.

A school does not only have luck with its pupils: it is itself a little better or worse than the average, in the same
way for all of them. Leaving that out made 24 % of schools look unusual where 5 % should
(in a trial on made-up pupils), so the distribution is averaged over the school's effect as well.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr

Numbers = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]

EXACT_UP_TO = 40
"""Schools (or groups) of so many pupils are counted exactly; larger ones by a normal curve for each value of the effect."""


def distribution(probabilities: Sequence[float] | Numbers) -> Numbers:
    """The exact chance of 0, 1, … n successes; `probabilities` may have leading axes, the last being the pupils."""
    chances = np.asarray(probabilities, dtype=float)
    made = np.zeros((*chances.shape[:-1], chances.shape[-1] + 1))
    made[..., 0] = 1.0
    for pupil in range(chances.shape[-1]):
        chance = chances[..., pupil, None]
        moved = made[..., : pupil + 1] * chance
        made[..., : pupil + 1] -= moved
        made[..., 1 : pupil + 2] += moved
    return made


def chance_of_at_least(count: int, probabilities: Sequence[float] | Numbers) -> float:
    """The chance that `count` or more get there, each by its own chance, before any uncertainty about the school."""
    return float(distribution(probabilities)[max(count, 0) :].sum())


def nodes(count: int = 31, furthest: float = 4.5) -> tuple[Numbers, Numbers]:
    """Values of a standard normal effect and their weights.

    Evenly spaced, for these count a school of 150 pupils, whose results pin its effect down to a quarter of a standard
    deviation, as exactly as a school of ten; as many Gauss-Hermite points do not.
    """
    values = np.linspace(-furthest, furthest, count)
    weights = np.exp(-0.5 * values**2)
    return values, weights / weights.sum()


@dataclass(frozen=True)
class Counts:
    """The distribution of each school's number, in a matrix (schools x numbers from 0): the chance of so many or fewer."""

    cumulative: Numbers

    def interval(self, share: float) -> tuple[Whole, Whole]:
        """The shortest range of numbers of each school whose chance is nearest to `share`: lowest and highest, both within.

        Taking the likeliest numbers first, and not as much from either tail, lets a small school whose pupils may well all
        succeed have a range that holds the truth as often as it says, rather than oftener.
        """
        own = np.diff(self.cumulative, axis=1, prepend=0.0)
        order = np.argsort(-own, axis=1, kind="stable")
        reached = np.take_along_axis(own, order, axis=1).cumsum(axis=1)
        within = np.arange(own.shape[1]) <= np.abs(reached - share).argmin(axis=1)[:, None]
        lowest = np.where(within, order, own.shape[1]).min(axis=1)
        highest = np.where(within, order, -1).max(axis=1)
        return lowest.astype(np.int64), highest.astype(np.int64)

    def at_least(self, number: Whole) -> Numbers:
        """Each school's chance of so many or more."""
        rows = np.arange(len(number))
        below = self.cumulative[rows, np.clip(number - 1, 0, self.cumulative.shape[1] - 1)]
        return np.asarray(np.where(number <= 0, 1.0, 1.0 - below), dtype=float)


def school_counts(score: Numbers, spread: Numbers, starts: Whole, centre: float = 0.0) -> Counts:
    """The distribution of every school's number.

    `score` are pupils' probit scores given an average school effect, ordered by school; school k's pupils begin at
    `starts[k]`. Its effect on the probit scale is normal about `centre` with standard deviation `spread[k]`; where that is
    zero there is only the pupils' chance.
    """
    sizes = np.diff(np.r_[starts, score.size])
    cumulative = np.ones((starts.size, int(sizes.max(initial=0)) + 1))
    values, weights = nodes(21) if (spread > 0).any() else (np.zeros(1), np.ones(1))
    for size in np.unique(sizes):
        of_size = np.flatnonzero(sizes == size)
        for own in np.array_split(of_size, max(1, of_size.size * int(size) // 20_000)):
            pupils = score[starts[own][:, None] + np.arange(size)]
            effect = centre + spread[own][:, None] * values
            chance = ndtr(pupils[:, None, :] + effect[:, :, None])
            cumulative[own, : size + 1] = (
                np.einsum("k,jkn->jn", weights, distribution(chance)).cumsum(axis=1)
                if size <= EXACT_UP_TO
                else _normal(chance, weights)
            )
    return Counts(np.minimum(cumulative, 1.0))


def _normal(chance: Numbers, weights: Numbers) -> Numbers:
    """The same for large schools: a normal curve for each value of the effect, half a pupil allowed for."""
    mean = chance.sum(axis=2)
    deviation = np.sqrt((chance * (1 - chance)).sum(axis=2))
    numbers = np.arange(chance.shape[2] + 1)
    made = np.zeros((chance.shape[0], numbers.size))
    for node, weight in enumerate(weights):
        made += weight * ndtr((numbers + 0.5 - mean[:, node, None]) / deviation[:, node, None])
    made[:, -1] = 1.0
    return made
