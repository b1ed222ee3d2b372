"""Similar schools: the nearest in who their pupils are, never in how well they do.

DfE's definition (a weighted Euclidean distance over nine characteristics) and an authority's own choice of
characteristics and weights are packs: data with their dates and sources. A school that lacks a characteristic is compared
over those that both schools have, and every pair says over how many.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from headway.figures.measures import registry
from headway.figures.models.nearest import Numbers, Space, Whole, nearest
from headway.figures.models.terms import ModelError
from headway.figures.tables import Status

COUNT = 50
"""How many similar schools DfE names (GOV.UK, similar schools model, 12 June 2026)."""

_OUTCOME = re.compile(
    r"(^|[^a-z])(ks[1-5]|nks|eyfsp|fsp|phonics|mtc|absence|attendance|attain|progress|elgs?|gld|rwm)(?![a-z])"
)
_INTAKE = ("context_", "ks1_cohort", "ks2_cohort")


@dataclass(frozen=True)
class Characteristic:
    """One characteristic of a school's intake.

    `measures` are the measures that hold it, the first that is loaded being taken. A distance of one `scale` counts 1;
    without a scale it is the standard deviation of the loaded schools over the square root of `weight`.
    """

    key: str
    title: str
    unit: str
    measures: tuple[str, ...]
    scale: float | None = None
    weight: float = 1.0
    note: str = ""


@dataclass(frozen=True)
class Pack:
    """A definition of likeness: characteristics, and the least number that two schools must both have."""

    key: str
    title: str
    characteristics: tuple[Characteristic, ...]
    minimum: int
    source: str
    kind: str = "school"
    first_year: int | None = None
    last_year: int | None = None
    verified: bool = True
    because: str = ""

    def __post_init__(self) -> None:
        _check(self)

    @property
    def keys(self) -> list[str]:
        """The characteristics' keys, in order."""
        return [found.key for found in self.characteristics]


def is_outcome(measure: str) -> bool:
    """Whether a measure says how well pupils do (or attend), and not who they are.

    Known measures with a better and a worse end are outcomes; of others the name decides.
    """
    if measure.startswith(_INTAKE):
        return False
    known = registry().get(measure)
    return (known is not None and known.direction != "neutral") or bool(_OUTCOME.search(measure.lower()))


def _check(pack: Pack) -> None:
    found = pack.characteristics
    if not found:
        raise ModelError(f"{pack.title} has no characteristic to compare schools by. Name at least one.")
    twice = sorted({one.key for one in found if pack.keys.count(one.key) > 1})
    if twice:
        raise ModelError(
            f"{pack.title} names {', '.join(twice)} more than once. Name each characteristic once."
        )
    for one in found:
        outcomes = [measure for measure in one.measures if is_outcome(measure)]
        if outcomes:
            raise ModelError(
                f"{outcomes[0]} is an outcome. Schools matched on results would only show that like results are alike; "
                f"take it out of {pack.title} and match on who the pupils are."
            )
        if not one.measures:
            raise ModelError(f"{one.key} in {pack.title} has no measure. Say which measures hold it.")
        size = one.weight if one.scale is None else one.scale
        if not (size > 0 and np.isfinite(size)):
            raise ModelError(
                f"{one.key} in {pack.title} has {size:g} as its scale or weight. It must be above zero."
            )
    if not 1 <= pack.minimum <= len(found):
        raise ModelError(
            f"{pack.title} asks for {pack.minimum} of {len(found)} characteristics. Ask for 1 to {len(found)}."
        )


@cache
def packs() -> dict[str, Pack]:
    """Headway's own packs by key."""
    folder = files(__package__) / "packs"
    found = [
        _pack(tomllib.loads(entry.read_text(encoding="utf-8")), entry.name)
        for entry in folder.iterdir()
        if entry.name.startswith("similar_schools_") and entry.name.endswith(".toml")
    ]
    return {pack.key: pack for pack in sorted(found, key=lambda pack: pack.key)}


def pack(key: str = "dfe_2026") -> Pack:
    """The pack of that key. Raises ModelError with those that exist."""
    if key not in packs():
        raise ModelError(
            f"there is no pack of similar schools called {key}. There are: {', '.join(packs())}."
        )
    return packs()[key]


def read_pack(path: Path) -> Pack:
    """An authority's own pack from a TOML file of the same form as Headway's. Raises ModelError saying what is wrong."""
    try:
        text = path.read_text(encoding="utf-8")
        return _pack(tomllib.loads(text), path.name)
    except OSError as problem:
        raise ModelError(f"{path} cannot be read: {problem.strerror}.") from None
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as problem:
        raise ModelError(f"{path.name} is not a TOML file in UTF-8: {problem}") from None


