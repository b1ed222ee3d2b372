"""Runs: what was computed, from which receipts, by which code; and how two of them differ."""

from __future__ import annotations

import importlib.metadata
import json
import os
import platform
import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import datetime
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl
import pyarrow.parquet as pq

from headway.figures import lock, parts, pseudonyms
from headway.figures.catalogue import now
from headway.figures.receipts import NO_YEAR, Counts, Part, Receipt, StoreError
from headway.figures.tables import FIGURE_KEY, TABLES

if TYPE_CHECKING:
    from sqlite3 import Connection

    from headway.figures.store import Store

_LIBRARIES = ("polars", "narwhals", "duckdb", "pyspark", "numpy", "scipy", "pyarrow")
TOLERANCE = 1e-9
"""Real values closer than this, in proportion to their size, are the same: sums of floats differ in the last bits."""


@dataclass(frozen=True)
class Input:
    """A receipt that a run rested on; `tables` counts its rows by table and year (0: not kept by year)."""

    receipt: str
    file_name: str
    file_hash: str
    kind: str
    scope: str
    tables: Counts


@dataclass(frozen=True)
class Snapshot:
    """The store's tables as they stood at one moment, whatever is loaded meanwhile."""

    folder: Path
    receipts: tuple[Receipt, ...]
    parts: tuple[Part, ...]
    purged: tuple[tuple[str, int], ...] = ()

    def paths(self, table: str, year: int | None = None) -> list[Path]:
        """The Parquet parts of a table, or of one year of it. No key stands in two of them."""
        return [
            self.folder / part.path
            for part in self.parts
            if part.table == table and (year is None or part.year == year)
        ]

    def years(self, table: str) -> list[int]:
        """Years of which the table has rows; none for a table that is not kept by year."""
        return sorted({part.year for part in self.parts if part.table == table} - {NO_YEAR})

    def frame(self, table: str, year: int | None = None) -> pl.LazyFrame:
        """The rows of a table, or of one year of it; a frame without rows if there are none."""
        return parts.scan(self.paths(table, year), TABLES[table])

    def purged_years(self, table: str) -> list[int]:
        """Years of a table whose rows were erased when their time was over: no figure can be made of them
        again, so a run must keep what an earlier one said."""
        return [year for name, year in self.purged if name == table]

    def pupil_keys(self, upns: pl.Series) -> pl.Series:
        """The pseudonymous key of each UPN under the store's secret; null for a missing one."""
        return pseudonyms.pupil_keys(upns, pseudonyms.secret_of(self.folder))

    @property
    def inputs(self) -> tuple[Input, ...]:
        """The receipts that counted."""
        return tuple(
            Input(one.id, one.file_name, one.file_hash, one.kind, one.scope, one.tables)
            for one in self.receipts
            if one.state == "live" and one.superseded_by is None
        )


@dataclass
class NewRun:
    """A run in the making: put Parquet files into `folder`, read the tables from `inputs`.

    `timings` takes the seconds that its stages took; they go into the manifest.
    """

    id: str
    folder: Path
    inputs: Snapshot
    timings: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Run:
    """A finished run: a folder of figures and the manifest that says how to make them again.

    `rows` counts the rows of each of its Parquet files; `timings` are seconds.
    """

    id: str
    folder: Path
    started_at: datetime
    finished_at: datetime
    version: str
    code: str
    engine: str
    libraries: Mapping[str, str]
    parameters: Mapping[str, Any]
    inputs: tuple[Input, ...]
    rows: Mapping[str, int]
    timings: Mapping[str, float]

    def path(self, table: str) -> Path | None:
        """The Parquet file of one of its tables, or None if the run did not make it."""
        path = self.folder / f"{table}.parquet"
        return path if path.exists() else None

    def table(self, table: str) -> pl.LazyFrame:
        """The rows of one of its tables: results, comparisons or estimates; none if the run did not make it."""
        path = self.path(table)
        return parts.scan([path] if path is not None else [], TABLES[table])

    def results(self) -> pl.LazyFrame:
        """Its figures."""
        return self.table("results")

    def comparisons(self) -> pl.LazyFrame:
        """Its figures beside their comparators."""
        return self.table("comparisons")

    def estimates(self) -> pl.LazyFrame:
        """What its models say."""
        return self.table("estimates")


@contextmanager
def new_run(store: Store, *, engine: str, parameters: Mapping[str, Any]) -> Iterator[NewRun]:
    """A folder for a run over the store as it now stands. Left without an error, the run is published in one
    step; after an error, or a kill, nothing of it is left."""
    started_at, began = now(), time.perf_counter()
    with store.held("beginning a run"):
        inputs = store.snapshot()
        name = _next_name(store)
        folder = store.folder / "runs" / f"{name}.making"  # no leading dot: Spark overlooks such files
        folder.mkdir(parents=True)
        guard = lock.tried(_guard_of(folder))
        if not guard.__enter__():
            raise StoreError(f"{name} is being made by another process")
    run = NewRun(name, folder, inputs)
    try:
        yield run
        run.timings["total"] = time.perf_counter() - began
        _publish(store, run, started_at, engine, parameters)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        guard.__exit__(None, None, None)
        _guard_of(folder).unlink(missing_ok=True)


