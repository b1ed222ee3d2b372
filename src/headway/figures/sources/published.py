"""What the sources of published figures share: symbols, cells as figures, years, names of authorities' areas.

Published figures come as tables with one column a figure (DfE performance tables, census) or as tidy rows with
one column a kind of figure (Explore Education Statistics). Both become *cells*: one row a cell of the file, with
the organisation and the meaning of its column, and cells become rows of `published_results`.
A symbol becomes a status and never a number; missing is never zero.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import polars as pl

from headway.figures import symbols
from headway.figures.rounding import numerator_if_unique, numerator_range_expressions
from headway.figures.sources import Finding, Unreadable
from headway.figures.tables import Status

SYMBOLS: dict[str, Status] = {known.text.upper(): known.status for known in symbols.SYMBOLS} | {
    "": symbols.BLANK
}
"""Symbols in place of a number, in capitals, and what they say. Anything else that is no number is an error
(`unknown_symbols`), and its row is set aside."""

Field = Literal["value", "lower", "upper", "description"]


@dataclass(frozen=True)
class Meaning:
    """What a column of a file holds: a field of the figure of a measure for a group.

    `cohort` names the column with the number of pupils of whom a percentage was taken; `count` the column with
    the number of pupils counted, where the file has it; `unit` is that of the measure.
    """

    column: str
    measure: str
    group: str = "all"
    years_pooled: int = 1
    field: Field = "value"
    unit: str = "percent"
    cohort: str | None = None
    count: str | None = None


_TOO_LARGE = 1e12
"""No count of pupils or money reaches this; a longer row of digits is no number."""

_POSSIBLE: dict[str, tuple[float, float]] = {
    "percent": (0, 100),
    "pupils": (0, 1e8),
    "scaled score": (80, 120),
    "points": (0, 100),
    "progress points": (-60, 60),
    "index": (50, 150),
}
"""Between what a figure of a unit can lie: scaled scores by definition, the others far beyond any published."""


def text(column: str) -> pl.Expr:
    """The cell without surrounding blanks; null stays null."""
    return pl.col(column).str.strip_chars()


def number(column: str) -> pl.Expr:
    """The cell as a number, without its percent sign; null for symbols and blanks."""
    cell = text(column)
    plain = cell.str.strip_chars_end("% ").str.replace_all(",", "", literal=True)
    value = pl.when(cell.str.contains(symbols.NUMBER)).then(plain.cast(pl.Float64, strict=False))
    return pl.when(value.abs() < _TOO_LARGE).then(value)


def whole_number(column: str) -> pl.Expr:
    """The cell as a whole number; null for symbols, blanks and fractions."""
    value = number(column)
    return pl.when(value == value.floor()).then(value.cast(pl.Int64, strict=False))


def status(column: str) -> pl.Expr:
    """Whether the cell has a number, and if not why; a missing cell is not available."""
    cell = text(column).str.to_uppercase().fill_null("")
    statuses = {known: state.value for known, state in SYMBOLS.items()}
    return (
        pl.when(number(column).is_not_null())
        .then(pl.lit(Status.REPORTED.value))
        .otherwise(cell.replace_strict(statuses, default=Status.NOT_AVAILABLE.value, return_dtype=pl.String))
    )


def symbol(column: str) -> pl.Expr:
    """What stood in the cell in place of a number; null where it was a number or empty."""
    cell = text(column)
    return pl.when(number(column).is_null() & (cell != "")).then(cell)


def decimals(column: str, *, significant: bool = False) -> pl.Expr:
    """How many decimal places the cell shows; `significant` leaves the noughts at its end out."""
    pattern = r"\.(\d*?)0*\s*%?$" if significant else r"\.(\d+)\s*%?$"
    return text(column).str.extract(pattern, 1).str.len_chars().fill_null(0).cast(pl.Int64)


def step(places: pl.Expr) -> pl.Expr:
    """The step of a figure shown with so many decimal places: 1, 0.1, 0.01 …"""
    return pl.lit(10.0).pow(-places)


def figures(cells: pl.DataFrame, meanings: Iterable[Meaning], *, dataset: str, release: str) -> pl.DataFrame:
    """Rows of `published_results` from a table with one column a figure.

    `cells` has `organisation`, `year`, `row` and the file's columns as text; a column that a meaning names
    may be absent. A percentage's numerator is the file's own count, or else the only number of pupils of its cohort
    that rounds to it; the cohort is its denominator.
    """
    present = [meaning for meaning in meanings if meaning.column in cells.columns]
    beside: dict[tuple[str, str, int, Field], str] = {
        (m.measure, m.group, m.years_pooled, m.field): m.column for m in present if m.field != "value"
    }
    values = [meaning for meaning in present if meaning.field == "value"]
    counted = {c for m in values for c in (m.cohort, m.count) if c is not None and c in cells.columns}
    pupils = cells.select(whole_number(name).alias(name) for name in sorted(counted))
    parts = [_figures_of(cells, meaning, beside, pupils) for meaning in values]
    if not parts:
        nothing = Meaning("organisation", "")
        parts = [_figures_of(cells, nothing, {}, pupils).head(0)]
    result = pl.concat(parts)
    result = result.join(
        _read(result["cell"]), on="cell", how="left", nulls_equal=True, maintain_order="left"
    )
    percent = pl.col("unit") == "percent"
    reported = pl.col("status") == Status.REPORTED.value
    # A percentage of 60.0 may be printed 60: for percentages the cell says how finely it was rounded, since a coarser
    # step only widens what the numerator could be; but a column of 60.20, 24.90 … was rounded to tenths, whatever its
    # format shows. Averages take the finest step shown in their column.
    finest = pl.col("significant").max().over("column")
    places = pl.when(percent).then(pl.min_horizontal("shown", finest)).otherwise(finest)
    return (
        result.with_columns(
            pl.when(reported & (pl.col("unit") != "pupils")).then(step(places)).alias("rounded_to")
        )
        .with_columns(
            pl.when(reported & percent & (pl.col("numerator") <= pl.col("denominator")))
            .then(pl.col("numerator"))
            .when(reported & percent)
            .then(numerator_if_unique(pl.col("value"), pl.col("rounded_to"), pl.col("denominator")))
            .alias("numerator"),
            *(pl.when(reported).then(pl.col(name)).alias(name) for name in ("lower", "upper", "description")),
            pl.lit(dataset).alias("dataset"),
            pl.lit(release).alias("release"),
        )
        .select(PUBLISHED)
    )


PUBLISHED = (
    *("organisation", "year", "years_pooled", "measure", "group", "dataset", "release", "status", "value"),
    *("rounded_to", "numerator", "denominator", "lower", "upper", "description", "symbol", "column", "row"),
)
"""The columns of `published_results` that `figures` makes, and the row of the file."""


def _figures_of(
    cells: pl.DataFrame,
    meaning: Meaning,
    beside: Mapping[tuple[str, str, int, Field], str],
    pupils: pl.DataFrame,
) -> pl.DataFrame:
    """One column's cells with their meaning, the limits and band beside them and the numbers of pupils."""

    def side(field: Field) -> str | None:
        return beside.get((meaning.measure, meaning.group, meaning.years_pooled, field))

    def counted(name: str | None) -> pl.Series | pl.Expr:
        return pupils[name] if name is not None and name in pupils.columns else pl.lit(None, pl.Int64)

    lower, upper, band = side("lower"), side("upper"), side("description")
    return cells.select(
        "organisation",
        "year",
        "row",
        pl.col(meaning.column).alias("cell"),
        number(lower).alias("lower") if lower else pl.lit(None, pl.Float64).alias("lower"),
        number(upper).alias("upper") if upper else pl.lit(None, pl.Float64).alias("upper"),
        (pl.when(text(band) != "").then(text(band)) if band else pl.lit(None, pl.String)).alias(
            "description"
        ),
        pl.lit(meaning.measure).alias("measure"),
        pl.lit(meaning.group).alias("group"),
        pl.lit(meaning.years_pooled, pl.Int64).alias("years_pooled"),
        pl.lit(meaning.unit).alias("unit"),
        pl.lit(meaning.column).alias("column"),
        counted(meaning.count).alias("numerator"),
        counted(meaning.cohort).alias("denominator"),
    )


