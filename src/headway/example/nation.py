"""A national cohort at real size with its true school effects: 600,000 pupils, 16,000 schools, 150 authorities."""

from __future__ import annotations

import numpy as np
import polars as pl

from headway.example import outcomes
from headway.example.attainment import school_effects, simulate_attainment, simulate_intake, simulate_pupils


def national_cohort(
    year: int = 2019, pupils: int = 600_000, schools: int = 16_000, authorities: int = 150, seed: int = 1
) -> pl.DataFrame:
    """One row a pupil at the end of key stage 2, synthetic.

    Columns: `pupil`, `school` (0 to schools-1), `authority`, the characteristics and results by the names of tables
    `pupils` and `assessments_ks2`, `prior` (true prior attainment), the latent scores `reading_latent` … and the true
    effects `reading_effect` … in scaled-score points.
    """
    rng = np.random.default_rng(seed)
    share = rng.gamma(2.2, 1.0, schools) + 0.12
    sizes = rng.multinomial(pupils, share / share.sum())
    school = np.repeat(np.arange(schools), sizes)
    intake = simulate_intake(rng, schools)
    effects = school_effects(rng, schools, 1)[0]
    drawn = simulate_pupils(rng, school, intake)
    attainment = simulate_attainment(rng, drawn, year, effects)
    ks1 = outcomes.key_stage_1(year - 4, attainment)
    average = outcomes.key_stage_1_average(year - 4, ks1)
    scores = (
        outcomes.key_stage_2_scores(rng, year, drawn, attainment)
        if year >= 2016
        else outcomes.key_stage_2_levels(attainment)
    )
    frame = pl.DataFrame(
        {
            "pupil": np.arange(1, pupils + 1),
            "school": school,
            "authority": (school * authorities) // schools,
            "sex": np.where(drawn.girl, "F", "M"),
            "birth_month": drawn.birth_month,
            "ethnicity": drawn.ethnicity,
            "eal": drawn.eal,
            "fsm": drawn.fsm,
            "fsm6": drawn.fsm6,
            "looked_after": drawn.looked_after,
            "disadvantaged": drawn.disadvantaged,
            "sen": drawn.sen,
            "mobile": drawn.mobile,
            "idaci": drawn.idaci,
            "prior": attainment.prior,
            "ks1_average_points": average,
            **{f"ks1_{subject}": codes for subject, codes in _ks1(ks1).items()},
            **scores,
            **{f"{subject}_latent": values for subject, values in attainment.ks2.items()},
            **{
                f"{subject}_effect": effects[school, column]
                for column, subject in enumerate(("reading", "writing", "mathematics"))
            },
        }
    )
    numbers = [name for name in frame.columns if name.endswith(("_score", "_mark"))]
    return frame.with_columns(pl.col(numbers).cast(pl.Int64, strict=False))


def _ks1(columns: outcomes.Columns) -> outcomes.Columns:
    return {
        subject: next(values for name, values in columns.items() if name.startswith(f"{subject}_"))
        for subject in ("reading", "writing", "mathematics")
    }
