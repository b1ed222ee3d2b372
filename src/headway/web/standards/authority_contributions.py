"""What the pages about an authority contribute to the rest of the service: the link to them."""

from __future__ import annotations

from headway.web.people import navigation
from headway.web.people.navigation import Link
from headway.web.people.permissions import Permission


def contribute() -> None:
    """Once, when the service starts."""
    navigation.offer(Link("Standards", "headlines", Permission.SEE_STANDARDS, 20, "/standards/"))
