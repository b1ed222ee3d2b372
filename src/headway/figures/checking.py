"""Checks of the rows of a file against the contract of the tables.

Cheap questions come first (is anything null, below the minimum, twice?), and only where the answer is yes
are the rows looked for. An error in one row of one table sets the whole row of the file aside.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import polars as pl

from headway.figures.sources import Finding
from headway.figures.tables import TABLES, Column, Sensitivity, Table

_FAILED = "·failed·"
_EXAMPLES = 5
_TRUE, _FALSE = ("true", "yes", "y", "1"), ("false", "no", "n", "0")


@dataclass
class Checked:
    """Rows in the contract's types, what was noticed, and the file rows (`bad`) that are set aside.

    `tables` no longer hold those rows, nor exact repetitions of others.
    """

    tables: dict[str, pl.DataFrame]
    findings: list[Finding] = field(default_factory=list)
    bad: set[int] = field(default_factory=set)


def check(tables: Mapping[str, pl.DataFrame | pl.LazyFrame], already_bad: set[int] | None = None) -> Checked:
    """`tables` (by name, with `row` and some or all columns) against `headway.figures.tables`.

    `already_bad` are file rows with errors that the source found. Raises ValueError where a frame has a column that its
    table does not know or lacks `row`: that is a mistake of the source, not of the file.
    """
    names = list(tables)
    plans = [_typed(TABLES[name], tables[name].lazy()) for name in names]
    frames = dict(zip(names, pl.collect_all(plans), strict=True))
    findings: list[Finding] = []
    bad = set(already_bad or ())
    for name, frame in frames.items():
        for finding in _findings(TABLES[name], frame):
            findings.append(finding)
            bad.update(finding.rows)
    typed = {
        name: frame.drop([c for c in frame.columns if c.startswith(_FAILED)])
        for name, frame in frames.items()
    }
    kept = _without(typed, bad)
    distinct: list[pl.Series] = []
    for name, frame in kept.items():
        table = TABLES[name]
        kept[name], duplicates = _without_duplicates(table, frame, distinct)
        findings += duplicates
        repeated = {row for finding in duplicates if finding.severity == "error" for row in finding.rows}
        bad |= repeated
    return Checked(_without(kept, bad), findings, bad)


def _without(tables: dict[str, pl.DataFrame], bad: set[int]) -> dict[str, pl.DataFrame]:
    if not bad:
        return dict(tables)
    rows = pl.Series(sorted(bad), dtype=pl.Int64)
    return {name: frame.filter(~pl.col("row").is_in(rows.implode())) for name, frame in tables.items()}


def _typed(table: Table, frame: pl.LazyFrame) -> pl.LazyFrame:
    """The frame in the contract's types, with a flag column for each cast that can fail."""
    schema = frame.collect_schema()
    unknown = [name for name in schema.names() if name not in table.schema]
    if unknown:
        raise ValueError(f"table {table.name} has no column {', '.join(unknown)}")
    if "row" not in schema:
        raise ValueError(f"the rows for table {table.name} do not say which row of the file they came from")
    columns: list[pl.Expr] = []
    for name, kind in schema.items():
        wanted = table.schema[name]
        if kind == wanted:
            columns.append(pl.col(name))
            continue
        cast = _cast(name, kind, wanted)
        columns.append(cast.alias(name))
        if kind != pl.Null:
            columns.append((cast.is_null() & pl.col(name).is_not_null()).alias(_FAILED + name))
    return frame.select(columns)


def _cast(name: str, kind: pl.DataType, wanted: pl.DataType) -> pl.Expr:
    column = pl.col(name)
    if kind == pl.String and wanted == pl.Date:
        return column.str.to_date("%Y-%m-%d", strict=False)
    if kind == pl.String and wanted == pl.Boolean:
        words = dict.fromkeys(_TRUE, True) | dict.fromkeys(_FALSE, False)
        return column.str.to_lowercase().replace_strict(words, default=None, return_dtype=pl.Boolean)
    if kind.is_float() and wanted.is_integer():
        return pl.when(column == column.round()).then(column).cast(wanted, strict=False)
    return column.cast(wanted, strict=False)


def _findings(table: Table, frame: pl.DataFrame) -> Iterator[Finding]:
    if frame.is_empty():
        return
    for column in table.columns:
        if column.name not in frame.columns:
            if column.required:
                raise ValueError(f"the rows for table {table.name} lack {column.name}, which it requires")
            continue
        series = frame[column.name]
        flag = _FAILED + column.name
        failed = frame[flag] if flag in frame.columns else None
        if failed is not None and failed.any():
            yield _error(
                frame,
                column,
                failed,
                "wrong type",
                f"{_a(column.type)}",
                "correct the cell, or leave it blank",
                show=False,
            )
        if column.required and series.null_count():
            absent = series.is_null() if failed is None else series.is_null() & ~failed
            if absent.any():
                yield _error(
                    frame,
                    column,
                    absent,
                    "missing value",
                    f"{column.description}".rstrip("."),
                    "fill in the cell",
                )
        if series.null_count() == len(series):
            continue
        yield from _outside(frame, column, series)


