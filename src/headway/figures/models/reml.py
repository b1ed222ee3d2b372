"""The exact fit of a multilevel model from sums of products: restricted or full maximum likelihood.

The model: y = X b + Z u_j + v_k + e, where j is a pupil's school, k its authority, Z the intercept and any
random slopes, u ~ N(0, s2 G), v ~ N(0, s2 g), e ~ N(0, s2). The deviance is profiled over b and s2 (as in
lme4: Bates, Maechler, Bolker and Walker 2015, J. Stat. Softw. 67(1)), which leaves the Cholesky factor of G and the
square root of g. These few numbers are found by Newton's method on the exact score and second
derivatives; inverses of the large covariance matrix come from Woodbury's identity, once a level.
A variance that is truly zero is an ordinary minimum in these numbers, not a failure.

Arrays over groups keep the group last: a is (q, q, groups), b is (p + 1, q, groups).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from headway.figures.models import small_products

Numbers = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int64]
Method = Literal["reml", "ml"]

MOST_STEPS = 100
START = 0.3
"""Where the search for each standard deviation begins, in units of the residual one."""
ZERO = 1e-5
"""A standard deviation below this share of the residual one is taken to be zero, if the deviance allows."""


@dataclass(frozen=True)
class Products:
    """What the likelihood needs, in well-scaled units.

    `products` is [X y]'[X y], (p + 1, p + 1), over `pupils`; `own` is Z'Z by lowest group, (q, q, groups);
    `cross` is [X y]'Z, (p + 1, q, groups). Z's first column is the intercept. `parents` gives each lowest
    group's upper group (0 to `uppers` - 1), or None without an upper level.
    """

    pupils: int
    products: Numbers
    own: Numbers
    cross: Numbers
    parents: Codes | None = None
    uppers: int = 0

    @property
    def width(self) -> int:
        """Number of fixed terms, the intercept included."""
        return len(self.products) - 1

    @property
    def effects(self) -> int:
        """Number of terms that vary by lowest group."""
        return len(self.own)


@dataclass(frozen=True)
class Solution:
    """A fit in the units of its `Products`.

    `effects` (q, groups) and `upper_effects` are empirical Bayes estimates; `conditional` (q, q, groups) is
    their variance with the coefficients known. What estimating the coefficients adds is the product of
    `unsure` (p, q, groups) of one group with that of another, and for two groups of one upper group,
    what estimating the latter adds is the product of their `tie` (q, groups).
    """

    coefficients: Numbers
    covariance: Numbers
    variance: Numbers
    upper_variance: float
    residual: float
    deviance: float
    converged: bool
    steps: int
    message: str
    effects: Numbers
    conditional: Numbers
    unsure: Numbers
    tie: Numbers
    upper_effects: Numbers
    upper_conditional: Numbers
    upper_unsure: Numbers


@dataclass(frozen=True)
class _Point:
    """The deviance at a point, with what its derivatives need."""

    deviance: float
    residual: float
    coefficients: Numbers
    root: Numbers  # inverse of the Cholesky factor of X'V^-1X
    factor: Numbers  # Cholesky factor of G
    upper: float  # square root of g
    own: Numbers  # Z'W Z by group, W the inverse without the upper level
    full: Numbers  # Z'V^-1 Z by group
    cross: Numbers  # [X y]'V^-1 Z by group
    share: Numbers  # what an upper group takes: g / (1 + g a), spread over lowest groups
    upper_own: Numbers
    upper_cross: Numbers


def solve(problem: Products, method: Method = "reml") -> Solution:
    """The fit. `converged` is False, and `message` says why, where Newton's method did not settle.

    With few groups the likelihood may have a second minimum where a variance is zero; one found there is
    therefore checked from two other starts, and the best is kept.
    """
    best = _descend(problem, START, method)
    if best.steps == MOST_STEPS or (np.abs(best.parameters[_spreads(problem)]) < ZERO).any():
        others = [_descend(problem, start, method) for start in (START / 3, START * 3)]
        best = min([best, *others], key=lambda found: (not found.converged, found.point.deviance))
    point = best.point
    if best.converged:
        point = _at_boundary(problem, best, method)
    return _solution(problem, point, method, best)


@dataclass(frozen=True)
class _Descent:
    """Where a search ended."""

    parameters: Numbers
    point: _Point
    steps: int
    converged: bool
    message: str


def _descend(problem: Products, start: float, method: Method) -> _Descent:
    """Newton's method from standard deviations of `start` and no correlation, leaving saddles on the way."""
    rows, columns = np.tril_indices(problem.effects)
    parameters = np.where(rows == columns, start, 0.0)
    if problem.parents is not None:
        parameters = np.append(parameters, start)
    point = _point(problem, parameters, method)
    for steps in range(1, MOST_STEPS + 1):
        score, curvature = _derivatives(problem, point, method)
        values, vectors = np.linalg.eigh(curvature)
        size = max(float(np.abs(values).max()), 1e-12)
        step = -(vectors @ ((vectors.T @ score) / np.maximum(np.abs(values), 1e-10 * size)))
        promise = float(-score @ step) / 2
        saddle = promise < 1e-9 and values[0] < -1e-6 * size
        if promise < 1e-17 and not saddle:
            return _Descent(parameters, point, steps, True, "converged")
        if saddle:
            # A zero variance that ought to be above zero. Leave it along the way down.
            step, promise = 0.1 * vectors[:, 0], 1e-6
        longest = 0.5 + float(np.abs(parameters).max())
        step *= min(1.0, longest / max(float(np.abs(step).max()), 1e-300))
        accepted = _downhill(problem, parameters, step, point, promise, method)
        if accepted is None:
            # Rounding is all that is left to gain; otherwise it is stuck.
            settled = promise < 1e-8 or saddle
            message = "converged" if settled else f"the deviance could not be lowered after {steps} steps"
            return _Descent(parameters, point, steps, settled, message)
        parameters, point = accepted
    return _Descent(parameters, point, MOST_STEPS, False, f"no minimum within {MOST_STEPS} steps")


