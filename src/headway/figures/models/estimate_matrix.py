"""Pupils as rows of numbers for `estimates`: read by the same terms when fitting and when estimating."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import narwhals as nw
import numpy as np
import numpy.typing as npt
import polars as pl

from headway.figures.measures.groups import BY_KEY
from headway.figures.models.summing import lazy
from headway.figures.models.terms import Design, ModelError, design

Numbers = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Matrix:
    """Pupils of a frame. `pupil` and `organisation` have a row for each of them, `x` (a column of ones first) and `school`
    (a code into `school_keys`) only for those with a value for every term, who are `kept`. `rows` are those
    of `x` that belong to the group, ordered by school; `cohorts` the pupils of the group by school, kept or not.
    """

    pupil: pl.Series
    organisation: pl.Series
    kept: Flags
    x: Numbers
    school: Whole
    school_keys: pl.Series
    rows: Whole
    cohorts: Whole
    missing: dict[str, int]
    members: dict[str, Flags]
    frame: pl.DataFrame

    def column(self, name: str) -> pl.Series:
        """A column of the frame as it came, a row for each of its pupils."""
        _check_columns(self.frame, [name])
        return self.frame[name]

    def spread_out(self, values: Numbers) -> pl.Series:
        """Values of the kept pupils as a column of the whole frame, null for the others."""
        made = np.full(self.kept.size, np.nan)
        made[self.kept] = values
        return pl.Series(made, dtype=pl.Float64).fill_nan(None)

    def group(self, key: str) -> Matrix:
        """The same with only a group's pupils in `rows`."""
        member = self.members[key]
        rows = np.flatnonzero(member[self.kept])
        ordered = rows[np.argsort(self.school[rows], kind="stable")]
        codes = _codes(self.organisation, self.school_keys)
        cohorts = np.bincount(codes[member & (codes >= 0)], minlength=self.school_keys.len())
        return replace(self, rows=ordered, cohorts=cohorts)

    def schools(self) -> tuple[Whole, Whole]:
        """Where in `rows` each school begins, and which one it is."""
        codes = self.school[self.rows]
        starts = np.flatnonzero(np.diff(codes, prepend=-1))
        return starts, codes[starts]

    def mean_variance(self, covariance: Numbers, starts: Whole) -> Numbers:
        """The variance of each school's mean linear predictor that comes of estimating the coefficients."""
        if starts.size == 0:
            return np.zeros(0)
        sizes = np.diff(np.r_[starts, self.rows.size])
        mean = np.add.reduceat(self.x[self.rows], starts, axis=0) / sizes[:, None]
        return np.asarray(np.clip(np.einsum("jp,pq,jq->j", mean, covariance, mean), 0.0, None), dtype=float)


@dataclass(frozen=True)
class Reader:
    """How a frame becomes a `Matrix`: the terms' columns, their centre and spread in the cohort fitted, known categories."""

    design: Design
    categories: dict[str, frozenset[str]]
    centre: Numbers
    scale: Numbers
    school: str

    def read(self, frame: Any, groups: Sequence[str] = ("all",)) -> Matrix:
        """The pupils of a frame. One with a missing value, or a category unknown to the model, is not kept but counted.

        Raises `ModelError` for a column that the frame lacks.
        """
        table = lazy(frame).collect(backend="polars").to_native()
        sources = list(dict.fromkeys(f.column for c in self.design.columns for f in c.factors))
        _check_columns(table, ["pupil", self.school, *sources])
        unusable = {name: self._unusable(table, name) for name in sources}
        no_school = table[self.school].is_null().to_numpy()
        kept = ~no_school
        for flags in unusable.values():
            kept &= ~flags
        missing = {name: int(flags.sum()) for name, flags in unusable.items()}
        missing[self.school] = int(no_school.sum())
        columns = nw.from_native(table).select(
            *(column.expression().alias(f"x{k}") for k, column in enumerate(self.design.columns))
        )
        whole = bool(kept.all())
        x = np.empty((int(kept.sum()), len(self.design.columns) + 1))
        x[:, 0] = 1.0
        for k in range(len(self.design.columns)):
            values = columns[f"x{k}"].to_numpy()
            x[:, k + 1] = ((values if whole else values[kept]) - self.centre[k]) / self.scale[k]
        organisation = table[self.school]
        keys = organisation.drop_nulls().unique().sort()
        codes = _codes(organisation, keys)
        return Matrix(
            table["pupil"],
            organisation,
            kept,
            x,
            codes[kept],
            keys,
            np.zeros(0, dtype=np.int64),
            np.zeros(0, dtype=np.int64),
            missing,
            {key: _members(table, key) for key in groups},
            table,
        )

    def outcome(self, frame: pl.DataFrame, key: str) -> Numbers:
        """An outcome as 0, 1 or NaN (not known)."""
        values = frame[key].cast(pl.Float64).fill_null(float("nan")).to_numpy()
        if not np.isin(values[np.isfinite(values)], (0.0, 1.0)).all():
            raise ModelError(f"the outcome {key!r} must be yes or no (or 1 and 0), and holds other values")
        return np.asarray(values, dtype=float)

    def _unusable(self, table: pl.DataFrame, name: str) -> Flags:
        column = table[name]
        if name in self.categories:
            return np.asarray(
                (~column.cast(pl.String).is_in(list(self.categories[name]))).fill_null(True).to_numpy()
            )
        numbers = column.cast(pl.Float64)
        return np.asarray((~numbers.is_finite()).fill_null(True).to_numpy())


