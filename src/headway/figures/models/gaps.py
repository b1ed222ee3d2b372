"""Gaps between a group of pupils and the others: over a whole distribution, within schools, and between them.

Sign: a gap is the group less the others, as in the table of comparisons, so that it is negative where the group does less
well. The disadvantage gap index alone is the other way round, as DfE publishes it. The gap between the lowest-achieving
fifth and the median (NI 92) is a measure, `fsp_lowest_fifth_gap`.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.stats import rankdata

from headway.figures.intervals import Z
from headway.figures.models.standing import between_variance
from headway.figures.models.terms import ModelError
from headway.figures.tables import Status

Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class GapIndex:
    """The difference of mean ranks, scaled to run from -10 to 10: 0 where disadvantaged pupils rank as the others do.

    It is 20 (P - 1/2), P being the chance that a pupil picked from the others did better than one picked from the
    disadvantaged (a tie counting half). `lower` and `upper` are its 95 % interval. That DfE divides the difference of mean
    ranks by the number of pupils and multiplies by 20 is unverified.
    """

    index: float
    lower: float
    upper: float
    disadvantaged: int
    others: int
    left_out: int
    verified: bool = False


def gap_index(
    pupils: pl.DataFrame,
    *,
    scores: tuple[str, ...] = ("reading_score", "mathematics_score"),
    disadvantaged: str = "disadvantaged",
    notional: Mapping[str, Mapping[str, float]] | None = None,
) -> GapIndex:
    """The disadvantage gap index of `pupils`, a row a pupil: their scores are added up and ranked, ties averaged.

    Pupils below the standard of the test have no score. `notional` gives them one: for each score's outcome or assessment
    column the score of each code, such as {"reading_assessment": {"BLW": 70}}, in the order of `scores`; DfE's own table was
    not found, so there is none by default. Pupils without every score, or of whom it is not known whether they are
    disadvantaged, are left out and counted. Raises ModelError without a pupil on both sides.
    """
    columns = [pl.col(name).cast(pl.Float64) for name in scores]
    if notional is not None:
        if len(notional) != len(scores):
            raise ModelError(
                f"notional scores are needed for {', '.join(scores)}: one column of codes for each"
            )
        columns = [
            pl.coalesce(
                score, pl.col(codes).replace_strict(dict(given), default=None, return_dtype=pl.Float64)
            )
            for score, (codes, given) in zip(columns, notional.items(), strict=True)
        ]
    total = columns[0]
    for column in columns[1:]:
        total = total + column
    known = pupils.select(total.alias("total"), pl.col(disadvantaged).alias("group")).drop_nulls()
    group = known["group"].to_numpy().astype(bool)
    values = known["total"].to_numpy()
    first, second = int(group.sum()), int((~group).sum())
    if not first or not second:
        raise ModelError(
            f"a gap needs pupils on both sides: {first} disadvantaged and {second} others have every score"
        )
    ranks = rankdata(values)
    index = 20 * (ranks[~group].mean() - ranks[group].mean()) / known.height
    half = Z * 20 * _error_of_chance(ranks, values, group)
    return GapIndex(
        float(index),
        max(-10.0, float(index - half)),
        min(10.0, float(index + half)),
        first,
        second,
        pupils.height - known.height,
    )


def _error_of_chance(ranks: Numbers, values: Numbers, group: NDArray[np.bool_]) -> float:
    """Standard error of the chance that one of the others is above one of the group.

    E. R. DeLong, D. M. DeLong and D. L. Clarke-Pearson, Biometrics 44 (1988) 837-845: each pupil's share of the other side
    that lies beyond, from ranks within all and within the own side.
    """
    variance = 0.0
    for own in (group, ~group):
        count, opposite = int(own.sum()), int((~own).sum())
        beyond = (ranks[own] - rankdata(values[own])) / opposite
        if count > 1:
            variance += float(np.var(beyond, ddof=1)) / count
    return float(np.sqrt(variance))


@cache
def published_gap_index() -> pl.DataFrame:
    """The national index as published, to be shown beside: year, disadvantaged, others, index, source."""
    data = tomllib.loads((files(__package__) / "packs" / "disadvantage_gap_index.toml").read_text("utf-8"))
    return pl.DataFrame(data["figure"]).with_columns(source=pl.lit(data["source"]))


@dataclass(frozen=True)
class Part:
    """A difference in the measure's unit with its 95 % interval."""

    value: float
    lower: float
    upper: float


