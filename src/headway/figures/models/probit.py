"""Yes/no outcomes of pupils in schools on the probit scale: what the terms say, and how much schools differ beyond them.

The probit scale is chosen for one property: if a pupil's chance over all schools is ndtr(z), and schools' effects are normal
with standard deviation t, then the chance in a school with effect t*v is ndtr(z*sqrt(1 + t^2) + t*v), and averaged over
schools it is ndtr(z) again, exactly. So a probability can be calibrated once, over all schools, and stays so with school
effects.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize_scalar
from scipy.special import log_ndtr, ndtr

from headway.figures.models.poisson_binomial import nodes
from headway.figures.models.terms import ModelError

Numbers = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]

FIRST_SAMPLE = 40_000
"""A first answer comes from so many pupils; all of them then need two or three steps only."""
MOST_STEPS = 40
SMALL_STEP = 1e-3
BLOCK = 1 << 15
PRIOR_DEVIATION = 2.5
"""Coefficients of standardised terms are normal about 0 with this standard deviation beforehand: nothing beside the pupils
of an authority, but it keeps a group of three children who all succeeded from an infinite coefficient."""
PUPILS_FOR_SPREAD = 200_000
"""Whole schools up to so many pupils are enough to say how much schools differ (to one or two percent)."""
LARGEST_SPREAD = 2.5
MANY_SCHOOLS = 1000
"""With so many schools the spread is known to about 2 percent, and doubt about it adds nothing."""


@dataclass(frozen=True)
class Probit:
    """A fitted regression: coefficients on the columns as given, and their covariance, pupils of a school being alike."""

    coefficients: Numbers
    covariance: Numbers
    converged: bool


def fit(x: Numbers, reached: Numbers, school: Whole) -> Probit:
    """Fisher scoring. `x` has a column of ones first; `reached` is 0 or 1; `school` codes from 0.

    Columns should be of about unit spread. The covariance is the sandwich over schools (Liang and Zeger 1986). Raises
    `ModelError` where everybody or nobody reached it.
    """
    if not 0 < reached.sum() < reached.size:
        raise ModelError("everybody or nobody reached the outcome, so there is nothing to explain")
    penalty = np.full(x.shape[1], PRIOR_DEVIATION**-2)
    penalty[0] = 0.0
    every = max(1, reached.size // FIRST_SAMPLE)
    coefficients = np.zeros(x.shape[1])
    sample = reached[::every]
    if every > 1 and 0 < sample.sum() < sample.size:
        coefficients, *_ = _settled(np.ascontiguousarray(x[::every]), sample, coefficients, penalty)
    coefficients, information, converged = _settled(x, reached, coefficients, penalty)
    bread = np.linalg.inv(information + np.diag(penalty))
    meat = _school_scores(x, reached, coefficients, school)
    return Probit(coefficients, bread @ (meat.T @ meat) @ bread, converged)


def _settled(x: Numbers, reached: Numbers, start: Numbers, penalty: Numbers) -> tuple[Numbers, Numbers, bool]:
    """Coefficients, the information at the last step, and whether the steps became small.

    A step of 0.001 is followed by one of about a millionth, so none is taken after it.
    """
    coefficients = start
    information = np.zeros((x.shape[1], x.shape[1]))
    for _ in range(MOST_STEPS):
        score, information = _score_and_information(x, reached, coefficients)
        step = np.linalg.solve(information + np.diag(penalty), score - penalty * coefficients)
        coefficients = coefficients + step
        if float(np.abs(step).max()) < SMALL_STEP:
            return coefficients, information, True
    return coefficients, information, False


def _residual(x: Numbers, reached: Numbers, coefficients: Numbers) -> tuple[Numbers, Numbers]:
    """Generalised residuals and the weights of the information."""
    score = np.clip(x @ coefficients, -6.0, 6.0)
    chance = ndtr(score)
    density = np.exp(-0.5 * score**2) / np.sqrt(2 * np.pi)
    ratio = density / (chance * ndtr(-score))
    return ratio * (reached - chance), ratio * density


def _score_and_information(x: Numbers, reached: Numbers, coefficients: Numbers) -> tuple[Numbers, Numbers]:
    total = np.zeros(x.shape[1])
    information = np.zeros((x.shape[1], x.shape[1]))
    for start in range(0, reached.size, BLOCK):
        part = x[start : start + BLOCK]
        residual, weight = _residual(part, reached[start : start + BLOCK], coefficients)
        total += residual @ part
        information += (part * weight[:, None]).T @ part
    return total, information


def _school_scores(x: Numbers, reached: Numbers, coefficients: Numbers, school: Whole) -> Numbers:
    residual, _ = _residual(x, reached, coefficients)
    count = int(school.max()) + 1
    return np.column_stack(
        [np.bincount(school, weights=residual * x[:, k], minlength=count) for k in range(x.shape[1])]
    )


def school_spread(score: Numbers, reached: Numbers, school: Whole) -> float:
    """The standard deviation of schools' true effects on the probit scale, by maximum likelihood; with few schools a
    little more, for not being sure of it.

    `score` are calibrated probit scores over all schools. It is the spread of true effects, not of raw results, which
    chance makes wider.
    """
    order = np.argsort(school, kind="stable")
    starts = np.flatnonzero(np.diff(school[order], prepend=-1))
    # Schools spread evenly over the list, so that a list sorted by authority is not cut off in its middle.
    every = max(1, -(-reached.size // PUPILS_FOR_SPREAD))
    sizes = np.diff(np.r_[starts, order.size])
    kept = order[np.repeat(np.arange(starts.size) % every == 0, sizes)]
    codes = np.unique(school[kept], return_inverse=True)[1].astype(np.int64)
    table = _Table(score[kept], reached[kept], codes)
    found = minimize_scalar(
        lambda spread: -table.log_likelihood(spread),
        bounds=(0.0, LARGEST_SPREAD),
        method="bounded",
        options={"xatol": 1e-3},
    )
    best = float(found.x) if -found.fun > table.log_likelihood(0.0) + 1e-9 else 0.0
    schools = int(codes.max()) + 1
    return best if schools >= MANY_SCHOOLS else _allowing_for_doubt(table, best, schools)


def _allowing_for_doubt(table: _Table, best: float, schools: int) -> float:
    """The root mean square of the spreads that the likelihood allows, each beforehand as likely as another.

    With the schools of one authority the likeliest spread is often too small, and ranges made from it are too narrow.
    """
    step = 0.5 * max(best, 0.1) / np.sqrt(schools)
    grid = best + step * np.arange(-30, 61)
    grid = grid[(grid >= 0) & (grid <= LARGEST_SPREAD)]
    likelihood = np.array([table.log_likelihood(spread) for spread in grid])
    weight = np.exp(likelihood - likelihood.max())
    return float(np.sqrt(weight @ grid**2 / weight.sum()))


def school_effects(
    score: Numbers, reached: Numbers, school: Whole, spread: float, schools: int
) -> tuple[Numbers, Numbers]:
    """Each school's effect in standard deviations of true effects: the mean and the standard deviation of what is
    known of it (empirical Bayes). A school without pupils here has 0 and 1.
    """
    values, weights = nodes()
    if spread == 0:
        return np.zeros(schools), np.ones(schools)
    likelihood = _Table(score, reached, school, schools).by_node(spread)
    likelihood += np.log(weights)[:, None]
    share = np.exp(likelihood - likelihood.max(axis=0))
    share /= share.sum(axis=0)
    mean = values @ share
    return mean, np.sqrt(np.clip(values**2 @ share - mean**2, 0.0, None))


class _Table:
    """The likelihood by school for any spread: pupils are looked up by their score, in steps of 1/64."""

    STEPS = 64

    def __init__(self, score: Numbers, reached: Numbers, school: Whole, schools: int | None = None) -> None:
        furthest = 6 * self.STEPS
        place = np.clip(np.rint(score * self.STEPS), -furthest, furthest).astype(np.int64) + furthest
        self._cell = 2 * place + reached.astype(np.int64)
        self._grid = np.arange(-furthest, furthest + 1) / self.STEPS
        self._school = school
        self._schools = int(school.max()) + 1 if schools is None else schools

    def by_node(self, spread: float) -> Numbers:
        """The log likelihood of each school's results at each value of its effect: (nodes, schools)."""
        values, _ = nodes()
        inside = np.sqrt(1 + spread**2) * self._grid
        made = np.empty((values.size, self._schools))
        for node, value in enumerate(values):
            at = inside + spread * value
            both = np.column_stack([log_ndtr(-at), log_ndtr(at)]).ravel()
            made[node] = np.bincount(self._school, weights=both[self._cell], minlength=self._schools)
        return made

    def log_likelihood(self, spread: float) -> float:
        likelihood = self.by_node(spread) + np.log(nodes()[1])[:, None]
        top = likelihood.max(axis=0)
        return float((top + np.log(np.exp(likelihood - top).sum(axis=0))).sum())
