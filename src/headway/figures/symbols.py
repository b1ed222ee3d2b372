"""Symbols that stand where a number would, and what each says. None of them is ever zero.

Three families are read: the performance tables' capitals (DfE's own list of abbreviations,
`NE`, `NA`, `SUPP`, `NP`, `LOWCOV`, `NEW`, `SP`, `RE`), the letters of Explore Education Statistics and of the
Government Statistical Service (`z`, `x`, `c`, `low`, `:`), and what the checking exercise and Ofsted write.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from headway.figures.sources import Finding
from headway.figures.tables import Status


@dataclass(frozen=True)
class Symbol:
    """A text that stands for a missing number: what it says and who writes it. Case does not matter."""

    text: str
    status: Status
    meaning: str
    used_by: str


_LEGACY = "DfE performance tables"
_EES = "Explore Education Statistics"

SYMBOLS: tuple[Symbol, ...] = (
    Symbol("SUPP", Status.SUPPRESSED, "suppressed, usually five or fewer pupils", _LEGACY),
    Symbol("SUPPMAT", Status.SUPPRESSED, "suppressed for a multi-academy trust", _LEGACY),
    Symbol("LOWCOV", Status.LOW_COVERAGE, "fewer than half the pupils could be counted", _LEGACY),
    Symbol("NE", Status.NOT_AVAILABLE, "no entries", _LEGACY),
    Symbol("NP", Status.NOT_AVAILABLE, "not published", _LEGACY),
    Symbol("NEW", Status.NOT_AVAILABLE, "new school, no figures yet", _LEGACY),
    Symbol("NELIG", Status.NOT_APPLICABLE, "no academy of the trust is eligible", _LEGACY),
    Symbol("NA", Status.NOT_APPLICABLE, "not applicable", _LEGACY),
    Symbol("N/A", Status.NOT_APPLICABLE, "not applicable", "authorities' own files"),
    Symbol("SP", Status.SUPPRESSED, "small percentage, above 0 and below 0.5: withheld, not zero", _LEGACY),
    Symbol("RE", Status.SUPPRESSED, "redacted", _LEGACY),
    Symbol("z", Status.NOT_APPLICABLE, "not applicable", _EES),
    Symbol("x", Status.NOT_AVAILABLE, "not available", _EES),
    Symbol("c", Status.SUPPRESSED, "redacted (confidential)", _EES),
    Symbol(
        "low", Status.SUPPRESSED, "below the precision shown, not zero; DfE's services disagree on it", _EES
    ),
    Symbol("~", Status.SUPPRESSED, "withheld", "older statistical releases"),
    Symbol(":", Status.NOT_AVAILABLE, "not available", _EES + " before 2020"),
    Symbol("..", Status.NOT_AVAILABLE, "not available", "older statistical releases"),
    Symbol(".", Status.NOT_APPLICABLE, "not applicable", "older statistical releases"),
    Symbol("-", Status.NOT_AVAILABLE, "not available", "Local Authority Interactive Tool"),
    Symbol("+", Status.SUPPRESSED, "too few pupils", "KS2 checking exercise"),
    Symbol("NULL", Status.NOT_AVAILABLE, "nothing recorded", "Ofsted management information"),
    Symbol("Not available", Status.NOT_AVAILABLE, "not available", "authorities' own files"),
    Symbol("Not applicable", Status.NOT_APPLICABLE, "not applicable", "authorities' own files"),
    Symbol("#N/A", Status.NOT_AVAILABLE, "a formula found nothing", "spreadsheets"),
)
"""Every symbol known. A blank, or a cell of spaces (as authority and national rows have), is not available."""

BLANK = Status.NOT_AVAILABLE
_STATUSES = {symbol.text.upper(): symbol.status.value for symbol in SYMBOLS}

NUMBER = (
    r"^[+-]?(?:[0-9]+(?:\.[0-9]*)?|[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?\s*%?$"
)
"""A number as files print one: with a sign, a point, thousands commas, a per cent sign."""


@dataclass(frozen=True)
class Figure:
    """Expressions for what a cell says.

    `status` is null where the text is neither number nor symbol; `unknown` is true there, and the row has an
    error. `value` is null unless the status is reported. `symbol` is the text that stood for a number.
    `rounded_to` is the step to which the column (or each of its parts) is printed: 1, 0.1, 0.01; null beyond
    six decimals, where nothing was rounded.
    """

    status: pl.Expr
    value: pl.Expr
    symbol: pl.Expr
    rounded_to: pl.Expr
    unknown: pl.Expr

    def named(
        self,
        status: str = "status",
        value: str = "value",
        symbol: str = "symbol",
        rounded_to: str = "rounded_to",
    ) -> list[pl.Expr]:
        """The four that `published_results` has, under its names."""
        return [
            self.status.alias(status),
            self.value.alias(value),
            self.symbol.alias(symbol),
            self.rounded_to.alias(rounded_to),
        ]


def status_and_value(
    column: str | pl.Expr,
    symbols: Mapping[str, Status | str] | None = None,
    *,
    over: str | list[str] | None = None,
) -> Figure:
    """What a text column of figures says: `63%` is reported, 63.0; `SUPP` is suppressed, without a value.

    `symbols` adds meanings to `SYMBOLS` or replaces them. `over` names the columns within whose groups the
    printed decimals are compared, for tidy data where one column holds many measures.
    """
    known = dict(_STATUSES)
    known.update({text.strip().upper(): str(Status(status)) for text, status in (symbols or {}).items()})
    blank_status = known.pop("", BLANK.value)
    text = (pl.col(column) if isinstance(column, str) else column).str.strip_chars()
    blank = text.is_null() | (text == "")
    meaning = text.str.to_uppercase().replace_strict(known, default=None, return_dtype=pl.String)
    is_number = text.str.contains(NUMBER).fill_null(False) & meaning.is_null()
    status = (
        pl.when(blank)
        .then(pl.lit(blank_status))
        .when(is_number)
        .then(pl.lit(Status.REPORTED.value))
        .otherwise(meaning)
    )
    bare = text.str.strip_chars_end("% ").str.replace_all(",", "", literal=True)
    value = pl.when(is_number).then(bare).cast(pl.Float64, strict=False)
    decimals = (
        pl.when(is_number & ~text.str.contains(r"[eE]"))
        .then(bare.str.extract(r"\.(\d*?)0*$", 1).fill_null("").str.len_chars())
        .max()
    )
    if over is not None:
        decimals = decimals.over(over)
    step = pl.when(decimals <= 6).then(pl.lit(10.0).pow(-decimals.cast(pl.Float64)).round(6))
    return Figure(
        status=status,
        value=value,
        symbol=pl.when(~blank & meaning.is_not_null()).then(text),
        rounded_to=pl.when(is_number).then(step),
        unknown=~blank & ~is_number & meaning.is_null(),
    )


def unknown_text(
    frame: pl.DataFrame,
    column: str,
    symbols: Mapping[str, Status | str] | None = None,
    *,
    row: str = "row",
    called: str | None = None,
) -> list[Finding]:
    """An error for each text in a column of figures that is neither a number nor a known symbol."""
    odd = frame.filter(status_and_value(column, symbols).unknown).select(
        row, pl.col(column).str.strip_chars()
    )
    if odd.is_empty():
        return []
    return [
        Finding(
            "error",
            "not a number",
            repr(text[:40]),
            "a number, a percentage or a symbol such as SUPP, NE, NA, x, z, c",
            "correct the cell; if the text is a symbol of yours, name it under [symbols] of a mapping",
            column=called or column,
            rows=tuple(sorted(rows)),
        )
        for text, rows in odd.group_by(column, maintain_order=True).agg(pl.col(row)).iter_rows()
    ]
