"""The store's catalogue: one small SQLite file that says which receipts are live and which parts are current.

A rollback journal, not a write-ahead log: a store may lie on an authority's network share, where a write-ahead
log does not work, and one transaction a load is all that is written.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from headway.figures.receipts import Change, ChangedValue, Part, Receipt

SCHEMA_VERSION = 1

_SCHEMA = """
CREATE TABLE receipts (
    number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, loaded_at TEXT NOT NULL,
    file_name TEXT NOT NULL, file_hash TEXT NOT NULL, kind TEXT NOT NULL, scope TEXT NOT NULL,
    complete INTEGER NOT NULL, state TEXT NOT NULL, undone_at TEXT, set_aside TEXT, counts TEXT NOT NULL
);
CREATE TABLE parts (
    receipt TEXT NOT NULL, table_name TEXT NOT NULL, year INTEGER NOT NULL,
    path TEXT NOT NULL, rows INTEGER NOT NULL, PRIMARY KEY (receipt, table_name, year)
);
CREATE TABLE current (
    table_name TEXT NOT NULL, year INTEGER NOT NULL, receipt TEXT NOT NULL,
    path TEXT NOT NULL, rows INTEGER NOT NULL, PRIMARY KEY (table_name, year, receipt)
);
CREATE TABLE changes (
    receipt TEXT NOT NULL, table_name TEXT NOT NULL, year INTEGER NOT NULL, organisation TEXT, pupil INTEGER,
    key TEXT NOT NULL, what TEXT NOT NULL, column_name TEXT, before TEXT, after TEXT
);
CREATE TABLE runs (
    number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, finished_at TEXT NOT NULL, manifest TEXT NOT NULL
);
CREATE TABLE retired (path TEXT PRIMARY KEY, since TEXT NOT NULL);
CREATE TABLE purged (table_name TEXT NOT NULL, year INTEGER NOT NULL, at TEXT NOT NULL, PRIMARY KEY (table_name, year));
CREATE TABLE audit (at TEXT NOT NULL, action TEXT NOT NULL, detail TEXT NOT NULL);
"""


def now() -> datetime:
    """This moment, to the second, in universal time."""
    return datetime.now(UTC).replace(microsecond=0)


class Catalogue:
    """Reads and writes the catalogue file. A connection lasts for one reading or one transaction."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def create(self) -> None:
        """Lays down the empty tables, in one transaction, unless they are there."""
        with self.writing() as connection:
            if connection.execute("PRAGMA user_version").fetchone()[0] == 0:
                for statement in filter(str.strip, _SCHEMA.split(";")):
                    connection.execute(statement)
                connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")

    def version(self) -> int:
        """Version of the catalogue's layout; 0 where there is none yet."""
        if not self.path.exists():
            return 0
        with self.reading() as connection:
            return int(connection.execute("PRAGMA user_version").fetchone()[0])

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """One consistent view of the catalogue."""
        with closing(self._connect()) as connection:
            connection.execute("BEGIN")
            yield connection

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """One transaction: all of it is kept, or, after an error or a kill, none."""
        with closing(self._connect()) as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
            except BaseException:
                connection.execute("ROLLBACK")
                raise
            commit(connection)

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self.path, timeout=60, isolation_level=None)
        connection.row_factory = sqlite3.Row
        connection.execute("PRAGMA synchronous = EXTRA")
        connection.execute("PRAGMA secure_delete = ON")  # what is purged is overwritten, not only unlinked
        return connection


def commit(connection: sqlite3.Connection) -> None:
    """The moment at which a change happens."""
    connection.execute("COMMIT")


def contributors(connection: sqlite3.Connection, table: str, year: int) -> list[Part]:
    """Parts of a table and year whose receipts count, oldest first.

    A receipt counts while it is live and no later live receipt speaks for the whole of its scope.
    """
    rows = connection.execute(
        """SELECT parts.* FROM parts JOIN receipts ON receipts.id = parts.receipt
           WHERE parts.table_name = ? AND parts.year = ? AND receipts.state = 'live' AND NOT EXISTS (
               SELECT 1 FROM receipts AS later WHERE later.state = 'live' AND later.complete
               AND later.scope = receipts.scope AND later.number > receipts.number)
           ORDER BY receipts.number""",
        (table, year),
    )
    return [part_of(row) for row in rows]