def reader(frame: pl.DataFrame, outcomes: Sequence[str], terms: Sequence[str], school: str) -> Reader:
    """The reader of these terms, centred and scaled on this cohort. Raises `ModelError` (see `terms.design`)."""
    if not outcomes or len(set(outcomes)) != len(outcomes):
        raise ModelError("name at least one outcome, and none twice")
    if not terms:
        raise ModelError("name at least one term, such as prior attainment")
    _check_columns(frame, ["pupil", school, *outcomes])
    made = design(nw.from_native(frame).lazy(), outcomes[0], list(terms))
    sources = dict.fromkeys(f.column for c in made.columns for f in c.factors)
    categories = {
        name: frozenset(frame[name].drop_nulls().cast(pl.String).unique())
        for name in sources
        if not (frame.schema[name].is_numeric() or frame.schema[name] == pl.Boolean)
    }
    values = (
        nw.from_native(frame)
        .select(*(column.expression().alias(f"x{k}") for k, column in enumerate(made.columns)))
        .to_native()
        .fill_nan(None)
    )
    centre = np.array([_number(values[name].mean()) for name in values.columns])
    spread = np.array([_number(values[name].std()) for name in values.columns])
    for column, deviation in zip(made.columns, spread, strict=True):
        if not deviation > 0:
            raise ModelError(
                f"the term {column.name!r} is the same for every pupil who has one; leave it out"
            )
    return Reader(made, categories, centre, spread, school)


def _number(value: Any) -> float:
    return float("nan") if value is None else float(value)


def _check_columns(frame: pl.DataFrame, names: Sequence[str]) -> None:
    lacking = [name for name in names if name not in frame.columns]
    if lacking:
        raise ModelError(f"the frame lacks {', '.join(lacking)}; it has {', '.join(frame.columns[:20])}")


def _codes(column: pl.Series, keys: pl.Series) -> Whole:
    table = keys.alias("key").to_frame().with_row_index("code")
    joined = column.alias("key").to_frame().join(table, on="key", how="left", maintain_order="left")
    return joined["code"].cast(pl.Int64).fill_null(-1).to_numpy()


def _members(table: pl.DataFrame, key: str) -> Flags:
    if key not in BY_KEY:
        raise ModelError(f"there is no group {key!r}; see `measures.groups`")
    if key == "all":
        return np.ones(table.height, dtype=bool)
    try:
        found = nw.from_native(table).select(BY_KEY[key].member().alias("member"))["member"]
    except (pl.exceptions.PolarsError, nw.exceptions.NarwhalsError) as error:
        raise ModelError(f"the frame has no column for the group {key!r}: {error}") from error
    return np.asarray(found.fill_null(False).to_numpy(), dtype=bool)
