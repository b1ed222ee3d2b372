"""What jobs contribute to the navigation and to everybody's task list."""

from __future__ import annotations

from datetime import timedelta

from django.urls import reverse
from django.utils import timezone

from headway.web.jobs.models import DONE, FAILED, Job
from headway.web.people import navigation, today
from headway.web.people.models import User
from headway.web.people.navigation import Link
from headway.web.people.permissions import Permission
from headway.web.people.today import Task


def contribute() -> None:
    """Once, when the service starts."""
    navigation.offer(Link("Your files", "your_files", (Permission.MAKE_PACKS, Permission.EXPORT), 55))
    today.register(files_to_fetch)


def files_to_fetch(user: User) -> list[Task]:
    """Files that are ready and were not downloaded yet, and jobs of the last week that failed."""
    since = timezone.now() - timedelta(days=7)
    found = Job.objects.filter(
        asked_by=user, state__in=(DONE, FAILED), fetched_at=None, finished_at__gte=since
    )
    return [
        Task(
            f"Download: {job.title}" if job.state == DONE else f"Could not be made: {job.title}",
            reverse("job", args=[job.pk]),
            hint=f"Until {timezone.localdate(job.expires_at):%d %B}"
            if job.is_ready
            else "Look why, or try again",
        )
        for job in found[:10]
        if job.state == FAILED or job.is_ready
    ]