def affected_by(connection: sqlite3.Connection, receipt: str) -> list[tuple[str, int]]:
    """Tables and years on which a receipt bears: its own and, if it is complete, those of its whole scope."""
    rows = connection.execute(
        """SELECT DISTINCT parts.table_name, parts.year FROM parts
           JOIN receipts ON receipts.id = parts.receipt JOIN receipts AS this ON this.id = ?
           WHERE receipts.id = this.id OR (this.complete AND receipts.scope = this.scope)
           ORDER BY 1, 2""",
        (receipt,),
    )
    return [(row[0], row[1]) for row in rows]


def current(connection: sqlite3.Connection, table: str, year: int | None = None) -> list[Part]:
    """Current parts of a table, by year and receipt."""
    rows = connection.execute(
        """SELECT current.* FROM current WHERE table_name = :table AND (:year IS NULL OR year = :year)
           ORDER BY year, receipt""",
        {"table": table, "year": year},
    )
    return [part_of(row) for row in rows]


def every_current(connection: sqlite3.Connection) -> list[Part]:
    """Current parts of every table."""
    rows = connection.execute("SELECT * FROM current ORDER BY table_name, year, receipt")
    return [part_of(row) for row in rows]


def set_current(connection: sqlite3.Connection, table: str, year: int, parts: list[Part]) -> None:
    """Makes `parts` the current ones of a table and year."""
    connection.execute("DELETE FROM current WHERE table_name = ? AND year = ?", (table, year))
    connection.executemany(
        "INSERT INTO current (table_name, year, receipt, path, rows) VALUES (?, ?, ?, ?, ?)",
        [(table, year, part.receipt, part.path, part.rows) for part in parts],
    )


def insert_receipt(connection: sqlite3.Connection, receipt: Receipt, set_aside: str | None) -> None:
    """Records a receipt, still without its counts of changes."""
    number = int(receipt.id[1:])
    connection.execute(
        "INSERT INTO receipts VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'live', NULL, ?, '{}')",
        (
            number,
            receipt.id,
            receipt.loaded_at.isoformat(),
            receipt.file_name,
            receipt.file_hash,
            receipt.kind,
            receipt.scope,
            int(receipt.complete),
            set_aside,
        ),
    )


def record_change(connection: sqlite3.Connection, receipt: Receipt) -> None:
    """Completes a receipt with its counts and the concrete changes."""
    change = receipt.change
    counts = {
        "rows_read": receipt.rows_read,
        "rows_accepted": receipt.rows_accepted,
        "rows_set_aside": receipt.rows_set_aside,
        "tables": receipt.tables,
        "findings": receipt.findings,
        "added": change.added,
        "replaced": change.replaced,
        "unchanged": change.unchanged,
        "removed": change.removed,
        "columns": change.columns,
    }
    connection.execute("UPDATE receipts SET counts = ? WHERE id = ?", (json.dumps(counts), receipt.id))
    connection.executemany(
        "INSERT INTO changes VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (
                receipt.id,
                one.table,
                one.year,
                one.organisation,
                one.pupil,
                one.key,
                one.what,
                one.column,
                one.before,
                one.after,
            )
            for one in change.examples
        ],
    )


def insert_part(connection: sqlite3.Connection, part: Part) -> None:
    """Records a part."""
    connection.execute(
        "INSERT INTO parts (receipt, table_name, year, path, rows) VALUES (?, ?, ?, ?, ?)",
        (part.receipt, part.table, part.year, part.path, part.rows),
    )


GRACE = timedelta(hours=1)
"""For how long a file that is no longer current is left to whoever is reading it."""


def retire(connection: sqlite3.Connection, paths: list[str]) -> None:
    """Marks files as no longer needed; a sweep removes them once `GRACE` is over."""
    connection.execute("DELETE FROM retired WHERE since <= ?", ((now() - GRACE).isoformat(),))
    lines = [(path, now().isoformat()) for path in paths]
    connection.executemany("INSERT OR REPLACE INTO retired VALUES (?, ?)", lines)