def own_pack(
    weights: Mapping[str, float], *, minimum: int | None = None, title: str = "Own characteristics"
) -> Pack:
    """An authority's own choice: measures with their weights, standardised by the loaded schools.

    `minimum` is by default more than half of them.
    """
    chosen = tuple(
        Characteristic(
            measure,
            registry()[measure].title if measure in registry() else measure,
            registry()[measure].unit if measure in registry() else "",
            (measure,),
            weight=float(weight),
        )
        for measure, weight in weights.items()
    )
    least = minimum if minimum is not None else len(chosen) // 2 + 1
    return Pack("own", title, chosen, least, "The authority's own choice")


_KNOWN = {"key", "title", "minimum", "source", "kind", "first_year", "last_year", "verified", "because"}


def _pack(data: dict[str, Any], name: str) -> Pack:
    data = dict(data)
    entries = data.pop("characteristic", [])
    lacking = {"key", "title", "minimum", "source"} - set(data)
    if lacking:
        raise ModelError(f"{name} does not say its {', '.join(sorted(lacking))}. Add it at the top.")
    strange = set(data) - _KNOWN
    if strange:
        raise ModelError(
            f"{name} has {', '.join(sorted(strange))}, which no pack knows. Known: {', '.join(sorted(_KNOWN))}."
        )
    try:
        found = tuple(
            Characteristic(**(entry | {"measures": tuple(entry.get("measures", ()))})) for entry in entries
        )
        return Pack(characteristics=found, **data)
    except TypeError as problem:
        raise ModelError(f"{name}: a [[characteristic]] is not as it should be: {problem}.") from None


def characteristics(
    results: pl.LazyFrame | pl.DataFrame, year: int, chosen: Pack | None = None
) -> pl.DataFrame:
    """What is known of each organisation in `results` rows: `organisation` and a column a characteristic.

    Each characteristic is that of the latest year, not after `year`, in which it is there at all, from one basis (the one
    that most organisations have), so that all are alike; `coverage` says which. Only reported figures of all pupils count:
    what is suppressed or missing is null. Organisations of which nothing is known have no row.
    """
    chosen = chosen or pack()
    rows = _known(results, year, chosen)
    picked = coverage(rows, year, chosen).drop_nulls("measure")
    wide = pl.DataFrame(schema={"organisation": pl.String})
    for key, measure, from_year, basis in picked.select("characteristic", "measure", "year", "basis").rows():
        one = rows.filter(
            pl.col("measure") == measure, pl.col("year") == from_year, pl.col("basis") == basis
        ).select("organisation", pl.col("value").alias(key))
        wide = wide.join(one, on="organisation", how="full", coalesce=True)
    lacking = [pl.lit(None, pl.Float64).alias(key) for key in chosen.keys if key not in wide.columns]
    return wide.with_columns(lacking).select("organisation", *chosen.keys).sort("organisation")


def coverage(results: pl.LazyFrame | pl.DataFrame, year: int, chosen: Pack | None = None) -> pl.DataFrame:
    """Where each characteristic comes from: characteristic, title, measure, year, basis, organisations, note.

    A characteristic that is not loaded has a null measure and no organisations.
    """
    chosen = chosen or pack()
    rows = _known(results, year, chosen)
    counted = rows.group_by("measure", "year", "basis").agg(pl.len().alias("organisations"))
    found = []
    for one in chosen.characteristics:
        order = pl.col("measure").replace_strict(
            list(one.measures), list(range(len(one.measures))), default=None, return_dtype=pl.Int64
        )
        best = (
            counted.filter(pl.col("measure").is_in(list(one.measures)))
            .sort(
                order,
                -pl.col("year"),
                -pl.col("organisations").cast(pl.Int64),
                pl.col("basis") != "published",
                "basis",
            )
            .head(1)
        )
        row = best.row(0, named=True) if best.height else {}
        found.append(
            {
                "characteristic": one.key,
                "title": one.title,
                "measure": row.get("measure"),
                "year": row.get("year"),
                "basis": row.get("basis"),
                "organisations": row.get("organisations", 0),
                "note": one.note,
            }
        )
    return pl.DataFrame(
        found,
        schema={
            "characteristic": pl.String,
            "title": pl.String,
            "measure": pl.String,
            "year": pl.Int64,
            "basis": pl.String,
            "organisations": pl.Int64,
            "note": pl.String,
        },
    )


def _known(results: pl.LazyFrame | pl.DataFrame, year: int, chosen: Pack) -> pl.DataFrame:
    wanted = [measure for one in chosen.characteristics for measure in one.measures]
    return (
        results.lazy()
        .filter(
            pl.col("measure").is_in(wanted),
            pl.col("year") <= year,
            pl.col("years_pooled") == 1,
            pl.col("group") == "all",
            pl.col("status") == Status.REPORTED.value,
            pl.col("organisation").str.starts_with(f"{chosen.kind}:"),
            pl.col("value").is_finite(),
        )
        .select("organisation", "year", "years_pooled", "measure", "group", "basis", "status", "value")
        .collect()
    )


