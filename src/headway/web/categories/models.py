"""Rounds of categorisation: the scheme as it was, and each school in it: judged, proposed, answered, changed."""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone


class SchemeCopy(models.Model):
    """An authority's own scheme: a copy of a pack, changed on a page. Its earlier texts are in the versions."""

    DRAFT, ADOPTED, RETIRED = "draft", "adopted", "retired"

    organisation = models.CharField(max_length=60, db_index=True)
    key = models.CharField(max_length=60)
    title = models.CharField(max_length=200)
    based_on = models.CharField(max_length=60)
    text = models.TextField()
    state = models.CharField(max_length=10, default=DRAFT)
    saved_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    saved_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["title"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["organisation", "key"], name="one_scheme_of_a_key"),
        ]

    @property
    def subject(self) -> str:
        """Its kind:id in the audit trail."""
        return f"scheme:{self.pk}"


class Round(models.Model):
    """One round of one authority (or trust). While it is open its proposals are reckoned anew with every judgement; what is
    sent to schools is frozen, and stays as `digest` says."""

    OPEN, PROPOSED, PUBLISHED, CLOSED = "open", "proposed", "published", "closed"

    organisation = models.CharField(max_length=60, db_index=True)
    title = models.CharField(max_length=200)
    year = models.PositiveSmallIntegerField(help_text="of the results")
    as_at = models.DateField()
    run = models.CharField(max_length=60)
    scheme_key = models.CharField(max_length=60)
    scheme_title = models.CharField(max_length=200)
    scheme_text = models.TextField()
    state = models.CharField(max_length=10, default=OPEN, db_index=True)
    opened_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    opened_at = models.DateTimeField(auto_now_add=True)
    frozen_at = models.DateTimeField(null=True, blank=True)
    frozen_text = models.TextField(blank=True)
    digest = models.CharField(max_length=64, blank=True)
    reply_by = models.DateField(null=True, blank=True)
    published_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-year", "-pk"]

    @property
    def subject(self) -> str:
        """Its kind:id in the audit trail."""
        return f"round:{self.pk}"

    @property
    def is_open(self) -> bool:
        """Whether people still judge and moderate."""
        return self.state == self.OPEN

    @property
    def is_frozen(self) -> bool:
        """Whether its evidence no longer changes."""
        return bool(self.digest)


class Standing(models.Model):
    """One school in a round: what follows from the scheme (`computed`, empty where a person must decide), what is proposed,
    and what the school says. `evidence` is the row of the round as `policy.rounds.as_row` makes it."""

    WAITING, AGREED, DIFFERENCE, CORRECTION = "waiting", "agreed", "difference recorded", "correction asked"

    round = models.ForeignKey(Round, on_delete=models.CASCADE, related_name="standings")
    organisation = models.CharField(max_length=60, db_index=True)
    name = models.TextField()
    computed = models.CharField(max_length=60, blank=True)
    evidence: Any = models.JSONField(default=dict)
    override = models.CharField(
        max_length=60, blank=True, help_text="the category proposed in place of the computed one"
    )
    override_reason = models.TextField(blank=True)
    override_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    signed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    signed_at = models.DateTimeField(null=True, blank=True)
    answer = models.CharField(max_length=20, default=WAITING, db_index=True)
    answer_text = models.TextField(blank=True)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    answered_at = models.DateTimeField(null=True, blank=True)
    reply = models.TextField(
        blank=True, help_text="what the authority answered to a difference or a correction"
    )
    reply_by_day = models.DateField(
        null=True, blank=True, help_text="by when the authority answers the school"
    )
    replied_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    replied_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["name", "organisation"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["round", "organisation"], name="a_school_stands_once_in_a_round"),
        ]

    @property
    def subject(self) -> str:
        """Its kind:id in the audit trail."""
        return f"standing:{self.pk}"

    @property
    def category(self) -> str:
        """The category that stands: the override once it is signed, else the computed one; empty where none is yet."""
        return self.override if self.override and self.signed_at else self.computed

    @property
    def differs(self) -> bool:
        """Whether people propose another category than the computed one. Evidence that came later may have led to theirs."""
        return bool(self.override) and self.override != self.computed

    @property
    def waits_for_signature(self) -> bool:
        """Whether somebody else must sign what was proposed."""
        return bool(self.override) and self.signed_at is None

    @property
    def waits_for_reply(self) -> bool:
        """Whether the school said something that nobody has answered."""
        return self.answer in (self.DIFFERENCE, self.CORRECTION) and self.replied_at is None


class Judged(models.Model):
    """A person's judgement of one criterion, for one school of a round: the level, and why."""

    standing = models.ForeignKey(Standing, on_delete=models.CASCADE, related_name="judged")
    criterion = models.CharField(max_length=60)
    level = models.CharField(max_length=100)
    note = models.TextField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["criterion"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["standing", "criterion"], name="one_judgement_of_a_criterion"),
        ]

    @property
    def subject(self) -> str:
        """Its kind:id in the audit trail."""
        return f"judgement:{self.standing_id}:{self.criterion}"


class Change(models.Model):
    """A change of category after publication, on a trigger or at a review: dated, with a reason, signed by another."""

    standing = models.ForeignKey(Standing, on_delete=models.CASCADE, related_name="changes")
    category = models.CharField(max_length=60)
    because = models.TextField()
    on = models.DateField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(auto_now_add=True)
    signed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    signed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["on", "pk"]
