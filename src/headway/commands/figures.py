"""Commands that show figures: headlines, school, across."""

from __future__ import annotations

from typing import Annotated, Any

import polars as pl
import typer

from headway.commands import summaries, wording
from headway.commands.evidence import Json
from headway.commands.naming import authority_of, described_schools, name_of, school_of, school_year
from headway.commands.options import Audience, Measures, Release, Years
from headway.commands.output import (
    UserError,
    count_of,
    open_store,
    out,
    print_json,
    print_table,
)
from headway.commands.selection import (
    NATIONS,
    Reader,
    best,
    by_headline,
    checked_measures,
    figures_for,
    headline_measures,
    is_stale,
    nothing_of,
    reader,
)
from headway.figures.measures import registry
from headway.figures.measures.groups import BY_KEY
from headway.figures.store import Store

PANEL = "Figures"


def headlines(
    authority: Annotated[str, typer.Option(help="The three-digit code of the authority, such as 936.")],
    year: Annotated[
        int | None, typer.Option(help="The year; the latest one with figures where not given.")
    ] = None,
    measure: Measures = None,
    groups: Annotated[bool, typer.Option("--groups", help="Show the groups too.")] = False,
    everything: Annotated[
        bool, typer.Option("--all", help="Show every measure, not only the headline ones.")
    ] = False,
    audience: Audience = "data_officer",
    release: Release = None,
    json: Json = False,
) -> None:
    """An authority's figures beside the nation's: pupils, interval, difference, source.

    Example: headway headlines --authority 936 --year 2019
    """
    store = open_store()
    seen = reader(store, audience, release)
    organisation = authority_of(authority)
    results = seen.results
    chosen_year = year or _latest_year(results, organisation)
    frame = figures_for(
        results,
        organisations=[organisation, *NATIONS],
        years=[chosen_year],
        measures=headline_measures(measure, everything or json),
        groups=None if groups or json else ["all"],
    )
    if not frame.filter(pl.col("organisation") == organisation).height:
        raise UserError(nothing_of(results, organisation, chosen_year))
    if json:
        print_json(frame)
        return
    comparisons = _comparisons(seen.comparisons, [organisation], [chosen_year], measure)
    _say_if_stale(store, seen)
    print_table(
        f"{name_of(store, organisation)}, {school_year(chosen_year)}",
        (
            "Measure",
            *(("Group",) if groups else ()),
            "Value",
            "Pupils",
            "95 % interval",
            "England",
            "Difference",
            "Basis",
        ),
        _headline_rows(frame, comparisons, organisation, groups),
        right=("Value", "Pupils", "England"),
        common="Measure",
    )
    _footnotes(
        best(frame.filter((pl.col("organisation") == organisation) & (pl.col("years_pooled") == 1))),
        seen.run.id,
    )
    if seen.release is None:
        summaries.about_authority(store, seen.run, organisation, chosen_year)


def _headline_rows(
    frame: pl.DataFrame, comparisons: dict[tuple[Any, ...], dict[str, Any]], organisation: str, groups: bool
) -> list[tuple[str, ...]]:
    measures = registry()
    single = best(frame.filter(pl.col("years_pooled") == 1))
    nation: dict[tuple[str, str], dict[str, Any]] = {}
    for preferred in reversed(NATIONS):
        for row in single.filter(pl.col("organisation") == preferred).iter_rows(named=True):
            nation[row["measure"], row["group"]] = row
    rows = []
    for row in sorted(
        single.filter(pl.col("organisation") == organisation).iter_rows(named=True), key=by_headline
    ):
        measure = measures.get(row["measure"])
        compared = _with_nation(comparisons, organisation, row)
        rows.append(
            (
                wording.short_title(measure, row["measure"]),
                *(
                    (BY_KEY[row["group"]].title if row["group"] in BY_KEY else row["group"],)
                    if groups
                    else ()
                ),
                wording.value_text(row, measure),
                wording.pupils_text(row, measure),
                wording.interval_text(row),
                wording.value_text(nation.get((row["measure"], row["group"])), measure),
                wording.difference_text(compared, measure),
                row["basis"],
            )
        )
    return rows


def school(
    school: Annotated[str, typer.Argument(help="Its URN (125025), DfE number (936/2008) or name.")],
    year: Years = None,
    measure: Measures = None,
    groups: Annotated[bool, typer.Option("--groups", help="Show the groups too.")] = False,
    everything: Annotated[
        bool, typer.Option("--all", help="Show every measure, not only the headline ones.")
    ] = False,
    audience: Audience = "data_officer",
    release: Release = None,
    json: Json = False,
) -> None:
    """A school's figures over the years, beside England's, with breaks marked.

    Examples: headway school 125025 · headway school 125025 --measure ks2_rwm_expected --groups
    """
    store = open_store()
    organisation = school_of(store, school)
    seen = reader(store, audience, release, own=organisation if audience == "school" else None)
    frame = figures_for(
        seen.results,
        organisations=[organisation],
        years=year,
        measures=headline_measures(measure, everything or json),
        groups=None if groups or json else ["all"],
    )
    if json:
        print_json(frame)
        return
    if frame.is_empty():
        raise UserError(nothing_of(seen.results, organisation, year[0] if year else None))
    _say_if_stale(store, seen)
    single = best(frame.filter(pl.col("years_pooled") == 1))
    latest = sorted(single["year"].unique().to_list())[-_YEARS_ACROSS:]
    comparisons = _comparisons(seen.comparisons, [organisation], latest, measure)
    print_table(
        f"{name_of(store, organisation)} ({organisation.removeprefix('school:')})",
        (
            "Measure",
            *(("Group",) if groups else ()),
            *(str(one) for one in latest),
            "Pupils",
            "95 % interval",
            "with England",
        ),
        _school_rows(single, comparisons, organisation, latest, groups),
        right=(*(str(one) for one in latest), "Pupils"),
        common="Measure",
    )
    _footnotes(single, seen.run.id)
    if seen.release is None:
        summaries.about_school(store, seen.run, organisation)


