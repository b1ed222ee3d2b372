"""The authority's headlines: key lines, the figures beside England's, and the trend, stage by stage."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from headway.figures.measures import Measure, registry
from headway.figures.releases import NATIONS
from headway.web.design import charts
from headway.web.design.numbers import school_year
from headway.web.people.models import User
from headway.web.standards import reading
from headway.web.standards.authority_choice import Choice
from headway.web.standards.key_lines import Moves, Row, changes_line, key_line
from headway.web.standards.lines import Line, breaks_of, lines
from headway.web.standards.stages import Stage, stages_with

NATION_NAMES = {NATIONS[0]: "England", NATIONS[1]: "England’s state-funded schools"}
_COMPARATORS = ("nation", "nation_state_funded", "previous_year")
_CHARTS = 2
"""Charts on a page: of the leading measures of the stage that have a figure in the year."""


@dataclass(frozen=True)
class HeadlineRow:
    """One measure of the authority: a row of the table, and the sentences that say it."""

    measure: Measure
    line: Line
    change: str
    statement: tuple[str, ...]


@dataclass(frozen=True)
class Headlines:
    """The page: one stage of one year."""

    stage: Stage
    stages: tuple[Stage, ...]
    nation_name: str
    rows: tuple[HeadlineRow, ...]
    moves: tuple[tuple[Measure, str], ...]
    charts: tuple[charts.Chart, ...]
    audience: str
    whole: bool


def headlines(user: User, choice: Choice, stage: str | None) -> Headlines | None:
    """The headlines of the stage asked for, or of the first that has any. None where the authority has no figures."""
    seen = reading.school_figures(user, choice.authority, release=choice.release)
    everybody = (pl.col("group") == "all") & (pl.col("years_pooled") == 1)
    this_year = everybody & (pl.col("year") == choice.year)
    stages = stages_with(seen.results.filter(this_year)["measure"].unique().to_list())
    if not stages:
        return None
    found = next((one for one in stages if one.key == stage), stages[0])
    leading = pl.col("measure").is_in(found.measures)
    own = {(one.measure, one.year): one for one in lines(seen, everybody & leading)}
    shown = [key for key in found.measures if (key, choice.year) in own]
    compared = _compared(seen.comparisons.filter(this_year & leading))
    nation_name, nation = _nation(user, choice, everybody & leading)
    rows = tuple(_row(own[key, choice.year], compared, nation_name) for key in shown)
    drawn = [key for key in shown if own[key, choice.year].is_reported][:_CHARTS]
    return Headlines(
        stage=found,
        stages=stages,
        nation_name=nation_name,
        rows=rows,
        moves=tuple((registry()[key], _moves_line(user, choice, key)) for key in drawn[:1]),
        charts=tuple(_trend(key, own, nation, nation_name, choice) for key in drawn),
        audience=seen.audience,
        whole=seen.whole,
    )


def _compared(comparisons: pl.DataFrame) -> dict[tuple[str, str, str], Row]:
    return {
        (row["measure"], row["basis"], row["comparator"]): row for row in comparisons.iter_rows(named=True)
    }


def _nation(user: User, choice: Choice, wanted: pl.Expr) -> tuple[str, dict[tuple[str, int], Line]]:
    """The nation's figures: of all schools, or of state-funded ones where only those are published."""
    for key, name in NATION_NAMES.items():
        if reading.release_for(user, key, choice.release) is None:
            continue
        found = lines(reading.school_figures(user, key, release=choice.release), wanted)
        if found:
            return name, {(one.measure, one.year): one for one in found}
    return "England", {}


def _row(line: Line, compared: Mapping[tuple[str, str, str], Row], nation_name: str) -> HeadlineRow:
    measure = registry()[line.measure]
    beside = {name: compared.get((line.measure, line.basis, name)) for name in _COMPARATORS}
    nation = beside["nation"] or beside["nation_state_funded"]
    broken = any(found.year == line.year for found in measure.breaks)
    return HeadlineRow(
        measure=measure,
        line=line,
        change="series breaks" if broken else line.before.text or "no figure",
        statement=key_line(
            measure, line, nation=nation, nation_name=nation_name, previous=beside["previous_year"]
        ),
    )


def _moves_line(user: User, choice: Choice, measure: str) -> str:
    found = next((one for one in registry()[measure].breaks if one.year == choice.year), None)
    if found is not None:
        return (
            f"{school_year(choice.year)} is not comparable with {school_year(choice.year - 1)} ({found.reason}), so no "
            "school is said to have risen or fallen."
        )
    rows = reading.comparisons_across(user, measure, year=choice.year, release=choice.release)
    return changes_line(moves_of(rows), before=choice.year - 1)


def moves_of(comparisons: pl.DataFrame) -> Moves:
    """How many schools rose and fell since the year before, of those that the person may see."""
    rows = comparisons.filter(
        pl.col("organisation").str.starts_with("school:") & (pl.col("comparator") == "previous_year")
    )
    count: dict[str, int] = dict(rows.group_by("significance").len().iter_rows())
    return Moves(
        up=count.get("above", 0),
        down=count.get("below", 0),
        stayed=count.get("not significant", 0),
        unknown=count.get("cannot say", 0),
    )


def _trend(
    key: str,
    own: Mapping[tuple[str, int], Line],
    nation: Mapping[tuple[str, int], Line],
    nation_name: str,
    choice: Choice,
) -> charts.Chart:
    measure = registry()[key]
    mine = {year: one.as_point(one.year_text) for (of, year), one in own.items() if of == key}
    theirs = {year: one.as_point(one.year_text) for (of, year), one in nation.items() if of == key}
    return charts.trend(
        f"{measure.title}, {choice.name}",
        mine,
        unit=measure.unit,
        of=choice.name,
        breaks=breaks_of(key, [*mine, *theirs]),
        comparators={nation_name: theirs} if theirs else {},
    )
