"""Versions of records: what a record said before, what changed, and two people editing at once.

A form that edits a record carries the number of the version it was opened on (`latest(subject)`), and its action calls
`save_version(..., expected=number)` in its transaction. If somebody else saved in the meantime this raises `Conflict`,
from which the page shows both texts (template `design/conflict.html`); nothing that either wrote is lost.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction

from headway.web.audit.actions import Person
from headway.web.audit.models import Version

Snapshot = Mapping[str, object]


@dataclass(frozen=True)
class Difference:
    """One field that changed, in words for a reader. `before` and `after` are empty where there was, or is, nothing."""

    field: str
    before: str
    after: str

    def __str__(self) -> str:
        if not self.before:
            return f"{self.field} set to “{self.after}”"
        if not self.after:
            return f"{self.field} “{self.before}” removed"
        return f"{self.field} changed from “{self.before}” to “{self.after}”"


class Conflict(Exception):  # noqa: N818 - not a mistake of anybody, and named as it is spoken of
    """Somebody else saved the record after this person opened it.

    `theirs` is what was saved, by whom (`by`) and when (`at`), as version `number`; `yours` is what this person wrote.
    """

    def __init__(self, theirs: Version, yours: Snapshot) -> None:
        super().__init__(f"{theirs.by} has saved version {theirs.number} in the meantime")
        self.theirs: Snapshot = theirs.snapshot
        self.yours = dict(yours)
        self.by: str = theirs.by
        self.at: datetime = theirs.at
        self.number: int = theirs.number

    @property
    def differences(self) -> list[Difference]:
        """Where the two texts differ: `before` is theirs, `after` yours."""
        return differences(self.theirs, self.yours)


def versions(subject: str) -> list[Version]:
    """Every version of a record, the newest first."""
    return list(Version.objects.filter(subject=subject).order_by("-number"))


def history(subject: str) -> list[tuple[Version, list[Difference]]]:
    """Every version of a record with what changed in it, the newest first."""
    newest_first = versions(subject)
    earlier = [*(one.snapshot for one in newest_first[1:]), {}]
    return [
        (one, differences(before, one.snapshot)) for one, before in zip(newest_first, earlier, strict=False)
    ]


def latest(subject: str) -> int:
    """The number of the newest version of a record; 0 where there is none."""
    number = (
        Version.objects.filter(subject=subject).order_by("-number").values_list("number", flat=True).first()
    )
    return number or 0


def save_version(subject: str, snapshot: Snapshot, *, by: Person, expected: int) -> Version:
    """Keep what a record says from now on, in the transaction that changes it. `expected` is the number of the version that
    the person was looking at (0: none yet). Raises Conflict if that is no longer the newest, and
    TransactionManagementError outside a transaction."""
    if not transaction.get_connection().in_atomic_block:
        raise transaction.TransactionManagementError("a version belongs into the transaction of its record")
    newest = Version.objects.filter(subject=subject).order_by("-number").first()
    if newest is None:
        expected = 0  # what the person looked at was erased since, at the end of its time
    elif newest.number != expected:
        raise Conflict(newest, snapshot)
    try:
        with transaction.atomic():
            return Version.objects.create(
                subject=subject, number=expected + 1, snapshot=dict(snapshot), by=by.email, by_id=by.pk
            )
    except IntegrityError:  # the other person's transaction ended between our look and our writing
        raise Conflict(Version.objects.get(subject=subject, number=expected + 1), snapshot) from None


def differences(before: Snapshot, after: Snapshot) -> list[Difference]:
    """What changed between two snapshots, field by field, in the order of the later one."""
    fields = list(after) + [name for name in before if name not in after]
    return [
        Difference(_words(name), _text(before.get(name)), _text(after.get(name)))
        for name in fields
        if _text(before.get(name)) != _text(after.get(name))
    ]


def _words(name: str) -> str:
    return name.replace("_", " ").capitalize()


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return ", ".join(_text(each) for each in value)
    return str(value)
