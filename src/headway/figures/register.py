"""The register: every school, authority, trust, federation and cluster, as of any day.

Several registers speak of the same school (GIAS, performance tables, Ofsted, census, coordinates, users'
own lists), each on its own days. `organisations` puts them together, one row an organisation, and says what
stood on the day asked for.
"""

from __future__ import annotations

import re
from datetime import date
from typing import Protocol

import polars as pl

from headway.figures import authorities
from headway.figures.kinds import kind_of_school, responsible_body
from headway.figures.tables import ORGANISATIONS

PRECEDENCE = ("gias", "gias_group_links", "user", "performance_tables", "ofsted", "census", "coordinates")
"""Registers in the order in which they are believed; others come last, by name."""

PRECEDENCE_OF: dict[str, tuple[str, ...]] = {
    "pupils": ("census", "gias"),
    "percentage_fsm": ("census", "gias"),
    "latitude": ("coordinates",),
    "longitude": ("coordinates",),
}
"""Columns for which another register is believed first."""

_KEYS = ("organisation", "register", "as_at", "kind")
_COLUMNS = tuple(column.name for column in ORGANISATIONS.columns if column.name not in _KEYS)
_TRUSTS = ("trust", "federation")


class Tables(Protocol):
    """Where rows of a table can be read: a `store.Store` or a snapshot of one."""

    def frame(self, table: str, year: int | None = None) -> pl.LazyFrame:
        """The current rows of a table."""


def organisations(store: Tables, as_at: date | None = None) -> pl.DataFrame:
    """One row an organisation as the registers describe it on `as_at` (by default: as late as they know).

    Column by column the register of highest precedence wins, from its latest extract not after the day
    that has the column at all; what it leaves empty the next one fills. `as_at` is the latest extract used.
    Added: `authority_name`, `kind_of_school` (infant, junior, primary …) and `responsible` (maintained, academy …);
    `trust` and `federation` come from the memberships of the day where the school's own row has none.
    """
    rows = store.frame("organisations").drop("receipt", "row", "scope", strict=False).collect()
    if as_at is not None:
        rows = rows.filter(pl.col("as_at") <= as_at)
    merged = merge(rows)
    groups = memberships_on(store.frame("memberships").collect(), as_at)
    return _described(_with_groups(merged, groups))


def merge(rows: pl.DataFrame) -> pl.DataFrame:
    """The rows of table `organisations` put together, one an organisation, sorted by it."""
    known = rows.group_by("organisation").agg(pl.col("as_at").max(), pl.col("kind").first())
    for column in _COLUMNS:
        if column not in rows.columns:
            known = known.with_columns(pl.lit(None, ORGANISATIONS[column].polars).alias(column))
            continue
        known = known.join(_best(rows, column), on="organisation", how="left")
    return known.select("organisation", "kind", "as_at", *_COLUMNS).sort("organisation")


def _best(rows: pl.DataFrame, column: str) -> pl.DataFrame:
    """Each organisation's value of one column; null where no register has one."""
    order = [*PRECEDENCE_OF.get(column, ()), *PRECEDENCE]
    rank = pl.col("register").replace_strict(
        {register: place for place, register in reversed(list(enumerate(order)))},
        default=len(order),
        return_dtype=pl.Int64,
    )
    in_extract = pl.col(column).is_not_null().any().over("register", "as_at", "kind")
    return (
        rows.select("organisation", "register", "as_at", "kind", column)
        .filter(in_extract)
        .sort("organisation", rank, "register", "as_at", descending=[False, False, False, True])
        .unique(["organisation", "register"], keep="first", maintain_order=True)
        .drop_nulls(column)
        .unique("organisation", keep="first", maintain_order=True)
        .select("organisation", column)
    )


def memberships_on(memberships: pl.DataFrame, day: date | None = None) -> pl.DataFrame:
    """The memberships that held on a day: joined by then, not left, and not dropped from the list since.

    A list that speaks for a day (`as_at`) and no longer names a school that its forerunner named has let it
    go, though it does not say when: from that list's day on the school is no longer counted in.
    Of several trusts open at once in one list, the last joined counts, since a school has one.
    """
    day = day or date.max
    newest = (
        memberships.filter(pl.col("as_at") <= day)
        .group_by("source", "kind")
        .agg(pl.col("as_at").max().alias("newest"))
    )
    held = memberships.join(newest, on=["source", "kind"], how="left").filter(
        pl.col("joined").is_null() | (pl.col("joined") <= day),
        pl.col("left").is_null() | (pl.col("left") > day) if day != date.max else pl.col("left").is_null(),
        pl.col("as_at").is_null() | pl.col("newest").is_null() | (pl.col("as_at") >= pl.col("newest")),
    )
    single = held.filter(pl.col("kind").is_in(_TRUSTS))
    single = single.sort("joined", "group", descending=True, nulls_last=True).unique(
        ["organisation", "kind"], keep="first", maintain_order=True
    )
    others = held.filter(~pl.col("kind").is_in(_TRUSTS))
    return pl.concat([single, others]).drop("newest").sort("organisation", "kind", "group")


