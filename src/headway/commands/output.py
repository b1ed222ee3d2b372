"""What commands share: the store, tables that fit the terminal, JSON, progress and messages."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Any

import platformdirs
import polars as pl
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table as Grid

from headway.figures.store import Store, StoreBusy, StoreError

out = Console(highlight=False, width=None if sys.stdout.isatty() or "COLUMNS" in os.environ else 120)
aside = Console(stderr=True, highlight=False)


class UserError(Exception):
    """Something that the user can put right; the message says how."""

    def __init__(self, message: str, exit_code: int = 1) -> None:
        super().__init__(message)
        self.exit_code = exit_code


def complain(message: str) -> None:
    """A message on standard error."""
    aside.print(message, style="red" if aside.is_terminal else None, markup=False, soft_wrap=True)


def home() -> Path:
    """The folder of the store."""
    return Path(os.environ.get("HEADWAY_HOME") or platformdirs.user_data_dir("headway"))


def open_store() -> Store:
    """The user's store. What is wrong with it is said as a `UserError`."""
    from headway.commands import service_restore

    try:
        service_restore.finish(home())
        return Store.open(tell=lambda message: aside.print(message, markup=False))
    except (StoreError, StoreBusy) as error:
        raise UserError(str(error)) from error
    except PermissionError as error:
        raise UserError(
            f"Headway may not write to {error.filename}. Choose another folder with the environment variable HEADWAY_HOME."
        ) from error


@contextmanager
def told(*errors: type[Exception]) -> Iterator[None]:
    """Turns the errors that carry a message for the user into a `UserError`."""
    known: tuple[type[Exception], ...] = (StoreError, StoreBusy, *errors)
    try:
        yield
    except known as error:
        raise UserError(str(error).strip("\"'")) from error


def print_json(rows: pl.DataFrame | Iterable[Mapping[str, Any]]) -> None:
    """One object a row, as a JSON array with an object a line. A missing value is null."""
    found = rows.to_dicts() if isinstance(rows, pl.DataFrame) else list(rows)
    lines = ",\n".join(json.dumps(row, ensure_ascii=False, default=_plain, allow_nan=False) for row in found)
    sys.stdout.write(f"[\n{lines}\n]\n" if lines else "[]\n")


def _plain(value: object) -> object:
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, Path):
        return str(value)
    raise TypeError(f"{type(value).__name__} cannot be written as JSON")


def print_table(
    title: str,
    columns: Sequence[str],
    rows: Iterable[Sequence[str]],
    *,
    right: Sequence[str] = (),
    common: str | None = None,
) -> None:
    """A table that fits the terminal; columns named in `right` are set flush right.

    Where the column `common` says the same in several rows, all of them, it moves into the title.
    """
    found = list(rows)
    if common is not None and len(found) > 1:
        at = list(columns).index(common)
        if len({row[at] for row in found}) == 1:
            title = f"{title}. {found[0][at]}"
            columns = [*columns[:at], *columns[at + 1 :]]
            found = [[*row[:at], *row[at + 1 :]] for row in found]
    grid = Grid(
        title=title or None,
        title_justify="left",
        title_style="bold",
        header_style="bold",
        pad_edge=False,
        box=None,
    )
    for column in columns:
        grid.add_column(column, justify="right" if column in right else "left", overflow="fold")
    for row in found:
        grid.add_row(*row)
    out.print(grid)


@contextmanager
def progress_bar(description: str) -> Iterator[Any]:
    """A bar on standard error, where that is a terminal: call it with (share done, what is being done)."""
    with Progress(
        TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn(), console=aside, transient=True,
        disable=not aside.is_terminal,
    ) as bar:  # fmt: skip
        task = bar.add_task(description, total=1.0)

        def told_how_far(done: float, doing: str) -> None:
            bar.update(task, completed=done, description=doing)

        yield told_how_far


def count_of(number: int, one: str, many: str | None = None) -> str:
    """`1 row`, `2 rows`, `12,345 rows`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"
