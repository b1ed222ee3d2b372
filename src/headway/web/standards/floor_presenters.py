"""Schools below the floor and coasting schools, by each year's own published rule, with the reasons; and who moved.

A school whose figure is suppressed or missing is never called below: of it the list says that it cannot say.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import polars as pl
from django.urls import reverse

from headway.policy.criteria import coasting, floor
from headway.policy.judgements import CANNOT_SAY, NOT_APPLICABLE, Judgement
from headway.policy.packs import Pack, pack
from headway.policy.profiles import Profile, profiles
from headway.web.people.models import User
from headway.web.people.permissions import Permission
from headway.web.schools.access import visible_to
from headway.web.standards import reading
from headway.web.standards.authority_choice import Choice, chosen, sees_schools_whole
from headway.web.standards.key_lines import Moves, threshold_line


@dataclass(frozen=True)
class Standard:
    """A standard that schools were held to: its pack of dated rules, and the levels at which a school met or missed it."""

    key: str
    title: str
    missed: str
    met: str
    missed_title: str
    judge: Callable[[Profile, Pack], Judgement]


STANDARDS = {
    "floor": Standard("floor", "Floor standard", "below", "not below", "Below the floor", floor.judge),
    "coasting": Standard(
        "coasting", "Coasting schools", "coasting", "not coasting", "Coasting", coasting.judge
    ),
}
"""By the word in the address."""


@dataclass(frozen=True)
class Judged:
    """One school of the list: its level and why."""

    key: str
    name: str
    href: str
    level: str
    because: tuple[str, ...]


@dataclass(frozen=True)
class FloorList:
    """The page: the rule of the year with its source, how many schools are at each level, who moved since the year before,
    and the schools that missed the standard or of which it cannot be said."""

    standard: Standard
    source: str
    verified: bool
    why_not: str
    years: tuple[int, ...]
    counts: tuple[tuple[str, int], ...]
    moved: str
    missed: tuple[Judged, ...]
    unsaid: tuple[Judged, ...]
    others: tuple[Judged, ...]
    whole: bool


def floor_list(user: User, choice: Choice, key: str) -> FloorList:
    """The schools of the authority that the person may see, judged by the rule of the year."""
    standard = STANDARDS[key if key in STANDARDS else "floor"]
    settings = pack(standard.key)
    years = tuple(year for year in choice.years if year in settings.judged)
    rule = settings.rule(choice.year)
    if rule is None or choice.year not in settings.judged:
        return FloorList(standard, "", True, settings.why_not(choice.year), years, (), "", (), (), (), True)
    described = _described(user, choice)
    now = _judgements(user, choice, standard, settings, choice.year, described)
    rows = [_judged(found, judgement) for found, judgement in now.values()]
    count: dict[str, int] = {}
    for row in rows:
        count[row.level] = count.get(row.level, 0) + 1
    order = (standard.missed, standard.met, CANNOT_SAY, NOT_APPLICABLE)
    return FloorList(
        standard=standard,
        source=rule.source,
        verified=rule.verified,
        why_not="",
        years=years,
        counts=tuple((level, count.get(level, 0)) for level in order),
        moved=_moved(user, choice, standard, settings, described, now),
        missed=_at(rows, standard.missed),
        unsaid=_at(rows, CANNOT_SAY),
        others=(*_at(rows, standard.met), *_at(rows, NOT_APPLICABLE)),
        whole=sees_schools_whole(user, choice),
    )


def _at(rows: list[Judged], level: str) -> tuple[Judged, ...]:
    return tuple(sorted((row for row in rows if row.level == level), key=lambda row: row.name))


def _described(user: User, choice: Choice) -> dict[str, dict[str, object]]:
    schools = visible_to(user, Permission.SEE_STANDARDS).filter(kind="school", authority=choice.authority)
    return {
        key: {"name": name, "kind_of_school": kind or None, "open": None}
        for key, name, kind in schools.order_by().values_list("key", "name", "kind_of_school")
    }


def _judgements(
    user: User,
    choice: Choice,
    standard: Standard,
    settings: Pack,
    year: int,
    described: Mapping[str, Mapping[str, object]],
) -> dict[str, tuple[Profile, Judgement]]:
    rules = {
        each: rule
        for each in range(year - settings.consecutive + 1, year + 1)
        if (rule := settings.rule(each)) is not None
    }
    wanted = {
        (each, threshold.measure)
        for each, rule in rules.items()
        for threshold in (rule.attainment, *rule.progress)
    }
    frames = [
        reading.measure_figures(user, measure, year=each, release=choice.release)
        for each, measure in sorted(wanted)
    ]
    rows = pl.concat(frames).filter(pl.col("organisation").is_in(list(described)))
    found = profiles(rows.iter_rows(named=True), year, described, {measure for _, measure in wanted})
    return {key: (one, standard.judge(one, settings)) for key, one in found.items()}


def _moved(
    user: User,
    choice: Choice,
    standard: Standard,
    settings: Pack,
    described: Mapping[str, Mapping[str, object]],
    now: Mapping[str, tuple[Profile, Judgement]],
) -> str:
    """Net and gross: how many schools newly met the standard and how many no longer did, each by its own year's rule."""
    before = choice.year - 1
    if before not in settings.judged or before not in choice.years:
        return ""
    then = _judgements(user, choice, standard, settings, before, described)
    moves = moves_between(
        {key: judgement.level for key, (_, judgement) in then.items()},
        {key: judgement.level for key, (_, judgement) in now.items()},
        standard,
    )
    line = threshold_line(moves, at=f"Schools {_upper_met(standard)}", before=before)
    return f"{line} Each year is judged by its own rule."


def _upper_met(standard: Standard) -> str:
    return "at or above the floor" if standard.key == "floor" else "not coasting"


def moves_between(then: Mapping[str, str], now: Mapping[str, str], standard: Standard) -> Moves:
    """How many schools newly met the standard, how many no longer did; those judged in only one of the years are unknown."""
    up = down = stayed = unknown = 0
    for key in {*then, *now}:
        levels = (then.get(key, CANNOT_SAY), now.get(key, CANNOT_SAY))
        if levels == (standard.missed, standard.met):
            up += 1
        elif levels == (standard.met, standard.missed):
            down += 1
        elif levels[0] == levels[1] and levels[0] in (standard.met, standard.missed):
            stayed += 1
        elif NOT_APPLICABLE not in levels:
            unknown += 1
    return Moves(up, down, stayed, unknown)


def _judged(found: Profile, judgement: Judgement) -> Judged:
    urn = int(found.organisation.removeprefix("school:"))
    return Judged(
        found.organisation,
        found.name or found.organisation,
        reverse("school", args=[urn]),
        judgement.level,
        judgement.because,
    )


def choice(user: User, given: Mapping[str, str]) -> Choice | None:
    """What the page is about; the latest year that may be judged, where no year is asked for."""
    found = chosen(user, given)
    if found is None or given.get("year"):
        return found
    standard = STANDARDS.get(given.get("standard", ""), STANDARDS["floor"])
    years = [year for year in found.years if year in pack(standard.key).judged]
    return replace(found, year=years[0]) if years else found


def asked(found: FloorList) -> dict[str, tuple[str, list[tuple[str, str]], str]]:
    """What else the page's filter asks, as the form takes it."""
    return {
        "standard": ("Standard", [(one.key, one.title) for one in STANDARDS.values()], found.standard.key)
    }
