"""Which release said what of a school on a day: its headline figures as they were published then."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime

import polars as pl
from django.db.models import Q
from django.utils import timezone

from headway.figures.headlines import HEADLINES
from headway.web.people.models import User
from headway.web.schools.knowledge import Known
from headway.web.schools.models import Organisation
from headway.web.standards import reading, sight
from headway.web.standards.lines import Line, lines
from headway.web.standards.models import Release

_SHOWN = HEADLINES[:5]


def said_on(user: User, school: Organisation, moment: datetime) -> list[Known]:
    """The headline figures of the latest year of the release that stood at the moment, with what the newest one says today
    where it differs. A release that was taken back since is named with its day, and without its figures."""
    stood = Release.objects.filter(published_at__lte=moment).filter(
        Q(taken_back_at=None) | Q(taken_back_at__gt=moment)
    )
    found: list[Known] = []
    today = _headlines(user, school, reading.release_for(user, school.key))
    for release in stood.prefetch_related("files"):
        recorded = timezone.localdate(release.published_at)
        if not release.is_live:
            if sight.would_see(user, release, school.key):
                found.append(_gone(release, recorded))
            continue
        if sight.sight(user, release).of(school.key) is None:
            continue
        found += [
            _said(one, release, recorded, today.get((one.measure, one.year)))
            for one in _headlines(user, school, release).values()
        ]
        break
    return found


def _gone(release: Release, recorded: date) -> Known:
    gone = timezone.localdate(release.taken_back_at)
    return Known(
        "Published figures",
        "Release",
        f"{release.name} was published, and taken back later.",
        recorded=recorded,
        correction=f"Taken back on {gone.day} {gone:%B %Y}",
        order=40,
    )


def _said(one: Line, release: Release, recorded: date, now: Line | None) -> Known:
    pupils = f" ({one.pupils_text} pupils)" if one.pupils_text else ""
    return Known(
        "Published figures",
        f"{one.title}, {one.year_text}",
        f"{one.text}{pupils}, by {release.name} ({release.state})",
        recorded=recorded,
        correction=f"Today: {now.text}" if now is not None and now.text != one.text else "",
        href=one.link,
        order=40,
    )


def _headlines(user: User, school: Organisation, release: Release | None) -> dict[tuple[str, int], Line]:
    if release is None:
        return {}
    figures = reading.school_figures(user, school.key, release=release)
    chosen = (pl.col("group") == "all") & (pl.col("years_pooled") == 1) & pl.col("measure").is_in(_SHOWN)
    found = figures.results.filter(chosen)
    latest = found["year"].max()
    shown = lines(replace(figures, results=found), pl.col("year") == latest)
    return {(one.measure, one.year): one for one in shown}
