"""Adding to the audit trail, and erasing from it what is past its retention."""

from __future__ import annotations

from contextvars import ContextVar
from datetime import datetime
from typing import Protocol

from django.db import transaction
from django.utils import timezone

from headway.web.audit.models import AuditEvent, Purge, Version

address: ContextVar[str | None] = ContextVar("address", default=None)
"""From where the request under way came; set by the gate."""


class Person(Protocol):
    """Whoever acts."""

    pk: int
    email: str


def record(
    verb: str,
    *,
    by: Person | None,
    organisation: str = "",
    subject: str = "",
    detail: dict[str, object] | None = None,
) -> AuditEvent:
    """Note that somebody did or saw something, in the transaction of what they did.

    `verb` is what was done (`published release`, `viewed pupils`), `organisation` its key, `subject` kind:id. `by` is None
    for a process of the service itself. Raises TransactionManagementError outside a transaction: a write and its event
    stand or fall together.
    """
    if not transaction.get_connection().in_atomic_block:
        raise transaction.TransactionManagementError(
            "an audit event belongs into the transaction of what it records"
        )
    return AuditEvent.objects.create(
        verb=verb,
        by=by.email if by else "headway",
        by_id=by.pk if by else None,
        organisation=organisation,
        subject=subject,
        detail=detail or {},
        address=address.get(),
    )


@transaction.atomic
def purge_before(moment: datetime, *, by: Person, reason: str) -> int:
    """Erase the events from before a moment, past their retention; returns how many. That it was done, by whom and why is
    itself recorded and stays. Raises ValueError without a reason, or for a moment that is yet to come."""
    if moment > timezone.now():
        raise ValueError("only what is past can be past its retention")
    purge = _opened(before=moment, subject="", by=by, reason=reason)
    gone, _ = AuditEvent.objects.filter(at__lt=moment).delete()
    _close(purge)
    record(
        "purged the audit trail",
        by=by,
        detail={"before": moment.isoformat(), "events": gone, "reason": reason},
    )
    return gone


@transaction.atomic
def erase_versions(subject: str, *, by: Person, reason: str) -> int:
    """Erase every version of one record past its retention; returns how many. Raises ValueError without a reason."""
    purge = _opened(before=timezone.now(), subject=subject, by=by, reason=reason)
    gone, _ = Version.objects.filter(subject=subject).delete()
    _close(purge)
    record("erased versions", by=by, subject=subject, detail={"versions": gone, "reason": reason})
    return gone


def _opened(*, before: datetime, subject: str, by: Person, reason: str) -> Purge:
    if not reason.strip():
        raise ValueError("erasing needs a reason")
    return Purge.objects.create(before=before, subject=subject, by=by.email, reason=reason.strip())


def _close(purge: Purge) -> None:
    purge.is_open = False
    purge.save(update_fields=["is_open"])
