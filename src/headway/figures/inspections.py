"""Inspections as one timeline: the same inspection, told by several files, once.

Ofsted's older files give the last day of an inspection and its newer ones the first, so that one inspection
may stand in the store on two days. Here a last day joins the first day at most nine days before it
(in the files of 2018 no pair of the same inspection lies further apart), and what either knows is kept.
"""

from __future__ import annotations

import polars as pl

from headway.figures.tables import INSPECTIONS, JUDGEMENTS

DAYS_OF_AN_INSPECTION = 9
"""Greatest distance between the first and last day of one inspection, in days."""


def one_event_each(inspections: pl.DataFrame, judgements: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Both tables with each inspection once, on its first day where any file gives it.

    A field that the first-day row lacks is taken from the last-day row; a judgement likewise. An inspection
    of which only the last day is known keeps it, and says so in `date_is`.
    """
    moved = _moved(inspections)
    if moved.is_empty():
        return inspections, judgements
    fields = [
        column.name
        for column in INSPECTIONS.columns
        if column.name not in ("organisation", "date", "date_is")
    ]
    placed = _placed(inspections, moved)
    events = (
        placed.sort("organisation", "date", pl.col("date_is") == "last day")
        .group_by("organisation", "date", maintain_order=True)
        .agg(
            pl.col("date_is").first(),
            *(pl.col(name).drop_nulls().first() for name in fields if name in placed.columns),
            *(pl.col(name).first() for name in ("receipt", "row", "scope") if name in placed.columns),
        )
        .select(inspections.columns)
    )
    grades = (
        _placed(judgements, moved)
        .sort("organisation", "date", "area", "_moved")
        .unique(list(JUDGEMENTS.key), keep="first", maintain_order=True)
        .select(judgements.columns)
    )
    return events, grades


def _moved(inspections: pl.DataFrame) -> pl.DataFrame:
    """Last days that have a first day: organisation, date, first_day."""
    last = inspections.filter(pl.col("date_is") == "last day").select("organisation", "date").sort("date")
    first = (
        inspections.filter(pl.col("date_is").fill_null("first day") == "first day")
        .select("organisation", "date", first_day="date")
        .sort("date")
    )
    return last.join_asof(
        first,
        on="date",
        by="organisation",
        strategy="backward",
        tolerance=f"{DAYS_OF_AN_INSPECTION}d",
        check_sortedness=False,
    ).drop_nulls("first_day")


def _placed(frame: pl.DataFrame, moved: pl.DataFrame) -> pl.DataFrame:
    return frame.join(moved, on=["organisation", "date"], how="left").with_columns(
        pl.coalesce("first_day", "date").alias("date"), pl.col("first_day").is_not_null().alias("_moved")
    )
