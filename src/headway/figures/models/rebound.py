"""The rebound test: would a list of low schools have risen anyway?

Schools picked because they were low were partly unlucky, so they rise the next year whatever is done (regression to the
mean). What like schools that were not picked did shows how much; only what goes beyond it may be due to what was
done, and even that is no proof. Headway never claims the rebound as an effect.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import polars as pl
from scipy.stats import t

from headway.figures.models.terms import ModelError

FEWEST = 20
"""Fewer schools than this cannot show what would have happened anyway."""


@dataclass(frozen=True)
class Rebound:
    """Mean changes of the picked schools: `seen`, `expected` from regression to the mean alone (and the change of all
    schools), and their `difference` with its 95 % interval.
    """

    picked: int
    compared: int
    earlier: float
    seen: float
    expected: float
    difference: float
    lower: float
    upper: float

    @property
    def beyond_chance(self) -> bool:
        """Whether the change seen differs from that expected by more than chance allows."""
        return self.lower > 0 or self.upper < 0

    def sentence(self, unit: str = "percentage points") -> str:
        """What may be said of it."""
        rise = (
            f"The {self.picked} schools changed by {self.seen:+.1f} {unit}; schools as low as they were would have changed "
            f"by {self.expected:+.1f} without anything being done. The difference is {self.difference:+.1f} "
            f"({self.lower:+.1f} to {self.upper:+.1f} with 95 % confidence): "
        )
        if not self.beyond_chance:
            return rise + "no more than chance and regression to the mean explain."
        way = "more" if self.difference > 0 else "less"
        return rise + f"{way} than regression to the mean explains. That alone does not show why."


def rebound(
    schools: pl.DataFrame,
    picked: Collection[object],
    *,
    key: str = "organisation",
    earlier: str = "earlier",
    later: str = "later",
    pupils: str | None = None,
) -> Rebound:
    """The test for a list `picked` from `schools`, one row a school with its `earlier` and `later` value.

    What would have happened anyway is the regression of later on earlier values among the schools that were not picked
    (weighted by `pupils`, if named). Schools without both values are left out. Raises `ModelError` for an unknown school,
    for nobody picked, or for too few others.
    """
    known = set(schools[key].to_list())
    strange = [name for name in picked if name not in known]
    if strange:
        raise ModelError(f"the list names {strange[0]}, which is not among the schools")
    columns = [earlier, later, *([pupils] if pupils else [])]
    both = schools.drop_nulls(columns).with_columns(pl.col(key).is_in(list(picked)).alias("picked"))
    low, others = both.filter("picked"), both.filter(~pl.col("picked"))
    if low.is_empty():
        raise ModelError("none of the schools picked has both values, so nothing can be said of their change")
    if others.height < FEWEST:
        raise ModelError(
            f"only {others.height} other schools have both values; at least {FEWEST} are needed to see what happens anyway"
        )
    x = np.column_stack([np.ones(others.height), others[earlier].to_numpy()])
    y = others[later].to_numpy()
    weights = others[pupils].to_numpy().astype(float) if pupils else np.ones(others.height)
    inverse = np.linalg.inv(x.T @ (weights[:, None] * x))
    line = inverse @ x.T @ (weights * y)
    residual = y - x @ line
    freedom = others.height - 2
    variance = float((weights * residual**2).sum() / freedom)
    own = low[pupils].to_numpy().astype(float) if pupils else np.ones(low.height)
    share = own / own.sum()
    start = float(share @ low[earlier].to_numpy())
    seen = float(share @ low[later].to_numpy()) - start
    at = np.array([1.0, start])
    expected = float(at @ line) - start
    # Each picked school's own chance, and that of the line.
    error = (variance * (float((share**2 / own).sum()) + float(at @ inverse @ at))) ** 0.5
    half = float(t.ppf(0.975, freedom)) * error
    apart = seen - expected
    return Rebound(low.height, others.height, start, seen, expected, apart, apart - half, apart + half)
