"""Sums of products from engines that hold the data elsewhere (DuckDB, Spark): one query, a row a group comes back."""

from __future__ import annotations

from typing import Any

import narwhals as nw
import numpy as np
import polars as pl

from headway.figures.models.sums import Numbers, Sums
from headway.figures.models.terms import Design

GLANCE = 1000
"""Rows looked at for a centre near the mean; the sums are centred exactly afterwards."""


def sums_by_query(frame: nw.LazyFrame[Any], design: Design, groups: tuple[str, ...]) -> Sums:
    """The sums of a lazy frame; rows that lack a value are counted, not added."""
    names = design.column_names
    levels = [f"g{level}" for level in range(len(groups))]
    table = frame.select(
        *(nw.col(name).alias(level) for name, level in zip(groups, levels, strict=True)),
        *design.expressions(),
    )
    known = [nw.col(name).abs() < 1e300 for name in names] + [~nw.col(name).is_null() for name in levels]
    glance = table.select(*names).head(GLANCE).collect(backend="pyarrow")
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
