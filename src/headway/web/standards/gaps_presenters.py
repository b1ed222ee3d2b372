"""Group gaps of an authority: each group of pupils with its interval, its gap to the others there and to the others
nationally, the trend of one gap, and the schools' gaps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from headway.figures.measures import Measure
from headway.figures.measures.groups import BY_KEY, GROUPS
from headway.web.design import charts
from headway.web.design.numbers import difference_text, interval_text, school_year
from headway.web.people.models import User
from headway.web.standards import reading
from headway.web.standards.authority_choice import Choice
from headway.web.standards.key_lines import SUPPRESSED
from headway.web.standards.lines import Line, breaks_of, group_title, lines
from headway.web.standards.stages import by_stage

PAIRED = tuple(group for group in GROUPS if group.complement is not None)
"""Groups that are compared with all the others of the same characteristic."""
_COMPARED = ("other", "nation_other")


@dataclass(frozen=True)
class Gap:
    """A group less the others: in the same authority, or the others nationally (then beside England's others)."""

    group: str
    others: str
    difference: str
    interval: str
    said: str


@dataclass(frozen=True)
class GroupRow:
    """One group of pupils: its figure, and its gaps."""

    line: Line
    here: Gap | None
    nationally: Gap | None


@dataclass(frozen=True)
class Gaps:
    """The page: one measure of one year by groups, and one gap through the years."""

    measure: Measure
    measures: tuple[Measure, ...]
    rows: tuple[GroupRow, ...]
    group: str
    groups: tuple[tuple[str, str], ...]
    values: charts.Chart
    gap_chart: charts.Chart
    trend: charts.Chart
    whole: bool


def gaps(user: User, choice: Choice, *, measure: str, group: str) -> Gaps | None:
    """The gaps of a measure (the first that has groups, where it is not asked for). None where no measure has groups."""
    seen = reading.school_figures(user, choice.authority, release=choice.release)
    single = seen.results.filter((pl.col("years_pooled") == 1) & (pl.col("group") != "all"))
    with_groups = single.filter(pl.col("year") == choice.year)["measure"].unique().to_list()
    measures = tuple(one for one in by_stage(with_groups) if one.unit != "pupils" and one.stage != "context")
    if not measures:
        return None
    chosen = next((one for one in measures if one.key == measure), measures[0])
    of_measure = (pl.col("measure") == chosen.key) & (pl.col("years_pooled") == 1)
    found = lines(seen, of_measure & (pl.col("year") == choice.year))
    compared = _compared(seen.comparisons.filter(of_measure & pl.col("comparator").is_in(_COMPARED)))
    rows = tuple(_row(one, compared, chosen) for one in found)
    there = [one.line.group for one in rows if one.here is not None]
    wanted = (
        group
        if group in there
        else "disadvantaged"
        if "disadvantaged" in there
        else (there[0] if there else "")
    )
    return Gaps(
        measure=chosen,
        measures=measures,
        rows=rows,
        group=wanted,
        groups=tuple((key, _versus(key)) for key in there),
        values=_values(rows, chosen, choice),
        gap_chart=_gaps_chart(rows, compared, chosen, choice),
        trend=_trend(wanted, compared, chosen, choice),
        whole=seen.whole,
    )


Compared = Mapping[tuple[int, str, str], Mapping[str, Any]]


def _compared(rows: pl.DataFrame) -> Compared:
    return {(row["year"], row["group"], row["comparator"]): row for row in rows.iter_rows(named=True)}


def _row(line: Line, compared: Compared, measure: Measure) -> GroupRow:
    here, nationally = (
        _gap(compared.get((line.year, line.group, comparator)), measure) if line.is_reported else None
        for comparator in _COMPARED
    )
    return GroupRow(line, here, nationally)


def _gap(row: Mapping[str, Any] | None, measure: Measure) -> Gap | None:
    if row is None:
        return None
    others = group_title(BY_KEY[row["group"]].complement or "") if row["group"] in BY_KEY else ""
    if row["because"] == SUPPRESSED or row["difference"] is None:
        said = "suppressed" if row["because"] == SUPPRESSED else "cannot say"
        return Gap(row["group"], others, "", "", said)
    words = {"above": "above", "below": "below", "not significant": "no more than chance could explain"}
    return Gap(
        row["group"],
        others,
        difference_text(row["difference"], measure.unit),
        interval_text(
            row["lower"], row["upper"], "percentage points" if measure.unit == "percent" else measure.unit
        ),
        words.get(row["significance"], "cannot say"),
    )


def _versus(group: str) -> str:
    known = BY_KEY[group]
    return f"{known.title} less {_lower(group_title(known.complement or ''))}"


def _lower(title: str) -> str:
    """A title within a sentence; abbreviations and proper names stay."""
    return (
        title
        if title[:2].isupper() or title.split()[0] in ("English", "Born")
        else title[:1].lower() + title[1:]
    )


def _values(rows: tuple[GroupRow, ...], measure: Measure, choice: Choice) -> charts.Chart:
    everybody = next((one.line for one in rows if one.line.group == "all" and one.line.is_reported), None)
    line = charts.Line("All pupils", everybody.raw) if everybody and everybody.raw is not None else None
    return charts.groups(
        f"{measure.title} by group, {choice.name}, {school_year(choice.year)}",
        [one.line.as_point(one.line.group_title) for one in rows if one.line.group != "all"],
        unit=measure.unit,
        line=line,
        first="Pupils",
    )


def _gaps_chart(
    rows: tuple[GroupRow, ...], compared: Compared, measure: Measure, choice: Choice
) -> charts.Chart:
    """Each characteristic once: of a pair the group that stands first in the list of groups."""
    shown: list[str] = []
    for one in PAIRED:
        if (
            one.key in {row.line.group for row in rows if row.here is not None}
            and one.complement not in shown
        ):
            shown.append(one.key)
    figures = [
        _point(compared.get((choice.year, key, "other")), group_title(key), choice.year) for key in shown
    ]
    return charts.groups(
        f"{measure.title}: gaps, {choice.name}, {school_year(choice.year)}",
        figures,
        unit=_unit(measure),
        first="Group, less the others",
    )


def _trend(group: str, compared: Compared, measure: Measure, choice: Choice) -> charts.Chart:
    years = sorted(year for year, of, comparator in compared if of == group and comparator == "other")
    own = {year: _point(compared[year, group, "other"], "", year) for year in years}
    return charts.trend(
        f"{measure.title}: the gap, year by year",
        own,
        unit=_unit(measure),
        of=_versus(group) if group else "no group",
        breaks=breaks_of(measure.key, years),
    )


def _point(row: Mapping[str, Any] | None, label: str, year: int) -> charts.Figure:
    if row is None or row["difference"] is None:
        suppressed = row is not None and row["because"] == SUPPRESSED
        return charts.Figure(
            label or school_year(year), None, missing="suppressed" if suppressed else "cannot say"
        )
    return charts.Figure(
        label or school_year(year), row["difference"], row["lower"], row["upper"], shows_pupils=False
    )


def _unit(measure: Measure) -> str:
    return "percentage points" if measure.unit == "percent" else measure.unit


def asked(found: Gaps) -> dict[str, tuple[str, list[tuple[str, str]], str]]:
    """What else the page's filter asks, as the form takes it."""
    measures = [(one.key, one.title) for one in found.measures]
    return {
        "measure": ("Measure", measures, found.measure.key),
        "group": ("Gap through the years", list(found.groups), found.group),
    }
