"""Commands that apply rules to inspections: inspections-due."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

import polars as pl
import typer

from headway.commands.evidence import Json
from headway.commands.naming import authority_of
from headway.commands.output import UserError, open_store, out, print_json, print_table, told
from headway.figures.store import Store
from headway.policy import evidence, gathering, priority
from headway.policy.days import written
from headway.policy.inspection_rules import Checklist, Window, checklist, window
from headway.policy.packs.checking import PackError
from headway.policy.packs.dates import holds
from headway.policy.profiles import Profile

PANEL = "Rules"


def inspections_due(
    authority: Annotated[str, typer.Option(help="The three-digit code of the authority.")],
    as_at: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="As known on this day. Default: today.")
    ] = None,
    rules: Annotated[
        str | None,
        typer.Option(help="priority-today or kent-priority-2008; without it the rules in force on the day."),
    ] = None,
    json: Json = False,
) -> None:
    """When each school's next inspection falls due, which schools may be a priority, and why. Nothing is predicted.

    Examples: headway inspections-due --authority 999 · headway inspections-due --authority 999 --as-at 2024-09-01 --json
    """
    store = open_store()
    day = as_at.date() if as_at else datetime.now().astimezone().date()
    pack = _rules(rules, day)
    if pack is not None:
        with told(PackError):
            priority.refuse_outside(pack, day)
    rows = [
        _row(profile, day, pack)
        for profile in sorted(_profiles(store, authority, day, pack), key=lambda one: one.name)
    ]
    if json:
        print_json(rows)
        return
    out.print(
        f"Inspections as known on {written(day)}. Due days come from the rules in force; no grade is predicted.",
        markup=False,
    )
    if pack is None:
        out.print("No priority rules are in force on that day.", markup=False)
    else:
        out.print(f"{pack.title} ({pack.source}).", markup=False)
    rows.sort(key=lambda row: (-len(row["flagged"]), row["latest"] or date.max, row["name"]))  # type: ignore[arg-type]
    print_table(
        "",
        ("School", "Due from", "Due by", "Why", "May be a priority"),
        (
            (
                str(row["name"] or row["organisation"]),
                _day(row["earliest"]),
                _day(row["latest"]) + (" (past)" if row["overdue"] else ""),
                str(row["because"]),
                " ".join(f"{flag['title']}: {flag['because']}" for flag in row["flagged"]),  # type: ignore[attr-defined]
            )
            for row in rows
        ),
    )


inspections_due.called = "inspections-due"  # type: ignore[attr-defined]


def _day(value: object) -> str:
    return f"{value.day} {value:%b %Y}" if isinstance(value, date) else "not known"


def _rules(key: str | None, day: date) -> priority.Pack | None:
    known = priority.shipped()
    if key is None:
        return next((one for one in known.values() if holds(one.first_day, one.last_day, day)), None)
    if key not in known:
        raise UserError(f"There are no rules {key!r}. There are {', '.join(known)}.", exit_code=2)
    return known[key]


def _profiles(store: Store, authority: str, day: date, pack: priority.Pack | None) -> list[Profile]:
    code = authority_of(authority).removeprefix("authority:")
    schools = evidence.open_schools(store, day).filter(pl.col("authority") == code)
    if schools.is_empty():
        raise UserError(
            f"No school of authority {code} open on {written(day)} is known. Load the register first."
        )
    names = schools["organisation"].to_list()
    known = evidence.inspected(store, names)
    if known is None:
        raise UserError(
            "No inspections are loaded. Type: headway load FILES, with Ofsted's management information."
        )
    # Results of a summer are out by December: before that the year before is the latest.
    year = day.year if day.month == 12 else day.year - 1
    run = store.latest_run()
    figures = comparisons = None
    if pack is not None and run is not None:
        needs = pack.needs(year)
        figures = gathering.figure_rows(run.results(), needs, names)
        comparisons = gathering.comparison_rows(run.comparisons(), needs, names)
    return gathering.profiles_for(
        schools,
        year,
        figures=figures if figures is not None else pl.DataFrame(),
        comparisons=comparisons,
        inspections=gathering.events(*known, day, names),
        as_at=day,
    )


def _row(profile: Profile, day: date, pack: priority.Pack | None) -> dict[str, object]:
    due: Window = window(profile.inspections, day)
    commitments: Checklist = checklist(profile.inspections)
    flags = priority.flags(profile, pack, day) if pack else ()
    told_of = [
        {"rule": one.rule, "title": one.title, "level": one.level, "because": one.because} for one in flags
    ]
    return {
        "organisation": profile.organisation,
        "name": profile.name,
        "as_at": day,
        "earliest": due.earliest,
        "latest": due.latest,
        "overdue": due.overdue,
        "because": due.because,
        "flagged": [one for one in told_of if one["level"] == priority.FLAGGED],
        "rules": told_of,
        "commitments": list(commitments.items),
        "commitments_because": commitments.because,
    }


COMMANDS = (inspections_due,)
