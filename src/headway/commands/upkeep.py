"""Commands for looking after it: doctor, purge."""

from __future__ import annotations

import os
import platform
import shutil
from datetime import date, datetime
from importlib.metadata import PackageNotFoundError, version
from typing import Annotated

import typer

from headway import __version__
from headway.commands.evidence import Json
from headway.commands.output import (
    UserError,
    aside,
    home,
    open_store,
    out,
    print_json,
    print_table,
    told,
)
from headway.figures import purge as purging
from headway.figures.store import Store

PANEL = "Looking after it"


def doctor(json: Json = False) -> None:
    """What is installed, which engine, where the store is, what is loaded.

    Example: headway doctor
    """
    store = open_store()
    described = store.describe()
    facts: dict[str, object] = {
        "headway": __version__,
        "python": platform.python_version(),
        "engine": os.environ.get("HEADWAY_ENGINE") or "polars",
        **{name: _version_of(name) for name in ("polars", "narwhals", "duckdb", "pyspark")},
        "java": shutil.which("java") or "not found (only Spark needs it)",
        "store": str(store.folder),
        "free_disk_gb": round(shutil.disk_usage(store.folder).free / 1e9, 1),
        "receipts": described.receipts,
        "runs": described.runs,
        "size_mb": round(described.bytes / 1e6, 1),
    }
    tables = [
        {"table": name, "rows": one.rows, "years": one.years}
        for name, one in described.tables.items()
        if one.rows
    ]
    if json:
        print_json([{**facts, "tables": tables}])
        return
    print_table("", ("", ""), ((name, str(value)) for name, value in facts.items()))
    if tables:
        print_table(
            "Loaded",
            ("Table", "Rows", "Years"),
            ((name, f"{one.rows:,}", _span(one.years)) for name, one in described.tables.items() if one.rows),
            right=("Rows",),
        )
    else:
        out.print("Nothing is loaded yet. Type: headway load FILES, or headway demo")


def _span(years: list[int] | tuple[int, ...]) -> str:
    return f"{min(years)}–{max(years)}" if years else ""


def _version_of(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"


def purge(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would go.")] = False,
    today: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="As if it were this day.")
    ] = None,
    json: Json = False,
) -> None:
    """Erase personal rows whose time is over. What was counted from them stands.

    Example: headway purge --dry-run
    """
    store = open_store()
    with told(ValueError):
        report = purging.purge(store, today=(today.date() if today else date.today()), dry_run=dry_run)
    if json:
        print_json(
            {"table": table, "year": year, "rows": rows, "dry_run": report.dry_run}
            for table, years in report.rows.items()
            for year, rows in years.items()
        )
        return
    if report.nothing:
        out.print("Nothing is past its time.")
        return
    out.print("This would be erased:" if dry_run else "Erased:")
    for table, years in sorted(report.rows.items()):
        out.print(f"  {table}: {sum(years.values()):,} rows of {', '.join(map(str, sorted(years)))}")
    for name in report.set_aside:
        out.print(f"  rows set aside: {name}", markup=False)
    for name, rows in sorted(report.run_rows.items()):
        out.print(f"  pupil rows of a run: {rows:,} in {name}", markup=False)
    out.print("Figures counted from them stand.")


COMMANDS = (doctor, purge)
__all__ = ["COMMANDS", "PANEL", "Store", "UserError", "aside", "home"]
