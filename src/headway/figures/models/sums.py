"""Sums of products: all that a multilevel model needs to know of its pupils.

A model with pupils in schools (in authorities) is fitted exactly from each school's number, sums and, for
slopes, products, and the overall products. So every engine computes the same sums in one pass; sums of
two files or two years add; and one small solver (`reml`) does the rest. Sums are held centred
(each column less a constant near its mean), so that large numbers do not swallow small differences.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import narwhals as nw
import numpy as np
import numpy.typing as npt
import polars as pl

from headway.figures.models.terms import Design, ModelError

Numbers = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int64]

BATCH = 1 << 16
"""Pupils taken at a time: their columns fit a processor's cache."""


@dataclass(frozen=True)
class Sums:
    """Sums of products of the pupils who have every value of a model.

    With w = (1, x - c, ..., y - c) for a pupil, the design's columns and last the outcome:
    `total` is the sum of w w' over all pupils, (m, m); `by_group` the sum of w in each lowest group,
    (m, groups); `slope_products` the sum of z w for each slope column z, (slopes, m, groups).
    `keys` has a row a group and a column a level, the lowest first; `coverage` has a row for each
    lowest group, also those none of whose pupils could be counted, with `rows` and `pupils` (counted).
    `missing` says how many rows lack each column.
    """

    design: Design
    groups: tuple[str, ...]
    keys: pl.DataFrame
    centre: Numbers
    total: Numbers
    by_group: Numbers
    slope_products: Numbers
    coverage: pl.DataFrame
    missing: dict[str, int] = field(default_factory=dict)

    @property
    def pupils(self) -> int:
        """Pupils counted."""
        return round(float(self.total[0, 0]))

    @property
    def rows(self) -> int:
        """Rows seen, counted or not."""
        return int(self.coverage["rows"].sum())

    def recentred(self, centre: Numbers) -> Sums:
        """The same sums about another centre."""
        shift = self.centre - centre
        change = np.eye(len(self.total))
        change[0, 1:] = shift
        slopes = np.array(
            [
                change.T @ (products + shift[column] * self.by_group)
                for column, products in zip(self.design.slopes, self.slope_products, strict=True)
            ]
        ).reshape(self.slope_products.shape)
        return replace(
            self,
            centre=centre,
            total=change.T @ self.total @ change,
            by_group=change.T @ self.by_group,
            slope_products=slopes,
        )

    def about_the_mean(self) -> Sums:
        """The same sums about each column's mean."""
        return self.recentred(self.centre + self.total[0, 1:] / max(self.total[0, 0], 1.0))

    def __add__(self, other: Sums) -> Sums:
        """The sums of both files' pupils. Raises `ModelError` if the models or levels differ."""
        if self.design != other.design or self.groups != other.groups:
            raise ModelError(
                "sums of two different models cannot be added; use the design of the first for both"
            )
        second = other.recentred(self.centre)
        keys = pl.concat([self.keys, other.keys], how="vertical_relaxed").unique(maintain_order=True)
        _check_nesting(keys, self.groups)
        places = [_places(keys, part.keys, self.groups) for part in (self, second)]
        count = keys.height
        coverage = (
            pl.concat([self.coverage, other.coverage], how="vertical_relaxed")
            .group_by(self.groups[0], maintain_order=True)
            .agg(pl.col("rows", "pupils").sum())
        )
        names = dict.fromkeys((*self.missing, *other.missing))
        return replace(
            self,
            keys=keys,
            total=self.total + second.total,
            by_group=_spread(self.by_group, places[0], count) + _spread(second.by_group, places[1], count),
            slope_products=_spread(self.slope_products, places[0], count)
            + _spread(second.slope_products, places[1], count),
            coverage=coverage,
            missing={name: self.missing.get(name, 0) + other.missing.get(name, 0) for name in names},
        )


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
    if len(groups) not in (1, 2):
        raise ModelError(f"a model has one or two levels of groups, not {len(groups)}: {', '.join(groups)}")
    opened = lazy(frame)
    schema = opened.collect_schema()
    for name in groups:
        if name not in schema:
            raise ModelError(
                f"there is no column {name!r} to group by; the frame has {', '.join(schema.names()[:20])}"
            )
    if opened.implementation.is_polars():
        made = _in_memory(opened, design, tuple(groups))
    else:
        made = _by_query(opened, design, tuple(groups))
    if made.pupils == 0:
        lacking = ", ".join(f"{name} in {count:,}" for name, count in made.missing.items() if count)
        raise ModelError(
            f"no pupil has every value of the model: of {made.rows:,} rows, missing are {lacking}"
        )
    _check_nesting(made.keys, made.groups)
    return made.about_the_mean()


