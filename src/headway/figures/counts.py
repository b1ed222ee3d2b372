"""Counting: one plan a cohort gives every school's sums for all measures and all groups.

The sums are additive, so that authorities, trusts, clusters, nations and three-year figures are sums of
sums, and no pupil row is read twice. Column names say what is summed over the pupils counted:

* `d__KEY` pupils in the denominator (of a mean: with a value)
* `n__KEY` pupils in the numerator
* `s__KEY` sum of the values, `q__KEY` of their squares
* `b__KEY` sum of the bases of a ratio, `x__KEY` of values times bases, `z__KEY` of the bases' squares
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import narwhals as nw

from headway.figures.measures import Kind, Measure
from headway.figures.measures.groups import GROUPS, Group

PARTS: dict[Kind, str] = {"count": "d", "proportion": "dn", "mean": "dsq", "ratio": "dsbqxz"}
"""The sums that a figure of each kind is made from; a spread needs its whole distribution."""

WHOLE = "dn"
"""Sums that are counts of pupils."""


Keep = Callable[[nw.LazyFrame[Any]], nw.LazyFrame[Any]]
"""An engine's `keep`: the same rows, worked out once."""


def _as_it_is(frame: nw.LazyFrame[Any]) -> nw.LazyFrame[Any]:
    return frame


def school_sums(
    cohort: nw.LazyFrame[Any],
    measures: Sequence[Measure],
    year: int,
    groups: Iterable[Group] = GROUPS,
    *,
    keep: Keep = _as_it_is,
) -> nw.LazyFrame[Any]:
    """A row a school and group that has pupils: `organisation`, `group` and the sums of every measure.

    One scan and one aggregation a dimension (sex, disadvantage …), put together in one plan: the groups of a
    dimension do not overlap, so a pupil is counted once in each dimension. A measure that is not split by
    a dimension has nulls there. `keep` is the engine's: the pupils' marks are worked out once for all dimensions.
    """
    summed = [measure for measure in measures if measure.kind in PARTS]
    dimensions: dict[str, list[Group]] = {}
    for group in groups:
        dimensions.setdefault(group.dimension, []).append(group)
    base = cohort.select(
        "organisation",
        *(_label(members).alias(f"g__{name}") for name, members in dimensions.items() if name != "all"),
        *(part for measure in summed for part in _parts(measure, year)),
    )
    base = keep(base)
    if base.implementation.is_polars():  # grouping by codes instead of text takes half the time there
        base = base.with_columns(nw.col("organisation").cast(nw.Categorical))
    plans = []
    for name, members in dimensions.items():
        split = [measure for measure in summed if _is_split(measure, members)]
        if not split:
            continue
        columns = [column for measure in split for column in columns_of(measure)]
        sums = nw.col(*columns).sum()  # one expression of many columns: plans are made faster than of many
        if name == "all":
            plan = base.group_by("organisation").agg(sums).with_columns(nw.lit("all").alias("group"))
        else:
            grouped = base.filter(~nw.col(f"g__{name}").is_null()).group_by("organisation", f"g__{name}")
            plan = grouped.agg(sums).with_columns(_key(members, f"g__{name}").alias("group"))
        typed = [
            nw.col(*those).cast(kind)
            for kind in (nw.Int64, nw.Float64)
            if (those := [column for column in columns if _type(column) == kind])
        ]
        blank = [
            nw.lit(None, _type(column)).alias(column)
            for measure in summed
            if measure not in split
            for column in columns_of(measure)
        ]
        plan = plan.with_columns(*typed, *blank)
        plans.append(plan.select("organisation", "group", *(c for each in summed for c in columns_of(each))))
    return nw.concat(plans, how="vertical")


def _type(column: str) -> Any:
    return nw.Int64 if column[0] in WHOLE else nw.Float64


def distribution(cohort: nw.LazyFrame[Any], measure: Measure, year: int) -> nw.LazyFrame[Any]:
    """A row a school and value: `organisation`, `points`, `pupils` with that value. All pupils only."""
    assert measure.cohort is not None
    assert measure.value is not None
    counted = cohort.filter(measure.cohort(year)).select(
        "organisation", measure.value(year).cast(nw.Int64).alias("points")
    )
    return (
        counted.filter(~nw.col("points").is_null())
        .group_by("organisation", "points")
        .agg(nw.len().alias("pupils"))
    )


def rows_by_receipt(cohort: nw.LazyFrame[Any]) -> nw.LazyFrame[Any]:
    """A row a school and receipt: how many pupil rows it gave. It is what a figure's source names."""
    return cohort.group_by("organisation", "receipt").agg(nw.len().alias("rows"))


def columns_of(measure: Measure) -> list[str]:
    """The names of a measure's sums."""
    return [f"{part}__{measure.key}" for part in PARTS[measure.kind]]


def _is_split(measure: Measure, members: Sequence[Group]) -> bool:
    return measure.groups is None or any(group.key in measure.groups for group in members)


def _label(members: Sequence[Group]) -> nw.Expr:
    """The place among `members` of the group that a pupil belongs to; null in none, an unknown one included.

    A number, because pupils are grouped by it: text would take half as long again.
    """
    chain: Any = nw
    for place, group in enumerate(members):
        chain = chain.when(group.member()).then(nw.lit(place, nw.Int8))
    label: nw.Expr = chain.otherwise(nw.lit(None, nw.Int8))
    return label


def _key(members: Sequence[Group], label: str) -> nw.Expr:
    """The key of the group at that place."""
    chain: Any = nw
    for place, group in enumerate(members):
        chain = chain.when(nw.col(label) == place).then(nw.lit(group.key))
    key: nw.Expr = chain.otherwise(nw.lit(None))
    return key


def _parts(measure: Measure, year: int) -> list[nw.Expr]:
    assert measure.cohort is not None
    counted = measure.cohort(year)
    value = measure.value(year).cast(nw.Float64) if measure.value else None
    base = measure.base(year).cast(nw.Float64) if measure.base else None
    for part in (value, base):
        if part is not None:
            counted = counted & ~part.is_null()
    numerator = measure.numerator(year) if measure.numerator else None
    made: dict[str, nw.Expr] = {"d": _marked(counted)}
    if numerator is not None:
        made["n"] = _marked(counted & numerator)
    if value is not None:
        made["s"] = nw.when(counted).then(value)
        made["q"] = nw.when(counted).then(value * value)
        if base is not None:
            made["b"] = nw.when(counted).then(base)
            made["x"] = nw.when(counted).then(value * base)
            made["z"] = nw.when(counted).then(base * base)
    return [made[part].alias(f"{part}__{measure.key}") for part in PARTS[measure.kind]]


def _marked(pupils: nw.Expr) -> nw.Expr:
    """1 for these pupils and 0 for the others, in the smallest type: every engine adds it up in a large one."""
    return nw.when(pupils).then(nw.lit(1, nw.Int8)).otherwise(nw.lit(0, nw.Int8))
