"""Reading schemes from packs: those shipped, and those that an authority has copied and changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from headway.policy import gates
from headway.policy.criteria import criteria
from headway.policy.packs import shipped as shipped_packs
from headway.policy.packs.checking import PackError, Place, fitted, read_toml, settings_of
from headway.policy.schemes import (
    METHODS,
    Category,
    Criterion,
    Group,
    Level,
    Matrix,
    Rule,
    Scheme,
    Treatment,
)  # fmt: skip

KINDS = (
    "infant", "first", "junior", "primary", "middle", "special", "nursery", "all-through", "secondary",
    "alternative provision", "unknown",
)  # fmt: skip
"""Kinds of school that a rule may name."""

MUST_TREAT = ("infant", "first", "junior", "middle", "special", "nursery")
"""Kinds of school of which every pack says how it treats them."""


@dataclass(frozen=True)
class _Head:
    key: str
    title: str
    version: str
    method: str
    first_day: date
    first_year: int
    sources: tuple[str, ...]
    figures: str
    compared_with: str
    last_day: date | None = None
    last_year: int | None = None
    notes: tuple[str, ...] = ()
    minimum_pupils: int = 0
    minimum_source: str = ""
    missing: str = "range"
    academies: str = ""
    capacity: int | None = None


@dataclass(frozen=True)
class _Category:
    key: str
    title: str
    meaning: str
    colour: str = ""
    entitlement: str = ""
    days: float | None = None
    package: str = ""
    from_score: float | None = None
    review: str = ""


_TABLES = ("criterion", "category", "group", "matrix", "schools")


@cache
def shipped() -> dict[str, Scheme]:
    """The schemes that come with Headway, by key."""
    return {scheme.key: scheme for scheme in (read(*one) for one in shipped_packs.texts("schemes"))}


def scheme(key: str) -> Scheme:
    """The scheme of that key, or of that file (a path ending in .toml). A `PackError` says what there is instead."""
    if key.endswith(".toml"):
        path = Path(key)
        try:
            return read(path.read_text(encoding="utf-8"), path.name)
        except FileNotFoundError as error:
            raise PackError(f"There is no file {key}.") from error
        except (OSError, UnicodeDecodeError) as error:
            raise PackError(f"{key} cannot be read as text in UTF-8: {error}.") from error
    known = shipped()
    if key not in known:
        raise PackError(
            f"There is no scheme {key!r}. There are {', '.join(known)}; or give a file ending in .toml."
        )
    return known[key]


def read(text: str, file: str) -> Scheme:
    """The scheme that a pack's text describes. A `PackError` says file, key, what was found and expected, what to do."""
    return from_tables(read_toml(text, file), file, text)


def from_tables(data: Mapping[str, Any], file: str, text: str = "") -> Scheme:
    """The scheme that a pack's tables describe."""
    top = Place(file)
    head = settings_of(_Head, {key: value for key, value in data.items() if key not in _TABLES}, top)
    if head.method not in METHODS:
        raise top.at("method").wrong(repr(head.method), f"one of {', '.join(METHODS)}", "Mend the value.")
    if head.figures not in ("unrounded", "rounded"):
        raise top.at("figures").wrong(
            repr(head.figures),
            "unrounded or rounded",
            "Say which of the two its thresholds are compared with.",
        )
    if head.missing not in ("range", "left out"):
        raise top.at("missing").wrong(repr(head.missing), "range or left out", "Mend the value.")
    if not head.sources:
        raise top.at("sources").wrong(
            "an empty list", "where the scheme was read", "Cite at least one source."
        )
    if head.last_day is not None and head.last_day < head.first_day:
        raise top.at("last_day").wrong(
            str(head.last_day), f"a day from {head.first_day} on", "Mend one of the two."
        )
    found = tuple(
        _criterion(one, top.at("criterion").at(at), head)
        for at, one in enumerate(_list(data.get("criterion"), top.at("criterion")))
    )
    _unlike([one.key for one in found], top.at("criterion"))
    levels = {one.key: tuple(level.name for level in one.levels) for one in found}
    categories = tuple(
        _one_category(one, levels, top.at("category").at(at))
        for at, one in enumerate(_list(data.get("category", []), top.at("category")))
    )
    _unlike([one.key for one in categories], top.at("category"))
    scheme = Scheme(
        **{one.name: getattr(head, one.name) for one in fields(_Head)},
        criteria=found,
        categories=categories,
        groups=tuple(
            _group(one, levels, top.at("group").at(at)) for at, one in enumerate(data.get("group", []))
        ),
        matrix=_matrix(data, found, categories, top) if head.method == "matrix" else None,
        treatments=_treatments(data.get("schools", {}), top.at("schools")),
        text=text,
        file=file,
    )
    _whole(scheme, top)
    return scheme


def _list(value: Any, place: Place) -> Sequence[Mapping[str, Any]]:
    if not isinstance(value, list) or not all(isinstance(one, Mapping) for one in value):
        raise place.wrong(
            "nothing" if value is None else repr(value), f"tables headed [[{place.key}]]", "Add them."
        )
    return value