def _column_names(design: Design) -> list[str]:
    return [f"x{index}" for index in range(len(design.columns))] + ["y"]


def _columns(design: Design) -> list[nw.Expr]:
    expressions = [column.expression() for column in design.columns] + [
        nw.col(design.outcome).cast(nw.Float64)
    ]
    return [made.alias(name) for made, name in zip(expressions, _column_names(design), strict=True)]


def _in_memory(frame: nw.LazyFrame[Any], design: Design, groups: tuple[str, ...]) -> Sums:
    """The fast way: columns to numpy, batch by batch."""
    keys = [nw.col(name).alias(f"g{level}") for level, name in enumerate(groups)]
    table: pl.DataFrame = frame.select(*keys, *_columns(design)).collect(backend="polars").to_native()
    table = table.with_columns(_whole(table[f"g{level}"]) for level in range(len(groups)))
    names = _column_names(design)
    levels = [f"g{level}" for level in range(len(groups))]
    means = table.select(pl.col(names).mean()).row(0)
    complete = not any(table.null_count().row(0)) and all(
        value is not None and np.isfinite(value) for value in means
    )
    usable = table
    missing = dict.fromkeys((*groups, *design.source_columns), 0)
    if not complete:
        known = [pl.col(name).is_not_null() for name in levels] + [
            pl.col(name).is_finite().fill_null(False) for name in names
        ]
        usable = table.filter(known)
        missing = _missing_in_memory(table, design, groups)
        means = usable.select(pl.col(names).mean()).row(0)
    centre = np.array([value or 0.0 for value in means], dtype=np.float64)
    codes, lowest = _codes(usable["g0"])
    parents = [_codes(usable[name]) for name in levels[1:]]
    key_columns = {groups[0]: lowest}
    for name, (upper, values) in zip(groups[1:], parents, strict=True):
        of_group = np.zeros(len(lowest), dtype=np.int64)
        of_group[codes] = upper
        astray = np.flatnonzero(of_group[codes] != upper)
        if astray.size:
            raise ModelError(_nesting_message(groups[0], lowest[int(codes[astray[0]])], name))
        key_columns[name] = values.gather(of_group)
    total, by_group, slope_products = _accumulate(usable.select(names), codes, len(lowest), centre, design)
    if complete:
        counted = pl.Series(by_group[0].round().astype(np.int64))
        coverage = pl.DataFrame({groups[0]: lowest, "rows": counted, "pupils": counted})
    else:
        coverage = (
            table.filter(pl.col("g0").is_not_null())
            .group_by(pl.col("g0").alias(groups[0]), maintain_order=True)
            .agg(
                pl.len().cast(pl.Int64).alias("rows"),
                pl.all_horizontal(known).sum().cast(pl.Int64).alias("pupils"),
            )
        )
    return Sums(
        design, groups, pl.DataFrame(key_columns), centre, total, by_group, slope_products, coverage, missing
    )


def _whole(key: pl.Series) -> pl.Series:
    """A key that pandas made a float, because some rows lack it, as the whole number that it is."""
    if not key.dtype.is_float():
        return key
    known = key.fill_nan(None)
    return known.cast(pl.Int64) if (known == known.round()).all() else known


def _missing_in_memory(table: pl.DataFrame, design: Design, groups: tuple[str, ...]) -> dict[str, int]:
    counts = {name: table[f"g{level}"].null_count() for level, name in enumerate(groups)}
    sources: dict[str, list[str]] = {}
    for index, column in enumerate(design.columns):
        for factor in column.factors:
            if len(column.factors) == 1:
                sources.setdefault(factor.column, []).append(f"x{index}")
    sources[design.outcome] = ["y"]
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
        total += part @ part.T
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


