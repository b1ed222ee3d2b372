"""Whose results a school carries: its predecessors', year by year, labelled.

A conversion carries its history. An amalgamation pools its predecessors' pupils, labelled, and is left
out of contested trends by default. A split inherits nothing. What cannot be told goes to the review list
(`successions.review`). Results of the academic year that ends in Y belong to the school that was open at
the tests of May Y: a school that closes on 31 August 2026 has the results of 2026, the academy that
follows it those from 2027.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import polars as pl

from headway.figures.successions import Succession, decided, review, successions

__all__ = ["carried", "history", "last_year_before", "review", "stages_of", "successions"]

TESTS = (5, 15)
"""Month and day by which the key stage 2 tests of a year have begun: they are in the second week of May."""

STAGES = {"foundation": 5, "phonics": 6, "ks1": 7, "mtc": 9, "ks2": 11}
"""Collections, and the age that pupils reach in the school year at whose end they are assessed."""

_SCHEMA = {
    "organisation": pl.String(),
    "inherits_from": pl.String(),
    "first_year": pl.Int64(),
    "last_year": pl.Int64(),
    "how": pl.String(),
    "label": pl.String(),
    "contested": pl.Boolean(),
    "stages": pl.String(),
}


@dataclass(frozen=True)
class Inheritance:
    """A school, a school whose results it carries, and the years (inclusive; None is open) of those results."""

    organisation: str
    inherits_from: str
    first_year: int | None
    last_year: int
    how: str
    label: str
    contested: bool
    stages: str | None


def last_year_before(day: date) -> int:
    """The last year whose results belong to the school before, when another follows it on this day."""
    return day.year if (day.month, day.day) > TESTS else day.year - 1


def first_year_from(day: date) -> int:
    """The first year whose results belong to a school that opened on this day."""
    return last_year_before(day) + 1


def stages_of(low_age: int | None, high_age: int | None) -> tuple[str, ...] | None:
    """The collections that a school of these statutory ages has; None where the ages are unknown.

    An infant school (4 to 7) has the foundation stage, phonics and key stage 1, a junior school (7 to 11) the
    multiplication check and key stage 2. A school from 5 may have a reception class.
    """
    if low_age is None or high_age is None:
        return None
    return tuple(
        stage
        for stage, age in STAGES.items()
        if (low_age < age or (stage == "foundation" and low_age <= age)) and age <= high_age
    )


def history(links: pl.DataFrame, organisations: pl.DataFrame) -> pl.DataFrame:
    """For each school the predecessors whose results it carries.

    One row a school and predecessor, near or far: `organisation`, `inherits_from`, `first_year` (null: as far
    back as there are results), `last_year`, `how` (conversion or amalgamation; a chain with an amalgamation
    in it is one), `label` for the reader, `contested` (left out of contested trends by default), `stages`
    (collections that the predecessor can have had, separated by blanks; null where its ages are unknown: of
    infant and junior only the junior has key stage 2). `links` is the table; `organisations` one row a school.
    """
    near: dict[str, list[Succession]] = defaultdict(list)
    for one in decided(links, organisations):
        if one.how in ("conversion", "amalgamation"):
            near[one.organisation].append(one)
    ages = _ages(organisations)
    opened = _opened(organisations)
    found: list[Inheritance] = []
    for school in sorted(near):
        found += _carried_by(school, near, ages, opened)
    return pl.DataFrame([vars(one) for one in found], schema=_SCHEMA).sort("organisation", "inherits_from")


def carried(history: pl.DataFrame, organisation: str, year: int, stage: str | None = None) -> pl.DataFrame:
    """The rows of `history` whose results this school carries for a year (and collection)."""
    stands = (pl.col("first_year").is_null() | (pl.col("first_year") <= year)) & (pl.col("last_year") >= year)
    found = history.filter(pl.col("organisation") == organisation, stands)
    if stage is not None:
        found = found.filter(
            pl.col("stages").is_null() | pl.col("stages").str.split(" ").list.contains(stage)
        )
    return found


def _ages(organisations: pl.DataFrame) -> dict[str, tuple[int | None, int | None]]:
    if not {"low_age", "high_age"} <= set(organisations.columns):
        return {}
    return {
        one: (low, high)
        for one, low, high in organisations.select("organisation", "low_age", "high_age").iter_rows()
    }


def _opened(organisations: pl.DataFrame) -> dict[str, date]:
    if "open_date" not in organisations.columns:
        return {}
    return dict(organisations.select("organisation", "open_date").drop_nulls().iter_rows())


def _carried_by(
    school: str,
    near: Mapping[str, list[Succession]],
    ages: Mapping[str, tuple[int | None, int | None]],
    opened: Mapping[str, date],
) -> list[Inheritance]:
    """The school's predecessors, and theirs, nearest first. Each is visited once, and only backwards in time."""
    found: list[Inheritance] = []
    seen = {school}
    waiting: list[tuple[str, date, int, bool]] = [(school, date.max, 9999, False)]
    while waiting:
        carrier, until, limit, contested = waiting.pop(0)
        for one in sorted(
            near.get(carrier, []), key=lambda one: (one.date or date.min, one.predecessor), reverse=True
        ):
            if one.predecessor in seen or one.date is None or one.date >= until:
                continue
            seen.add(one.predecessor)
            last = min(limit, last_year_before(one.date))
            pooled = contested or one.how == "amalgamation"
            first = _first_year(one.predecessor, near, opened)
            if first is None or first <= last:
                found.append(_inheritance(school, one.predecessor, first, last, ages, pooled=pooled))
            waiting.append((one.predecessor, one.date, last, pooled))
    return found


def _first_year(school: str, near: Mapping[str, list[Succession]], opened: Mapping[str, date]) -> int | None:
    """The first year that is the school's own: after it opened, or took over from another."""
    if school in opened:
        return first_year_from(opened[school])
    took_over = [one.date for one in near.get(school, []) if one.how == "conversion" and one.date is not None]
    return first_year_from(min(took_over)) if took_over else None


def _inheritance(
    school: str,
    predecessor: str,
    first: int | None,
    last: int,
    ages: Mapping[str, tuple[int | None, int | None]],
    *,
    pooled: bool,
) -> Inheritance:
    stages = stages_of(*ages.get(predecessor, (None, None)))
    code = predecessor.partition(":")[2]
    return Inheritance(
        organisation=school,
        inherits_from=predecessor,
        first_year=first,
        last_year=last,
        how="amalgamation" if pooled else "conversion",
        label=f"amalgamated predecessor {code}" if pooled else f"predecessor {code}",
        contested=pooled,
        stages=None if stages is None else " ".join(stages),
    )
