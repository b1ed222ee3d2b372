"""Text made from columns, such as "17 pupil rows"."""

from __future__ import annotations

from functools import reduce
from operator import add

import polars as pl


def phrase(template: str, *columns: str | pl.Expr) -> pl.Expr:
    """`template` with each `{}` replaced by the text of a column; null where one of them is null.

    In place of `polars.format`, which panics on a column without rows (Polars 2.1.0).
    """
    pieces = template.split("{}")
    values = [pl.col(one) if isinstance(one, str) else one for one in columns]
    assert len(pieces) == len(values) + 1, "a phrase needs a column for each {}"
    parts = [pl.lit(pieces[0])]
    for value, after in zip(values, pieces[1:], strict=True):
        parts += [value.cast(pl.String), pl.lit(after)]
    return reduce(add, parts)
