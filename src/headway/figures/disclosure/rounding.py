"""Counts behind rounded percentages: those that fit each other best."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import coo_array, csr_array, eye_array, hstack, vstack

from headway.figures.disclosure.relations import Terms

AWAY = 1e-4
"""What it costs to lie a pupil from the middle of a range, against one for missing a relation by a pupil."""


def settle(
    truth: Sequence[float],
    low: Sequence[float],
    high: Sequence[float],
    counted: Iterable[int],
    limits: Mapping[Terms, tuple[float, float]],
) -> dict[int, float]:
    """Values for the variables among `counted` that are open, between `low` and `high`, as whole numbers.

    `limits` are the least and greatest values of sums of variables; the others are held at `truth`. A mixed integer
    programme: what must be missed of a relation costs far more than the way of a count from the middle of its range.
    Empty where nothing is open, or no answer is found.
    """
    open_counts = [one for one in counted if low[one] < high[one]]
    place = {variable: at for at, variable in enumerate(open_counts)}
    tied = [(terms, between) for terms, between in limits.items() if any(one in place for one, _ in terms)]
    if not tied:
        return {}
    many, rows = len(open_counts), len(tied)
    known = np.array([sum(truth[one] * by for one, by in terms if one not in place) for terms, _ in tied])
    at = [(row, place[one], by) for row, (terms, _) in enumerate(tied) for one, by in terms if one in place]
    ties = coo_array(
        ([by for _, _, by in at], ([row for row, _, _ in at], [one for _, one, _ in at])), shape=(rows, many)
    )
    missed, away = eye_array(rows), eye_array(many)
    nothing = [coo_array((rows, many)), coo_array((many, rows))]
    matrix = vstack(
        [
            hstack([ties, missed, -missed, nothing[0], nothing[0]]),
            hstack([away, nothing[1], nothing[1], away, -away]),
        ]
    )
    between = np.array([pair for _, pair in tied])
    middle = np.array([truth[one] for one in open_counts])
    slack = 2 * rows + 2 * many
    found = milp(
        np.concatenate([np.zeros(many), np.ones(2 * rows), np.full(2 * many, AWAY)]),
        constraints=LinearConstraint(
            csr_array(matrix),
            np.concatenate([between[:, 0] - known, middle]),
            np.concatenate([between[:, 1] - known, middle]),
        ),
        bounds=Bounds(
            np.concatenate([[low[one] for one in open_counts], np.zeros(slack)]),
            np.concatenate([[high[one] for one in open_counts], np.full(slack, np.inf)]),
        ),
        integrality=np.concatenate([np.ones(many), np.zeros(slack)]),
    )
    if found.x is None:
        return {}
    return dict(zip(open_counts, (float(value) for value in np.round(found.x[:many])), strict=True))
