"""The Foundation Stage Profile, 2003 to 2012: 13 scales of 0 to 9 points."""

from __future__ import annotations

from functools import reduce
from operator import add, and_

import narwhals as nw

from headway.figures.measures import Measure, Years
from headway.figures.tables import FSP_SCALES

YEARS = Years(2003, 2012)
_SOURCE = "National indicators 72 and 92 (data.gov.uk); Kent, SIP briefing, autumn 2008, slide 5"
PERSONAL_AND_LANGUAGE = tuple(name for name, title in FSP_SCALES.items() if title.startswith(("PSED", "CLL")))
"""The seven scales of personal, social and emotional development and of communication, language and literacy."""


def _assessed() -> nw.Expr:
    return reduce(and_, (~nw.col(name).is_null() for name in FSP_SCALES))


def _total() -> nw.Expr:
    return reduce(add, (nw.col(name) for name in FSP_SCALES))


def _short(name: str) -> str:
    return "fsp_" + name.removeprefix("fsp_")


def _scale(name: str, title: str) -> list[Measure]:
    common = {
        "stage": "foundation",
        "direction": "higher",
        "years": YEARS,
        "source": _SOURCE,
        "table": "assessments_foundation",
        "collection": "foundation",
    }
    return [
        Measure(
            key=f"{_short(name)}_average",
            title=f"Foundation Stage Profile, {title}: average points",
            definition=f"Mean points (0 to 9) in {title}",
            unit="points",
            cohort=lambda _: ~nw.col(name).is_null(),
            value=lambda _: nw.col(name),
            **common,  # type: ignore[arg-type]
        ),
        Measure(
            key=f"{_short(name)}_6_points",
            title=f"Foundation Stage Profile, {title}: 6 points or more",
            definition=f"Children with 6 or more of 9 points in {title}",
            unit="percent",
            cohort=lambda _: ~nw.col(name).is_null(),
            numerator=lambda _: nw.col(name) >= 6,
            **common,  # type: ignore[arg-type]
        ),
    ]


measures = [
    Measure(
        key="fsp_78_points",
        title="Foundation Stage Profile: 78 points with 6 in each PSED and CLL scale",
        definition="Children with 78 or more points over the 13 scales and 6 or more in each of the seven scales of "
        "personal, social and emotional development and communication, language and literacy, of all assessed",
        stage="foundation",
        unit="percent",
        direction="higher",
        years=YEARS,
        source=_SOURCE,
        table="assessments_foundation",
        collection="foundation",
        cohort=lambda _: _assessed(),
        numerator=lambda _: (
            (_total() >= 78) & reduce(and_, (nw.col(name) >= 6 for name in PERSONAL_AND_LANGUAGE))
        ),
        notes="The scale-by-scale reading of '6 points in PSE and CLL' is that of national indicator 72.",
    ),
    Measure(
        key="fsp_lowest_fifth_gap",
        title="Foundation Stage Profile: gap of the lowest-achieving 20 % (NI 92)",
        definition="Median of all children's total points less the mean of the lowest-achieving 20 %, in percent of the "
        "median",
        stage="foundation",
        unit="percent",
        direction="lower",
        years=YEARS,
        source=_SOURCE,
        table="assessments_foundation",
        collection="foundation",
        cohort=lambda _: _assessed(),
        value=lambda _: _total(),
        spread="lowest_fifth_gap",
        of_pupils=False,
        groups=("all",),
        notes="Where a fifth is no whole number of children the last one counts in part.",
    ),
    *(measure for name, title in FSP_SCALES.items() for measure in _scale(name, title)),
]
