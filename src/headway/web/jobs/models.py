"""Work in the background: what was asked for, by whom, how far it is, and the files that it made."""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone

WAITING, RUNNING, DONE, FAILED, CANCELLED, EXPIRED = (
    "waiting",
    "running",
    "done",
    "failed",
    "cancelled",
    "expired",
)
STATES = {
    WAITING: "Waiting",
    RUNNING: "Under way",
    DONE: "Ready",
    FAILED: "Failed",
    CANCELLED: "Stopped",
    EXPIRED: "Expired",
}
HEARD_WITHIN = timedelta(seconds=90)
"""A job under way from which nothing was heard for so long has lost its worker."""
KEPT = timedelta(days=7)
"""For so long files can be downloaded; then they are erased."""


class Job(models.Model):
    """One piece of work that a person asked for. `title` says in words what it makes; `parameters` is what its kind needs.

    `attempt` counts how often it was begun anew: a worker does only the attempt that it was sent. `heard_at` is the last
    sign of life of the worker that has it.
    """

    kind = models.CharField(max_length=60)
    title = models.CharField(max_length=200)
    parameters = models.JSONField(default=dict)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="jobs")
    asked_at = models.DateTimeField(auto_now_add=True)
    state = models.CharField(max_length=10, choices=list(STATES.items()), default=WAITING, db_index=True)
    attempt = models.PositiveIntegerField(default=1)
    progress = models.FloatField(default=0.0, help_text="from 0 to 1")
    says = models.CharField(max_length=200, blank=True, help_text="what is being done, in words")
    problem = models.CharField(max_length=500, blank=True, help_text="why it failed, in words for the person")
    cancel_asked = models.BooleanField(default=False)
    started_at = models.DateTimeField(null=True, blank=True)
    heard_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    fetched_at = models.DateTimeField(null=True, blank=True, help_text="when a file was first downloaded")

    class Meta:
        ordering = ["-asked_at", "-id"]

    def __str__(self) -> str:
        return self.title

    @property
    def state_title(self) -> str:
        """How it stands, in words."""
        return "Ready" if self.is_ready else STATES[EXPIRED if self.state == DONE else self.state]

    @property
    def is_ready(self) -> bool:
        """Whether its files can be downloaded."""
        return self.state == DONE and self.expires_at is not None and self.expires_at > timezone.now()

    @property
    def is_open(self) -> bool:
        """Whether it is still to be done, or under way."""
        return self.state in (WAITING, RUNNING)

    @property
    def has_lost_its_worker(self) -> bool:
        """Whether whoever did it was ended in the middle of it."""
        return (
            self.state == RUNNING
            and self.heard_at is not None
            and self.heard_at < timezone.now() - HEARD_WITHIN
        )

    @property
    def may_be_retried(self) -> bool:
        """Whether it can be begun anew."""
        return (
            self.state in (FAILED, CANCELLED, EXPIRED)
            or self.has_lost_its_worker
            or (self.state == DONE and not self.is_ready)
        )


class JobFile(models.Model):
    """A file that a job made. `path` is where it is kept, `organisations` of which it says something: whoever downloads it
    must be permitted for every one of them."""

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="files")
    name = models.CharField(max_length=150)
    content_type = models.CharField(max_length=120)
    path = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64)
    size = models.BigIntegerField()
    organisations = models.JSONField(default=list)

    class Meta:
        ordering = ["name"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["job", "name"], name="one_file_of_a_name"),
        ]

    def __str__(self) -> str:
        return self.name
