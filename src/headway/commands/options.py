"""Options that several commands take."""

from __future__ import annotations

from typing import Annotated

import typer

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
