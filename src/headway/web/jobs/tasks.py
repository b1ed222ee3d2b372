"""How a job runs: taken from the queue by a worker, done outside any transaction, and finished in one."""

from __future__ import annotations

import hashlib
import logging
import secrets

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils import timezone
from django_tasks import task

from headway.web.audit.actions import record
from headway.web.jobs import kinds
from headway.web.jobs.models import CANCELLED, DONE, FAILED, KEPT, RUNNING, WAITING, Job, JobFile
from headway.web.jobs.progress import Cancelled, Progress, heartbeat

QUEUE = "documents"
_log = logging.getLogger(__name__)


@task(queue_name=QUEUE)
def run(job_id: int, attempt: int) -> None:
    """Do one attempt of a job. An attempt that was overtaken, stopped or done already is left alone."""
    now = timezone.now()
    mine = Job.objects.filter(pk=job_id, attempt=attempt)
    if not mine.filter(state=WAITING).update(
        state=RUNNING, started_at=now, heard_at=now, progress=0, says=""
    ):
        return
    job = mine.select_related("asked_by").get()
    kept: list[str] = []
    try:
        with heartbeat(job):
            if not job.asked_by.is_active:
                raise kinds.JobFailed("The account that asked for this is closed.")
            made = kinds.kind(job.kind).work(job, Progress(job))
            files = [_keep(job, one, kept) for one in _named_once(made)]
        if _finish(job, files):
            return
    except Cancelled:
        mine.filter(state=RUNNING).update(state=CANCELLED, finished_at=timezone.now(), says="")
    except kinds.JobFailed as why:
        _fail(job, str(why))
    except Exception:
        _log.exception("a job of kind %s failed", job.kind)
        _fail(
            job,
            "Something went wrong while the files were made, and none was kept. Try again; if it fails again, tell whoever "
            f"looks after the service, and name job {job.pk}.",
        )
    erase(kept)


def _named_once(made: list[kinds.Made]) -> list[kinds.Made]:
    names = [one.name.lower() for one in made]
    if len(set(names)) != len(names):
        raise ValueError("two files of one job have the same name")
    return made


def _keep(job: Job, made: kinds.Made, kept: list[str]) -> JobFile:
    path = default_storage.save(f"jobs/{job.pk}/{secrets.token_hex(16)}", ContentFile(made.content))
    kept.append(path)
    return JobFile(
        job=job,
        name=made.name,
        content_type=made.content_type,
        path=path,
        sha256=hashlib.sha256(made.content).hexdigest(),
        size=len(made.content),
        organisations=sorted(set(made.organisations)),
    )


@transaction.atomic
def _finish(job: Job, files: list[JobFile]) -> bool:
    """Whether the attempt was still wanted, and its files are now there."""
    now = timezone.now()
    mine = Job.objects.filter(pk=job.pk, attempt=job.attempt, state=RUNNING, cancel_asked=False)
    if not mine.update(state=DONE, progress=1, says="", problem="", finished_at=now, expires_at=now + KEPT):
        Job.objects.filter(pk=job.pk, attempt=job.attempt, state=RUNNING).update(
            state=CANCELLED, finished_at=now, says=""
        )
        return False
    JobFile.objects.bulk_create(files)
    record(
        "made files",
        by=job.asked_by,
        subject=f"job:{job.pk}",
        detail={"what": job.title, "files": [f"{one.name} ({one.sha256[:12]})" for one in files][:50]},
    )
    return True


@transaction.atomic
def _fail(job: Job, why: str) -> None:
    mine = Job.objects.filter(pk=job.pk, attempt=job.attempt, state=RUNNING)
    if mine.update(state=FAILED, problem=why[:500], finished_at=timezone.now(), says=""):
        record(
            "job failed",
            by=job.asked_by,
            subject=f"job:{job.pk}",
            detail={"what": job.title, "why": why[:500]},
        )


def erase(paths: list[str]) -> None:
    """Erase files that are kept; one that is gone already is no matter."""
    for path in paths:
        default_storage.delete(path)
