"""Pages of one's files: what is being made, and what can be downloaded."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_POST

from headway.web.design.lists import page_of
from headway.web.jobs import actions, kinds, presenters
from headway.web.jobs.models import Job, JobFile
from headway.web.people.actions import NotPermitted
from headway.web.people.gate import refuse, signed_in


@signed_in
def your_files(request: HttpRequest) -> HttpResponse:
    """Everything that the person asked for, the newest first."""
    page = page_of(request, presenters.jobs_of(request.user))
    shown = {"page": page, "rows": [presenters.row(job) for job in page]}
    return render(request, "jobs/your_files.html", shown)


@signed_in
def job(request: HttpRequest, job_id: int) -> HttpResponse:
    """One job: how far it is, and its files."""
    return render(request, "jobs/job.html", {"job": presenters.row(_mine(request, job_id))})


@signed_in
def job_progress(request: HttpRequest, job_id: int) -> HttpResponse:
    """How far a job is, as the part of its page that changes."""
    return render(request, "jobs/progress.html", {"job": presenters.row(_mine(request, job_id))})


@require_POST
@signed_in
def cancel_job(request: HttpRequest, job_id: int) -> HttpResponse:
    """Stop a job."""
    actions.cancel(_mine(request, job_id), by=request.user)
    return redirect("job", job_id)


@require_POST
@signed_in
def retry_job(request: HttpRequest, job_id: int) -> HttpResponse:
    """Begin a job anew."""
    try:
        actions.retry(_mine(request, job_id), by=request.user)
    except (NotPermitted, kinds.JobFailed) as why:
        messages.error(request, str(why))
    return redirect("job", job_id)


@signed_in
def job_file(request: HttpRequest, job_id: int, file_id: int) -> HttpResponse:
    """Download a file. One that may not be downloaded any more says why on the job's page."""
    file = (
        JobFile.objects.filter(pk=file_id, job_id=job_id, job__asked_by=request.user)
        .select_related("job")
        .first()
    )
    if file is None:
        raise Http404
    try:
        content = actions.fetch(file, by=request.user)
    except NotPermitted as why:
        refuse(request, kinds.kind(file.job.kind).permission, job_file)
        return _not_now(request, file.job, str(why))
    except kinds.JobFailed as why:
        # The service knows this kind of work no more, so nobody is refused anything.
        return _not_now(request, file.job, str(why))
    response = HttpResponse(content, content_type=file.content_type)
    response["Content-Disposition"] = content_disposition_header(True, file.name)
    return response


def _not_now(request: HttpRequest, job: Job, why: str) -> HttpResponse:
    return render(request, "jobs/not_now.html", {"why": why, "job": presenters.row(job)}, status=403)


def _mine(request: HttpRequest, job_id: int) -> Job:
    return get_object_or_404(presenters.jobs_of(request.user), pk=job_id)
