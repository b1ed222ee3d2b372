"""A national cohort with known truth, small and plain: pupils in schools in authorities.

Not the example authority of `make demo`: just numbers whose true effects are known, for tests and benchmarks.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

SCHOOL_SIZES = ((1, 10, 0.06), (11, 15, 0.065), (16, 30, 0.305), (31, 60, 0.435), (61, 75, 0.135))
"""Cohort sizes of English primaries: from, to, share of schools (about 37 pupils on average)."""


@dataclass(frozen=True)
class Cohort:
    """Pupils, and what is true of their schools: `school` (key), `effect`, `slope`, `authority`."""

    pupils: pl.DataFrame
    schools: pl.DataFrame
    residual: float
    between: float


def national_cohort(
    schools: int = 16_000,
    pupils: int | None = None,
    authorities: int = 150,
    covariates: int = 14,
    seed: int = 2026,
    between: float = 1.24,
    residual: float = 2.92,
    between_authorities: float = 0.0,
    slope: float = 0.0,
) -> Cohort:
    """A seeded cohort. `between`, `residual`, `between_authorities` and `slope` are standard deviations.

    Prior attainment is in 24 steps and differs by school; the other covariates are noughts and ones. With
    `pupils` the sizes are scaled to come to that number.
    """
    random = np.random.default_rng(seed)
    band = random.choice(len(SCHOOL_SIZES), size=schools, p=[share for *_, share in SCHOOL_SIZES])
    low, high = (np.array([each[i] for each in SCHOOL_SIZES])[band] for i in (0, 1))
    size = random.integers(low, high + 1)
    if pupils is not None:
        size = np.maximum(1, np.round(size * pupils / size.sum())).astype(np.int64)
        # What rounding left over or took too much goes to or comes from the largest schools, a pupil each.
        over = pupils - int(size.sum())
        size[np.argsort(-size, kind="stable")[: abs(over)]] += np.sign(over)
    authority = random.integers(0, authorities, schools)
    effect = between * random.standard_normal(schools)
    effect_slope = slope * random.standard_normal(schools)
    of_authority = between_authorities * random.standard_normal(authorities)
    school = np.repeat(np.arange(schools), size)
    order = random.permutation(len(school))
    school = school[order]
    count = len(school)
    intake = 0.6 * random.standard_normal(schools)
    prior = np.clip(np.round((intake[school] + 2.0 * random.standard_normal(count)) * 2) / 2, -6, 5.5)
    flags = (random.random((covariates - 1, count)) < np.linspace(0.05, 0.5, covariates - 1)[:, None]).astype(
        float
    )
    weights = np.linspace(-1.5, 1.0, covariates - 1)
    outcome = (
        27
        + 1.3 * prior
        + weights @ flags
        + effect[school]
        + of_authority[authority][school]
        + effect_slope[school] * prior
        + residual * random.standard_normal(count)
    )
    columns: dict[str, npt.NDArray[np.float64] | npt.NDArray[np.int64]] = {
        "school": school + 100_000,
        "authority": authority[school] + 201,
        "score": outcome,
        "prior": prior,
    }
    columns.update({f"flag{index}": flag for index, flag in enumerate(flags, start=1)})
    truth = pl.DataFrame(
        {
            "school": np.arange(schools) + 100_000,
            "effect": effect,
            "slope": effect_slope,
            "authority": authority + 201,
        }
    )
    return Cohort(pl.DataFrame(columns), truth, residual**2, between**2)
