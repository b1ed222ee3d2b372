"""Value added: how much further a school's pupils came than like pupils elsewhere, and how sure that is.

    from headway.figures.models import value_added
    fit = value_added.fit(frame, outcome="score", fixed=["prior", "sex"], groups=["school", "authority"])
    fit.effects("school")

The model is a multilevel one (Aitkin and Longford 1986; Goldstein et al. 1993): pupils in schools (in
authorities), fitted exactly by restricted maximum likelihood from sums of products (`summing`, `reml`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy.special import ndtr

from headway.figures.models import reml
from headway.figures.models.summing import lazy, sums_by_outcome
from headway.figures.models.sums import Sums
from headway.figures.models.terms import ModelError, design

Numbers = npt.NDArray[np.float64]

__all__ = ["Difference", "Fit", "ModelError", "fit", "fit_sums", "fits"]

Z95 = 1.959963984540054
COLLINEAR = 1e-10
"""A term of whose variance less than this share is its own is a mixture of the terms before it."""


@dataclass(frozen=True)
class _Level:
    """What a level's groups have: keys, pupils, raw and shrunken effects by term, and their covariances."""

    keys: pl.Series
    pupils: npt.NDArray[np.int64]
    raw: Numbers  # (terms, groups)
    estimate: Numbers  # (terms, groups)
    variance: Numbers  # (terms, terms)
    conditional: Numbers  # (terms, terms, groups): variance of estimate less truth, coefficients known
    unsure: Numbers  # (fixed terms, terms, groups): what estimating the coefficients adds, see reml.Solution
    tie: Numbers  # (terms, groups): what estimating the upper level adds between its groups
    upper: npt.NDArray[np.int64]  # the upper group of each group, as a code
    terms: tuple[str, ...]


@dataclass(frozen=True)
class Difference:
    """First less second, its standard error, its 95 % interval, and the p-value of there being none."""

    difference: float
    standard_error: float
    lower: float
    upper: float
    p_value: float


@dataclass(frozen=True)
class Fit:
    """A fitted model, in the units of its columns.

    `coefficients` and `standard_errors` are by term, "intercept" included; `variances` by level and
    "residual": a number, or for a level with slopes the matrix over (intercept, slopes); `deviance` is -2 log
    of the (restricted) likelihood, comparable with lme4's; `converged` is False where `message` says why.
    """

    outcome: str
    groups: tuple[str, ...]
    method: reml.Method
    pupils: int
    coefficients: dict[str, float]
    standard_errors: dict[str, float]
    covariance: Numbers
    variances: dict[str, float | Numbers]
    deviance: float
    converged: bool
    message: str
    steps: int
    missing: dict[str, int]
    coverage: pl.DataFrame
    sums: Sums = field(repr=False)
    _levels: dict[str, _Level] = field(repr=False)

    @property
    def residual_variance(self) -> float:
        """Variance between pupils of the same school."""
        return float(cast(float, self.variances["residual"]))

    def between(self, group: str | None = None, term: str = "intercept") -> float:
        """Variance between the true effects of a level's groups; of their slopes on `term`, if it is one."""
        level, place = self._find(group, term)
        return float(level.variance[place, place])

    def effects(self, group: str | None = None, term: str = "intercept") -> pl.DataFrame:
        """A row for each group of a level (the lowest, unless another is named).

        `n` pupils counted; `raw` the mean of what the fixed terms leave unexplained (for a slope, the school's own
        least-squares slope beyond the average, null where it has none); `estimate` the shrunken (empirical
        Bayes) effect; `comparative_se` the standard error of estimate minus truth, for comparing groups;
        `diagnostic_se` the standard deviation of the estimate itself, for judging whether it is unusual;
        `reliability`, 0 to 1, the share of the estimate's variance that is the group's own, and the factor
        that shrinks it (Goldstein 2011, Multilevel Statistical Models, 2.13).
        """
        level, place = self._find(group, term)
        weights = np.eye(len(level.terms))[place]
        return _table(level, weights, level.raw[place])

    def effects_at(self, values: Mapping[str, float], group: str | None = None) -> pl.DataFrame:
        """The same for pupils with these values of the slope terms, such as `{"prior": 2.0}`: intercept plus slopes
        times values. With it a school's effect for low and for high prior attainers can be told apart.
        """
        level, _ = self._find(group, "intercept")
        for term in values:
            self._find(group, term)
        weights = np.array([1.0, *(values.get(term, 0.0) for term in level.terms[1:])])
        return _table(level, weights, weights @ level.raw)

    def difference(self, first: object, second: object, group: str | None = None) -> Difference:
        """Two groups of a level beside each other, exactly: their errors are a little alike, because the same
        coefficients (and, in one authority, the same authority) were estimated for both.
        """
        level, _ = self._find(group, "intercept")
        places = []
        for key in (first, second):
            found = np.flatnonzero((level.keys == key).to_numpy())
            if found.size == 0:
                raise ModelError(f"there is no {group or self.groups[0]} {key} in the model")
            places.append(int(found[0]))
        one, other = places
        shared = float(level.unsure[:, 0, one] @ level.unsure[:, 0, other])
        if level.upper.size and level.upper[one] == level.upper[other]:
            shared += float(level.tie[0, one] * level.tie[0, other])
        variances = _variances(level, np.eye(len(level.terms))[0])[1]
        error = float(np.sqrt(max(variances[one] + variances[other] - 2 * shared, 0.0)))
        apart = float(level.estimate[0, one] - level.estimate[0, other])
        chance = 2 * float(ndtr(-abs(apart) / error)) if error > 0 else float(apart == 0)
        return Difference(apart, error, apart - Z95 * error, apart + Z95 * error, chance)

    def probability_below(
        self, threshold: float, group: str | None = None, term: str = "intercept"
    ) -> pl.DataFrame:
        """For each group the probability, 0 to 1, that its true effect is below `threshold`.

        It rests on the estimate and its comparative standard error, so that a small school is not listed for an
        unlucky year, nor missed for being small: the honest basis of a list of low schools.
        """
        table = self.effects(group, term)
        estimate, error = table["estimate"].to_numpy(), table["comparative_se"].to_numpy()
        return table.select("group", "n", "estimate", "comparative_se").with_columns(
            pl.Series("probability", _normal_below(threshold - estimate, error))
        )

    def _find(self, group: str | None, term: str) -> tuple[_Level, int]:
        name = self.groups[0] if group is None else group
        if name not in self._levels:
            raise ModelError(f"the model has no level {name!r}; it has {', '.join(self.groups)}")
        level = self._levels[name]
        if term not in level.terms:
            raise ModelError(f"{term!r} does not vary by {name}; what does: {', '.join(level.terms)}")
        return level, level.terms.index(term)


