"""The rows of a school in `estimates`: its expected number and its ranges, and what its neighbours do."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy.special import ndtr

from headway.figures.models import calibration, probit
from headway.figures.models.estimate_matrix import Matrix
from headway.figures.models.poisson_binomial import school_counts
from headway.figures.models.terms import ModelError

Numbers = npt.NDArray[np.float64]

INTERVAL = 0.95


@dataclass(frozen=True)
class FittedOutcome:
    """One outcome: its probit regression, its calibration, and the spread of true school effects beyond the terms.

    `effects`: what the pupils used say of each school, in standard deviations of true effects: organisation, mean,
    deviation.
    """

    key: str
    regression: probit.Probit
    curve: calibration.Curve
    spread: float
    pupils: int
    share: float
    effects: pl.DataFrame = field(repr=False)


SCHOOL_COLUMNS = (
    "organisation",
    "group",
    "outcome",
    "cohort",
    "pupils",
    "expected",
    "share",
    "lower",
    "upper",
    "share_lower",
    "share_upper",
    "chance_lower",
    "chance_upper",
    "likelihood",
    "level",
    "percentile",
    "basis",
    "label",
)


def neighbours_effects(
    fitted: FittedOutcome, schools: pl.Series, neighbours: pl.DataFrame, above: float
) -> Numbers:
    """What each school's neighbours do, in standard deviations of true effects: their mean, and `above` times their spread.

    The spread is of true effects: that of the estimates, and how unsure each is. Raises `ModelError` for a school of
    whose neighbours none was among the pupils used.
    """
    known = fitted.effects.filter(pl.col("deviation") < 1)
    listed = neighbours.select("organisation", pl.col("neighbour")).join(
        known, left_on="neighbour", right_on="organisation"
    )
    each = listed.group_by("organisation").agg(
        pl.col("mean").mean().alias("centre"),
        (pl.col("mean").var(ddof=0) + (pl.col("deviation") ** 2).mean()).sqrt().alias("spread"),
    )
    found = (
        schools.alias("organisation")
        .to_frame()
        .join(each, on="organisation", how="left", maintain_order="left")
    )
    lacking = found.filter(pl.col("centre").is_null())["organisation"].to_list()
    if lacking:
        raise ModelError(
            f"no similar schools with results are listed for {', '.join(map(str, lacking[:5]))}"
            f"{' and others' if len(lacking) > 5 else ''}; leave their pupils out, or list some"
        )
    return np.asarray((found["centre"] + above * found["spread"]).to_numpy(), dtype=float)


def school_rows(fitted: FittedOutcome, part: Matrix, average: Numbers, level: Numbers | None) -> pl.DataFrame:
    """The rows of one outcome and group. `level` are scores in a school at the level; none at the average itself."""
    rows = part.rows
    starts, places = part.schools()
    sizes = np.diff(np.r_[starts, rows.size])
    of_row = np.repeat(np.arange(starts.size), sizes)
    unsure = part.mean_variance(fitted.regression.covariance, starts)
    spread = np.sqrt(fitted.spread**2 + (1 + fitted.spread**2) * unsure)
    around = school_counts(np.sqrt(1 + spread[of_row] ** 2) * average[rows], spread, starts)
    inside = np.sqrt(1 + fitted.spread**2) * average[rows] if level is None else level[rows]
    chance_only = school_counts(inside, np.zeros(starts.size), starts)
    chances = ndtr(average[rows] if level is None else level[rows])
    expected = np.add.reduceat(chances, starts) if starts.size else np.zeros(0)
    wide = around if level is None else school_counts(level[rows], spread, starts)
    lower, upper = wide.interval(INTERVAL)
    chance_lower, chance_upper = chance_only.interval(INTERVAL)
    needed = np.ceil(expected - 1e-9).astype(np.int64)
    return pl.DataFrame(
        {
            "organisation": part.school_keys.gather(places),
            "outcome": [fitted.key] * starts.size,
            "cohort": part.cohorts[places],
            "pupils": sizes,
            "expected": expected,
            "share": 100 * expected / np.maximum(sizes, 1),
            "lower": lower,
            "upper": upper,
            "share_lower": 100 * lower / np.maximum(sizes, 1),
            "share_upper": 100 * upper / np.maximum(sizes, 1),
            "chance_lower": chance_lower,
            "chance_upper": chance_upper,
            "likelihood": around.at_least(needed),
        },
        schema_overrides={"outcome": pl.String},
    )
