"""What packs contribute to the rest of the service: a tab, navigation, work in the background."""

from __future__ import annotations

from headway.web.jobs import kinds
from headway.web.packs import actions
from headway.web.people import navigation
from headway.web.people.navigation import Link
from headway.web.people.permissions import Permission
from headway.web.schools.sections import Section, offer


def contribute() -> None:
    """Once, when the service starts."""
    navigation.offer(Link("Packs", "packs", Permission.MAKE_PACKS, 50))
    navigation.offer(Link("Word template", "word_template", Permission.MANAGE_SERVICE, 95))
    offer(Section("Packs", "school_packs", Permission.MAKE_PACKS, 50))
    kinds.register(
        actions.JOB, actions.work, permission=Permission.MAKE_PACKS, still_allowed=actions.still_allowed
    )
