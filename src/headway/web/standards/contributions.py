"""What standards contribute to the rest of the service: a tab, navigation, today's tasks, what was known on a day."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from urllib.parse import urlencode

from django.urls import reverse
from django.utils import timezone

from headway.web.people import access, navigation, today
from headway.web.people.models import User
from headway.web.people.navigation import Link
from headway.web.people.permissions import Permission
from headway.web.people.today import Task
from headway.web.schools import knowledge
from headway.web.schools.knowledge import Known
from headway.web.schools.models import Organisation
from headway.web.schools.sections import Section, offer
from headway.web.standards import sight
from headway.web.standards.known import said_on
from headway.web.standards.models import SCHOOLS

NEWS_FOR = timedelta(days=21)
"""How long new results are news."""


def contribute() -> None:
    """Once, when the service starts."""
    navigation.offer(Link("Releases", "releases", Permission.PUBLISH, 70))
    offer(Section("Standards", "school_standards", Permission.SEE_STANDARDS, 10))
    today.register(new_results)
    knowledge.register(known_of_figures)


def new_results(user: User) -> list[Task]:
    """To a school: that results of its own were published to it in the last three weeks."""
    since = timezone.now() - NEWS_FOR
    own = [
        key
        for grant in access.grants(user)
        if grant.role.scope == "school" and Permission.SEE_STANDARDS in grant.permissions
        for key in grant.organisations
    ]
    if not own:
        return []
    return [
        Task(
            f"New {release.state} results are published for your school: {release.name}",
            _standards_of(key, release.name),
            hint="Read them before you are asked about them.",
        )
        for release in sight.releases(user).filter(visibility=SCHOOLS, shown_to_schools_at__gte=since)
        for key in own
        if sight.sight(user, release).of(key) is not None
    ]


def _standards_of(key: str, release: str) -> str:
    address = reverse("school_standards", args=[int(key.partition(":")[2])])
    return f"{address}?{urlencode({'release': release})}"


def known_of_figures(user: User, organisation: Organisation, day: date) -> list[Known]:
    """What the releases that stood on the day said of the school, as this person may see it."""
    end = timezone.make_aware(datetime.combine(day, time.max))
    return said_on(user, organisation, end)
