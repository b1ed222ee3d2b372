"""What asking contributes to the navigation and to everybody's task list."""

from __future__ import annotations

from django.urls import reverse
from django.utils import timezone

from headway.web.asks.models import Ask
from headway.web.people import access, navigation, places, today
from headway.web.people.models import User
from headway.web.people.navigation import Link
from headway.web.people.permissions import Permission
from headway.web.people.today import Task
from headway.web.schools import sections
from headway.web.schools.sections import Section


def contribute() -> None:
    """Once, when the service starts."""
    for link in (
        Link("Asked of us", "asks", Permission.ANSWER_ASKS, 40),
        Link("Asks", "asks_sent", Permission.ASK_SCHOOLS, 40),
        Link("Burden", "asks_burden", Permission.SEE_BURDEN, 42),
    ):
        navigation.offer(link)
    sections.offer(Section("Asks", "school_burden", Permission.SEE_BURDEN, 65))
    for contribution in (asked_of_us, not_answered):
        today.register(contribution)


def asked_of_us(user: User) -> list[Task]:
    """What waits for the person's school, until it is dealt with."""
    if not access.holds(user, Permission.ANSWER_ASKS):
        return []
    mine = access.scopes(user, Permission.ANSWER_ASKS)
    waiting = Ask.objects.filter(organisation__in=mine, state=Ask.ASKED).select_related("asked_by")
    names = places.names(mine)
    return [
        Task(
            one.what if len(mine) == 1 else f"{one.what} ({names[one.organisation]})",
            reverse("ask", args=[one.pk]),
            due=one.due,
            urgent=one.reminded_at is not None,
            hint=f"{one.asked_by} asks; about {one.minutes} minutes"
            + (
                f". You were reminded on {timezone.localdate(one.reminded_at):%d %B}"
                if one.reminded_at
                else ""
            ),
        )
        for one in waiting
    ]


def not_answered(user: User) -> list[Task]:
    """What the person asked of schools and has not come by its day: one task for all the schools asked together."""
    if not access.holds(user, Permission.ASK_SCHOOLS):
        return []
    late = Ask.objects.filter(asked_by=user, state=Ask.ASKED, due__lt=timezone.localdate())
    together: dict[str, list[Ask]] = {}
    for one in late:
        together.setdefault(one.together, []).append(one)
    return [
        Task(
            f"{asks[0].what}: {'one school has' if len(asks) == 1 else f'{len(asks)} schools have'} not answered",
            reverse("ask_sent", args=[asks[0].pk])
            if len(asks) == 1
            else f"{reverse('asks_sent')}?state=overdue&mine=on",
            due=asks[0].due,
            hint="Remind them, or take it back",
        )
        for asks in together.values()
    ]
