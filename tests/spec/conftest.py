"""One engine after another; one Spark session for the whole run."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator

import pytest
from spark_sockets import sockets_left_open

from headway.figures.engines import Engine, engine


def why_no_spark() -> str | None:
    """Why Spark cannot run here, or None."""
    try:
        import pyspark  # noqa: F401
    except ImportError:
        return "Spark is not installed (requirements/spark.txt)"
    if not (shutil.which("java") or os.environ.get("JAVA_HOME")):
        return "Spark needs Java, which is not installed"
    return None


ENGINES = ["polars", "duckdb", pytest.param("local[2]", marks=pytest.mark.spark, id="spark")]


@pytest.fixture(scope="session", params=ENGINES)
def each_engine(request: pytest.FixtureRequest) -> Iterator[Engine]:
    """Each engine in turn; Spark is skipped, with the reason, where it cannot run."""
    if request.param.startswith("local") and (reason := why_no_spark()):
        pytest.skip(reason)
    with sockets_left_open():
        chosen = engine(request.param)
    yield chosen
    chosen.close()
