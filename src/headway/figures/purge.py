"""Erasing what the store need no longer hold: rows past their retention, and one pupil wherever they stand.

Figures of finished runs are aggregates and stand. What is erased is overwritten in the catalogue and unlinked
from the disk at once; backups of the folder are the authority's own to erase.
"""

from __future__ import annotations

import csv
import io
import os
import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from importlib.resources import files
from pathlib import Path
from sqlite3 import Connection
from typing import Any

import polars as pl
import pyarrow.parquet as pq

from headway.figures import catalogue, parts, runs
from headway.figures.lock import StoreBusy
from headway.figures.receipts import Part
from headway.figures.store import Store, StoreError
from headway.figures.tables import LOADED, TABLES

_UPN_SHAPE = re.compile(r"^\s*[A-Za-z]\d{11}[0-9A-Za-z]\s*$")


@dataclass(frozen=True)
class Retention:
    """How long rows are kept: `years` after the 31 August that ends their school year, by table; and how many
    days a file of rows set aside is kept."""

    years: Mapping[str, int]
    set_aside_days: int

    def is_over(self, table: str, year: int, today: date) -> bool:
        """Whether the rows of that table and year are past their retention."""
        return table in self.years and today > date(year + self.years[table], 8, 31)


def retention_of(store: Store) -> Retention:
    """The schedule in the store's `retention.toml`, completed by Headway's defaults.

    Raises `StoreError` if the file cannot be understood.
    """
    default = tomllib.loads((files("headway.figures") / "retention.toml").read_text(encoding="utf-8"))
    own = store.folder / "retention.toml"
    chosen: dict[str, Any] = {}
    if own.exists():
        try:
            chosen = tomllib.loads(own.read_text(encoding="utf-8"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise StoreError(f"{own} cannot be read: {error}. Nothing was erased.") from error
    _check(own, chosen)
    return Retention(
        {**default["years"], **chosen.get("years", {})},
        {**default["days"], **chosen.get("days", {})}["set_aside"],
    )


def _check(path: Path, chosen: Mapping[str, Any]) -> None:
    dated = {name for name in LOADED if TABLES[name].by_year}
    known = {"years": dated, "days": {"set_aside"}}
    for heading, lines in chosen.items():
        if heading not in known or not isinstance(lines, dict):
            raise StoreError(f"{path}: there is no heading [{heading}]; it may be [years] or [days]")
        for name, value in lines.items():
            if name not in known[heading]:
                possible = ", ".join(sorted(known[heading]))
                raise StoreError(f"{path}: [{heading}] has no {name}; it may be {possible}")
            if type(value) is not int or value < 0:
                raise StoreError(f"{path}: {name} is {value!r}; expected a whole number, 0 or more")


def keep_for(store: Store, name: str, number: int) -> None:
    """Sets how long a store keeps a table (years) or `set_aside` (days), in its `retention.toml`; the other lines stay.

    Raises `StoreError` for a name that has no period, or a number below 0.
    """
    own = store.folder / "retention.toml"
    retention_of(store)  # a file that cannot be read is not written over
    chosen = tomllib.loads(own.read_text(encoding="utf-8")) if own.exists() else {}
    chosen.setdefault("days" if name == "set_aside" else "years", {})[name] = number
    _check(own, chosen)
    lines = [
        line
        for heading, periods in chosen.items()
        for line in (f"[{heading}]", *(f"{each} = {value}" for each, value in periods.items()), "")
    ]
    with store.held("setting a retention"):
        partial = own.with_suffix(".partial")
        partial.write_text(
            "# How long this store keeps what it holds about pupils.\n" + "\n".join(lines), encoding="utf-8"
        )
        os.replace(partial, own)
        with store.catalogue.writing() as connection:
            catalogue.audit(connection, "retention", {"kind": name, "number": number})


@dataclass(frozen=True)
class Erased:
    """What was erased, or, after a `dry_run`, what would be: rows by table and year (every receipt's, the
    overtaken ones included), files of rows set aside, and rows by file of finished runs."""

    rows: Mapping[str, Mapping[int, int]] = field(default_factory=dict)
    set_aside: tuple[str, ...] = ()
    run_rows: Mapping[str, int] = field(default_factory=dict)
    dry_run: bool = False

    @property
    def nothing(self) -> bool:
        """Whether there was nothing to erase."""
        return not (self.rows or self.set_aside or self.run_rows)


def purge(store: Store, *, today: date, retention: Retention | None = None, dry_run: bool = False) -> Erased:
    """Erases rows past their retention from parts, current parts, set-aside files and runs.

    A superseded run loses every file with a row a pupil; the latest run loses their rows of years that are
    over. Results, comparisons and estimates stand. `Store.purged_years` then says which years cannot be
    computed again. Raises `StoreBusy` while a run is being made.
    """
    schedule = retention or retention_of(store)
    with store.held("purging"):
        _refuse_during_runs(store)
        with store.catalogue.reading() as connection:
            due = [part for part in _every_part(connection) if schedule.is_over(part.table, part.year, today)]
            aside = _old_set_aside(connection, today - timedelta(days=schedule.set_aside_days))
        in_runs = _over_in_runs(store, schedule, today)
        erased = Erased(
            _by_table(due), tuple(aside), {file: lost for file, (lost, _) in in_runs.items()}, dry_run
        )
        if dry_run or erased.nothing:
            return erased
        for file, (_, kept) in in_runs.items():
            _rewrite(store.folder / file, kept)
        with store.catalogue.writing() as connection:
            for table, year in sorted({(part.table, part.year) for part in due}):
                for place in ("parts", "current", "changes"):
                    connection.execute(
                        f"DELETE FROM {place} WHERE table_name = ? AND year = ?",  # noqa: S608
                        (table, year),
                    )
                line = (table, year, catalogue.now().isoformat())
                connection.execute("INSERT OR REPLACE INTO purged VALUES (?, ?, ?)", line)
            over = {(part.table, str(part.year)) for part in due}
            _end_grace(connection, lambda table, year: (table, year) in over)
            connection.executemany(
                "UPDATE receipts SET set_aside = NULL WHERE set_aside = ?", [(path,) for path in aside]
            )
            detail = {"rows": erased.rows, "set_aside": erased.set_aside, "run_rows": erased.run_rows}
            catalogue.audit(connection, "purge", {"today": today.isoformat(), **detail})
        store.sweep_held()
    return erased


def forget(store: Store, pupil: int, *, because: str) -> Erased:
    """Erases one pupil, by their pseudonymous key, wherever the store holds them: parts, current parts, lines
    of set-aside files with their UPN, files of runs, remembered changes. `because` goes into the audit.

    Figures of finished runs stand; the next run counts the pupil no more. A file loaded later brings them back.
    """
    store.pupil_keys(pl.Series(dtype=pl.String))  # a store without its secret could not find a UPN set aside
    with store.held("erasing a pupil"):
        _refuse_during_runs(store)
        in_runs = _pupil_in_runs(store, pupil)
        with store.catalogue.reading() as connection:
            holding = _parts_with(store, connection, pupil)
            aside = _set_aside_without(store, connection, pupil)
        erased = Erased(
            _by_table([Part(one.receipt, one.table, one.year, "", lost) for one, lost in holding]),
            tuple(aside),
            {file: lost for file, (lost, _) in in_runs.items()},
        )
        for file, (_, kept) in in_runs.items():
            _rewrite(store.folder / file, kept)
        with store.catalogue.writing() as connection:
            for part, lost in holding:
                _replace_part(store, connection, part, lost, pupil)
            for table, year in sorted({(part.table, part.year) for part, _ in holding}):
                counting = catalogue.contributors(connection, table, year)
                arranged = parts.arrange(store.folder, TABLES[table], counting)
                catalogue.set_current(connection, table, year, arranged)
            _end_grace(connection, lambda table, _: "pupil" in TABLES[table])
            for path, text in aside.items():
                renewed = _next_name(path)
                (store.folder / renewed).write_text(
                    text, encoding="utf-8", errors="surrogateescape", newline=""
                )
                parts.settle(store.folder / renewed)
                connection.execute("UPDATE receipts SET set_aside = ? WHERE set_aside = ?", (renewed, path))
            connection.execute("DELETE FROM changes WHERE pupil = ?", (pupil,))
            detail = {"pupil": pupil, "because": because, "rows": erased.rows, "run_rows": erased.run_rows}
            catalogue.audit(connection, "forget", {**detail, "set_aside": erased.set_aside})
        store.sweep_held()
    return erased


def _refuse_during_runs(store: Store) -> None:
    under_way = runs.in_the_making(store.folder)
    if under_way:
        raise StoreBusy(
            f"{under_way[0].stem} is being made from the rows that would be erased. "
            "Nothing was erased; try again when it has finished."
        )


def _every_part(connection: Connection) -> list[Part]:
    rows = connection.execute("SELECT * FROM parts ORDER BY table_name, year, receipt")
    return [catalogue.part_of(row) for row in rows]


def _by_table(found: Sequence[Part]) -> dict[str, dict[int, int]]:
    counts: dict[str, dict[int, int]] = {}
    for part in found:
        years = counts.setdefault(part.table, {})
        years[part.year] = years.get(part.year, 0) + part.rows
    return counts


def _end_grace(connection: Connection, concerned: Callable[[str, str], bool]) -> None:
    """Leaves retired files of the tables and years concerned to the next sweep, within the hour's grace too."""
    for row in connection.execute("SELECT path FROM retired").fetchall():
        _, table, year, *_ = row["path"].split("/")
        if concerned(table, year):
            connection.execute("DELETE FROM retired WHERE path = ?", (row["path"],))


def _old_set_aside(connection: Connection, before: date) -> list[str]:
    rows = connection.execute(
        "SELECT set_aside FROM receipts WHERE set_aside IS NOT NULL AND substr(loaded_at, 1, 10) < ? ORDER BY number",
        (before.isoformat(),),
    )
    return [row["set_aside"] for row in rows]


_InRuns = dict[str, tuple[int, pl.DataFrame | None]]
"""Files of runs by path in the store: the rows that go, and the rows that stay (None: the file goes)."""


def _pupil_files(store: Store) -> list[tuple[Path, bool]]:
    """Files of finished runs that have a row a pupil, and whether each is of the latest run."""
    finished = store.runs()
    return [
        (path, run is finished[-1])
        for run in finished
        for path in sorted(run.folder.glob("*.parquet"))
        if "pupil" in pq.read_schema(path).names
    ]


def _over_in_runs(store: Store, schedule: Retention, today: date) -> _InRuns:
    found: _InRuns = {}
    for path, is_latest in _pupil_files(store):
        frame = pl.read_parquet(path)
        name = parts.within(store.folder, path)
        if not is_latest or "year" not in frame.columns:
            found[name] = (frame.height, None)
            continue
        table = path.stem if path.stem in schedule.years else "pupils"
        over = [year for year in frame["year"].unique().to_list() if schedule.is_over(table, year, today)]
        kept = frame.filter(~pl.col("year").is_in(over))
        if kept.height < frame.height:
            found[name] = (frame.height - kept.height, kept)
    return found


def _pupil_in_runs(store: Store, pupil: int) -> _InRuns:
    found: _InRuns = {}
    for path, _ in _pupil_files(store):
        frame = pl.read_parquet(path)
        kept = frame.filter(pl.col("pupil").ne_missing(pupil))
        if kept.height < frame.height:
            found[parts.within(store.folder, path)] = (frame.height - kept.height, kept)
    return found


def _rewrite(path: Path, kept: pl.DataFrame | None) -> None:
    if kept is None:
        path.unlink(missing_ok=True)
        return
    partial = path.with_suffix(".partial")
    kept.write_parquet(partial)
    os.replace(partial, path)
    parts.settle(path)


def _parts_with(store: Store, connection: Connection, pupil: int) -> list[tuple[Part, int]]:
    found = []
    for part in _every_part(connection):
        if "pupil" in TABLES[part.table]:
            rows = pl.scan_parquet(store.folder / part.path).filter(pl.col("pupil") == pupil)
            lost = int(rows.select(pl.len()).collect().item())
            if lost:
                found.append((part, lost))
    return found


def _replace_part(store: Store, connection: Connection, part: Part, lost: int, pupil: int) -> None:
    where = (part.receipt, part.table, part.year)
    if lost == part.rows:
        connection.execute("DELETE FROM parts WHERE receipt = ? AND table_name = ? AND year = ?", where)
        return
    renewed = _next_name(part.path)
    kept = pl.scan_parquet(store.folder / part.path).filter(pl.col("pupil") != pupil)
    kept.sink_parquet(store.folder / renewed)
    parts.settle(store.folder / renewed)
    connection.execute(
        "UPDATE parts SET path = ?, rows = ? WHERE receipt = ? AND table_name = ? AND year = ?",
        (renewed, part.rows - lost, *where),
    )


def _next_name(path: str) -> str:
    """The name of a file's next version: R00001.parquet, R00001~2.parquet, R00001~3.parquet."""
    stem, _, suffix = path.rpartition(".")
    first, _, number = stem.partition("~")
    return f"{first}~{int(number or 1) + 1}.{suffix}"


def _set_aside_without(store: Store, connection: Connection, pupil: int) -> dict[str, str]:
    """Set-aside files that hold a UPN of the pupil, by path, with the text that stays."""
    found = {}
    for row in connection.execute("SELECT set_aside FROM receipts WHERE set_aside IS NOT NULL").fetchall():
        text = (store.folder / row["set_aside"]).read_bytes().decode("utf-8", "surrogateescape")
        lines = list(csv.reader(io.StringIO(text, newline="")))
        cells = [(place, cell) for place, line in enumerate(lines) for cell in line if _UPN_SHAPE.match(cell)]
        keys = store.pupil_keys(pl.Series([cell for _, cell in cells], dtype=pl.String)).to_list()
        theirs = {place for (place, _), key in zip(cells, keys, strict=True) if key == pupil}
        if theirs:
            kept = io.StringIO(newline="")
            csv.writer(kept).writerows(line for place, line in enumerate(lines) if place not in theirs)
            found[row["set_aside"]] = kept.getvalue()
    return found
