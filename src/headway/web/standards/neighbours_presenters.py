"""An authority beside its statistical neighbours: DfE's list, and what each of them published."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from headway.figures.measures import Measure, registry
from headway.web.design import charts
from headway.web.design.numbers import school_year
from headway.web.people.models import User
from headway.web.standards import reading
from headway.web.standards.authority_choice import Choice
from headway.web.standards.lines import Line, best, line
from headway.web.standards.stages import by_stage


@dataclass(frozen=True)
class NeighbourRow:
    """One neighbour: its rank and how close DfE calls it, and its figure."""

    rank: int
    key: str
    name: str
    note: str
    line: Line | None


@dataclass(frozen=True)
class Neighbours:
    """The page: one measure of one year."""

    measure: Measure
    measures: tuple[Measure, ...]
    own: Line | None
    rows: tuple[NeighbourRow, ...]
    source: str
    chart: charts.Chart


def neighbours(user: User, choice: Choice, *, measure: str) -> Neighbours | None:
    """The authority's neighbours. None where no list of them was loaded before the release was published."""
    listed = reading.neighbours(user, choice.authority, release=choice.release)
    if listed.is_empty():
        return None
    figures = reading.neighbour_figures(user, choice.authority, release=choice.release)
    single = figures.filter((pl.col("year") == choice.year) & (pl.col("group") == "all"))
    measures = tuple(by_stage(single["measure"].unique().to_list())) or (registry()["ks2_rwm_expected"],)
    chosen = next((one for one in measures if one.key == measure), measures[0])
    rows = best(single.filter(pl.col("measure") == chosen.key))
    theirs = {row["organisation"]: line(row, choice.release) for row in rows.iter_rows(named=True)}
    own_rows = reading.rows_of(user, choice.authority, release=choice.release).filter(
        (pl.col("measure") == chosen.key)
        & (pl.col("year") == choice.year)
        & (pl.col("group") == "all")
        & (pl.col("years_pooled") == 1)
    )
    own = next((line(row, choice.release) for row in best(own_rows).iter_rows(named=True)), None)
    shown = tuple(
        NeighbourRow(
            row["rank"], row["neighbour"], row["name"], row["note"] or "", theirs.get(row["neighbour"])
        )
        for row in listed.sort("rank").iter_rows(named=True)
    )
    return Neighbours(
        measure=chosen,
        measures=measures,
        own=own,
        rows=shown,
        source=listed["source"][0],
        chart=_chart(choice, chosen, own, shown),
    )


def _chart(
    choice: Choice, measure: Measure, own: Line | None, rows: tuple[NeighbourRow, ...]
) -> charts.Chart:
    mine = own.as_point(choice.name) if own else charts.Figure(choice.name, None, missing="no figure")
    others = [
        one.line.as_point(one.name) if one.line else charts.Figure(one.name, None, missing="not published")
        for one in rows
    ]
    return charts.beside(
        f"{measure.title}, {school_year(choice.year)}", mine, others, unit=measure.unit, first="Authority"
    )


def asked(found: Neighbours) -> dict[str, tuple[str, list[tuple[str, str]], str]]:
    """What else the page's filter asks, as the form takes it."""
    return {"measure": ("Measure", [(one.key, one.title) for one in found.measures], found.measure.key)}
