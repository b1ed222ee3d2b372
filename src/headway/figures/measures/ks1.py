"""Key stage 1: levels to 2015, teacher assessment from 2016 to 2023, when it ended."""

from __future__ import annotations

from headway.figures.measures import Break, Measure, Years
from headway.figures.measures.expressions import counted, reached

_NAMES = {"reading": "reading", "writing": "writing", "mathematics": "mathematics", "science": "science"}
_LEVELS = {"level2": "level 2 or above", "level2b": "level 2B or above", "level3": "level 3 or above"}
_STANDARDS = {"expected": "ks1_assessment_expected", "greater_depth": "ks1_assessment_higher"}
_SOURCE = "DfE, key stage 1 statistics and KS2 pupil checking file; outcome_codes.toml"
_CHANGED = {
    "writing": Break(
        2018, "writing is assessed under a changed framework", "as at key stage 2", verified=False
    ),
}


def _level(subject: str, level: str) -> Measure:
    return Measure(
        key=f"ks1_{subject}_{level}",
        title=f"Key stage 1 {_NAMES[subject]}: {_LEVELS[level]}",
        definition=f"Pupils at {_LEVELS[level]} in {_NAMES[subject]}, of the eligible pupils",
        stage="ks1",
        unit="percent",
        direction="higher",
        years=Years(1995, 2015),
        source=_SOURCE,
        table="assessments_ks1",
        collection="ks1",
        cohort=counted(f"{subject}_level", f"ks1_{level}"),
        numerator=reached(f"{subject}_level", f"ks1_{level}"),
        breaks=(
            Break(
                2005, "teacher assessment replaces the reported test results", "from memory", verified=False
            ),
        ),
    )


def _assessed(subject: str, standard: str) -> Measure:
    words = "the expected standard" if standard == "expected" else "greater depth"
    codes = "EXS or GDS" if standard == "expected" else "GDS"
    return Measure(
        key=f"ks1_{subject}_{standard}",
        title=f"Key stage 1 {_NAMES[subject]}: {words}",
        definition=f"Pupils assessed by their teachers as {codes} in {_NAMES[subject]}, of the eligible pupils",
        stage="ks1",
        unit="percent",
        direction="higher",
        years=Years(2016, 2023, without=(2020, 2021)),
        source=_SOURCE,
        table="assessments_ks1",
        collection="ks1",
        cohort=counted(f"{subject}_assessment", _STANDARDS[standard]),
        numerator=reached(f"{subject}_assessment", _STANDARDS[standard]),
        breaks=(_CHANGED[subject],) if subject in _CHANGED else (),
    )


measures = [
    *(
        _level(subject, level)
        for subject in _NAMES
        for level in _LEVELS
        if not (subject == "science" and level == "level2b")  # science has no thirds of a level
    ),
    *(
        _assessed(subject, standard)
        for subject in _NAMES
        for standard in _STANDARDS
        if not (subject == "science" and standard == "greater_depth")
    ),
]
