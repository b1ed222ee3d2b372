"""What the store says of a load: its receipt, the parts it brought and what it changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Literal

NO_YEAR = 0
"""The year under which the catalogue files parts of tables that are not kept by year."""


class StoreError(Exception):
    """Something asked of the store that it cannot do; the message says what to do instead."""


Counts = Mapping[str, Mapping[int, int]]
"""Rows by table and year; year 0 for tables not kept by year."""


@dataclass(frozen=True)
class ChangedValue:
    """One concrete thing that a load changed.

    `what` is added, replaced or removed; a replaced value names its `column` with the text `before` and
    `after`, which stay empty for columns that identify a person. `year` is 0 in tables not kept by year.
    """

    table: str
    year: int
    organisation: str | None
    key: str
    what: Literal["added", "replaced", "removed"]
    column: str | None = None
    before: str | None = None
    after: str | None = None
    pupil: int | None = None


@dataclass(frozen=True)
class Change:
    """What a load did to the tables, in rows, with a bounded list of `examples` (`Store.add` and `Store.receipt` give it).

    `columns` counts the values that differ, by `table.column`. Rows `removed` were in an earlier file of the
    same scope and are not in this one, which speaks for the whole of it.
    """

    added: int = 0
    replaced: int = 0
    unchanged: int = 0
    removed: int = 0
    columns: Mapping[str, int] = field(default_factory=dict)
    examples: tuple[ChangedValue, ...] = ()


@dataclass(frozen=True)
class Receipt:
    """One load of one file: what it was, what came of it, and whether it still counts.

    `tables` counts accepted rows by table and year (0 for tables not kept by year); `findings` counts them by
    severity (the `findings` table has them in full); `set_aside` is the file with the rows not accepted.
    `superseded_by` is a later live receipt that speaks for the whole scope, so that nothing of this one counts.
    `already_loaded` says that the load changed nothing because this receipt stood for the file already.
    """

    id: str
    loaded_at: datetime
    file_name: str
    file_hash: str
    kind: str
    scope: str
    complete: bool
    rows_read: int
    rows_accepted: int
    rows_set_aside: int
    tables: Counts
    change: Change
    findings: Mapping[str, int]
    set_aside: Path | None = None
    state: Literal["live", "undone"] = "live"
    undone_at: datetime | None = None
    superseded_by: str | None = None
    already_loaded: bool = False

    @property
    def years(self) -> list[int]:
        """The years of which it brought rows."""
        return sorted({year for counts in self.tables.values() for year in counts} - {NO_YEAR})


@dataclass(frozen=True)
class Part:
    """An immutable Parquet file with the rows of one receipt, table and year. `path` is within the store."""

    receipt: str
    table: str
    year: int
    path: str
    rows: int


@dataclass(frozen=True)
class SetAside:
    """Rows that were not accepted: the bytes of a CSV file that the user can open, mend and load again."""

    content: bytes
    rows: int