def _read(cell: pl.Series) -> pl.DataFrame:
    """What each text says; a file of millions of cells has a few thousand texts, so each is read once."""
    return (
        pl.DataFrame({"cell": cell.unique()})
        .with_columns(
            status("cell").alias("status"),
            number("cell").alias("value"),
            symbol("cell").alias("symbol"),
            decimals("cell").alias("shown"),
            decimals("cell", significant=True).alias("significant"),
        )
        .select("cell", "status", "value", "symbol", "shown", "significant")
    )


def unknown_symbols(results: pl.DataFrame) -> list[Finding]:
    """Errors for the rows with a text that is neither a number nor one of `SYMBOLS`: what it says is not guessed."""
    strange = results.filter(
        pl.col("symbol").is_not_null() & ~pl.col("symbol").str.to_uppercase().is_in(list(SYMBOLS))
    )
    return [
        Finding(
            "error",
            "unknown_symbol",
            found=repr(found[:40]),
            expected=f"a number, or one of {', '.join(key for key in SYMBOLS if key)}",
            advice="correct the cell in the set-aside file and load that; if the text is a symbol of yours, load the "
            "file with a mapping that says what it means",
            column=column,
            rows=tuple(sorted(set(rows))),
        )
        for found, column, rows in strange.group_by("symbol", "column", maintain_order=True)
        .agg(pl.col("row"))
        .iter_rows()
    ]


