"""Comparisons: a figure beside a comparator, judged at 95 % on what is known and not on what is printed.

Against a constant (a nation, the school's authority) the figure's own interval decides: for a percentage
Wilson's, which holds exactly the constants that a score test at 5 % does not reject. Between two independent
figures (this year and last, a group and the others in the school) the interval of the difference is put
together from the intervals of the two,

    lower = d - sqrt((v1 - l1)^2 + (u2 - v2)^2),   upper = d + sqrt((u1 - v1)^2 + (v2 - l2)^2),   d = v1 - v2,

which for percentages is method 10 of R. G. Newcombe, "Interval estimation for the difference between independent
proportions: comparison of eleven methods", Statistics in Medicine 17 (1998) 873-890, and for means and
published progress scores the same recovery of variances (G. Y. Zou and A. Donner, "Construction of confidence
limits about effect measures", Statistics in Medicine 27 (2008) 1693-1702).

Where only a rounded percentage is published, the judgement is made at the least and at the greatest
numerator that it allows; if they disagree the answer is "cannot say".
"""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt

import polars as pl

from headway.figures.intervals import wilson, wilson_lower, wilson_upper
from headway.figures.measures import registry
from headway.figures.measures.groups import BY_KEY
from headway.figures.pooling import CONTESTED
from headway.figures.tables import COMPARISONS, FIGURE_KEY, Status

NATIONS = {"nation": "nation:england", "nation_state_funded": "nation:england-state-funded"}
"""Comparators that are a nation, by coverage: all schools, state-funded schools."""

_PREFERENCE = {
    "pupils": ("pupils", "published", "schools"),
    "published": ("published", "schools", "pupils"),
    "schools": ("schools", "published", "pupils"),
}
"""Basis of the comparator that a figure of each basis is put beside: its own kind first."""

_LIMITS = ("value", "lower", "upper")
_PLACE = "place among the figures"
_TYPES = {column.name: column.polars for column in COMPARISONS.columns}


def exceeds(numerator: int, denominator: int, threshold: float) -> bool:
    """Whether a percentage lies above a threshold, compared unrounded.

    26 of 30 is 86.67 %: printed 87 %, yet not above a national median of 87.
    """
    return 100 * numerator > threshold * denominator


def points_difference(value: float, comparator: float) -> float:
    """The difference in percentage points: 54 % against 60 % is -6."""
    return value - comparator


def proportionate_difference(value: float, comparator: float) -> float:
    """The difference as a share of the comparator, in percent: 54 % against 60 % is -10.

    Raises ZeroDivisionError for a comparator of 0. A report states which of the two it gives.
    """
    return 100 * (value - comparator) / comparator


def newcombe(
    numerator: int, denominator: int, other_numerator: int, other_denominator: int
) -> tuple[float, float]:
    """The 95 % interval of the difference between two independent percentages, in percentage points."""
    first, second = 100 * numerator / denominator, 100 * other_numerator / other_denominator
    (l1, u1), (l2, u2) = wilson(numerator, denominator), wilson(other_numerator, other_denominator)
    difference = first - second
    return (
        difference - sqrt((first - l1) ** 2 + (u2 - second) ** 2),
        difference + sqrt((u1 - first) ** 2 + (second - l2) ** 2),
    )


