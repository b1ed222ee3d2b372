"""Cohorts and their context: how many pupils, and who they are. Neither good nor bad."""

from __future__ import annotations

import narwhals as nw

from headway.figures.measures import Measure, Years
from headway.figures.measures.expressions import Part

_COHORTS = {
    "ks2_cohort": ("ks2", "Pupils at the end of key stage 2"),
    "ks1_cohort": ("ks1", "Pupils at the end of key stage 1"),
    "phonics_cohort": ("phonics", "Pupils of the phonics check"),
    "eyfsp_cohort": ("foundation", "Children at the end of the foundation stage"),
    "mtc_cohort": ("mtc", "Pupils of the multiplication tables check"),
    "context_pupils_on_roll": ("roll", "Pupils on roll"),
}


def _known(column: str) -> Part:
    return lambda _: ~nw.col(column).is_null()


def _share(key: str, title: str, column: str, member: Part) -> Measure:
    return Measure(
        key=f"context_{key}",
        title=title,
        definition=f"{title}, in percent of the pupils on roll of whom it is known",
        stage="context",
        unit="percent",
        direction="neutral",
        years=Years(2003),
        source="DfE, school census",
        table="pupils",
        collection="roll",
        cohort=_known(column),
        numerator=member,
        groups=("all",),
    )


measures = [
    *(
        Measure(
            key=key,
            title=title,
            definition=f"{title}: how many there are, those left out of the figures not counted",
            stage="context" if collection == "roll" else collection,
            unit="pupils",
            direction="neutral",
            years=Years(1995),
            source="DfE, school census and KS2 pupil checking file",
            table="pupils",
            collection=collection,
            cohort=lambda _: nw.lit(True),
        )
        for key, (collection, title) in _COHORTS.items()
    ),
    _share("girls", "Girls", "sex", lambda _: nw.col("sex") == "F"),
    _share("fsm", "Eligible for free school meals", "fsm", lambda _: nw.col("fsm")),
    _share("fsm6", "Eligible for free school meals in the last six years", "fsm6", lambda _: nw.col("fsm6")),
    _share("disadvantaged", "Disadvantaged", "disadvantaged", lambda _: nw.col("disadvantaged")),
    _share(
        "looked_after", "Looked after or adopted from care", "looked_after", lambda _: nw.col("looked_after")
    ),
    _share("eal", "English as an additional language", "eal", lambda _: nw.col("eal")),
    _share("mobile", "Joined in the last two years", "mobile", lambda _: nw.col("mobile")),
    _share("sen_support", "SEN support", "sen", lambda _: nw.col("sen").is_in(["K", "A", "P"])),
    _share("ehcp", "EHC plan or statement", "sen", lambda _: nw.col("sen").is_in(["E", "S"])),
]
