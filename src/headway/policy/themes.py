"""Themes of what inspectors ask schools to improve: suggested by words, confirmed by a person, counted by schools."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache

from headway.policy.packs import shipped
from headway.policy.packs.checking import Place, read_toml, settings_of


@dataclass(frozen=True)
class Theme:
    """A theme, and the words that suggest it."""

    key: str
    title: str
    words: tuple[str, ...]


@dataclass(frozen=True)
class Suggestion:
    """A theme that a text suggests, and the words found in it. It is nothing until a person confirms it."""

    theme: str
    found: tuple[str, ...]


@dataclass(frozen=True)
class Coding:
    """That a report of a school on a day was coded to a theme, and by whom it was confirmed (empty: not yet)."""

    organisation: str
    day: date
    theme: str
    confirmed_by: str = ""


@dataclass(frozen=True)
class ThemeCount:
    """In how many schools a theme stands. Schools with the same count have the same place."""

    place: int
    theme: str
    title: str
    schools: int


@cache
def themes() -> tuple[Theme, ...]:
    """The shipped themes."""
    place = Place("themes.toml").at("theme")
    data = read_toml(shipped.text("inspections", "themes.toml"), "themes.toml")
    return tuple(settings_of(Theme, one, place.at(at)) for at, one in enumerate(data["theme"]))


def suggested(text: str, known: Sequence[Theme] | None = None) -> tuple[Suggestion, ...]:
    """The themes that a text suggests, in the themes' order. One text may suggest several."""
    found = []
    for theme in known if known is not None else themes():
        words = tuple(
            word for word in theme.words if re.search(rf"\b{re.escape(word)}\b", text, re.IGNORECASE)
        )
        if words:
            found.append(Suggestion(theme.key, words))
    return tuple(found)


def counts(
    codings: Iterable[Coding],
    *,
    first_day: date | None = None,
    last_day: date | None = None,
    known: Sequence[Theme] | None = None,
) -> tuple[ThemeCount, ...]:
    """Schools by theme over a period, the most first. Only confirmed codings count, a school once a theme."""
    order = known if known is not None else themes()
    schools: dict[str, set[str]] = {theme.key: set() for theme in order}
    for one in codings:
        inside = (first_day is None or one.day >= first_day) and (last_day is None or one.day <= last_day)
        if one.confirmed_by and inside:
            schools.setdefault(one.theme, set()).add(one.organisation)
    titles = {theme.key: theme.title for theme in order}
    numbers = {theme: len(found) for theme, found in schools.items() if found}
    return tuple(
        ThemeCount(
            1 + sum(other > number for other in numbers.values()), theme, titles.get(theme, theme), number
        )
        for theme, number in sorted(numbers.items(), key=lambda item: -item[1])
    )
