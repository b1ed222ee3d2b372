"""A ridge-penalised logistic regression, its penalty chosen by cross-validation, and how such a ranking is judged."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import expit
from scipy.stats import rankdata

from headway.figures.models.panel import Numbers

Flags = npt.NDArray[np.bool_]
PENALTIES = (20.0, 80.0, 320.0)
"""Penalties tried, on standardised columns: each is as much evidence against an effect as that many cases."""


@dataclass(frozen=True)
class Logistic:
    """The fitted equation on standardised columns: log odds = intercept + coefficients . columns."""

    intercept: float
    coefficients: Numbers
    penalty: float

    def log_odds(self, columns: Numbers) -> Numbers:
        """Of each row."""
        found: Numbers = self.intercept + columns @ self.coefficients
        return found

    def chance(self, columns: Numbers) -> Numbers:
        """The probability of each row, 0 to 1."""
        found: Numbers = expit(self.log_odds(columns))
        return found


def fitted(columns: Numbers, outcome: Flags, penalty: float, *, start: Logistic | None = None) -> Logistic:
    """The penalised maximum likelihood by Newton's method; the intercept is not penalised.

    `start` is a fit nearby from which to begin.

    Raises ValueError where all outcomes are the same: there is nothing to learn.
    """
    if outcome.all() or not outcome.any():
        raise ValueError("every case has the same outcome, so there is nothing to learn from them")
    design = np.column_stack([np.ones(len(columns)), columns])
    against = np.diag([0.0, *[penalty] * columns.shape[1]])
    share = outcome.mean()
    coefficients = np.zeros(design.shape[1])
    coefficients[0] = np.log(share / (1 - share))
    if start is not None:
        coefficients[:] = start.intercept, *start.coefficients
    for _ in range(100):
        chance = expit(design @ coefficients)
        weight = chance * (1 - chance)
        gradient = design.T @ (outcome - chance) - against @ coefficients
        step = np.linalg.solve(design.T @ (design * weight[:, None]) + against, gradient)
        coefficients += step * min(1.0, 5.0 / max(float(np.abs(step).max()), 1e-12))
        if float(np.abs(step).max()) < 1e-9:
            break
    return Logistic(float(coefficients[0]), coefficients[1:], penalty)


def folds_of(outcome: Flags, folds: int, seed: int = 0) -> npt.NDArray[np.int64]:
    """A fold for each case, shuffled, each fold with its share of either outcome."""
    generator = np.random.default_rng(seed)
    fold = np.zeros(len(outcome), dtype=np.int64)
    for each in (True, False):
        places = generator.permutation(np.flatnonzero(outcome == each))
        fold[places] = np.arange(len(places)) % folds
    return fold


def chosen_penalty(columns: Numbers, outcome: Flags, *, folds: int = 5, seed: int = 1) -> float:
    """The penalty under which cases that were left out were likeliest."""
    fold = folds_of(outcome, folds, seed)

    surprise = dict.fromkeys(PENALTIES, 0.0)
    for each in range(folds):
        out = fold == each
        found: Logistic | None = None
        for penalty in PENALTIES:
            found = fitted(columns[~out], outcome[~out], penalty, start=found)
            log_odds = found.log_odds(columns[out])
            surprise[penalty] += float(np.logaddexp(0.0, np.where(outcome[out], -log_odds, log_odds)).sum())
    return min(PENALTIES, key=lambda penalty: surprise[penalty])


def area_under_curve(score: Numbers, outcome: Flags) -> float:
    """The chance that a case with the outcome scores higher than one without; ties count half."""
    ranks = rankdata(score)
    cases = int(outcome.sum())
    others = len(outcome) - cases
    if not cases or not others:
        raise ValueError("the area under the curve needs cases with the outcome and without it")
    return float((ranks[outcome].sum() - cases * (cases + 1) / 2) / (cases * others))


def share_held(score: Numbers, outcome: Flags, part: float = 0.1) -> float:
    """The share of all outcomes that stand in the highest-scoring `part`; ties are shared out evenly."""
    wanted = part * len(score)
    order = np.argsort(-score, kind="stable")
    _, place, count = np.unique(-score[order], return_index=True, return_counts=True)
    held = np.add.reduceat(outcome[order].astype(float), place)
    taken = np.clip(wanted - place, 0.0, count) / count
    return float((held * taken).sum() / outcome.sum())
