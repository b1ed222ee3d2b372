"""Estimates: what pupils like these go on to reach, as probabilities, and what that comes to for a school.

    model = fit_estimates(last_year, outcomes=["ks2_rwm_expected"], terms=TYPE_A, basis="national")
    model.pupils(this_year)
    model.schools(this_year, level=4, percentile=20)

An estimate is not a target. It says what has happened to pupils alike, nothing of what one child can do, and no pupil should
be told their own. Each probability is calibrated (`calibration`), each school's number comes with a range that holds chance
among its pupils and how much schools differ (`poisson_binomial`), and both are checked on pupils who were not used to fit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy.optimize import brentq
from scipy.special import ndtr, ndtri

from headway.figures.models import calibration, joint, probit
from headway.figures.models.estimate_matrix import Matrix, Reader, reader
from headway.figures.models.poisson_binomial import school_counts
from headway.figures.models.summing import lazy
from headway.figures.models.terms import ModelError
from headway.figures.tables import Sensitivity

Numbers = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]
Basis = Literal["national", "authority"]
Compared = Literal["pupils", "similar schools"]

NOT_A_TARGET = (
    "An estimate is not a target. It says what pupils with the same start went on to reach elsewhere; it does not say "
    "what a child can do. Do not tell a pupil their own estimate."
)
PERCENTILES = (50, 25, 20, 5)
"""FFT's 50, 20 and 5, and the 25 of its type D; Southwark's best fifth is 20."""
INTERVAL = 0.95


@dataclass(frozen=True)
class FittedOutcome:
    """One outcome: its probit regression, its calibration, and the spread of true school effects beyond the terms.

    `effects`: what the pupils used say of each school, in standard deviations of true effects: organisation, mean,
    deviation.
    """

    key: str
    regression: probit.Probit
    curve: calibration.Curve
    spread: float
    pupils: int
    share: float
    effects: pl.DataFrame = field(repr=False)


@dataclass(frozen=True)
class EstimateModel:
    """A fitted set of estimates. `missing` counts by column the pupils who could not be used; `quality` and `reliability`
    were measured on pupils of schools that were not used (twofold, half the schools each time); null where not asked for.
    """

    outcomes: tuple[FittedOutcome, ...]
    terms: tuple[str, ...]
    basis: Basis
    compared_with: Compared
    school: str
    pupils_used: int
    schools_used: int
    missing: dict[str, int]
    quality: pl.DataFrame | None
    reliability: pl.DataFrame | None
    _reader: Reader = field(repr=False)

    def pupils(
        self,
        frame: Any,
        *,
        level: int | None = None,
        percentile: float = 20,
        target: Mapping[str, float] | None = None,
    ) -> pl.DataFrame:
        """A row a pupil and outcome: pupil, organisation, outcome, probability (0 to 1), level, basis, sensitivity.

        Personal data: every row is marked so. Probabilities are null for a pupil without a starting point. Levels as in
        `schools`.
        """
        matrix = self.read(frame)
        at = self._level(matrix, level, percentile, target)
        scores = self.scores(matrix, at.shifts)
        rows = [
            pl.DataFrame(
                {
                    "pupil": matrix.pupil,
                    "organisation": matrix.organisation,
                    "outcome": [key] * matrix.pupil.len(),
                    "probability": matrix.spread_out(ndtr(scores[key])),
                    "level": [at.number] * matrix.pupil.len(),
                    "basis": [at.basis] * matrix.pupil.len(),
                },
                schema_overrides={"outcome": pl.String, "level": pl.Int64, "basis": pl.String},
            )
            for key in scores
        ]
        return pl.concat(rows).with_columns(pl.lit(Sensitivity.PERSONAL.value).alias("sensitivity"))

    def schools(
        self,
        frame: Any,
        *,
        level: int | None = None,
        percentile: float = 20,
        target: Mapping[str, float] | None = None,
        groups: Sequence[str] = ("all",),
    ) -> pl.DataFrame:
        """A row a school, group and outcome: how many pupils are to be expected, and the range.

        `level` 1 is the progress of similar pupils, 2 that of similar pupils in similar schools (with context), 3 what a
        `target` (percent by outcome, over all pupils in the frame) needs, the same shift for every school (only these
        outcomes), 4 that of
        the school at a `percentile` (20: the school that four fifths do worse than). Without a level, the one
        that the model is for. `groups` are keys of `measures.groups`.

        Columns: organisation, group, outcome, cohort, pupils (with an estimate), expected, share (%), lower and upper
        (95 %, of the number: chance, how much schools differ about the level, and how sure the model is), share_lower,
        share_upper (%), chance_lower and chance_upper (chance only: a school exactly at the level), likelihood (that a
        school with these pupils, of which nothing else is known, has the expected number or more), level, percentile,
        basis, label.
        """
        matrix = self.read(frame, groups)
        at = self._level(matrix, level, percentile, target)
        level_scores = self.scores(matrix, at.shifts)
        average_scores = self.scores(matrix)
        rows = []
        for group in groups:
            part = matrix.group(group)
            for fitted in (self.find(key) for key in level_scores):
                average = average_scores[fitted.key]
                own = level_scores[fitted.key] if at.shifts is not None else None
                rows.append(
                    _school_rows(fitted, part, average, own).with_columns(pl.lit(group).alias("group"))
                )
        table = pl.concat(rows).with_columns(
            pl.lit(at.number, dtype=pl.Int64).alias("level"),
            pl.lit(at.percentile, dtype=pl.Float64).alias("percentile"),
            pl.lit(at.basis).alias("basis"),
            pl.lit(at.label).alias("label"),
        )
        return table.select(SCHOOL_COLUMNS)

    def shift_for(self, frame: Any, target: Mapping[str, float]) -> dict[str, float]:
        """How far above the average school (in standard deviations of true effects) all must be to meet a target (%)."""
        return self._shifts_for(self.read(frame), target)

    def read(self, frame: Any, groups: Sequence[str] = ("all",)) -> Matrix:
        """The pupils of a frame as this model reads them."""
        return self._reader.read(frame, groups)

    def find(self, outcome: str) -> FittedOutcome:
        """The model of one outcome."""
        for fitted in self.outcomes:
            if fitted.key == outcome:
                return fitted
        raise ModelError(
            f"there is no estimate of {outcome!r}; there are {', '.join(each.key for each in self.outcomes)}"
        )

    def describe(self) -> str:
        """The model in words: what it rests on, how good it was on other pupils, and what it is not."""
        where = "pupils nationally" if self.basis == "national" else "pupils of the authority's own data only"
        said = [
            f"Estimates from {self.pupils_used:,} {where} in {self.schools_used:,} schools, by {', '.join(self.terms)}."
        ]
        if self.basis == "authority":
            said.append(
                "No national pupils are loaded: 'similar' means similar within these schools, so the authority's own "
                "average is taken for the nation's, a percentile is one of these schools, and ranges are wider."
            )
        left_out = {column: count for column, count in self.missing.items() if count}
        if left_out:
            said.append(
                "Left out, a value being missing: "
                + ", ".join(f"{count:,} by {column}" for column, count in left_out.items())
                + "."
            )
        if self.quality is not None:
            said += [
                f"{row['outcome']}: on {row['pupils']:,} pupils who were not used, promised and actual shares differed by "
                f"{100 * row['calibration_error']:.1f} percentage points on average; Brier score {row['brier']:.4f}."
                for row in self.quality.iter_rows(named=True)
            ]
        return "\n".join([*said, NOT_A_TARGET])

    def _level(
        self, matrix: Matrix, level: int | None, percentile: float, target: Mapping[str, float] | None
    ) -> _Level:
        similar = self.compared_with == "similar schools"
        number = (2 if similar else 1) if level is None else level
        if number not in (1, 2, 3, 4):
            raise ModelError(f"there are levels 1, 2, 3 and 4, not {number}")
        if (number == 1 and similar) or (number == 2 and not similar):
            wanted = (
                "without context (compared_with='pupils')"
                if number == 1
                else "with context (compared_with='similar schools')"
            )
            raise ModelError(f"level {number} needs estimates fitted {wanted}")
        place = "nationally" if self.basis == "national" else "in this authority's own data (not the nation)"
        of = "similar schools" if similar else "schools"
        basis = f"{self.basis}: {self.compared_with}"
        if number in (1, 2):
            kind = "similar pupils in similar schools" if similar else "similar pupils"
            return _Level(number, None, None, basis, f"the progress of {kind} {place}")
        if number == 3:
            if not target:
                raise ModelError("level 3 shares out a target: give target={outcome: percent}")
            said = ", ".join(f"{key} {percent:g} %" for key, percent in target.items())
            return _Level(
                3, self._shifts_for(matrix, target), None, basis, f"what the target needs, shared out: {said}"
            )
        if not 0 < percentile < 100:
            raise ModelError(f"a percentile lies between 0 and 100, not at {percentile:g}")
        shift = float(ndtri(1 - percentile / 100))
        label = f"the progress of the school at the {percentile:g}th percentile of {of} {place}"
        return _Level(4, {fitted.key: shift for fitted in self.outcomes}, percentile, basis, label)

    def scores(self, matrix: Matrix, shifts: Mapping[str, float] | None = None) -> dict[str, Numbers]:
        """Probit scores by outcome: over all schools (no shifts), or those in `shifts` in a school so far above average."""
        every = [fitted.key for fitted in self.outcomes]
        holding = joint.containing(every if shifts is None else list(shifts))
        made: dict[str, Numbers] = {}
        for key, wider in holding.items():
            fitted = self.find(key)
            score = fitted.curve(matrix.x @ fitted.regression.coefficients)
            if shifts is not None:
                score = np.sqrt(1 + fitted.spread**2) * score + fitted.spread * shifts[key]
            for other in wider:
                score = np.minimum(score, made[other])
            made[key] = score
        return made

    def _shifts_for(self, matrix: Matrix, target: Mapping[str, float]) -> dict[str, float]:
        shifts: dict[str, float] = {}
        for key, percent in target.items():
            fitted = self.find(key)
            if not 0 < percent < 100:
                raise ModelError(f"a target lies between 0 and 100 %, not at {percent:g} %")
            if fitted.spread == 0:
                raise ModelError(f"schools do not differ in {key}, so no shift of schools reaches a target")
        for key in joint.containing(list(target)):
            shifts[key] = self._shift(matrix, key, target[key], shifts)
        return shifts

    def _shift(self, matrix: Matrix, key: str, percent: float, others: dict[str, float]) -> float:
        wanted = percent / 100

        def short(shift: float) -> float:
            return float(ndtr(self.scores(matrix, {**others, key: shift})[key]).mean()) - wanted

        low, high = -1.0, 1.0
        while short(low) > 0 and low > -64:
            low *= 2
        while short(high) < 0 and high < 64:
            high *= 2
        if short(low) > 0 or short(high) < 0:
            raise ModelError(
                f"the target of {percent:g} % in {key} cannot be met together with the other targets given: "
                "whoever reaches it must reach those too"
            )
        return float(brentq(short, low, high, xtol=1e-14))


@dataclass(frozen=True)
class _Level:
    number: int
    shifts: dict[str, float] | None
    percentile: float | None
    basis: str
    label: str


SCHOOL_COLUMNS = (
    "organisation",
    "group",
    "outcome",
    "cohort",
    "pupils",
    "expected",
    "share",
    "lower",
    "upper",
    "share_lower",
    "share_upper",
    "chance_lower",
    "chance_upper",
    "likelihood",
    "level",
    "percentile",
    "basis",
    "label",
)


def _school_rows(
    fitted: FittedOutcome, part: Matrix, average: Numbers, level: Numbers | None
) -> pl.DataFrame:
    """The rows of one outcome and group. `level` are scores in a school at the level; none at the average itself."""
    rows = part.rows
    starts, places = part.schools()
    sizes = np.diff(np.r_[starts, rows.size])
    of_row = np.repeat(np.arange(starts.size), sizes)
    unsure = part.mean_variance(fitted.regression.covariance, starts)
    spread = np.sqrt(fitted.spread**2 + (1 + fitted.spread**2) * unsure)
    around = school_counts(np.sqrt(1 + spread[of_row] ** 2) * average[rows], spread, starts)
    inside = np.sqrt(1 + fitted.spread**2) * average[rows] if level is None else level[rows]
    chance_only = school_counts(inside, np.zeros(starts.size), starts)
    chances = ndtr(average[rows] if level is None else level[rows])
    expected = np.add.reduceat(chances, starts) if starts.size else np.zeros(0)
    wide = around if level is None else school_counts(level[rows], spread, starts)
    lower, upper = wide.interval(INTERVAL)
    chance_lower, chance_upper = chance_only.interval(INTERVAL)
    needed = np.ceil(expected - 1e-9).astype(np.int64)
    return pl.DataFrame(
        {
            "organisation": part.school_keys.gather(places),
            "outcome": [fitted.key] * starts.size,
            "cohort": part.cohorts[places],
            "pupils": sizes,
            "expected": expected,
            "share": 100 * expected / np.maximum(sizes, 1),
            "lower": lower,
            "upper": upper,
            "share_lower": 100 * lower / np.maximum(sizes, 1),
            "share_upper": 100 * upper / np.maximum(sizes, 1),
            "chance_lower": chance_lower,
            "chance_upper": chance_upper,
            "likelihood": around.at_least(needed),
        },
        schema_overrides={"outcome": pl.String},
    )


def fit_estimates(
    cohort: Any,
    *,
    outcomes: Sequence[str],
    terms: Sequence[str],
    basis: Basis = "national",
    compared_with: Compared = "pupils",
    school: str = "organisation",
    check: bool = True,
) -> EstimateModel:
    """Fits estimates to a cohort whose results are known.

    `cohort` has `pupil`, the `school` column, the columns of `terms` (see `terms`, `estimate_terms` for types A and B) and a
    yes/no column for each of `outcomes` (null where the pupil does not count). `basis` says whether these are the
    nation's pupils or one authority's. With `check` the calibration is measured on schools left out, twofold.
    Raises `ModelError`, saying what is wrong.
    """
    frame = lazy(cohort).collect(backend="polars").to_native()
    read = reader(frame, outcomes, terms, school)
    matrix = read.read(frame)
    if matrix.x.shape[0] == 0:
        raise ModelError(
            "no pupil has a value for every term, so nothing can be estimated; missing: "
            + ", ".join(f"{column} of {count:,}" for column, count in matrix.missing.items() if count)
        )
    if matrix.school_keys.len() < 2:
        raise ModelError(
            "there is only one school, so how much schools differ cannot be told; load more schools"
        )
    known = {key: read.outcome(frame, key)[matrix.kept] for key in outcomes}
    fitted = tuple(_fit_outcome(key, matrix, known[key]) for key in outcomes)
    checked, curve = _checked(matrix, known) if check else (None, None)
    return EstimateModel(
        fitted,
        tuple(terms),
        basis,
        compared_with,
        school,
        matrix.x.shape[0],
        int(np.unique(matrix.school).size),
        matrix.missing,
        checked,
        curve,
        read,
    )


def _fit_outcome(key: str, matrix: Matrix, reached: Numbers) -> FittedOutcome:
    there = np.isfinite(reached)
    every = bool(there.all())
    x, own = (matrix.x, matrix.school) if every else (matrix.x[there], matrix.school[there])
    known = reached if every else reached[there]
    try:
        regression = probit.fit(x, known, own)
        score = x @ regression.coefficients
        curve = calibration.calibration_curve(score, known)
    except ModelError as error:
        raise ModelError(f"{key}: {error}") from error
    if not regression.converged:
        raise ModelError(f"{key}: the model did not settle; use fewer terms")
    calibrated = curve(score)
    spread = probit.school_spread(calibrated, known, own)
    mean, deviation = probit.school_effects(calibrated, known, own, spread, matrix.school_keys.len())
    effects = pl.DataFrame({"organisation": matrix.school_keys, "mean": mean, "deviation": deviation})
    return FittedOutcome(key, regression, curve, spread, int(known.size), float(known.mean()), effects)


def _checked(matrix: Matrix, known: Mapping[str, Numbers]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Calibration on pupils of schools left out: half the schools predict the other half, and the reverse."""
    half = np.random.default_rng(0).permutation(matrix.school_keys.len()) % 2
    side = half[matrix.school]
    rows, curves = [], []
    for key, reached in known.items():
        chance, there = held_out(matrix, reached, side)
        found = calibration.quality(chance[there], reached[there])
        rows.append({"outcome": key, **vars(found)})
        curves.append(
            calibration.reliability(chance[there], reached[there]).select(
                pl.lit(key).alias("outcome"), pl.all()
            )
        )
    return pl.DataFrame(rows), pl.concat(curves)


def held_out(matrix: Matrix, reached: Numbers, side: Whole) -> tuple[Numbers, npt.NDArray[np.bool_]]:
    """Probabilities of the pupils on either side (0 or 1) from a model of the other, and who of them has a known outcome."""
    there = np.isfinite(reached)
    chance = np.zeros(reached.size)
    for own in (0, 1):
        used, judged = there & (side != own), there & (side == own)
        if not 0 < reached[used].sum() < used.sum():
            raise ModelError(
                "too few schools to check the calibration: half of them have all or none; use check=False"
            )
        regression = probit.fit(matrix.x[used], reached[used], matrix.school[used])
        curve = calibration.calibration_curve(matrix.x[used] @ regression.coefficients, reached[used])
        chance[judged] = ndtr(curve(matrix.x[judged] @ regression.coefficients))
    return chance, there
