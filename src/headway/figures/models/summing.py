"""From pupils to sums of products: any frame, one pass, all outcomes of a run at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import narwhals as nw
import numpy as np
import polars as pl

from headway.figures.models import small_products
from headway.figures.models.sums import Codes, Numbers, Sums, check_nesting, nesting_message
from headway.figures.models.sums_by_query import sums_by_query
from headway.figures.models.terms import Design, ModelError

BATCH = 1 << 16
"""Pupils taken at a time: their columns fit a processor's cache."""


def lazy(frame: Any) -> nw.LazyFrame[Any]:
    """A Narwhals lazy frame over a frame of any kind, or over the Parquet file(s) at a path."""
    if isinstance(frame, str | Path):
        return nw.from_native(pl.scan_parquet(frame))
    if isinstance(frame, Sequence) and all(isinstance(part, str | Path) for part in frame):
        return nw.from_native(pl.scan_parquet([Path(part) for part in frame]))
    opened = nw.from_native(frame)
    if isinstance(opened, nw.DataFrame) and not isinstance(frame, pl.DataFrame):
        # Frames in memory that are not Polars' (pandas, Arrow) are copied column by column, then go the fast way.
        return nw.from_native(opened.to_polars().lazy())
    made: nw.LazyFrame[Any] = opened.lazy()
    return made


def sums(frame: Any, design: Design, groups: Sequence[str]) -> Sums:
    """The sums of a frame of pupils, in one pass.

    `groups` names the columns that say to which school (authority) a pupil belongs, the lowest level first;
    each school must lie in one authority. A row in which the outcome, a term or a group is missing, or is no
    finite number, is left out and counted. Raises `ModelError` for an unknown group column or nobody left.
    """
    return sums_by_outcome(frame, design, groups, [design.outcome])[design.outcome]


def sums_by_outcome(
    frame: Any, design: Design, groups: Sequence[str], outcomes: Sequence[str]
) -> dict[str, Sums]:
    """The sums of one model for several outcomes, such as the subjects of a year, which share what they can.

    Outcomes that the same pupils have share even the products of the terms; the rows are read once for all.
    """
    if len(groups) not in (1, 2):
        raise ModelError(f"a model has one or two levels of groups, not {len(groups)}: {', '.join(groups)}")
    opened = lazy(frame)
    schema = opened.collect_schema()
    for name in (*groups, *outcomes):
        if name not in schema:
            what = "to group by" if name in groups else "for an outcome"
            raise ModelError(
                f"there is no column {name!r} {what}; the frame has {', '.join(schema.names()[:20])}"
            )
    designs = [replace(design, outcome=outcome) for outcome in outcomes]
    if opened.implementation.is_polars():
        made = _in_memory(opened, designs, tuple(groups))
    else:
        made = [sums_by_query(opened, each, tuple(groups)) for each in designs]
    return {each.design.outcome: _checked(each) for each in made}


def _checked(made: Sums) -> Sums:
    if made.pupils == 0:
        lacking = ", ".join(f"{name} in {count:,}" for name, count in made.missing.items() if count)
        raise ModelError(
            f"no pupil has every value of the model: of {made.rows:,} rows, missing are {lacking}"
        )
    check_nesting(made.keys, made.groups)
    return made.about_the_mean()


def _in_memory(frame: nw.LazyFrame[Any], designs: list[Design], groups: tuple[str, ...]) -> list[Sums]:
    """The fast way: columns to numpy, batch by batch. The designs differ in their outcome only."""
    first = designs[0]
    levels = [f"g{level}" for level in range(len(groups))]
    terms = first.column_names[:-1]
    outcomes = [f"y{index}" for index in range(len(designs))]
    table: pl.DataFrame = (
        frame.select(
            *(nw.col(name).alias(level) for name, level in zip(groups, levels, strict=True)),
            *first.expressions()[:-1],
            *(
                nw.col(each.outcome).cast(nw.Float64).alias(name)
                for each, name in zip(designs, outcomes, strict=True)
            ),
        )
        .collect(backend="polars")
        .to_native()
    )
    table = table.with_columns(_whole(table[level]) for level in levels)
    if _complete(table, [*terms, *outcomes]):
        return _sums_of(table, None, designs, outcomes, groups)
    known = [pl.col(level).is_not_null() for level in levels]
    known += [pl.col(name).is_finite().fill_null(False) for name in terms]
    together: dict[bytes, list[int]] = {}
    masks: dict[bytes, pl.Series] = {}
    for index, name in enumerate(outcomes):
        has = pl.col(name).is_finite().fill_null(False)
        mask = table.select(pl.all_horizontal(*known, has).alias("mask"))["mask"]
        key = mask.to_numpy().tobytes()
        masks[key] = mask
        together.setdefault(key, []).append(index)
    made: dict[int, Sums] = {}
    for key, indices in together.items():
        found = _sums_of(
            table, masks[key], [designs[i] for i in indices], [outcomes[i] for i in indices], groups
        )
        made.update(zip(indices, found, strict=True))
    return [made[index] for index in range(len(designs))]


def _complete(table: pl.DataFrame, numbers: list[str]) -> bool:
    means = table.select(pl.col(numbers).mean()).row(0)
    return not any(table.null_count().row(0)) and all(
        value is not None and np.isfinite(value) for value in means
    )


