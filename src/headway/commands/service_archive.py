"""A backup as a file: a zip of what the service holds, with a manifest of every file's hash. The keys are not in it."""

from __future__ import annotations

import hashlib
import json
import os
import zipfile
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import IO

from headway import __version__
from headway.commands.output import UserError

FORM = 1
"""The layout of a backup; a later Headway that changes it counts on."""
MANIFEST = "manifest.json"
DATABASE = "database"
"""The file of the archive that holds the service's database: a SQLite file, or what pg_dump wrote."""
STORE_KEY, SERVICE_KEY = "secret.key", "service/secret.key"
KEYS = (STORE_KEY, SERVICE_KEY)
"""The pupil key of the store and the secret key of the service."""
_PACKED_ALREADY = (".parquet", ".zip", ".docx", ".xlsx", ".pdf", ".png")
_CHUNK = 1 << 20

Progress = Callable[[float, str], None]


@dataclass(frozen=True)
class Manifest:
    """What a backup says of itself. `files` gives size and SHA-256 by path, `keys` the fingerprint of each key that was in
    use; `database` is sqlite, postgresql or empty."""

    made_at: str
    headway: str
    database: str
    files: dict[str, tuple[int, str]] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)
    form: int = FORM

    @property
    def day(self) -> str:
        """When it was made, in words."""
        return f"{datetime.fromisoformat(self.made_at):%d %B %Y %H:%M} UTC"


def fingerprint(key: str) -> str:
    """Tells whether two keys are the same without telling either; slow, so that a weak key cannot be guessed from it."""
    return hashlib.scrypt(key.strip().encode(), salt=b"headway backup", n=2**14, r=8, p=1, dklen=16).hex()


def keys_here(home: Path) -> dict[str, str]:
    """The keys in use: from the environment, else from the files of a home; only those that there are."""
    found = {}
    for name, variable in ((STORE_KEY, "HEADWAY_PUPIL_KEY"), (SERVICE_KEY, "HEADWAY_SECRET_KEY")):
        given = os.environ.get(variable)
        if not given and (home / name).exists():
            given = (home / name).read_text(encoding="ascii")
        if given:
            found[name] = given.strip()
    return found


def pack(
    path: Path,
    folder: Path,
    files: Iterable[str],
    *,
    database: str,
    keys: dict[str, str],
    progress: Progress | None = None,
) -> Manifest:
    """Write the files of a folder into a new archive at `path`, read it back and compare every hash."""
    chosen = sorted(files)
    listed: dict[str, tuple[int, str]] = {}
    with zipfile.ZipFile(path, "w", allowZip64=True) as archive:
        for number, name in enumerate(chosen):
            how = zipfile.ZIP_STORED if name.endswith(_PACKED_ALREADY) else zipfile.ZIP_DEFLATED
            entry = zipfile.ZipInfo(name, datetime.now(UTC).timetuple()[:6])
            entry.compress_type, entry.external_attr = how, 0o600 << 16
            with (folder / name).open("rb") as source, archive.open(entry, "w", force_zip64=True) as target:
                listed[name] = _copied(source, target)
            if progress is not None:
                progress(0.7 * (number + 1) / len(chosen), "Writing")
        manifest = Manifest(
            datetime.now(UTC).isoformat(timespec="seconds"),
            __version__,
            database,
            listed,
            {name: fingerprint(key) for name, key in keys.items()},
        )
        archive.writestr(MANIFEST, json.dumps(asdict(manifest), indent=1))
    unpack(path, manifest, None, progress=progress, start=0.7)
    return manifest


def read_manifest(path: Path) -> Manifest:
    """What the backup at `path` says of itself. Raises `UserError` where it is not one, or of a later Headway."""
    try:
        with zipfile.ZipFile(path) as archive:
            said = json.loads(archive.read(MANIFEST))
        files = {name: (int(size), str(sha)) for name, (size, sha) in said["files"].items()}
        manifest = Manifest(
            str(said["made_at"]),
            str(said["headway"]),
            str(said["database"]),
            files,
            dict(said["keys"]),
            said["form"],
        )
    except FileNotFoundError as error:
        raise UserError(f"There is no file {path}.") from error
    except PermissionError as error:
        raise UserError(f"{path} may not be read.") from error
    except (zipfile.BadZipFile, KeyError, ValueError, TypeError, AttributeError, OSError) as error:
        raise UserError(f"{path} is not a backup of Headway, or a damaged one. Take another.") from error
    if manifest.form > FORM:
        raise UserError(
            f"{path} was made by a newer Headway ({manifest.headway}; this is {__version__}). Install that version first."
        )
    strange = [name for name in files if not _inside(name)]
    if strange:
        raise UserError(f"{path} would write outside the service's folder ({strange[0]}). Do not use it.")
    return manifest


def unpack(
    path: Path,
    manifest: Manifest,
    into: Path | None,
    *,
    progress: Progress | None = None,
    start: float = 0.0,
) -> None:
    """Read every file of a backup and compare its hash; with `into`, write it there. Raises `UserError`."""
    with zipfile.ZipFile(path) as archive:
        for number, (name, expected) in enumerate(manifest.files.items()):
            try:
                with archive.open(name) as source:
                    found = _written(source, into, name)
            except (zipfile.BadZipFile, KeyError, EOFError) as error:
                raise UserError(f"{path} is damaged: {name} cannot be read. Take another backup.") from error
            if found != expected:
                raise UserError(
                    f"{path} is damaged: {name} is not what was backed up. Nothing was changed. Take another backup."
                )
            if progress is not None:
                progress(start + (1 - start) * (number + 1) / len(manifest.files), "Checking")


def _written(source: IO[bytes], into: Path | None, name: str) -> tuple[int, str]:
    if into is None:
        return _copied(source, None)
    target = into / name
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        found = _copied(source, file)
        file.flush()
        os.fsync(file.fileno())
    return found


def _copied(source: IO[bytes], target: IO[bytes] | None) -> tuple[int, str]:
    size, sha = 0, hashlib.sha256()
    while chunk := source.read(_CHUNK):
        size += len(chunk)
        sha.update(chunk)
        if target is not None:
            target.write(chunk)
    return size, sha.hexdigest()


def _inside(name: str) -> bool:
    path = PurePosixPath(name)
    return not path.is_absolute() and ".." not in path.parts and "\\" not in name and ":" not in name
