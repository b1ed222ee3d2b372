"""Putting a backup back: everything is unpacked and proven beside what is there, and then takes its place.

The place is taken step by step as a journal says, so that a process killed in between loses nothing: whichever command of
Headway comes next finishes it.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from headway.commands.output import UserError
from headway.commands.service_archive import (
    DATABASE,
    SERVICE_KEY,
    STORE_KEY,
    Manifest,
    Progress,
    fingerprint,
    keys_here,
    read_manifest,
    unpack,
)
from headway.commands.service_backup import run_postgresql
from headway.figures import lock
from headway.web.design import presence

ROOM = ".restoring"
_STAYS = (ROOM, "store.lock", "running.lock", "log")
_NAMES = {STORE_KEY: "the pupil key of the store", SERVICE_KEY: "the secret key of the service"}


def restore(
    path: Path, home: Path, *, replace: bool, keys_from: Path | None = None, progress: Progress | None = None
) -> Manifest:
    """Put the backup at `path` back as the home. Raises `UserError`, having changed nothing, where that must not be.

    It must not be where something is there already, unless `replace`; while the service runs; where a file of the backup is
    not what was backed up; and where the keys are other ones. Needs Django to be set up.
    """
    manifest = read_manifest(path)
    keys = _keys(manifest, home, keys_from)
    _check_database(manifest)
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    finish(home)
    if not replace and (there := _what_is_there(home)):
        raise UserError(
            f"{there}. Restoring would put the backup in its place; nothing was changed. To do that: "
            f"headway restore {path} --replace"
        )
    with presence.alone(home) as alone, lock.held(home / "store.lock", "restoring"):
        if not alone:
            raise UserError("The service is running. End it first (Ctrl-C, or systemctl stop), then restore.")
        room = home / ROOM
        shutil.rmtree(room, ignore_errors=True)
        room.mkdir(mode=0o700)
        try:
            unpack(path, manifest, room / "new", progress=progress)
            _lay_out(room / "new", manifest, keys)
            names = {
                "come": sorted(each.name for each in (room / "new").iterdir()),
                "go": sorted(each.name for each in home.iterdir() if each.name not in _STAYS),
                "database": manifest.database == "postgresql",
            }
            _write_journal(room, names)
        except BaseException:
            shutil.rmtree(room, ignore_errors=True)
            raise
        _finish(home)
    return manifest


def finish(home: Path) -> bool:
    """Finish a restoring that was killed while it took its place. Returns whether there was one."""
    if not (home / ROOM / "journal.json").exists():
        return False
    with lock.held(home / "store.lock", "finishing a restoring"):
        return _finish(home)


def _finish(home: Path, step: Callable[[str], None] = lambda name: None) -> bool:
    """Do what the journal says and is not done yet; each step may be done again. `step` hears of each before it is done."""
    room = home / ROOM
    try:
        journal: dict[str, Any] = json.loads((room / "journal.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        return False
    new, old = room / "new", room / "old"
    old.mkdir(exist_ok=True)
    if journal["database"]:
        step(DATABASE)
        _load_postgresql(room / DATABASE)
    for name in sorted({*journal["come"], *journal["go"]}):
        step(name)
        coming = name in journal["come"]
        if (home / name).exists() and (not coming or (new / name).exists()):
            (home / name).rename(old / name)
        step(f"{name} again")
        if (new / name).exists():
            (new / name).rename(home / name)
    step("journal")
    (room / "journal.json").unlink()
    shutil.rmtree(room, ignore_errors=True)
    return True


def _write_journal(room: Path, names: dict[str, Any]) -> None:
    draft = room / "journal.new"
    with draft.open("w", encoding="utf-8") as file:
        json.dump(names, file)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(room / "journal.json")


def _lay_out(new: Path, manifest: Manifest, keys: dict[str, str]) -> None:
    """The unpacked files as a home: the database at its place, the keys at theirs."""
    (new / "service").mkdir(exist_ok=True, mode=0o700)
    if manifest.database == "sqlite":
        (new / DATABASE).rename(new / "service" / "headway.sqlite3")
    elif manifest.database == "postgresql":
        (new / DATABASE).rename(new.parent / DATABASE)
    for name, key in keys.items():
        descriptor = os.open(new / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(key + "\n")


def _keys(manifest: Manifest, home: Path, keys_from: Path | None) -> dict[str, str]:
    """The keys to be laid beside what is restored; none that the environment gives. Raises `UserError` for other ones."""
    found = keys_here(home)
    in_environment = {
        name
        for name, variable in ((STORE_KEY, "HEADWAY_PUPIL_KEY"), (SERVICE_KEY, "HEADWAY_SECRET_KEY"))
        if os.environ.get(variable)
    }
    if keys_from is not None:
        try:
            found |= {
                str(name): str(key) for name, key in json.loads(keys_from.read_text(encoding="ascii")).items()
            }
        except (OSError, ValueError, AttributeError) as error:
            raise UserError(f"{keys_from} is not a file of keys that headway backup --keys wrote.") from error
    for name, expected in manifest.keys.items():
        if name not in found:
            raise UserError(
                f"The backup has no keys in it, and {_NAMES[name]} is not here: nobody could be recognised without it. "
                "Give the file that headway backup --keys wrote: headway restore FILE --keys KEYS"
            )
        if fingerprint(found[name]) != expected:
            raise UserError(
                f"{_NAMES[name].capitalize()} is not the one with which the backup was made. Nothing was changed. Give the "
                "right one: headway restore FILE --keys KEYS"
            )
    return {name: found[name] for name in manifest.keys if name not in in_environment}


def _check_database(manifest: Manifest) -> None:
    from django.db import connection

    if manifest.database and manifest.database != connection.vendor:
        words = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}
        raise UserError(
            f"The backup is of a service on {words.get(manifest.database, manifest.database)}, and this one is set up for "
            f"{words.get(connection.vendor, connection.vendor)} (HEADWAY_DATABASE_URL). Set it up like the old one first."
        )


def _what_is_there(home: Path) -> str:
    """What a restoring would replace, in words; nothing if there is nothing."""
    from django.db import connection

    if any((home / name).exists() for name in ("catalogue.sqlite", "service/headway.sqlite3", "parts")):
        return f"{home} holds a store or a service already"
    if connection.vendor != "sqlite" and connection.introspection.table_names():
        return f"The database {connection.settings_dict['NAME']} holds a service already"
    return ""


def _load_postgresql(dump: Path) -> None:
    from django.db import connection

    connection.close()
    run_postgresql(
        "pg_restore", connection.settings_dict, "--clean", "--if-exists", "--no-owner", "--no-privileges",
        "--single-transaction", "--exit-on-error", str(dump),
    )  # fmt: skip
