"""Which authority, trust and cluster a school belongs to for the results of a year."""

from __future__ import annotations

from datetime import date
from typing import Protocol

import polars as pl

from headway.figures.history import history
from headway.figures.phrases import phrase
from headway.figures.register import memberships_on, organisations
from headway.figures.tables import TABLES

NATION = "nation:england"
ENOUGH_AUTHORITIES = 140
"""Pupils of this many authorities are taken for the nation's (England has had 148 to 153)."""


class Tables(Protocol):
    """Where rows of a table can be read; a `store.Store` or a snapshot of one."""

    def frame(self, table: str, year: int | None = None) -> pl.LazyFrame:
        """The current rows of a table, or of one year of it."""


def belongings(tables: Tables, year: int) -> pl.DataFrame:
    """A row a school and area or group that it counts for in `year`: `organisation`, `parent`, `kind`, `note`.

    The day that decides is the last of the academic year, 31 August. The authority is that of the
    latest description on or before it, else of the earliest after it; of one day GIAS before the others. A trust
    counts the schools that were in it on the day (`register.memberships_on`), each in one trust. A cluster counts its
    schools in every year, so that
    it can be looked at as if it had always been: before a school joined the note says "back-cast".
    """
    day = date(year, 8, 31)
    authorities = _authorities(tables, day)
    groups = _groups(tables, day)
    return pl.concat([authorities, groups]).unique(["organisation", "parent"], maintain_order=True)


def authorities_of_schools(tables: Tables, year: int) -> dict[str, str]:
    """The authority of each school in a year."""
    parents = belongings(tables, year).filter(pl.col("kind") == "authority")
    return dict(parents.select("organisation", "parent").iter_rows())


def is_national(authorities: int) -> bool:
    """Whether pupils of so many authorities may stand for the nation."""
    return authorities >= ENOUGH_AUTHORITIES


def _authorities(tables: Tables, day: date) -> pl.DataFrame:
    described = tables.frame("organisations").filter(
        pl.col("kind") == "school", pl.col("authority").is_not_null()
    )
    after = pl.col("as_at") > day
    away = (pl.col("as_at") - pl.lit(day)).dt.total_days().abs()
    nearest = (
        described.with_columns(after=after, away=away, other=pl.col("register") != "gias")
        .sort("organisation", "after", "away", "other", "register")
        .unique("organisation", keep="first", maintain_order=True)
    )
    return nearest.select(
        "organisation",
        phrase("authority:{}", "authority").alias("parent"),
        pl.lit("authority").alias("kind"),
        pl.lit(None, pl.String).alias("note"),
    ).collect()


def _groups(tables: Tables, day: date) -> pl.DataFrame:
    members = tables.frame("memberships").filter(
        pl.col("kind").is_in(["trust", "federation", "cluster"]),
        pl.col("organisation").str.starts_with("school:"),
    )
    clusters = _clusters(members.filter(pl.col("kind") == "cluster"), day)
    held = memberships_on(members.filter(pl.col("kind") != "cluster").collect(), day)
    return pl.concat([_belonging(held.lazy()).collect(), clusters])


def _belonging(members: pl.LazyFrame, note: pl.Expr | None = None) -> pl.LazyFrame:
    note = pl.lit(None, pl.String) if note is None else note
    return members.select("organisation", pl.col("group").alias("parent"), "kind", note.alias("note"))


def _clusters(members: pl.LazyFrame, day: date) -> pl.DataFrame:
    """A school's clusters, those included that it joined later."""
    joined_by_then = pl.col("joined").is_null() | (pl.col("joined") <= day)
    still_there = pl.col("left").is_null() | (pl.col("left") > day)
    standing = members.filter(still_there).sort("organisation", "group", pl.col("joined").fill_null(date.min))
    return _belonging(standing, pl.when(~joined_by_then).then(pl.lit("back-cast"))).collect()


def successions_of(tables: Tables) -> pl.DataFrame:
    """Which predecessors' results each school carries, and for which years; see `history.history`."""
    links = tables.frame("links").collect()
    if not links.height:
        return history(links, TABLES["organisations"].empty())
    return history(links, organisations(tables))


def successors(carried: pl.DataFrame, year: int) -> pl.DataFrame:
    """The belongings of predecessors to the schools that carry their results of `year`.

    As `belongings`, with kind `conversion` or `amalgamation`, the note that the reader must see, and `stages`.
    """
    stands = (pl.col("first_year").is_null() | (pl.col("first_year") <= year)) & (pl.col("last_year") >= year)
    return carried.filter(stands).select(
        pl.col("inherits_from").alias("organisation"),
        pl.col("organisation").alias("parent"),
        pl.col("how").alias("kind"),
        pl.col("label").alias("note"),
        "stages",
    )
