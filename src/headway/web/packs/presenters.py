"""What the pages of packs show."""

from __future__ import annotations

from headway.web.packs import actions
from headway.web.packs.kinds import PackKind, kinds_of
from headway.web.people.models import User
from headway.web.people.permissions import Permission
from headway.web.schools.access import visible_to
from headway.web.schools.models import Organisation
from headway.web.standards import reading, recipients
from headway.web.standards.models import Release
from headway.web.standards.recipients import Recipient


def readers_of(user: User, organisation: str, releases: list[Release]) -> tuple[Recipient, ...]:
    """For whom the person may make packs of the organisation in any of these releases."""
    found: dict[str, Recipient] = {}
    for release in releases:
        for one in recipients.recipients(user, organisation, release):
            found.setdefault(one.key, one)
    return tuple(found.values())


def kinds_for(organisation: str, readers: tuple[Recipient, ...]) -> list[PackKind]:
    """The kinds of pack that can be made of the organisation for these readers."""
    known = {one.key for one in readers}
    return [one for one in kinds_of(organisation) if not one.only or one.readers in known]


def authorities_of(user: User) -> list[Organisation]:
    """The authorities of whose headlines the person may make a pack."""
    seen = visible_to(user, Permission.MAKE_PACKS).filter(kind="authority").order_by("name")
    return [one for one in seen[:20] if reading.releases_for(user, one.key)]


def many(user: User, releases: list[Release]) -> tuple[list[str], tuple[Recipient, ...]]:
    """The schools of which the person may make packs in the newest release, and for whom: the readers of the first of them,
    who are those of all that the same role gives."""
    for release in releases:
        schools = actions.organisations_for(user, release)
        if schools:
            return schools, readers_of(user, schools[0], releases)
    return [], ()
