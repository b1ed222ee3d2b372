"""The pupil door: the only way from a page to rows of pupils in the store.

Results of schools come through `standards`; pupil rows come through here, one school at a time, for a person who may
see its pupils (`SEE_PUPILS` there, or an emergency that is open). Every function asks for the person and checks again;
the gate of the page (`people.purposes.requires_purpose`) has asked for the purpose and keeps the record that the school
sees. Rows carry the store's pseudonymous key; names only through `names`, for people of the school itself. Nothing of it
is kept in the service's database or on disk: it is read from the store, and what is remembered between two requests
is forgotten as soon as the store's pupils change.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import polars as pl
from django.conf import settings
from django.http import Http404

from headway.figures import correction_candidates, corrections, pupil_lists, reproduction
from headway.figures.belongings import authorities_of_schools
from headway.figures.corrections import Candidate
from headway.figures.matching import BARS
from headway.figures.models.terms import ModelError
from headway.figures.pupil_lists import PupilList, Teaching
from headway.figures.reproduction import Reproduced
from headway.figures.store import Store
from headway.figures.upn import LENGTH
from headway.web.people import access, emergencies
from headway.web.people.models import User
from headway.web.people.permissions import Permission

_PUPIL_TABLES = (
    "pupils",
    "assessments_ks2",
    "assessments_ks1",
    "organisations",
    "identities",
    "published_results",
)
_REMEMBERED = 6
_Made = TypeVar("_Made")


@dataclass(frozen=True)
class Year:
    """The checking of a year in one authority: the pupils' rows, what may be wrong, and what each correction would do."""

    year: int
    authority: str
    rows: pl.DataFrame
    found: tuple[Candidate, ...]
    effects: pl.DataFrame


@dataclass(frozen=True)
class Desk:
    """The checking desk of one school and year."""

    year: int
    organisation: str
    authority: str
    figures: tuple[Reproduced, ...]
    pupils: pl.DataFrame
    found: tuple[Candidate, ...]
    effects: pl.DataFrame


def years() -> list[int]:
    """The years of which pupils can be listed, the latest first. It tells of no pupil."""
    store = _store()
    return [] if store is None else pupil_lists.list_years(store)


def checked_years() -> list[int]:
    """The years of which key stage 2 pupils are loaded, the latest first."""
    store = _store()
    return [] if store is None else sorted(store.years("assessments_ks2"), reverse=True)


def pupil_list(user: User, organisation: str, year: int) -> PupilList:
    """The pupils of a school and year. Raises Http404 where the person may not see them, or there is no such year."""
    store = _seen(user, organisation)
    if year not in pupil_lists.list_years(store):
        raise Http404
    teaching = _remembered(store, ("teaching", year), lambda: _taught(store, year))
    if isinstance(teaching, Teaching):
        return pupil_lists.pupil_list(store, year, organisation, teaching)
    return pupil_lists.pupil_list(store, year, organisation, None, teaching)


def every_list(user: User, organisations: list[str], year: int) -> list[tuple[str, PupilList]]:
    """The pupils of several schools, for an export that two people have agreed on; schools without pupils are left out."""
    made = [(key, pupil_list(user, key, year)) for key in organisations]
    return [(key, one) for key, one in made if one.rows.height]


def names(user: User, organisation: str, pupils: pl.Series) -> dict[int, str]:
    """The names of pupils, for people of the school itself only. Raises Http404 for anybody else."""
    if not may_see_names(user, organisation):
        raise Http404
    return pupil_lists.names_of(_seen(user, organisation), pupils)


def may_see_names(user: User, organisation: str) -> bool:
    """Whether the person works in the school: names are for those who know the children."""
    return any(
        grant.role.scope == "school"
        and organisation in grant.organisations
        and Permission.SEE_PUPILS in grant.permissions
        for grant in access.grants(user)
    )


def find(user: User, organisation: str, upn: str) -> tuple[frozenset[int], list[int]]:
    """The keys of the pupil with a UPN, and the years in which this school has them; no years where it has not.

    The UPN is turned into the pseudonymous key at once; it is neither kept, logged nor shown. That another school has the
    pupil is not told.
    """
    store = _seen(user, organisation)
    keys = pupil_lists.keys_of_upn(store, upn)
    rows = (
        store.frame("pupils")
        .filter(
            pl.col("pupil").is_in(list(keys)),
            pl.col("organisation") == organisation,
            pl.col("collection") == "ks2",
        )
        .select("year")
        .unique()
        .collect()
    )
    return keys, sorted(rows["year"], reverse=True)


def is_upn(text: str) -> bool:
    """Whether a text has the shape of a UPN: 13 letters and digits."""
    plain = text.strip()
    return len(plain) == LENGTH and plain.isalnum() and plain.isascii()


