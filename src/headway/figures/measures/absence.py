"""Absence, by enrolment: sessions missed of sessions possible, and pupils who miss many of them."""

from __future__ import annotations

import narwhals as nw

from headway.figures.measures import Break, Measure, Years

FIRST = 2006
"""Absence has been collected pupil by pupil since 2005/06 (DfE, A guide to absence statistics, section 4.2)."""

_GUIDE = "DfE, A guide to absence statistics (March 2016), section 3.2"
_ANNOUNCED = "DfE, 'Government changes definition of persistent absence', 12 July 2011"
_NORFOLK = (
    "Norfolk County Council, management information sheets 209/11 and 'Change to Persistent Absence criteria'"
)

SESSIONS = {
    2006: {"1": 28, "2": 52, "3": 64, "6": 64},
    2011: {"1": 22, "2": 38, "3": 56, "6": 56},
}
"""To 2014/15 so many sessions missed made a pupil persistently absent, by the terms counted; about 20 % to 2009/10,
then 15 %. For one term, two terms and the whole year; to 2009/10 the year ended with the fifth half-term."""

SHARE = {2016: 10}
"""Since 2015/16: percent of the pupil's own possible sessions."""


def _missed() -> nw.Expr:
    return nw.col("authorised").fill_null(0) + nw.col("unauthorised").fill_null(0)


def _recorded() -> nw.Expr:
    """Enrolments with possible sessions, of whom some absence, if only 0, is recorded."""
    known = ~nw.col("authorised").is_null() | ~nw.col("unauthorised").is_null()
    return (nw.col("possible") > 0) & known


def _persistent(year: int) -> nw.Expr:
    if year >= 2016:
        return _missed() * 100 >= nw.col("possible") * SHARE[2016]
    thresholds = SESSIONS[2011 if year >= 2011 else 2006]
    least = nw.lit(None, nw.Int64)
    for terms, sessions in thresholds.items():
        least = nw.when(nw.col("terms") == terms).then(nw.lit(sessions)).otherwise(least)
    return _missed() >= least


def _sessions(key: str, title: str, definition: str, missed: nw.Expr) -> Measure:
    return Measure(
        key=key,
        title=title,
        definition=definition,
        stage="absence",
        unit="percent",
        direction="lower",
        years=Years(FIRST),
        source=_GUIDE,
        table="absence",
        collection="roll",
        cohort=lambda _: _recorded() & ~missed.is_null(),
        value=lambda _: missed,
        base=lambda _: nw.col("possible"),
        of_pupils=False,
        notes="The denominator shown is the number of enrolments; the interval lets pupils, not sessions, vary.",
    )


measures = [
    _sessions(
        "absence_overall",
        "Absence",
        "Sessions missed, authorised or not, of the sessions possible",
        _missed(),
    ),
    _sessions(
        "absence_authorised",
        "Authorised absence",
        "Sessions missed with leave, of the sessions possible",
        nw.col("authorised"),
    ),
    _sessions(
        "absence_unauthorised",
        "Unauthorised absence",
        "Sessions missed without leave, of the sessions possible",
        nw.col("unauthorised"),
    ),
    Measure(
        key="absence_persistent",
        title="Persistent absence",
        definition="Enrolments missing 10 % or more of their own possible sessions; from 2010/11 to 2014/15 38 sessions in "
        "two terms, 56 in the year (about 15 %); to 2009/10 52 and 64 (about 20 %)",
        stage="absence",
        unit="percent",
        direction="lower",
        years=Years(FIRST),
        source=f"{_GUIDE}; {_ANNOUNCED}; {_NORFOLK}",
        table="absence",
        collection="roll",
        cohort=lambda _: _recorded(),
        numerator=_persistent,
        breaks=(
            Break(2011, "the threshold falls from about 20 % to about 15 %", _ANNOUNCED),
            Break(2016, "the threshold falls to 10 % of the pupil's own sessions", _GUIDE),
        ),
    ),
    Measure(
        key="absence_severe",
        title="Severe absence",
        definition="Enrolments missing 50 % or more of their own possible sessions",
        stage="absence",
        unit="percent",
        direction="lower",
        years=Years(2016),
        source="DfE, pupil absence statistics (threshold unverified)",
        table="absence",
        collection="roll",
        cohort=lambda _: _recorded(),
        numerator=lambda _: _missed() * 2 >= nw.col("possible"),
    ),
]
