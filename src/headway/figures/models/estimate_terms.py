"""What estimates rest on: outcomes as yes/no columns, starting points, and the terms of FFT's types A and B.

Type A looks at pupils alike in prior attainment (with the difference between subjects), sex and month of birth; type B also
at their circumstances and at whom their school teaches: similar pupils in similar schools.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import narwhals as nw
import polars as pl

from headway.figures.measures import Measure, registry
from headway.figures.models import contextual, progress
from headway.figures.models.summing import lazy
from headway.figures.models.terms import ModelError
from headway.figures.outcome_codes import points
from headway.figures.tables import TABLES

TYPE_A = (
    "prior_points",
    "prior_points^2",
    "prior_points^3",
    "mathematics_less_english",
    "sex",
    "months_younger",
)
"""Prior attainment, subject differences, sex, month of birth."""

SCHOOL_TERMS = ("school_prior_points", "school_disadvantaged")
"""Whom the school teaches: its pupils' mean prior attainment, and the share who are disadvantaged."""


def prepared(cohort: Any, year: int, *, school: str = "organisation") -> pl.DataFrame:
    """A cohort frame with the columns that terms of both types read.

    `year` is that of the key stage 2 results, past or to come: points of key stage 1 are those of four years before.
    Adds `prior_points`, `mathematics_less_english` (key stage 1 points), `months_younger` than the oldest of the
    year, `sen_stage`, `ethnic_group`, and the school's own means. Raises `ModelError` for a year whose pupils have no
    key stage 1 assessment.
    """
    frame = progress.prior_attainment(lazy(cohort).collect(backend="polars").to_native(), year)
    try:
        of_code = points("ks1", year - 4)
    except LookupError:
        of_code = {}

    def of(subject: str) -> pl.Expr:
        if f"ks1_{subject}" not in frame.columns:
            return pl.lit(None, dtype=pl.Float64)
        code = pl.col(f"ks1_{subject}").cast(pl.String).str.to_uppercase()
        return code.replace_strict(of_code, default=None, return_dtype=pl.Float64)

    english = (of("reading") + of("writing")) / 2
    ready = contextual.prepared(
        frame.with_columns((of("mathematics") - english).alias("mathematics_less_english")), school
    )
    poor = next((name for name in ("disadvantaged", "fsm6", "fsm") if name in frame.columns), None)
    share = pl.col(poor).cast(pl.Float64) if poor else pl.lit(None, dtype=pl.Float64)
    return ready.with_columns(
        pl.col("prior_points").mean().over(school).alias("school_prior_points"),
        share.mean().over(school).alias("school_disadvantaged"),
    )


def type_a(ready: pl.DataFrame) -> tuple[str, ...]:
    """The terms of type A that this `prepared` frame supports: those of which somebody has a value and not all the same."""
    return tuple(term for term in TYPE_A if _varies(ready, term.split("^")[0]))


def type_b(ready: pl.DataFrame) -> tuple[str, ...]:
    """Those of type B: type A, the circumstances of contextual value added, and the school's own means."""
    found, _ = contextual.terms(ready, prior=False)
    context = [term for term in found if term not in TYPE_A]
    return (*type_a(ready), *context, *(term for term in SCHOOL_TERMS if _varies(ready, term)))


def _varies(frame: pl.DataFrame, column: str) -> bool:
    return column in frame.columns and frame[column].drop_nulls().n_unique() > 1


def with_outcomes(cohort: Any, year: int, measures: Sequence[str]) -> pl.DataFrame:
    """The frame with a yes/no column for each measure (by its key): whether the pupil counts as having reached it.

    Null for a pupil whom the measure does not count. Measures are proportions such as `ks2_reading_expected`. Raises
    `ModelError` for a measure that is unknown, is no proportion, or does not hold in that year.
    """
    frame = lazy(cohort).collect(backend="polars").to_native()
    known = registry()
    chosen: list[Measure] = []
    for key in measures:
        if key not in known or known[key].numerator is None:
            raise ModelError(
                f"there is no measure {key!r} of pupils who reached a standard; see `headway measures`"
            )
        if year not in known[key].years:
            raise ModelError(f"{known[key].title} does not exist in {year}")
        chosen.append(known[key])
    absent = _absent(frame, chosen, year)
    columns = []
    for measure in chosen:
        assert measure.cohort is not None
        assert measure.numerator is not None
        reached = nw.coalesce(measure.numerator(year), nw.lit(False))
        columns.append(nw.when(measure.cohort(year)).then(reached).alias(measure.key))
    made: pl.DataFrame = (
        nw.from_native(frame.with_columns(absent))
        .with_columns(*columns)
        .to_native()
        .drop([expression.meta.output_name() for expression in absent])
    )
    return made


def _absent(frame: pl.DataFrame, measures: Sequence[Measure], year: int) -> list[pl.Expr]:
    """Nulls for the columns of the assessments table that this frame lacks, so that a measure may ask for them."""
    tables = {measure.table for measure in measures if measure.table}
    return [
        pl.lit(None, dtype=column.polars).alias(column.name)
        for name in sorted(tables)
        for column in TABLES[name].columns
        if column.name not in frame.columns
    ]
