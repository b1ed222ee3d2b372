"""Key stage 2 since 2016: the expected and the higher standard, and average scaled scores."""

from __future__ import annotations

import narwhals as nw

from headway.figures.measures import Break, Measure, Years
from headway.figures.measures.expressions import Part, counted, every, reached

YEARS = Years(2016, without=(2020, 2021))
SCALED = Break(2016, "scaled scores replace levels", "DfE, SFR 39/2016")
WRITING = Break(2018, "writing is assessed under a changed framework", "DfE, KS2 attainment 2024/25")
NOT_BY_SCHOOL = "No tests in 2020 and 2021. The results of 2022 were not published by school."

_SOURCE = "DfE, KS2 performance tables and KS2 pupil checking file; outcome_codes.toml"
_NAMES = {
    "reading": "reading",
    "writing": "writing",
    "mathematics": "mathematics",
    "gps": "grammar, punctuation and spelling",
    "science": "science",
}
TESTS = ("reading", "mathematics", "gps")
EXPECTED, HIGHER = 100, 110


def _score(subject: str, least: int) -> Part:
    return lambda _: nw.col(f"{subject}_score") >= least


def _test_counted(subject: str) -> Part:
    """Counted by the outcome code; a record with a scaled score and no code took the test."""
    code, score = f"{subject}_outcome", f"{subject}_score"
    by_code = counted(code, "ks2_test_expected")
    return lambda year: by_code(year) | (nw.col(code).is_null() & ~nw.col(score).is_null())


def _test_reached(subject: str, least: int) -> Part:
    """Reached by the outcome code where it says so (the expected standard), otherwise by the scaled score."""
    by_code = reached(f"{subject}_outcome", "ks2_test_expected")
    if least == EXPECTED:
        code = nw.col(f"{subject}_outcome")
        return lambda year: by_code(year) | (code.is_null() & (nw.col(f"{subject}_score") >= least))
    return _score(subject, least)


def _subject(subject: str, least: int) -> tuple[Part, Part]:
    """Who is counted in a subject, and who reached the expected (100) or higher (110) standard."""
    if subject in TESTS:
        return _test_counted(subject), _test_reached(subject, least)
    family = "ks2_assessment_expected" if least == EXPECTED else "ks2_assessment_higher"
    column = f"{subject}_assessment"
    return counted(column, family), reached(column, family)


def _in_one(subject: str, standard: str, least: int) -> Measure:
    who, met = _subject(subject, least)
    name = _NAMES[subject]
    if subject in TESTS:
        definition = (
            f"Pupils with a scaled score of {least} or more in the {name} test, of the eligible pupils"
        )
    else:
        codes = "EXS or GDS" if least == EXPECTED else "GDS"
        definition = f"Pupils assessed by their teachers as {codes} in {name}, of the eligible pupils"
    return Measure(
        key=f"ks2_{subject}_{standard}",
        title=f"Key stage 2 {name}: {standard} standard",
        definition=definition,
        stage="ks2",
        unit="percent",
        direction="higher",
        years=YEARS,
        source=_SOURCE,
        table="assessments_ks2",
        collection="ks2",
        cohort=who,
        numerator=met,
        breaks=(SCALED, WRITING) if subject == "writing" else (SCALED,),
        notes=NOT_BY_SCHOOL,
    )


def _combined(standard: str, least: int, definition: str) -> Measure:
    subjects = [_subject(subject, least) for subject in ("reading", "writing", "mathematics")]
    all_counted = every(who for who, _ in subjects)
    met_all = every(met for _, met in subjects)

    def eligible(year: int) -> nw.Expr:
        """DfE's own flag where the record has it, as long as all three results are there."""
        return nw.coalesce(nw.col("rwm_eligible") & _known(), all_counted(year))

    return Measure(
        key=f"ks2_rwm_{standard}",
        title=f"Key stage 2 reading, writing and mathematics: {standard} standard",
        definition=definition,
        stage="ks2",
        unit="percent",
        direction="higher",
        years=YEARS,
        source=_SOURCE,
        table="assessments_ks2",
        collection="ks2",
        cohort=eligible,
        numerator=met_all,
        breaks=(SCALED, WRITING),
        notes=NOT_BY_SCHOOL,
    )


def _known() -> nw.Expr:
    """Whether there is any result in each of the three; without one nobody can say that it was missed."""
    tested = [
        ~nw.col(f"{subject}_outcome").is_null() | ~nw.col(f"{subject}_score").is_null()
        for subject in ("reading", "mathematics")
    ]
    return tested[0] & tested[1] & ~nw.col("writing_assessment").is_null()


def _average(subject: str) -> Measure:
    scored = counted(f"{subject}_outcome", "ks2_test_average")
    return Measure(
        key=f"ks2_{subject}_average",
        title=f"Key stage 2 {_NAMES[subject]}: average scaled score",
        definition=f"Mean scaled score in {_NAMES[subject]} of the pupils who were awarded one",
        stage="ks2",
        unit="scaled score",
        direction="higher",
        years=YEARS,
        source=_SOURCE,
        table="assessments_ks2",
        collection="ks2",
        cohort=lambda year: scored(year) | nw.col(f"{subject}_outcome").is_null(),
        value=lambda _: nw.col(f"{subject}_score"),
        breaks=(SCALED,),
        notes=NOT_BY_SCHOOL,
    )


measures = [
    *(_in_one(subject, "expected", EXPECTED) for subject in _NAMES),
    *(_in_one(subject, "higher", HIGHER) for subject in _NAMES if subject != "science"),
    _combined(
        "expected",
        EXPECTED,
        "Pupils with 100 or more in the reading and mathematics tests and EXS or GDS in writing, of the eligible",
    ),
    _combined(
        "higher",
        HIGHER,
        "Pupils with 110 or more in the reading and mathematics tests and GDS in writing, of the eligible",
    ),
    *(_average(subject) for subject in TESTS),
]
