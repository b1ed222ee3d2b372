"""The store's Parquet parts: writing them, arranging them so that the latest wins, and saying what changed."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal

import numpy as np
import polars as pl
import pyarrow.parquet as pq

from headway.figures.receipts import NO_YEAR, ChangedValue, Part
from headway.figures.tables import PROVENANCE, TABLES, Sensitivity, Table

ROW = "row"
COMPRESSION: Literal["lz4"] = "lz4"
"""Of parts: written a sixth faster than with zstd, and half as large again. A year of pupils of all England has 40 MB."""
ROW_GROUP = 1 << 18
"""Rows that are compressed together; several groups keep several processors busy."""
_PROVENANCE = [column.name for column in PROVENANCE]


def scan(paths: Sequence[Path], table: Table) -> pl.LazyFrame:
    """The rows of these parts in the contract's columns; columns added since they were written are null."""
    if not paths:
        return table.empty().lazy()
    return pl.scan_parquet(list(paths), schema=table.schema, missing_columns="insert", extra_columns="ignore")


def settle(path: Path) -> None:
    """Waits until a file and its name are on the disk, so that the catalogue never names one that a power cut
    can take."""
    _wait_for_disk(path, os.O_RDWR)
    if os.name == "posix":  # elsewhere a folder cannot be opened, and its names are written with the file
        _wait_for_disk(path.parent, os.O_RDONLY)


def _wait_for_disk(path: Path, mode: int) -> None:
    handle = os.open(path, mode)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def within(folder: Path, path: Path) -> str:
    """A path as the catalogue writes it: from the store's folder, with forward slashes."""
    return path.relative_to(folder).as_posix()


def write_parts(
    folder: Path,
    receipt: str,
    scope: str,
    tables: Mapping[str, pl.DataFrame | pl.LazyFrame],
    *,
    distinct: bool = False,
) -> list[Part]:
    """Writes the rows of a load, with their provenance, as one part a table and year.

    Lazy tables of one load are read together, so that a file they share is read once and never held whole.
    `distinct` says that no key stands twice, as `checking.check` has just found. Raises ValueError if a table or
    column is unknown, a year or a file row is missing, or (unless `distinct`) a key stands twice.
    """
    staged = {name: folder / "parts" / name / f"{receipt}.partial" for name in tables}
    plans = []
    for name, frame in tables.items():
        plan = conformed(frame.lazy(), TABLES[name], receipt, scope)
        staged[name].parent.mkdir(parents=True, exist_ok=True)
        plans.append(
            plan.sink_parquet(
                staged[name],
                lazy=True,
                compression=COMPRESSION,
                row_group_size=ROW_GROUP,
                statistics=False,  # a part is read whole
            )
        )
    pl.collect_all(plans)
    written = [part for name, path in staged.items() for part in _filed(folder, receipt, TABLES[name], path)]
    if not distinct:
        _refuse_duplicates(folder, written)
    return written


def conformed(frame: pl.LazyFrame, table: Table, receipt: str, scope: str) -> pl.LazyFrame:
    """`frame` with exactly the table's columns and types, and the receipt and scope of every row."""
    columns = set(frame.collect_schema().names())
    unknown = sorted(columns - set(table.schema))
    if unknown:
        raise ValueError(f"table {table.name} has no column {', '.join(unknown)}")
    if ROW not in columns:
        raise ValueError(f"the rows for table {table.name} do not say which row of the file they came from")
    given = {"receipt": pl.lit(receipt), "scope": pl.lit(scope)}
    return frame.select(
        given.get(name, pl.col(name) if name in columns else pl.lit(None)).cast(kind).alias(name)
        for name, kind in table.schema.items()
    )


def _filed(folder: Path, receipt: str, table: Table, staged: Path) -> list[Part]:
    rows = pq.read_metadata(staged).num_rows
    if rows == 0:
        staged.unlink()
        return []
    years = _years_in(staged) if table.by_year else [NO_YEAR]
    parts = []
    for year in years:
        path = folder / "parts" / table.name / (str(year) if year else "all") / f"{receipt}.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        if len(years) == 1:
            os.replace(staged, path)
        else:
            pl.scan_parquet(staged).filter(pl.col("year") == year).sink_parquet(path)
        settle(path)
        parts.append(Part(receipt, table.name, year, within(folder, path), pq.read_metadata(path).num_rows))
    staged.unlink(missing_ok=True)
    return parts


def _years_in(path: Path) -> list[int]:
    years = pl.read_parquet(path, columns=["year"])["year"]
    if years.null_count():
        raise ValueError(f"rows for table {path.parent.name} have no year")
    return sorted(years.unique().to_list()) if years.min() != years.max() else [years[0]]


def _refuse_duplicates(folder: Path, parts: list[Part]) -> None:
    """Two rows of one key in one file have no latest: the check of a file must have set them aside."""
    for part in parts:
        table = TABLES[part.table]
        keys = pl.read_parquet(folder / part.path, columns=_key_within_year(table))
        if keys.n_unique() != keys.height:
            raise ValueError(f"two rows for table {table.name} share a key ({', '.join(table.key)})")


def _key_within_year(table: Table) -> list[str]:
    """The key but for the year, which is the same in all parts that are compared."""
    return [name for name in table.key if name != "year" or not table.by_year]


