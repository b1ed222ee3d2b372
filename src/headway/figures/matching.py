"""The same pupil in different years: by UPN and former UPN only, and by nothing else without a person.

A pupil has one key a UPN. A UPN that changes (a temporary one, ending in a letter, becomes permanent; a school
corrects one) leaves its trace in `former_upn`, and that joins the keys: all of them share one *canonical* key,
that of the latest year. A match by name and date of birth is a suggestion to a person who may see names; it is
never made by itself. A pupil may be barred from matching, as after an adoption: then nothing joins its keys and
nothing is suggested. Bars, and who set and lifted them, are lines of `matching.jsonl` in the store's folder; they
are only ever added.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

import polars as pl

from headway.figures.store import Store

BARS = "matching.jsonl"


@dataclass(frozen=True)
class Bar:
    """One decision on a pupil (a key): barred from matching, or no longer; who said so, when and why."""

    pupil: int
    barred: bool
    by: str
    reason: str
    at: str


def bar(store: Store, pupil: int, *, by: str, reason: str) -> Bar:
    """Bars a pupil from being matched with any other key. Raises ValueError without a name and a reason."""
    return _decide(store, pupil, barred=True, by=by, reason=reason)


def lift_bar(store: Store, pupil: int, *, by: str, reason: str) -> Bar:
    """Lets a pupil be matched again. Raises ValueError without a name and a reason."""
    return _decide(store, pupil, barred=False, by=by, reason=reason)


def bars(store: Keyed) -> list[Bar]:
    """Every decision on bars, oldest first: the audit of this table."""
    path = store.folder / BARS
    if not path.exists():
        return []
    with path.open(encoding="utf-8") as lines:
        return [Bar(**json.loads(line)) for line in lines if line.strip()]


def barred(store: Keyed) -> set[int]:
    """The pupils barred now."""
    latest = {decision.pupil: decision.barred for decision in bars(store)}
    return {pupil for pupil, holds in latest.items() if holds}


def _decide(store: Store, pupil: int, *, barred: bool, by: str, reason: str) -> Bar:
    if not by.strip() or not reason.strip():
        raise ValueError("a bar on matching needs who set it and why")
    decision = Bar(pupil, barred, by.strip(), reason.strip(), datetime.now(UTC).isoformat(timespec="seconds"))
    with store.held("noting a bar on matching"), (store.folder / BARS).open("a", encoding="utf-8") as lines:
        lines.write(json.dumps(asdict(decision)) + "\n")
        lines.flush()
        os.fsync(lines.fileno())
    return decision


class Keyed(Protocol):
    """Tables with the folder that they lie in and its pupils' keys; a `store.Store` or a snapshot of one."""

    @property
    def folder(self) -> Path:
        """Where the tables lie, and the bars."""

    def frame(self, table: str, year: int | None = None) -> pl.LazyFrame:
        """The current rows of a table, or of one year of it."""

    def pupil_keys(self, upns: pl.Series) -> pl.Series:
        """The key of each UPN."""


def pupil_links(store: Keyed) -> pl.DataFrame:
    """Every pupil key of the store with the `canonical` key that all years of the pupil share.

    Columns `pupil` and `canonical`, both Int64, a row a key, sorted. The canonical key is that with the latest
    year (of several the greatest); a key without a former UPN that is known is its own.
    """
    every = pl.concat(_keys(store)).select("pupil").unique().collect()
    return _with_canonical(every, joined_keys(store)).sort("pupil")


def joined_keys(store: Keyed) -> pl.DataFrame:
    """The keys that are joined to another, with the `canonical` one of each; as `pupil_links`, without the others."""
    told = _told(store)
    canonical: dict[int, int] = {}
    if told.height:
        known = _last_years(store, pl.concat([told["pupil"], told["former"]]).unique())
        canonical = _canonical(_edges(told, known, barred(store)), dict(known.iter_rows()))
    links = {"pupil": pl.Int64, "canonical": pl.Int64}
    return pl.DataFrame(list(canonical.items()), schema=links, orient="row").sort("pupil")


def _keys(store: Keyed) -> list[pl.LazyFrame]:
    return [store.frame(table).select("pupil", "year") for table in ("identities", "pupils")]


