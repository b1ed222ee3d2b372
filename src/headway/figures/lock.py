"""One writer at a time: a lock on a file, which the system releases even when its holder is killed."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

if sys.platform == "win32":  # pragma: no cover
    import msvcrt
else:
    import fcntl

PATIENCE = 600.0
"""Seconds for which a second process waits before it gives up."""

Tell = Callable[[str], None]


class StoreBusy(Exception):  # noqa: N818 - what the user is told: the store is busy
    """Another process has been writing to the store for longer than this one was willing to wait."""


@contextmanager
def held(path: Path, doing: str, *, tell: Tell | None = None, patience: float = PATIENCE) -> Iterator[None]:
    """Holds the lock file `path` while `doing` is done; waits for another holder, and says for whom.

    Raises `StoreBusy` after `patience` seconds.
    """
    with path.open("a+", encoding="utf-8") as file:
        _wait(file, path, tell, patience)
        try:
            _sign(file, f"process {os.getpid()}: {doing}")
            yield
        finally:
            _sign(file, "")
            _release(file)


@contextmanager
def tried(path: Path) -> Iterator[bool]:
    """Whether the lock file `path` was free; holds it, without waiting, if it was."""
    with path.open("a+", encoding="utf-8") as file:
        free = _take(file)
        try:
            yield free
        finally:
            if free:
                _release(file)


def _wait(file: IO[str], path: Path, tell: Tell | None, patience: float) -> None:
    until = time.monotonic() + patience
    pause, told = 0.002, False
    while not _take(file):
        if time.monotonic() >= until:
            raise StoreBusy(
                f"another process still holds the store after {patience:.0f} seconds ({_holder(path)}). "
                "Nothing was changed. Let it finish, or end it if it hangs, then try again."
            )
        if tell is not None and not told and pause > 0.1:
            tell(f"Waiting for another process to finish with the store ({_holder(path)})")
            told = True
        time.sleep(pause)
        pause = min(pause * 1.5, 0.25)


def _holder(path: Path) -> str:
    return path.read_text(encoding="utf-8").strip() or "it did not say which"


def _sign(file: IO[str], text: str) -> None:
    file.seek(0)
    file.truncate()
    file.write(text)
    file.flush()


if sys.platform == "win32":  # pragma: no cover
    _FAR = 1 << 30  # a locked byte cannot be read there: lock one far behind the holder's name

    def _take(file: IO[str]) -> bool:
        file.seek(_FAR)
        try:
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

    def _release(file: IO[str]) -> None:
        file.seek(_FAR)
        msvcrt.locking(file.fileno(), msvcrt.LK_UNLCK, 1)

else:

    def _take(file: IO[str]) -> bool:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True

    def _release(file: IO[str]) -> None:
        fcntl.flock(file, fcntl.LOCK_UN)