def _guard_of(folder: Path) -> Path:
    """The lock that a process holds while it makes the run in `folder`."""
    return folder.with_suffix(".lock")


def _next_name(store: Store) -> str:
    with store.catalogue.reading() as connection:
        last = connection.execute("SELECT coalesce(max(number), 0) FROM runs").fetchone()[0]
    under_way = [int(path.stem[4:]) for path in (store.folder / "runs").glob("run-*.lock")]
    return f"run-{max([last, *under_way]) + 1:04d}"


def _publish(
    store: Store, run: NewRun, started_at: datetime, engine: str, parameters: Mapping[str, Any]
) -> None:
    files = sorted(run.folder.glob("*.parquet"))
    manifest = {
        "id": run.id,
        "started_at": started_at.isoformat(),
        "finished_at": now().isoformat(),
        "version": importlib.metadata.version("headway"),
        "code": code_version(),
        "engine": engine,
        "libraries": _library_versions(),
        "parameters": dict(parameters),
        "inputs": [asdict(one) for one in run.inputs.inputs],
        "rows": {path.stem: pq.read_metadata(path).num_rows for path in files},
        "timings": {stage: round(seconds, 3) for stage, seconds in run.timings.items()},
    }
    text = json.dumps(manifest, indent=1)
    (run.folder / "manifest.json").write_text(text, encoding="utf-8")
    for path in (*files, run.folder / "manifest.json"):
        parts.settle(path)
    with store.held(f"publishing {run.id}"), store.catalogue.writing() as connection:
        final = run.folder.with_name(run.id)
        if final.exists():  # left by a process killed between moving its folder and recording it
            shutil.rmtree(final)
        os.replace(run.folder, final)
        connection.execute(
            "INSERT INTO runs VALUES (?, ?, ?, ?)", (int(run.id[4:]), run.id, manifest["finished_at"], text)
        )


@cache
def code_version() -> str:
    """A digest of Headway's own figures code, so that two runs of one version number can be told apart."""
    digest = sha256()
    room = Path(__file__).parent
    for path in sorted(room.rglob("*.py")):
        digest.update(path.relative_to(room).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:12]


def _library_versions() -> dict[str, str]:
    versions = {"python": platform.python_version()}
    for library in _LIBRARIES:
        try:
            versions[library] = importlib.metadata.version(library)
        except importlib.metadata.PackageNotFoundError:
            continue
    return versions


def published(connection: Connection, folder: Path) -> list[Run]:
    """Every finished run, oldest first."""
    rows = connection.execute("SELECT manifest FROM runs ORDER BY number")
    return [_run_of(json.loads(row["manifest"]), folder) for row in rows]


def _run_of(manifest: dict[str, Any], folder: Path) -> Run:
    inputs = tuple(Input(**{**one, "tables": _numbered(one["tables"])}) for one in manifest["inputs"])
    read = {
        "folder": folder / "runs" / manifest["id"],
        "inputs": inputs,
        "started_at": datetime.fromisoformat(manifest["started_at"]),
        "finished_at": datetime.fromisoformat(manifest["finished_at"]),
    }
    return Run(**{**manifest, **read})


def _numbered(tables: dict[str, dict[str, int]]) -> Counts:
    return {table: {int(year): rows for year, rows in years.items()} for table, years in tables.items()}


def in_the_making(folder: Path) -> list[Path]:
    """Folders of runs that living processes are making."""
    return [path for path in _unpublished(folder) if _is_guarded(path)]


def abandoned(folder: Path) -> list[Path]:
    """Folders, and their locks, of runs whose processes were killed."""
    dead = [path for path in _unpublished(folder) if not _is_guarded(path)]
    return [one for path in dead for one in (path, _guard_of(path))]


def _unpublished(folder: Path) -> list[Path]:
    room = folder / "runs"
    return sorted(
        {path.with_suffix(".making") for form in ("*.making", "*.lock") for path in room.glob(form)}
    )


def _is_guarded(run: Path) -> bool:
    guard = _guard_of(run)
    if not guard.exists():
        return False
    with lock.tried(guard) as free:
        return not free