def _last_years(store: Keyed, keys: pl.Series) -> pl.DataFrame:
    """Those of the keys that stand in any file, with the last year in which they do."""
    found = pl.concat(_keys(store)).filter(pl.col("pupil").is_in(keys.implode()))
    return found.group_by("pupil").agg(pl.col("year").max()).sort("pupil").collect()


def _told(store: Keyed) -> pl.DataFrame:
    """Each key whose pupil had another UPN before, and that UPN's key: `pupil`, `former`."""
    named = store.frame("identities").filter(pl.col("former_upn").is_not_null())
    pairs = named.select("pupil", "former_upn").unique().collect()
    if pairs.is_empty():
        return pl.DataFrame(schema={"pupil": pl.Int64, "former": pl.Int64})
    return pairs.select("pupil", store.pupil_keys(pairs["former_upn"]).alias("former"))


def _edges(told: pl.DataFrame, known: pl.DataFrame, out: set[int]) -> pl.DataFrame:
    """Pairs of keys that a former UPN joins, both of them known, neither barred."""
    return told.filter(
        pl.col("former").is_in(known["pupil"].implode())
        & (pl.col("pupil") != pl.col("former"))
        & ~pl.col("pupil").is_in(list(out))
        & ~pl.col("former").is_in(list(out))
    ).sort("pupil", "former")


def _canonical(links: pl.DataFrame, last_year: dict[int, int]) -> dict[int, int]:
    """The canonical key of every key in a link: those that links connect are one pupil."""
    leader: dict[int, int] = {}

    def lead(pupil: int) -> int:
        while leader.setdefault(pupil, pupil) != pupil:
            leader[pupil] = leader[leader[pupil]]
            pupil = leader[pupil]
        return pupil

    for pupil, former in links.iter_rows():
        leader[lead(former)] = lead(pupil)
    members: dict[int, list[int]] = {}
    for pupil in leader:
        members.setdefault(lead(pupil), []).append(pupil)
    return {
        pupil: max(group, key=lambda one: (last_year.get(one, 0), one))
        for group in members.values()
        for pupil in group
    }


def suggestions(store: Store) -> pl.DataFrame:
    """Pairs of pupils with the same names and date of birth, not joined and not barred, for a person to look at.

    Columns `pupil`, `year`, `other`, `other_year` (the first year of each); no names. Blank names or dates suggest
    nothing, and pupils of one and the same file and year are two children until somebody says otherwise.
    """
    naming = ["surname", "forename", "date_of_birth"]
    plain = [pl.col(name).str.strip_chars().str.to_lowercase().alias(name) for name in naming[:2]]
    people = (
        store.frame("identities")
        .select("pupil", "year", *plain, "date_of_birth")
        .drop_nulls()
        .filter((pl.col("surname") != "") & (pl.col("forename") != ""))
        .group_by("pupil", *naming)
        .agg(pl.col("year").min())
        .collect()
    )
    twins = people.filter(pl.struct(naming).is_duplicated())
    joined = _with_canonical(twins, pupil_links(store))
    pairs = joined.join(joined, on=naming, suffix="_of_other")
    out = list(barred(store))
    return (
        pairs.filter(
            (pl.col("pupil") < pl.col("pupil_of_other"))
            & (pl.col("canonical") != pl.col("canonical_of_other"))
            & (pl.col("year") != pl.col("year_of_other"))
            & ~pl.col("pupil").is_in(out)
            & ~pl.col("pupil_of_other").is_in(out)
        )
        .select(
            "pupil",
            "year",
            pl.col("pupil_of_other").alias("other"),
            pl.col("year_of_other").alias("other_year"),
        )
        .unique()
        .sort("pupil", "other")
    )


