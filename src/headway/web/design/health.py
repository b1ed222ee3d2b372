"""Whether the service is well: its database, store, worker and disk, each in one word and without any content."""

from __future__ import annotations

import logging
import shutil
import sqlite3
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.core.cache import cache
from django.db import Error, connection

from headway import __version__

HEARTBEAT = 30
"""Seconds between two signs of life of a background worker."""
HEARD_WITHIN = 5 * 60
"""A worker that has said nothing for so many seconds is not there."""
LEAST_FREE = 500 * 1024 * 1024
"""Bytes of disk that must be free: less, and a load or a backup may fail."""
_KEY = "worker-heard-at"
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Part:
    """One thing that was looked at. Where one that is `vital` is not well, the service cannot answer."""

    name: str
    well: bool
    says: str
    vital: bool = True


def worker_lives() -> None:
    """Note that a background worker lives."""
    cache.set(_KEY, time.time(), None)


def parts() -> list[Part]:
    """Everything that was looked at."""
    return [
        _looked("database", _database),
        _looked("store", _store),
        _looked("worker", _worker, vital=False),
        _looked("disk", _disk, vital=False),
    ]


def report() -> tuple[dict[str, str], int]:
    """What a monitor reads, and the status to answer with: 503 where the service cannot work."""
    found = parts()
    words = {part.name: part.says for part in found}
    well = all(part.well for part in found if part.vital)
    return {"service": "ok" if well else "not well", "version": __version__, **words}, 200 if well else 503


def _looked(name: str, look: Callable[[], str], *, vital: bool = True) -> Part:
    try:
        says = look()
    except (Error, OSError, sqlite3.Error):
        _log.exception("the health of a part could not be seen")
        says = "does not answer"
    return Part(name, says in ("ok", "none yet"), says, vital)


def _database() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return "ok"


def _store() -> str:
    path = Path(settings.HOME) / "catalogue.sqlite"
    if not path.exists():
        return "none yet"
    with sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True, timeout=2) as opened:
        opened.execute("SELECT count(*) FROM receipts").fetchone()
    opened.close()
    return "ok"


def _worker() -> str:
    heard = cache.get(_KEY)
    if heard is None:
        return "not heard yet"
    return "ok" if time.time() - heard < HEARD_WITHIN else "not heard for more than five minutes"


def _disk() -> str:
    return "ok" if shutil.disk_usage(settings.HOME).free >= LEAST_FREE else "less than 500 MB free"