@dataclass(frozen=True)
class RunComparison:
    """What changed from one run to another, and which files changed it.

    `changed` has a row a figure: its key, `<column>_before` and `<column>_after` of each compared column, and
    `because`: the receipts of its years that only one of the runs rested on. `added` and `gone` are figures
    that only the later, or only the earlier, run has. `settings` names the code, engine, libraries and
    parameters that differ.
    """

    before: Run
    after: Run
    changed: pl.DataFrame
    added: pl.DataFrame
    gone: pl.DataFrame
    inputs_added: tuple[Input, ...]
    inputs_gone: tuple[Input, ...]
    settings: tuple[str, ...]

    @property
    def same(self) -> bool:
        """Whether every figure is the same."""
        return not (self.changed.height or self.added.height or self.gone.height)


_EXACT = ("status", "numerator", "denominator", "numerator_low", "numerator_high")
_REAL = ("value", "lower", "upper", "total", "total_squares")


def compare_runs(before: Run, after: Run) -> RunComparison:
    """How the figures of two runs differ: counts and statuses exactly, real values to `TOLERANCE`."""
    key = list(FIGURE_KEY)
    wanted = [*key, *_EXACT, *_REAL]
    old = before.results().select(wanted).with_columns(pl.lit(True).alias("·old"))
    new = after.results().select(wanted).with_columns(pl.lit(True).alias("·new"))
    pairs = old.join(new, on=key, how="full", coalesce=True, suffix="_after").rename(
        {column: f"{column}_before" for column in (*_EXACT, *_REAL)}
    )
    differs = pl.any_horizontal(
        *(_differs(column) for column in _EXACT), *(_differs_really(c) for c in _REAL)
    )
    shown = [f"{column}_{side}" for column in (*_EXACT, *_REAL) for side in ("before", "after")]
    there = pl.col("·old").is_not_null() & pl.col("·new").is_not_null()
    changed, added, gone = pl.collect_all(
        [
            pairs.filter(there & differs).select(*key, *shown).sort(key),
            _one_side(pairs.filter(pl.col("·old").is_null()), "after").sort(key),
            _one_side(pairs.filter(pl.col("·new").is_null()), "before").sort(key),
        ]
    )
    only_after = tuple(one for one in after.inputs if one not in before.inputs)
    only_before = tuple(one for one in before.inputs if one not in after.inputs)
    settings = _settings(before, after)
    changed, added, gone = (
        _explained(figures, only_after, only_before, settings) for figures in (changed, added, gone)
    )
    return RunComparison(before, after, changed, added, gone, only_after, only_before, settings)


def _differs(column: str) -> pl.Expr:
    return pl.col(f"{column}_before").ne_missing(pl.col(f"{column}_after"))


def _differs_really(column: str) -> pl.Expr:
    before, after = pl.col(f"{column}_before"), pl.col(f"{column}_after")
    size = pl.max_horizontal(before.abs(), after.abs(), 1.0)
    apart = (before - after).abs() > TOLERANCE * size
    return (before.is_null() != after.is_null()) | (apart.fill_null(False) & before.ne_missing(after))


def _one_side(pairs: pl.LazyFrame, side: str) -> pl.LazyFrame:
    return pairs.select(
        *FIGURE_KEY, *(pl.col(f"{column}_{side}").alias(column) for column in (*_EXACT, *_REAL))
    )


def _explained(
    figures: pl.DataFrame, added: tuple[Input, ...], gone: tuple[Input, ...], settings: tuple[str, ...]
) -> pl.DataFrame:
    spans = figures.select("year", "years_pooled").unique()
    reasons = [_because(year, pooled, added, gone, settings) for year, pooled in spans.iter_rows()]
    because = spans.with_columns(pl.Series("because", reasons, dtype=pl.String))
    return figures.join(because, on=["year", "years_pooled"], how="left", maintain_order="left")


def _because(
    year: int, pooled: int, added: tuple[Input, ...], gone: tuple[Input, ...], settings: tuple[str, ...]
) -> str:
    """The receipts that touch the years of a figure; else the settings; else says that it is not known."""
    years = {NO_YEAR, *range(year - pooled + 1, year + 1)}
    named = [
        f"{one.receipt} {one.file_name} ({word})"
        for word, inputs in (("new", added), ("gone", gone))
        for one in inputs
        if any(years & set(counts) for counts in one.tables.values())
    ]
    return "; ".join(named or settings) or "no file or setting differs"


def _settings(before: Run, after: Run) -> tuple[str, ...]:
    differing = [
        f"{name} {old} → {new}"
        for name, old, new in (
            ("version", before.version, after.version),
            ("code", before.code, after.code),
            ("engine", before.engine, after.engine),
        )
        if old != new
    ]
    for title, olds, news in (
        ("library", before.libraries, after.libraries),
        ("parameter", before.parameters, after.parameters),
    ):
        differing += [
            f"{title} {name} {olds.get(name, 'absent')} → {news.get(name, 'absent')}"
            for name in sorted({*olds, *news})
            if olds.get(name) != news.get(name)
        ]
    return tuple(differing)
