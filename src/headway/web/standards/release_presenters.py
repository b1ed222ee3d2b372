"""Releases as those who publish see them: what each audience sees of them, and what was hidden."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet, Sum
from django.shortcuts import get_object_or_404

from headway.figures import disclosure
from headway.figures.disclosure.report import ASSUMPTIONS, LIMITS
from headway.web.people import access, places
from headway.web.people.models import User
from headway.web.people.permissions import Permission
from headway.web.standards.lines import group_title, title_of
from headway.web.standards.models import Release


@dataclass(frozen=True)
class ReleaseLine:
    """A release in the list."""

    release: Release
    of: str
    years: str
    size: str


@dataclass(frozen=True)
class AudienceReport:
    """What disclosure control did for one audience. `groups` are rows of measure, group, figures, small, to protect."""

    title: str
    rule: str
    source: str
    holds: bool
    facts: list[tuple[str, str]]
    groups: list[tuple[str, str, int, int, int]]
    attackers: list[dict[str, Any]]
    left_out: list[str]


@dataclass(frozen=True)
class ReleasePage:
    """A release with all that is known of it."""

    release: Release
    of: str
    facts: list[tuple[str, str]]
    measures: list[str]
    reports: list[AudienceReport]
    files: list[tuple[str, str, str, str]]
    assumptions: tuple[str, ...]
    limits: tuple[str, ...]


def published_for(user: User) -> QuerySet[Release]:
    """The releases that the person may publish and take back: those of their authority, and the nation's."""
    held = access.reach(user, Permission.PUBLISH)
    national = Q(scope__startswith="nation:") if held else Q(pk=None)
    return Release.objects.filter(Q(scope__in=held) | national)


def release_lines(user: User) -> list[ReleaseLine]:
    """Every release of the person's, those taken back included, newest first."""
    found = published_for(user).annotate(bytes=Sum("files__size"))
    names = places.names(frozenset(one.scope for one in found))
    return [ReleaseLine(one, _of(one, names), _years(one), _size(one.bytes or 0)) for one in found]


def find_or_404(user: User, release_id: int) -> Release:
    """A release of the person's. Others and none at all both raise Http404."""
    return get_object_or_404(
        published_for(user).select_related("published_by", "taken_back_by"), pk=release_id
    )


def release_page(release: Release) -> ReleasePage:
    """All that is known of a release."""
    files = list(release.files.order_by("audience", "view", "table", "order"))
    facts = [
        ("Years", _years(release)),
        ("Run", release.run),
        (
            "Published",
            f"{release.published_at:%d %B %Y, %H:%M} UTC, by {release.published_by or 'the command line'}",
        ),
    ]
    if release.taken_back_at:
        who = release.taken_back_by or "the command line"
        facts.append(
            ("Taken back", f"{release.taken_back_at:%d %B %Y, %H:%M} UTC, by {who}: {release.taken_back_why}")
        )
    return ReleasePage(
        release,
        _of(release, places.names(frozenset({release.scope}))),
        facts,
        [title_of(one) for one in release.measures],
        [_report(one.audience, one.contents) for one in release.reports.all()],
        [(one.title, f"{one.rows:,}", _size(one.size), one.sha256) for one in files],
        ASSUMPTIONS,
        LIMITS,
    )


def _report(audience: str, contents: dict[str, Any]) -> AudienceReport:
    facts = [
        ("Figures", f"{contents['figures']:,}"),
        ("Hidden because they are small", f"{contents['primary']:,}"),
        ("Hidden to protect those", f"{contents['secondary']:,}"),
    ]
    if contents.get("headlines"):
        lost = 100 * contents["headlines_lost_secondary"] / contents["headlines"]
        facts += [
            ("Schools’ figures of all pupils", f"{contents['headlines']:,}"),
            ("of these hidden as small", f"{contents['headlines_lost_primary']:,}"),
            ("of these hidden to protect others", f"{contents['headlines_lost_secondary']:,} ({lost:.1f}%)"),
        ]
    if contents.get("published_by_others"):
        facts.append(("Shown as others published them", f"{contents['published_by_others']:,}"))
    groups = [
        (
            title_of(row["measure"]),
            group_title(row["group"]),
            row["figures"],
            row["primary"],
            row["secondary"],
        )
        for row in contents.get("by_group", [])
        if row["primary"] or row["secondary"]
    ]
    return AudienceReport(
        disclosure.settings().audience(audience).title,
        contents["rule"],
        contents["rule_source"],
        bool(contents["holds"]),
        facts,
        groups,
        contents.get("attackers", []),
        contents.get("left_out", []),
    )


def _of(release: Release, names: dict[str, str]) -> str:
    return "England" if release.is_national else names.get(release.scope, release.scope)


def _years(release: Release) -> str:
    first, last = release.years[0], release.years[-1]
    return str(first) if first == last else f"{first} to {last}"


def _size(size: int) -> str:
    return f"{size / 1e6:,.1f} MB"
