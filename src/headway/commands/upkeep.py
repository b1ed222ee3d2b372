"""Commands for looking after it: demo, doctor, purge."""

from __future__ import annotations

import os
import platform
import shutil
import sys
from datetime import date, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Annotated

import typer

from headway import __version__
from headway.commands.evidence import Json
from headway.commands.output import (
    UserError,
    aside,
    count_of,
    home,
    open_store,
    out,
    print_json,
    print_table,
    progress_bar,
    told,
)
from headway.figures import loading
from headway.figures import purge as purging
from headway.figures import run as running
from headway.figures.store import Receipt, Store

PANEL = "Looking after it"


def demo(
    folder: Annotated[Path, typer.Option(help="Where to build it.")] = Path(".demo"),
) -> None:
    """Build an example authority, load it, compute its figures and show them. All of it is synthetic.

    Example: headway demo
    """
    from headway.commands import figures
    from headway.example import write_example_authority
    from headway.example.authority import AUTHORITY

    os.environ["HEADWAY_HOME"] = str((folder / "store").resolve())
    example = write_example_authority(folder / "files")
    example.truth.write_parquet(folder / "truth.parquet")
    store = open_store()
    with progress_bar("Loading") as bar, told():
        outcomes = loading.load(store, example.files, progress=bar)
    refused = [outcome for outcome in outcomes if not isinstance(outcome, Receipt)]
    accepted = [outcome for outcome in outcomes if isinstance(outcome, Receipt)]
    rows = sum(receipt.rows_accepted for receipt in accepted)
    aside_rows = sum(receipt.rows_set_aside for receipt in accepted)
    out.print(
        f"Loaded {count_of(len(accepted), 'file')}: {rows:,} rows accepted, {aside_rows} set aside with their reasons"
        f"{f', {len(refused)} files refused' if refused else ''}.",
    )
    with progress_bar("Computing") as bar, told(ValueError):
        running.run(store, progress=bar)
    figures.headlines(
        authority=AUTHORITY,
        audience="data_officer",
        release=None,
        measure=None,
        everything=False,
        year=None,
        groups=False,
        json=False,
    )
    out.print("")
    figures.school(
        "900145",
        audience="data_officer",
        release=None,
        measure=None,
        everything=False,
        year=None,
        groups=False,
        json=False,
    )
    out.print("")
    out.print("Everything above is synthetic. To look further:", style="bold")
    out.print(f"  export HEADWAY_HOME={store.folder}", markup=False)
    for line in (
        "headway find kirkgate",
        "headway across ks2_rwm_expected --authority 999 --year 2024",
        "headway where 900145 ks2_rwm_expected 2024",
        "headway estimates --authority 999 --year 2026",
        "headway export --authority 999 --year 2024 --format xlsx",
        "headway receipts",
    ):
        out.print(f"  {(Path(sys.argv[0]).parent.name == 'bin' and '.venv/bin/') or ''}{line}", markup=False)


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


COMMANDS = (demo, doctor, purge)
__all__ = ["COMMANDS", "PANEL", "Store", "UserError", "aside", "home"]