def fit(
    frame: Any,
    outcome: str,
    fixed: Sequence[str],
    groups: Sequence[str],
    slopes: Sequence[str] = (),
    method: reml.Method = "reml",
) -> Fit:
    """Fits a multilevel model to a frame of pupils: any Narwhals-compatible frame, or a path to Parquet.

    `fixed` are terms as in `terms`; `groups` one or two columns, from the lowest level up (`["school",
    "authority"]`); `slopes` those fixed terms whose effect differs by lowest group. Rows with a missing value
    are left out and counted (`Fit.missing`, `Fit.coverage`). Raises `ModelError`, naming the term, where terms
    are collinear, a column is unknown, or nothing is left to fit; a variance that is truly zero is no error.
    """
    return fits(frame, [outcome], fixed, groups, slopes, method)[outcome]


def fits(
    frame: Any,
    outcomes: Sequence[str],
    fixed: Sequence[str],
    groups: Sequence[str],
    slopes: Sequence[str] = (),
    method: reml.Method = "reml",
) -> dict[str, Fit]:
    """The same model of several outcomes, such as the subjects of a year: the rows are read once for all."""
    if method not in ("reml", "ml"):
        raise ModelError(f"the method is {method!r}; it may be 'reml' or 'ml'")
    if not outcomes:
        return {}
    opened = lazy(frame)
    terms = design(opened, outcomes[0], fixed, slopes)
    found = sums_by_outcome(opened, terms, groups, outcomes)
    return {outcome: fit_sums(of, method) for outcome, of in found.items()}


def fit_sums(of: Sums, method: reml.Method = "reml") -> Fit:
    """The same from sums, such as those of several years added: `fit_sums(first + second)`."""
    if len(of.groups) not in (1, 2):
        raise ModelError(
            f"a model has one or two levels of groups, not {len(of.groups)}: {', '.join(of.groups)}"
        )
    of = of.about_the_mean()
    _check_groups(of)
    scale = _scale(of)
    solution = reml.solve(_products(of, scale), method)
    return _report(of, scale, solution, method)


def _check_groups(of: Sums) -> None:
    for level in of.groups:
        count = of.keys[level].n_unique()
        if count < 2:
            raise ModelError(
                f"there is only one {level}, so {level}s cannot be compared; leave out that level"
            )
    if of.keys.height >= of.pupils:
        raise ModelError(
            f"every {of.groups[0]} has one pupil, so {of.groups[0]}s cannot be told from pupils; pool years first"
        )
    if len(of.groups) > 1 and of.keys[of.groups[1]].n_unique() == of.keys.height:
        raise ModelError(
            f"every {of.groups[1]} has one {of.groups[0]}, so the two levels cannot be told apart; leave one out"
        )
    if of.pupils <= len(of.design.names):
        raise ModelError(f"{of.pupils} pupils cannot support {len(of.design.names)} terms")


