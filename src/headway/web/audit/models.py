"""Who did what, on whom, when, from where, and what every record said before. Rows are only ever added."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models


class AuditEvent(models.Model):
    """One thing that somebody did or saw. No foreign keys: it never interferes with live data, and outlives it.

    The database itself refuses to change or delete a row (see `protection`); retention is the one exception, and
    is itself recorded.
    """

    at = models.DateTimeField(auto_now_add=True, db_index=True)
    verb = models.CharField(max_length=60, db_index=True)
    by = models.CharField(max_length=254, help_text="e-mail of the person, or the name of the process")
    by_id = models.BigIntegerField(null=True, db_index=True)
    organisation = models.CharField(max_length=60, blank=True, db_index=True)
    subject = models.CharField(max_length=120, blank=True, help_text="kind:id of the record")
    detail = models.JSONField(default=dict)
    address = models.GenericIPAddressField(null=True)

    class Meta:
        ordering = ["-at", "-id"]

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Add the event. Raises ValueError if it has been saved before: an event is never changed."""
        if self.pk is not None:
            raise ValueError("an audit event is never changed")
        super().save(*args, **kwargs)


class Version(models.Model):
    """What a record said from a moment on: the first is number 1. `subject` is the record's kind:id, `snapshot` its
    fields by name. Protected as events are."""

    subject = models.CharField(max_length=120)
    number = models.PositiveIntegerField()
    snapshot = models.JSONField()
    by = models.CharField(max_length=254)
    by_id = models.BigIntegerField(null=True)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["subject", "number"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["subject", "number"], name="one_version_of_a_number"),
        ]


class Purge(models.Model):
    """That rows past their retention were erased: events from before a moment (`subject` empty), or every version of one
    subject. It is open only inside the transaction that erases; afterwards it stays, unchangeable."""

    at = models.DateTimeField(auto_now_add=True)
    before = models.DateTimeField()
    subject = models.CharField(max_length=120, blank=True)
    by = models.CharField(max_length=254)
    reason = models.CharField(max_length=500)
    is_open = models.BooleanField(default=True)
