"""Measures that Headway takes as published and does not count itself."""

from __future__ import annotations

from itertools import product

from headway.figures.measures import Break, Direction, Measure, Unit, Years
from headway.figures.measures.absence import FIRST

_KS2 = "DfE, KS2 performance tables and Explore Education Statistics, KS2 attainment"
_PROGRESS_YEARS = Years(2016, without=(2020, 2021, 2024, 2025))
_PROGRESS_BREAKS = (
    Break(2017, "a pupil who sat the test without a scaled score counts with 79", "sigplus.co.uk, 2022/02"),
    Break(2018, "the most negative scores are limited", "NAHT, Progress scores 2018"),
)
_NAMES = {
    "reading": "reading",
    "writing": "writing",
    "mathematics": "mathematics",
    "gps": "grammar, punctuation and spelling",
    "science": "science",
    "english": "English",
    "rwm": "reading, writing and mathematics",
}


def _published(
    key: str,
    title: str,
    unit: Unit = "percent",
    *,
    direction: Direction = "neutral",
    stage: str = "ks2",
    years: Years | None = None,
    breaks: tuple[Break, ...] = (),
    of_pupils: bool = False,
    source: str = _KS2,
) -> Measure:
    return Measure(
        key=key,
        title=title,
        definition=f"{title}, as published",
        stage=stage,
        unit=unit,
        direction=direction,
        years=years or Years(1995),
        source=source,
        breaks=breaks,
        of_pupils=of_pupils,
    )


def _progress(subject: str) -> list[Measure]:
    name = _NAMES[subject]
    unadjusted = tuple(found for found in _PROGRESS_BREAKS if found.year != 2018)
    return [
        _published(
            f"ks2_{subject}_progress",
            f"Progress score in {name}",
            "progress points",
            direction="higher",
            years=_PROGRESS_YEARS,
            breaks=_PROGRESS_BREAKS,
        ),
        _published(
            f"ks2_{subject}_progress_unadjusted",
            f"Progress score in {name}, the most negative scores not limited",
            "progress points",
            direction="higher",
            years=Years(2018, without=_PROGRESS_YEARS.without),
            breaks=unadjusted,
        ),
        _published(
            f"ks2_{subject}_progress_coverage",
            f"Pupils counted in progress in {name}",
            years=_PROGRESS_YEARS,
            direction="higher",
        ),
    ]


_TESTED = Years(1995, without=(2020, 2021))
_LEVELS = Years(1995, 2015)

measures = [
    *(measure for subject in ("reading", "writing", "mathematics") for measure in _progress(subject)),
    *(
        _published(
            f"ks2_{subject}_not_tested",
            f"Absent from or not able to access the test in {_NAMES[subject]}",
            direction="lower",
            years=_TESTED,
            of_pupils=True,
        )
        for subject in ("reading", "mathematics", "gps", "english", "science")
    ),
    _published(
        "ks2_writing_working_towards",
        "Working towards the expected standard in writing",
        direction="lower",
        years=Years(2016, without=(2020, 2021)),
        breaks=(Break(2018, "writing is assessed under a changed framework", "DfE, KS2 attainment 2024/25"),),
        of_pupils=True,
    ),
    *(
        _published(
            f"ks2_{subject}_absent_or_disapplied",
            f"Absent or disapplied in the teacher assessment of {_NAMES[subject]}",
            direction="lower",
            years=_TESTED,
            of_pupils=True,
        )
        for subject in ("writing", "science")
    ),
    _published(
        "ks2_cohort_share",
        "Share of the key stage 2 cohort that is in the group",
        years=_TESTED,
        of_pupils=True,
    ),
    _published(
        "ks2_cohort_prior_attainment",
        "Average key stage 1 points of the key stage 2 cohort",
        "points",
        years=_TESTED,
        breaks=(
            Break(2020, "key stage 1 was assessed without levels: other points", "hfleducation.org, 2022"),
        ),
    ),
    *(
        _published(
            f"ks2_gps_{level}",
            f"Grammar, punctuation and spelling: {words}",
            direction="higher",
            years=Years(2013, 2015),
            of_pupils=True,
        )
        for level, words in (
            ("level4", "level 4 or above"),
            ("level4b", "level 4B or above"),
            ("level5", "level 5 or above"),
        )
    ),
    *(
        _published(
            f"ks2_{subject}_two_levels_progress_coverage",
            f"Pupils counted in two levels of progress in {_NAMES[subject]}",
            direction="higher",
            years=_LEVELS,
        )
        for subject in ("english", "mathematics", "reading", "writing")
    ),
    _published(
        "ks2_value_added",
        "Key stage 1 to 2 value added (100 is average)",
        "index",
        direction="higher",
        years=_LEVELS,
    ),
    _published(
        "ks2_value_added_coverage", "Pupils counted in value added", direction="higher", years=_LEVELS
    ),
    _published(
        "ks2_contextual_value_added",
        "Key stage 1 to 2 contextual value added (100 is average)",
        "index",
        direction="higher",
        years=Years(2006, 2010),
    ),
    _published(
        "ks2_contextual_value_added_coverage",
        "Pupils counted in contextual value added",
        direction="higher",
        years=Years(2006, 2010),
    ),
    *(
        _published(
            f"absence_{kind}_{phase}{term}",
            f"{title} in {phase} schools{words}",
            direction="lower",
            stage="absence",
            years=Years(FIRST),
            source="DfE, pupil absence statistics",
        )
        for (kind, title), phase, (term, words) in product(
            (
                ("overall", "Absence"),
                ("authorised", "Authorised absence"),
                ("unauthorised", "Unauthorised absence"),
                ("persistent", "Persistent absence"),
                ("severe", "Severe absence"),
            ),
            ("primary", "secondary", "special"),
            (
                ("", ""),
                ("_autumn_term", ", autumn"),
                ("_spring_term", ", spring"),
                ("_summer_term", ", summer"),
            ),
        )
        if kind not in {"persistent", "severe"} or not term
    ),
    _published(
        "absence_overall_age4",
        "Absence of four-year-olds",
        direction="lower",
        stage="absence",
        years=Years(FIRST),
        source="DfE, pupil absence statistics",
    ),
    _published("context_pupils_aged_11", "Pupils aged 11 (10 in the levels era)", "pupils", stage="context"),
    *(
        _published(
            f"context_{key}_{phase}",
            f"{title}, {phase} schools",
            "pupils" if key == "pupils_on_roll" else "percent",
            stage="context",
            of_pupils=True,
            source="School census",
        )
        for (key, title), phase in product(
            (
                ("pupils_on_roll", "Pupils on roll"),
                ("girls", "Girls"),
                ("fsm", "Eligible for free school meals"),
                ("fsm6", "Eligible for free school meals in the last six years"),
                ("eal", "English as an additional language"),
                ("sen_support", "SEN support"),
                ("ehcp", "EHC plan"),
            ),
            ("primary", "secondary", "special"),
        )
    ),
]