def similar(
    characteristics: pl.DataFrame,
    *,
    chosen: Pack | None = None,
    count: int = COUNT,
    alike: Sequence[str] = (),
    apart: str | None = None,
    of: Collection[str] | None = None,
) -> pl.DataFrame:
    """The `count` organisations most like each: organisation, neighbour, rank, distance, characteristics_used.

    `characteristics` has `organisation` and the pack's columns, null where unknown. Neighbours have the same value in each
    of the `alike` columns (kind_of_school, say) and another in `apart` (authority, for neighbours elsewhere); a row whose
    value there is null has no neighbours and is none. `of` names those wanted (by default all). Ties are in the order of
    `organisation`, and the order of the rows does not matter. Those left out are in `left_out`. Exact to double precision.
    """
    chosen = chosen or pack()
    if count < 1:
        raise ModelError(f"{count} similar schools were asked for; ask for at least one")
    frame = _ready(characteristics, chosen, [*alike, *([apart] if apart else [])])
    names = frame["organisation"]
    rows: Whole | None = None
    if of is not None:
        strange = sorted(set(of) - set(names.to_list()))
        if strange:
            raise ModelError(
                f"{strange[0]} is not among the schools whose characteristics are known, so nobody can be said to be like it"
            )
        rows = np.flatnonzero(names.is_in(list(of)).to_numpy())
    pairs = nearest(
        space(frame, chosen),
        count,
        of=rows,
        alike=_codes(frame, alike) if alike else None,
        apart=_codes(frame, [apart]) if apart else None,
    )
    return pl.DataFrame(
        {
            "organisation": names.gather(pairs.point),
            "neighbour": names.gather(pairs.neighbour),
            "rank": pairs.rank,
            "distance": pairs.distance,
            "characteristics_used": pairs.used,
        }
    )


def left_out(characteristics: pl.DataFrame, chosen: Pack | None = None) -> pl.DataFrame:
    """Those with too few characteristics to be compared: organisation, characteristics_known, because."""
    chosen = chosen or pack()
    known = pl.sum_horizontal(pl.col(key).is_not_null() for key in chosen.keys).cast(pl.Int64)
    lacking = pl.concat_str(
        *(pl.when(pl.col(one.key).is_null()).then(pl.lit(one.title)) for one in chosen.characteristics),
        separator=", ",
        ignore_nulls=True,
    )
    return (
        characteristics.with_columns(known.alias("characteristics_known"))
        .filter(pl.col("characteristics_known") < chosen.minimum)
        .select(
            "organisation",
            "characteristics_known",
            pl.format(
                "fewer than {} characteristics are known; missing: {}", pl.lit(chosen.minimum), lacking
            ).alias("because"),
        )
        .sort("organisation")
    )


def space(characteristics: pl.DataFrame, chosen: Pack) -> Space:
    """The points and scales that a pack makes of characteristics. A characteristic that nobody has weighs nothing."""
    values: Numbers = characteristics.select(pl.col(key).cast(pl.Float64) for key in chosen.keys).to_numpy()
    values = np.ascontiguousarray(np.where(np.isfinite(values), values, np.nan))
    spread = np.array([_deviation(values[:, k]) for k in range(values.shape[1])])
    scales = np.empty(spread.size)
    weights = np.empty(spread.size)
    for k, one in enumerate(chosen.characteristics):
        if one.scale is not None:
            scales[k] = one.scale
            # What the scale makes a weight of: scale = deviation / sqrt(weight).
            weights[k] = (spread[k] / one.scale) ** 2
        else:
            scales[k] = spread[k] / one.weight**0.5 if spread[k] > 0 else np.inf
            weights[k] = one.weight if spread[k] > 0 else 0.0
    if not (weights > 0).any():
        # Nobody differs in anything: all are equally near, if enough is known of them.
        weights = np.where(np.isnan(values).all(axis=0), 0.0, 1.0)
    return Space(values, scales, weights, chosen.minimum)


def _deviation(values: Numbers) -> float:
    known = values[~np.isnan(values)]
    if known.size == 0 or np.ptp(known) == 0:
        return 0.0
    # In ascending order, so that the order of the schools does not matter to the last bit.
    return float(np.std(np.sort(known)))


def _ready(characteristics: pl.DataFrame, chosen: Pack, columns: Sequence[str]) -> pl.DataFrame:
    lacking = [
        name for name in ("organisation", *chosen.keys, *columns) if name not in characteristics.columns
    ]
    if lacking:
        raise ModelError(f"the characteristics have no column {', '.join(lacking)}; {chosen.title} needs it")
    frame = characteristics.sort("organisation").drop_nulls(["organisation", *columns])
    if frame["organisation"].n_unique() < frame.height:
        twice = frame.filter(pl.col("organisation").is_duplicated())["organisation"][0]
        raise ModelError(f"{twice} stands more than once in the characteristics; give each school one row")
    return frame


def _codes(frame: pl.DataFrame, columns: Sequence[str | None]) -> Whole:
    names = [name for name in columns if name is not None]
    codes: Whole = (
        frame.select(pl.struct(names).rank("dense").alias("code"))["code"].to_numpy().astype(np.int64)
    )
    return codes