def _scale(of: Sums) -> Numbers:
    """Standard deviations of 1 (as one), the fixed columns and the outcome; names a term that cannot be fitted."""
    names = of.design.names
    spread = np.sqrt(np.clip(np.diag(of.total) / of.pupils, 0.0, None))
    spread[0] = 1.0
    for place, name in enumerate((*names[1:], of.design.outcome), start=1):
        if not spread[place] > 1e-13 * abs(of.centre[place - 1]):
            if name == of.design.outcome:
                raise ModelError(
                    f"the outcome {name!r} is the same for every pupil, so there is nothing to explain"
                )
            raise ModelError(
                f"the term {name!r} is the same for every pupil: it says no more than the intercept; leave it out"
            )
    correlation = of.total / np.outer(spread, spread) / of.pupils
    for place in range(2, len(names)):
        before = correlation[:place, :place]
        mixture = np.linalg.solve(before, correlation[:place, place])
        if 1 - correlation[:place, place] @ mixture < COLLINEAR:
            with_ = [names[other] for other in range(1, place) if abs(mixture[other]) > 1e-6]
            raise ModelError(
                f"the term {names[place]!r} is collinear with {' and '.join(map(repr, with_))}: "
                "it can be worked out from them, so its effect cannot be told from theirs; leave one out"
            )
    last = len(names)
    explained = correlation[:last, last] @ np.linalg.solve(
        correlation[:last, :last], correlation[:last, last]
    )
    if 1 - explained < 1e-14:
        raise ModelError(
            f"the terms explain {of.design.outcome!r} wholly: nothing is left for {of.groups[0]}s to differ in"
        )
    return cast(Numbers, spread)


def _products(of: Sums, scale: Numbers) -> reml.Products:
    """The sums in units of standard deviations, arranged for the solver."""
    varying = [0, *(slope + 1 for slope in of.design.slopes)]
    cross = np.stack([of.by_group, *of.slope_products], axis=1) / scale[:, None, None]
    cross = cross / scale[varying][None, :, None]
    own = np.ascontiguousarray(cross[varying])
    parents, uppers = None, 0
    if len(of.groups) > 1:
        parents, names = _upper(of)
        uppers = len(names)
    return reml.Products(of.pupils, of.total / np.outer(scale, scale), own, cross, parents, uppers)


def _upper(of: Sums) -> tuple[npt.NDArray[np.int64], pl.Series]:
    """The upper group of each lowest group, as a code, and the upper groups' names."""
    column = of.keys[of.groups[1]]
    names = column.unique().sort()
    codes = of.keys.join(
        names.to_frame().with_row_index("code"), on=of.groups[1], how="left", maintain_order="left"
    )
    return codes["code"].to_numpy().astype(np.int64), names


def _report(of: Sums, scale: Numbers, solution: reml.Solution, method: reml.Method) -> Fit:
    """The solution in the units of the columns."""
    names = of.design.names
    fixed_back = _back(of.centre[: len(names) - 1], scale[: len(names)])
    unit = scale[-1]
    coefficients = unit * fixed_back @ solution.coefficients
    coefficients[0] += of.centre[-1]
    covariance = unit**2 * fixed_back @ solution.covariance @ fixed_back.T
    slopes = list(of.design.slopes)
    effect_back = unit * _back(of.centre[slopes], scale[[0, *(slope + 1 for slope in slopes)]])
    variance = effect_back @ solution.variance @ effect_back.T
    lowest = of.groups[0]
    pupils = of.by_group[0].round().astype(np.int64)
    left = (
        of.by_group[-1]
        - np.einsum("c,cj->j", coefficients[1:], of.by_group[1:-1])
        - (coefficients[0] - _at_centre(of, coefficients)) * of.by_group[0]
    )
    raw = np.vstack([left / of.by_group[0], _own_slopes(of, coefficients)])
    uppers, upper_keys = _upper(of) if len(of.groups) > 1 else (np.zeros(0, dtype=np.int64), pl.Series())
    levels = {
        lowest: _Level(
            keys=of.keys[lowest],
            pupils=pupils,
            raw=raw,
            estimate=effect_back @ solution.effects,
            variance=variance,
            conditional=np.einsum("ab,bcj,dc->adj", effect_back, solution.conditional, effect_back),
            unsure=np.einsum("ab,pbj->paj", effect_back, solution.unsure),
            tie=effect_back @ solution.tie,
            upper=uppers,
            terms=of.design.slope_names,
        )
    }
    variances: dict[str, float | Numbers] = {lowest: variance if slopes else float(variance[0, 0])}
    if len(of.groups) > 1:
        count = np.bincount(uppers, weights=of.by_group[0], minlength=len(upper_keys))
        upper_variance = float(unit**2 * solution.upper_variance)
        variances[of.groups[1]] = upper_variance
        levels[of.groups[1]] = _Level(
            keys=upper_keys,
            pupils=count.round().astype(np.int64),
            raw=(np.bincount(uppers, weights=left, minlength=len(upper_keys)) / count)[None, :],
            estimate=unit * solution.upper_effects[None, :],
            variance=np.array([[upper_variance]]),
            conditional=unit**2 * solution.upper_conditional[None, None, :],
            unsure=unit * solution.upper_unsure[:, None, :],
            tie=np.zeros((1, len(upper_keys))),
            upper=np.zeros(0, dtype=np.int64),
            terms=("intercept",),
        )
    variances["residual"] = float(unit**2 * solution.residual)
    freedom = of.pupils - (len(names) if method == "reml" else 0)
    deviance = solution.deviance + 2 * freedom * np.log(unit)
    if method == "reml":
        deviance += 2 * float(np.log(scale[1 : len(names)]).sum())
    return Fit(
        outcome=of.design.outcome,
        groups=of.groups,
        method=method,
        pupils=of.pupils,
        coefficients=dict(zip(names, map(float, coefficients), strict=True)),
        standard_errors=dict(zip(names, map(float, np.sqrt(np.diag(covariance))), strict=True)),
        covariance=covariance,
        variances=variances,
        deviance=float(deviance),
        converged=solution.converged,
        message=solution.message,
        steps=solution.steps,
        missing=of.missing,
        coverage=of.coverage,
        sums=of,
        _levels=levels,
    )


