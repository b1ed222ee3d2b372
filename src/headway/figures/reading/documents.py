"""JSON documents and Parquet tables as received files."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow.parquet as pq

from headway.figures.reading.encodings import text_of
from headway.figures.reading.received import SAMPLE_ROWS, ReceivedFile
from headway.figures.sources import Unreadable

KEY_COLUMN = "key"
"""The column that holds the keys of a document of the shape {key: {column: value}}."""


def document(path: Path, name: str, sha256: str, container: str, content: bytes) -> ReceivedFile:
    """A JSON document; as rows too where it is a list of objects or an object of objects."""
    text = text_of(content, name)
    try:
        held = json.loads(bytes(text.content[text.start :]))
    except RecursionError:
        raise Unreadable(f"{name} is nested too deeply to read. A list of objects is expected.") from None
    except ValueError as problem:
        raise Unreadable(
            f"{name} looks like JSON but breaks off or is malformed ({str(problem)[:100]}). Fetch it again."
        ) from None
    records, keyed = _records(held)
    file = ReceivedFile(
        path=path,
        name=name,
        sha256=sha256,
        container=container,
        encoding=text.encoding,
        header_row=0,
        document=lambda: held,
    )
    if records:
        names = tuple(
            dict.fromkeys(
                [*([KEY_COLUMN] if keyed else []), *(name for record in records for name in record)]
            )
        )
        frame = pl.DataFrame(
            {"row": pl.Series(range(1, len(records) + 1), dtype=pl.Int64)}
            | {
                name: pl.Series([_text(record.get(name)) for record in records], dtype=pl.String)
                for name in names
                if name != "row"
            }
        )
        file.header = tuple(name for name in names if name != "row")
        file.sample = [tuple(cell or "" for cell in row[1:]) for row in frame.head(SAMPLE_ROWS).iter_rows()]
        file.row_count = frame.height
        file.frame = lambda: frame.lazy()
    return file


def _records(held: Any) -> tuple[list[dict[str, Any]], bool]:
    if isinstance(held, list) and held and all(isinstance(item, dict) for item in held):
        return held, False
    if isinstance(held, dict) and held and all(isinstance(item, dict) for item in held.values()):
        return [{KEY_COLUMN: key, **item} for key, item in held.items()], True
    return [], False


def _text(value: Any) -> str | None:
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def parquet(path: Path, name: str, sha256: str, content: bytes | None) -> ReceivedFile:
    """A Parquet table, every column as text."""
    try:
        # Arrow raises on a damaged file, on which Polars' own reader panics.
        file = pq.ParquetFile(
            path if content is None else io.BytesIO(content), page_checksum_verification=True
        )
        held = pl.from_arrow(file.read())
        assert isinstance(held, pl.DataFrame)
        as_text = held.select(_as_text(column, kind) for column, kind in held.schema.items())
    except Exception as problem:  # Arrow has many classes of its own, and Polars others
        raise Unreadable(
            f"{name} looks like a Parquet table but cannot be read ({str(problem)[:100]}). Fetch it again."
        ) from None
    names = tuple(f"{column} (2)" if column == "row" else column for column in held.columns)
    as_text = as_text.rename({"row": "row (2)"}) if "row" in held.columns else as_text
    return ReceivedFile(
        path=path,
        name=name,
        sha256=sha256,
        container="parquet",
        header=names,
        header_row=0,
        sample=[tuple(cell or "" for cell in row) for row in as_text.head(SAMPLE_ROWS).iter_rows()],
        row_count=held.height,
        frame=lambda: (
            as_text.lazy().with_row_index("row", offset=1).with_columns(pl.col("row").cast(pl.Int64))
        ),
    )


def _as_text(column: str, kind: pl.DataType) -> pl.Expr:
    if kind.is_nested():
        return pl.lit(None, dtype=pl.String).alias(column)
    text = pl.col(column).cast(pl.String)
    if kind.is_float():
        text = text.str.strip_suffix(".0")
    return pl.when(text != "").then(text).alias(column)