def _unlike(keys: list[str], place: Place) -> None:
    for key in keys:
        if keys.count(key) > 1:
            raise place.wrong(f"the key {key!r} twice", "every key once", "Rename one of the two.")


def _criterion(table: Mapping[str, Any], place: Place, head: _Head) -> Criterion:
    @dataclass(frozen=True)
    class Plain:
        key: str
        title: str
        weight: float = 1.0
        source: str = ""

    plain = settings_of(
        Plain, {key: value for key, value in table.items() if key not in ("level", "rule")}, place
    )
    if plain.weight < 0:
        raise place.at("weight").wrong(
            plain.weight, "0 or more", "A weight below nothing would reward a concern."
        )
    levels = _levels(table.get("level", []), place.at("level"))
    rules = tuple(
        _rule(one, plain.key, levels, head, place.at("rule").at(at))
        for at, one in enumerate(_list(table.get("rule"), place.at("rule")))
    )
    return Criterion(plain.key, plain.title, levels, rules, plain.weight, plain.source)


def _levels(tables: Any, place: Place) -> tuple[Level, ...]:
    found = [settings_of(Level, one, place.at(at)) for at, one in enumerate(_list(tables, place))]
    _unlike([one.name for one in found], place)
    if len(found) == 1:
        raise place.wrong("one level", "at least two, the least concerning first", "Add the other levels.")
    given = [one for one in _list(tables, place) if "concern" in one]
    if given and len(given) < len(found):
        raise place.wrong("concern at some levels", "concern at every level or at none", "Fill the others.")
    if not given:
        found = [replace(one, concern=at / max(len(found) - 1, 1)) for at, one in enumerate(found)]
    concerns = [one.concern for one in found]
    if concerns != sorted(concerns) or any(not 0 <= one <= 1 for one in concerns):
        raise place.wrong(
            f"concerns {concerns}",
            "numbers from 0 to 1 that do not fall",
            "List the least concerning level first.",
        )
    return tuple(found)


_OF_RULE = ("judge", "kinds", "years", "gives", "source", "verified")


def _rule(
    table: Mapping[str, Any], criterion: str, levels: tuple[Level, ...], head: _Head, place: Place
) -> Rule:
    known = criteria()
    judge = table.get("judge")
    if not isinstance(judge, str) or judge not in known:
        raise place.at("judge").wrong(
            repr(judge), f"one of {', '.join(sorted(known))}", "Name a kind of rule that Headway has."
        )
    kind = known[judge]
    given = {key: value for key, value in table.items() if key not in _OF_RULE}
    names = {one.name for one in fields(kind.settings)}
    if "minimum_pupils" in names:
        given.setdefault("minimum_pupils", head.minimum_pupils)
    if "rounded" in names:
        given.setdefault("rounded", head.figures == "rounded")
    if judge == "entered":
        given.setdefault("criterion", criterion)
        given.setdefault("levels", [one.name for one in levels])
    settings: Any = settings_of(kind.settings, given, place)
    kinds: tuple[str, ...] = fitted(table.get("kinds", []), tuple[str, ...], place.at("kinds"))
    for one in kinds:
        if one not in KINDS:
            raise place.at("kinds").wrong(repr(one), f"one of {', '.join(KINDS)}", "Mend the value.")
    first, last = _years(table.get("years"), place.at("years"))
    return Rule(
        kind=kind,
        settings=settings,
        gives=_gives(table.get("gives", {}), kind.levels(settings), levels, place.at("gives")),
        kinds=kinds,
        first_year=first,
        last_year=last,
        source=fitted(table.get("source", ""), str, place.at("source")),
        verified=fitted(table.get("verified", True), bool, place.at("verified")),
    )


def _years(value: Any, place: Place) -> tuple[int | None, int | None]:
    if value is None:
        return None, None
    years: tuple[int, ...] = fitted(value, tuple[int, ...], place)
    if len(years) == 1:
        return years[0], None
    if len(years) != 2 or years[0] > years[1]:
        raise place.wrong(repr(value), "the first and last year, such as [2016, 2018]", "Mend the value.")
    return years[0], years[1]


def _gives(table: Any, coded: tuple[str, ...], levels: tuple[Level, ...], place: Place) -> Mapping[str, str]:
    """How the code's levels are called in the scheme, never turning their order round."""
    named: Mapping[str, str] = fitted(table, dict[str, str], place)
    own = [one.name for one in levels]
    if not coded:
        if levels or named:
            raise place.wrong("levels", "none: this rule measures from 0 to 1", "Take the levels out.")
        return {}
    for key in named:
        if key not in coded:
            raise place.at(key).wrong(f"the level {key!r}", f"one of {', '.join(coded)}", "Mend the name.")
    found = {one: named.get(one, one) for one in coded}
    for one, name in found.items():
        if name not in own:
            raise place.at(one).wrong(
                f"the level {name!r}", f"one of {', '.join(own) or 'the levels of the criterion'}",
                "Name a level of the criterion for each level that the rule gives.",
            )  # fmt: skip
    ranks = [own.index(found[one]) for one in coded]
    if ranks != sorted(ranks):
        raise place.wrong(
            ", ".join(f"{one} = {found[one]}" for one in coded),
            "levels that rise with the concern",
            "A more concerning finding may not give a less concerning level.",
        )
    return found


