"""A file as it was received: every cell as text, every row with its number, every oddity as a finding."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import polars as pl

from headway.figures.sources import Finding, Unreadable

PROBLEM_COLUMN = "headway_problem"
"""Last column of a file of rows set aside. It, and the other columns of that prefix, are read by nobody."""
OWN_PREFIX = "headway_"
SURPLUS_PREFIX = "headway_surplus_"

SAMPLE_ROWS = 50


@dataclass(frozen=True)
class RejectedRow:
    """A row that could not be read: its number in the file, its text, its cells as far as they can be told."""

    row: int
    raw: str
    cells: tuple[str, ...]
    problem: str


@dataclass
class ReceivedFile:
    """One table, or one JSON document, that somebody sent.

    `header` holds the column names as the file has them (byte order mark and surrounding blanks stripped,
    an empty name `column_7`, a repeated one with ` (2)`); `header_row` is its row in the file, 0 where the
    format has none (JSON, Parquet: the first record is row 1). `sample` holds the cells of the first rows below
    it, blanks as empty text. `problems` are findings made while reading; the rows of its errors are in
    `rejected` and not in `rows()`. `mended` says that these are rows that Headway once set aside.
    """

    path: Path
    name: str
    sha256: str
    container: str
    header: tuple[str, ...] = ()
    header_row: int = 1
    sample: list[tuple[str, ...]] = field(default_factory=list)
    encoding: str | None = None
    delimiter: str | None = None
    sheets: tuple[str, ...] = ()
    sheet: str | None = None
    problems: list[Finding] = field(default_factory=list)
    rejected: list[RejectedRow] = field(default_factory=list)
    row_count: int | None = None
    mended: bool = False
    unreadable: str = ""
    """Why this member of a zip archive could not be read; empty where it could."""
    frame: Callable[[], pl.LazyFrame] | None = field(default=None, repr=False)
    document: Callable[[], Any] | None = field(default=None, repr=False)

    def rows(self, columns: Sequence[str] | None = None) -> pl.LazyFrame:
        """The rows as text: `row` (Int64, its number in the file) and the columns asked for, or all.

        Blank cells are null; a cell of spaces keeps them. Raises `Unreadable` where the file has no table, or
        not the columns asked for.
        """
        if self.frame is None:
            raise Unreadable(f"{self.name} holds no table of rows and columns.")
        wanted = list(self.header if columns is None else dict.fromkeys(columns))
        missing = [name for name in wanted if name not in self.header]
        if missing:
            raise Unreadable(
                f"{self.name} has no column {', '.join(missing)}. Its columns are {listed(self.header)}."
            )
        return self.frame().select("row", *wanted)

    def json(self) -> Any:
        """The whole JSON document. Raises `Unreadable` where the file is none."""
        if self.document is None:
            raise Unreadable(f"{self.name} is not a JSON document.")
        return self.document()

    def sampled(self, column: str) -> list[str]:
        """The cells of one column in the sample."""
        index = self.header.index(column)
        return [row[index] for row in self.sample if index < len(row)]


def received(path: Path | str) -> list[ReceivedFile]:
    """What a file holds: one table, or one for each non-empty sheet or member of a zip archive.

    The kind of container is told from the content, never from the name. Raises `Unreadable`, with what to do
    about it, where nothing can be read; a member of an archive that cannot be read says so itself.
    """
    from headway.figures.reading.containers import opened

    return [without_own_columns(file) for file in opened(Path(path))]


def listed(names: Sequence[str], most: int = 12) -> str:
    """Names for a message, the rest counted."""
    shown = ", ".join(names[:most]) or "none"
    return f"{shown} and {len(names) - most} more" if len(names) > most else shown


def header_names(cells: Sequence[str]) -> tuple[str, ...]:
    """Unique column names from the cells of a header row."""
    names: list[str] = []
    taken = {"row"}
    for number, cell in enumerate(cells, start=1):
        name = " ".join(cell.replace("\ufeff", "").split()) or f"column_{number}"
        unique, count = name, 1
        while unique in taken:
            count += 1
            unique = f"{name} ({count})"
        taken.add(unique)
        names.append(unique)
    return tuple(names)


def without_own_columns(file: ReceivedFile) -> ReceivedFile:
    """The file without Headway's own columns; rows with surplus cells not yet moved are set aside again."""
    own = [name for name in file.header if name.startswith(OWN_PREFIX)]
    if not own or file.frame is None:
        return file
    kept = [index for index, name in enumerate(file.header) if name not in own]
    surplus = [name for name in own if name.startswith(SURPLUS_PREFIX)]
    mended = replace(
        file,
        header=tuple(file.header[index] for index in kept),
        sample=[tuple(row[index] for index in kept if index < len(row)) for row in file.sample],
        mended=True,
    )
    unmended = _unmended_rows(file, surplus)
    if unmended.height and file.frame is not None:
        numbers = unmended["row"].to_list()
        whole = file.frame
        mended.frame = lambda: whole().filter(~pl.col("row").is_in(numbers))
        mended.problems = [
            *file.problems,
            Finding(
                "error",
                "not yet mended",
                "cells that could not be read, or that stand in headway_surplus columns",
                "the row as it should be",
                "put each cell below its header, and clear the headway_surplus columns",
                rows=tuple(numbers),
            ),
        ]
        mended.rejected = [
            *file.rejected,
            *(
                RejectedRow(row[0], "", tuple(cell or "" for cell in row[1:]), "not yet mended")
                for row in unmended.select("row", *mended.header).iter_rows()
            ),
        ]
    return mended


def _unmended_rows(file: ReceivedFile, surplus: list[str]) -> pl.DataFrame:
    from headway.figures.reading.encodings import LOST, NUL_SHOWN

    assert file.frame is not None
    lost = pl.any_horizontal(
        pl.col(name).str.contains_any([LOST, NUL_SHOWN]).fill_null(False)
        for name in file.header
        if not name.startswith(OWN_PREFIX)
    )
    astray = pl.any_horizontal(
        pl.lit(False), *(pl.col(name).str.strip_chars().fill_null("") != "" for name in surplus)
    )
    return file.frame().filter(lost | astray).collect()
