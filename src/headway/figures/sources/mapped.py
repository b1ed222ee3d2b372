"""Any spreadsheet, with a mapping file that says what its columns are. Not found by itself: it needs the mapping.

Figures become rows of `published_results` with their symbols as statuses; other columns become fields of the
tables that the mapping names. A row without an organisation is set aside: nothing is loaded about nobody.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from headway.figures.mapping_files import (
    UNITS,
    Lookup,
    MappedField,
    MappedFigure,
    Mapping,
    nearest,
    read_mapping,
)
from headway.figures.reading import ReceivedFile, received
from headway.figures.reading.received import listed
from headway.figures.sources import Finding, Reading, Recognition, Unreadable
from headway.figures.symbols import status_and_value, unknown_text
from headway.figures.tables import TABLES, Column, Status

_DATES = (
    "%Y-%m-%d",
    "%d/%m/%Y",
    "%d-%m-%Y",
    "%d.%m.%Y",
    "%Y%m%d",
    "%d %B %Y",
    "%d %b %Y",
    "%Y-%m-%d %H:%M:%S",
)


def mapped_source(path: Path) -> MappedSource:
    """The source that a mapping file makes. Raises `Unreadable` where the mapping is wrong."""
    return MappedSource(read_mapping(path))


@dataclass
class MappedSource:
    """A file whose columns a mapping explains."""

    mapping: Mapping
    key: str = ""
    title: str = ""
    expects: Sequence[str] = ()

    def __post_init__(self) -> None:
        self.key = f"mapping:{self.mapping.name}"
        self.title = self.mapping.title
        self.expects = self.mapping.columns

    def recognise(self, file: ReceivedFile) -> Recognition | None:
        """Whoever gives a mapping says what the file is; missing columns are told when it is read."""
        return Recognition(1.0, self.key)

    def read(self, file: ReceivedFile) -> Reading:
        """Rows of the tables that the mapping names. Raises `Unreadable` where the file lacks a column of it."""
        mapping = self.mapping
        _has_columns(mapping, file)
        frame = file.rows(mapping.columns).collect()
        height = frame.height
        frame, findings = _without(mapping, frame)
        frame, found = _with_organisation(mapping, file, frame)
        findings += found
        frame, found = _with_year(mapping, frame)
        findings += found
        tables: dict[str, pl.DataFrame | pl.LazyFrame] = {}
        if mapping.figures:
            tables["published_results"] = pl.concat(
                _figure(mapping, figure, frame) for figure in mapping.figures
            )
            for column in dict.fromkeys(figure.column for figure in mapping.figures):
                findings += unknown_text(frame, column, mapping.symbols)
            findings += _unknown_measures(mapping)
        for table in dict.fromkeys(field.table for field in mapping.fields):
            tables[table], found = _table(mapping, table, frame)
            findings += found
        years = sorted(frame["·year"].drop_nulls().unique().to_list())
        span = "-".join(str(year) for year in dict.fromkeys((years[0], years[-1]))) if years else "all"
        return Reading(self.key, f"{self.key}:{span}", mapping.complete, height, tables, findings)


def _has_columns(mapping: Mapping, file: ReceivedFile) -> None:
    missing = [name for name in mapping.columns if name not in file.header]
    if missing:
        hints = "".join(nearest(name, file.header) for name in missing[:3])
        raise Unreadable(
            f"{file.name} has no column {listed(missing, 8)}, which the mapping {mapping.name} names.{hints} "
            f"Its columns are {listed(file.header, 30)}."
        )


def _without(mapping: Mapping, frame: pl.DataFrame) -> tuple[pl.DataFrame, list[Finding]]:
    findings: list[Finding] = []
    for column, values in mapping.without.items():
        unwanted = pl.col(column).str.strip_chars().fill_null("").is_in([value.strip() for value in values])
        rows = frame.filter(unwanted)["row"].to_list()
        if rows:
            findings.append(
                Finding(
                    "note",
                    "left out",
                    f"{len(rows)} rows with {' or '.join(values)}",
                    advice="nothing; the mapping leaves them out",
                    column=column,
                    rows=tuple(rows),
                )
            )
            frame = frame.filter(~unwanted)
    return frame, findings


def _with_organisation(
    mapping: Mapping, file: ReceivedFile, frame: pl.DataFrame
) -> tuple[pl.DataFrame, list[Finding]]:
    chosen = mapping.organisation
    if chosen is None:
        return frame.with_columns(pl.lit(None, pl.String).alias("·organisation")), []
    code = pl.col(chosen.column).str.strip_chars().str.strip_suffix(".0")
    if chosen.kind in ("name", "laestab"):
        assert chosen.lookup is not None
        frame = _looked_up(mapping, file, frame, chosen.lookup)
        expected = f"a school that the list {chosen.lookup.file} names once"
        advice = f"add its URN to {chosen.lookup.file}, or correct the name"
    else:
        shape, prefix, expected = {
            "urn": (r"^\d{6}$", "school", "six digits (URN)"),
            "authority": (r"^\d{3}$", "authority", "three digits of an authority"),
            "trust": (r"^\d+$", "trust", "the number (UID) of a trust"),
            "key": (r"^[a-z]+:\S+$", "", "kind:code, such as school:125025"),
        }[chosen.kind]
        named = code if not prefix else pl.format("{}:{}", pl.lit(prefix), code)
        frame = frame.with_columns(pl.when(code.str.contains(shape)).then(named).alias("·organisation"))
        advice = "fill in the code of the school or authority"
    nobody = frame.filter(pl.col("·organisation").is_null())
    if nobody.is_empty():
        return frame, []
    values = nobody[chosen.column].fill_null("(blank)").unique(maintain_order=True)
    return frame.filter(pl.col("·organisation").is_not_null()), [
        Finding(
            "error",
            "no organisation",
            listed([repr(value) for value in values.to_list()], 3),
            expected,
            advice,
            column=chosen.column,
            rows=tuple(nobody["row"].to_list()),
        )
    ]


def _looked_up(mapping: Mapping, file: ReceivedFile, frame: pl.DataFrame, lookup: Lookup) -> pl.DataFrame:
    """The organisation of each row by name (and authority) or DfE number; null where the list has none, or two."""
    chosen = mapping.organisation
    assert chosen is not None
    path = next(
        (
            folder / lookup.file
            for folder in (mapping.folder, file.path.parent)
            if (folder / lookup.file).is_file()
        ),
        None,
    )
    if path is None:
        raise Unreadable(
            f"The list {lookup.file} of the mapping {mapping.name} is neither beside the mapping nor beside "
            f"{file.name}. Put it there, or correct organisation.lookup.file."
        )
    listing = received(path)[0]
    column = lookup.name if chosen.kind == "name" else lookup.laestab
    assert column is not None
    keys = [(chosen.column, column)]
    if chosen.authority and lookup.authority:
        keys.append((chosen.authority, lookup.authority))
    named = listing.rows([lookup.urn, *(there for _, there in keys), *lookup.only]).collect()
    for only, value in lookup.only.items():
        named = named.filter(pl.col(only) == value)
    marks = [f"·key {number}" for number in range(len(keys))]
    known = (
        named.filter(pl.col(lookup.urn).str.contains(r"^\d{6}$"))
        .select(
            pl.format("school:{}", pl.col(lookup.urn)).alias("·organisation"),
            *(_comparable(there).alias(mark) for (_, there), mark in zip(keys, marks, strict=True)),
        )
        .group_by(marks)
        .agg(pl.col("·organisation").unique())
        .filter(pl.col("·organisation").list.len() == 1)
        .with_columns(pl.col("·organisation").list.first())
    )
    asked = frame.with_columns(
        _comparable(here).alias(mark) for (here, _), mark in zip(keys, marks, strict=True)
    )
    return asked.join(known, on=marks, how="left", maintain_order="left").drop(marks)


def _comparable(column: str) -> pl.Expr:
    return (
        pl.col(column)
        .str.to_lowercase()
        .str.replace_all(r"[^a-z0-9]+", " ")
        .str.strip_chars()
        .str.strip_suffix(" 0")
    )


def _with_year(mapping: Mapping, frame: pl.DataFrame) -> tuple[pl.DataFrame, list[Finding]]:
    column = mapping.year.column
    if column is None:
        return frame.with_columns(pl.lit(mapping.year.value, pl.Int64).alias("·year")), []
    frame = frame.with_columns(year_of(pl.col(column)).alias("·year"))
    odd = frame.filter(pl.col("·year").is_null())
    if odd.is_empty():
        return frame, []
    return frame.filter(pl.col("·year").is_not_null()), [
        Finding(
            "error",
            "no year",
            listed([repr(value) for value in odd[column].unique().to_list()], 3),
            "a year, as 2019, 2018/19 or 201819",
            "fill in the year",
            column=column,
            rows=tuple(odd["row"].to_list()),
        )
    ]


def year_of(text: pl.Expr) -> pl.Expr:
    """The calendar year in which the academic year ends, of 2019, 2018/19, 2018-2019 or 201819; else null."""
    bare = text.str.strip_chars().str.strip_suffix(".0")
    first = bare.str.extract(r"^((?:19|20)\d\d)", 1).cast(pl.Int64, strict=False)
    second = bare.str.extract(r"^(?:19|20)\d\d\s*[-/–]?\s*((?:19|20)?\d\d)$", 1)
    ends = first + 1
    whole = bare.str.contains(r"^(?:19|20)\d\d$")
    matches = second.str.tail(2) == (ends % 100).cast(pl.String).str.zfill(2)
    return pl.when(whole).then(first).when(matches).then(ends)


def _figure(mapping: Mapping, figure: MappedFigure, frame: pl.DataFrame) -> pl.DataFrame:
    cell = status_and_value(figure.column, mapping.symbols)
    factor = UNITS[figure.unit]
    reported = cell.status == Status.REPORTED.value
    printed = pl.col(figure.column).str.extract(r"\.(\d+)", 1).fill_null("").str.len_chars().cast(pl.Float64)
    # A percentage printed without decimals may be rounded more coarsely than others of its column: the wider step
    # is the safe one. In fractions and scores a missing last digit is only a zero that was not printed.
    coarse = pl.max_horizontal(cell.rounded_to, pl.lit(10.0).pow(-printed).round(6))
    step = coarse if figure.unit == "percent" else cell.rounded_to

    def side(column: str | None, scale: float = 1.0) -> pl.Expr:
        if column is None:
            return pl.lit(None, pl.Float64)
        return pl.when(reported).then(status_and_value(column, mapping.symbols).value * scale)

    def pupils(column: str | None) -> pl.Expr:
        return side(column).cast(pl.Int64, strict=False)

    description = pl.lit(None, pl.String)
    if figure.description:
        text = pl.col(figure.description).str.strip_chars()
        translated = (
            text.replace_strict(dict(figure.descriptions), default=None, return_dtype=pl.String)
            if (figure.descriptions)
            else text.str.to_lowercase()
        )
        description = pl.when(reported & (text != "")).then(translated)
    return frame.filter(~cell.unknown).select(
        pl.col("row"),
        pl.col("·organisation").alias("organisation"),
        pl.col("·year").alias("year"),
        pl.lit(figure.years_pooled, pl.Int64).alias("years_pooled"),
        pl.lit(figure.measure).alias("measure"),
        pl.lit(figure.group).alias("group"),
        pl.lit(mapping.dataset).alias("dataset"),
        pl.lit(mapping.release).alias("release"),
        cell.status.alias("status"),
        (cell.value * factor).round(9).alias("value"),
        (pl.when(cell.rounded_to.is_not_null()).then(step) * factor).alias("rounded_to"),
        pupils(figure.numerator).alias("numerator"),
        pupils(figure.denominator).alias("denominator"),
        side(figure.lower, factor).alias("lower"),
        side(figure.upper, factor).alias("upper"),
        description.alias("description"),
        cell.symbol.alias("symbol"),
        pl.lit(figure.column).alias("column"),
    )


def _unknown_measures(mapping: Mapping) -> list[Finding]:
    from headway.figures.measures import registry

    known = registry()
    unknown = [key for key in dict.fromkeys(figure.measure for figure in mapping.figures) if key not in known]
    if not unknown:
        return []
    hints = "".join(nearest(key, known) for key in unknown[:3])
    return [
        Finding(
            "warning",
            "unknown measure",
            f"{listed(unknown, 6)}, which Headway does not define.{hints}",
            "the keys of measures",
            "correct the mapping if it is a slip; the figures are kept as they are",
        )
    ]


def _table(mapping: Mapping, name: str, frame: pl.DataFrame) -> tuple[pl.DataFrame, list[Finding]]:
    table = TABLES[name]
    fields = [field for field in mapping.fields if field.table == name]
    constants = mapping.constants.get(name, {})
    given = {field.field for field in fields} | set(constants)
    findings: list[Finding] = []
    columns: list[pl.Expr] = [pl.col("row")]
    if "organisation" in table and "organisation" not in given and mapping.organisation is not None:
        columns.append(pl.col("·organisation").alias("organisation"))
    if "year" in table and "year" not in given:
        columns.append(pl.col("·year").alias("year"))
    for key, value in constants.items():
        columns.append(pl.lit(value).cast(table[key].polars).alias(key))
    for field in fields:
        kind = table[field.field] if field.field in table else None  # noqa: SIM401 - a table has no get
        expression, odd = _value(field, kind, frame, mapping)
        columns.append(expression.alias(field.field))
        findings += odd
    lacking = [
        column.name
        for column in table.columns
        if column.required
        and column.name not in given
        and column.name not in ("organisation", "year", "pupil")
    ]
    if lacking:
        raise Unreadable(
            f"The mapping {mapping.name} fills the table {name} but not its {', '.join(lacking)}, without which no row "
            f"is whole. Add a [[field]] for each, or a value under [constants.{name}]."
        )
    return frame.select(columns), findings


def _value(
    field: MappedField, column: Column | None, frame: pl.DataFrame, mapping: Mapping
) -> tuple[pl.Expr, list[Finding]]:
    """A column as its field's type. What cannot be read as that is left as text, for the check to set aside."""
    text = pl.col(field.column).str.strip_chars()
    text = pl.when(text != "").then(text)
    if field.values:
        text = text.replace(dict(field.values))
    if column is None or column.type in ("string", "boolean"):
        return text, []
    if column.type == "date":
        read = pl.coalesce(text.str.to_date(shape, strict=False) for shape in _DATES).cast(pl.String)
        return pl.coalesce(read, text), []
    if field.values:
        return text, []
    cell = status_and_value(field.column, mapping.symbols)
    return cell.value, unknown_text(frame, field.column, mapping.symbols)
