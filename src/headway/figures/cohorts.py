"""Cohorts: one row a pupil of a collection and year, what they achieved beside who they were.

A measure counts over such a frame. Where the collection's own record leaves a characteristic open, that of
the same year's roll fills it; where both are silent it stays null, and the pupil is in neither of
the groups that it parts.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import narwhals as nw

from headway.figures.engines import Engine
from headway.figures.tables import TABLES

CHARACTERISTICS = (
    "sex",
    "birth_month",
    "ethnicity",
    "eal",
    "fsm",
    "fsm6",
    "looked_after",
    "disadvantaged",
    "sen",
    "mobile",
)
"""Columns of `pupils` that describe the pupil, filled from the roll where the collection lacks them."""

_IDENTITY = ("year", "pupil", "organisation", "receipt", "year_group")

REMOVED = "203"
"""P_INCL: removed at the school's request."""
OUT_OF_FIGURES = ("202", REMOVED)
"""P_INCL of pupils who count in no figure: not at the end of the key stage; removed."""


class Shelf(Protocol):
    """Where the current Parquet parts of a table lie; a `store.Store` is one."""

    def paths(self, table: str, year: int | None = None) -> Sequence[Path]:
        """The current parts of a table, of one year or of all."""

    def years(self, table: str) -> Sequence[int]:
        """The years of which a table has rows."""


class SamePupils(Protocol):
    """Which keys are one pupil's; a `matching.SamePupils` is one."""

    def keys(self, collection: str, year: int, table: str = "pupils") -> Path:
        """A Parquet file of the keys that are joined to another: `pupil`, `canonical`, and `counts`."""


def cohort(
    engine: Engine,
    shelf: Shelf,
    *,
    table: str,
    collection: str,
    year: int,
    same: SamePupils | None = None,
    before_removals: bool = False,
) -> nw.LazyFrame[Any] | None:
    """The cohort frame of a collection and year, or None where it has no rows.

    Columns: `organisation`, `receipt`, the `CHARACTERISTICS` and those of `table`. With table `pupils` it is
    the collection's pupils themselves. Absence has its own schools and terms: see `_absence`.
    A pupil with several keys counts once, and is found on the roll under any of them: `same` says whose they are.
    With `before_removals` the pupils are there too whom the school asked to have removed.
    """
    pupils = _rows(engine, shelf, "pupils", year)
    if table == "absence":
        return _absence(engine, shelf, pupils, year, same)
    if pupils is None:
        return None
    out = [code for code in OUT_OF_FIGURES if not (before_removals and code == REMOVED)]
    members = pupils.filter(
        nw.col("collection") == collection,
        nw.col("inclusion").is_null() | ~nw.col("inclusion").is_in(out),
    ).select(*_IDENTITY, *CHARACTERISTICS)
    keys = engine.open([same.keys(collection, year, table)]) if same is not None else None
    members = _once(members, keys)
    if collection != "roll" and _has_roll(engine, pupils):
        members = _filled(members, _roll(engine, pupils, year, same))
    else:
        members = members.drop("canonical")
    if table != "pupils":
        results = _rows(engine, shelf, table, year)
        if results is None:
            return None
        own = [column.name for column in TABLES[table].columns if column.name != "year"]
        members = members.join(results.select(*own), on="pupil", how="inner")  # both are of the one year
    return _padded(members)


def _rows(engine: Engine, shelf: Shelf, table: str, year: int) -> nw.LazyFrame[Any] | None:
    paths = shelf.paths(table, year)
    return engine.open(paths) if paths else None


def _has_roll(engine: Engine, pupils: nw.LazyFrame[Any]) -> bool:
    """Whether there is a roll to fill from: asking costs far less than joining one that is empty."""
    first = engine.collect(pupils.filter(nw.col("collection") == "roll").select("pupil").head(1))
    return bool(first.num_rows)


def _once(rows: nw.LazyFrame[Any], keys: nw.LazyFrame[Any] | None) -> nw.LazyFrame[Any]:
    """Each pupil's one row, with the `canonical` key that all of the pupil's keys share."""
    if keys is None:
        return rows.with_columns(nw.col("pupil").alias("canonical"))
    joined = rows.join(keys, on="pupil", how="left").filter(nw.col("counts").is_null() | nw.col("counts"))
    return joined.with_columns(nw.coalesce(nw.col("canonical"), nw.col("pupil")).alias("canonical")).drop(
        "counts"
    )


def _roll(engine: Engine, pupils: nw.LazyFrame[Any], year: int, same: SamePupils | None) -> nw.LazyFrame[Any]:
    """The year's roll, by canonical key."""
    keys = engine.open([same.keys("roll", year)]) if same is not None else None
    rows = pupils.filter(nw.col("collection") == "roll").select("pupil", *CHARACTERISTICS)
    return _once(rows, keys).drop("pupil")


def _filled(members: nw.LazyFrame[Any], roll: nw.LazyFrame[Any]) -> nw.LazyFrame[Any]:
    roll = roll.select("canonical", *(nw.col(name).alias(f"{name}_on_roll") for name in CHARACTERISTICS))
    return members.join(roll, on="canonical", how="left").select(
        *_IDENTITY,
        *(nw.coalesce(nw.col(name), nw.col(f"{name}_on_roll")).alias(name) for name in CHARACTERISTICS),
    )


def _absence(
    engine: Engine,
    shelf: Shelf,
    pupils: nw.LazyFrame[Any] | None,
    year: int,
    same: SamePupils | None,
) -> nw.LazyFrame[Any] | None:
    """Absence by enrolment, as DfE counts: a pupil of two schools in the year counts in each.

    Of several deliveries (one term, two, six half-terms) a school's longest one is taken.
    """
    absence = _rows(engine, shelf, "absence", year)
    if absence is None:
        return None
    longest = absence.group_by("organisation").agg(nw.col("terms").max().alias("longest"))
    rows = absence.join(longest, on="organisation", how="inner").filter(nw.col("terms") == nw.col("longest"))
    rows = rows.select(
        "year", "pupil", "organisation", "receipt", "terms", "possible", "authorised", "unauthorised"
    )
    if pupils is None:
        return _padded(rows)
    keys = engine.open([same.keys("roll", year)]) if same is not None else None
    canonical = _once(rows, keys.with_columns(counts=nw.lit(True)) if keys is not None else None)
    roll = _roll(engine, pupils, year, same)
    return _padded(canonical.join(roll, on="canonical", how="left").drop("canonical"))


def _padded(frame: nw.LazyFrame[Any]) -> nw.LazyFrame[Any]:
    """With a null for every column that a group asks for and this cohort has not."""
    there = set(frame.collect_schema().names())
    kinds: dict[str, Any] = {"string": nw.String, "boolean": nw.Boolean, "integer": nw.Int64}
    absent = [
        nw.lit(None).cast(kinds[TABLES["pupils"][name].type]).alias(name)
        for name in CHARACTERISTICS
        if name not in there
    ]
    if "ks1_band" not in there:
        absent.append(nw.lit(None).cast(nw.String).alias("ks1_band"))
    return frame.with_columns(*absent) if absent else frame
