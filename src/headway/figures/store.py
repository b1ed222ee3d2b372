"""The store: a folder of immutable Parquet parts, and a catalogue that says which of them are current.

Every load is a receipt. The latest live receipt wins by key; a receipt that is complete speaks for the whole
of its scope, so that nothing of earlier receipts of that scope counts any more; undoing a receipt, in any
order, leaves what the others say. See `docs/explanation/store.md`.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from pathlib import Path
from sqlite3 import Connection, DatabaseError
from typing import Any

import platformdirs
import polars as pl

from headway.figures import catalogue, description, lock, parts, pseudonyms, runs
from headway.figures.catalogue import Catalogue, now
from headway.figures.description import Description
from headway.figures.lock import StoreBusy
from headway.figures.receipts import NO_YEAR, Change, ChangedValue, Part, Receipt, SetAside, StoreError
from headway.figures.remarks import Finding, by_severity, write_findings
from headway.figures.runs import Input, NewRun, Run, RunComparison, Snapshot, compare_runs
from headway.figures.tables import LOADED, TABLES

__all__ = [
    "Change",
    "ChangedValue",
    "Input",
    "NewRun",
    "Part",
    "Receipt",
    "Run",
    "RunComparison",
    "SetAside",
    "Snapshot",
    "Store",
    "StoreBusy",
    "StoreError",
    "compare_runs",
]

EXAMPLES = 200
"""Concrete changes that a receipt remembers; all are counted."""


class Store:
    """A folder of tables. Many may read it while one writes. Open it with `Store.open`."""

    def __init__(
        self, folder: Path, *, tell: lock.Tell | None = None, patience: float = lock.PATIENCE
    ) -> None:
        self.folder = folder
        self.catalogue = Catalogue(folder / "catalogue.sqlite")
        self._tell = tell
        self._patience = patience

    @classmethod
    def open(
        cls, folder: Path | None = None, *, tell: lock.Tell | None = None, patience: float = lock.PATIENCE
    ) -> Store:
        """The store in `folder` (default `HEADWAY_HOME`, else beside the user's data); made if it is not there.

        What killed processes left behind is swept away. `tell` hears of waiting for another process, which
        ends with `StoreBusy` after `patience` seconds.
        """
        home = folder or Path(os.environ.get("HEADWAY_HOME") or platformdirs.user_data_dir("headway"))
        store = cls(_usable(home), tell=tell, patience=patience)
        try:
            version = store.catalogue.version()
        except DatabaseError as error:
            raise StoreError(
                f"{store.catalogue.path} is not a catalogue of Headway ({error}). Put it back from a backup of the "
                "folder, or choose another folder with HEADWAY_HOME."
            ) from error
        if version > catalogue.SCHEMA_VERSION:
            raise StoreError(
                f"the store in {home} was made by a newer Headway (layout {version}, this one knows "
                f"{catalogue.SCHEMA_VERSION}). Install that version, or choose another folder with HEADWAY_HOME."
            )
        if version == 0:
            with store.held("making the store"):
                store.catalogue.create()
        store.sweep()
        return store

    @contextmanager
    def held(self, doing: str) -> Iterator[None]:
        """Holds the store for writing."""
        with lock.held(self.folder / "store.lock", doing, tell=self._tell, patience=self._patience):
            yield

    # Reading

    def receipts(self) -> list[Receipt]:
        """Every receipt, oldest first, those taken back included; `receipt` adds examples of its changes."""
        with self.catalogue.reading() as connection:
            return catalogue.receipts(connection, self.folder)

    def receipt(self, receipt: str) -> Receipt:
        """The receipt of that number; `r7`, `R00007` and `7` are the same. Raises `StoreError` if there is none."""
        wanted = _receipt_id(receipt)
        with self.catalogue.reading() as connection:
            found = catalogue.receipts(connection, self.folder)
            for one in found:
                if one.id == wanted:
                    return catalogue.with_examples(connection, one)
        last = f"; the last one is {found[-1].id}" if found else ": nothing has been loaded yet"
        raise StoreError(f"there is no receipt {receipt}{last}")

    def years(self, table: str) -> list[int]:
        """Years of which the table has rows; none for a table that is not kept by year."""
        with self.catalogue.reading() as connection:
            return sorted({part.year for part in catalogue.current(connection, _known(table))} - {NO_YEAR})

    def paths(self, table: str, year: int | None = None) -> list[Path]:
        """The current Parquet parts of a table, or of one year of it. No key stands in two of them."""
        with self.catalogue.reading() as connection:
            return [self.folder / part.path for part in catalogue.current(connection, _known(table), year)]

    def frame(self, table: str, year: int | None = None) -> pl.LazyFrame:
        """The current rows of a table, or of one year of it; a frame without rows if there are none."""
        return parts.scan(self.paths(table, year), TABLES[table])

    # Loading

    def add(
        self,
        *,
        file_name: str,
        file_hash: str,
        kind: str,
        scope: str,
        complete: bool,
        rows_read: int,
        tables: Mapping[str, pl.DataFrame | pl.LazyFrame],
        findings: Sequence[Finding] = (),
        set_aside: SetAside | None = None,
        distinct: bool = False,
        progress: Callable[[float, str], None] | None = None,
    ) -> Receipt:
        """Takes in the accepted rows of a file, in one step: all of it is there afterwards, or none.

        `tables` hold some or all of a table's columns, and `row`. A file that is live already (same content,
        kind and scope) changes nothing; its receipt comes back marked `already_loaded`. `distinct` says that
        no key stands twice, as `checking.check` has just found; otherwise it is looked at. Raises ValueError if
        the rows do not fit the contract, `StoreBusy` if another process keeps the store.
        """
        for name in tables:
            if name not in LOADED:
                raise ValueError(f"there is no table {name} into which a file can be loaded")
        with self.held(f"loading {file_name}"), self._tidy(), self.catalogue.writing() as connection:
            known = catalogue.same_file(connection, file_hash, kind, scope)
            if known is not None:
                return replace(self.receipt(known), already_loaded=True)
            receipt_id = _next_id(connection, "receipts", "R{:05d}")
            if progress is not None:
                progress(0.0, f"writing {file_name}")
            written = parts.write_parts(self.folder, receipt_id, scope, tables, distinct=distinct)
            written += write_findings(self.folder, receipt_id, scope, file_name, findings)
            path = self._write_set_aside(receipt_id, file_name, set_aside)
            aside = set_aside.rows if set_aside is not None else 0
            receipt = Receipt(
                id=receipt_id,
                loaded_at=now(),
                file_name=file_name,
                file_hash=file_hash,
                kind=kind,
                scope=scope,
                complete=complete,
                rows_read=rows_read,
                rows_accepted=rows_read - aside,
                rows_set_aside=aside,
                tables=_counted(written),
                change=Change(),
                findings=by_severity(findings),
                set_aside=path,
            )
            catalogue.insert_receipt(connection, receipt, parts.within(self.folder, path) if path else None)
            for part in written:
                catalogue.insert_part(connection, part)
            if progress is not None:
                progress(0.8, "comparing with what was there")
            receipt = replace(receipt, change=self._rearrange(connection, receipt_id))
            catalogue.record_change(connection, receipt)
        return receipt

    def undo(self, receipt: str) -> Receipt:
        """Takes a load back: the tables say what the other live receipts say. In any order.

        Raises `StoreError` if there is no such receipt or it was taken back before.
        """
        found = self.receipt(receipt)
        with self.held(f"taking back {found.id}"), self._tidy(), self.catalogue.writing() as connection:
            found = self.receipt(found.id)
            if found.state == "undone":
                raise StoreError(
                    f"{found.id} ({found.file_name}) was taken back before, on {found.undone_at:%d %B %Y}"
                )
            undone_at = now()
            connection.execute(
                "UPDATE receipts SET state = 'undone', undone_at = ?, set_aside = NULL WHERE id = ?",
                (undone_at.isoformat(), found.id),
            )
            self._rearrange(connection, found.id)
            own = connection.execute("SELECT path FROM parts WHERE receipt = ?", (found.id,))
            catalogue.retire(connection, [row["path"] for row in own])
            connection.execute("DELETE FROM parts WHERE receipt = ?", (found.id,))
            connection.execute("DELETE FROM changes WHERE receipt = ?", (found.id,))
        return replace(found, state="undone", undone_at=undone_at, set_aside=None, superseded_by=None)

    def _rearrange(self, connection: Connection, receipt: str) -> Change:
        """Makes current again what the live receipts say, wherever `receipt` bears on it."""
        total = Change()
        for table, year in catalogue.affected_by(connection, receipt):
            before = catalogue.current(connection, table, year)
            after = parts.arrange(self.folder, TABLES[table], catalogue.contributors(connection, table, year))
            catalogue.set_current(connection, table, year, after)
            standing = {part.path for part in after}
            left = [part.path for part in before if part.path not in standing and _is_made(part.path)]
            catalogue.retire(connection, left)
            connection.executemany("DELETE FROM retired WHERE path = ?", [(path,) for path in standing])
            if table != "findings":
                room = EXAMPLES - len(total.examples)
                one = parts.difference(self.folder, TABLES[table], before, after, receipt, room)
                total = _plus(total, one)
        return total

    def _write_set_aside(self, receipt: str, file_name: str, set_aside: SetAside | None) -> Path | None:
        if set_aside is None or set_aside.rows == 0:
            return None
        plain = re.sub(r"[^A-Za-z0-9._-]+", "-", Path(file_name).stem).strip("-.")[:60]
        path = self.folder / "set-aside" / f"{receipt}-{plain or 'rows'}.csv"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(set_aside.content)
        parts.settle(path)
        return path

    # Keeping order

    def describe(self) -> Description:
        """What the store holds, in numbers, for `headway doctor`."""
        return description.describe(self)

    @contextmanager
    def _tidy(self) -> Iterator[None]:
        """Sweeps up after a failure. The caller holds the store."""
        try:
            yield
        except BaseException:
            self.sweep_held()
            raise

    def sweep(self) -> None:
        """Removes what killed processes left behind and what is no longer needed, unless somebody is writing."""
        with lock.tried(self.folder / "store.lock") as free:
            if free:
                self.sweep_held()

    def sweep_held(self) -> None:
        """Removes them; the caller holds the store."""
        under_way = bool(runs.in_the_making(self.folder))
        with self.catalogue.reading() as connection:
            wanted = catalogue.wanted(connection, every_retired=under_way)
            finished = {run.id for run in runs.published(connection, self.folder)}
        for place in ("parts", "current", "set-aside"):
            for path in (self.folder / place).rglob("*.*"):
                if path.is_file() and parts.within(self.folder, path) not in wanted:
                    path.unlink(missing_ok=True)
        unrecorded = [
            path
            for path in (self.folder / "runs").glob("run-*")
            if not path.suffix and path.name not in finished
        ]
        for path in (*unrecorded, *runs.abandoned(self.folder)):
            shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink(missing_ok=True)

    # Runs

    def snapshot(self) -> Snapshot:
        """The tables as they stand now, for whoever reads several of them and needs one state of all."""
        with self.catalogue.reading() as connection:
            found = tuple(catalogue.receipts(connection, self.folder))
            return Snapshot(
                self.folder,
                found,
                tuple(catalogue.every_current(connection)),
                tuple(catalogue.purged(connection)),
            )

    def new_run(
        self, *, engine: str, parameters: Mapping[str, Any] | None = None
    ) -> AbstractContextManager[NewRun]:
        """A folder for a run over the store as it now stands; see `headway.figures.runs.new_run`."""
        return runs.new_run(self, engine=engine, parameters=parameters or {})

    def runs(self) -> list[Run]:
        """Every finished run, oldest first."""
        with self.catalogue.reading() as connection:
            return runs.published(connection, self.folder)

    def run(self, run: str) -> Run:
        """The run of that number; `run-0007` and `7` are the same. Raises `StoreError` if there is none."""
        digits = run.strip().lower().removeprefix("run-")
        found = self.runs()
        for one in found:
            if digits.isdecimal() and int(one.id[4:]) == int(digits):
                return one
        last = f"; the last one is {found[-1].id}" if found else ": nothing has been run yet"
        raise StoreError(f"there is no run {run}{last}")

    def latest_run(self) -> Run | None:
        """The run finished last, or None before the first."""
        found = self.runs()
        return found[-1] if found else None

    def purged_years(self, table: str) -> list[int]:
        """Years of a table whose rows were erased when their time was over: no figure can be made of them
        again, so a run must keep what an earlier one said."""
        with self.catalogue.reading() as connection:
            return [year for name, year in catalogue.purged(connection) if name == _known(table)]

    # Pupils

    def pupil_keys(self, upns: pl.Series) -> pl.Series:
        """The pseudonymous key of each UPN under this store's secret; null for a missing one."""
        return pseudonyms.pupil_keys(upns, pseudonyms.secret_of(self.folder))


