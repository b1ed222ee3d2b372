"""The command that takes figures away: export."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import polars as pl
import typer

from headway.commands import exporting
from headway.commands.naming import authority_of, described_schools
from headway.commands.options import Audience, Measures, Release, Years
from headway.commands.output import UserError, count_of, open_store, out
from headway.commands.selection import NATIONS, checked_measures, figures_for, nothing_of, reader

PANEL = "Figures"


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
        raise UserError(nothing_of(seen.results, key, year[0] if year else None))
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


COMMANDS = (export,)
