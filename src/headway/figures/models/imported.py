"""Somebody else's equation on our pupils: published coefficients, such as a year's of DfE's contextual value added.

DfE's coefficients of 2007 to 2010 were not found; whoever has them writes a CSV file with `term` and
`coefficient`, the terms as this package names them (`intercept`, `sex[M]`, `ks1_average_points^2`), and two more rows,
`variance between schools` and `variance within schools`, without which nothing is shrunken.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import narwhals as nw
import polars as pl

from headway.figures.models.summing import lazy
from headway.figures.models.terms import DesignColumn, Factor, ModelError

_FACTOR = re.compile(r"^(?P<column>[^\[\^]+?)(?:\^(?P<power>[2-9])|\[(?P<level>.+)\])?$")
BETWEEN, WITHIN = "variance between schools", "variance within schools"


@dataclass(frozen=True)
class Equation:
    """Coefficients by term, "intercept" included, and the two variances where they were published."""

    coefficients: dict[str, float]
    between: float | None = None
    within: float | None = None


def read_equation(path: Path) -> Equation:
    """An equation from a user's file. Raises `ModelError`, naming the row, for what is no number or stands twice."""
    try:
        table = pl.read_csv(path, infer_schema=False)
    except (pl.exceptions.PolarsError, OSError) as problem:
        raise ModelError(
            f"{path.name} cannot be read as a CSV file in UTF-8: {str(problem).splitlines()[0]}"
        ) from problem
    if not {"term", "coefficient"} <= set(table.columns):
        raise ModelError(
            f"{path.name} needs the columns term and coefficient; it has {', '.join(table.columns)}"
        )
    found: dict[str, float] = {}
    for line, (term, written) in enumerate(table.select("term", "coefficient").iter_rows(), start=2):
        name = (term or "").strip()
        try:
            value = float(written or "")
        except ValueError as wrong:
            raise ModelError(
                f"{path.name}, row {line}, {name}: found {written!r}, expected a number"
            ) from wrong
        if name in found:
            raise ModelError(f"{path.name}, row {line}: {name} stands twice")
        found[name] = value
    between, within = found.pop(BETWEEN, None), found.pop(WITHIN, None)
    if "intercept" not in found:
        raise ModelError(f"{path.name} has no row for the intercept")
    return Equation(found, between, within)


def apply_equation(frame: Any, outcome: str, equation: Equation, group: str) -> pl.DataFrame:
    """An effects table (group, n, raw, estimate, comparative_se, diagnostic_se, reliability) by this equation.

    The equation's own uncertainty is not published and so not counted. Without its variances the estimates are null.
    """
    opened = lazy(frame)
    schema = opened.collect_schema()
    terms = [term for term in equation.coefficients if term != "intercept"]
    columns = [_column(term) for term in terms]
    for name in (outcome, group, *(factor.column for column in columns for factor in column.factors)):
        if name not in schema:
            raise ModelError(f"the equation needs the column {name!r}, which these pupils lack")
    table: pl.DataFrame = (
        opened.select(
            nw.col(group).alias("group"),
            nw.col(outcome).cast(nw.Float64).alias("y"),
            *(column.expression().alias(f"t{place}") for place, column in enumerate(columns)),
        )
        .collect(backend="polars")
        .to_native()
    )
    expected = sum(
        (equation.coefficients[term] * pl.col(f"t{place}") for place, term in enumerate(terms)),
        start=pl.lit(equation.coefficients["intercept"]),
    )
    effects = (
        table.select("group", (pl.col("y") - expected).alias("left"))
        .filter(pl.col("left").is_finite().fill_null(False) & pl.col("group").is_not_null())
        .group_by("group")
        .agg(pl.len().cast(pl.Int64).alias("n"), pl.col("left").mean().alias("raw"))
        .sort("group")
    )
    if equation.between is None or equation.within is None:
        nothing = pl.lit(None, dtype=pl.Float64)
        return effects.with_columns(
            nothing.alias(name) for name in ("estimate", "comparative_se", "diagnostic_se", "reliability")
        )
    reliability = (
        pl.col("n") / (pl.col("n") + equation.within / equation.between) if equation.between else pl.lit(0.0)
    )
    return effects.with_columns(reliability.alias("reliability")).select(
        "group", "n", "raw",
        (pl.col("reliability") * pl.col("raw")).alias("estimate"),
        (equation.between * (1 - pl.col("reliability"))).sqrt().alias("comparative_se"),
        (equation.between * pl.col("reliability")).sqrt().alias("diagnostic_se"),
        "reliability",
    )  # fmt: skip


def _column(term: str) -> DesignColumn:
    """The column of numbers that a coefficient's term names."""
    factors = []
    for part in term.split(":"):
        found = _FACTOR.match(part.strip())
        if found is None:
            raise ModelError(
                f"the term {term!r} cannot be read; write a column, column^2, column[value], or first:second"
            )
        factors.append(Factor(found["column"], int(found["power"] or 1), found["level"]))
    return DesignColumn(term, tuple(factors))
