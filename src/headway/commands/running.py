"""Commands that make figures: run, runs."""

from __future__ import annotations

from typing import Annotated

import typer

from headway.commands import receipting
from headway.commands.evidence import Json
from headway.commands.options import Years
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
from headway.figures import run as running
from headway.figures.runs import compare_runs

PANEL = "Figures"


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


COMMANDS = (run, runs)
