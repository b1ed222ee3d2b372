"""Key stage 2 to 2015: national curriculum levels, and the points that stand for them."""

from __future__ import annotations

import narwhals as nw

from headway.figures.measures import Break, Measure, Years
from headway.figures.measures.expressions import counted, every, reached, valued
from headway.figures.outcome_codes import points

FIRST, LAST = 1995, 2015
_SOURCE = "DfES and DfE, primary performance tables; outcome_codes.toml"

WRITING = Break(
    2012, "teacher assessment replaces the writing test", "issue 'Figures', measures", verified=False
)
SCIENCE = Break(
    2010, "teacher assessment: science tests ended after 2009", "issue 'Figures', measures", verified=False
)
BOYCOTT = "In 2010 about a quarter of schools did not take the tests: their figures are not available, and never zero."

_NAMES = {
    "english": "English",
    "reading": "reading",
    "writing": "writing",
    "mathematics": "mathematics",
    "science": "science",
    "english_maths": "English and mathematics",
    "rwm": "reading, writing and mathematics",
}
_SUBJECTS = {
    "english_maths": ("english", "mathematics"),
    "rwm": ("reading", "writing", "mathematics"),
}
"""Combined measures: a pupil needs the level in each of these."""

_LEVELS = {
    "level4": "level 4 or above",
    "level4b": "level 4B or above",
    "level5": "level 5 or above",
    "level6": "level 6",
}
_OFFERED = {
    "level4": tuple(_NAMES),
    "level4b": ("reading", "mathematics", "rwm"),
    "level5": tuple(_NAMES),
    "level6": ("english", "reading", "writing", "mathematics", "science"),
}
"""Thirds of a level are known from the tests in reading and mathematics only."""


def _years(subject: str) -> Years:
    """In 2013 reading, writing and mathematics took the place of English, and of English and mathematics."""
    return Years(FIRST, 2012 if subject.startswith("english") else LAST)


def _breaks(subject: str) -> tuple[Break, ...]:
    if subject in {"writing", "english", "english_maths", "rwm"}:
        return (WRITING,)
    return (SCIENCE,) if subject == "science" else ()


def _family(subject: str, level: str) -> str:
    """Writing has no thirds: for level 4B in all three it counts at level 4."""
    return "ks2_level4" if level == "level4b" and subject == "writing" else f"ks2_{level}"


def _level(subject: str, level: str) -> Measure:
    parts = _SUBJECTS.get(subject, (subject,))
    notes = [BOYCOTT]
    if level == "level4b":
        notes.append("A level 4 without its third is counted neither as 4B nor as below it.")
    if level == "level4b" and subject == "rwm":
        notes.append("Writing counts at level 4, for its teacher assessment has no thirds (unverified).")
    return Measure(
        key=f"ks2_{subject}_{level}",
        title=f"Key stage 2 {_NAMES[subject]}: {_LEVELS[level]}",
        definition=f"Pupils at {_LEVELS[level]} in {_NAMES[subject]}, of the eligible pupils",
        stage="ks2",
        unit="percent",
        direction="higher",
        years=_years(subject),
        source=_SOURCE,
        table="assessments_ks2",
        collection="ks2",
        cohort=every(counted(f"{part}_level", _family(part, level)) for part in parts),
        numerator=every(reached(f"{part}_level", _family(part, level)) for part in parts),
        breaks=_breaks(subject),
        notes=" ".join(notes),
    )


def _points(subject: str, year: int) -> nw.Expr:
    return valued(f"{subject}_level", points("ks2_levels", year))


def _average_points(year: int) -> nw.Expr:
    """Mean over the headline subjects of the year; null if one has no points."""
    if year >= 2013:
        return ((_points("reading", year) + _points("writing", year)) / 2 + _points("mathematics", year)) / 2
    english_maths = _points("english", year) + _points("mathematics", year)
    return (english_maths + _points("science", year)) / 3 if year <= 2009 else english_maths / 2


_AVERAGE = Measure(
    key="ks2_average_points",
    title="Key stage 2 average point score",
    definition="Mean points of the pupils' levels (level x 6 + 3) over the subjects of the headline: English, "
    "mathematics and science to 2009, English and mathematics to 2012, then mathematics (half), reading and writing",
    stage="ks2",
    unit="points",
    direction="higher",
    years=Years(FIRST, LAST),
    source=_SOURCE,
    table="assessments_ks2",
    collection="ks2",
    cohort=lambda _: nw.lit(True),
    value=_average_points,
    breaks=(
        Break(
            2010,
            "science leaves the average with the end of its tests",
            "issue 'Figures', measures",
            verified=False,
        ),
        WRITING,
        Break(2013, "reading and writing replace English", "issue 'Figures', measures", verified=False),
    ),
    notes=f"{BOYCOTT} Weights of the subjects since 2013 as for the KS1 baseline (unverified).",
)


def _subject_points(subject: str) -> Measure:
    return Measure(
        key=f"ks2_{subject}_average_points",
        title=f"Key stage 2 {_NAMES[subject]}: average points",
        definition=f"Mean points of the pupils' levels in {_NAMES[subject]} (level x 6 + 3)",
        stage="ks2",
        unit="points",
        direction="higher",
        years=_years(subject),
        source=_SOURCE,
        table="assessments_ks2",
        collection="ks2",
        cohort=lambda _: nw.lit(True),
        value=lambda year: _points(subject, year),
        breaks=_breaks(subject),
        notes=BOYCOTT,
    )


measures = [
    *(_level(subject, level) for level, subjects in _OFFERED.items() for subject in subjects),
    _AVERAGE,
    *(_subject_points(subject) for subject in ("english", "reading", "writing", "mathematics", "science")),
]