def unmatched(store: Store, *, collection: str, earlier: str) -> pl.DataFrame:
    """Pupils of a collection who stand in no `earlier` collection of a year before: their past is not known.

    Columns `year`, `organisation`, `pupil`, sorted.
    """
    links = pupil_links(store)
    rows = store.frame("pupils").filter(pl.col("collection").is_in([collection, earlier]))
    joined = _with_canonical(rows.select("year", "organisation", "pupil", "collection").collect(), links)
    first = (
        joined.filter(pl.col("collection") == earlier)
        .group_by("canonical")
        .agg(pl.col("year").min().alias("first"))
    )
    return (
        joined.filter(pl.col("collection") == collection)
        .join(first, on="canonical", how="left")
        .filter(pl.col("first").is_null() | (pl.col("first") >= pl.col("year")))
        .select("year", "organisation", "pupil")
        .sort("year", "organisation", "pupil")
    )


def counted_once(pupils: pl.DataFrame, links: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Rows of `pupils` of which each pupil has one a year and collection, and the rows left out.

    Two keys of one canonical pupil in the same year and collection are one pupil on two rolls: the row with the
    latest entry date counts, or else the one loaded last. Both frames have `canonical`.
    """
    joined = _with_canonical(pupils, links)
    key = ["year", "collection", "canonical"]
    order = [name for name in ("entry_date", "receipt", "row", "pupil") if name in joined.columns]
    kept = joined.sort(order, nulls_last=False, maintain_order=True).unique(subset=key, keep="last")
    kept = kept.sort("year", "collection", "pupil")
    left = joined.join(
        kept.select("year", "collection", "pupil"), on=["year", "collection", "pupil"], how="anti"
    )
    return kept, left.sort("year", "collection", "pupil")


def by_canonical(rows: pl.LazyFrame, links: pl.DataFrame) -> pl.LazyFrame:
    """`rows` with the canonical key in `pupil`, so that they join with those of other years."""
    joined = rows.join(links.lazy(), on="pupil", how="left")
    return joined.with_columns(pl.coalesce("canonical", "pupil").alias("pupil")).drop("canonical")


def _with_canonical(frame: pl.DataFrame, links: pl.DataFrame) -> pl.DataFrame:
    return frame.join(links, on="pupil", how="left", maintain_order="left").with_columns(
        pl.coalesce("canonical", "pupil").alias("canonical")
    )


def conflicts(store: Store) -> pl.DataFrame:
    """Pupils joined by a former UPN whose dates of birth differ: one of the UPNs is probably wrong.

    Columns `canonical` and `pupils` (the keys), for a person to look at; perhaps to bar.
    """
    born = store.frame("identities").select("pupil", "date_of_birth").drop_nulls().unique().collect()
    joined = _with_canonical(born, pupil_links(store))
    return (
        joined.group_by("canonical")
        .agg(
            pl.col("date_of_birth").n_unique().alias("dates"), pl.col("pupil").unique().sort().alias("pupils")
        )
        .filter((pl.col("dates") > 1) & (pl.col("pupils").list.len() > 1))
        .select("canonical", "pupils")
        .sort("canonical")
    )


@dataclass(frozen=True)
class SamePupils:
    """Who is who among the pupils of a run: the joined keys, and a folder for what engines read of them."""

    tables: Keyed
    links: pl.DataFrame
    folder: Path

    @classmethod
    def among(cls, tables: Keyed, folder: Path) -> SamePupils | None:
        """The joined keys of these tables; None where there are none, as mostly."""
        links = joined_keys(tables)
        return cls(tables, links, folder) if links.height else None

    def keys(self, collection: str, year: int, table: str = "pupils") -> Path:
        """A Parquet file of the joined keys, `pupil`, `canonical` and `counts`, in a year's collection.

        Of several keys of one pupil one counts (see `counted_once`), of those that have a row in `table`.
        """
        path = self.folder / f"same-{year}-{collection}-{table}.parquet"
        if path.exists():
            return path
        mine = pl.col("pupil").is_in(self.links["pupil"].implode())
        rows = self.tables.frame("pupils", year).filter(mine, pl.col("collection") == collection).collect()
        if table != "pupils":
            results = self.tables.frame(table, year).filter(mine).select("pupil").collect()
            rows = rows.filter(pl.col("pupil").is_in(results["pupil"].implode()))
        _, left = counted_once(rows, self.links)
        counts = ~pl.col("pupil").is_in(left["pupil"].implode())
        self.links.with_columns(counts.alias("counts")).write_parquet(path)
        return path
