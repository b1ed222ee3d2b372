"""What is asked of schools, and how much of it in a term or year somebody has set as the most."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone


class Ask(models.Model):
    """One request to one school. `together` is the same for those sent at once; what it said before is in the versions."""

    ASKED, ANSWERED, DECLINED, WITHDRAWN = "asked", "answered", "declined", "withdrawn"

    organisation = models.CharField(max_length=60, db_index=True)
    what = models.CharField(max_length=200)
    how = models.TextField(blank=True, help_text="how to answer")
    purpose = models.CharField(max_length=200)
    legal_basis = models.CharField(max_length=300)
    minutes = models.PositiveIntegerField(help_text="of the school's time, about")
    due = models.DateField(db_index=True)
    together = models.CharField(max_length=36, db_index=True)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="asks")
    asked_at = models.DateTimeField(auto_now_add=True)
    over_cap_because = models.CharField(max_length=500, blank=True, help_text="why it goes over the cap")
    state = models.CharField(max_length=10, default=ASKED, db_index=True)
    answer = models.TextField(blank=True, help_text="or why it was declined or withdrawn")
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    reminded_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["due", "pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["together", "organisation"], name="asked_once_of_a_school"),
        ]

    @property
    def subject(self) -> str:
        """Its kind:id in the audit trail."""
        return f"ask:{self.pk}"

    @property
    def is_open(self) -> bool:
        """Whether it waits for the school."""
        return self.state == self.ASKED

    @property
    def is_overdue(self) -> bool:
        """Whether it waits, and its day is past."""
        return self.is_open and self.due < timezone.localdate()


class Cap(models.Model):
    """The most minutes that an authority (or trust) lets be asked of one of its schools in a term or a school year."""

    organisation = models.CharField(max_length=60, unique=True)
    minutes = models.PositiveIntegerField()
    period = models.CharField(max_length=4, choices=[("term", "term"), ("year", "school year")])
