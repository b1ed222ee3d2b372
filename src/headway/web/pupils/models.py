"""What was decided at the checking desk: candidates for correction by pseudonymous key, and deadlines."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models


class Correction(models.Model):
    """What was decided about one candidate for correction of a pupil's result. `pupil` is the store's pseudonymous key,
    never a UPN or a name; `subject` the test where it is about one, else empty."""

    ASKED, NOT_PURSUED, ACCEPTED, REFUSED = "asked", "not pursued", "accepted", "refused"
    STATES: ClassVar[list[tuple[str, str]]] = [
        (ASKED, "Asked of DfE"),
        (NOT_PURSUED, "Not pursued"),
        (ACCEPTED, "Accepted by DfE"),
        (REFUSED, "Refused by DfE"),
    ]

    organisation = models.CharField(max_length=60, db_index=True)
    year = models.PositiveSmallIntegerField()
    rule = models.CharField(max_length=30)
    pupil = models.BigIntegerField()
    subject = models.CharField(max_length=20, blank=True)
    state = models.CharField(max_length=12, choices=STATES)
    reason = models.CharField(max_length=1000)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField()

    class Meta:
        ordering = ["year", "organisation", "rule", "pupil"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["organisation", "year", "rule", "pupil", "subject"],
                name="decided_once_of_a_candidate",
            ),
        ]

    @property
    def versions_of(self) -> str:
        """Its kind:id in the audit trail."""
        return f"correction:{self.pk}"

    @property
    def key(self) -> str:
        """The key of the candidate that it decides."""
        return ":".join(part for part in (self.rule, str(self.pupil), self.subject) if part)


class Deadline(models.Model):
    """Until when an authority's corrections of a year may be asked for, as somebody entered it, with where it says so."""

    organisation = models.CharField(max_length=60)
    year = models.PositiveSmallIntegerField()
    day = models.DateField()
    source = models.CharField(max_length=300)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["organisation", "year"], name="one_deadline_a_year"),
        ]