@dataclass(frozen=True)
class Gaps:
    """The gap between a group and the others, and how much of it lies within schools and between them.

    `whole` is that of all pupils together and the sum of the other two. `within` is the gap between pupils of one school, on
    average over the pupils who have both kinds beside them; `between` is what comes of the group's being in other schools
    than the others. `typical` is the gap of the typical school and `spread` the standard deviation of schools' true gaps
    (random effects): 0 where they differ by no more than chance.
    """

    whole: Part
    within: Part
    between: Part
    typical: Part
    spread: float
    schools: int
    schools_with_both: int
    pupils: int
    others: int


def counted_groups(
    results: pl.LazyFrame | pl.DataFrame,
    measure: str,
    year: int,
    *,
    group: str = "disadvantaged",
    others: str = "other",
    basis: str | None = None,
    years_pooled: int = 1,
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Schools' counts of both groups from `results` rows, and the schools left out with the reason.

    The first has organisation, group_reached, group_pupils, other_reached, other_pupils; a side without pupils (not
    applicable, or no row) has 0. Where either side is suppressed, or only a range of the numerator is known, the school is
    left out: missing is not zero. Of several bases, that with most schools is taken.
    """
    rows = (
        results.lazy()
        .filter(
            pl.col("measure") == measure,
            pl.col("year") == year,
            pl.col("years_pooled") == years_pooled,
            pl.col("group").is_in([group, others]),
            pl.col("organisation").str.starts_with("school:"),
        )
        .select("organisation", "group", "basis", "status", "numerator", "denominator")
        .collect()
    )
    chosen = basis or _commonest(rows)
    rows = rows.filter(pl.col("basis") == chosen)
    sides = []
    for key, name in ((group, "group"), (others, "other")):
        one = rows.filter(pl.col("group") == key)
        nobody = pl.col("status") == Status.NOT_APPLICABLE.value
        sides.append(
            one.select(
                "organisation",
                pl.when(nobody).then(0).otherwise("numerator").alias(f"{name}_reached"),
                pl.when(nobody).then(0).otherwise("denominator").alias(f"{name}_pupils"),
                pl.when((pl.col("status") == Status.REPORTED.value) & pl.col("numerator").is_null())
                .then(pl.lit("the number of pupils is not known exactly"))
                .when(~nobody & pl.col("numerator").is_null())
                .then("status")
                .alias(f"{name}_because"),
            )
        )
    both = sides[0].join(sides[1], on="organisation", how="full", coalesce=True).sort("organisation")
    absent = {
        f"{name}_{part}": f"{name}_because" for name in ("group", "other") for part in ("reached", "pupils")
    }
    both = both.with_columns(
        pl.when(pl.col(column).is_null() & pl.col(why).is_null())
        .then(0)
        .otherwise(pl.col(column))
        .alias(column)
        for column, why in absent.items()
    ).with_columns(pl.coalesce("group_because", "other_because").alias("because"))
    return (
        both.filter(pl.col("because").is_null()).select("organisation", *absent),
        both.filter(pl.col("because").is_not_null()).select("organisation", "because"),
    )


def _commonest(rows: pl.DataFrame) -> str | None:
    bases = rows.group_by("basis").len().sort("len", "basis", descending=[True, False])
    return bases["basis"][0] if bases.height else None


def decomposed(counts: pl.DataFrame) -> Gaps:
    """How much of the gap lies within schools and how much between them, from `counted_groups`; in percentage points.

    With v = (group x others / all) pupils of a school, the gap within is the mean of the schools' own gaps weighted by v (a
    regression of the outcome on the group and the schools gives the same); that between is the rest. Intervals treat the
    schools as drawn from many (linearised, one influence a school). Raises ModelError with no school that has both sides.
    """
    y1, n1, y0, n0 = (
        counts[name].to_numpy().astype(np.float64)
        for name in ("group_reached", "group_pupils", "other_reached", "other_pupils")
    )
    both = (n1 > 0) & (n0 > 0)
    if not both.any():
        raise ModelError("no school has pupils on both sides, so nothing can be said of gaps within schools")
    weight = np.where(both, n1 * n0 / np.maximum(n1 + n0, 1), 0.0)
    gap = np.where(both, y1 / np.maximum(n1, 1) - y0 / np.maximum(n0, 1), 0.0)
    first, second = y1.sum() / n1.sum(), y0.sum() / n0.sum()
    whole, within = first - second, float((weight * gap).sum() / weight.sum())
    of_whole = (y1 - n1 * first) / n1.sum() - (y0 - n0 * second) / n0.sum()
    of_within = weight * (gap - within) / weight.sum()
    errors = _errors(y1[both], n1[both], y0[both], n0[both])
    if both.sum() > 1:
        variance, typical = between_variance(gap[both], errors)
    else:
        variance, typical = 0.0, float(gap[both][0])
    error = float((1 / (variance + errors**2)).sum()) ** -0.5
    return Gaps(
        _part(whole, of_whole),
        _part(within, of_within),
        _part(whole - within, of_whole - of_within),
        Part(100 * typical, 100 * (typical - Z * error), 100 * (typical + Z * error)),
        100 * variance**0.5,
        counts.height,
        int(both.sum()),
        int(n1.sum()),
        int(n0.sum()),
    )


def _part(value: float, influence: Numbers) -> Part:
    schools = influence.size
    error = (schools / (schools - 1) * float((influence**2).sum())) ** 0.5 if schools > 1 else float("nan")
    return Part(100 * float(value), 100 * (float(value) - Z * error), 100 * (float(value) + Z * error))


def _errors(y1: Numbers, n1: Numbers, y0: Numbers, n0: Numbers) -> Numbers:
    """Standard errors of differences of shares, with one pupil added on each side of each group, so that 0 of 4 is not sure.

    A. Agresti and B. Caffo, The American Statistician 54 (2000) 280-288.
    """
    p1, p0 = (y1 + 1) / (n1 + 2), (y0 + 1) / (n0 + 2)
    errors: Numbers = np.sqrt(p1 * (1 - p1) / (n1 + 2) + p0 * (1 - p0) / (n0 + 2))
    return errors


def within_schools(counts: pl.DataFrame) -> pl.DataFrame:
    """Each school's own gap, raw and shrunken towards the typical one, the widest (most negative) estimate first.

    Columns: organisation, pupils, others, gap, lower, upper (of chance alone), estimate, estimate_lower, estimate_upper,
    reliability (share of the variance of the raw gap that is the school's), all in percentage points. Schools without both
    sides have no row. Fewer than two schools shrink to nothing: the estimate is the raw gap.
    """
    both = counts.filter(pl.col("group_pupils") > 0, pl.col("other_pupils") > 0)
    y1, n1, y0, n0 = (
        both[name].to_numpy().astype(np.float64)
        for name in ("group_reached", "group_pupils", "other_reached", "other_pupils")
    )
    gap, errors = 100 * (y1 / n1 - y0 / n0), 100 * _errors(y1, n1, y0, n0)
    if both.height > 1:
        variance, centre = between_variance(gap, errors)
        reliability = variance / (variance + errors**2)
        of_centre = 1 / (1 / (variance + errors**2)).sum()
    else:
        centre, of_centre, reliability = 0.0, 0.0, np.ones(both.height)
    estimate = centre + reliability * (gap - centre)
    # The school's own part, and what is not known of the typical gap that the rest comes from.
    half = Z * np.sqrt(reliability * errors**2 + (1 - reliability) ** 2 * of_centre)
    return pl.DataFrame(
        {
            "organisation": both["organisation"],
            "pupils": both["group_pupils"],
            "others": both["other_pupils"],
            "gap": gap,
            "lower": gap - Z * errors,
            "upper": gap + Z * errors,
            "estimate": estimate,
            "estimate_lower": estimate - half,
            "estimate_upper": estimate + half,
            "reliability": reliability,
        }
    ).sort("estimate", "organisation")