def wanted(connection: sqlite3.Connection, *, every_retired: bool) -> set[str]:
    """Files that the catalogue names, those retired within `GRACE`, and, if asked, all retired ones."""
    limit = "" if every_retired else (now() - GRACE).isoformat()
    rows = connection.execute(
        """SELECT path FROM parts UNION SELECT path FROM current
           UNION SELECT set_aside FROM receipts WHERE set_aside IS NOT NULL
           UNION SELECT path FROM retired WHERE since > ?""",
        (limit,),
    )
    return {row[0] for row in rows}


def purged(connection: sqlite3.Connection) -> list[tuple[str, int]]:
    """Tables and years whose rows were erased when their time was over."""
    rows = connection.execute("SELECT table_name, year FROM purged ORDER BY 1, 2")
    return [(row["table_name"], row["year"]) for row in rows]


def audit(connection: sqlite3.Connection, action: str, detail: Mapping[str, Any]) -> None:
    """Records that rows were erased, when and how many."""
    line = (now().isoformat(), action, json.dumps(detail, sort_keys=True))
    connection.execute("INSERT INTO audit VALUES (?, ?, ?)", line)


def part_of(row: sqlite3.Row) -> Part:
    """A part, from its line in the catalogue."""
    return Part(row["receipt"], row["table_name"], row["year"], row["path"], row["rows"])


def receipts(connection: sqlite3.Connection, folder: Path) -> list[Receipt]:
    """Every receipt, oldest first, without examples of its changes."""
    rows = connection.execute("SELECT * FROM receipts ORDER BY number")
    return _with_successors([_receipt_of(row, folder) for row in rows])


def with_examples(connection: sqlite3.Connection, receipt: Receipt) -> Receipt:
    """A receipt with the concrete changes that it remembers."""
    rows = connection.execute("SELECT * FROM changes WHERE receipt = ? ORDER BY rowid", (receipt.id,))
    examples = tuple(
        ChangedValue(
            table=row["table_name"],
            year=row["year"],
            organisation=row["organisation"],
            key=row["key"],
            what=row["what"],
            column=row["column_name"],
            before=row["before"],
            after=row["after"],
            pupil=row["pupil"],
        )
        for row in rows
    )
    return replace(receipt, change=replace(receipt.change, examples=examples))


def same_file(connection: sqlite3.Connection, file_hash: str, kind: str, scope: str) -> str | None:
    """The live receipt of this content, read as this kind for this scope."""
    row = connection.execute(
        """SELECT id FROM receipts WHERE state = 'live' AND file_hash = ? AND kind = ? AND scope = ?
           ORDER BY number DESC""",
        (file_hash, kind, scope),
    ).fetchone()
    return str(row["id"]) if row is not None else None


def _receipt_of(row: sqlite3.Row, folder: Path) -> Receipt:
    counts = json.loads(row["counts"])
    return Receipt(
        id=row["id"],
        loaded_at=datetime.fromisoformat(row["loaded_at"]),
        file_name=row["file_name"],
        file_hash=row["file_hash"],
        kind=row["kind"],
        scope=row["scope"],
        complete=bool(row["complete"]),
        rows_read=counts["rows_read"],
        rows_accepted=counts["rows_accepted"],
        rows_set_aside=counts["rows_set_aside"],
        tables={
            table: {int(year): rows for year, rows in years.items()}
            for table, years in counts["tables"].items()
        },
        change=Change(*(counts[name] for name in ("added", "replaced", "unchanged", "removed", "columns"))),
        findings=counts["findings"],
        set_aside=folder / row["set_aside"] if row["set_aside"] else None,
        state=row["state"],
        undone_at=datetime.fromisoformat(row["undone_at"]) if row["undone_at"] else None,
    )


def _with_successors(found: list[Receipt]) -> list[Receipt]:
    whole: dict[str, str] = {}
    answer = []
    for receipt in reversed(found):
        answer.append(
            replace(receipt, superseded_by=whole.get(receipt.scope)) if receipt.state == "live" else receipt
        )
        if receipt.state == "live" and receipt.complete:
            whole.setdefault(receipt.scope, receipt.id)
    return answer[::-1]
