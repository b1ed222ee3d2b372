"""The phonics screening check of Year 1."""

from __future__ import annotations

import narwhals as nw

from headway.figures.measures import Measure, Years
from headway.figures.measures.expressions import counted, reached

THRESHOLD = 32
"""Of 40 words, in every year since 2012 (DfE, Explore Education Statistics, phonics screening check 2023/24)."""

_MARKED, _MET = counted("outcome", "phonics_expected"), reached("outcome", "phonics_expected")
_BY_MARK = 2024
"""The last year whose threshold was read. Later marks count only with their outcome."""


def _in_year_1() -> nw.Expr:
    """The check is repeated in Year 2; a record that names no year group is taken for Year 1."""
    return nw.col("year_group").is_null() | (nw.col("year_group") == 1)


def _no_code(year: int) -> nw.Expr:
    marked = nw.col("outcome").is_null() & ~nw.col("mark").is_null()
    return marked if year <= _BY_MARK else nw.lit(False)


measure = Measure(
    key="phonics_expected",
    title="Phonics in Year 1: met the standard",
    definition=f"Year 1 pupils who read at least {THRESHOLD} of the 40 words, of the eligible pupils",
    stage="phonics",
    unit="percent",
    direction="higher",
    years=Years(2012, without=(2020, 2021)),
    source="DfE, Explore Education Statistics, phonics screening check attainment 2023/24: the threshold is 32, as in "
    "previous years; outcome_codes.toml",
    table="assessments_phonics",
    collection="phonics",
    cohort=lambda year: _in_year_1() & (_MARKED(year) | _no_code(year)),
    numerator=lambda year: _MET(year) | (_no_code(year) & (nw.col("mark") >= THRESHOLD)),
    notes="Counted by the outcome where there is one, else by the mark. No check in 2020; that of 2021 was moved to "
    "the autumn (unverified).",
)
