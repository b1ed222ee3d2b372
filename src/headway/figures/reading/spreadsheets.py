"""Spreadsheets (xlsx, xls, xlsb, ods): one received file for each sheet that is not empty."""

from __future__ import annotations

import datetime as dt
import hashlib
import io
from pathlib import Path
from typing import Any

import polars as pl
from python_calamine import CalamineWorkbook

from headway.figures.reading.delimited import header_index
from headway.figures.reading.received import SAMPLE_ROWS, ReceivedFile, header_names
from headway.figures.sources import Finding, Unreadable

_MOST_CELLS = 60_000_000
_MOST_COLUMNS = 16_384


def spreadsheets(path: Path, name: str, sha256: str, content: bytes) -> list[ReceivedFile]:
    """Every sheet that is not empty. Raises `Unreadable` for a locked or broken workbook."""
    try:
        workbook = CalamineWorkbook.from_filelike(io.BytesIO(content))
        titles = list(workbook.sheet_names)
        sheets = [(title, workbook.get_sheet_by_name(title)) for title in titles]
    except Exception as problem:  # the reader has no common class of its own errors, and may panic
        raise _unreadable(name, problem) from None
    except BaseException as problem:
        if type(problem).__name__ == "PanicException":
            raise _unreadable(name, problem) from None
        raise
    filled: list[tuple[str, Any]] = [
        (title, sheet) for title, sheet in sheets if sheet.height and sheet.width
    ]
    if not filled:
        raise Unreadable(f"{name} has no sheet with anything in it. Rows below a header row are expected.")
    return [
        _sheet(path, name, sha256, tuple(titles), title, sheet, alone=len(filled) == 1)
        for title, sheet in filled
    ]


def _unreadable(name: str, problem: BaseException) -> Unreadable:
    words = str(problem).lower()
    if "password" in words or "encrypt" in words:
        return Unreadable(f"{name} is locked with a password. Save a copy without one, and load that.")
    return Unreadable(
        f"{name} looks like a spreadsheet but cannot be opened ({str(problem)[:120]}). Perhaps it is locked with a "
        "password or was cut short. Open it, save it anew as xlsx or CSV, and load that."
    )


def _sheet(
    path: Path, name: str, sha256: str, titles: tuple[str, ...], title: str, sheet: Any, *, alone: bool
) -> ReceivedFile:
    label = name if alone else f"{name} [{title}]"
    if sheet.width > _MOST_COLUMNS or sheet.height * sheet.width > _MOST_CELLS:
        raise Unreadable(
            f"{label} has {sheet.height:,} rows and {sheet.width:,} columns, which is more than "
            "Headway takes from a sheet. Save it as CSV without the empty rows and columns."
        )
    top = sheet.start[0] if sheet.start else 0
    rows = [[cell_text(cell) for cell in row] for row in sheet.to_python(skip_empty_area=True)]
    index = header_index(rows[:40])
    width = max((number for number, cell in enumerate(rows[index], start=1) if cell.strip()), default=0)
    beyond = tuple(
        top + number + 1
        for number, row in enumerate(rows)
        if number > index and any(cell.strip() for cell in row[width:])
    )
    if beyond:
        width = max(len(row) for row in rows)
    names = header_names(rows[index][:width])
    header_row = top + index + 1
    numbered = [
        (top + number + 1, row[:width])
        for number, row in enumerate(rows)
        if number > index and any(cell.strip() for cell in row[:width])
    ]
    frame = _table(names, numbered)
    return ReceivedFile(
        path=path,
        name=label,
        sha256=sha256 if alone else hashlib.sha256(f"{sha256}\0{title}".encode()).hexdigest(),
        container="spreadsheet",
        header=names,
        header_row=header_row,
        sample=[tuple(row) for _, row in numbered[:SAMPLE_ROWS]],
        sheets=titles,
        sheet=title,
        problems=[*_merged(sheet, header_row), *_header_place(header_row), *_beyond(beyond)],
        row_count=len(numbered),
        frame=lambda: frame.lazy(),
    )


def _table(names: tuple[str, ...], rows: list[tuple[int, list[str]]]) -> pl.DataFrame:
    columns: dict[str, pl.Series] = {"row": pl.Series([number for number, _ in rows], dtype=pl.Int64)}
    for index, name in enumerate(names):
        columns[name] = pl.Series([row[index] or None for _, row in rows], dtype=pl.String)
    return pl.DataFrame(columns)


def cell_text(cell: object) -> str:
    """A cell as text: whole numbers without a point, others as a spreadsheet shows them (15 digits), ISO dates."""
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else format(cell, ".15g")
    if isinstance(cell, dt.datetime):
        return cell.date().isoformat() if cell.time() == dt.time() else cell.isoformat(sep=" ")
    if isinstance(cell, (dt.date, dt.time)):
        return cell.isoformat()
    return "" if cell is None else str(cell)


def _merged(sheet: Any, header_row: int) -> list[Finding]:
    ranges = sheet.merged_cell_ranges or []
    below = sorted({first[0] + 1 for first, last in ranges if last[0] + 1 >= header_row})
    if not below:
        return []
    return [
        Finding(
            "warning",
            "merged cells",
            f"{len(below)} rows begin a merged cell, of which only the first cell has a value",
            "one value in each cell",
            "unmerge the cells and fill each with its value, if the blanks are not meant",
            rows=tuple(below),
        )
    ]


def _header_place(header_row: int) -> list[Finding]:
    if header_row == 1:
        return []
    return [
        Finding(
            "note",
            "title lines",
            f"the header stands on row {header_row}",
            "the header on row 1",
            "nothing; the lines above it were not read",
            rows=(header_row,),
        )
    ]


def _beyond(rows: tuple[int, ...]) -> list[Finding]:
    if not rows:
        return []
    return [
        Finding(
            "warning",
            "cells without a header",
            "cells stand to the right of the last header name",
            "a name above every column",
            "name the column, or delete the cells",
            rows=rows,
        )
    ]
