"""Deciding at the checking desk: what is asked of DfE, and what came of it; deadlines; exports."""

from __future__ import annotations

from datetime import date

from django.db import transaction
from django.utils import timezone

from headway.figures.corrections import Candidate
from headway.web.audit import versions
from headway.web.audit.actions import record
from headway.web.people import access
from headway.web.people.actions import NotPermitted
from headway.web.people.models import User
from headway.web.people.permissions import Permission
from headway.web.pupils.models import Correction, Deadline


def subject_of(candidate: Candidate) -> str:
    """The test that a candidate is about, empty where it is about none."""
    parts = candidate.key.split(":")
    return parts[2] if len(parts) > 2 else ""


@transaction.atomic
def decide(
    candidate: Candidate,
    *,
    organisation: str,
    year: int,
    state: str,
    reason: str,
    by: User,
    expected: int = 0,
) -> Correction:
    """Keep what was decided about a candidate of a school, as a new version. Raises NotPermitted for who does not check this
    school's results, for an unknown state or without a reason, and versions.Conflict where somebody else saved after
    version `expected`."""
    if not access.permits(by, Permission.CHECK_RESULTS, organisation):
        raise NotPermitted("You do not check the results of this school.")
    if state not in dict(Correction.STATES):
        raise NotPermitted("Choose what was decided.")
    if not reason.strip():
        raise NotPermitted("Say why: the school and the authority both read it.")
    made, new = Correction.objects.select_for_update().get_or_create(
        organisation=organisation,
        year=year,
        rule=candidate.rule,
        pupil=candidate.pupil,
        subject=subject_of(candidate),
        defaults={"state": state, "reason": reason.strip(), "decided_by": by, "decided_at": timezone.now()},
    )
    snapshot = {
        "decision": made.get_state_display() if new else dict(Correction.STATES)[state],
        "reason": reason.strip(),
    }
    versions.save_version(made.versions_of, snapshot, by=by, expected=expected)
    made.state, made.reason, made.decided_by, made.decided_at = state, reason.strip(), by, timezone.now()
    made.save()
    record(
        "decided on a correction",
        by=by,
        organisation=organisation,
        subject=made.versions_of,
        detail={"year": year, "about": candidate.about.title, "decision": made.get_state_display()},
    )
    return made


@transaction.atomic
def set_deadline(*, organisation: str, year: int, day: date, source: str, by: User) -> Deadline:
    """Enter until when the corrections of a year may be asked for, and where it says so."""
    if not access.permits(by, Permission.CHECK_RESULTS, organisation):
        raise NotPermitted("You do not check the results of this authority.")
    if not source.strip():
        raise NotPermitted("Say where the deadline is given, so that others can look.")
    made, _ = Deadline.objects.update_or_create(
        organisation=organisation, year=year, defaults={"day": day, "source": source.strip()}
    )
    record(
        "entered a deadline",
        by=by,
        organisation=organisation,
        subject=f"deadline:{made.pk}",
        detail={"year": year, "day": day.isoformat(), "source": made.source},
    )
    return made


@transaction.atomic
def record_export(*, organisation: str, what: str, pupils: int, purpose: str, by: User) -> None:
    """Note in the school's access log that pupils' rows left the service as a file."""
    record(
        "exported pupils",
        by=by,
        organisation=organisation,
        detail={"what": what, "pupils": pupils, "purpose": purpose},
    )


@transaction.atomic
def record_names(*, organisation: str, year: int, by: User) -> None:
    """Note that somebody of the school had the names shown."""
    record("viewed pupils", by=by, organisation=organisation, detail={"what": "names", "year": year})
