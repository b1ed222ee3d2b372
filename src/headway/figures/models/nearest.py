"""The nearest of many points, exactly: a fast pass in single precision finds who may be near, a slow one decides.

A distance is the square root of the sum over characteristics of ((x_i - x_j) / scale)^2. Where one of a pair lacks some
characteristics, the sum over those that both have is stretched by the share of the weight that they make up, so that a
school is not nearer for what is not known of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]
Whole = NDArray[np.int64]

BLOCK = 256
"""Rows at a time: 256 x 16,000 distances in single precision are 16 MB."""

_TOO_FAR = 1e30
"""Squares beyond it may overflow single precision."""
_TOO_MANY = 20
"""Times as many candidates as are wanted: single precision cannot tell them apart (many schools are the same)."""


@dataclass(frozen=True)
class Pairs:
    """Each point's nearest, nearest first: positions of both, rank from 1, distance, characteristics compared."""

    point: Whole
    neighbour: Whole
    rank: Whole
    distance: Numbers
    used: Whole


@dataclass(frozen=True)
class Space:
    """Points (n x k, NaN where unknown) with a scale and a weight for each of the k characteristics.

    A pair is compared only if at least `minimum` characteristics are known of both. Scales are positive; infinite where
    a characteristic tells nobody apart.
    """

    values: Numbers
    scales: Numbers
    weights: Numbers
    minimum: int

    def distances(self, first: Whole, second: Whole) -> tuple[Numbers, Whole]:
        """Exact distances of pairs, and how many characteristics each compares; infinite where too few.

        The same to the last bit whichever of the two comes first.
        """
        squares = np.zeros(first.size)
        shared = np.zeros(first.size)
        used = np.zeros(first.size, dtype=np.int64)
        for k in range(self.values.shape[1]):
            column = self.values[:, k]
            apart = (column[first] - column[second]) / self.scales[k]
            both = ~np.isnan(apart)
            squares += np.where(both, apart * apart, 0.0)
            shared += np.where(both, self.weights[k], 0.0)
            used += both
        known = (used >= self.minimum) & (shared > 0)
        stretch = np.divide(_in_order(self.weights), shared, out=np.full(first.size, np.inf), where=known)
        return np.where(known, np.sqrt(squares * np.where(known, stretch, 1.0)), np.inf), used


def _in_order(weights: Numbers) -> float:
    """The sum in the order in which `distances` adds, so that nothing missing means a stretch of exactly 1."""
    total = 0.0
    for weight in weights:
        total += float(weight)
    return total


def nearest(
    space: Space,
    count: int,
    *,
    of: Whole | None = None,
    alike: Whole | None = None,
    apart: Whole | None = None,
) -> Pairs:
    """The `count` nearest of each point (or of those at the positions `of`), never the point itself.

    Neighbours have the same code in `alike` and another in `apart`. Ties go to the earlier position.
    """
    size = space.values.shape[0]
    wanted = np.arange(size) if of is None else np.asarray(of, dtype=np.int64)
    codes = np.zeros(size, dtype=np.int64) if alike is None else alike
    found: list[tuple[Whole, Whole, Numbers, Whole]] = []
    enough = (~np.isnan(space.values)).sum(axis=1) >= space.minimum
    for code in np.unique(codes[wanted]):
        among = np.flatnonzero((codes == code) & enough)
        own = wanted[(codes[wanted] == code) & enough[wanted]]
        with np.errstate(over="ignore", invalid="ignore"):  # what overflows is decided one by one
            search = _Search(space, among, apart, count)
            found += [_decided(space, *search.candidates(*block), count) for block in search.blocks(own)]
    if not found:
        none = np.zeros(0, dtype=np.int64)
        return Pairs(none, none, none, np.zeros(0), none)
    point, neighbour, distance, used = (np.concatenate(part) for part in zip(*found, strict=True))
    order = np.argsort(point, kind="stable")  # each point's own are in order already
    point = point[order]
    rank = _places(point) + 1
    return Pairs(point, neighbour[order], rank, distance[order], used[order])


def _decided(space: Space, point: Whole, neighbour: Whole, count: int) -> tuple[Whole, Whole, Numbers, Whole]:
    """Of the candidates the `count` nearest of each point, by exact distance and then by position."""
    distance, used = space.distances(point, neighbour)
    order = np.lexsort((neighbour, distance, point))
    order = order[np.isfinite(distance[order])]
    kept = order[_places(point[order]) < count]
    return point[kept], neighbour[kept], distance[kept], used[kept]


def _places(points: Whole) -> Whole:
    """The place of each row among those of its point, from 0; equal points stand together."""
    if points.size == 0:
        return np.zeros(0, dtype=np.int64)
    starts = np.flatnonzero(np.r_[True, points[1:] != points[:-1]])
    places: Whole = np.arange(points.size) - np.repeat(starts, np.diff(np.r_[starts, points.size]))
    return places


