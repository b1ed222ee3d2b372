"""Threshold value added: the share of pupils at a level or standard beside the share to be expected.

RAISEonline's threshold reports: level 4 and above, level 5 and above. What is expected of a pupil comes from a
logistic regression on prior attainment (and context); a school's result is its share less the mean expectation.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from headway.figures.models import value_added
from headway.figures.models.summing import lazy
from headway.figures.models.terms import ModelError, design

Numbers = npt.NDArray[np.float64]
MOST_STEPS = 50


@dataclass(frozen=True)
class Threshold:
    """A fitted threshold model: `coefficients` on the logit scale, whether it converged, and the schools' table.

    `schools`: group, n, actual and expected share (%), raw (actual less expected, percentage points), estimate
    (shrunken), comparative_se, diagnostic_se, reliability.
    """

    coefficients: dict[str, float]
    converged: bool
    schools: pl.DataFrame


def threshold_value_added(frame: Any, reached: str, fixed: Sequence[str], group: str) -> Threshold:
    """Fits the share of pupils who `reached` (a yes/no column) on terms as in `terms`, and compares schools.

    The schools' differences are shrunken as any value added is: a random intercept on what the logistic regression leaves.
    Raises `ModelError` where everybody or nobody reached it, or where terms foretell it without fail.
    """
    opened = lazy(frame)
    made = design(opened, reached, fixed)
    columns = [column.expression().alias(f"x{i}") for i, column in enumerate(made.columns)]
    import narwhals as nw

    table: pl.DataFrame = (
        opened.select(nw.col(group).alias("group"), *columns, nw.col(reached).cast(nw.Float64).alias("y"))
        .collect(backend="polars")
        .to_native()
    )
    table = table.filter(
        pl.all_horizontal(pl.all().exclude("group").is_finite()) & pl.col("group").is_not_null()
    )
    y = table["y"].to_numpy()
    if not 0 < y.sum() < y.size:
        raise ModelError(f"everybody or nobody has {reached!r}, so there is nothing to expect")
    x = np.column_stack([np.ones(y.size), *(table[f"x{i}"].to_numpy() for i in range(len(columns)))])
    coefficients, converged = _logistic(x, y)
    expected = 1 / (1 + np.exp(-(x @ coefficients)))
    left = table.select("group").with_columns(
        pl.Series("left", 100 * (y - expected)), pl.Series("expected", expected)
    )
    fitted = value_added.fit(left, "left", [], ["group"])
    shares = (
        left.with_columns(pl.Series("y", y))
        .group_by("group")
        .agg((100 * pl.col("y").mean()).alias("actual"), (100 * pl.col("expected").mean()).alias("expected"))
    )
    # Against the expectation itself, not the mean school: the intercept of what is left is next to nothing.
    effects = fitted.effects().with_columns(pl.col("raw") + fitted.coefficients["intercept"])
    schools = effects.join(shares, on="group", maintain_order="left").select(
        "group",
        "n",
        "actual",
        "expected",
        "raw",
        "estimate",
        "comparative_se",
        "diagnostic_se",
        "reliability",
    )
    return Threshold(
        dict(zip(made.names, map(float, coefficients), strict=True)), converged and fitted.converged, schools
    )


def _logistic(x: Numbers, y: Numbers) -> tuple[Numbers, bool]:
    """Logistic regression by iteratively reweighted least squares, on columns in units of their spread."""
    middle, spread = x.mean(axis=0), x.std(axis=0)
    middle[0], spread[0] = 0.0, 1.0
    if (spread == 0).any():
        raise ModelError("a term is the same for every pupil; leave it out")
    scaled = (x - middle) / spread
    beta = np.zeros(x.shape[1])
    converged = False
    for _ in range(MOST_STEPS):
        chance = 1 / (1 + np.exp(-np.clip(scaled @ beta, -30, 30)))
        weight = np.maximum(chance * (1 - chance), 1e-12)
        try:
            step = np.linalg.solve(scaled.T @ (weight[:, None] * scaled), scaled.T @ (y - chance))
        except np.linalg.LinAlgError as singular:
            raise ModelError(
                "terms are collinear: one can be worked out from the others; leave one out"
            ) from singular
        beta += step
        if float(np.abs(step).max()) < 1e-10:
            converged = True
            break
    if np.abs(beta).max() > 25:
        raise ModelError(
            "a term foretells the outcome without fail, so that no odds can be estimated; leave it out"
        )
    back = beta / spread
    back[0] = beta[0] - float((beta[1:] * middle[1:] / spread[1:]).sum())
    return back, converged