def _back(centre: Numbers, scale: Numbers) -> Numbers:
    """The matrix that takes coefficients of centred, scaled columns to those of the columns themselves."""
    back = np.diag(1 / scale)
    back[0, 1:] = -centre / scale[1:]
    return back


def _at_centre(of: Sums, coefficients: Numbers) -> float:
    """The intercept that the model would need for the fitted line to pass through the centre."""
    return float(of.centre[-1] - coefficients[1:] @ of.centre[:-1])


def _own_slopes(of: Sums, coefficients: Numbers) -> Numbers:
    """Each group's own least-squares slopes beyond the average ones; NaN where its pupils fix none."""
    slopes = list(of.design.slopes)
    groups = of.by_group.shape[1]
    if not slopes:
        return np.zeros((0, groups))
    varying = [0, *(slope + 1 for slope in slopes)]
    cross = np.stack([of.by_group, *of.slope_products], axis=1)  # (m, q, groups)
    own = np.moveaxis(cross[varying], 2, 0)
    shift = coefficients[0] - _at_centre(of, coefficients)
    weights = np.concatenate([[-shift], -coefficients[1:], [1.0]])
    left = np.einsum("c,caj->ja", weights, cross)
    spread = np.sqrt(np.clip(np.einsum("jaa->ja", own), 1e-300, None))
    correlation = own / spread[:, :, None] / spread[:, None, :]
    fixed = np.linalg.eigvalsh(correlation)[:, 0] > 1e-9
    found = np.full((groups, len(varying)), np.nan)
    found[fixed] = (
        np.linalg.solve(correlation[fixed], (left / spread)[fixed][:, :, None])[:, :, 0] / spread[fixed]
    )
    return cast(Numbers, found.T[1:])


def _variances(level: _Level, weights: Numbers) -> tuple[Numbers, Numbers]:
    """Variances of weights'(estimate - truth) for each group: coefficients known, and comparative."""
    conditional = np.einsum("a,abj,b->j", weights, level.conditional, weights)
    added = np.einsum("paj,a->pj", level.unsure, weights)
    return conditional, conditional + (added**2).sum(axis=0)


def _table(level: _Level, weights: Numbers, raw: Numbers) -> pl.DataFrame:
    """The table of effects of weights'u."""
    conditional, comparative = _variances(level, weights)
    comparative = np.clip(comparative, 0.0, None)
    variance = float(weights @ level.variance @ weights)
    # Where schools do not differ at all, nothing of an estimate is the school's own.
    reliability = np.clip(1 - conditional / variance, 0.0, 1.0) if variance > 0 else np.zeros(len(raw))
    return pl.DataFrame(
        {
            "group": level.keys,
            "n": level.pupils,
            "raw": pl.Series(raw, dtype=pl.Float64).fill_nan(None),
            "estimate": weights @ level.estimate,
            "comparative_se": np.sqrt(comparative),
            "diagnostic_se": np.sqrt(np.clip(variance - comparative, 0.0, None)),
            "reliability": reliability,
        }
    )


def _normal_below(distance: Numbers, error: Numbers) -> Numbers:
    """P(true value below the threshold), `distance` above the estimate; certain where the error is zero."""
    sure = error <= 0
    standard = distance / np.where(sure, 1.0, error)
    return cast(Numbers, np.where(sure, (distance > 0).astype(float), ndtr(standard)))
