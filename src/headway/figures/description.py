"""What a store holds, in numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from headway.figures.runs import Run
from headway.figures.tables import TABLES

if TYPE_CHECKING:
    from headway.figures.store import Store


@dataclass(frozen=True)
class TableDescription:
    """A table's current rows, the years that it has (none if it is not kept by year), and its Parquet files."""

    rows: int
    years: list[int]
    parts: int


@dataclass(frozen=True)
class Description:
    """What a store holds: `receipts` that are live (of which some `superseded` by a later file of their whole
    scope), those `undone`, files of rows `set_aside`, and runs. `bytes` is its size on the disk."""

    folder: Path
    bytes: int
    tables: Mapping[str, TableDescription]
    receipts: int
    superseded: int
    undone: int
    set_aside: list[Path]
    runs: int
    latest_run: Run | None


def describe(store: Store) -> Description:
    """What the store holds now."""
    state = store.snapshot()
    tables = {}
    for name in TABLES:
        standing = [part for part in state.parts if part.table == name]
        if standing:
            tables[name] = TableDescription(
                sum(part.rows for part in standing), state.years(name), len(standing)
            )
    sizes = [path.stat().st_size for path in store.folder.rglob("*") if path.is_file()]
    live = [one for one in state.receipts if one.state == "live"]
    return Description(
        folder=store.folder,
        bytes=sum(sizes),
        tables=tables,
        receipts=len(live),
        superseded=sum(one.superseded_by is not None for one in live),
        undone=len(state.receipts) - len(live),
        set_aside=[one.set_aside for one in live if one.set_aside is not None],
        runs=len(store.runs()),
        latest_run=store.latest_run(),
    )
