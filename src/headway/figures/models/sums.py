"""Sums of products: all that a multilevel model needs to know of its pupils.

A model with pupils in schools (in authorities) is fitted exactly from each school's number, sums and, for
slopes, products, and the overall products. So every engine computes the same sums in one pass; sums of
two files or two years add; and one small solver (`reml`) does the rest. Sums are held centred
(each column less a constant near its mean), so that large numbers do not swallow small differences.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt
import polars as pl

from headway.figures.models import small_products
from headway.figures.models.terms import Design, ModelError

Numbers = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Sums:
    """Sums of products of the pupils who have every value of a model.

    With w = (1, x - c, ..., y - c) for a pupil, the design's columns and last the outcome:
    `total` is the sum of w w' over all pupils, (m, m); `by_group` the sum of w in each lowest group,
    (m, groups); `slope_products` the sum of z w for each slope column z, (slopes, m, groups).
    `keys` has a row a group and a column a level, the lowest first; `coverage` has a row for each
    lowest group, also those none of whose pupils could be counted, with `rows` and `pupils` (counted).
    `missing` says how many rows lack each column.
    """

    design: Design
    groups: tuple[str, ...]
    keys: pl.DataFrame
    centre: Numbers
    total: Numbers
    by_group: Numbers
    slope_products: Numbers
    coverage: pl.DataFrame
    missing: dict[str, int] = field(default_factory=dict)

    @property
    def pupils(self) -> int:
        """Pupils counted."""
        return round(float(self.total[0, 0]))

    @property
    def rows(self) -> int:
        """Rows seen, counted or not."""
        return int(self.coverage["rows"].sum())

    def recentred(self, centre: Numbers) -> Sums:
        """The same sums about another centre."""
        shift = self.centre - centre
        change = np.eye(len(self.total))
        change[0, 1:] = shift
        slopes = np.array(
            [
                small_products.across(change.T, products + shift[column] * self.by_group)
                for column, products in zip(self.design.slopes, self.slope_products, strict=True)
            ]
        ).reshape(self.slope_products.shape)
        return replace(
            self,
            centre=centre,
            total=change.T @ self.total @ change,
            by_group=small_products.across(change.T, self.by_group),
            slope_products=slopes,
        )

    def about_the_mean(self) -> Sums:
        """The same sums about each column's mean."""
        return self.recentred(self.centre + self.total[0, 1:] / max(self.total[0, 0], 1.0))

    def __add__(self, other: Sums) -> Sums:
        """The sums of both files' pupils. Raises `ModelError` if the models or levels differ."""
        if self.design != other.design or self.groups != other.groups:
            raise ModelError(
                "sums of two different models cannot be added; use the design of the first for both"
            )
        second = other.recentred(self.centre)
        keys = pl.concat([self.keys, other.keys], how="vertical_relaxed").unique(maintain_order=True)
        check_nesting(keys, self.groups)
        places = [_places(keys, part.keys, self.groups) for part in (self, second)]
        count = keys.height
        coverage = (
            pl.concat([self.coverage, other.coverage], how="vertical_relaxed")
            .group_by(self.groups[0], maintain_order=True)
            .agg(pl.col("rows", "pupils").sum())
        )
        names = dict.fromkeys((*self.missing, *other.missing))
        return replace(
            self,
            keys=keys,
            total=self.total + second.total,
            by_group=_spread(self.by_group, places[0], count) + _spread(second.by_group, places[1], count),
            slope_products=_spread(self.slope_products, places[0], count)
            + _spread(second.slope_products, places[1], count),
            coverage=coverage,
            missing={name: self.missing.get(name, 0) + other.missing.get(name, 0) for name in names},
        )


def check_nesting(keys: pl.DataFrame, groups: tuple[str, ...]) -> None:
    """Raises `ModelError` if a group of the lowest level lies in two of the upper one."""
    if len(groups) == 1 or keys[groups[0]].n_unique() == keys.height:
        return
    twice = keys.filter(pl.col(groups[0]).is_duplicated())[groups[0]][0]
    raise ModelError(nesting_message(groups[0], twice, groups[1]))


def nesting_message(lower: str, key: object, upper: str) -> str:
    """What is wrong where levels do not nest, and what to do."""
    return (
        f"{lower} {key} lies in more than one {upper}: levels must nest. "
        f"Give each {lower} one {upper}, or make the part in each {upper} a {lower} of its own."
    )


def _places(keys: pl.DataFrame, part: pl.DataFrame, groups: tuple[str, ...]) -> Codes:
    indexed = keys.with_row_index("place")
    return (
        part.join(indexed, on=list(groups), how="left", maintain_order="left")["place"]
        .to_numpy()
        .astype(np.int64)
    )


def _spread(part: Numbers, places: Codes, count: int) -> Numbers:
    wide = np.zeros((*part.shape[:-1], count))
    wide[..., places] = part
    return wide
