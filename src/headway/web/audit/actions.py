"""Adding to the audit trail."""

from __future__ import annotations

from contextvars import ContextVar
from typing import Protocol

from django.db import transaction

from headway.web.audit.models import AuditEvent

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