def _outside(frame: pl.DataFrame, column: Column, series: pl.Series) -> Iterator[Finding]:
    if column.allowed:
        odd = ~series.is_in(list(column.allowed)) & series.is_not_null()
        if odd.any():
            yield _error(
                frame,
                column,
                odd,
                "value not allowed",
                f"one of {', '.join(column.allowed)}",
                "correct the cell, or leave it blank",
            )
    if column.minimum is not None or column.maximum is not None:
        low = -float("inf") if column.minimum is None else column.minimum
        high = float("inf") if column.maximum is None else column.maximum
        least, most = series.min(), series.max()
        has_nan = bool(series.dtype.is_float() and series.is_nan().any())
        if has_nan or least < low or most > high:  # type: ignore[operator]
            odd = ((series < low) | (series > high) | (series.is_nan() if has_nan else False)).fill_null(
                False
            )
            yield _error(
                frame, column, odd, "impossible value", _range(column), "correct the cell, or leave it blank"
            )
    elif series.dtype.is_float() and not series.is_finite().all():
        odd = (~series.is_finite()).fill_null(False)
        if odd.any():
            yield _error(
                frame, column, odd, "impossible value", "a number", "correct the cell, or leave it blank"
            )


def _error(
    frame: pl.DataFrame,
    column: Column,
    odd: pl.Series,
    rule: str,
    expected: str,
    advice: str,
    *,
    show: bool = True,
) -> Finding:
    if rule == "missing value":
        found = "nothing"
    elif column.sensitivity is Sensitivity.IDENTIFYING or not show:
        found = "something else"
    else:
        values = frame[column.name].filter(odd).unique(maintain_order=True)
        found = ", ".join(repr(value)[:60] for value in values.head(_EXAMPLES).to_list())
        if len(values) > _EXAMPLES:
            found += f" and {len(values) - _EXAMPLES} others"
    return Finding("error", rule, found, expected, advice, column=column.name, rows=_rows(frame.filter(odd)))


def _a(kind: str) -> str:
    return {
        "integer": "a whole number",
        "number": "a number",
        "date": "a date, as 2019-05-13",
        "boolean": "yes or no",
        "string": "text",
    }[kind]


def _range(column: Column) -> str:
    unit = f" {column.unit}" if column.unit else ""
    if column.minimum is None:
        return f"at most {column.maximum:g}{unit}"
    if column.maximum is None:
        return f"at least {column.minimum:g}{unit}"
    return f"{column.minimum:g} to {column.maximum:g}{unit}"


def _is_distinct(values: pl.Series, known: list[pl.Series]) -> bool:
    """Whether no value stands twice. `known` are series that are so: the tables of a file have the same pupils."""
    if any(values.len() == one.len() and values.equals(one) for one in known):
        return True
    found = values.n_unique() == values.len()
    if found:
        known.append(values)
    return found


def _without_duplicates(
    table: Table, frame: pl.DataFrame, distinct: list[pl.Series]
) -> tuple[pl.DataFrame, list[Finding]]:
    """Exact repetitions kept once; rows that share a key and differ are errors, all of them.

    `distinct` collects the columns that were found to be distinct, for the other tables of the file.
    """
    key = [name for name in table.key if name in frame.columns and not _is_constant(frame[name])]
    if frame.height < 2:
        return frame, []
    if len(key) == 1 and _is_distinct(frame[key[0]], distinct):
        return frame, []
    if len(key) > 1 and frame.n_unique(subset=key) == frame.height:
        return frame, []
    key = key or [table.key[0]]
    rest = [name for name in frame.columns if name != "row"]
    doubled = frame.with_row_index("·at").filter(frame.select(key).is_duplicated())
    once = doubled.unique(subset=rest, keep="first", maintain_order=True)
    repeats = doubled.join(once.select("·at"), on="·at", how="anti")
    clashing = once.filter(once.select(key).is_duplicated()) if once.height > 1 else once.clear()
    findings: list[Finding] = []
    if repeats.height:
        frame = frame.with_row_index("·at").join(repeats.select("·at"), on="·at", how="anti").drop("·at")
        findings.append(
            Finding(
                "note",
                "repeated row",
                f"{repeats.height} rows for {table.name} say exactly what another row says",
                "each row once",
                "nothing; each was kept once",
                rows=_rows(repeats),
            )
        )
    if clashing.height:
        findings.append(
            Finding(
                "error",
                "duplicate key",
                f"rows give different values for the same {' and '.join(_words(key))} (table {table.name})",
                "one row for each",
                "delete or correct all but one of them",
                rows=_rows(doubled.join(clashing.select(key).unique(), on=key, how="semi", nulls_equal=True)),
            )
        )
    return frame, findings


def _rows(frame: pl.DataFrame) -> tuple[int, ...]:
    return tuple(frame["row"].unique().sort().to_list())


def _is_constant(series: pl.Series) -> bool:
    return len(series) > 1 and series.null_count() == 0 and bool((series == series[0]).all())


def _words(names: list[str]) -> list[str]:
    return [name.replace("_", " ") for name in names]
