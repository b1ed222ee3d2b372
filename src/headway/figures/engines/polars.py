"""The default engine: Polars, in this process."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import narwhals as nw
import polars as pl
import pyarrow as pa

from headway.figures.engines.arrow import normalised


class Polars:
    """Polars lazy frames over Parquet."""

    name = "polars"

    def open(self, paths: Sequence[Path]) -> nw.LazyFrame[Any]:
        """The rows of these Parquet files, which share one schema, as one lazy frame."""
        return nw.from_native(pl.scan_parquet(list(paths)))

    def keep(self, frame: nw.LazyFrame[Any]) -> nw.LazyFrame[Any]:
        """As it is: Polars finds by itself what a plan reads several times."""
        return frame

    def collect(self, frame: nw.LazyFrame[Any]) -> pa.Table:
        """Run the plan."""
        return normalised(_native(frame).collect().to_arrow(compat_level=pl.CompatLevel.oldest()))

    def write(self, frame: nw.LazyFrame[Any], path: Path) -> None:
        """Run the plan into one Parquet file, in bounded memory."""
        _native(frame).sink_parquet(path)

    def close(self) -> None:
        """Polars holds nothing."""


def _native(frame: nw.LazyFrame[Any]) -> pl.LazyFrame:
    native = frame.to_native()
    assert isinstance(native, pl.LazyFrame), "a plan of another engine was handed to Polars"
    return native