def desk(user: User, organisation: str, year: int) -> Desk:
    """The checking desk of a school. Raises Http404 where the person may not see its pupils or check its results, or no
    pupils of that year are loaded."""
    store = _seen(user, organisation)
    if not access.permits(user, Permission.CHECK_RESULTS, organisation) or year not in store.years(
        "assessments_ks2"
    ):
        raise Http404
    whole = _year_of(store, organisation, year)
    found = tuple(one for one in whole.found if one.organisation == organisation)
    published = (
        store.frame("published_results", year).filter(pl.col("organisation") == organisation).collect()
    )
    return Desk(
        year,
        organisation,
        whole.authority,
        tuple(reproduction.reproduced(whole.rows, year, organisation, published)),
        reproduction.pupils_again(whole.rows, year, organisation),
        found,
        whole.effects.filter(pl.col("candidate").is_in([one.key for one in found])),
    )


def counts_of_candidates(user: User, year: int, organisations: list[str]) -> dict[str, dict[str, int]]:
    """How many candidates each school has, by rule: for those who check results. Schools without any are left out."""
    store = _store()
    if store is None or year not in store.years("assessments_ks2"):
        return {}
    allowed = access.reach(user, Permission.CHECK_RESULTS)
    areas = _areas(store, year)
    found: dict[str, dict[str, int]] = {}
    wanted = [key for key in organisations if key in allowed]
    for authority in {areas.get(key, "") for key in wanted}:
        for one in _year_in(store, authority, year).found:
            if one.organisation in allowed and one.organisation in wanted:
                mine = found.setdefault(one.organisation, {})
                mine[one.rule] = mine.get(one.rule, 0) + 1
    return found


def authority_of(organisation: str, year: int) -> str:
    """The authority for whose results a school counts in a year; empty where the register does not say."""
    store = _store()
    return "" if store is None else _areas(store, year).get(organisation, "")


def joint_effect(user: User, organisation: str, year: int, keys: set[str]) -> pl.DataFrame:
    """The figures of a school before and after several corrections together: `measure`, `before`, `after`."""
    store = _seen(user, organisation)
    whole = _year_of(store, organisation, year)
    chosen = [one for one in whole.found if one.key in keys]
    own = whole.rows.filter(
        (pl.col("organisation") == organisation) | pl.col("pupil").is_in([one.pupil for one in chosen])
    )
    before, after = (
        corrections.figures(rows, year)
        .filter(pl.col("organisation") == organisation)
        .select("measure", "value")
        for rows in (own, corrections.corrected(own, chosen))
    )
    joined = before.rename({"value": "before"}).join(
        after.rename({"value": "after"}), on="measure", how="inner"
    )
    return joined.filter((pl.col("before") - pl.col("after")).abs() > 1e-9).sort("measure")


def _store() -> Store | None:
    folder = settings.HOME
    return Store(folder) if (folder / "catalogue.sqlite").exists() else None


def _seen(user: User, organisation: str) -> Store:
    """The store, for a person who may see the school's pupils now."""
    permitted = access.permits(user, Permission.SEE_PUPILS, organisation)
    store = _store()
    if store is None or not (permitted or emergencies.open_glass(user, organisation)):
        raise Http404
    return store


def _taught(store: Store, year: int) -> Teaching | str:
    try:
        return pupil_lists.teach(store, year)
    except ModelError as why:
        return str(why)


def _areas(store: Store, year: int) -> dict[str, str]:
    return _remembered(store, ("areas", year), lambda: authorities_of_schools(store, year))


def _year_of(store: Store, organisation: str, year: int) -> Year:
    return _year_in(store, _areas(store, year).get(organisation, ""), year)


def _year_in(store: Store, authority: str, year: int) -> Year:
    def made() -> Year:
        areas = _areas(store, year)
        schools = [school for school, area in areas.items() if area == authority]
        rows = corrections.checking_rows(store, year, schools=schools)
        found = correction_candidates.candidates(rows, store, year)
        return Year(year, authority, rows, tuple(found), corrections.effects(rows, year, found, areas))

    return _remembered(store, ("year", authority, year), made)


_memory: dict[tuple[object, ...], object] = {}
_lock = threading.Lock()


def _remembered(store: Store, key: tuple[object, ...], make: Callable[[], _Made]) -> _Made:
    """What was made from the store as it stands, or made now. Only a few things are kept, and none of an earlier state."""
    state = _state(store)
    with _lock:
        for stale in [known for known in _memory if known[0] != state]:
            del _memory[stale]
        if (state, *key) in _memory:
            return _memory[state, *key]  # type: ignore[return-value]
    made = make()
    with _lock:
        while len(_memory) >= _REMEMBERED:
            del _memory[next(iter(_memory))]
        _memory[state, *key] = made
    return made


def _state(store: Store) -> tuple[object, ...]:
    """What changes whenever a load, an undone load, a forgotten pupil or a bar changes the rows."""
    bars = store.folder / BARS
    decided = bars.stat().st_mtime_ns if bars.exists() else 0
    return (
        str(store.folder),
        decided,
        tuple(sorted(str(path) for table in _PUPIL_TABLES for path in store.paths(table))),
    )
