"""Asking for work in the background, stopping it, beginning it anew, fetching its files, and erasing them in time."""

from __future__ import annotations

import hashlib

from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from headway.web.audit.actions import record
from headway.web.jobs import kinds, tasks
from headway.web.jobs.models import (
    CANCELLED,
    DONE,
    EXPIRED,
    FAILED,
    HEARD_WITHIN,
    RUNNING,
    WAITING,
    Job,
    JobFile,
)
from headway.web.people import access
from headway.web.people.actions import NotPermitted
from headway.web.people.models import User

AT_ONCE = 5
"""So many jobs one person may have waiting or under way."""
ATTEMPTS = 3
"""A job whose worker was ended so often is not begun again by itself."""


@transaction.atomic
def start(kind: str, parameters: dict[str, object], *, title: str, by: User) -> Job:
    """Ask for work; a background worker does it, and the person finds the files under “Your files”. Raises NotPermitted
    without the kind's permission, or with too many jobs under way already."""
    if not access.holds(by, kinds.kind(kind).permission):
        raise NotPermitted("Your roles do not let you ask for this.")
    if Job.objects.filter(asked_by=by, state__in=(WAITING, RUNNING)).count() >= AT_ONCE:
        raise NotPermitted(f"You have {AT_ONCE} jobs under way. Wait until one is done, or stop one.")
    job = Job.objects.create(kind=kind, title=title[:200], parameters=parameters, asked_by=by)
    record("asked for files", by=by, subject=f"job:{job.pk}", detail={"what": job.title})
    tasks.run.enqueue(job.pk, job.attempt)
    return job


@transaction.atomic
def cancel(job: Job, *, by: User) -> None:
    """Stop a job: at once while it waits, at its next step while it runs. One that is over is left as it is."""
    now = timezone.now()
    if Job.objects.filter(pk=job.pk, state=WAITING).update(state=CANCELLED, finished_at=now):
        record("stopped a job", by=by, subject=f"job:{job.pk}", detail={"what": job.title})
    elif Job.objects.filter(pk=job.pk, state=RUNNING, cancel_asked=False).update(cancel_asked=True):
        record("asked to stop a job", by=by, subject=f"job:{job.pk}", detail={"what": job.title})


@transaction.atomic
def retry(job: Job, *, by: User) -> Job:
    """Begin a job anew that failed, was stopped, expired or lost its worker. Raises NotPermitted for any other."""
    locked = Job.objects.select_for_update().get(pk=job.pk)
    if not locked.may_be_retried:
        raise NotPermitted(f"This is {locked.state_title.lower()}: there is nothing to begin anew.")
    if not access.holds(by, kinds.kind(locked.kind).permission):
        raise NotPermitted("Your roles do not let you ask for this.")
    _erase_files(locked)
    _begin_anew(locked)
    record("began a job anew", by=by, subject=f"job:{job.pk}", detail={"what": locked.title})
    return locked


def _begin_anew(job: Job) -> None:
    job.attempt += 1
    job.state, job.progress, job.says, job.problem, job.cancel_asked = WAITING, 0.0, "", "", False
    job.started_at = job.heard_at = job.finished_at = job.expires_at = job.fetched_at = None
    job.save()
    tasks.run.enqueue(job.pk, job.attempt)


@transaction.atomic
def fetch(file: JobFile, *, by: User) -> bytes:
    """The contents of a file, for whoever asked for it and may still see everything in it. Recorded as an export.

    Raises NotPermitted with the reason: not theirs, expired, a permission since lost, or what the kind of work says."""
    job = file.job
    kind = kinds.kind(job.kind)
    if job.asked_by_id != by.pk:
        raise NotPermitted("There is no such file of yours.")
    if not job.is_ready:
        raise NotPermitted("This file has expired. Ask for it anew.")
    lost = set(file.organisations) - access.reach(by, kind.permission)
    if lost or not access.holds(by, kind.permission):
        raise NotPermitted("Your roles do not let you see everything in this file any more.")
    if why := kind.still_allowed(file, by):
        raise NotPermitted(why)
    content = _contents(file)
    organisations = file.organisations
    record(
        kind.verb,
        by=by,
        organisation=organisations[0] if len(organisations) == 1 else "",
        subject=f"job:{job.pk}",
        detail={"file": file.name, "sha256": file.sha256, "organisations": organisations},
    )
    Job.objects.filter(pk=job.pk, fetched_at=None).update(fetched_at=timezone.now())
    return content


def _contents(file: JobFile) -> bytes:
    try:
        with default_storage.open(file.path) as opened:
            content: bytes = opened.read()
    except OSError as gone:
        raise NotPermitted("This file is not there any more. Ask for it anew.") from gone
    if hashlib.sha256(content).hexdigest() != file.sha256:
        raise NotPermitted("This file is damaged: it is not what was made. Ask for it anew.")
    return content


@transaction.atomic
def erase_expired() -> int:
    """Erase the files whose time is over; returns of how many jobs. The jobs stay in their owners' lists."""
    over = list(Job.objects.select_for_update().filter(state=DONE, expires_at__lte=timezone.now())[:200])
    for job in over:
        _erase_files(job)
        job.state = EXPIRED
        job.save(update_fields=["state"])
        record("erased expired files", by=None, subject=f"job:{job.pk}", detail={"what": job.title})
    return len(over)


@transaction.atomic
def erase(job: Job) -> None:
    """Erase a job with its files. Whoever erases records it."""
    _erase_files(job)
    job.delete()


def _erase_files(job: Job) -> None:
    paths = list(job.files.values_list("path", flat=True))
    job.files.all().delete()
    transaction.on_commit(lambda: tasks.erase(paths))


@transaction.atomic
def take_up_lost() -> int:
    """Begin the jobs anew whose worker was ended in the middle of them; one that lost too many has failed. Returns how many
    were found."""
    silent = Q(heard_at__lt=timezone.now() - HEARD_WITHIN)
    lost = list(Job.objects.select_for_update().filter(silent, state=RUNNING)[:50])
    for job in lost:
        if job.cancel_asked:
            job.state, job.finished_at = CANCELLED, timezone.now()
            job.save(update_fields=["state", "finished_at"])
        elif job.attempt < ATTEMPTS:
            _begin_anew(job)
        else:
            job.state, job.finished_at = FAILED, timezone.now()
            job.problem = (
                "The service was stopped in the middle of this each time that it was begun. Try again, with fewer schools "
                f"at once if that helps; if it fails again, tell whoever looks after the service, and name job {job.pk}."
            )
            job.save(update_fields=["state", "finished_at", "problem"])
        record(
            "found a job without its worker",
            by=None,
            subject=f"job:{job.pk}",
            detail={"what": job.title, "state": job.state},
        )
    return len(lost)


def look_after() -> None:
    """What is to be done every now and then: jobs that lost their worker are taken up, expired files erased."""
    take_up_lost()
    erase_expired()
