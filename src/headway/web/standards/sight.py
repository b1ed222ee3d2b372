"""Which releases a person may see, and through which file of each: the one place where audiences become files.

Of an organisation a person sees what the audience of the role that gives it to them sees: the authority or the caseload
whole, a school its own figures whole, everybody else what disclosure control left. Beside their own organisations they see
the totals of the release's authority and nation.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from django.db.models import QuerySet

from headway.figures import disclosure
from headway.figures.releases import NATIONS
from headway.web.people import access, places
from headway.web.people.models import User
from headway.web.people.permissions import Permission
from headway.web.schools.models import Organisation
from headway.web.standards.models import AUTHORITY, DATA_TEAM, SCHOOLS, Release, ReleaseFile

SEEN_WITH: dict[str, Permission] = {
    DATA_TEAM: Permission.PUBLISH,
    AUTHORITY: Permission.SEE_PROVISIONAL,
    SCHOOLS: Permission.SEE_STANDARDS,
}
"""What a role must also permit to see a release of each visibility."""
_KNOWN = "_headway_sights"


@dataclass(frozen=True, order=True)
class View:
    """One way of looking at a release: an audience, and whether it is what a school of it sees of itself.

    `rank` orders them: 0 whole, 1 a school's own, whole, 2 with small numbers suppressed.
    """

    rank: int
    audience: str
    view: str

    @property
    def is_whole(self) -> bool:
        """Whether nothing of the organisation's own figures is suppressed."""
        return self.rank < 2


WHOLE = View(0, "data_officer", "shown")


@dataclass(frozen=True)
class Sight:
    """What a person may see of one release: the organisations by the view through which they see them, and the view of
    other schools with which theirs are compared (None: no others)."""

    release: Release
    views: dict[str, View]
    others: View | None
    files: dict[tuple[str, str, str, str], ReleaseFile] = field(repr=False)

    def of(self, organisation: str) -> View | None:
        """Through which view the person sees the organisation; None where they may not."""
        return self.views.get(organisation)

    def file(self, view: View, table: str, order: str = "organisation") -> ReleaseFile | None:
        """The file of a table for a view."""
        return self.files.get((view.audience, view.view, table, order))

    def by_view(self, organisations: Iterable[str] | None = None) -> dict[View, frozenset[str]]:
        """The organisations (all, or those given) by view."""
        found: dict[View, set[str]] = {}
        for one in self.views if organisations is None else organisations:
            if (view := self.views.get(one)) is not None:
                found.setdefault(view, set()).add(one)
        return {view: frozenset(keys) for view, keys in found.items()}


def releases(user: User) -> QuerySet[Release]:
    """Every release that stands and of whose visibility some role of the person shows them something, newest first."""
    levels = [
        visibility
        for visibility, permission in SEEN_WITH.items()
        if any(_sees(grant, permission) for grant in access.grants(user))
    ]
    return Release.objects.filter(taken_back_at=None, visibility__in=levels).prefetch_related("files")


def seen(user: User) -> list[Release]:
    """The releases of which the person may see anything, newest first."""
    return [one for one in releases(user) if sight(user, one).views]


def covering(user: User, organisation: str) -> list[Release]:
    """The releases in which the person may see the organisation, newest first."""
    return [one for one in releases(user) if sight(user, one).of(organisation) is not None]


def sight(user: User, release: Release) -> Sight:
    """What the person may see of the release; nothing of one that was taken back. Asked once a request and release."""
    known: dict[tuple[object, ...], Sight] = user.__dict__.setdefault(_KNOWN, {})
    key = (release.pk, release.visibility, release.taken_back_at, access.grants(user))
    if key not in known:
        known[key] = _sight(user, release)
    return known[key]


def would_see(user: User, release: Release, organisation: str) -> bool:
    """Whether the person would see the organisation in the release, had it not been taken back."""
    return _sight(user, release, as_live=True).of(organisation) is not None


def _sight(user: User, release: Release, *, as_live: bool = False) -> Sight:
    files = {(one.audience, one.view, one.table, one.order): one for one in release.files.all()}
    there = {(audience, view) for audience, view, _, _ in files}
    held = None if release.is_national else frozenset(release.organisations)
    found: dict[str, View] = {}
    others: View | None = None
    if release.is_live or as_live:
        for grant in access.grants(user):
            if not _sees(grant, SEEN_WITH[release.visibility]):
                continue
            mine = places.inside(grant.organisations)
            if held is not None:
                mine &= held
            if not mine:
                continue
            beside = _others(grant, there)
            others = min((one for one in (others, beside) if one), default=None)
            for organisation, view in _views(grant, mine, release, there):
                if organisation not in found or view < found[organisation]:
                    found[organisation] = view
    return Sight(release, found, others, files)


def _sees(grant: access.Grant, permission: Permission) -> bool:
    return Permission.SEE_STANDARDS in grant.permissions and permission in grant.permissions


def _views(
    grant: access.Grant, mine: frozenset[str], release: Release, there: set[tuple[str, str]]
) -> Iterator[tuple[str, View]]:
    """What one role gives of the release: its own organisations, and the totals beside them."""
    audience = disclosure.settings().audience(grant.role.audience)
    totals = _totals(mine, release)
    shown, own = View(2, audience.key, "shown"), View(1, audience.key, "own")
    if audience.rule is None:
        shown = View(0, audience.key, "shown")
    if audience.rule is None and grant.role.scope == "trust":
        # A trust's own schools are seen as schools see themselves: whole, but for the totals of the authority, in which
        # are other trusts' schools too.
        shown, own = View(2, "school", "shown"), View(1, "school", "own")
        for organisation in mine:
            if not organisation.startswith("school:") and (audience.key, "shown") in there:
                yield organisation, View(0, audience.key, "shown")
    for organisation in mine:
        if organisation.startswith("school:") and (own.audience, own.view) in there:
            yield organisation, own
        elif (shown.audience, shown.view) in there:
            yield organisation, shown
    if (shown.audience, shown.view) in there:
        for organisation in totals:
            yield organisation, shown


def _totals(mine: frozenset[str], release: Release) -> tuple[str, ...]:
    """The nation, and the authority of the release, or those of one's own schools where it is national."""
    if not release.is_national:
        return (*NATIONS, release.scope)
    found = Organisation.objects.filter(key__in=mine, kind="school").values_list("authority", flat=True)
    return (*NATIONS, *sorted(set(found) - {""}))


def _others(grant: access.Grant, there: set[tuple[str, str]]) -> View | None:
    """How the role sees other schools beside its own, such as similar ones: with small numbers suppressed, as its audience
    or, where that sees everything of its own, as other schools do."""
    audience = disclosure.settings().audience(grant.role.audience)
    choices = [audience.key] if audience.rule is not None else ["other_schools", "school"]
    return next((View(2, one, "shown") for one in choices if (one, "shown") in there), None)
