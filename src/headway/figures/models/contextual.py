"""Contextual value added: beside pupils with the same start and in the same circumstances.

England published it from 2007 to 2010 with nine factors (news.bbc 6251587): sex, special needs, ethnicity,
free school meals, first language, mobility, age in the year, care, and deprivation of the neighbourhood (IDACI). DfE's
coefficients were not found, so Headway estimates its own from the pupils loaded. It answers another question
than plain value added: what the school did with these pupils, not whether these pupils did as well as
others; shown alone it would make low expectations look fair, so both stand side by side.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from headway.figures.models import equation, value_added


@dataclass(frozen=True)
class Factor:
    """One of the nine: its name for a reader, the columns of the cohort frame it reads, and its terms."""

    name: str
    columns: tuple[str, ...]
    terms: tuple[str, ...]


FACTORS: tuple[Factor, ...] = (
    Factor("sex", ("sex",), ("sex",)),
    Factor("special educational needs", ("sen",), ("sen_stage vs none",)),
    Factor("ethnicity", ("ethnicity",), ("ethnic_group vs White British",)),
    Factor("free school meals", ("fsm",), ("fsm",)),
    Factor("first language", ("eal",), ("eal",)),
    Factor("mobility", ("mobile",), ("mobile",)),
    Factor("age in the year", ("birth_month",), ("months_younger",)),
    Factor("care", ("looked_after",), ("looked_after",)),
    Factor("deprivation of the neighbourhood", ("idaci",), ("idaci",)),
)
"""The nine factors of 2006 to 2010."""

PRIOR = ("ks1_average_points", "ks1_average_points^2")
SCHOOL_PRIOR = "school_ks1_average_points"
_ETHNIC_GROUPS = {"W": "White, other", "M": "Mixed", "A": "Asian", "B": "Black", "C": "Chinese", "O": "Other"}
_SEN_STAGES = {"N": "none", "K": "support", "A": "support", "P": "support", "E": "plan", "S": "plan"}


def prepared(cohort: pl.DataFrame, group: str = "organisation") -> pl.DataFrame:
    """The cohort frame with the columns that the factors' terms need.

    `ethnic_group` (by the first letter of the census code; unclassified is a group of its own), `sen_stage` (none,
    support, plan), `months_younger` than the oldest of the year (September 0 to August 11), and
    `school_ks1_average_points`, the mean prior attainment of the pupil's school.
    """
    made: list[pl.Expr] = []
    if "ethnicity" in cohort.columns:
        code = pl.col("ethnicity").str.to_uppercase()
        made.append(
            pl.when(code == "WBRI")
            .then(pl.lit("White British"))
            .otherwise(code.str.head(1).replace_strict(_ETHNIC_GROUPS, default="Unclassified"))
            .fill_null("Unclassified")
            .alias("ethnic_group")
        )
    if "sen" in cohort.columns:
        made.append(
            pl.col("sen").replace_strict(_SEN_STAGES, default=None, return_dtype=pl.String).alias("sen_stage")
        )
    if "birth_month" in cohort.columns:
        made.append(((pl.col("birth_month") + 3) % 12).alias("months_younger"))
    if "ks1_average_points" in cohort.columns:
        made.append(pl.col("ks1_average_points").mean().over(group).alias(SCHOOL_PRIOR))
    return cohort.with_columns(made)


def terms(
    cohort: pl.DataFrame, *, prior: bool = True, school_prior: bool = False
) -> tuple[list[str], list[str]]:
    """The terms of contextual value added that this cohort supports, and the names of the factors it cannot.

    A factor is left out where the cohort has no such column, nobody has a value, or everybody has the same.
    Without `prior` it is contextual attainment, as RAISEonline gave for key stage 1.
    """
    chosen = list(PRIOR) if prior else []
    lacking = []
    for factor in FACTORS:
        varies = all(
            name in cohort.columns and cohort[name].drop_nulls().n_unique() > 1 for name in factor.columns
        )
        if varies:
            chosen += factor.terms
        else:
            lacking.append(factor.name)
    if school_prior:
        chosen.append(SCHOOL_PRIOR)
    return chosen, lacking


@dataclass(frozen=True)
class ContextualFit:
    """The fit, its terms, and the factors that the data could not supply."""

    fit: value_added.Fit
    terms: tuple[str, ...]
    lacking: tuple[str, ...]


def fit(
    cohort: pl.DataFrame,
    outcome: str,
    *,
    prior: bool = True,
    school_prior: bool = False,
    groups: Sequence[str] = ("organisation",),
) -> ContextualFit:
    """Contextual value added (or, without `prior`, contextual attainment) of a cohort frame."""
    ready = prepared(cohort, groups[0])
    chosen, lacking = terms(ready, prior=prior, school_prior=school_prior)
    return ContextualFit(value_added.fit(ready, outcome, chosen, groups), tuple(chosen), tuple(lacking))


LABELS: dict[str, str] = {
    "ks1_average_points": "key stage 1 average points",
    "ks1_average_points^2": "the square of key stage 1 average points",
    SCHOOL_PRIOR: "the school's mean key stage 1 average points",
    "months_younger": "months younger than the oldest in the year",
    "idaci": "deprivation of the neighbourhood (from 0 to 1)",
    "fsm": "eligible for free school meals",
    "eal": "English as an additional language",
    "mobile": "joined the school in the last two years",
    "looked_after": "looked after or adopted from care",
    "sex[M]": "boys",
    "sen_stage[support]": "with SEN support",
    "sen_stage[plan]": "with an EHC plan or statement",
}
"""What the terms are called in `equation.sentences`."""


def sentences(made: ContextualFit, unit: str) -> list[str]:
    """The fitted model in words for a headteacher, and what it leaves out."""
    said = equation.sentences(made.fit, unit, LABELS)
    if made.lacking:
        said.append(f"Not allowed for, because the data do not say: {', '.join(made.lacking)}.")
    return said


def as_published(table: pl.DataFrame, centre: float = 100.0) -> pl.DataFrame:
    """An effects table around 100, as primary schools' CVA was shown: `value`, `lower`, `upper` (95 %).

    The interval is that of the shrunken estimate (its comparative standard error), which is how DfE's shrinkage is
    commonly understood; DfE's own text was not found.
    """
    half = 1.959963984540054 * pl.col("comparative_se")
    value = centre + pl.col("estimate")
    return table.with_columns(
        value.alias("value"), (value - half).alias("lower"), (value + half).alias("upper")
    )