def members(store: Tables, group: str, on: date | None = None) -> list[str]:
    """The schools that belonged to an authority, trust, federation or cluster on a day, sorted.

    A school belongs to its authority while it is open. `nation:england` has every open school.
    """
    kind = group.partition(":")[0]
    if kind in ("authority", "nation"):
        known = organisations(store, on).filter(pl.col("kind") == "school")
        if kind == "authority":
            known = known.filter(pl.col("authority") == group.partition(":")[2])
        return known.filter(_open_on(on) & _not_over(on))["organisation"].sort().to_list()
    held = memberships_on(store.frame("memberships").collect(), on)
    return held.filter(pl.col("group") == group)["organisation"].unique().sort().to_list()


def _open_on(day: date | None) -> pl.Expr:
    """Whether a school is open: by its days if a day is asked for, else by its status."""
    if day is None:
        return pl.col("status").is_null() | pl.col("status").str.starts_with("Open")
    return (pl.col("open_date").is_null() | (pl.col("open_date") <= day)) & (
        pl.col("close_date").is_null() | (pl.col("close_date") >= day)
    )


def _not_over(day: date | None) -> pl.Expr:
    """Not closed, or still to be opened, without a day that would say since when."""
    status = pl.col("status").fill_null("Open")
    closed = status.str.starts_with("Closed") & pl.col("close_date").is_null()
    proposed = (status == "Proposed to open") & pl.col("open_date").is_null()
    return pl.lit(value=True) if day is None else ~closed & ~proposed


def by_laestab(store: Tables, laestab: str, year: int) -> tuple[str, ...]:
    """The schools that had this DfE number (8602180 or 860/2180) at the tests of a year.

    The number is dated and not guaranteed unique, so there may be none, one or several.
    A school has the number of the latest extract not after mid-May, or else of the earliest after it.
    """
    wanted = re.sub(r"\D", "", laestab)
    tests = date(year, 5, 15)
    rows = (
        store.frame("organisations")
        .filter(pl.col("kind") == "school", pl.col("laestab").is_not_null())
        .collect()
    )
    later = pl.col("as_at") > tests
    away = (pl.col("as_at") - pl.lit(tests)).dt.total_days().abs()
    numbered = (
        rows.with_columns(_later=later, _away=away, _other=pl.col("register") != "gias")
        .sort("organisation", "_later", "_away", "_other", "register")
        .unique("organisation", keep="first", maintain_order=True)
        .filter(pl.col("laestab") == wanted)
        .select("organisation")
    )
    days = merge(rows.select(ORGANISATIONS.schema.keys() & set(rows.columns))).select(
        "organisation", "open_date", "close_date"
    )
    held = numbered.join(days, on="organisation", how="left").filter(_open_on(tests))
    return tuple(held["organisation"].sort().to_list())


def _with_groups(merged: pl.DataFrame, groups: pl.DataFrame) -> pl.DataFrame:
    for kind in _TRUSTS:
        own = groups.filter(pl.col("kind") == kind).select("organisation", pl.col("group").alias("_group"))
        merged = (
            merged.join(own, on="organisation", how="left")
            .with_columns(pl.coalesce(kind, "_group").alias(kind))
            .drop("_group")
        )
    return merged


def _described(merged: pl.DataFrame) -> pl.DataFrame:
    """With the authority's name, the kind of school and who is responsible for it."""
    told = {
        row["organisation"].partition(":")[2]: row["name"]
        for row in merged.filter(pl.col("kind") == "authority").iter_rows(named=True)
        if row["name"]
    }
    names = {code: one.name for code, one in authorities.authorities().items()} | told
    columns = ["low_age", "high_age", "phase", "type", "type_group"]
    sorts = merged.filter(pl.col("kind") == "school").select(columns).unique()
    kinds = pl.DataFrame(
        [
            {
                **row,
                "kind_of_school": kind_of_school(row["low_age"], row["high_age"], row["phase"], row["type"]),
                "responsible": responsible_body(row["type"], row["type_group"]),
            }
            for row in sorts.iter_rows(named=True)
        ],
        schema={**sorts.schema, "kind_of_school": pl.String, "responsible": pl.String},
    )
    school = pl.col("kind") == "school"
    return merged.join(kinds, on=columns, how="left", nulls_equal=True).with_columns(
        authority_name=pl.col("authority").replace_strict(names, default=None, return_dtype=pl.String),
        kind_of_school=pl.when(school).then(pl.col("kind_of_school")),
        responsible=pl.when(school).then(pl.col("responsible")),
    )
