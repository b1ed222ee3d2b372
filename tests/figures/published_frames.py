"""Small files for the tests of the sources of published figures."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path

import polars as pl

from headway.figures import tables
from headway.figures.reading import ReceivedFile, received
from headway.figures.sources import Reading


def written(folder: Path, name: str, rows: Sequence[Mapping[str, object]]) -> ReceivedFile:
    """A CSV file of these rows, received."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    header = list(dict.fromkeys(column for row in rows for column in row))
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, header, restval="")
        writer.writeheader()
        writer.writerows(rows)
    (one,) = received(path)
    return one


def results(reading: Reading) -> pl.DataFrame:
    """Its published results."""
    return reading.tables["published_results"].lazy().collect()


def one(frame: pl.DataFrame, **wanted: object) -> dict[str, object]:
    """The only row with these values."""
    found = frame.filter(*(pl.col(name) == value for name, value in wanted.items()))
    assert found.height == 1, (wanted, found.height)
    return found.row(0, named=True)


def keeps_the_contract(reading: Reading) -> bool:
    """Whether every table has only columns of its contract, distinct keys, required columns and allowed values."""
    for name, lazy in reading.tables.items():
        table = tables.TABLES[name]
        frame = table.conform(
            lazy.lazy().collect().with_columns(receipt=pl.lit("receipt"), scope=pl.lit(reading.scope))
        )
        assert not frame.select(table.key).is_duplicated().any(), name
        for column in table.columns:
            cells = frame[column.name]
            assert not (column.required and cells.null_count()), (name, column.name)
            assert not column.allowed or set(cells.drop_nulls()) <= set(column.allowed), (name, column.name)
    return True