def _by_query(frame: nw.LazyFrame[Any], design: Design, groups: tuple[str, ...]) -> Sums:
    """The way of engines that hold the data elsewhere: one query, a row a group comes back."""
    names = _column_names(design)
    levels = [f"g{level}" for level in range(len(groups))]
    table = frame.select(
        *(nw.col(name).alias(level) for name, level in zip(groups, levels, strict=True)), *_columns(design)
    )
    known = [nw.col(name).abs() < 1e300 for name in names] + [~nw.col(name).is_null() for name in levels]
    # A look at a few rows gives a centre near the mean; the sums are centred exactly afterwards.
    glance = table.select(*names).head(1000).collect(backend="pyarrow")
    centre = np.array([_near_mean(glance[name].to_list()) for name in names])
    flagged = table.with_columns(*(known[i].fill_null(False).alias(f"k{i}") for i in range(len(known))))
    used = nw.all_horizontal(*(nw.col(f"k{i}") for i in range(len(known))), ignore_nulls=False)
    centred = flagged.with_columns(used.alias("used")).with_columns(
        nw.when(nw.col("used"))
        .then(nw.col(name) - float(constant))
        .otherwise(nw.lit(0.0))
        .alias(f"w{index + 1}")
        for index, (name, constant) in enumerate(zip(names, centre, strict=True))
    )
    width = len(names) + 1
    pairs = [(i, j) for i in range(1, width) for j in range(i, width)]
    products = centred.with_columns((nw.col(f"w{i}") * nw.col(f"w{j}")).alias(f"p{i}_{j}") for i, j in pairs)
    result = (
        products.with_columns(nw.lit(1).alias("one"))
        .group_by(*levels)
        .agg(
            nw.col("one").sum().alias("rows"),
            nw.col("used").cast(nw.Int64).sum().alias("pupils"),
            *((1 - nw.col(f"k{i}").cast(nw.Int64)).sum().alias(f"m{i}") for i in range(len(known))),
            *(nw.col(f"w{i}").sum() for i in range(1, width)),
            *(nw.col(f"p{i}_{j}").sum() for i, j in pairs),
        )
        .collect(backend="pyarrow")
        .to_polars()
        .with_columns(pl.exclude(levels).cast(pl.Float64))
    )
    return _assemble(result, design, groups, levels, centre)


def _assemble(
    result: pl.DataFrame, design: Design, groups: tuple[str, ...], levels: list[str], centre: Numbers
) -> Sums:
    """The sums from a row a group of a query's answer."""
    width = len(centre) + 1
    known_count = len(centre) + len(groups)
    lacking = [int(result[f"m{i}"].sum()) for i in range(known_count)]
    columns = [*design.columns]
    missing = dict.fromkeys((*groups, *design.source_columns), 0)
    for index, column in reversed(list(enumerate(columns))):
        for factor in column.factors:
            if len(column.factors) == 1 or not missing[factor.column]:
                missing[factor.column] = lacking[index]
    missing[design.outcome] = lacking[len(columns)]
    missing.update({name: lacking[len(centre) + level] for level, name in enumerate(groups)})
    coverage = (
        result.filter(pl.col("g0").is_not_null())
        .group_by(pl.col("g0").alias(groups[0]))
        .agg(pl.col("rows", "pupils").sum().cast(pl.Int64))
        .sort(groups[0])
    )
    used = result.filter(pl.col("pupils") > 0).sort(levels)
    by_group = np.vstack([used["pupils"].to_numpy(), *(used[f"w{i}"].to_numpy() for i in range(1, width))])
    total = np.zeros((width, width))
    total[0] = total[:, 0] = by_group.sum(axis=1)
    for i in range(1, width):
        for j in range(i, width):
            total[i, j] = total[j, i] = used[f"p{i}_{j}"].sum()
    slope_products = np.zeros((len(design.slopes), width, used.height))
    for place, slope in enumerate(design.slopes):
        own = slope + 1
        slope_products[place, 0] = by_group[own]
        for index in range(1, width):
            slope_products[place, index] = used[f"p{min(own, index)}_{max(own, index)}"].to_numpy()
    keys = used.select(pl.col(level).alias(name) for level, name in zip(levels, groups, strict=True))
    return Sums(design, groups, keys, centre, total, by_group, slope_products, coverage, missing)


def _near_mean(values: list[float | None]) -> float:
    finite = [value for value in values if value is not None and np.isfinite(value)]
    return float(np.mean(finite)) if finite else 0.0


def _check_nesting(keys: pl.DataFrame, groups: tuple[str, ...]) -> None:
    if len(groups) == 1 or keys[groups[0]].n_unique() == keys.height:
        return
    twice = keys.filter(pl.col(groups[0]).is_duplicated())[groups[0]][0]
    raise ModelError(_nesting_message(groups[0], twice, groups[1]))


def _nesting_message(lower: str, key: object, upper: str) -> str:
    return (
        f"{lower} {key} lies in more than one {upper}: levels must nest. "
        f"Give each {lower} one {upper}, or make the part in each {upper} a {lower} of its own."
    )


def _places(keys: pl.DataFrame, part: pl.DataFrame, groups: tuple[str, ...]) -> Codes:
    indexed = keys.with_row_index("place")
    return (
        part.join(indexed, on=list(groups), how="left", maintain_order="left")["place"]
        .to_numpy()
        .astype(np.int64)
    )


def _spread(part: Numbers, places: Codes, count: int) -> Numbers:
    wide = np.zeros((*part.shape[:-1], count))
    wide[..., places] = part
    return wide