def arrange(folder: Path, table: Table, parts: list[Part]) -> list[Part]:
    """The parts to read so that each key stands once, in the row of the latest of `parts` (oldest first).

    A part that shares no key with a later one stands as it is. One that does is written again, without the
    rows that were overtaken, under a name that says which rows those are, so that it need be made only once.
    """
    if len(parts) < 2 or table.name == "findings":
        return parts
    stands = _standing(folder, _key_within_year(table), parts)
    kept = dict(stands.group_by("·part").agg(pl.col("·stands").sum()).iter_rows())
    arranged = []
    for place, part in enumerate(parts):
        if kept[place] == part.rows:
            arranged.append(part)
        elif kept[place]:
            mask = stands.filter(pl.col("·part") == place)["·stands"]
            arranged.append(_without_overtaken(folder, part, mask))
    return arranged


def _standing(folder: Path, key: list[str], parts: list[Part]) -> pl.DataFrame:
    """For every row of `parts`, in order: its part, and whether no later part has its key.

    Equal keys have equal hashes, so only rows whose hash stands twice are compared by the key itself.
    """
    keys = pl.concat(
        pl.scan_parquet(folder / part.path).select(*key, pl.lit(place, pl.UInt32).alias("·part"))
        for place, part in enumerate(parts)
    ).collect()
    twice = keys.select(pl.struct(key).hash())[key[0]].is_duplicated()
    stands = pl.repeat(True, keys.height, dtype=pl.Boolean, eager=True)
    if twice.any():
        doubtful = keys.filter(twice).select(
            (pl.col("·part") == pl.col("·part").max().over(key)).alias("·stands")
        )
        stands = stands.scatter(twice.arg_true(), doubtful["·stands"])
    return keys.select("·part").with_columns(stands.alias("·stands"))


def _without_overtaken(folder: Path, part: Part, stands: pl.Series) -> Part:
    bits = np.packbits(stands.to_numpy()).tobytes()
    made_of = sha256(part.path.encode() + b"\0" + bits).hexdigest()[:16]
    year = str(part.year) if part.year else "all"
    path = folder / "current" / part.table / year / f"{part.receipt}-{made_of}.parquet"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_suffix(".partial")
        pl.read_parquet(folder / part.path).filter(stands).write_parquet(partial)
        os.replace(partial, path)
        settle(path)
    return Part(part.receipt, part.table, part.year, within(folder, path), int(stands.sum()))


@dataclass
class Difference:
    """How one table and year differs before and after a load; added up into a `Change`."""

    added: int = 0
    replaced: int = 0
    unchanged: int = 0
    removed: int = 0
    columns: dict[str, int] = field(default_factory=dict)
    examples: list[ChangedValue] = field(default_factory=list)


def difference(
    folder: Path, table: Table, before: list[Part], after: list[Part], receipt: str, examples: int
) -> Difference:
    """What changed between two arrangements of one table and year, with at most so many `examples`.

    Parts that stand in both are not read. Columns are compared one at a time, exactly.
    """
    old = [part for part in before if part not in after]
    new = [part for part in after if part not in before]
    if not old:
        return Difference(added=sum(part.rows for part in new))
    found = Difference()
    pairs = _pairs(folder, table, old, new)
    both = pairs.filter(pl.col("·old").is_not_null() & pl.col("·new").is_not_null())
    fresh = pairs.filter(pl.col("·old").is_null())
    gone = pairs.filter(pl.col("·new").is_null())
    found.added, found.removed = fresh.height, gone.height
    changed = pl.repeat(False, both.height, dtype=pl.Boolean, eager=True)
    for column in table.columns:
        if column.name in table.key:
            continue
        earlier = _column(folder, old, column.name, table).gather(both["·old"])
        later = _column(folder, new, column.name, table).gather(both["·new"])
        differs = earlier.ne_missing(later)
        if differs.any():
            found.columns[f"{table.name}.{column.name}"] = int(differs.sum())
            hidden = column.sensitivity is Sensitivity.IDENTIFYING
            room = max(0, examples - len(found.examples))
            for place in differs.arg_true().head(room).to_list():
                values = (None, None) if hidden else (_text(earlier[place]), _text(later[place]))
                one = _example(table, both, place, "replaced", column.name, *values)
                found.examples.append(one)
            changed = changed | differs
    found.replaced = int(changed.sum())
    found.unchanged = int((~changed & (both["receipt"] == receipt)).sum())
    for what, rows in (("removed", gone), ("added", fresh)):
        room = max(0, examples - len(found.examples))
        found.examples += [_example(table, rows, place, what) for place in range(min(room, rows.height))]
    return found


def _pairs(folder: Path, table: Table, old: list[Part], new: list[Part]) -> pl.DataFrame:
    """Keys of both, with the place of each in the rows of `old` and of `new`."""
    key = list(table.key)
    before = _rows(folder, old, key, table).with_row_index("·old")
    after = _rows(folder, new, [*key, "receipt"], table).with_row_index("·new")
    return after.join(
        before, on=key, how="full", nulls_equal=True, coalesce=True, maintain_order="left_right"
    )


def _rows(folder: Path, parts: list[Part], columns: Iterable[str], table: Table) -> pl.DataFrame:
    return scan([folder / part.path for part in parts], table).select(*columns).collect()


def _column(folder: Path, parts: list[Part], column: str, table: Table) -> pl.Series:
    return _rows(folder, parts, [column], table)[column]


def _example(
    table: Table,
    rows: pl.DataFrame,
    place: int,
    what: Any,
    column: str | None = None,
    before: str | None = None,
    after: str | None = None,
) -> ChangedValue:
    key = {name: rows[name][place] for name in table.key}
    return ChangedValue(
        table=table.name,
        year=key.get("year", NO_YEAR),
        organisation=key.get("organisation"),
        key=" · ".join(str(value) for value in key.values()),
        what=what,
        column=column,
        before=before,
        after=after,
        pupil=key.get("pupil"),
    )


def _text(value: object) -> str | None:
    return None if value is None else str(value)
