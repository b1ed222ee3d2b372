"""Releases as the service knows them: which files hold what each audience may see, in which state, for whom.

The figures themselves lie in immutable Parquet files named by their own hash. Publishing a release, showing it to more
people or taking it back changes one row of the database.
"""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models

PROVISIONAL, VALIDATED = "provisional", "validated"
STATES = {PROVISIONAL: "Provisional", VALIDATED: "Validated"}
"""How final the figures of a release are."""
DATA_TEAM, AUTHORITY, SCHOOLS = "data_team", "authority", "schools"
VISIBILITIES = {
    DATA_TEAM: "The data team",
    AUTHORITY: "The authority",
    SCHOOLS: "The authority and its schools",
}
"""Who may see a release, each including those before it."""


class Release(models.Model):
    """Figures that were published together: of one authority, or of the nation."""

    name = models.CharField(max_length=60, unique=True)
    scope = models.CharField(max_length=60, db_index=True, help_text="authority:936, or nation:england")
    years = models.JSONField(default=list)
    measures = models.JSONField(default=list)
    organisations = models.JSONField(
        default=list, help_text="keys of what it holds; empty for the nation: everybody"
    )
    run = models.CharField(max_length=40)
    state = models.CharField(max_length=12, choices=list(STATES.items()), default=PROVISIONAL)
    visibility = models.CharField(max_length=12, choices=list(VISIBILITIES.items()), default=DATA_TEAM)
    published_at = models.DateTimeField(auto_now_add=True)
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    shown_to_schools_at = models.DateTimeField(null=True, blank=True)
    taken_back_at = models.DateTimeField(null=True, blank=True)
    taken_back_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    taken_back_why = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ["-published_at", "-id"]

    def __str__(self) -> str:
        return self.name

    @property
    def is_live(self) -> bool:
        """Whether it stands: it was not taken back."""
        return self.taken_back_at is None

    @property
    def state_title(self) -> str:
        """How final it is, in words."""
        return STATES[self.state]

    @property
    def visibility_title(self) -> str:
        """Who sees it, in words."""
        return VISIBILITIES[self.visibility]

    @property
    def is_national(self) -> bool:
        """Whether it holds the schools of every authority."""
        return self.scope.startswith("nation:")


class ReleaseFile(models.Model):
    """One immutable file of a release: what one audience may see of one table, in one order.

    `view` is `shown` for what the audience sees of everybody, `own` for what each school of that audience sees of itself.
    `order` is `organisation` (one school reads in a few milliseconds) or `measure` (one measure across schools does).
    """

    release = models.ForeignKey(Release, on_delete=models.PROTECT, related_name="files")
    audience = models.CharField(max_length=30)
    view = models.CharField(max_length=8)
    table = models.CharField(max_length=16)
    order = models.CharField(max_length=12, default="organisation")
    sha256 = models.CharField(max_length=64)
    rows = models.BigIntegerField()
    size = models.BigIntegerField()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["release", "audience", "view", "table", "order"], name="one_file_of_a_kind"
            ),
        ]

    @property
    def title(self) -> str:
        """What it is, in words."""
        return f"{self.table}, {self.audience} ({self.view}), by {self.order}"


class ReleaseReport(models.Model):
    """What disclosure control did for one audience of a release: the report that a data officer signs."""

    release = models.ForeignKey(Release, on_delete=models.PROTECT, related_name="reports")
    audience = models.CharField(max_length=30)
    contents = models.JSONField()

    class Meta:
        ordering = ["audience"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["release", "audience"], name="one_report_of_an_audience"),
        ]
