"""The command of the September checking exercise: check-results."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

import polars as pl
import typer

from headway.commands.evidence import Json
from headway.commands.modelling import Authority
from headway.commands.naming import authority_of, described_schools, name_of, school_of, school_year
from headway.commands.output import UserError, aside, count_of, open_store, out, print_json, print_table
from headway.commands.pupils import WARNING
from headway.figures import correction_candidates, corrections, reproduction
from headway.figures.belongings import authorities_of_schools
from headway.figures.correction_rules import deadlines, rules
from headway.figures.corrections import HEADLINES, Candidate
from headway.figures.measures import registry
from headway.figures.pseudonyms import shown_key
from headway.figures.store import Store

PANEL = "Figures"
SHOWN = 60


def check_results(
    authority: Authority,
    year: Annotated[int, typer.Option(help="The calendar year in which the school year ends.")],
    school: Annotated[
        str | None, typer.Option(help="One school: its URN, DfE number or part of its name.")
    ] = None,
    json: Json = False,
) -> None:
    """Check DfE's key stage 2 file in September: what may be wrong, and what each correction would do. Personal data.

    Without --school, how many candidates for correction each school has. With it, its figures counted again beside DfE's
    own marks, and each candidate with its effect on the school and the authority. Nothing is changed by this.

    Example: headway check-results --authority 999 --year 2023 --school 900145
    """
    store = open_store()
    code = authority_of(authority)
    areas = authorities_of_schools(store, year)
    mine = [key for key, area in areas.items() if area == code]
    rows = corrections.checking_rows(store, year, schools=mine)
    if rows.is_empty():
        raise UserError(
            f"No key stage 2 pupils of {name_of(store, code)} are loaded for {school_year(year)}. Load DfE's pupil file, or "
            "the register if the schools are not known to be in this authority."
        )
    found = correction_candidates.candidates(rows, store, year)
    if school is not None:
        key = school_of(store, school)
        if key not in set(rows["organisation"]):
            raise UserError(f"{name_of(store, key)} has no pupils in the file of {school_year(year)}.")
        found = [one for one in found if one.organisation == key]
    effects = corrections.effects(rows, year, found, areas)
    aside.print(WARNING, markup=False)
    if json:
        print_json(_objects(found, effects, year))
        return
    if school is None:
        _print_schools(store, found, year)
    else:
        _print_school(store, rows, key, found, effects, code, year)
    _print_deadline(year)


def _objects(found: list[Candidate], effects: pl.DataFrame, year: int) -> Iterator[dict[str, Any]]:
    by_candidate = effects.partition_by("candidate", as_dict=True)
    for one in found:
        mine = by_candidate.get((one.key,))
        yield {
            "rule": one.rule,
            "year": year,
            "organisation": one.organisation,
            "pupil": shown_key(one.pupil),
            "evidence": one.evidence,
            "verified": one.about.verified(year),
            "effects": [] if mine is None else mine.drop("candidate").to_dicts(),
        }


def _print_schools(store: Store, found: list[Candidate], year: int) -> None:
    names = dict(described_schools(store).select("organisation", "name").iter_rows())
    counts: dict[str, dict[str, int]] = {}
    for one in found:
        mine = counts.setdefault(one.organisation, {})
        mine[one.rule] = mine.get(one.rule, 0) + 1
    columns = [one for one in rules().values() if any(one.key in mine for mine in counts.values())]
    ordered = sorted(counts.items(), key=lambda pair: (-sum(pair[1].values()), names.get(pair[0]) or pair[0]))
    titles = [one.title for one in columns]
    print_table(
        f"Candidates for correction, {school_year(year)}",
        ["School", *titles, "In all"],
        (
            [
                names.get(key) or key,
                *(str(mine.get(one.key, 0)) for one in columns),
                str(sum(mine.values())),
            ]
            for key, mine in ordered
        ),
        right=(*titles, "In all"),
    )
    out.print(f"{count_of(len(found), 'candidate')} in {count_of(len(counts), 'school')}.")


def _print_school(
    store: Store,
    rows: pl.DataFrame,
    key: str,
    found: list[Candidate],
    effects: pl.DataFrame,
    code: str,
    year: int,
) -> None:
    published = store.frame("published_results", year).filter(pl.col("organisation") == key).collect()
    print_table(
        f"{name_of(store, key)}, {school_year(year)}: figures counted again beside DfE's",
        ["Figure", "Pupils", "Counted", "DfE's marks", "Published", "Explained by"],
        (
            [
                one.title,
                str(one.denominator) if one.numerator is None else f"{one.numerator} of {one.denominator}",
                *(_number(value) for value in (one.value, one.dfe, one.published)),
                one.because,
            ]
            for one in reproduction.reproduced(rows, year, key, published)
        ),
        right=("Pupils", "Counted", "DfE's marks", "Published"),
    )
    by_candidate = effects.partition_by("candidate", as_dict=True)
    lines = []
    for one in found[:SHOWN]:
        mine = by_candidate.get((one.key,), effects.clear())
        lines.append(
            [one.about.title, shown_key(one.pupil), one.evidence, _headline(mine, key), _headline(mine, code)]
        )
    print_table(
        "What may be wrong",
        ["What", "Pupil", "What the data say", "Effect on the school", "On the authority"],
        lines,
    )
    if len(found) > SHOWN:
        out.print(f"… and {len(found) - SHOWN:,} more. All of them: --json")
    for rule in {one.rule: one.about for one in found}.values():
        if not rule.verified(year):
            out.print(
                f"{rule.title}: no source was read for {school_year(year)}; look at that year's guidance.",
                style="dim",
            )


def _headline(effects: pl.DataFrame, organisation: str) -> str:
    """The effect on the first headline that changes."""
    mine: Mapping[str, dict[str, Any]] = {
        row["measure"]: row
        for row in effects.iter_rows(named=True)
        if row["organisation"] == organisation and row["difference"] is not None
    }
    key = next((key for key in (*HEADLINES, *mine) if key in mine), None)
    if key is None:
        return ""
    known = registry().get(key)
    return f"{mine[key]['difference']:+.2f} {known.title.removeprefix('Key stage 2 ') if known else key}"


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.1f}"


def _print_deadline(year: int) -> None:
    known = deadlines().get(year)
    if known is None:
        out.print(
            f"Until when corrections of {school_year(year)} may be asked for is not known: look in DfE's letter.",
            style="dim",
        )
    else:
        out.print(
            f"Corrections may be asked for until {known.day.day} {known.day:%B %Y}, {known.time}. {known.source}",
            style="dim",
            soft_wrap=True,
        )


COMMANDS = (check_results,)
