"""The register of the store, read as the service keeps it: one row an organisation, one a belonging, one a succession."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import polars as pl

from headway.figures import authorities
from headway.figures.history import successions
from headway.figures.register import Tables, organisations
from headway.figures.sources.clusters import slug

KEPT = ("school", "trust", "cluster", "federation", "authority", "nation", "sponsor", "group", "region")
GROUPS = ("trust", "federation", "cluster")
"""What a school belongs to from one day to another."""
_OF_EXTRACTS = ("gias", "user")
"""Registers each of whose extracts describes the schools anew, so that two of them show what changed in between."""

COLUMNS = (
    "name", "authority", "laestab", "ukprn", "type", "type_group", "phase", "kind_of_school", "responsible", "status",
    "open_date", "reason_opened", "close_date", "reason_closed", "low_age", "high_age", "sex_of_pupils",
    "religious_character", "diocese", "capacity", "pupils", "trust", "federation", "head", "street", "town", "postcode",
    "district", "region", "urban_rural", "website", "telephone", "easting", "northing",
)  # fmt: skip
"""The register's columns, in the order of `models.FACTS`."""

_NO_DAY = pl.lit(None, pl.Date)


@dataclass(frozen=True)
class State:
    """The register of one day: `organisations` has `organisation`, `kind` and COLUMNS, with `authority` as a key."""

    as_at: date | None
    organisations: pl.DataFrame


@dataclass(frozen=True)
class Register:
    """All that the store's registers say: how the schools stood at each extract (the last is how they stand), the dated
    belongings (`organisation`, `group`, `kind`, `starts`, `ends`, `source`), and which school followed which."""

    states: tuple[State, ...]
    belongings: pl.DataFrame
    successions: pl.DataFrame


def read(store: Tables, after: date | None = None) -> Register:
    """The store's register, with its extracts of the days after `after`; the last state is always there."""
    rows = store.frame("organisations").select("register", "as_at").unique().collect()
    days = sorted(rows.filter(pl.col("register").is_in(_OF_EXTRACTS))["as_at"].unique().to_list())
    newest: date | None = rows["as_at"].max()  # type: ignore[assignment]
    last = days[-1] if days else newest
    states = [
        State(day, described(organisations(store, day))) for day in days[:-1] if not after or day > after
    ]
    final = organisations(store)
    return Register(
        (*states, State(last, described(final))),
        belongings(store.frame("memberships").collect()),
        successions(store.frame("links").collect(), final),
    )


def described(register: pl.DataFrame) -> pl.DataFrame:
    """The organisations of `figures.register`, with keys for authorities, and a row for each authority, trust, federation
    and diocese that a school names and no register describes."""
    names = dict(register.select("authority", "authority_name").drop_nulls().unique("authority").iter_rows())
    known = register.filter(pl.col("kind").is_in(KEPT)).with_columns(
        authority=pl.when(pl.col("kind") != "authority").then(
            pl.concat_str(pl.lit("authority:"), "authority")
        )
    )
    known = known.select("organisation", "kind", *COLUMNS)
    schools = known.filter(pl.col("kind") == "school")
    told = {f"authority:{code}": name for code, name in names.items()}
    listed = {f"authority:{code}": one.name for code, one in authorities.authorities().items()}
    more = [
        *((key, "authority", told.get(key) or listed.get(key)) for key in schools["authority"].unique()),
        *((key, kind, None) for kind in ("trust", "federation") for key in schools[kind].unique()),
        *((diocese_key(name), "diocese", name) for name in schools["diocese"].drop_nulls().unique()),
    ]
    have = set(known["organisation"])
    extra = [(key, kind, name) for key, kind, name in more if key and key not in have]
    added = pl.DataFrame(
        extra, schema={"organisation": pl.String, "kind": pl.String, "name": pl.String}, orient="row"
    ).unique("organisation")
    together = pl.concat([known, added], how="diagonal")
    named = together.with_columns(pl.coalesce("name", "organisation").alias("name"))
    return _placed(named).sort("organisation")


def diocese_key(name: str) -> str:
    """Diocese of York: diocese:diocese-of-york."""
    return f"diocese:{slug(name)}"[:60]


def _placed(known: pl.DataFrame) -> pl.DataFrame:
    """Trusts and federations with the authority in which all their open schools lie, where it is one."""
    schools = known.filter(
        pl.col("kind") == "school", ~pl.col("status").fill_null("Open").str.starts_with("Closed")
    )
    where = pl.concat(
        [schools.select(pl.col(kind).alias("organisation"), "authority") for kind in ("trust", "federation")]
    ).drop_nulls("organisation")
    one = where.group_by("organisation").agg(
        _authority=pl.when(pl.col("authority").n_unique() == 1).then(pl.col("authority").first())
    )
    return (
        known.join(one, on="organisation", how="left")
        .with_columns(authority=pl.coalesce("authority", "_authority"))
        .drop("_authority")
    )


def belongings(memberships: pl.DataFrame) -> pl.DataFrame:
    """The memberships of trusts, federations and clusters with their first and last days.

    As `figures.register.memberships_on` counts them: on the day it left a school is no longer in; what a later list of
    the same source no longer names ended before that list's day; who joined another trust left the one before.
    """
    mine = memberships.filter(pl.col("kind").is_in(GROUPS)).select(
        "organisation",
        "group",
        "kind",
        "source",
        "as_at",
        starts="joined",
        ends=pl.col("left").dt.offset_by("-1d"),
    )
    lists = mine.select("source", "kind", later="as_at").drop_nulls().unique().sort("later")
    dated = (
        mine.join(lists, on=["source", "kind"], how="left")
        .with_columns(later=pl.when(pl.col("later") > pl.col("as_at")).then("later"))
        .group_by("organisation", "group", "kind", "source", "starts", "ends", "as_at")
        .agg(pl.col("later").min().dt.offset_by("-1d"))
        .with_columns(ends=pl.min_horizontal("ends", "later"))
    )
    following = (
        pl.col("starts").shift(-1).over(["organisation", "kind"], order_by="starts").dt.offset_by("-1d")
    )
    return (
        dated.with_columns(
            ends=pl.when(pl.col("kind").is_in(("trust", "federation")) & pl.col("starts").is_not_null())
            .then(pl.min_horizontal("ends", following))
            .otherwise("ends")
        )
        .unique(["organisation", "group", "starts", "source"], keep="first")
        .select("organisation", "group", "kind", "starts", "ends", "source")
        .sort("organisation", "group", "starts", "source")
    )
