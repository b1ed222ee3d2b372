"""What pupils contribute to the navigation, to every school's tabs and to everybody's task list."""

from __future__ import annotations

from datetime import timedelta

from django.urls import reverse
from django.utils import timezone

from headway.figures.correction_rules import deadlines
from headway.web.design.numbers import school_year
from headway.web.people import access, navigation, places, today
from headway.web.people.models import User
from headway.web.people.navigation import Link
from headway.web.people.permissions import Permission
from headway.web.people.today import Task
from headway.web.pupils.models import Deadline
from headway.web.schools import sections
from headway.web.schools.sections import Section

_SOON = timedelta(days=28)


def contribute() -> None:
    """Once, when the service starts."""
    navigation.offer(Link("Pupils", "pupils", Permission.SEE_PUPILS, 30))
    navigation.offer(Link("Checking desk", "checking", Permission.CHECK_RESULTS, 32))
    sections.offer(Section("Pupils", "school_pupils", Permission.SEE_PUPILS, 30))
    today.register(deadline_near)


def deadline_near(user: User) -> list[Task]:
    """The last day for corrections, in the four weeks before it."""
    if not access.holds(user, Permission.CHECK_RESULTS):
        return []
    now = timezone.localdate()
    mine = access.scopes(user, Permission.CHECK_RESULTS)
    entered = [
        (one.year, one.day)
        for one in Deadline.objects.filter(day__range=(now, now + _SOON)).order_by("day")
        if mine & places.inside(frozenset({one.organisation}))
    ]
    known = [(one.year, one.day) for one in deadlines().values() if now <= one.day <= now + _SOON]
    return [
        Task(
            f"Check the results of {school_year(year)}: corrections may be asked for until this day",
            f"{reverse('checking')}?year={year}",
            due=day,
        )
        for year, day in (entered or known)[:1]
    ]
