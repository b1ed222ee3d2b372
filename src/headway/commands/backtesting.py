"""The command that asks whether a scheme was right: was-it-right."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Annotated

import typer

from headway.commands.evidence import Json
from headway.commands.output import UserError, open_store, out, print_json, print_table, told
from headway.commands.scheme_profiles import profiles_of
from headway.commands.selection import latest_run
from headway.policy import evidence, scheme_packs
from headway.policy import was_it_right as backtest
from headway.policy.categorise import Reckoning, categorise_resolved, resolved
from headway.policy.criteria import Needs
from headway.policy.days import written
from headway.policy.gathering import events, figure_rows
from headway.policy.packs.checking import PackError


def was_it_right(
    scheme: Annotated[str, typer.Option(help="The scheme's key, or a file ending in .toml.")],
    year: Annotated[int, typer.Option(help="The year of the results that it looks at.")],
    as_at: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="What was known on this day.")],
    until: Annotated[
        datetime,
        typer.Option(formats=["%Y-%m-%d"], help="Inspections after that day and up to this one count."),
    ],
    later: Annotated[int | None, typer.Option(help="A later year of results, for the rebound test.")] = None,
    authority: Annotated[
        str | None, typer.Option(help="The three-digit code; else every school known.")
    ] = None,
    as_method: Annotated[
        bool, typer.Option("--as-method", help="Set the scheme's dates aside, to try its method.")
    ] = False,
    json: Json = False,
) -> None:
    """What happened next to the schools in each category, beside simpler orders, and the rebound test.

    Example: headway was-it-right --scheme floor-and-coasting --year 2018 --as-at 2018-12-31 --until 2023-08-31
    """
    store = open_store()
    run = latest_run(store)
    day, last = as_at.date(), until.date()
    with told(PackError):
        found = scheme_packs.scheme(scheme)
        found = found.as_method() if as_method else found
        found.refuse_outside(year, day)
    profiles = profiles_of(store, run, found, year, day, authority, [])
    settled = resolved(found, profiles)
    proposals = categorise_resolved(profiles, Reckoning(settled))
    names = [one.organisation for one in proposals]
    known = evidence.inspected(store, names)
    inspections = events(*known, as_at=last, schools=names) if known else {}
    happened = backtest.below_good(inspections, day + timedelta(days=1), last)
    if not happened:
        raise UserError(
            f"No inspection with an overall grade from {written(day)} to {written(last)} is loaded, so nothing is known."
        )
    measure = "ks2_rwm_expected" if year >= 2016 else "ks2_rwm_level4"
    wanted = Needs(figures=tuple((measure, one) for one in (year, later) if one is not None))
    figures = figure_rows(run.results(), wanted, names)
    outcomes = backtest.by_category(proposals, settled, happened)
    orders = {
        settled.key: backtest.concern(proposals, settled),
        "previous grade alone": backtest.previous_grade(inspections, day),
        "results alone": backtest.low_results(figures, measure, year),
    }
    rankings = []
    for name, scores in orders.items():
        with suppress(ValueError):  # an order of which nothing, or nothing that differs, is known
            rankings.append(backtest.ranking(name, scores, happened))
    tests = (
        backtest.rebounds(proposals, settled, backtest.earlier_and_later(figures, measure, year, later))
        if later is not None
        else {}
    )
    if json:
        print_json(
            [
                *({"what": "category", **asdict(one)} for one in outcomes),
                *({"what": "order", **asdict(one)} for one in rankings),
                *(
                    {
                        "what": "rebound",
                        "category": key,
                        **({"because": one} if isinstance(one, str) else asdict(one)),
                    }
                    for key, one in tests.items()
                ),
            ]
        )
        return
    out.print(
        f"{settled.title}: by what was known on {written(day)}, and inspections to {written(last)}.",
        markup=False,
    )
    print_table(
        "Inspected and found below good",
        ("Category", "Schools", "Below good", "Share", "95 % interval"),
        (
            (
                one.category,
                str(one.schools),
                str(one.happened),
                f"{one.share:.1f} %",
                f"{one.lower:.1f} to {one.upper:.1f}",
            )
            for one in outcomes
        ),
        right=("Schools", "Below good", "Share"),
    )
    print_table(
        "How well each order finds them (0.5 and 10 % are chance)",
        ("Order", "Schools", "Area under curve", "In its first tenth"),
        ((one.method, str(one.schools), f"{one.area:.3f}", f"{one.top_tenth:.1f} %") for one in rankings),
        right=("Schools", "Area under curve", "In its first tenth"),
    )
    for key, test in tests.items():
        out.print(f"Rebound, {key}: {test if isinstance(test, str) else test.sentence()}", markup=False)


was_it_right.called = "was-it-right"  # type: ignore[attr-defined]