def _usable(home: Path) -> Path:
    """The folder, made if need be, for its owner only: it will hold pupils."""
    try:
        if not home.exists():
            home.mkdir(parents=True, mode=0o700)
        if not home.is_dir() or not os.access(home, os.R_OK | os.W_OK | os.X_OK):
            raise StoreError(f"{home} cannot hold a store: it is not a folder in which you may write")
    except OSError as error:
        raise StoreError(
            f"{home} cannot hold a store: {error.strerror}. Choose another with HEADWAY_HOME."
        ) from error
    return home.resolve()


def _is_made(path: str) -> bool:
    return path.startswith("current/")


def _known(table: str) -> str:
    if table not in TABLES:
        raise ValueError(f"there is no table {table}")
    return table


def _receipt_id(text: str) -> str:
    digits = text.strip().lstrip("Rr")
    return f"R{int(digits):05d}" if digits.isdecimal() else text


def _next_id(connection: Connection, table: str, form: str) -> str:
    return form.format(connection.execute(f"SELECT coalesce(max(number), 0) + 1 FROM {table}").fetchone()[0])  # noqa: S608


def _counted(written: list[Part]) -> dict[str, dict[int, int]]:
    counts: dict[str, dict[int, int]] = {}
    for part in written:
        if part.table != "findings":
            counts.setdefault(part.table, {})[part.year] = part.rows
    return counts


def _plus(total: Change, one: parts.Difference) -> Change:
    return Change(
        total.added + one.added,
        total.replaced + one.replaced,
        total.unchanged + one.unchanged,
        total.removed + one.removed,
        {
            **total.columns,
            **{name: total.columns.get(name, 0) + count for name, count in one.columns.items()},
        },
        (*total.examples, *one.examples),
    )
