"""How far a job is, as it says itself while it runs."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from headway.web.jobs.models import RUNNING, Job

_AT_MOST_EVERY = 0.5
"""Seconds between two notes of progress."""
_HEARTBEAT = 15.0
"""Seconds between two signs of life while the work says nothing itself."""


class Cancelled(Exception):  # noqa: N818 - it is no mistake
    """The person has asked to stop."""


class Progress:
    """Says how far the work is. Each note is written at once and by itself, so that others see it while the work goes on;
    one that cannot be written is let go, and harms neither the work nor a transaction that the work has begun."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._said = 0.0

    def __call__(self, fraction: float, says: str = "") -> None:
        """`fraction` of the work (0 to 1) is done; `says` is what is being done now. Raises Cancelled if asked to stop."""
        now = time.monotonic()
        if self._said and now - self._said < _AT_MOST_EVERY and fraction < 1:
            return
        self._said = now
        try:
            with transaction.atomic():
                mine = Job.objects.filter(pk=self._job.pk, attempt=self._job.attempt, state=RUNNING)
                mine.update(progress=min(max(fraction, 0.0), 1.0), says=says[:200], heard_at=timezone.now())
                stop = not mine.filter(cancel_asked=False).exists()
        except DatabaseError:
            return
        if stop:
            raise Cancelled


@contextmanager
def heartbeat(job: Job) -> Iterator[None]:
    """While this lasts, the database hears now and then that the worker of the job lives, whatever the work is busy with."""
    over = threading.Event()
    beating = threading.Thread(target=_beat, args=(job, over), daemon=True, name=f"job-{job.pk}")
    beating.start()
    try:
        yield
    finally:
        over.set()
        beating.join()


def _beat(job: Job, over: threading.Event) -> None:
    opened = False
    while not over.wait(_HEARTBEAT):
        opened = True
        try:
            Job.objects.filter(pk=job.pk, attempt=job.attempt, state=RUNNING).update(heard_at=timezone.now())
        except DatabaseError:
            continue
    if opened:
        connection.close()