def _sums_of(
    table: pl.DataFrame,
    mask: pl.Series | None,
    designs: list[Design],
    outcomes: list[str],
    groups: tuple[str, ...],
) -> list[Sums]:
    """The sums of outcomes that the same rows have: those of `mask`, or all."""
    usable = table if mask is None else table.filter(mask)
    terms = designs[0].column_names[:-1]
    numbers = [*terms, *outcomes]
    means = usable.select(pl.col(numbers).mean()).row(0)
    centre = np.array([value or 0.0 for value in means], dtype=np.float64)
    keys, codes = _keys(usable, groups)
    total, by_group, slope_products = _accumulate(
        usable.select(numbers), codes, keys.height, centre, designs[0]
    )
    if mask is None:
        counted = pl.Series(by_group[0].round().astype(np.int64))
        coverage = pl.DataFrame({groups[0]: keys[groups[0]], "rows": counted, "pupils": counted})
    else:
        coverage = (
            table.select(pl.col("g0").alias(groups[0]), mask.alias("pupils"))
            .drop_nulls(groups[0])
            .group_by(groups[0], maintain_order=True)
            .agg(pl.len().cast(pl.Int64).alias("rows"), pl.col("pupils").sum().cast(pl.Int64))
        )
    made = []
    for index, (each, outcome) in enumerate(zip(designs, outcomes, strict=True)):
        own = [*range(len(terms) + 1), len(terms) + 1 + index]
        missing = dict.fromkeys((*groups, *each.source_columns), 0)
        if mask is not None:
            missing = _missing(table, each, groups, outcome)
        made.append(
            Sums(
                each,
                groups,
                keys,
                centre[[place - 1 for place in own[1:]]],
                total[np.ix_(own, own)],
                by_group[own],
                slope_products[:, own],
                coverage,
                missing,
            )
        )
    return made


def _keys(usable: pl.DataFrame, groups: tuple[str, ...]) -> tuple[pl.DataFrame, Codes]:
    """The lowest groups with those above them, and the code of each row's."""
    codes, lowest = _codes(usable["g0"])
    columns = {groups[0]: lowest}
    for level, name in enumerate(groups[1:], start=1):
        upper, values = _codes(usable[f"g{level}"])
        of_group = np.zeros(len(lowest), dtype=np.int64)
        of_group[codes] = upper
        astray = np.flatnonzero(of_group[codes] != upper)
        if astray.size:
            raise ModelError(nesting_message(groups[0], lowest[int(codes[astray[0]])], name))
        columns[name] = values.gather(of_group)
    return pl.DataFrame(columns), codes


def _whole(key: pl.Series) -> pl.Series:
    """A key that pandas made a float, because some rows lack it, as the whole number that it is."""
    if not key.dtype.is_float():
        return key
    known = key.fill_nan(None)
    return known.cast(pl.Int64) if (known == known.round()).all() else known


def _missing(table: pl.DataFrame, design: Design, groups: tuple[str, ...], outcome: str) -> dict[str, int]:
    """How many rows lack each column."""
    counts = {name: table[f"g{level}"].null_count() for level, name in enumerate(groups)}
    sources: dict[str, list[str]] = {}
    for index, column in enumerate(design.columns):
        for factor in column.factors:
            if len(column.factors) == 1:
                sources.setdefault(factor.column, []).append(f"x{index}")
    sources[design.outcome] = [outcome]
    for name in design.source_columns:
        # A column that only stands in products has no column of its own; it is counted through them.
        of_column = sources.get(name) or [
            f"x{index}"
            for index, column in enumerate(design.columns)
            if name in {f.column for f in column.factors}
        ]
        counts[name] = int(table.select((~pl.col(of_column[0]).is_finite().fill_null(False)).sum()).item())
    return counts


def _codes(key: pl.Series) -> tuple[Codes, pl.Series]:
    """Codes 0 to groups - 1 and the value of each. Small ranges of integers are counted, not sorted."""
    whole = key.dtype.is_integer()
    numbers = key if whole else key.cast(pl.String).cast(pl.Categorical).to_physical()
    if not key.len():
        return np.zeros(0, dtype=np.int64), key
    low, high = int(numbers.min()), int(numbers.max())  # type: ignore[arg-type]
    if high - low > 50_000_000:
        distinct, codes = np.unique(numbers.to_numpy(), return_inverse=True)
        return codes.astype(np.int64), pl.Series(key.name, distinct, dtype=key.dtype)
    offsets = numbers.to_numpy().astype(np.int64) - low
    seen = np.zeros(high - low + 1, dtype=bool)
    seen[offsets] = True
    found = np.flatnonzero(seen)
    code_of = np.empty(high - low + 1, dtype=np.int64)
    code_of[found] = np.arange(found.size)
    codes = code_of[offsets]
    if whole:
        return codes, pl.Series(key.name, found + low, dtype=key.dtype)
    row = np.empty(found.size, dtype=np.int64)
    row[codes] = np.arange(codes.size)
    return codes, key.gather(row)


def _accumulate(
    table: pl.DataFrame, codes: Codes, groups: int, centre: Numbers, design: Design
) -> tuple[Numbers, Numbers, Numbers]:
    width = table.width + 1
    total = np.zeros((width, width))
    by_group = np.zeros((width, groups))
    slope_products = np.zeros((len(design.slopes), width, groups))
    columns = [table[name].to_numpy() for name in table.columns]
    batch = np.ones((width, min(BATCH, max(table.height, 1))))
    for start in range(0, table.height, BATCH):
        stop = min(start + BATCH, table.height)
        part = batch[:, : stop - start]
        for index, column in enumerate(columns):
            np.subtract(column[start:stop], centre[index], out=part[index + 1])
        total += small_products.outer(part, part)
        here = codes[start:stop]
        by_group[0] += np.bincount(here, minlength=groups)
        for index in range(1, width):
            by_group[index] += np.bincount(here, weights=part[index], minlength=groups)
        for place, slope in enumerate(design.slopes):
            slope_products[place, 0] = by_group[slope + 1]
            for index in range(1, width):
                products = part[slope + 1] * part[index]
                slope_products[place, index] += np.bincount(here, weights=products, minlength=groups)
    return total, by_group, slope_products
