"""Engines: open Parquet tables as Narwhals lazy frames, hand results over as Arrow. Nothing else.

`HEADWAY_ENGINE` chooses: `polars` (default), `duckdb`, `spark://host:port` or `local[2]` (Spark in
this process).
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import narwhals as nw
import pyarrow as pa


class Engine(Protocol):
    """Somewhere to run a Narwhals plan."""

    name: str

    def open(self, paths: Sequence[Path]) -> nw.LazyFrame[Any]:
        """The rows of these Parquet files, which share one schema, as one lazy frame."""

    def keep(self, frame: nw.LazyFrame[Any]) -> nw.LazyFrame[Any]:
        """The same rows, worked out once however often a plan reads them."""

    def collect(self, frame: nw.LazyFrame[Any]) -> pa.Table:
        """Run the plan. Integers come back as int64 whatever the engine calls them."""

    def write(self, frame: nw.LazyFrame[Any], path: Path) -> None:
        """Run the plan into one Parquet file."""

    def close(self) -> None:
        """Let go of whatever it holds."""


def engine(name: str | None = None) -> Engine:
    """The engine called `name`, or that of `HEADWAY_ENGINE`. Raises ValueError for an unknown name."""
    wanted = name or os.environ.get("HEADWAY_ENGINE") or "polars"
    if wanted == "polars":
        from headway.figures.engines.polars import Polars

        return Polars()
    if wanted == "duckdb":
        from headway.figures.engines.duckdb import DuckDB

        return DuckDB()
    if wanted.startswith(("spark", "local")):
        from headway.figures.engines.spark import Spark

        return Spark(wanted)
    raise ValueError(f"HEADWAY_ENGINE is {wanted!r}; it may be polars, duckdb, spark://host:port or local[2]")
