"""What nobody may do alone: a bulk export of pupil data is asked for by one person, decided by another, taken once.

The part that exports calls `ask` from its form and `take` in the view that sends the file; both people find the request
on their first page. A request waits for seven days, an approval holds for one.
"""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from headway.web.audit.actions import record
from headway.web.people import access
from headway.web.people.actions import NotPermitted
from headway.web.people.models import BulkRequest, User
from headway.web.people.permissions import Permission

WAITS_FOR, APPROVAL_HOLDS_FOR = timedelta(days=7), timedelta(days=1)


@transaction.atomic
def ask(
    kind: str, *, organisation: str, purpose: str, by: User, parameters: dict[str, object] | None = None
) -> BulkRequest:
    """Ask for an export. Raises NotPermitted without BULK_EXPORT for the organisation, or without a purpose."""
    if not access.permits(by, Permission.BULK_EXPORT, organisation):
        raise NotPermitted("Your roles do not let you ask for this export.")
    if not purpose.strip():
        raise NotPermitted("Say what the export is for.")
    asked = BulkRequest.objects.create(
        kind=kind,
        organisation=organisation,
        parameters=parameters or {},
        purpose=purpose.strip(),
        asked_by=by,
        expires_at=timezone.now() + WAITS_FOR,
    )
    _record("asked for a bulk export", asked, by)
    return asked


@transaction.atomic
def decide(request_id: int, *, approved: bool, by: User, answer: str = "") -> BulkRequest:
    """Approve or refuse another person's request. Raises NotPermitted where it is one's own, not one's to decide, decided
    or expired; a refusal says why."""
    asked = _locked(request_id)
    if asked.asked_by_id == by.pk:
        raise NotPermitted("Nobody decides their own request: another person must.")
    if not access.permits(by, Permission.APPROVE_BULK_EXPORT, asked.organisation):
        raise NotPermitted("This request is not yours to decide.")
    if asked.state != "waiting":
        raise NotPermitted(f"This request is {asked.state}.")
    if not approved and not answer.strip():
        raise NotPermitted("Say why you refuse, so that the other person knows what to do.")
    asked.decided_by, asked.decided_at = by, timezone.now()
    asked.approved, asked.answer = approved, answer.strip()
    if approved:
        asked.expires_at = timezone.now() + APPROVAL_HOLDS_FOR
    asked.save()
    _record("approved a bulk export" if approved else "refused a bulk export", asked, by)
    return asked


@transaction.atomic
def take(request_id: int, *, kind: str, by: User) -> BulkRequest:
    """Use an approval, once, by whoever asked: returns the request, from whose parameters the file is made. Raises
    NotPermitted where it is not approved, not theirs, taken or expired, or where either of the two has lost the
    permission since."""
    asked = _locked(request_id)
    if asked.asked_by_id != by.pk or asked.kind != kind:
        raise NotPermitted("There is no such export for you.")
    if asked.state != "approved":
        raise NotPermitted(f"This request is {asked.state}.")
    approver = asked.decided_by
    if (
        approver is None
        or not access.permits(by, Permission.BULK_EXPORT, asked.organisation)
        or not access.permits(approver, Permission.APPROVE_BULK_EXPORT, asked.organisation)
    ):
        raise NotPermitted("One of the two people may no longer do this: ask again.")
    asked.taken_at = timezone.now()
    asked.save(update_fields=["taken_at"])
    _record("took a bulk export", asked, by)
    return asked


def to_decide(user: User) -> list[BulkRequest]:
    """Others' requests that wait for this person."""
    waiting = BulkRequest.objects.filter(decided_at=None, expires_at__gt=timezone.now()).exclude(
        asked_by=user
    )
    return [
        one
        for one in waiting.select_related("asked_by")
        if access.permits(user, Permission.APPROVE_BULK_EXPORT, one.organisation)
    ]


def seen_by(user: User) -> list[BulkRequest]:
    """The requests that a person asked for, and others' that they may decide or have decided, newest first."""
    every = BulkRequest.objects.filter(
        Q(asked_by=user) | Q(organisation__in=access.reach(user, Permission.APPROVE_BULK_EXPORT))
    )
    return list(every.select_related("asked_by", "decided_by")[:200])


def _locked(request_id: int) -> BulkRequest:
    found = BulkRequest.objects.select_for_update(of=("self",)).filter(pk=request_id).first()
    if found is None:
        raise NotPermitted("There is no such request.")
    return found


def _record(verb: str, asked: BulkRequest, by: User) -> None:
    record(
        verb,
        by=by,
        organisation=asked.organisation,
        subject=f"bulk request:{asked.pk}",
        detail={"what": asked.kind, "purpose": asked.purpose, "answer": asked.answer},
    )
