"""What privacy contributes to the navigation and to everybody's task list."""

from __future__ import annotations

from django.core.cache import cache
from django.urls import reverse
from django.utils import timezone

from headway.web.people import navigation, today
from headway.web.people.access import holds
from headway.web.people.models import User
from headway.web.people.navigation import Link
from headway.web.people.permissions import Permission
from headway.web.people.today import Task
from headway.web.privacy import erasing, work

_A_DAY = 24 * 60 * 60


def contribute() -> None:
    """Once, when the service starts."""
    navigation.offer(
        Link("Data protection", "data_protection", Permission.SEE_PROTECTION, 87, "/data-protection/")
    )
    today.register(past_their_date)
    work.register()


def past_their_date(user: User) -> list[Task]:
    """Whoever erases is told when something of the service is past its date; counted once a day."""
    if not holds(user, Permission.KEEP_RETENTION):
        return []
    key = f"privacy_due_{timezone.localdate()}"
    kinds: list[str] | None = cache.get(key)
    if kinds is None:
        kinds = [one.kind.title for one in erasing.due(None)]
        cache.set(key, kinds, _A_DAY)
    if not kinds:
        return []
    return [
        Task("Erase records that are past their date", reverse("retention_due"), hint=f"{', '.join(kinds)}.")
    ]
