"""Commands that apply dated rules: floor, coasting."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

import polars as pl
import typer

from headway.commands.evidence import Json
from headway.commands.naming import authority_of
from headway.commands.output import UserError, open_store, out, print_json, print_table
from headway.commands.selection import latest_run
from headway.figures import register
from headway.policy.criteria import coasting as coasting_criterion
from headway.policy.criteria import floor as floor_criterion
from headway.policy.judgements import Judgement
from headway.policy.packs import Pack, pack
from headway.policy.profiles import Profile, profiles

PANEL = "Rules"

Authority = Annotated[str, typer.Option(help="The three-digit code of the authority.")]
Year = Annotated[int, typer.Option(help="The year of the results.")]


def floor(authority: Authority, year: Year, json: Json = False) -> None:
    """Which schools were below the floor, by the year's own definition, and why.

    Example: headway floor --authority 936 --year 2017
    """
    _judge_all("floor", floor_criterion.judge, authority, year, json)


def coasting(authority: Authority, year: Year, json: Json = False) -> None:
    """Which schools were coasting: short of the mark in each of three years.

    Example: headway coasting --authority 936 --year 2018
    """
    _judge_all("coasting", coasting_criterion.judge, authority, year, json)


def _judge_all(
    key: str, judge: Callable[[Profile, Pack], Judgement], authority: str, year: int, json: bool
) -> None:
    store = open_store()
    run = latest_run(store)
    settings = pack(key)
    code = authority_of(authority).removeprefix("authority:")
    described = {
        row["organisation"]: row
        for row in register.organisations(store)
        .filter((pl.col("kind") == "school") & (pl.col("authority") == code))
        .iter_rows(named=True)
    }
    if not described:
        raise UserError(f"No school of authority {code} is known. Load its results or the register first.")
    measures = {
        threshold.measure for rule in settings.rules for threshold in (rule.attainment, *rule.progress)
    }
    rows = (
        run.results()
        .filter(
            pl.col("organisation").is_in(list(described))
            & pl.col("measure").is_in(list(measures))
            & (pl.col("group") == "all")
            & (pl.col("years_pooled") == 1)
        )
        .collect()
    )
    found = profiles(rows.iter_rows(named=True), year, described, measures)
    judged = sorted(
        ((one, judge(one, settings)) for one in found.values()),
        key=lambda pair: (pair[1].level, pair[0].name),
    )
    if json:
        print_json(
            {
                "organisation": one.organisation,
                "name": one.name,
                "year": year,
                "criterion": key,
                "level": judgement.level,
                "because": list(judgement.because),
            }
            for one, judgement in judged
        )
        return
    rule = settings.rule(year)
    out.print(rule.source if rule and year in settings.judged else settings.why_not(year), markup=False)
    counts: dict[str, int] = {}
    for _, judgement in judged:
        counts[judgement.level] = counts.get(judgement.level, 0) + 1
    out.print("; ".join(f"{level}: {number}" for level, number in sorted(counts.items())), markup=False)
    print_table(
        "",
        ("School", "Level", "Because"),
        (
            (one.name or one.organisation, judgement.level, " ".join(judgement.because))
            for one, judgement in judged
            if judgement.level not in ("not below", "not coasting", "not applicable")
        ),
    )


COMMANDS = (floor, coasting)
