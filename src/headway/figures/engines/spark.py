"""The third engine: PySpark, in this process (`local[2]`) or on a cluster (`spark://host:port`)."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import narwhals as nw
import pyarrow as pa
import pyarrow.parquet as pq

from headway.figures.engines.arrow import normalised


@cache
def session(master: str) -> Any:
    """The process's one Spark session: starting another costs seconds and gains nothing.

    Raises ValueError where pyspark is not installed or finds no Java.
    """
    try:
        from pyspark.errors import PySparkException
        from pyspark.sql import SparkSession
    except ImportError as missing:
        raise ValueError(
            f"HEADWAY_ENGINE asks for Spark ({master}), which is not installed: install headway[spark]"
        ) from missing

    # Workers must run this Python, and never look for another host name than this one.
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    builder = (
        SparkSession.builder.master(master)
        .appName("headway")
        .config("spark.ui.enabled", "false")
        .config("spark.ui.showConsoleProgress", "false")
        .config("spark.sql.shuffle.partitions", "4")
        .config("spark.sql.session.timeZone", "UTC")
        .config("spark.sql.execution.arrow.pyspark.enabled", "true")
        .config("spark.log.level", "ERROR")
    )
    if master.startswith("local"):
        builder = builder.config("spark.driver.host", "127.0.0.1").config(
            "spark.driver.bindAddress", "127.0.0.1"
        )
    try:
        return builder.getOrCreate()
    except (PySparkException, OSError) as refused:
        raise ValueError(f"Spark ({master}) did not start: {refused}; is Java installed?") from refused


class Spark:
    """Spark frames over Parquet, and over nothing else: a NaN from pandas is no NULL there."""

    name = "spark"

    def __init__(self, master: str = "local[2]") -> None:
        self.session = session(master)

    def open(self, paths: Sequence[Path]) -> nw.LazyFrame[Any]:
        """The rows of these Parquet files, which share one schema, as one lazy frame."""
        native = self.session.read.parquet(*(Path(path).resolve().as_uri() for path in paths))
        frame: nw.LazyFrame[Any] = nw.from_native(native)
        return frame

    def keep(self, frame: nw.LazyFrame[Any]) -> nw.LazyFrame[Any]:
        """In the workers' memory, or on their disks where that is short, until Spark needs the room."""
        kept: nw.LazyFrame[Any] = nw.from_native(frame.to_native().cache())
        return kept

    def collect(self, frame: nw.LazyFrame[Any]) -> pa.Table:
        """Run the plan; the rows come through Arrow, not pandas."""
        return normalised(frame.to_native().toArrow())

    def write(self, frame: nw.LazyFrame[Any], path: Path) -> None:
        """Run the plan into one Parquet file, written here rather than in Spark's folder of parts."""
        pq.write_table(self.collect(frame), path)

    def close(self) -> None:
        """Leave the session: it belongs to the process, and others may be using it."""
