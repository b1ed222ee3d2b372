"""Erasing in the background, with progress: what went is listed in a file for whoever asked."""

from __future__ import annotations

import csv
import io

from django.utils import timezone

from headway.figures.store import StoreBusy, StoreError
from headway.web.jobs import actions as jobs
from headway.web.jobs import kinds
from headway.web.jobs.kinds import JobFailed, Made
from headway.web.jobs.models import Job
from headway.web.jobs.progress import Progress
from headway.web.people.access import holds
from headway.web.people.models import User
from headway.web.people.permissions import Permission
from headway.web.privacy import erasing, holdings

KIND = "erasing"


def register() -> None:
    """Once, when the service starts."""
    kinds.register(KIND, erase, permission=Permission.KEEP_RETENTION, verb="took a list of what was erased")


def start(*, by: User) -> Job:
    """Ask for it. Raises NotPermitted without the permission."""
    return jobs.start(KIND, {}, title="Erasing what is past its date", by=by)


def erase(job: Job, progress: Progress) -> list[Made]:
    """Erase what is past its date, and list what went: kinds and numbers, nothing of what was in them."""
    if not holds(job.asked_by, Permission.KEEP_RETENTION):
        raise JobFailed("Your roles do not let you erase any more.")
    try:
        gone = erasing.erase_due(holdings.store(), by=job.asked_by, progress=progress)
    except (StoreBusy, StoreError) as why:
        raise JobFailed(str(why)) from why
    written = io.StringIO()
    writer = csv.writer(written)
    writer.writerow(["Kind of record", "Records erased", "Kept for", "From"])
    writer.writerows([one.kind.title, one.count, one.kind.length, one.kind.starts] for one in gone)
    name = f"What was erased on {timezone.localdate()}.csv"
    return [Made(name, ("\ufeff" + written.getvalue()).encode(), "text/csv")]
