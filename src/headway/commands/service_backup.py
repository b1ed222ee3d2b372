"""Backing up a service that runs: database, store and documents as they stood at one moment, in one file."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from headway.commands.output import UserError, aside, told
from headway.commands.service_archive import DATABASE, KEYS, Manifest, Progress, keys_here, pack
from headway.figures.store import Store

LEFT_OUT = ("service/static", "service/charts", "service/outbox", "log", ".restoring")
"""What is made anew (assets, charts) or was only passing through (letters, logs)."""
_LEFT_OUT_NAMES = ("store.lock", "running.lock", "catalogue.sqlite-journal")


def back_up(
    path: Path, home: Path, *, keys_to: Path | None = None, progress: Progress | None = None
) -> Manifest:
    """Write a backup of the home to `path`, whole or not at all; the keys, if wanted, to a file of their own.

    Writers wait while files are linked and the database is copied (seconds); readers never. Every file is read back and its
    hash compared. Needs Django to be set up. Raises `UserError`.
    """
    for wanted in filter(None, (path, keys_to)):
        if wanted.exists():
            raise UserError(
                f"{wanted} exists already, and a backup never overwrites another. Choose another name."
            )
        if not wanted.absolute().parent.is_dir():
            raise UserError(f"There is no folder {wanted.absolute().parent}.")
    keys = keys_here(home)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with tempfile.TemporaryDirectory(prefix=".backup-", dir=home) as room:
            snapshot = Path(room)
            database = _take_snapshot(home, snapshot)
            files = [each.relative_to(snapshot).as_posix() for each in snapshot.rglob("*") if each.is_file()]
            draft.touch(mode=0o600)
            manifest = pack(draft, snapshot, files, database=database, keys=keys, progress=progress)
        if keys_to is not None:
            _write_keys(keys_to, keys)
        draft.replace(path)
    except OSError as error:
        raise UserError(
            f"The backup could not be written: {error.strerror or error}. Nothing is left of it."
        ) from error
    finally:
        draft.unlink(missing_ok=True)
    return manifest


def _write_keys(path: Path, keys: dict[str, str]) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        json.dump(keys, file, indent=1)


def _take_snapshot(home: Path, snapshot: Path) -> str:
    """Everything as it stands while nobody writes: returns the kind of database."""
    store = Store(home, tell=lambda message: aside.print(message, markup=False))
    with told(), store.held("backing up"), _database_at_rest() as database:
        _link_files(home, snapshot)
        if (home / "catalogue.sqlite").exists():
            copy_sqlite(home / "catalogue.sqlite", snapshot / "catalogue.sqlite")
        _dump(database, snapshot / DATABASE)
    return str(database["vendor"])


def _link_files(home: Path, snapshot: Path) -> None:
    """Files that are written once are linked, which takes no time; the others, which are small, are copied."""
    for folder, folders, names in os.walk(home):
        here = Path(folder)
        inside = here.relative_to(home)
        folders[:] = [
            name
            for name in folders
            if (inside / name).as_posix() not in LEFT_OUT
            and not name.startswith(".backup-")
            and not name.endswith(".making")
        ]
        for name in names:
            relative = (inside / name).as_posix()
            if (
                relative in KEYS
                or name in _LEFT_OUT_NAMES
                or name.startswith(".making-")
                or _is_database(name)
            ):
                continue
            target = snapshot / relative
            target.parent.mkdir(parents=True, exist_ok=True)
            _linked(here / name, target)


def _is_database(name: str) -> bool:
    return name == "catalogue.sqlite" or name.startswith("headway.sqlite3")


def _linked(source: Path, target: Path) -> None:
    if source.suffix == ".parquet" or "documents" in source.parts:
        try:
            os.link(source, target)
        except OSError:  # another disk, or a file system without links
            shutil.copy2(source, target)
    else:
        shutil.copy2(source, target)


@contextmanager
def _database_at_rest() -> Iterator[dict[str, Any]]:
    """The database's settings, while nobody changes it: SQLite's writers wait, and PostgreSQL shows one moment of it."""
    from django.db import connection

    settings = {**connection.settings_dict, "vendor": connection.vendor}
    if connection.vendor == "sqlite":
        path = Path(settings["NAME"])
        if not path.exists():
            yield {**settings, "vendor": ""}
            return
        with closing(sqlite3.connect(path, timeout=60, isolation_level=None)) as waiting:
            waiting.execute("BEGIN IMMEDIATE")
            yield settings
            waiting.execute("ROLLBACK")
        return
    with connection.cursor() as cursor:
        cursor.execute("BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        try:
            cursor.execute("SELECT pg_export_snapshot()")
            yield {**settings, "snapshot": cursor.fetchone()[0]}
        finally:
            cursor.execute("ROLLBACK")


def _dump(database: dict[str, Any], path: Path) -> None:
    if database["vendor"] == "sqlite":
        copy_sqlite(Path(database["NAME"]), path)
    elif database["vendor"] == "postgresql":
        run_postgresql(
            "pg_dump", database, "--format=custom", "--no-owner", "--no-privileges",
            f"--snapshot={database['snapshot']}", f"--file={path}",
        )  # fmt: skip


def copy_sqlite(source: Path, target: Path) -> None:
    """A copy of a SQLite database that others use meanwhile, looked over. Raises `UserError` for a damaged one."""
    with (
        closing(sqlite3.connect(f"{source.as_uri()}?mode=ro", uri=True, timeout=60)) as opened,
        closing(sqlite3.connect(target)) as copy,
    ):
        opened.backup(copy)
        copy.execute("PRAGMA journal_mode=DELETE")
        said = copy.execute("PRAGMA quick_check").fetchone()[0]
    target.chmod(0o600)
    if said != "ok":
        raise UserError(f"{source} is damaged ({said}), so it was not backed up. Put back an earlier backup.")


def run_postgresql(program: str, database: dict[str, Any], *arguments: str) -> None:
    """Run one of PostgreSQL's own programs on the service's database. Raises `UserError` where it is missing or fails."""
    found = postgresql_program(program)
    if found is None:
        raise UserError(
            f"{program} is not on this machine, and a PostgreSQL database is backed up and put back with it. Install "
            "PostgreSQL's client programs (on Debian: apt-get install postgresql-client), of the server's version or newer."
        )
    named = [
        option
        for option, value in (
            ("--host", database["HOST"]), ("--port", database["PORT"]), ("--username", database["USER"]),
            ("--dbname", database["NAME"]),
        )
        if value
        for option in (f"{option}={value}",)
    ]  # fmt: skip
    environment = {**os.environ, **({"PGPASSWORD": database["PASSWORD"]} if database["PASSWORD"] else {})}
    done = subprocess.run(  # noqa: S603
        [found, "--no-password", *named, *arguments],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise UserError(f"{program} failed: {done.stderr.strip()}")


def postgresql_program(program: str) -> str | None:
    """Where the newest of PostgreSQL's programs of that name lies."""
    installed = sorted(
        Path("/usr/lib/postgresql").glob(f"*/bin/{program}"),
        key=lambda path: int(path.parts[-3]),
        reverse=True,
    )
    return str(installed[0]) if installed else shutil.which(program)