def comparisons(
    figures: pl.LazyFrame,
    *,
    nations: pl.LazyFrame,
    authorities: pl.LazyFrame,
    parents: pl.DataFrame,
    previous: pl.LazyFrame | None = None,
) -> pl.LazyFrame:
    """`comparisons` rows of `figures` (results rows of whole organisations), in the order of `figures`.

    `nations` and `authorities` are results rows of those organisations, `parents` says which school
    (`organisation`) lies in which authority (`parent`), in the year `year` where it has one, `previous` are results rows
    of the years before. Each is compared within its year.
    Only reported figures are compared: what is suppressed or missing has no difference from anything.
    """
    own = _with_ends(_compared(figures.with_row_index(_PLACE)))
    nation = _with_ends(_compared(nations))
    made = [
        _against(own, _preferred(nation.filter(pl.col("organisation") == code)), name, fixed=True)
        for name, code in NATIONS.items()
    ]
    made.append(_against(own, _preferred(_one_coverage(nation)), "nation_other", fixed=True, complement=True))
    areas = _preferred(_with_ends(_compared(authorities)))
    belong = [name for name in ("organisation", "year") if name in parents.columns]
    schools = own.join(parents.lazy().select(*belong, "parent"), on=belong, how="inner")
    made.append(_against(schools, areas, "authority", fixed=True, of=("parent",)))
    if previous is not None:
        made.append(_previous(own, _with_ends(_compared(previous))))
    made.append(_against(own, own, "other", fixed=False, of=("organisation", "basis"), complement=True))
    types = [pl.col(name).cast(kind) for name, kind in _TYPES.items()]
    return pl.concat(made).sort(_PLACE, "comparator").select(types)


def _compared(figures: pl.LazyFrame) -> pl.LazyFrame:
    counted = [measure.key for measure in registry().values() if measure.unit != "pupils"]
    return figures.filter(
        pl.col("status") == Status.REPORTED.value,
        pl.col("value").is_not_null(),
        pl.col("measure").is_in(counted),
    )


def _with_ends(figures: pl.LazyFrame) -> pl.LazyFrame:
    """With value and interval at the least (`low_…`) and the greatest (`high_…`) possible numerator."""
    count = pl.col("denominator")
    columns = []
    for end in ("low", "high"):
        pupils = pl.col(f"numerator_{end}")
        known = pupils.is_not_null() & (count > 0)
        for name, exact in (
            ("value", 100 * pupils / count),
            ("lower", wilson_lower(pupils, count)),
            ("upper", wilson_upper(pupils, count)),
        ):
            columns.append(pl.when(known).then(exact).otherwise(pl.col(name)).alias(f"{end}_{name}"))
    return figures.with_columns(columns)


_ENDS = [f"{end}_{name}" for end in ("low", "high") for name in _LIMITS]


def _preferred(figures: pl.LazyFrame) -> pl.LazyFrame:
    """One comparator for each basis that asks for it (`for_basis`): of the basis it prefers."""
    choices = [
        figures.filter(pl.col("basis") == basis).with_columns(
            for_basis=pl.lit(asking), rank=pl.lit(order.index(basis))
        )
        for asking, order in _PREFERENCE.items()
        for basis in order
    ]
    key = ["organisation", "year", "years_pooled", "measure", "group", "for_basis"]
    return (
        pl.concat(choices)
        .sort("rank")
        .unique(subset=key, keep="first", maintain_order=True)
        .drop("basis", "rank")
    ).rename({"for_basis": "basis"})


def _one_coverage(nations: pl.LazyFrame) -> pl.LazyFrame:
    """State-funded schools where they are published (DfE's own gaps are to them), else all schools."""
    key = ["year", "years_pooled", "measure", "group", "basis"]
    order = pl.col("organisation") == NATIONS["nation"]
    return nations.sort(order).unique(subset=key, keep="first", maintain_order=True)


def _against(
    own: pl.LazyFrame,
    others: pl.LazyFrame,
    comparator: str,
    *,
    fixed: bool,
    of: Sequence[str] = ("basis",),
    complement: bool = False,
) -> pl.LazyFrame:
    """`own` beside `others` of the same measure and pooling, and of the same or the complementary group."""
    theirs = others.select(
        "year",
        "years_pooled",
        "measure",
        "basis",
        pl.col("group").alias("their_group"),
        pl.col("organisation").alias("their_organisation"),
        pl.col("value").alias("their_value"),
        pl.col("source").alias("their_source"),
        pl.col("label").alias("their_label"),
        *(pl.col(name).alias(f"their_{name}") for name in _ENDS),
    )
    if complement:
        pairs = {group.key: group.complement for group in BY_KEY.values() if group.complement}
        own = own.filter(pl.col("group").is_in(list(pairs))).with_columns(
            their_group=pl.col("group").replace_strict(pairs, default=None)
        )
    else:
        own = own.with_columns(their_group=pl.col("group"))
    on = ["year", "years_pooled", "measure", "their_group", "basis"]
    if "organisation" in of:
        own = own.with_columns(their_organisation=pl.col("organisation"))
        on.append("their_organisation")
    elif "parent" in of:
        own = own.with_columns(their_organisation=pl.col("parent"))
        on.append("their_organisation")
    joined = own.join(theirs, on=on, how="inner")
    if "organisation" not in of:  # an organisation beside itself says nothing
        joined = joined.filter(pl.col("organisation") != pl.col("their_organisation"))
    return _judged(joined, comparator, fixed=fixed)