def _one_category(table: Mapping[str, Any], levels: gates.Levels, place: Place) -> Category:
    plain = settings_of(_Category, {key: value for key, value in table.items() if key != "when"}, place)
    when = gates.read(table["when"], levels, place.at("when")) if "when" in table else None
    return Category(**{one.name: getattr(plain, one.name) for one in fields(_Category)}, when=when)


def _group(table: Mapping[str, Any], levels: gates.Levels, place: Place) -> Group:
    @dataclass(frozen=True)
    class Plain:
        key: str
        title: str
        instead_of: tuple[str, ...] = ()

    plain = settings_of(Plain, {key: value for key, value in table.items() if key != "when"}, place)
    if "when" not in table:
        raise place.at("when").wrong("nothing", "a gate", 'Add when = { any_of = [ "criterion: level" ] }.')
    when = gates.read(table["when"], levels, place.at("when"), label=True)
    return Group(plain.key, plain.title, when, plain.instead_of)


def _matrix(
    data: Mapping[str, Any], found: tuple[Criterion, ...], categories: tuple[Category, ...], top: Place
) -> Matrix:
    place = top.at("matrix")
    table = data.get("matrix")
    if not isinstance(table, Mapping):
        raise place.wrong("nothing", "a table [matrix] with rows, columns and table", "Add it.")
    by_key = {one.key: one for one in found}
    axes = []
    for name in ("rows", "columns"):
        if not isinstance(table.get(name), str) or table[name] not in by_key:
            raise place.at(name).wrong(
                repr(table.get(name)), f"one of {', '.join(by_key)}", "Name a criterion."
            )
        axes.append(by_key[table[name]])
    cells: dict[tuple[str, str], str] = {}
    known = [one.key for one in categories]
    rows: Mapping[str, Mapping[str, str]] = fitted(
        table.get("table", {}), dict[str, dict[str, str]], place.at("table")
    )
    for row, columns in rows.items():
        for column, category in columns.items():
            here = place.at("table").at(row).at(column)
            if axes[0].level(row) is None or axes[1].level(column) is None:
                raise here.wrong(f"{row} × {column}", "levels of the two criteria", "Mend the names.")
            if category not in known:
                raise here.wrong(
                    repr(category), f"one of {', '.join(known)}", "Name a category of this pack."
                )
            cells[row, column] = category
    for (row, column), category in cells.items():
        for (other_row, other_column), other in cells.items():
            worse = axes[0].rank(other_row) >= axes[0].rank(row) and axes[1].rank(other_column) >= axes[
                1
            ].rank(column)
            if worse and known.index(other) > known.index(category):
                raise place.at("table").wrong(
                    f"{row} × {column} = {category} and {other_row} × {other_column} = {other}",
                    "a category that never gets milder as either axis gets more concerning",
                    "Mend one of the two cells.",
                )
    return Matrix(axes[0].key, axes[1].key, cells)


def _treatments(table: Any, place: Place) -> tuple[Treatment, ...]:
    words: Mapping[str, str] = fitted(table, dict[str, str], place)
    for kind in words:
        if kind not in KINDS:
            raise place.at(kind).wrong(repr(kind), f"one of {', '.join(KINDS)}", "Mend the name.")
    for kind in MUST_TREAT:
        if not words.get(kind, "").strip():
            raise place.at(kind).wrong(
                "nothing",
                f"how the scheme treats {kind} schools, in a sentence",
                f'Add {kind} = "…" under [schools].',
            )
    return tuple(Treatment(kind, text) for kind, text in words.items())


def _whole(scheme: Scheme, top: Place) -> None:
    """What must hold of the pack as a whole."""
    if scheme.method == "ranking":
        return
    if not scheme.categories:
        raise top.at("category").wrong(
            "nothing", "at least one category", "Add [[category]], the most concerned first."
        )
    last = scheme.categories[-1]
    for at, one in enumerate(scheme.categories):
        place = top.at("category").at(at)
        if scheme.method == "gates" and (one.when is None) != (one is last):
            raise place.at("when").wrong(
                "no gate" if one.when is None else "a gate",
                "a gate at every category but the last, which takes the other schools",
                "Order the categories from the most to the least concerned.",
            )
        if scheme.method == "points" and one.from_score is None:
            raise place.at("from_score").wrong(
                "nothing", "a number from 0 to 1", "Say from which score it holds."
            )
        if scheme.method == "best fit" and any(not item.level(one.key) for item in scheme.criteria):
            raise place.at("key").wrong(
                repr(one.key),
                "a level of every criterion",
                "In best fit the levels are called like the categories.",
            )
    scores = [one.from_score for one in scheme.categories if one.from_score is not None]
    if scheme.method == "points" and (scores != sorted(scores, reverse=True) or scores[-1] != 0):
        raise top.at("category").wrong(
            f"scores from {scores}",
            "scores that fall to 0 at the last category",
            "Order the categories by score.",
        )
