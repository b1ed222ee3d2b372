"""What changed in the register between two days: the feed for link advisers.

Compared are the organisations as they stood on each day; a column that either extract lacks says nothing.
"""

from __future__ import annotations

from datetime import date

import polars as pl

from headway.figures.history import successions
from headway.figures.register import Tables, organisations

COMPARED = {
    "head": "new head",
    "name": "renamed",
    "status": "new status",
    "trust": "moved trust",
    "federation": "moved federation",
    "authority": "moved authority",
    "type": "new type",
    "laestab": "new DfE number",
    "phase": "new phase",
}
"""Column, and what a change in it is called."""

_JOINING = ("trust", "federation")
_SCHEMA = {
    "organisation": pl.String(),
    "name": pl.String(),
    "authority": pl.String(),
    "change": pl.String(),
    "was": pl.String(),
    "now": pl.String(),
    "date": pl.Date(),
}


def changes(store: Tables, before: date, after: date) -> pl.DataFrame:
    """The feed from one day to a later one: `organisation`, `name`, `authority`, `change`, `was`, `now`, `date`.

    `change`: opened, closed, converted, new head, renamed, new status, moved trust (joined, left), moved
    authority …; `date` is the day on which it happened where the register says, else null.
    """
    earlier, later = organisations(store, before), organisations(store, after)
    links = store.frame("links").collect()
    return changes_between(earlier, later, before, after, successions(links, later))


def changes_between(
    earlier: pl.DataFrame,
    later: pl.DataFrame,
    before: date,
    after: date,
    followed: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """The feed between two states of the register; `followed` is `history.successions` of the later one."""
    parts = [_opened(later, before, after), _closed(later, before, after)]
    if followed is not None:
        parts.append(_converted(later, followed, before, after))
    both = later.join(earlier, on="organisation", how="inner", suffix="_before")
    for column, change in COMPARED.items():
        parts.append(_differing(both, column, change))
    return (
        pl.concat(parts)
        .unique(maintain_order=True)
        .sort("authority", "name", "organisation", "change", nulls_last=True)
    )


def _feed(frame: pl.DataFrame, change: pl.Expr, was: pl.Expr, now: pl.Expr, day: pl.Expr) -> pl.DataFrame:
    columns = {"change": change, "was": was, "now": now, "date": day}
    return frame.select(
        "organisation",
        "name",
        "authority",
        *(one.cast(_SCHEMA[name]).alias(name) for name, one in columns.items()),
    )


def _nothing() -> pl.Expr:
    return pl.lit(None, dtype=pl.String)


def _opened(later: pl.DataFrame, before: date, after: date) -> pl.DataFrame:
    opened = later.filter((pl.col("open_date") > before) & (pl.col("open_date") <= after))
    return _feed(opened, pl.lit("opened"), _nothing(), pl.col("type"), pl.col("open_date"))


def _closed(later: pl.DataFrame, before: date, after: date) -> pl.DataFrame:
    closed = later.filter((pl.col("close_date") > before) & (pl.col("close_date") <= after))
    return _feed(closed, pl.lit("closed"), _nothing(), pl.col("reason_closed"), pl.col("close_date"))


def _converted(later: pl.DataFrame, followed: pl.DataFrame, before: date, after: date) -> pl.DataFrame:
    conversions = followed.filter(
        pl.col("how") == "conversion", pl.col("date") > before, pl.col("date") <= after
    ).select("organisation", "predecessor", pl.col("date").alias("_day"))
    return _feed(
        later.join(conversions, on="organisation", how="inner"),
        pl.lit("converted"),
        pl.col("predecessor"),
        pl.col("organisation"),
        pl.col("_day"),
    )


def _differing(both: pl.DataFrame, column: str, change: str) -> pl.DataFrame:
    """A change only where both days have the column at all; for trusts, joining and leaving count too."""
    was, now = pl.col(f"{column}_before"), pl.col(column)
    known = both.select(was.is_not_null().any() & now.is_not_null().any()).item()
    if column in _JOINING and known:
        name = (
            pl.when(was.is_null())
            .then(pl.lit(f"joined {column}"))
            .when(now.is_null())
            .then(pl.lit(f"left {column}"))
            .otherwise(pl.lit(change))
        )
        return _feed(both.filter(was.ne_missing(now)), name, was, now, pl.lit(None, dtype=pl.Date))
    return _feed(both.filter(was != now), pl.lit(change), was, now, pl.lit(None, dtype=pl.Date))
