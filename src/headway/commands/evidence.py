"""Commands that bring evidence in: load, map, template, receipts, undo."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from headway.commands import receipting
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
from headway.figures import loading
from headway.figures.receipts import Receipt

PANEL = "Evidence"

Json = Annotated[bool, typer.Option("--json", help="One object a row, for programs.")]


def load(
    files: Annotated[
        list[Path], typer.Argument(help="Results files, in any mix; each is recognised by its content.")
    ],
    map: Annotated[  # noqa: A002 - it is the option's name
        Path | None,
        typer.Option("--map", help="A mapping (TOML) that says which column is which; see headway map."),
    ] = None,
    json: Json = False,
) -> None:
    """Load results files. Good rows go in; rows with errors are set aside for you to mend.

    Examples: headway load results/*.csv · headway load ours.xlsx --map ours.toml
    """
    store = open_store()
    with progress_bar("Loading") as bar, told():
        outcomes = loading.load(store, files, mapping=map, progress=bar)
    if json:
        print_json(receipting.as_row(outcome) for outcome in outcomes)
    else:
        for outcome in outcomes:
            for line in receipting.in_words(store, outcome):
                out.print(line, markup=False, soft_wrap=True)
        accepted = [outcome for outcome in outcomes if isinstance(outcome, Receipt)]
        if any(not receipt.already_loaded for receipt in accepted):
            out.print("Next: headway run", style="bold")
    if any(not isinstance(outcome, Receipt) for outcome in outcomes):
        raise typer.Exit(1)


def map_(
    file: Annotated[Path, typer.Argument(help="The file whose columns are to be mapped.")],
) -> None:
    """Draft a mapping for any spreadsheet from its header. Save it, mend it, and load with --map.

    Example: headway map ours.xlsx > ours.toml
    """
    from headway.figures.mapping import draft_mapping
    from headway.figures.sources import Unreadable
    from headway.figures.sources.files import received

    with told(Unreadable, OSError):
        received_files = received(file)
    if not received_files:
        raise UserError(f"{file} is empty; there is nothing to map.")
    typer.echo(draft_mapping(received_files[0]))


map_.called = "map"  # type: ignore[attr-defined]


def template(
    collection: Annotated[str, typer.Argument(help="foundation, phonics, ks1, mtc, ks2 or roll.")],
) -> None:
    """Print an empty pupil template, to be filled in a spreadsheet.

    Example: headway template ks2 > ks2.csv
    """
    from headway.figures.sources.template import template_csv

    try:
        typer.echo(template_csv(collection), nl=False)
    except (KeyError, ValueError) as error:
        raise UserError(str(error).strip("\"'"), exit_code=2) from error


def receipts(json: Json = False) -> None:
    """List every load: what it was, how many rows went in, what is taken back.

    Example: headway receipts
    """
    found = open_store().receipts()
    if json:
        print_json(receipting.as_row(receipt) for receipt in found)
        return
    if not found:
        out.print("Nothing has been loaded yet. Type: headway load FILES")
        return
    print_table(
        "",
        ("Receipt", "Loaded", "File", "Kind", "Read", "Accepted", "Set aside", "State"),
        (
            (
                one.id,
                f"{one.loaded_at:%d %b %Y %H:%M}",
                one.file_name,
                one.kind,
                f"{one.rows_read:,}",
                f"{one.rows_accepted:,}",
                f"{one.rows_set_aside:,}",
                "taken back"
                if one.state == "undone"
                else f"replaced by {one.superseded_by}"
                if one.superseded_by
                else "live",
            )
            for one in found
        ),
        right=("Read", "Accepted", "Set aside"),
    )


def _state(one: Receipt) -> str:
    if one.state == "undone":
        return "taken back"
    return f"replaced by {one.superseded_by}" if one.superseded_by else "live"


def receipt(
    number: Annotated[str, typer.Argument(help="The receipt, such as R00007.")],
    json: Json = False,
) -> None:
    """Show one load: its findings, the rows set aside, and what it changed.

    Example: headway receipt R00007
    """
    store = open_store()
    with told():
        found = store.receipt(number)
    if json:
        print_json([receipting.as_row(found)])
        return
    for line in receipting.in_words(store, found, whole=True):
        out.print(line, markup=False, soft_wrap=True)


def undo(number: Annotated[str, typer.Argument(help="The receipt to take back.")]) -> None:
    """Take a load back, in any order. The tables then say what the other loads say.

    Example: headway undo R00007
    """
    store = open_store()
    with told():
        found = store.undo(number)
    out.print(
        f"{found.id} ({found.file_name}) is taken back: {count_of(found.rows_accepted, 'row')}.", markup=False
    )
    out.print("Next: headway run", style="bold")


COMMANDS = (load, map_, template, receipts, receipt, undo)
