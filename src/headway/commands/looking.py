"""Commands that look things up: where a figure comes from, which measures there are, which school is meant."""

from __future__ import annotations

from typing import Annotated

import polars as pl
import typer

from headway.commands import wording
from headway.commands.evidence import Json
from headway.commands.naming import school_of
from headway.commands.output import UserError, open_store, out, print_json, print_table
from headway.commands.selection import checked_measures, figures_for, latest_run, nothing_of
from headway.figures import register_search
from headway.figures.measures import registry

PANEL = "Figures"


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
        raise UserError(nothing_of(run.results(), name, year))
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


COMMANDS = (where, measures, find)
