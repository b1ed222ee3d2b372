"""Schools and all that stands above them, what they belong to and since when, and what was written of them."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone

KINDS = (
    "school",
    "trust",
    "cluster",
    "federation",
    "authority",
    "diocese",
    "nation",
    "sponsor",
    "group",
    "region",
)
"""What an organisation may be."""

FACTS = (
    "name", "authority", "dfe_number", "ukprn", "type", "type_group", "phase", "kind_of_school", "responsible", "status",
    "open_date", "reason_opened", "close_date", "reason_closed", "low_age", "high_age", "sex_of_pupils",
    "religious_character", "diocese", "capacity", "pupils", "trust", "federation", "head", "street", "town", "postcode",
    "district", "region", "urban_rural", "website", "telephone", "easting", "northing",
)  # fmt: skip
"""What the register says of an organisation, by the names of its columns here."""


class Organisation(models.Model):
    """A school, trust, cluster, federation, authority, diocese or nation, as the register last described it.

    `key` is kind:code, as everywhere (school:100001). `authority`, `trust` and `federation` are keys too: the authority is
    where it lies (for a cluster, who keeps it; for a trust, where all its open schools lie, else empty), the others as of
    today; what it belonged to on another day is in `Belonging`. Nothing is ever deleted: a closed school stays, and one
    that the register no longer names is no longer `in_register`.
    """

    key = models.CharField(max_length=60, unique=True)
    kind = models.CharField(max_length=20, choices=[(kind, kind) for kind in KINDS], db_index=True)
    urn = models.PositiveIntegerField(null=True, blank=True, unique=True)
    name = models.TextField()
    authority = models.CharField(max_length=60, blank=True, db_index=True)
    dfe_number = models.CharField(max_length=7, blank=True, db_index=True, help_text="dated, and not unique")
    ukprn = models.CharField(max_length=8, blank=True, db_index=True)
    type = models.TextField(blank=True)
    type_group = models.TextField(blank=True)
    phase = models.CharField(max_length=60, blank=True)
    kind_of_school = models.CharField(max_length=40, blank=True)
    responsible = models.CharField(max_length=20, blank=True)
    status = models.CharField(max_length=60, blank=True)
    open_date = models.DateField(null=True, blank=True)
    reason_opened = models.TextField(blank=True)
    close_date = models.DateField(null=True, blank=True)
    reason_closed = models.TextField(blank=True)
    low_age = models.PositiveSmallIntegerField(null=True, blank=True)
    high_age = models.PositiveSmallIntegerField(null=True, blank=True)
    sex_of_pupils = models.CharField(max_length=40, blank=True)
    religious_character = models.TextField(blank=True)
    diocese = models.TextField(blank=True)
    capacity = models.PositiveIntegerField(null=True, blank=True)
    pupils = models.PositiveIntegerField(null=True, blank=True)
    trust = models.CharField(max_length=60, blank=True, db_index=True)
    federation = models.CharField(max_length=60, blank=True)
    head = models.TextField(blank=True)
    street = models.TextField(blank=True)
    town = models.TextField(blank=True)
    postcode = models.CharField(max_length=10, blank=True)
    district = models.TextField(blank=True)
    region = models.TextField(blank=True)
    urban_rural = models.TextField(blank=True)
    website = models.TextField(blank=True)
    telephone = models.TextField(blank=True)
    easting = models.FloatField(null=True, blank=True, help_text="Ordnance Survey easting in metres")
    northing = models.FloatField(null=True, blank=True, help_text="Ordnance Survey northing in metres")
    plain_name = models.TextField(blank=True, help_text="the name as searches compare it")
    searched = models.TextField(blank=True, help_text="words of name and place, each after a blank")
    plain_postcode = models.CharField(max_length=10, blank=True, db_index=True)
    is_closed = models.BooleanField(default=False)
    as_at = models.DateField(null=True, blank=True, help_text="the day for which the register speaks")
    recorded_at = models.DateTimeField(default=timezone.now, help_text="when it first came in here")
    in_register = models.BooleanField(default=False)
    kept_here = models.BooleanField(default=False, help_text="made in the service, not by a register")

    class Meta:
        ordering = ["plain_name", "key"]
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["kind", "is_closed", "plain_name"])]

    def __str__(self) -> str:
        return self.name or self.key


def _of(name: str, **more: object) -> models.ForeignKey:
    """A reference to an organisation by its key."""
    return models.ForeignKey(
        Organisation, to_field="key", on_delete=models.PROTECT, related_name=name, **more
    )


class Belonging(models.Model):
    """That a school belongs to a trust, cluster or federation, from its first to its last day (null: unknown, not over)."""

    organisation = _of("belongings")
    group = _of("members")
    kind = models.CharField(max_length=20)
    starts = models.DateField(null=True, blank=True)
    ends = models.DateField(null=True, blank=True)
    source = models.CharField(max_length=60, help_text="the list that says so; `here`: kept in the service")

    class Meta:
        ordering = ["kind", "starts"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["organisation", "group", "starts", "source"],
                name="belongs_once",
                nulls_distinct=False,
            )
        ]


class Succession(models.Model):
    """That one school followed another, and how: conversion, amalgamation, split, or for a person to review. Keys, since
    the other school may lie outside the register taken."""

    organisation = models.CharField(max_length=60, db_index=True)
    predecessor = models.CharField(max_length=60, db_index=True)
    on = models.DateField(null=True)
    how = models.CharField(max_length=20)
    because = models.TextField(blank=True)


class Taking(models.Model):
    """That the register was taken from the store: for which day it speaks, and how much was new or different."""

    at = models.DateTimeField(default=timezone.now)
    by = models.CharField(max_length=254)
    as_at = models.DateField(null=True)
    token = models.CharField(max_length=32, help_text="another one for every taking that changed something")
    added = models.PositiveIntegerField(default=0)
    changed = models.PositiveIntegerField(default=0)
    gone = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["-at", "-id"]


def register_token() -> str:
    """Another one whenever the register was taken and something was different; empty before the first time. What hangs on
    the register alone may be kept by it."""
    return Taking.objects.values_list("token", flat=True).first() or ""


class FactChange(models.Model):
    """One fact of the register that changed: what it was before and is now, the day for which the register says so, and when
    it was recorded here. What stood, or was known, on an earlier day is found by undoing these."""

    organisation = _of("fact_changes")
    field = models.CharField(max_length=40)
    was = models.TextField(blank=True)
    now = models.TextField(blank=True)
    as_at = models.DateField()
    recorded_at = models.DateTimeField(default=timezone.now, db_index=True)


class Change(models.Model):
    """Something in the register that a link adviser should hear of: new head, converted, closed, moved trust, opened …"""

    organisation = _of("changes")
    change = models.CharField(max_length=40)
    was = models.TextField(blank=True)
    now = models.TextField(blank=True)
    on = models.DateField(null=True, help_text="the day on which it happened, where the register says")
    as_at = models.DateField(help_text="the day for which the register speaks")
    noticed_at = models.DateTimeField(default=timezone.now, db_index=True)

    class Meta:
        ordering = ["-noticed_at", "-id"]


class ChangeRead(models.Model):
    """That a person has read of a change."""

    change = models.ForeignKey(Change, on_delete=models.CASCADE, related_name="read_by")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["change", "user"], name="read_once")
        ]


class Contact(models.Model):
    """Somebody at a school whom the service speaks to, from when to when. Its versions are kept by the audit."""

    organisation = _of("contacts")
    name = models.CharField(max_length=150)
    role = models.CharField(max_length=100)
    email = models.EmailField(blank=True)
    telephone = models.CharField(max_length=40, blank=True)
    starts = models.DateField(default=timezone.localdate)
    ends = models.DateField(null=True, blank=True)

    class Meta:
        ordering = ["role", "name"]

    @property
    def subject(self) -> str:
        """Under which the audit keeps its versions."""
        return f"contact:{self.pk}"


class KeyDate(models.Model):
    """A day that matters for a school: governors meet, an inspection window opens, the head leaves."""

    organisation = _of("key_dates")
    on = models.DateField()
    what = models.CharField(max_length=200)
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    added_at = models.DateTimeField(default=timezone.now)
    removed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["on", "id"]


class Note(models.Model):
    """A note on a school. `seen_by` is the tier of its readers, `circle` the organisation in whose name it was written (the
    authority, trust or cluster): colleagues are those who may write notes in the same name. Versions are the audit's."""

    COLLEAGUES, SCHOOL, RESTRICTED = "colleagues", "school", "restricted"
    TIERS: ClassVar = (
        (COLLEAGUES, "Colleagues who write notes on the school"),
        (SCHOOL, "Colleagues and the school's leaders"),
        (RESTRICTED, "Restricted: you, and those who may see restricted notes"),
    )
    organisation = _of("notes")
    circle = models.CharField(max_length=60)
    about = models.DateField(default=timezone.localdate, help_text="the day it is about")
    title = models.CharField(max_length=150)
    text = models.TextField()
    seen_by = models.CharField(max_length=20, choices=TIERS, default=COLLEAGUES)
    written_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    written_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-about", "-id"]

    @property
    def subject(self) -> str:
        """Under which the audit keeps its versions."""
        return f"note:{self.pk}"
