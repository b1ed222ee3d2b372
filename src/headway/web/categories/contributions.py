"""What categories contribute to navigation, tasks, a school's tabs and what was known on a day."""

from __future__ import annotations

from datetime import date

from django.urls import reverse

from headway.web.categories import presenters, sight
from headway.web.categories.models import Round, Standing
from headway.web.people import access, navigation, today
from headway.web.people.models import User
from headway.web.people.navigation import Link
from headway.web.people.permissions import Permission
from headway.web.people.today import Task
from headway.web.schools import knowledge, sections
from headway.web.schools.knowledge import Known
from headway.web.schools.models import Organisation
from headway.web.schools.sections import Section


def contribute() -> None:
    """Once, when the service starts."""
    navigation.offer(Link("Categories", "categories", Permission.SEE_CATEGORIES, 30))
    sections.offer(Section("Category", "school_category", Permission.SEE_CATEGORIES, 30))
    for contribution in (to_answer, to_sign, to_reply):
        today.register(contribution)
    knowledge.register(known_of_category)


def to_answer(user: User) -> list[Task]:
    """A school's leaders are asked for their view of the proposed category."""
    if not access.holds(user, Permission.ANSWER_CATEGORIES):
        return []
    own = sight.keys(user, Permission.ANSWER_CATEGORIES)
    waiting = sight.standings(user).filter(
        organisation__in=own, round__state=Round.PROPOSED, answer=Standing.WAITING
    )
    return [
        Task(
            f"Say whether you agree with the category proposed for {one.name}",
            reverse("standing", args=[one.pk]),
            due=one.round.reply_by,
        )
        for one in waiting
    ]


def to_sign(user: User) -> list[Task]:
    """What another person proposed and this one may sign."""
    if not any(access.holds(user, one) for one in sight.WORKING):
        return []
    waiting = (
        sight.standings(user)
        .filter(round__state=Round.OPEN, signed_at=None)
        .exclude(override="")
        .exclude(override_by=user)
        .select_related("override_by")
    )
    return [
        Task(
            f"Sign, or talk over, the category proposed for {one.name}",
            reverse("standing", args=[one.pk]),
            hint=f"{one.override_by} proposes it: {one.override_reason[:120]}",
        )
        for one in waiting[:50]
    ]


def to_reply(user: User) -> list[Task]:
    """Schools that do not agree, and wait for an answer."""
    if not access.holds(user, Permission.HOLD_ROUNDS):
        return []
    held = sight.keys(user, Permission.HOLD_ROUNDS)
    waiting = Standing.objects.filter(
        organisation__in=held, answer__in=(Standing.DIFFERENCE, Standing.CORRECTION), replied_at=None
    )
    return [
        Task(
            f"Answer {one.name}, which "
            + (
                "does not agree with its category"
                if one.answer == Standing.DIFFERENCE
                else "says that a fact is wrong"
            ),
            reverse("standing", args=[one.pk]),
            due=one.reply_by_day,
        )
        for one in waiting.select_related("round")
    ]


def known_of_category(user: User, organisation: Organisation, day: date) -> list[Known]:
    """The categories that were published by a day."""
    return [
        Known(
            "Category of support",
            one.round.title,
            category.text,
            since=since,
            recorded=since,
            href=reverse("standing", args=[one.pk]),
            order=40,
        )
        for one, category, since in presenters.known_on(user, organisation.key, day)
    ]
