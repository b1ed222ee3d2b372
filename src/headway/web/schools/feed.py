"""What changed in the register, for whoever looks after the schools: each person reads it for themselves."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import Exists, OuterRef, QuerySet
from django.urls import reverse
from django.utils import timezone

from headway.web.people import access as roles
from headway.web.people.models import User
from headway.web.people.permissions import Permission
from headway.web.people.today import Task
from headway.web.schools.access import visible_to
from headway.web.schools.models import Change, ChangeRead
from headway.web.schools.presenters import ChangeLine, change_lines

RECENT = timedelta(days=90)
"""An older change is no task any more, read or not."""


def changes_for(user: User, *, read: bool = False, change: str = "") -> QuerySet[Change]:
    """The changes of the schools that a person may see, the newest first; those read too, if `read`."""
    mine = visible_to(user).filter(kind="school", key=OuterRef("organisation"))
    found = Change.objects.filter(Exists(mine)).select_related("organisation")
    if change:
        found = found.filter(change=change)
    return found if read else found.exclude(Exists(_read(user)))


def _read(user: User) -> QuerySet[ChangeRead]:
    return ChangeRead.objects.filter(change=OuterRef("pk"), user=user)


def lines(user: User, changes: list[Change]) -> list[ChangeLine]:
    """Changes in words, with whether this person has read of them."""
    read = ChangeRead.objects.filter(user=user, change__in=[one.pk for one in changes])
    return change_lines(changes, frozenset(read.values_list("change", flat=True)))


def words(user: User) -> list[str]:
    """The kinds of change that there are for this person's schools."""
    return sorted(changes_for(user, read=True).order_by().values_list("change", flat=True).distinct())


def changes_to_read(user: User) -> list[Task]:
    """A link adviser is told on their first page what changed in the register for their schools."""
    if not any(
        grant.role.scope == "caseload" and Permission.SEE_SCHOOLS in grant.permissions
        for grant in roles.grants(user)
    ):
        return []
    recent = changes_for(user).filter(noticed_at__gte=timezone.now() - RECENT)
    number = recent.count()
    if not number:
        return []
    newest = change_lines(list(recent[:3]))
    return [
        Task(
            f"{number} change{'' if number == 1 else 's'} in the register of your schools",
            reverse("school_changes"),
            hint="; ".join(f"{one.school}: {one.words}" for one in newest)
            + ("; …" if number > len(newest) else ""),
        )
    ]
