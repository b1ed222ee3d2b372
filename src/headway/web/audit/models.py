"""Who did what, on whom, when, from where. Rows are only ever added."""

from __future__ import annotations

from typing import Any

from django.db import models


class AuditEvent(models.Model):
    """One thing that somebody did or saw. No foreign keys: it never interferes with live data, and outlives it.

    The database itself refuses to change or delete a row (see the first migration); retention is the one exception, and
    is itself recorded.
    """

    at = models.DateTimeField(auto_now_add=True, db_index=True)
    verb = models.CharField(max_length=60, db_index=True)
    by = models.CharField(max_length=254, help_text="e-mail of the person, or the name of the process")
    by_id = models.BigIntegerField(null=True)
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