def _spreads(problem: Products) -> npt.NDArray[np.bool_]:
    """Which of the parameters are standard deviations (the diagonal of the Cholesky factor, the upper level)."""
    rows, columns = np.tril_indices(problem.effects)
    diagonal = rows == columns
    return np.append(diagonal, True) if problem.parents is not None else diagonal


def _downhill(
    problem: Products, parameters: Numbers, step: Numbers, point: _Point, promise: float, method: Method
) -> tuple[Numbers, _Point] | None:
    """The first of ever shorter steps that lowers the deviance (or, when rounding hides that, does not raise it)."""
    slack = 1e-12 * abs(point.deviance) if promise < 1e-6 else 0.0
    for halving in range(30):
        share = 0.5**halving
        tried = parameters + step * share
        new = _point(problem, tried, method)
        if np.isfinite(new.deviance) and new.deviance <= point.deviance + slack - 1e-4 * share * promise:
            return tried, new
        if promise < 1e-9:
            return None
    return None


def _at_boundary(problem: Products, found: _Descent, method: Method) -> _Point:
    """Where standard deviations are zero but for rounding, the same with them zero: the variance is truly zero."""
    small = _spreads(problem) & (np.abs(found.parameters) < ZERO)
    if not small.any():
        return found.point
    tried = _point(problem, np.where(small, 0.0, found.parameters), method)
    return (
        tried if tried.deviance <= found.point.deviance + 1e-11 * abs(found.point.deviance) else found.point
    )


def _inverse(matrices: Numbers) -> tuple[Numbers, float]:
    """Inverses of positive definite matrices (q, q, groups), and the sum of the logarithms of their determinants."""
    q = len(matrices)
    if q == 1:
        return 1.0 / matrices, float(np.log(matrices).sum())
    if q == 2:
        determinant = matrices[0, 0] * matrices[1, 1] - matrices[0, 1] * matrices[1, 0]
        inverse = np.empty_like(matrices)
        inverse[0, 0], inverse[1, 1] = matrices[1, 1] / determinant, matrices[0, 0] / determinant
        inverse[0, 1] = inverse[1, 0] = -matrices[0, 1] / determinant
        return inverse, float(np.log(determinant).sum())
    stacked = np.ascontiguousarray(np.moveaxis(matrices, 2, 0))
    logarithm = float(np.linalg.slogdet(stacked)[1].sum())
    return np.ascontiguousarray(np.moveaxis(np.linalg.inv(stacked), 0, 2)), logarithm


