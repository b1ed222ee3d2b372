"""How fast authorities improve: gains with intervals, beside their neighbours, and ranks with their range.

A gain is the change between two years that may stand in one series; across a break in the measure there is none. Its
interval is that of chance in both cohorts (Newcombe's). Where the cohort is unpublished (the Local Authority Interactive
Tool gives whole percentages alone) there is no such interval; then only what rounding hides is known, and it is said.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np
import polars as pl
from scipy.stats import t

from headway.figures.comparisons import newcombe
from headway.figures.intervals import Z, wilson
from headway.figures.measures import registry
from headway.figures.models.terms import ModelError
from headway.figures.rounding import numerator_range
from headway.figures.tables import Status

DRAWS = 10_000
SEED = 2004
"""Of the draws from which the range of a rank is read, so that it comes out the same twice."""
CHANCE, ROUNDING, NONE = "chance", "rounding only", "none"


@dataclass(frozen=True)
class Counted:
    """Between `low` and `high` of `pupils` reached it; equal where the number is known."""

    low: int
    high: int
    pupils: int


@dataclass(frozen=True)
class Figure:
    """One figure: its value in the measure's unit, and what is known of its pupils.

    `counted` is None where the cohort is unpublished or the figure is no share of pupils; `limits` are its 95 % interval
    where it has one. `step` is what the value was rounded to, 0 if not.
    """

    value: float
    counted: Counted | None = None
    limits: tuple[float, float] | None = None
    step: float = 0.0

    @property
    def best(self) -> float:
        """The percentage itself where the numerator is known; as published where it is a range."""
        if self.counted and self.counted.low == self.counted.high:
            return 100 * self.counted.low / self.counted.pupils
        return self.value


def figures(
    results: pl.LazyFrame | pl.DataFrame,
    measure: str,
    years: Sequence[int],
    *,
    group: str = "all",
    kind: str = "authority",
    cohorts: pl.DataFrame | None = None,
) -> dict[tuple[str, int], Figure]:
    """The reported figures of a measure by organisation and year, each of the basis for which its pupils are known.

    `cohorts` (organisation, year, pupils) gives the size of cohorts that another publication has; a whole percentage then
    bounds the numerator. Without it a percentage with no denominator has none.
    """
    rows = (
        results.lazy()
        .filter(
            pl.col("measure") == measure,
            pl.col("year").is_in(list(years)),
            pl.col("group") == group,
            pl.col("years_pooled") == 1,
            pl.col("status") == Status.REPORTED.value,
            pl.col("value").is_not_null(),
            pl.col("organisation").str.starts_with(f"{kind}:"),
        )
        .select(
            *("organisation", "year", "basis", "value", "lower", "upper"),
            *("numerator_low", "numerator_high", "denominator"),
        )
        .collect()
    )
    steps = {
        basis: step_of(rows.filter(pl.col("basis") == basis)["value"].to_list())
        for basis in rows["basis"].unique()
    }
    sizes = (
        {}
        if cohorts is None
        else {
            (name, year): size for name, year, size in cohorts.select("organisation", "year", "pupils").rows()
        }
    )
    order = {"published": 0, "pupils": 1, "schools": 2}
    share = measure in registry() and registry()[measure].unit == "percent" and registry()[measure].of_pupils
    found: dict[tuple[str, int], tuple[tuple[bool, int], Figure]] = {}
    for row in rows.iter_rows(named=True):
        where = (row["organisation"], row["year"])
        counted = None
        if row["numerator_low"] is not None and row["denominator"]:
            counted = Counted(row["numerator_low"], row["numerator_high"], row["denominator"])
        elif share and sizes.get(where) and steps[row["basis"]]:
            bounds = numerator_range(row["value"], steps[row["basis"]], int(sizes[where]))
            counted = Counted(*bounds, int(sizes[where])) if bounds else None
        limits = (
            (row["lower"], row["upper"]) if row["lower"] is not None and row["upper"] is not None else None
        )
        made = Figure(row["value"], counted, limits, 0.0 if counted else steps[row["basis"]])
        rank = (counted is None and limits is None, order.get(row["basis"], 3))
        if where not in found or rank < found[where][0]:
            found[where] = (rank, made)
    return {where: figure for where, (_, figure) in found.items()}


def step_of(values: Sequence[float]) -> float:
    """The step to which a column of figures was rounded: 1, 0.1 or 0.01, or 0 where it was not.

    Ten values or more, all multiples of it, are taken as rounded; of fewer nobody can tell.
    """
    if len(values) < 10:
        return 0.0
    column = np.asarray(values, dtype=np.float64)
    for step in (1.0, 0.1, 0.01):
        if np.all(np.abs(column / step - np.round(column / step)) < 1e-6):
            return step
    return 0.0


@dataclass(frozen=True)
class Change:
    """A change between two figures, with its 95 % interval; `interval` says of what: chance, rounding only, or none."""

    value: float
    limits: tuple[float, float] | None
    interval: str


def change(first: Figure, last: Figure) -> Change:
    """`last` minus `first`. Where the numerators are ranges the interval reaches from the least to the greatest."""
    start, end, apart = first.counted, last.counted, last.best - first.best
    if start and end:
        low, _ = newcombe(end.low, end.pupils, start.high, start.pupils)
        _, high = newcombe(end.high, end.pupils, start.low, start.pupils)
        return Change(apart, (low, high), CHANCE)
    if first.limits and last.limits:
        return Change(apart, _of_difference((last.value, *last.limits), (first.value, *first.limits)), CHANCE)
    half = (first.step + last.step) / 2
    return Change(apart, (apart - half, apart + half), ROUNDING) if half else Change(apart, None, NONE)


def _of_difference(one: tuple[float, float, float], other: tuple[float, float, float]) -> tuple[float, float]:
    """Limits of one minus other, independent, each as value, lower, upper (Zou and Donner 2008; see comparisons)."""
    (v1, l1, u1), (v2, l2, u2) = one, other
    apart = v1 - v2
    return apart - sqrt((v1 - l1) ** 2 + (u2 - v2) ** 2), apart + sqrt((u1 - v1) ** 2 + (v2 - l2) ** 2)


def breaks(measure: str, first: int, last: int) -> str | None:
    """Why the two years may not stand in one series; None if they may. Raises ModelError for years in the wrong order."""
    if first >= last:
        raise ModelError(f"{first} to {last} is no period: the first year must come before the last")
    known = registry().get(measure)
    if known is None:
        return None
    for year in (first, last):
        if year not in known.years:
            return f"{known.title} was not measured in {year}"
    between = known.breaks_between(first, last)
    return "; ".join(f"from {one.year}: {one.reason}" for one in between) or None


_GAINS = {
    "organisation": pl.String,
    "measure": pl.String,
    "group": pl.String,
    "first_year": pl.Int64,
    "last_year": pl.Int64,
    "first_value": pl.Float64,
    "last_value": pl.Float64,
    "first_pupils": pl.Int64,
    "last_pupils": pl.Int64,
    "gain": pl.Float64,
    "lower": pl.Float64,
    "upper": pl.Float64,
    "gain_a_year": pl.Float64,
    "interval": pl.String,
    "because": pl.String,
    "note": pl.String,
}


def gains(
    results: pl.LazyFrame | pl.DataFrame,
    measure: str,
    first: int,
    last: int,
    *,
    group: str = "all",
    kind: str = "authority",
    cohorts: pl.DataFrame | None = None,
    notes: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """Every authority's gain over a period, the greatest first, with its interval and room for a note on what it did.

    An authority without both years has a row that says so; across a break nobody has a gain, and `because` says why.
    Authorities are known by their number: one that was abolished or made in between is not joined to another. `notes`
    (organisation, note) fills the column.
    """
    known = figures(results, measure, (first, last), group=group, kind=kind, cohorts=cohorts)
    broken = breaks(measure, first, last)
    rows = []
    for name in sorted({name for name, _ in known}):
        start, end = known.get((name, first)), known.get((name, last))
        row: dict[str, object] = {
            "organisation": name,
            "measure": measure,
            "group": group,
            "first_year": first,
            "last_year": last,
            "first_value": start.value if start else None,
            "last_value": end.value if end else None,
            "first_pupils": start.counted.pupils if start and start.counted else None,
            "last_pupils": end.counted.pupils if end and end.counted else None,
        }
        if broken:
            row["because"] = f"not comparable: {broken}"
        elif start is None or end is None:
            row["because"] = f"no figure of {first if start is None else last}"
        else:
            made = change(start, end)
            row |= {
                "gain": made.value,
                "lower": made.limits[0] if made.limits else None,
                "upper": made.limits[1] if made.limits else None,
                "gain_a_year": made.value / (last - first),
                "interval": made.interval,
                "because": None
                if made.interval == CHANCE
                else "the cohort is unpublished: chance is not in the interval",
            }
        rows.append(row)
    frame = pl.DataFrame(rows, schema=_GAINS)
    if notes is not None:
        frame = frame.drop("note").join(notes.select("organisation", "note"), on="organisation", how="left")
    return frame.select(*_GAINS).sort("gain", "organisation", descending=[True, False], nulls_last=True)


@dataclass(frozen=True)
class Rate:
    """An authority's rate of improvement beside its neighbours', in the measure's unit over the whole period.

    `difference` is its gain less theirs, `lower` and `upper` its 95 % interval of chance (None where a cohort is
    unpublished). 95 % of the differences of one more authority like the neighbours would lie within plus or minus `usual`,
    going by how their own gains spread (None for fewer than three). `weighted` says whether the neighbours' gain is that of
    all their pupils together, and not the plain mean of theirs.
    """

    organisation: str
    measure: str
    first: int
    last: int
    gain: float
    neighbours_gain: float
    difference: float
    lower: float | None
    upper: float | None
    usual: float | None
    neighbours: tuple[str, ...]
    left_out: tuple[str, ...]
    weighted: bool

    @property
    def verdict(self) -> str:
        """faster, slower, not significant, or cannot say."""
        if self.lower is None or self.upper is None:
            return "cannot say"
        return "faster" if self.lower > 0 else "slower" if self.upper < 0 else "not significant"

    @property
    def unusual(self) -> bool | None:
        """Whether the difference lies outside what is usual among the neighbours."""
        return None if self.usual is None else abs(self.difference) > self.usual

    def sentence(self, unit: str = "percentage points") -> str:
        """What may be said of it."""
        told = (
            f"From {self.first} to {self.last} {self.organisation} changed by {self.gain:+.1f} {unit}, its "
            f"{len(self.neighbours)} neighbours by {self.neighbours_gain:+.1f}: a difference of {self.difference:+.1f}"
        )
        if self.lower is None or self.upper is None:
            told += ". The cohorts are unpublished, so how much of it is chance cannot be said"
        else:
            words = {"faster": "faster than its neighbours", "slower": "slower than its neighbours"}
            told += f" ({self.lower:+.1f} to {self.upper:+.1f} with 95 % confidence), " + words.get(
                self.verdict, "no more than chance explains"
            )
        if self.unusual is not None:
            told += f"; {'more' if self.unusual else 'no more'} than neighbours differ among themselves"
        return told + "."


def against_neighbours(
    results: pl.LazyFrame | pl.DataFrame,
    organisation: str,
    neighbours: Sequence[str],
    measure: str,
    first: int,
    last: int,
    *,
    group: str = "all",
    cohorts: pl.DataFrame | None = None,
) -> Rate:
    """Whether an authority improved faster than its neighbours: the difference of the differences.

    The neighbours' share is that of all their pupils together, each year, where every cohort is known; else the plain
    mean of their figures, and there is no interval of chance. A neighbour without both years is left out and named. Raises
    ModelError across a break, where the authority lacks a year, or where no neighbour is left.
    """
    broken = breaks(measure, first, last)
    if broken:
        raise ModelError(
            f"{measure} of {first} and {last} cannot be compared: {broken}. Choose years on one side."
        )
    kind = organisation.partition(":")[0]
    known = figures(results, measure, (first, last), group=group, kind=kind, cohorts=cohorts)
    for year in (first, last):
        if (organisation, year) not in known:
            raise ModelError(
                f"{organisation} has no figure of {measure} for {year}, so its rate cannot be told"
            )
    used = [
        name
        for name in neighbours
        if (name, first) in known and (name, last) in known and name != organisation
    ]
    if not used:
        raise ModelError(
            f"none of the neighbours of {organisation} has {measure} for both {first} and {last}"
        )
    own = change(known[organisation, first], known[organisation, last])
    theirs = [change(known[name, first], known[name, last]) for name in used]
    start, end = (_pooled([known[name, year] for name in used]) for year in (first, last))
    together = change(start, end) if start and end and own.interval == CHANCE else None
    gain = together.value if together else float(np.mean([one.value for one in theirs]))
    lower = upper = usual = None
    if together and together.limits and own.limits:
        lower, upper = _of_difference((own.value, *own.limits), (together.value, *together.limits))
    if len(theirs) >= 3:
        spread = float(np.std([one.value for one in theirs], ddof=1))
        usual = float(t.ppf(0.975, len(theirs) - 1)) * spread * sqrt(1 + 1 / len(theirs))
    missing = tuple(name for name in neighbours if name not in used and name != organisation)
    return Rate(
        *(organisation, measure, first, last, own.value, gain, own.value - gain, lower, upper),
        *(usual, tuple(used), missing, together is not None),
    )


def _pooled(parts: Sequence[Figure]) -> Figure | None:
    """All pupils together; None where a cohort is unpublished."""
    counts = [part.counted for part in parts if part.counted]
    if len(counts) < len(parts):
        return None
    pupils = sum(one.pupils for one in counts)
    value = sum(part.best * one.pupils for part, one in zip(parts, counts, strict=True)) / pupils
    return Figure(value, Counted(sum(one.low for one in counts), sum(one.high for one in counts), pupils))


def ranks(
    results: pl.LazyFrame | pl.DataFrame,
    measure: str,
    year: int,
    *,
    group: str = "all",
    kind: str = "authority",
    among: Sequence[str] | None = None,
    cohorts: pl.DataFrame | None = None,
    draws: int = DRAWS,
    seed: int = SEED,
) -> pl.DataFrame:
    """Each authority's rank with the range in which it lies with 95 % probability: 1 is best.

    True values are drawn again and again from what is known of them (a beta distribution of the pupils who reached it and
    the numerators that rounding allows; rounding alone where the cohort is unpublished) and ranked each time. Columns:
    organisation, value, pupils, lower, upper, rank (equal ones share it), rank_low, rank_high, of, interval. Those of an
    `interval` that is not chance have too narrow a range.
    """
    known = figures(results, measure, (year,), group=group, kind=kind, cohorts=cohorts)
    chosen = sorted(name for name, _ in known if among is None or name in set(among))
    if len(chosen) < 2:
        raise ModelError(f"a rank needs at least two figures of {measure} for {year}; {len(chosen)} is there")
    found = registry().get(measure)
    if found is not None and found.direction == "neutral":
        raise ModelError(f"{found.title} has no better end, so it is not ranked")
    sign = 1.0 if found is not None and found.direction == "lower" else -1.0
    random = np.random.default_rng(seed)
    drawn = np.empty((draws, len(chosen)))
    rows = []
    for place, name in enumerate(chosen):
        one, limits = known[name, year], known[name, year].limits
        if one.counted:
            numerator = random.integers(one.counted.low, one.counted.high + 1, draws)
            drawn[:, place] = 100 * random.beta(numerator + 0.5, one.counted.pupils - numerator + 0.5)
            limits = (
                wilson(one.counted.low, one.counted.pupils)[0],
                wilson(one.counted.high, one.counted.pupils)[1],
            )
            interval = CHANCE
        elif limits:
            drawn[:, place] = random.normal(one.value, (limits[1] - limits[0]) / (2 * Z), draws)
            interval = CHANCE
        else:
            drawn[:, place] = one.value + one.step * (random.random(draws) - 0.5)
            limits = (one.value - one.step / 2, one.value + one.step / 2) if one.step else None
            interval = ROUNDING if one.step else NONE
        lower, upper = limits or (None, None)
        pupils = one.counted.pupils if one.counted else None
        rows.append((name, one.value, pupils, lower, upper, interval))
    places = np.argsort(np.argsort(sign * drawn, axis=1, kind="stable"), axis=1) + 1
    low, high = np.quantile(places, (0.025, 0.975), axis=0, method="inverted_cdf")
    frame = pl.DataFrame(
        rows,
        schema={
            "organisation": pl.String,
            "value": pl.Float64,
            "pupils": pl.Int64,
            "lower": pl.Float64,
            "upper": pl.Float64,
            "interval": pl.String,
        },
        orient="row",
    ).with_columns(
        pl.col("value").rank("min", descending=sign < 0).cast(pl.Int64).alias("rank"),
        pl.Series("rank_low", low.astype(np.int64)),
        pl.Series("rank_high", high.astype(np.int64)),
        pl.lit(len(chosen)).cast(pl.Int64).alias("of"),
    )
    return (
        frame.with_columns(
            pl.min_horizontal("rank", "rank_low").alias("rank_low"),
            pl.max_horizontal("rank", "rank_high").alias("rank_high"),
        )
        .select(
            "organisation",
            "value",
            "pupils",
            "lower",
            "upper",
            "rank",
            "rank_low",
            "rank_high",
            "of",
            "interval",
        )
        .sort("rank", "organisation")
    )
