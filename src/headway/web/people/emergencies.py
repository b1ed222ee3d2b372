"""Breaking the glass: somebody who may not see pupils looks at a school's for an hour, in an emergency, with a reason.

The school is told on its first page, and the data-protection log (the audit trail) keeps it.
"""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from headway.web.audit.actions import record
from headway.web.people import access, limits
from headway.web.people.actions import NotPermitted
from headway.web.people.models import BrokenGlass, User
from headway.web.people.permissions import Permission

LASTS = timedelta(minutes=60)


def break_glass(*, organisation: str, reason: str, by: User) -> BrokenGlass:
    """Open a school's pupil pages to a person for an hour. Raises NotPermitted without the permission there or a reason
    of at least 20 characters, and limits.TooOften after ten in a day."""
    if not access.permits(by, Permission.BREAK_GLASS, organisation):
        raise NotPermitted("Your roles do not give you this for this school.")
    if len(reason.strip()) < 20:
        raise NotPermitted("Say why you need this, in a sentence that the school will read.")
    limits.count("glass", str(by.pk), at_most=10, seconds=24 * 60 * 60)
    with transaction.atomic():
        glass = BrokenGlass.objects.create(
            user=by, organisation=organisation, reason=reason.strip(), expires_at=timezone.now() + LASTS
        )
        record(
            "broke the glass",
            by=by,
            organisation=organisation,
            subject=f"glass:{glass.pk}",
            detail={
                "reason": glass.reason,
                "until": timezone.localtime(glass.expires_at).isoformat("T", "minutes"),
            },
        )
    return glass


def open_glass(user: User, organisation: str) -> BrokenGlass | None:
    """The emergency under which the person may see this school's pupils now, if there is one and they still may."""
    if not access.permits(user, Permission.BREAK_GLASS, organisation):
        return None
    return BrokenGlass.objects.filter(
        user=user, organisation=organisation, expires_at__gt=timezone.now()
    ).first()


def unseen_by(user: User) -> list[BrokenGlass]:
    """Emergencies in the person's own schools that nobody of the school has yet said they have seen."""
    schools = access.scopes(user, Permission.SEE_ACCESS_LOG)
    return list(BrokenGlass.objects.filter(organisation__in=schools, seen_at=None).select_related("user"))


@transaction.atomic
def say_seen(glass: BrokenGlass, *, by: User) -> None:
    """A school says that it has seen that somebody looked at its pupils."""
    if not access.permits(by, Permission.SEE_ACCESS_LOG, glass.organisation):
        raise NotPermitted("This is for the school to say.")
    if glass.seen_at is None:
        glass.seen_by_school, glass.seen_at = by, timezone.now()
        glass.save(update_fields=["seen_by_school", "seen_at"])
        record(
            "saw that the glass was broken",
            by=by,
            organisation=glass.organisation,
            subject=f"glass:{glass.pk}",
        )
