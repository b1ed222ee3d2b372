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
from headway.figures.models.estimate_schools import (
    SCHOOL_COLUMNS,
    FittedOutcome,
    neighbours_effects,
    school_rows,
)
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
        neighbours: pl.DataFrame | None = None,
    ) -> pl.DataFrame:
        """A row a pupil and outcome: pupil, organisation, outcome, probability (0 to 1), level, basis, sensitivity.

        Personal data: every row is marked so. Probabilities are null for a pupil without a starting point. Levels as in
        `schools`.
        """
        matrix = self.read(frame)
        at = self._level(matrix, level, percentile, target, neighbours)
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
        neighbours: pl.DataFrame | None = None,
    ) -> pl.DataFrame:
        """A row a school, group and outcome: how many pupils are to be expected, and the range.

        `level` 1 is the progress of similar pupils, 2 that of similar pupils in similar schools (with context), 3 what a
        `target` (percent by outcome, over all pupils in the frame) needs, the same shift for every school (only these
        outcomes), 4 that of
        the school at a `percentile` (20: the school that four fifths do worse than). Without a level, the one
        that the model is for. `groups` are keys of `measures.groups`.

        With `neighbours` (columns organisation and neighbour, such as the 50 that `similar_schools` finds) levels 2 and 4
        are those of each school's own neighbours, by what the pupils used say of them.

        Columns: organisation, group, outcome, cohort, pupils (with an estimate), expected, share (%), lower and upper
        (95 %, of the number: chance, how much schools differ about the level, and how sure the model is), share_lower,
        share_upper (%), chance_lower and chance_upper (chance only: a school exactly at the level), likelihood (that a
        school with these pupils, of which nothing else is known, has the expected number or more), level, percentile,
        basis, label.
        """
        matrix = self.read(frame, groups)
        at = self._level(matrix, level, percentile, target, neighbours)
        level_scores = self.scores(matrix, at.shifts)
        average_scores = self.scores(matrix)
        rows = []
        for group in groups:
            part = matrix.group(group)
            for fitted in (self.find(key) for key in level_scores):
                average = average_scores[fitted.key]
                own = level_scores[fitted.key] if at.shifts is not None else None
                rows.append(
                    school_rows(fitted, part, average, own).with_columns(pl.lit(group).alias("group"))
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
                "average is taken for the nation's, a percentile is one of these schools, and ranges allow for so few."
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
        self,
        matrix: Matrix,
        level: int | None,
        percentile: float,
        target: Mapping[str, float] | None,
        neighbours: pl.DataFrame | None,
    ) -> _Level:
        if not 0 < percentile < 100:
            raise ModelError(f"a percentile lies between 0 and 100, not at {percentile:g}")
        if neighbours is not None:
            return self._among(matrix, level, percentile, neighbours)
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
        shift = float(ndtri(1 - percentile / 100))
        label = f"the progress of the school at the {percentile:g}th percentile of {of} {place}"
        return _Level(4, {fitted.key: shift for fitted in self.outcomes}, percentile, basis, label)

    def _among(
        self, matrix: Matrix, level: int | None, percentile: float, neighbours: pl.DataFrame
    ) -> _Level:
        number = 2 if level is None else level
        if number not in (2, 4):
            raise ModelError(f"neighbours are for levels 2 and 4, not for level {number}")
        above = float(ndtri(1 - percentile / 100)) if number == 4 else 0.0
        shifts = {
            fitted.key: neighbours_effects(fitted, matrix.school_keys, neighbours, above)[matrix.school]
            for fitted in self.outcomes
        }
        whose = "the school's own list of similar schools"
        label = f"the progress of similar pupils in {whose}"
        if number == 4:
            label = f"the progress of the school at the {percentile:g}th percentile of {whose}"
        return _Level(
            number, shifts, percentile if number == 4 else None, f"{self.basis}: listed neighbours", label
        )

    def scores(
        self, matrix: Matrix, shifts: Mapping[str, float] | Mapping[str, Numbers] | None = None
    ) -> dict[str, Numbers]:
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
    shifts: Mapping[str, float] | Mapping[str, Numbers] | None
    percentile: float | None
    basis: str
    label: str


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
