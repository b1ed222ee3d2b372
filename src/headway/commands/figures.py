"""Commands that make figures and show them: run, runs, headlines, school, across, where, measures, find, export."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import polars as pl
import typer

from headway.commands import exporting, receipting, summaries, wording
from headway.commands.evidence import Json
from headway.commands.naming import authority_of, described_schools, name_of, school_of, school_year
from headway.commands.output import (
    UserError,
    count_of,
    open_store,
    out,
    print_json,
    print_table,
    progress_bar,
    told,
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
    latest_run,
    reader,
)
from headway.figures import register_search
from headway.figures import run as running
from headway.figures.measures import registry
from headway.figures.measures.groups import BY_KEY
from headway.figures.runs import compare_runs
from headway.figures.store import Store

PANEL = "Figures"

Audience = Annotated[
    str,
    typer.Option(help="For whom: data_officer sees all; governors, public … see small numbers suppressed."),
]
Release = Annotated[
    str | None, typer.Option(help="The release through which they see it; see headway disclose.")
]
Measures = Annotated[
    list[str] | None, typer.Option("--measure", help="A measure, such as ks2_rwm_expected; may be repeated.")
]
Years = Annotated[
    list[int] | None, typer.Option("--year", help="The calendar year in which the school year ends.")
]


def run(
    engine: Annotated[str | None, typer.Option(help="polars, duckdb, spark://host:port or local[2].")] = None,
    years: Years = None,
    json: Json = False,
) -> None:
    """Compute every figure from what is loaded. An earlier run is kept.

    Examples: headway run · headway run --engine duckdb --year 2019
    """
    store = open_store()
    if not store.snapshot().inputs:
        raise UserError("Nothing has been loaded, so there is nothing to compute. Type: headway load FILES")
    with progress_bar("Computing") as bar, told(ValueError):
        made = running.run(store, engine=engine, years=years, progress=bar)
    if json:
        print_json(
            [{"run": made.id, "engine": made.engine, "rows": dict(made.rows), "timings": dict(made.timings)}]
        )
        return
    rows = ", ".join(f"{count:,} {table}" for table, count in made.rows.items())
    out.print(f"{made.id}: {rows} from {count_of(len(made.inputs), 'file')}, by {made.engine}.", markup=False)
    out.print("Next: headway headlines --authority CODE, or headway school URN", style="bold")


def runs(
    compare: Annotated[
        tuple[str, str] | None,
        typer.Option(help="Two runs: what changed between them, and which file changed it."),
    ] = None,
    json: Json = False,
) -> None:
    """List the runs, or compare two of them.

    Examples: headway runs · headway runs --compare 3 4
    """
    store = open_store()
    if compare is not None:
        with told():
            comparison = compare_runs(store.run(compare[0]), store.run(compare[1]))
        if json:
            print_json(receipting.comparison_rows(comparison))
        else:
            for line in receipting.comparison_in_words(comparison):
                out.print(line, markup=False, soft_wrap=True)
        return
    found = store.runs()
    if json:
        print_json(
            {
                "run": one.id,
                "finished_at": one.finished_at,
                "engine": one.engine,
                "files": len(one.inputs),
                **one.rows,
            }
            for one in found
        )
        return
    if not found:
        out.print("There is no run yet. Type: headway run")
        return
    print_table(
        "",
        ("Run", "Finished", "Engine", "Files", "Results", "Seconds"),
        (
            (
                one.id,
                f"{one.finished_at:%d %b %Y %H:%M}",
                one.engine,
                str(len(one.inputs)),
                f"{one.rows.get('results', 0):,}",
                f"{(one.finished_at - one.started_at).total_seconds():.1f}",
            )
            for one in found
        ),
        right=("Files", "Results", "Seconds"),
    )


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
        raise UserError(_nothing_of(results, organisation, chosen_year))
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
        compared = comparisons.get(
            (organisation, row["year"], row["measure"], row["group"], row["basis"], "nation")
        )
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
        raise UserError(_nothing_of(seen.results, organisation, year[0] if year else None))
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


def where(
    organisation: Annotated[
        str, typer.Argument(help="school:125025, authority:936, nation:england, or a URN.")
    ],
    measure: Annotated[str, typer.Argument(help="The measure.")],
    year: Annotated[int, typer.Argument(help="The year.")],
    group: Annotated[str, typer.Option(help="The group of pupils.")] = "all",
    json: Json = False,
) -> None:
    """Where a figure comes from: definition, pupils, status, file, row, run, and what others published.

    Example: headway where 125025 ks2_rwm_expected 2019
    """
    store = open_store()
    run = latest_run(store)
    (key,) = checked_measures([measure]) or [measure]
    name = organisation if ":" in organisation else school_of(store, organisation)
    frame = figures_for(
        run.results(),
        organisations=[name],
        years=[year],
        measures=[key],
        groups=[group],
    )
    published = (
        store.frame("published_results", year)
        .filter((pl.col("organisation") == name) & (pl.col("measure") == key) & (pl.col("group") == group))
        .collect()
    )
    if json:
        print_json(frame)
        return
    if frame.is_empty() and published.is_empty():
        raise UserError(_nothing_of(run.results(), name, year))
    found = registry()[key]
    files = {one.id: one.file_name for one in store.receipts()}
    out.print(f"{found.title}: {found.definition}", markup=False)
    out.print(f"Source of the definition: {found.source}", markup=False)
    for row in frame.iter_rows(named=True):
        counts = (
            f"{row['numerator']} of {row['denominator']} pupils"
            if row["numerator"] is not None
            else (
                f"{row['denominator']} pupils"
                if row["denominator"] is not None
                else "number of pupils unpublished"
            )
        )
        pooled = f", {row['years_pooled']} years pooled" if row["years_pooled"] > 1 else ""
        out.print(
            f"- {row['basis']}{pooled}: {wording.value_text(row, found)} ({row['status']}; {counts}). "
            f"{row['source'] or ''} {row['label'] or ''} Run {run.id}.",
            markup=False,
        )
    for row in published.iter_rows(named=True):
        cell = row["symbol"] or row["value"]
        out.print(
            f"- {row['dataset']} ({row['release']}) says {cell} in column {row['column']}, row {row['row']} of "
            f"{files.get(row['receipt'], row['receipt'])} (receipt {row['receipt']}).",
            markup=False,
        )


def measures(json: Json = False) -> None:
    """List every measure: key, title, unit, years.

    Example: headway measures
    """
    rows = [
        {
            "measure": one.key,
            "title": one.title,
            "unit": one.unit,
            "kind": one.kind,
            "first_year": one.years.first,
            "last_year": one.years.last,
            "breaks": [found.year for found in one.breaks],
            "definition": one.definition,
            "source": one.source,
        }
        for one in registry().values()
    ]
    if json:
        print_json(rows)
        return
    print_table(
        "",
        ("Measure", "Title", "Unit", "Years"),
        (
            (
                str(row["measure"]),
                str(row["title"]),
                str(row["unit"]),
                f"{row['first_year']}–{row['last_year'] or ''}",
            )
            for row in rows
        ),
    )


def find(
    text: Annotated[
        str,
        typer.Argument(help="Part of a name, a URN, DfE number, postcode or town; mistakes are forgiven."),
    ],
    json: Json = False,
) -> None:
    """Find a school.

    Example: headway find "st peters"
    """
    found = register_search.find(open_store(), text)
    if json:
        print_json(found)
        return
    if found.is_empty():
        raise UserError(
            f"No school is like {text!r}. Load the register (Get Information About Schools) if you have not."
        )
    print_table(
        "",
        ("URN", "Name", "Town", "Status"),
        (
            (
                row["organisation"].removeprefix("school:"),
                row["name"] or "",
                row.get("town") or "",
                row.get("status") or "",
            )
            for row in found.head(20).iter_rows(named=True)
        ),
    )


def export(
    authority: Annotated[str, typer.Option(help="The three-digit code of the authority.")],
    format: Annotated[str, typer.Option(help="xlsx or csv.")] = "xlsx",  # noqa: A002 - the option's name
    output: Annotated[
        Path | None, typer.Option(help="Where to; headway-936.xlsx here where not given.")
    ] = None,
    year: Years = None,
    measure: Measures = None,
    audience: Audience = "data_officer",
    release: Release = None,
) -> None:
    """Take the figures of an authority and its schools away, as a workbook or a CSV file.

    Example: headway export --authority 936 --format xlsx
    """
    if format not in exporting.WRITERS:
        raise UserError(f"--format is {format}; it may be {' or '.join(exporting.WRITERS)}.", exit_code=2)
    store = open_store()
    seen = reader(store, audience, release)
    key = authority_of(authority)
    described = described_schools(store)
    schools = described.filter(
        (pl.col("kind") == "school") & (pl.col("authority") == key.removeprefix("authority:"))
    )
    organisations = [key, *schools["organisation"].to_list(), *NATIONS]
    frame = figures_for(
        seen.results,
        organisations=organisations,
        years=year,
        measures=checked_measures(measure),
    )
    if frame.filter(~pl.col("organisation").is_in(NATIONS)).is_empty():
        raise UserError(_nothing_of(seen.results, key, year[0] if year else None))
    path = output or Path(f"headway-{authority}.{format}")
    names = described.select("organisation", "name")
    try:
        exporting.WRITERS[format](path, frame, names, audience=audience, run=seen.run)
    except OSError as error:
        raise UserError(
            f"{path} cannot be written: {error.strerror}. Is it open in another program?"
        ) from error
    out.print(
        f"{path}: {count_of(frame.height, 'figure')} ({audience.replace('_', ' ')}), from {seen.run.id}.",
        markup=False,
    )


# What these commands share


def _latest_year(results: pl.LazyFrame, organisation: str) -> int:
    year = (
        results.filter(pl.col("organisation") == organisation).select(pl.col("year").max()).collect().item()
    )
    if year is None:
        raise UserError(_nothing_of(results, organisation, None))
    return int(year)


def _nothing_of(results: pl.LazyFrame, organisation: str, year: int | None) -> str:
    years = (
        results.filter(pl.col("organisation") == organisation)
        .select(pl.col("year").unique().sort())
        .collect()["year"]
        .to_list()
    )
    when = f" in {year}" if year else ""
    if years:
        return f"There is no such figure of {organisation}{when}. There are figures of it for {', '.join(map(str, years))}."
    return f"There are no figures of {organisation}. Load a file that has it, then type: headway run"


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


COMMANDS = (run, runs, headlines, school, across, where, measures, find, export)
