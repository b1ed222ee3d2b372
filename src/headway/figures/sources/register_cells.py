"""Reading the cells of registers: numbers of schools, days, postcodes, and words that mean nothing known.

DfE and Ofsted write the same thing in several ways (`31-08-2021`, `2021-08-31`, `31/08/2021`,
`20210831`; `100000`, `100000.0`, `1e+05`; an empty cell, NULL, `Not reported`). These functions
are Polars expressions over text columns; a cell that cannot be read becomes null, and `unread`
says which, so that nothing is lost in silence.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date

import polars as pl

from headway.figures.sources import Finding

NOTHING = ("", "null", "n/a", "not reported", "not recorded", "-")
"""Cells, in lower case, that say nothing. `Not applicable` is kept: it is a statement."""

_DAYS = (
    (r"^\d{4}-\d{2}-\d{2}", "%Y-%m-%d", 10),
    (r"^\d{2}-\d{2}-\d{4}", "%d-%m-%Y", 10),
    (r"^\d{2}/\d{2}/\d{4}", "%d/%m/%Y", 10),
    (r"^\d{8}$", "%Y%m%d", 8),
)


def canonical(header: str) -> str:
    """A column's name without case, blanks and punctuation: `LA (code)` and `la_code` are both `lacode`."""
    return re.sub(r"[^a-z0-9]", "", header.casefold())


def columns_by_name(header: Iterable[str]) -> dict[str, str]:
    """Canonical name to the name as it stands in the file; the first of two alike wins."""
    found: dict[str, str] = {}
    for name in header:
        found.setdefault(canonical(name), name)
    return found


def first_of(names: Mapping[str, str], candidates: Sequence[str]) -> str | None:
    """The file's column for the first candidate (canonical names) that it has."""
    return next((names[candidate] for candidate in candidates if candidate in names), None)


def words(column: str) -> pl.Expr:
    """The text of a cell, blanks trimmed and run together; null where it says nothing."""
    text = pl.col(column).str.strip_chars().str.replace_all(r"\s+", " ")
    return pl.when(text.str.to_lowercase().is_in(NOTHING)).then(None).otherwise(text)


def number(column: str) -> pl.Expr:
    """A number, with thousands separated or a % sign or not."""
    return words(column).str.replace_all(r"[,%]", "").cast(pl.Float64, strict=False)


def whole(column: str) -> pl.Expr:
    """A whole number, also where a spreadsheet made it `7.0` or `1e+05`; null where it has a fraction."""
    value = number(column)
    return pl.when(value == value.round(0)).then(value).cast(pl.Int64, strict=False)


def code(column: str, length: int) -> pl.Expr:
    """A code of digits, filled with zeros on the left to `length`."""
    return whole(column).cast(pl.String).str.zfill(length)


def urn(column: str) -> pl.Expr:
    """A unique reference number (five to seven digits), or null."""
    value = whole(column)
    return pl.when(value.is_between(10_000, 9_999_999)).then(value)


def school_key(column: str) -> pl.Expr:
    """The organisation key of the school whose URN stands in the column."""
    return pl.lit("school:") + urn(column).cast(pl.String)


def day(column: str) -> pl.Expr:
    """A day, in any of the four ways in which registers write it, with or without a time after it."""
    text = words(column)
    padded = (
        text.str.replace(r"^(\d)([/-])", "0${1}${2}")
        .str.replace(r"^(\d{2}[/-])(\d)([/-])", "${1}0${2}${3}")
        .str.replace(r"\.0$", "")
    )
    return pl.coalesce(
        pl.when(padded.str.contains(pattern))
        .then(padded.str.slice(0, length))
        .str.to_date(form, strict=False)
        for pattern, form, length in _DAYS
    )


def postcode(column: str) -> pl.Expr:
    """A postcode in capitals with one blank before its last three characters."""
    text = words(column).str.to_uppercase().str.replace_all(r"\s", "")
    well_formed = text.str.contains(r"^[A-Z]{1,2}\d[A-Z\d]?\d[A-Z]{2}$")
    return pl.when(well_formed).then(text.str.replace(r"^(.+)(.{3})$", "${1} ${2}")).otherwise(words(column))


def unread(frame: pl.DataFrame, column: str, read: pl.Expr, expected: str) -> list[Finding]:
    """A warning if cells of `column` hold something that `read` made nothing of. `frame` has `row`."""
    lost = frame.select("row", cell=words(column), read=read).filter(
        pl.col("cell").is_not_null() & pl.col("read").is_null()
    )
    if lost.is_empty():
        return []
    examples = ", ".join(sorted(set(lost["cell"].to_list()))[:5])
    return [
        Finding(
            "warning",
            "unread_cell",
            found=examples,
            expected=expected,
            advice="The row is kept and the cell left empty; mend the cell and load the file again.",
            column=column,
            rows=tuple(lost["row"].to_list()),
        )
    ]


def without_urn(frame: pl.DataFrame, column: str) -> list[Finding]:
    """An error for the rows in which no school can be made out."""
    lost = frame.filter(urn(column).is_null())
    if lost.is_empty():
        return []
    found = ", ".join(sorted({value or "(empty)" for value in lost[column].to_list()})[:5])
    return [
        Finding(
            "error",
            "no_urn",
            found=found,
            expected="a unique reference number of six digits",
            advice="These rows name no school. Fill in the URN, or leave the rows out.",
            column=column,
            rows=tuple(lost["row"].to_list()),
        )
    ]


def latest(frame: pl.DataFrame, days: Iterable[pl.Expr]) -> date | None:
    """The latest day that any of the expressions gives, or None."""
    found = [frame.select(one.alias("day"))["day"].max() for one in days]
    return max((value for value in found if isinstance(value, date)), default=None)
