"""The pages of jobs, for the permission matrix: everybody's own, and never another's."""

from __future__ import annotations

from headway.web.jobs.models import Job, JobFile
from headway.web.people.models import User
from web_pages import Page


def pages(people: dict[str, User]) -> dict[str, Page]:
    """Every page of jobs. The job is the governor's; to everybody else it does not exist."""
    owner = people["governor"]
    stranger = User.objects.create_user("jobs@example.org", "Somebody Else")
    mine = Job.objects.create(kind="pack", title="A pack", asked_by=owner)
    theirs = Job.objects.create(kind="pack", title="Another's pack", asked_by=stranger)
    file = JobFile.objects.create(
        job=theirs, name="a.pdf", content_type="application/pdf", path="x", sha256="x", size=1
    )
    own, other = {"job_id": mine.pk}, {"job_id": theirs.pk}
    return {
        "your_files": Page(),
        "job": Page(own, other, 404, answers={"governor": 200}),
        "job_progress": Page(own, other, 404, answers={"governor": 200}),
        "cancel_job": Page(own, other, 404, data={}, answers={"governor": 302}),
        "retry_job": Page(own, other, 404, data={}, answers={"governor": 302}),
        "job_file": Page({**own, "file_id": file.pk}, {**other, "file_id": file.pk}, 404),
    }
