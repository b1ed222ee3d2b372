"""Delimited text (CSV, tab, semicolon, pipe) as a received file."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from headway.figures.reading.encodings import LOST, NUL_SHOWN, Text
from headway.figures.reading.received import SAMPLE_ROWS, ReceivedFile, RejectedRow, header_names
from headway.figures.reading.shape import OddRow, Shape, delimiter_of, shape_of, split
from headway.figures.sources import Finding, Unreadable

_HEAD = 1 << 18
_LINE_END = 2  # bytes of the longest line end
_FEW_LINES = 1 << 16  # characters from which the delimiter is told
_TITLE_LINES = 40  # how far down a header is looked for


@dataclass(frozen=True)
class Header:
    """Where the header stands: its cells, its row in the file (from 1), and where the rows below it begin."""

    cells: tuple[str, ...]
    row: int
    below: int


def delimited(path: Path, name: str, sha256: str, container: str, text: Text, on_disk: bool) -> ReceivedFile:
    """The table in a text. `on_disk` says that the text is the file itself, which may be read from there."""
    whole = np.frombuffer(text.content, dtype=np.uint8)
    stop = _end_of_text(whole, text.start)
    head = bytes(text.content[text.start : min(stop, text.start + _HEAD)]).decode("utf-8", errors="ignore")
    if not head.strip():
        raise Unreadable(f"{name} is empty. A header row and at least one row below it are expected.")
    complete = stop <= text.start + _HEAD
    few = head[:_FEW_LINES]
    few_whole = complete and len(few) == len(head)
    delimiter = delimiter_of(few if few_whole else few[: few.rfind("\n") + 1] or head)
    header = header_of(head, delimiter)
    names = header_names(header.cells)
    if not any(cell.strip() for cell in header.cells):
        raise Unreadable(
            f"{name} has no header row: no row near its top names columns. Add one above the rows."
        )
    begin = text.start + header.below
    shape = shape_of(
        whole[begin:stop],
        delimiter,
        len(names),
        damage=(LOST.encode(), NUL_SHOWN.encode()) if text.damaged else (),
    )
    first_row = header.row + 1
    if shape.rows == len(shape.blank) + sum(item.problem is not None for item in shape.odd):
        frame_of = _no_rows(names)
    elif shape.content is not None:
        frame_of = _frame(
            shape.content, names, delimiter, 0, first_row, _left_out(shape, first_row), quoted=True
        )
    else:
        quoted = _holds_quotes(whole[begin:stop])
        source: Path | bytes = path
        skip = int(np.count_nonzero(whole[:begin] == 10))
        tail = whole[stop:].tobytes() if len(whole) - stop <= _LINE_END else b"more"
        if not on_disk or tail not in (b"", b"\n", b"\r\n") or whole[begin - 1] != 10:
            source, skip = bytes(text.content[begin:stop]), 0
        first_line = whole[:begin].tobytes().rstrip(b"\r\n")
        plain = skip == 1 and first_line == delimiter.join(names).encode() and b'"' not in first_line
        frame_of = _frame(source, names, delimiter, skip, first_row, (), quoted=quoted, header=plain)
    rejected = [_rejected(item, first_row, delimiter) for item in shape.odd if item.problem is not None]
    below = head[len(_as_text(bytes(text.content[text.start : begin]))) :]
    cells = [
        tuple(row) for row in split(_whole_lines(below, complete), delimiter, SAMPLE_ROWS + 5) if any(row)
    ]
    return ReceivedFile(
        path=path,
        name=name,
        sha256=sha256,
        container=container,
        header=names,
        header_row=header.row,
        sample=[(*row, *[""] * (len(names) - len(row))) for row in cells[:SAMPLE_ROWS]],
        encoding=text.encoding,
        delimiter=delimiter,
        problems=[*_findings(shape, first_row, text.encoding), *_header_findings(header, names)],
        rejected=rejected,
        row_count=shape.rows - len(shape.blank) - len(rejected),
        frame=frame_of,
    )


def _as_text(content: bytes) -> str:
    return content.decode("utf-8", errors="ignore")


def _whole_lines(text: str, complete: bool) -> str:
    return text if complete else text[: text.rfind("\n") + 1]


def _holds_quotes(content: np.ndarray[tuple[int], np.dtype[np.uint8]]) -> bool:
    return any(b'"' in content[at : at + _HEAD].tobytes() for at in range(0, len(content), _HEAD))


def _end_of_text(content: np.ndarray[tuple[int], np.dtype[np.uint8]], start: int) -> int:
    """Where the last line ends: blank lines and the old end-of-file mark below it are no rows."""
    stop = len(content)
    while stop > start:
        tail = content[max(start, stop - 4096) : stop]
        solid = np.flatnonzero((tail != 10) & (tail != 13) & (tail != 26))
        if solid.size:
            return stop - len(tail) + int(solid[-1]) + 1
        stop -= len(tail)
    return start


def header_of(head: str, delimiter: str) -> Header:
    """The header row of a text: the first that has a name in most cells that the rows below it fill."""
    lines = _records(head, _TITLE_LINES)
    rows = [next(iter(split(line, delimiter)), []) for line, _ in lines]
    index = header_index(rows)
    below = sum(length for _, length in lines[: index + 1])
    return Header(tuple(rows[index]), index + 1, below)


def _records(head: str, most: int) -> list[tuple[str, int]]:
    """The first rows of a text with their length in bytes, line end included; a quoted cell may hold line ends."""
    found: list[tuple[str, int]] = []
    held = ""
    for match in re.finditer(r"[^\r\n]*(?:\r\n|\n|\r|$)", head):
        line = match[0]
        if not line or len(found) == most:
            break
        held += line
        if held.count('"') % 2 == 0 or held.count("\n") > 20:
            found.append((held.rstrip("\r\n"), len(held.encode())))
            held = ""
    if held and len(found) < most:
        found.append((held.rstrip("\r\n"), len(held.encode())))
    return found


def header_index(rows: Sequence[Sequence[str]]) -> int:
    """Which of the first rows is the header. Title lines above it fill few cells; a ruler (A, B, C or 1, 2, 3)
    names nothing."""
    filled = [sum(bool(cell.strip()) for cell in row) for row in rows]
    # A single row that is too long must not make the header look like a title line.
    widest = max(
        (count for count in filled if filled.count(count) > 1 and count), default=max(filled, default=0)
    )
    for index, row in enumerate(rows):
        if (
            filled[index] >= max(1, 0.5 * widest)
            and (filled[index] > 1 or widest == 1)
            and not _is_ruler(row)
        ):
            return index
    return next((index for index, count in enumerate(filled) if count), 0)


def _is_ruler(row: Sequence[str]) -> bool:
    cells = [cell.strip() for cell in row if cell.strip()]
    if len(cells) < 3:
        return False
    starts_as_one = cells[:3] == ["A", "B", "C"] or [cell.removesuffix(".0") for cell in cells[:3]] == [
        "1",
        "2",
        "3",
    ]
    return starts_as_one and all(re.fullmatch(r"[A-Z]{1,2}|\d{1,3}(\.0)?", cell) for cell in cells)


def _frame(
    source: Path | bytes,
    names: Sequence[str],
    delimiter: str,
    skip: int,
    first_row: int,
    left_out: Sequence[int],
    *,
    quoted: bool,
    header: bool = False,
) -> Callable[[], pl.LazyFrame]:
    schema = {name: pl.String() for name in names}
    # A plain header on the first line is left to Polars: told to skip lines, it cuts up the file more slowly.

    def scan() -> pl.LazyFrame:
        frame = pl.scan_csv(
            source,
            separator=delimiter,
            has_header=header,
            schema=schema,
            skip_lines=0 if header else skip,
            row_index_name="row",
            row_index_offset=first_row,
            null_values=[""] if quoted else None,
        ).with_columns(pl.col("row").cast(pl.Int64))
        return frame.filter(~pl.col("row").is_in(left_out)) if left_out else frame

    return scan


def _no_rows(names: Sequence[str]) -> Callable[[], pl.LazyFrame]:
    schema = {"row": pl.Int64(), **dict.fromkeys(names, pl.String())}
    return lambda: pl.LazyFrame(schema=schema)


def _left_out(shape: Shape, first_row: int) -> list[int]:
    set_aside = [item.index for item in shape.odd if item.problem is not None]
    return [first_row + index for index in sorted({*shape.blank, *set_aside})]


def _rejected(item: OddRow, first_row: int, delimiter: str) -> RejectedRow:
    cells = next(iter(split(item.raw, delimiter)), [])
    return RejectedRow(first_row + item.index, item.raw, tuple(cells), item.problem or "")


_ADVICE = {
    "too many cells": "put the cell that holds the delimiter in quotation marks, or delete the surplus cell",
    "quotation mark astray": "close the quotation mark, or delete it",
    "undecodable": "type the lost letters again, or save the file anew as CSV UTF-8",
    "short at the end": "nothing, if the file came so; the missing cells count as not available",
    "blank cells beyond the header": "nothing; they held nothing",
    "quotation mark inside a cell": "look at the row; nothing if it is right",
}


def _findings(shape: Shape, first_row: int, encoding: str) -> list[Finding]:
    """One finding a rule, and one a distinct problem for errors."""
    by_kind: dict[tuple[str, str, bool], list[int]] = {}
    for item in shape.odd:
        key = (item.rule, item.problem or item.remark, item.problem is not None)
        by_kind.setdefault(key, []).append(first_row + item.index)
    return [
        Finding(
            "error" if is_error else "warning" if rule != "blank cells beyond the header" else "note",
            rule,
            what,
            f"text in {encoding}" if rule == "undecodable" else "as many cells as the header has names",
            _ADVICE[rule],
            rows=tuple(rows),
        )
        for (rule, what, is_error), rows in by_kind.items()
    ]


def _header_findings(header: Header, names: Sequence[str]) -> list[Finding]:
    found: list[Finding] = []
    if header.row > 1:
        found.append(
            Finding(
                "note",
                "title lines",
                f"the header stands on row {header.row}",
                "the header on row 1",
                "nothing; the lines above it were not read",
                rows=(header.row,),
            )
        )
    repeated = [name for name in names if re.search(r" \(\d+\)$", name) and name not in header.cells]
    if repeated:
        found.append(
            Finding(
                "warning",
                "repeated column",
                f"a header name stands twice: {', '.join(repeated[:5])}",
                "each name once",
                "rename one of them if both matter",
            )
        )
    return found
