"""The multiplication tables check of Year 4, since 2022."""

from __future__ import annotations

import narwhals as nw

from headway.figures.measures import Measure, Years
from headway.figures.measures.expressions import counted

_TOOK = counted("outcome", "mtc_average")


def _scored(year: int) -> nw.Expr:
    return (_TOOK(year) | nw.col("outcome").is_null()) & ~nw.col("score").is_null()


_SOURCE = "DfE, multiplication tables check; outcome_codes.toml"

measures = [
    Measure(
        key="mtc_average",
        title="Multiplication tables check: average score",
        definition="Mean number of right answers, of 25, of the pupils who took the check",
        stage="mtc",
        unit="points",
        direction="higher",
        years=Years(2022),
        source=_SOURCE,
        table="assessments_mtc",
        collection="mtc",
        cohort=_scored,
        value=lambda _: nw.col("score"),
    ),
    Measure(
        key="mtc_full_marks",
        title="Multiplication tables check: full marks",
        definition="Pupils with 25 of 25, of those who took the check",
        stage="mtc",
        unit="percent",
        direction="higher",
        years=Years(2022),
        source=_SOURCE,
        table="assessments_mtc",
        collection="mtc",
        cohort=_scored,
        numerator=lambda _: nw.col("score") == 25,
    ),
]
