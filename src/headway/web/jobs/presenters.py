"""Jobs as their page shows them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from headway.web.jobs.models import CANCELLED, DONE, EXPIRED, FAILED, RUNNING, WAITING, Job
from headway.web.people.models import User

_COLOURS = {
    WAITING: "grey",
    RUNNING: "blue",
    DONE: "green",
    FAILED: "red",
    CANCELLED: "grey",
    EXPIRED: "grey",
}


@dataclass(frozen=True)
class FileRow:
    """A file to download."""

    id: int
    name: str
    size: str


@dataclass(frozen=True)
class JobRow:
    """A job in words: how it stands, how far it is (in whole per cent), its files, and what can be done with it."""

    id: int
    title: str
    asked_at: datetime
    state: str
    colour: str
    percent: int
    says: str
    problem: str
    is_open: bool
    is_stopping: bool
    may_be_retried: bool
    expires_at: datetime | None
    files: tuple[FileRow, ...]


def jobs_of(user: User) -> QuerySet[Job]:
    """The jobs that a person asked for, the newest first. Nobody sees another's."""
    return Job.objects.filter(asked_by=user).prefetch_related("files")


def row(job: Job) -> JobRow:
    """One job in words."""
    expired = job.state == DONE and not job.is_ready
    says = job.says
    if job.has_lost_its_worker:
        says = "The service was stopped in the middle of this. It is begun anew by itself, or by you."
    elif job.cancel_asked and job.is_open:
        says = "Being stopped"
    elif job.state == WAITING:
        says = "Waits for its turn"
    return JobRow(
        job.pk,
        job.title,
        job.asked_at,
        job.state_title,
        _COLOURS[EXPIRED if expired else job.state],
        round(100 * job.progress),
        says,
        job.problem,
        job.is_open,
        job.cancel_asked and job.is_open,
        job.may_be_retried,
        job.expires_at if job.is_ready else None,
        tuple(FileRow(one.pk, one.name, size_text(one.size)) for one in job.files.all())
        if job.is_ready
        else (),
    )


def size_text(size: int) -> str:
    """A file's size as people read it: `640 KB`, `1.2 MB`."""
    if size < 1_000_000:
        return f"{max(size // 1000, 1)} KB"
    return f"{size / 1_000_000:.1f} MB"
