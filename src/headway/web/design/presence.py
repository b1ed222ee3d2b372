"""Who uses the service's folder just now, so that nobody puts a backup in its place under a running service."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

_NAME = "running.lock"
_held: list[IO[str]] = []


def be_present(home: Path) -> None:
    """From now on, until this process ends, the service runs in that home. Raises RuntimeError where a backup is half put
    back there: a command of Headway finishes that first."""
    if (home / ".restoring" / "journal.json").exists():
        raise RuntimeError(
            "a backup is half put back: type `headway doctor`, which finishes it, then start again"
        )
    file = _opened(home)
    _share(file)
    _held.append(file)


@contextmanager
def alone(home: Path) -> Iterator[bool]:
    """Whether no process of the service runs in that home; none can begin while this holds."""
    with _opened(home) as file:
        free = _take(file)
        try:
            yield free
        finally:
            if free:
                _release(file)


def _opened(home: Path) -> IO[str]:
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    return (home / _NAME).open("a+", encoding="utf-8")


if sys.platform == "win32":  # pragma: no cover - the service does not run there

    def _share(file: IO[str]) -> None: ...

    def _take(file: IO[str]) -> bool:
        return True

    def _release(file: IO[str]) -> None: ...

else:
    import fcntl

    def _share(file: IO[str]) -> None:
        fcntl.flock(file, fcntl.LOCK_SH)

    def _take(file: IO[str]) -> bool:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True

    def _release(file: IO[str]) -> None:
        fcntl.flock(file, fcntl.LOCK_UN)
