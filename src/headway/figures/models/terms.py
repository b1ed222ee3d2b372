"""Terms of a model in a short readable form, and the columns of numbers that they become.

A term is written as a person would say it:

* `ks1_average_points`: a number, or a yes/no column (no 0, yes 1), or a category (one column for each of
  its values but the first in alphabetical order, which is the reference: `sex[M]` is boys against girls);
* `ethnicity vs WBRI`: a category with its reference value named;
* `ks1_average_points^2`: a power;
* `sex:fsm`: the product of two or more of these, so that the effect of the one may depend on the other.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import product
from operator import mul
from typing import Any

import narwhals as nw

MANY_VALUES = 200
"""A category with more values than this is taken for a mistake (a name, a key)."""

_TERM = re.compile(r"^(?P<column>.+?)(?:\s+vs\s+(?P<reference>.+)|\s*\^\s*(?P<power>[2-9]))?$")


class ModelError(ValueError):
    """A model that cannot be fitted as asked; the message says what is wrong and what to do."""


@dataclass(frozen=True)
class Factor:
    """One factor of a design column: a column raised to a power, or whether a category has a value."""

    column: str
    power: int = 1
    level: str | None = None

    @property
    def name(self) -> str:
        """As it is printed: `ks1^2`, `sex[M]`."""
        if self.level is not None:
            return f"{self.column}[{self.level}]"
        return self.column if self.power == 1 else f"{self.column}^{self.power}"

    def expression(self) -> nw.Expr:
        """Its value for each row as a Narwhals expression; null where the column is null."""
        column = nw.col(self.column)
        if self.level is not None:
            return (column.cast(nw.String) == self.level).cast(nw.Float64)
        return reduce(mul, [column.cast(nw.Float64)] * self.power)


@dataclass(frozen=True)
class DesignColumn:
    """One column of numbers of the model, such as `sex[M]:fsm`: the product of its factors."""

    name: str
    factors: tuple[Factor, ...]

    def expression(self) -> nw.Expr:
        """Its value for each row as a Narwhals expression."""
        return reduce(mul, [factor.expression() for factor in self.factors])


@dataclass(frozen=True)
class Design:
    """Outcome, columns of the fixed part (without the intercept) and which of them also vary by group.

    Sums can be added only if their designs are equal, so later years use the design of the first.
    """

    outcome: str
    columns: tuple[DesignColumn, ...]
    slopes: tuple[int, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the fixed columns, "intercept" first."""
        return ("intercept", *(column.name for column in self.columns))

    @property
    def slope_names(self) -> tuple[str, ...]:
        """Names of the terms that vary by group, "intercept" first."""
        return ("intercept", *(self.columns[index].name for index in self.slopes))

    @property
    def source_columns(self) -> tuple[str, ...]:
        """Columns of the frame that the design reads, the outcome last."""
        read = {factor.column: None for column in self.columns for factor in column.factors}
        return (*read, self.outcome)

    @property
    def column_names(self) -> list[str]:
        """Short names for the columns in a table of numbers: x0, x1, …, and last y, the outcome."""
        return [f"x{index}" for index in range(len(self.columns))] + ["y"]

    def expressions(self) -> list[nw.Expr]:
        """The columns for each row as Narwhals expressions, under their short names."""
        made = [*(column.expression() for column in self.columns), nw.col(self.outcome).cast(nw.Float64)]
        return [each.alias(name) for each, name in zip(made, self.column_names, strict=True)]


@dataclass(frozen=True)
class _Written:
    """A factor as written, before its values are known."""

    column: str
    reference: str | None
    power: int


def design(
    frame: nw.LazyFrame[Any], outcome: str, fixed: Sequence[str], slopes: Sequence[str] = ()
) -> Design:
    """The design that these terms make on this frame. Categories are looked up in the frame once.

    Raises `ModelError` for a column that the frame lacks, a term written wrongly or twice, a category with one
    value or very many, an outcome that is not a number, or a slope that is not among the fixed terms.
    """
    schema = frame.collect_schema()
    written = [tuple(_read(part, term) for part in term.split(":")) for term in fixed]
    for name in (outcome, *(factor.column for term in written for factor in term)):
        if name not in schema:
            raise ModelError(
                f"there is no column {name!r}; the frame has {', '.join(schema.names()[:20])}. "
                "Name a column of the frame."
            )
    if not _numeric(schema[outcome]):
        raise ModelError(f"the outcome {outcome!r} is {schema[outcome]}, not a number")
    categories = {f.column: None for term in written for f in term if not _numeric(schema[f.column])}
    levels = {column: _levels(frame, column) for column in categories}
    columns: list[DesignColumn] = []
    of_term: dict[str, list[int]] = {}
    for term, factors in zip(fixed, written, strict=True):
        made = [
            _column(choice) for choice in product(*(_choices(factor, levels, term) for factor in factors))
        ]
        repeated = {column.name for column in made} & {column.name for column in columns}
        if repeated:
            raise ModelError(f"the term {', '.join(sorted(repeated))} stands twice among the fixed terms")
        of_term[term] = list(range(len(columns), len(columns) + len(made)))
        columns += made
    by_name = {column.name: [index] for index, column in enumerate(columns)}
    unknown = [slope for slope in slopes if slope not in of_term and slope not in by_name]
    if unknown:
        raise ModelError(
            f"the slope {unknown[0]!r} is not among the fixed terms: add it there, so that schools differ "
            "around its average and not around zero"
        )
    varying = dict.fromkeys(index for slope in slopes for index in (of_term.get(slope) or by_name[slope]))
    return Design(outcome, tuple(columns), tuple(varying))


def _read(part: str, term: str) -> _Written:
    found = _TERM.match(part.strip())
    if found is None:
        raise ModelError(
            f"the term {term!r} cannot be read; write a column, column^2, column vs value, or first:second"
        )
    return _Written(found["column"].strip(), found["reference"], int(found["power"] or 1))


def _numeric(kind: nw.dtypes.DType) -> bool:
    return bool(kind.is_numeric()) or kind == nw.Boolean


def _levels(frame: nw.LazyFrame[Any], column: str) -> list[str]:
    found = frame.select(nw.col(column).cast(nw.String)).unique().collect(backend="pyarrow")[column].to_list()
    levels = sorted(value for value in found if value is not None)
    if len(levels) > MANY_VALUES:
        raise ModelError(
            f"{column!r} has {len(levels):,} different values, too many for a category; "
            "if it is a number, convert it first; if it names schools, it belongs among the groups"
        )
    return levels


def _choices(factor: _Written, levels: dict[str, list[str]], term: str) -> list[Factor]:
    if factor.column not in levels:
        if factor.reference is not None:
            raise ModelError(f"the term {term!r} names a reference value, but {factor.column!r} is a number")
        return [Factor(factor.column, factor.power)]
    if factor.power != 1:
        raise ModelError(f"the term {term!r} is a power of {factor.column!r}, which is a category")
    values = levels[factor.column]
    if len(values) < 2:
        only = f"only the value {values[0]!r}" if values else "no value"
        raise ModelError(f"the term {term!r} cannot be used: {factor.column!r} has {only}; leave it out")
    reference = factor.reference or values[0]
    if reference not in values:
        raise ModelError(
            f"the term {term!r}: {factor.column!r} has no value {reference!r}; it has {', '.join(values[:20])}"
        )
    return [Factor(factor.column, level=value) for value in values if value != reference]


def _column(factors: Iterable[Factor]) -> DesignColumn:
    chosen = tuple(factors)
    return DesignColumn(":".join(factor.name for factor in chosen), chosen)
