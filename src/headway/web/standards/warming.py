"""What a web process does before anybody waits for it: proves the files of the releases that stand, keeps their footers."""

from __future__ import annotations

import logging
from contextlib import suppress

from django.db import DatabaseError

from headway.web.standards import files, reading
from headway.web.standards.models import ReleaseFile

_log = logging.getLogger(__name__)


def warm_up() -> None:
    """Open every file of every release that was not taken back. A damaged one is told in the log, as when asked for."""
    with suppress(DatabaseError):
        for one in ReleaseFile.objects.filter(release__taken_back_at=None):
            key = reading.BY_MEASURE if one.order == "measure" else reading.BY_ORGANISATION
            try:
                files.prove(reading.folder(), one.sha256, key)
            except files.DamagedFileError as problem:
                _log.error("a file of a release is damaged: %s", problem)
