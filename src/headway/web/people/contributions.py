"""What people contribute to the navigation and to everybody's task list."""

from __future__ import annotations

from datetime import timedelta

from django.urls import reverse
from django.utils import timezone

from headway.web.people import emergencies, navigation, places, today, two_people
from headway.web.people.access import holds
from headway.web.people.models import BulkRequest, Invitation, User
from headway.web.people.navigation import Link
from headway.web.people.permissions import Permission
from headway.web.people.today import Task

_SOON = timedelta(days=2)


def contribute() -> None:
    """Once, when the service starts."""
    for link in (
        Link("People", "people", Permission.MANAGE_PEOPLE, 80),
        Link("Exports", "exports", Permission.APPROVE_BULK_EXPORT, 82),
        Link("Access log", "access_log", Permission.SEE_ACCESS_LOG, 84),
        Link("Audit trail", "trail", Permission.SEE_AUDIT, 86),
        Link("Settings", "service_settings", Permission.MANAGE_SERVICE, 88),
    ):
        navigation.offer(link)
    for contribution in (emergencies_to_see, exports_to_decide, exports_to_take, invitations_running_out):
        today.register(contribution)


def emergencies_to_see(user: User) -> list[Task]:
    """A school's head is told at once that somebody looked at its pupils in an emergency."""
    return [
        Task(
            f"{glass.user} looked at the pupils of {places.name(glass.organisation)} in an emergency",
            reverse("access_log"),
            urgent=True,
            hint=f"Their reason: {glass.reason}",
        )
        for glass in (emergencies.unseen_by(user) if holds(user, Permission.SEE_ACCESS_LOG) else [])
    ]


def exports_to_decide(user: User) -> list[Task]:
    """Others' exports that wait for this person."""
    if not holds(user, Permission.APPROVE_BULK_EXPORT):
        return []
    return [
        Task(
            f"Decide whether {one.asked_by} may export {one.kind} of {places.name(one.organisation)}",
            reverse("export_request", args=[one.pk]),
            due=timezone.localdate(one.expires_at),
        )
        for one in two_people.to_decide(user)
    ]


def exports_to_take(user: User) -> list[Task]:
    """One's own exports that were approved and wait to be taken."""
    if not holds(user, Permission.BULK_EXPORT):
        return []
    approved = BulkRequest.objects.filter(
        asked_by=user, approved=True, taken_at=None, expires_at__gt=timezone.now()
    )
    return [
        Task(
            f"Take your export of {one.kind}: {one.decided_by} approved it",
            reverse("export_request", args=[one.pk]),
            due=timezone.localdate(one.expires_at),
        )
        for one in approved.select_related("decided_by")
    ]


def invitations_running_out(user: User) -> list[Task]:
    """Invitations that this person sent and that nobody has accepted, two days before they end."""
    ending = Invitation.objects.filter(
        sent_by=user,
        accepted_at=None,
        withdrawn_at=None,
        expires_at__range=(timezone.now(), timezone.now() + _SOON),
    )
    return [
        Task(
            f"{one.name} has not accepted your invitation",
            reverse("invite"),
            due=timezone.localdate(one.expires_at),
        )
        for one in ending
    ]
