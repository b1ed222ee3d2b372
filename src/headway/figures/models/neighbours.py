"""The statistical neighbours of an authority: the lists that were loaded, and neighbours computed from its context."""

from __future__ import annotations

from datetime import date

import numpy as np
import polars as pl

from headway.figures.models.nearest import nearest
from headway.figures.models.similar_schools import Pack, pack, similar, space
from headway.figures.models.terms import ModelError

KIND = "statistical neighbour"
"""The kind of membership that a list of statistical neighbours gives."""
NEIGHBOURS = 10
"""How many neighbours DfE names."""


def editions(memberships: pl.LazyFrame | pl.DataFrame) -> list[str]:
    """The lists of statistical neighbours among `memberships` rows, the newest first: dfe_neighbours_2025-05 …"""
    found = memberships.lazy().filter(pl.col("kind") == KIND).select(pl.col("source").unique()).collect()
    return sorted(found["source"].to_list(), reverse=True)


def edition_for(memberships: pl.LazyFrame | pl.DataFrame, day: date) -> str:
    """The list that was in force on a day: the newest not after it. Raises ModelError where there is none."""
    stamp = f"{day.year}-{day.month:02d}"
    known = editions(memberships)
    for edition in known:
        if edition.rpartition("_")[2] <= stamp:
            return edition
    there = f"The lists loaded are {', '.join(known)}." if known else "No list is loaded."
    raise ModelError(f"no list of statistical neighbours was in force on {day.day} {day:%B %Y}. {there}")


def listed(
    memberships: pl.LazyFrame | pl.DataFrame, authority: str | None = None, edition: str | None = None
) -> pl.DataFrame:
    """Neighbours as a list names them: organisation, neighbour, rank, note (DfE's word for how close), source.

    Of one authority or of all; of the `edition` named, by default the newest. Raises ModelError where nothing is loaded, or
    the authority is not in the list.
    """
    known = editions(memberships)
    if not known:
        raise ModelError("no statistical neighbours are loaded. Load DfE's list, such as sn_may_2025.xlsx.")
    chosen = edition or known[0]
    if chosen not in known:
        raise ModelError(f"there is no list {chosen}. The lists loaded are {', '.join(known)}.")
    rows = (
        memberships.lazy()
        .filter(pl.col("kind") == KIND, pl.col("source") == chosen)
        .select("organisation", pl.col("group").alias("neighbour"), "rank", "note", "source")
        .sort("organisation", "rank")
        .collect()
    )
    if authority is None:
        return rows
    own = rows.filter(pl.col("organisation") == authority)
    if own.is_empty():
        raise ModelError(f"{authority} has no neighbours in the list {chosen}.")
    return own


def computed(
    characteristics: pl.DataFrame,
    *,
    chosen: Pack | None = None,
    count: int = NEIGHBOURS,
    rescaled: bool = False,
) -> pl.DataFrame:
    """Neighbours from authorities' characteristics: organisation, neighbour, rank, distance, characteristics_used.

    Characteristics are standardised and the distance is Euclidean, as CIPFA does; with `rescaled` each authority's
    distances are divided by that to the one farthest from it, which is then 1. The characteristics and weights are those of
    the pack (by default Headway's own choice, which is not DfE's).
    """
    chosen = chosen or pack("authorities")
    near = similar(characteristics, chosen=chosen, count=count)
    if not rescaled or near.is_empty():
        return near
    frame = characteristics.sort("organisation")
    everyone = nearest(space(frame, chosen), frame.height)
    farthest = (
        pl.DataFrame(
            {"organisation": frame["organisation"].gather(everyone.point), "farthest": everyone.distance}
        )
        .group_by("organisation")
        .agg(pl.col("farthest").max())
    )
    by = (
        pl.when(pl.col("farthest") > 0).then(pl.col("distance") / pl.col("farthest")).otherwise(np.float64(0))
    )
    return (
        near.join(farthest, on="organisation", how="left", maintain_order="left")
        .with_columns(by.alias("distance"))
        .drop("farthest")
    )