def impossible_values(results: pl.DataFrame, units: Mapping[str, str]) -> list[Finding]:
    """Errors for the rows with a figure that cannot be: more than 100 %, fewer than no pupils, a scaled score of 12.

    `units` gives the unit of each measure; measures that it does not name are not checked.
    """
    limits = pl.DataFrame(
        [(measure, *_POSSIBLE[unit]) for measure, unit in units.items() if unit in _POSSIBLE],
        schema={"measure": pl.String, "least": pl.Float64, "most": pl.Float64},
        orient="row",
    )
    wrong = results.join(limits, on="measure", how="inner", maintain_order="left").filter(
        ~pl.col("value").is_between(pl.col("least"), pl.col("most"))
    )
    return [
        Finding(
            "error",
            "impossible_value",
            found=f"{values[0]:g}",
            expected=f"a number from {least:g} to {most:g}",
            advice="Correct the cell in the set-aside file and load that.",
            column=column,
            rows=tuple(sorted(set(rows))),
        )
        for column, values, least, most, rows in wrong.group_by("column", maintain_order=True)
        .agg("value", pl.col("least").first(), pl.col("most").first(), "row")
        .iter_rows()
    ]


def units_of(meanings: Iterable[Meaning]) -> dict[str, str]:
    """The unit of each measure."""
    return {meaning.measure: meaning.unit for meaning in meanings}


def impossible_percentages(results: pl.DataFrame) -> list[Finding]:
    """A warning where a percentage is of another cohort than the one printed beside it."""
    low, _ = numerator_range_expressions(pl.col("value"), pl.col("rounded_to"), pl.col("denominator"))
    wrong = results.filter(
        pl.col("value").is_not_null()
        & pl.col("rounded_to").is_not_null()
        & pl.col("value").is_between(0, 100)
        & (pl.col("denominator") > 0)
        & pl.col("numerator").is_null()
        & low.is_null()
    )
    if wrong.is_empty():
        return []
    first = wrong.row(0, named=True)
    return [
        Finding(
            "warning",
            "percentage_of_another_cohort",
            found=f"{first['value']:g} % of {first['denominator']} pupils ({wrong.height} such cells)",
            expected="a percentage that some number of the pupils of its cohort gives",
            advice="The publisher counted it over another number of pupils than it prints. The figure is kept as "
            "published, without a number of pupils counted.",
            column=str(first["column"]),
            rows=tuple(sorted(set(wrong["row"].to_list()))[:20]),
        )
    ]


def columns_not_used(columns: Sequence[str], because: str) -> list[Finding]:
    """One note that names the columns of the file which no figure was taken from."""
    if not columns:
        return []
    return [
        Finding(
            "note",
            "columns_not_used",
            found=", ".join(columns),
            expected="",
            advice=because,
        )
    ]


_YEARS = re.compile(r"(?<!\d)(20\d\d)\s*[-_/ ]?\s*(20)?(\d\d)(?!\d)")
_TAGGED = re.compile(r"(provisional|revised|final)", re.IGNORECASE)


def year_named(*names: str) -> int | None:
    """The calendar year in which the academic year in a name ends: 2018-2019, 2018_19 and 201819 are 2019.

    The first name that has one counts; None if none has.
    """
    for name in names:
        for found in _YEARS.finditer(name):
            start, end = int(found[1]), int(found[3])
            if (start + 1) % 100 == end and (not found[2] or start + 1 == int(f"20{end:02d}")):
                return start + 1
    return None


def release_named(name: str) -> str:
    """The release that a file's own name states (ks2final, ks2revised, ks2provisional), else unknown.

    DfE publishes the three with the same columns, so nothing but the name or the user can say.
    """
    found = _TAGGED.search(name)
    return found[1].lower() if found else "unknown"


def year_missing(what: str) -> Unreadable:
    """What a user is told when neither content nor name gives the year."""
    return Unreadable(
        f"{what} does not say which year it is for. Nothing was loaded. Put the academic year into the file's name, "
        "such as 2018-2019 (or load it with a mapping that gives the year), and load it again."
    )


def scope_of_authorities(codes: Iterable[str | None]) -> str:
    """The part of the world for which a file of these authorities speaks: 936, 886+887, or england for many."""
    known = sorted({code for code in codes if code})
    return "+".join(known) if 0 < len(known) <= 5 else "england"


REGIONS: Mapping[str, str] = {
    "North East": "E12000001",
    "North West": "E12000002",
    "Yorkshire and The Humber": "E12000003",
    "East Midlands": "E12000004",
    "West Midlands": "E12000005",
    "East of England": "E12000006",
    "London": "E12000007",
    "South East": "E12000008",
    "South West": "E12000009",
    "Inner London": "E13000001",
    "Outer London": "E13000002",
}
"""The regions of England and their ONS codes."""