_YEARS_ACROSS = 5


def _school_rows(
    single: pl.DataFrame,
    comparisons: dict[tuple[Any, ...], dict[str, Any]],
    organisation: str,
    years: list[int],
    groups: bool,
) -> list[tuple[str, ...]]:
    measures = registry()
    by_figure: dict[tuple[str, str], dict[int, dict[str, Any]]] = {}
    for row in single.iter_rows(named=True):
        by_figure.setdefault((row["measure"], row["group"]), {})[row["year"]] = row
    rows = []
    for (key, group), found in sorted(by_figure.items(), key=lambda item: by_headline(item[0])):
        measure = measures.get(key)
        if not any(year in found for year in years):
            continue
        last = found[max(year for year in years if year in found)]
        cells = []
        for before, year in zip((None, *years), years, strict=False):
            broken = measure and before and year in found and measure.breaks_between(before, year)
            cells.append(("‖ " if broken else "") + wording.value_text(found.get(year), measure))
        compared = _with_nation(comparisons, organisation, last)
        rows.append(
            (
                wording.short_title(measure, key),
                *((BY_KEY[group].title if group in BY_KEY else group,) if groups else ()),
                *cells,
                wording.pupils_text(last, measure),
                wording.interval_text(last),
                wording.difference_text(compared, measure),
            )
        )
    return rows


def across(
    measure: Annotated[str, typer.Argument(help="The measure, such as ks2_rwm_expected.")],
    authority: Annotated[str, typer.Option(help="The three-digit code of the authority.")],
    year: Annotated[int, typer.Option(help="The year.")],
    group: Annotated[str, typer.Option(help="The group of pupils.")] = "all",
    audience: Audience = "data_officer",
    release: Release = None,
    json: Json = False,
) -> None:
    """One measure across an authority's schools, lowest first, with intervals. Not a ranking: look at the intervals.

    Example: headway across ks2_rwm_expected --authority 936 --year 2019
    """
    store = open_store()
    seen = reader(store, audience, release)
    (key,) = checked_measures([measure]) or [measure]
    described = described_schools(store).filter(
        (pl.col("kind") == "school")
        & (pl.col("authority") == authority_of(authority).removeprefix("authority:"))
    )
    frame = figures_for(
        seen.results,
        organisations=described["organisation"].to_list(),
        years=[year],
        measures=[key],
        groups=[group],
    )
    if json:
        print_json(frame)
        return
    if frame.is_empty():
        raise UserError(f"No school of authority {authority} has a figure for {key} in {year} ({group}).")
    names = dict(described.select("organisation", "name").iter_rows())
    single = best(frame.filter(pl.col("years_pooled") == 1)).sort("value", nulls_last=True)
    found = registry()[key]
    print_table(
        f"{found.title}, {school_year(year)}",
        ("School", "Value", "Pupils", "95 % interval"),
        (
            (
                names.get(row["organisation"]) or row["organisation"],
                wording.value_text(row, found),
                wording.pupils_text(row, found),
                wording.interval_text(row),
            )
            for row in single.iter_rows(named=True)
        ),
        right=("Value", "Pupils"),
    )
    _footnotes(single, seen.run.id)


# What these commands share


def _latest_year(results: pl.LazyFrame, organisation: str) -> int:
    year = (
        results.filter(pl.col("organisation") == organisation).select(pl.col("year").max()).collect().item()
    )
    if year is None:
        raise UserError(nothing_of(results, organisation, None))
    return int(year)


def _comparisons(
    comparisons: pl.LazyFrame, organisations: list[str], years: list[int], measures: list[str] | None
) -> dict[tuple[Any, ...], dict[str, Any]]:
    wanted = comparisons.filter(
        pl.col("organisation").is_in(organisations)
        & pl.col("year").is_in(years)
        & (pl.col("years_pooled") == 1)
    )
    if measures:
        wanted = wanted.filter(pl.col("measure").is_in(measures))
    return {
        (row["organisation"], row["year"], row["measure"], row["group"], row["basis"], row["comparator"]): row
        for row in wanted.collect().iter_rows(named=True)
    }


def _with_nation(
    comparisons: dict[tuple[Any, ...], dict[str, Any]], organisation: str, row: dict[str, Any]
) -> dict[str, Any] | None:
    """The figure beside all of England's schools, or beside the state-funded ones where only those are known."""
    figure = (organisation, row["year"], row["measure"], row["group"], row["basis"])
    return comparisons.get((*figure, "nation")) or comparisons.get((*figure, "nation_state_funded"))


def _say_if_stale(store: Store, seen: Reader) -> None:
    if seen.release is None and is_stale(store, run := seen.run):
        out.print(
            f"Files have been loaded or taken back since {run.id}; type headway run for figures that know it.",
            style="yellow",
        )


def _footnotes(frame: pl.DataFrame, run: str) -> None:
    hidden = frame.filter(pl.col("status") == "suppressed").height
    notes = [f"Figures of {run}. Intervals are 95 %. ‖ marks a break: do not compare across it."]
    if hidden:
        notes.append(f"{count_of(hidden, 'figure')} suppressed: a small number of pupils; it is not zero.")
    labels = (
        [label for label in frame["label"].drop_nulls().unique().to_list() if label]
        if "label" in frame.columns
        else []
    )
    notes += sorted(labels)[:5]
    for note in notes:
        out.print(note, style="dim", markup=False, soft_wrap=True)


COMMANDS = (headlines, school, across)
