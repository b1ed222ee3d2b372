"""Key stage 2 since 2016: the expected and the higher standard."""

from __future__ import annotations

import narwhals as nw

from headway.figures.measures import Break, Measure, Years

YEARS = Years(2016, without=(2020, 2021))

_SITTING = ("AS", "NS")
_ATTAINED = ("EXS", "GDS")


def _rwm_expected(_: int) -> nw.Expr:
    return (
        (nw.col("reading_score") >= 100)
        & nw.col("writing_assessment").is_in(["EXS", "GDS"])
        & (nw.col("mathematics_score") >= 100)
    )


measure = Measure(
    key="ks2_rwm_expected",
    title="Reading, writing and mathematics: expected standard",
    definition="Pupils with 100 or more in the reading and mathematics tests and EXS or GDS in writing",
    stage="ks2",
    unit="percent",
    direction="higher",
    years=YEARS,
    source="conventions 6, 9, 11",
    table="assessments_ks2",
    collection="ks2",
    cohort=lambda _: ~nw.col("reading_outcome").is_null(),
    numerator=_rwm_expected,
    breaks=(Break(2018, "writing teacher assessment changed", "domain.md [W133]"),),
)
