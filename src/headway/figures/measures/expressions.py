"""What several measures say in the same way. Defines no measure itself.

A code counts in the year of the pupil's result as `outcome_codes` says. A blank is no code: a pupil
without a result is not counted, neither as having reached the standard nor as having missed it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import reduce
from operator import and_, or_

import narwhals as nw

from headway.figures.outcome_codes import denominator_codes, numerator_codes

Part = Callable[[int], nw.Expr]


def counted(column: str, family: str) -> Part:
    """Whether the pupil's code is in the denominator of the family in that year."""
    return lambda year: nw.col(column).is_in(list(denominator_codes(family, year)))


def reached(column: str, family: str) -> Part:
    """Whether the pupil's code is in the numerator of the family in that year."""
    return lambda year: nw.col(column).is_in(list(numerator_codes(family, year)))


def every(parts: Iterable[Part]) -> Part:
    """Whether all of them hold."""
    several = list(parts)
    return lambda year: reduce(and_, (part(year) for part in several))


def either(parts: Iterable[Part]) -> Part:
    """Whether one of them holds."""
    several = list(parts)
    return lambda year: reduce(or_, (part(year) for part in several))


def valued(column: str, values: dict[str, float], otherwise: float | None = None) -> nw.Expr:
    """The number that stands for the code in `column`; null (or `otherwise`) for a code that has none."""
    codes: dict[float, list[str]] = {}
    for code, value in values.items():
        codes.setdefault(value, []).append(code)
    chain = nw.lit(otherwise, nw.Float64)
    for value, those in codes.items():
        chain = nw.when(nw.col(column).is_in(those)).then(nw.lit(value, nw.Float64)).otherwise(chain)
    return chain