def _outer(first: Numbers, second: Numbers) -> Numbers:
    """Sum over effects and groups of first second': (c, q, groups) x (d, q, groups) -> (c, d)."""
    return small_products.outer(first.reshape(len(first), -1), second.reshape(len(second), -1))


def _small(left: Numbers, right: Numbers) -> Numbers:
    """Products of each group's small matrices: (a, b, groups) x (b, c, groups) -> (a, c, groups)."""
    product: Numbers = np.einsum("abj,bcj->acj", left, right)
    return product


def _gather(values: Numbers, parents: Codes, uppers: int) -> Numbers:
    """Sums over the lowest groups of each upper group, along the last axis."""
    flat = values.reshape(-1, values.shape[-1])
    summed = np.array([np.bincount(parents, weights=row, minlength=uppers) for row in flat])
    return summed.reshape(*values.shape[:-1], uppers)


def _factor(problem: Products, parameters: Numbers) -> tuple[Numbers, float]:
    q = problem.effects
    factor = np.zeros((q, q))
    factor[np.tril_indices(q)] = parameters[: q * (q + 1) // 2]
    return factor, float(parameters[-1]) if problem.parents is not None else 0.0


def _point(problem: Products, parameters: Numbers, method: Method) -> _Point:
    factor, upper = _factor(problem, parameters)
    q, p = problem.effects, problem.width
    inner = np.einsum("ba,bcj,cd->adj", factor, problem.own, factor) + np.eye(q)[:, :, None]
    inverse, logarithm = _inverse(inner)
    taken = np.einsum("ab,bcj,dc->adj", factor, inverse, factor)
    passed = _small(taken, problem.own)
    own = problem.own - _small(problem.own, passed)
    cross = problem.cross - np.einsum("cbj,baj->caj", problem.cross, passed)
    kept = np.einsum("cbj,baj->caj", problem.cross, taken)
    products = problem.products - _outer(kept, problem.cross)
    if problem.parents is None:
        share, upper_own, upper_cross, full = np.zeros(0), np.zeros(0), np.zeros((p + 1, 0)), own
    else:
        a = _gather(own[0, 0], problem.parents, problem.uppers)
        b = _gather(cross[:, 0], problem.parents, problem.uppers)
        spread = 1 + upper**2 * a
        logarithm += float(np.log(spread).sum())
        by_upper = upper**2 / spread
        products = products - (b * by_upper) @ b.T
        share = by_upper[problem.parents]
        upper_own, upper_cross = a / spread, b / spread
        full = own - share * own[:, None, 0] * own[None, :, 0]
        cross = cross - (b * by_upper)[:, problem.parents][:, None, :] * own[None, :, 0]
    triangle = np.linalg.cholesky(products[:p, :p])
    root = np.linalg.inv(triangle)
    part = root @ products[:p, p]
    coefficients = root.T @ part
    squares = float(products[p, p] - part @ part)
    freedom = problem.pupils - (p if method == "reml" else 0)
    if not squares > 0:
        squares = np.finfo(float).tiny
    deviance = logarithm + freedom * (1 + np.log(2 * np.pi * squares / freedom))
    if method == "reml":
        deviance += 2 * float(np.log(np.diag(triangle)).sum())
    return _Point(
        deviance,
        squares / freedom,
        coefficients,
        root,
        factor,
        upper,
        own,
        full,
        cross,
        share,
        upper_own,
        upper_cross,
    )


def _residual(point: _Point, cross: Numbers) -> Numbers:
    """Z'V^-1 (y - X b) from [X y]'V^-1 Z."""
    explained = np.einsum("c,c...->...", point.coefficients, cross[:-1])
    residual: Numbers = cross[-1] - explained
    return residual


@dataclass
class _Forms:
    """Traces and quadratic forms of the derivatives, by pair of directions in which V may change.

    Va is the derivative of V in parameter a, C = (X'V^-1 X)^-1, e = y - X b.
    """

    first: Numbers  # e'V^-1 Va V^-1 e
    trace: Numbers  # tr(V^-1 Va V^-1 Vb)
    both: Numbers  # tr(C X'V^-1 Va V^-1 Vb V^-1 X)
    quadratic: Numbers  # e'V^-1 Va V^-1 Vb V^-1 e
    fixed: Numbers  # C^(1/2)' X'V^-1 Va V^-1 X C^(1/2)
    mixed: Numbers  # C^(1/2)' X'V^-1 Va V^-1 e

    @classmethod
    def empty(cls, count: int, width: int) -> _Forms:
        """Zeros for so many directions and fixed terms."""
        square = (count, count)
        return cls(
            np.zeros(count), np.zeros(square), np.zeros(square), np.zeros(square),
            np.zeros((count, width, width)), np.zeros((count, width)),
        )  # fmt: skip

    def add(self, name: str, a: int, b: int, value: float) -> None:
        """Adds to a symmetric form."""
        form: Numbers = getattr(self, name)
        form[a, b] += value
        if a != b:
            form[b, a] += value


def _scaled(point: _Point) -> Numbers:
    """C^(1/2)' X'V^-1 Z, (fixed terms, effects, groups)."""
    fixed = point.cross[:-1]
    return small_products.across(point.root, fixed.reshape(len(fixed), -1)).reshape(fixed.shape)


def _derivatives(problem: Products, point: _Point, method: Method) -> tuple[Numbers, Numbers]:
    """The deviance's exact first and second derivatives in the parameters."""
    q, p = problem.effects, problem.width
    rows, columns = np.tril_indices(q)
    with_fixed = method == "reml"
    freedom = problem.pupils - (p if with_fixed else 0)
    residual = _residual(point, point.cross)
    scaled = _scaled(point)
    uncertainty = np.einsum("caj,cbj->abj", scaled, scaled)
    slope = point.full.sum(axis=2) - np.einsum("aj,bj->ab", residual, residual) / point.residual
    if with_fixed:
        slope = slope - uncertainty.sum(axis=2)
    directions = [
        _direction(point.factor, int(row), int(column)) for row, column in zip(rows, columns, strict=True)
    ]
    has_upper = problem.parents is not None
    forms = _Forms.empty(len(directions) + int(has_upper), p)
    _add_lower(forms, point, directions, residual, scaled, uncertainty)
    score = np.array([float((slope * direction).sum()) for direction in directions])
    bend = np.zeros_like(forms.trace)
    for a, (row, column) in enumerate(zip(rows, columns, strict=True)):
        for b, (other, same) in enumerate(zip(rows, columns, strict=True)):
            bend[a, b] = 2 * slope[row, other] if column == same else 0.0
    if has_upper:
        upper_slope = _add_upper(forms, problem, point, directions, residual, scaled, with_fixed)
        score = np.append(score, 2 * point.upper * upper_slope)
        bend[-1, -1] = 2 * upper_slope
    curvature = 2 * (forms.quadratic - forms.mixed @ forms.mixed.T) / point.residual
    curvature += bend - forms.trace - np.outer(forms.first, forms.first) / (point.residual**2 * freedom)
    if with_fixed:
        curvature += 2 * forms.both - np.einsum("acd,bdc->ab", forms.fixed, forms.fixed)
    return score, curvature


def _direction(factor: Numbers, row: int, column: int) -> Numbers:
    """The derivative of G = L L' in one entry of L."""
    change = np.zeros_like(factor)
    change[row] = factor[:, column]
    return change + change.T


def _add_lower(
    forms: _Forms,
    point: _Point,
    directions: list[Numbers],
    residual: Numbers,
    scaled: Numbers,
    uncertainty: Numbers,
) -> None:
    """Adds the lowest groups' forms, as if no upper level tied them."""
    moved = [np.einsum("ab,bcj->acj", e, point.own) for e in directions]
    unsure = [np.einsum("ab,bcj->acj", e, uncertainty) for e in directions]
    turned = [np.einsum("ab,bj->aj", e, residual) for e in directions]
    for a, direction in enumerate(directions):
        forms.first[a] = float((turned[a] * residual).sum())
        forms.fixed[a] = _outer(np.einsum("cbj,ba->caj", scaled, direction), scaled)
        forms.mixed[a] = np.einsum("caj,aj->c", scaled, turned[a])
        for b in range(a + 1):
            forms.add("trace", a, b, float(np.einsum("acj,caj->", moved[a], moved[b])))
            forms.add("both", a, b, float(np.einsum("acj,caj->", moved[a], unsure[b])))
            forms.add("quadratic", a, b, float(np.einsum("aj,abj,bj->", turned[a], point.own, turned[b])))


def _add_upper(
    forms: _Forms,
    problem: Products,
    point: _Point,
    directions: list[Numbers],
    residual: Numbers,
    scaled: Numbers,
    with_fixed: bool,
) -> float:
    """Adds the upper level's forms and the ties it makes between lowest groups.

    Returns the deviance's derivative in the upper level's relative variance.
    """
    assert problem.parents is not None
    parents, uppers = problem.parents, problem.uppers
    column = point.own[:, 0]
    by_upper = np.zeros(uppers)
    by_upper[parents] = point.share
    kept = 1 - by_upper * _gather(column[0], parents, uppers)  # 1 / (1 + g a)
    own = point.upper_own
    upper_residual = _residual(point, point.upper_cross)
    upper_scaled = point.root @ point.upper_cross[: problem.width]
    squared = (upper_scaled**2).sum(axis=0)
    double = 2 * point.upper
    last = len(directions)
    forms.first[last] = double * float((upper_residual**2).sum())
    forms.fixed[last] = double * (upper_scaled @ upper_scaled.T)
    forms.mixed[last] = double * (upper_scaled @ upper_residual)
    forms.add("trace", last, last, double**2 * float((own**2).sum()))
    forms.add("both", last, last, double**2 * float((squared * own).sum()))
    forms.add("quadratic", last, last, double**2 * float((upper_residual**2 * own).sum()))
    toward = [direction @ column for direction in directions]
    gathered = [_gather((each * column).sum(axis=0), parents, uppers) for each in toward]
    leaning = [_gather((residual * each).sum(axis=0), parents, uppers) for each in toward]
    weighed = [_gather(np.einsum("caj,aj->cj", scaled, each), parents, uppers) for each in toward]
    for a in range(last):
        for b in range(a + 1):
            across = np.einsum("aj,abj,bj->j", toward[a], point.own, toward[b])
            tied = float((by_upper**2 * gathered[a] * gathered[b]).sum()) - 2 * float(
                (point.share * across).sum()
            )
            forms.add("trace", a, b, tied)
            forms.add("both", a, b, -float((by_upper * (weighed[a] * weighed[b]).sum(axis=0)).sum()))
            forms.add("quadratic", a, b, -float((by_upper * leaning[a] * leaning[b]).sum()))
        forms.add("trace", a, last, double * float((gathered[a] * kept**2).sum()))
        forms.add("both", a, last, double * float(((weighed[a] * upper_scaled).sum(axis=0) * kept).sum()))
        forms.add("quadratic", a, last, double * float((leaning[a] * upper_residual * kept).sum()))
    slope = float(own.sum()) - float((upper_residual**2).sum()) / point.residual
    return slope - float(squared.sum()) if with_fixed else slope


def _solution(problem: Products, point: _Point, method: Method, found: _Descent) -> Solution:
    p = problem.width
    relative = point.factor @ point.factor.T
    residual = _residual(point, point.cross)
    scaled = _scaled(point)
    explained = np.einsum("ab,bcj,cd->adj", relative, point.full, relative)
    conditional = point.residual * (relative[:, :, None] - explained)
    upper_relative = point.upper**2
    upper_residual = _residual(point, point.upper_cross)
    upper_scaled = point.root @ point.upper_cross[:p]
    upper_conditional = point.residual * (upper_relative - upper_relative**2 * point.upper_own)
    return Solution(
        coefficients=point.coefficients,
        covariance=point.residual * point.root.T @ point.root,
        variance=point.residual * relative,
        upper_variance=point.residual * upper_relative,
        residual=point.residual,
        deviance=point.deviance,
        converged=found.converged,
        steps=found.steps,
        message=found.message,
        effects=np.einsum("ab,bj->aj", relative, residual),
        conditional=conditional,
        unsure=point.residual**0.5 * np.einsum("cbj,ba->caj", scaled, relative),
        tie=np.sqrt(point.residual * point.share) * (relative @ point.own[:, 0])
        if point.share.size
        else np.zeros_like(residual),
        upper_effects=upper_relative * upper_residual,
        upper_conditional=upper_conditional,
        upper_unsure=point.residual**0.5 * upper_relative * upper_scaled,
    )