@dataclass(frozen=True)
class _Targets:
    """What points that have the same characteristics (`has`) are multiplied by: a column a target.

    sum_k m_k (a_k - b_k)^2 = sum_k m_k a_k^2 - 2 sum_k a_k (m_k b_k) + sum_k m_k b_k^2, with m_k = 1 where b has k. Where
    everybody has everything the first part is the same for all b and is left out. `stretch` is the greatest.
    """

    has: NDArray[np.bool_]
    columns: NDArray[np.float32]
    stretch: float
    gaps: bool

    def squares(self, points: NDArray[np.float32]) -> NDArray[np.float32]:
        """Squared distances (up to a constant a row), stretched; infinite where too little is shared."""
        mine = points[:, self.has]
        parts = [-2 * mine, np.ones((mine.shape[0], 1), dtype=np.float32)]
        if self.gaps:
            parts.append(mine * mine)
        return np.hstack(parts) @ self.columns


class _Search:
    """Squared distances in single precision from blocks of points to all of `among`, as one matrix product a block."""

    def __init__(self, space: Space, among: Whole, apart: Whole | None, count: int) -> None:
        self.space, self.among, self.count = space, among, min(count, among.size - 1)
        scaled = space.values[among] / space.scales
        self.known = ~np.isnan(scaled)
        columns = np.maximum(self.known.sum(axis=0), 1)
        self.middle = np.where(self.known, scaled, 0.0).sum(axis=0) / columns
        self.points = np.where(self.known, scaled - self.middle, 0.0).astype(np.float32)
        self.far = float(np.sqrt((self.points.astype(np.float64) ** 2).sum(axis=1).max(initial=0.0)))
        self.apart = apart
        self.place = np.full(space.values.shape[0], -1)
        self.place[among] = np.arange(among.size)
        self.patterns = np.unique(self.known, axis=0, return_inverse=True)[1].ravel()

    def blocks(self, own: Whole) -> Iterator[tuple[Whole, _Targets]]:
        """The points in blocks that lack the same characteristics, each with what it is multiplied by."""
        patterns = self.patterns[self.place[own]]
        for pattern in np.unique(patterns):
            rows = own[patterns == pattern]
            targets = self._targets(self.known[self.place[rows[0]]])
            for start in range(0, rows.size, BLOCK):
                yield rows[start : start + BLOCK], targets

    def candidates(self, rows: Whole, targets: _Targets) -> tuple[Whole, Whole]:
        """Pairs that hold all of the nearest of these points, and few others."""
        here = self.place[rows]
        if self.count < 1:
            none = np.zeros(0, dtype=np.int64)
            return none, none
        squares = targets.squares(self.points[here])
        squares[np.arange(rows.size), here] = np.inf
        if self.apart is not None:
            own = self.apart[rows]
            for code in np.unique(own):
                squares[np.ix_(own == code, self.apart[self.among] == code)] = np.inf
        limit = np.partition(squares, self.count - 1, axis=1)[:, self.count - 1].astype(np.float64)
        margin = self._error(here, targets)
        reach = np.where(np.isfinite(limit), limit + 2 * margin, float(np.finfo(np.float32).max))
        hits = np.flatnonzero(squares <= reach[:, None].astype(np.float32))
        first, second = np.divmod(hits, self.among.size)
        unsure = (margin > _TOO_FAR) | (np.bincount(first, minlength=rows.size) > _TOO_MANY * self.count)
        sure = ~unsure[first] if unsure.any() else slice(None)
        pairs = [(rows[first[sure]], self.among[second[sure]])]
        pairs += [self._one_by_one(int(row)) for row in rows[unsure]]
        point, neighbour = (np.concatenate(part) for part in zip(*pairs, strict=True))
        return point, neighbour

    def _one_by_one(self, row: int) -> tuple[Whole, Whole]:
        """The same for one point in double precision: where single precision cannot tell who is near."""
        allowed = self.among[self.among != row]
        if self.apart is not None:
            allowed = allowed[self.apart[allowed] != self.apart[row]]
        exact, _ = self.space.distances(np.full(allowed.size, row), allowed)
        near = allowed[np.lexsort((allowed, exact))[: self.count]]
        return np.full(near.size, row), near

    def _targets(self, has: NDArray[np.bool_]) -> _Targets:
        theirs, shared = self.points[:, has], self.known[:, has]
        sums = (theirs * theirs).sum(axis=1, keepdims=True)
        if has.all() and shared.all():
            return _Targets(has, np.hstack([theirs, sums]).T.copy(), 1.0, False)
        weight = shared @ self.space.weights[has]
        enough = (shared.sum(axis=1) >= self.space.minimum) & (weight > 0)
        whole = _in_order(self.space.weights)
        stretch = np.divide(whole, weight, out=np.zeros(weight.size), where=enough)
        right = np.hstack([theirs, sums, shared.astype(np.float32)]) * stretch.astype(np.float32)[:, None]
        right[~enough, theirs.shape[1]] = np.inf
        return _Targets(has, right.T.copy(), float(stretch.max(initial=1.0)), True)

    def _error(self, here: Whole, targets: _Targets) -> Numbers:
        """How far a single-precision square may be from the truth: the usual bound of a sum of 2k + 1 products."""
        terms = 2 * int(targets.has.sum()) + 4
        size = np.sqrt((self.points[here].astype(np.float64) ** 2).sum(axis=1)) + self.far
        bound: Numbers = 2 * terms * float(np.finfo(np.float32).eps) * targets.stretch * size * size
        return bound