def _previous(own: pl.LazyFrame, before: pl.LazyFrame) -> pl.LazyFrame:
    """Beside the same figure a year earlier, unless the measure breaks with this year."""
    breaks = [(measure.key, found.year) for measure in registry().values() for found in measure.breaks]
    broken = pl.LazyFrame(breaks, schema={"measure": pl.String, "year": pl.Int64}, orient="row")
    contested = pl.col("label").fill_null("").str.contains(CONTESTED, literal=True)
    single = own.filter(pl.col("years_pooled") == 1, ~contested).join(
        broken, on=["measure", "year"], how="anti"
    )
    year_later = before.filter(~contested).with_columns(pl.col("year") + 1)
    return _against(single, year_later, "previous_year", fixed=False, of=("organisation", "basis"))


def _judged(joined: pl.LazyFrame, comparator: str, *, fixed: bool) -> pl.LazyFrame:
    least, most = _difference("low", "high", fixed), _difference("high", "low", fixed)
    rows = joined.with_columns(at_low=_verdict(least), at_high=_verdict(most))
    certain = pl.col("at_low") == pl.col("at_high")
    interval = pl.col("at_low").is_not_null() & pl.col("at_high").is_not_null()
    because = (
        pl.when(~interval & pl.col("denominator").is_null())
        .then(pl.lit("the cohort is unpublished, so there is no interval"))
        .when(~interval)
        .then(
            pl.lit(
                "there is no interval: a spread or the comparator's cohort is unpublished, or one of them is of one "
                "pupil, or of pupils with equal values"
            )
        )
        .when(~certain)
        .then(pl.lit("published only as rounded, and the answer depends on the exact number of pupils"))
    )
    source = ["their_organisation", "their_group", "their_source", "their_label"]
    return rows.select(
        _PLACE,
        *(name for name in FIGURE_KEY),
        comparator=pl.lit(comparator),
        comparator_value=pl.col("their_value"),
        comparator_source=pl.concat_str(source, separator="; ", ignore_nulls=True),
        difference=pl.col("value") - pl.col("their_value"),
        lower=pl.when(interval).then(least[0]),
        upper=pl.when(interval).then(most[1]),
        significance=pl.when(interval & certain).then("at_low").otherwise(pl.lit("cannot say")),
        because=because,
        run=pl.lit(None),
    )


def _difference(end: str, their_end: str, fixed: bool) -> tuple[pl.Expr, pl.Expr]:
    value, lower, upper = (pl.col(f"{end}_{name}") for name in _LIMITS)
    their_value, their_lower, their_upper = (pl.col(f"their_{their_end}_{name}") for name in _LIMITS)
    if fixed:
        return lower - their_value, upper - their_value
    difference = value - their_value
    below = ((value - lower) ** 2 + (their_upper - their_value) ** 2).sqrt()
    above = ((upper - value) ** 2 + (their_value - their_lower) ** 2).sqrt()
    return difference - below, difference + above


def _verdict(interval: tuple[pl.Expr, pl.Expr]) -> pl.Expr:
    lower, upper = interval
    return (
        pl.when(lower > 0)
        .then(pl.lit("above"))
        .when(upper < 0)
        .then(pl.lit("below"))
        .when(lower.is_not_null() & upper.is_not_null())
        .then(pl.lit("not significant"))
    )
