"""The second engine: DuckDB, in this process, with a connection of its own."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb
import narwhals as nw
import pyarrow as pa

from headway.figures.engines.arrow import normalised


class DuckDB:
    """DuckDB relations over Parquet."""

    name = "duckdb"

    def __init__(self) -> None:
        self._kept = 0
        self.connection = duckdb.connect(":memory:")
        # Rows of an aggregate have no order anyway; keeping the file's order costs memory.
        self.connection.execute("SET preserve_insertion_order = false")

    def open(self, paths: Sequence[Path]) -> nw.LazyFrame[Any]:
        """The rows of these Parquet files, which share one schema, as one lazy frame."""
        return nw.from_native(self.connection.read_parquet([str(path) for path in paths]))

    def keep(self, frame: nw.LazyFrame[Any]) -> nw.LazyFrame[Any]:
        """In a table, until the next is kept."""
        self.connection.execute(f"DROP TABLE IF EXISTS kept_{self._kept}")
        self._kept += 1
        _native(frame).to_table(f"kept_{self._kept}")
        kept: nw.LazyFrame[Any] = nw.from_native(self.connection.table(f"kept_{self._kept}"))
        return kept

    def collect(self, frame: nw.LazyFrame[Any]) -> pa.Table:
        """Run the plan. Integer sums come as decimals and leave as int64."""
        return normalised(_native(frame).to_arrow_table())

    def write(self, frame: nw.LazyFrame[Any], path: Path) -> None:
        """Run the plan into one Parquet file."""
        _native(frame).write_parquet(str(path), compression="zstd")

    def close(self) -> None:
        """Close the connection."""
        self.connection.close()


def _native(frame: nw.LazyFrame[Any]) -> Any:
    native = frame.to_native()
    assert isinstance(native, duckdb.DuckDBPyRelation), "a plan of another engine was handed to DuckDB"
    return native
