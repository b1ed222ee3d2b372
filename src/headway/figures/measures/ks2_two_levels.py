"""Two levels of progress from key stage 1 to key stage 2, to 2015: what was expected of every pupil."""

from __future__ import annotations

import narwhals as nw

from headway.figures.measures import Measure, Years
from headway.figures.measures.expressions import counted, valued
from headway.figures.measures.ks2_levels import BOYCOTT, WRITING
from headway.figures.outcome_codes import points

_KS2 = {
    **{"W": 0, "1": 1},
    **{f"{level}{third}": level for level in (2, 3, 4, 5) for third in ("", "A", "B", "C")},
    **{"6": 6},
}
_KS1 = {"W": 0.0, "1": 1.0, "2": 2.0, "2A": 2.0, "2B": 2.0, "2C": 2.0, "3": 3.0, "4": 4.0}
_NEVER = -9.0
"""Below the test, or no level: counted, and two levels are out of reach."""

_NAMES = {"english": "English", "reading": "reading", "writing": "writing", "mathematics": "mathematics"}


def _before(subject: str, year: int) -> nw.Expr:
    """The level at key stage 1. English: that of the mean points of reading and writing."""
    if subject != "english":
        return valued(f"ks1_{subject}", _KS1)
    table = points("ks1", year - 4)
    mean = (valued("ks1_reading", table) + valued("ks1_writing", table)) / 2
    level = nw.when(mean < 6).then(nw.lit(0.0)).otherwise(nw.lit(4.0))
    for least, value in ((24, 3.0), (18, 2.0), (12, 1.0)):
        level = nw.when((mean >= 6) & (mean < least)).then(nw.lit(value)).otherwise(level)
    return nw.when(~mean.is_null()).then(level)


def _measure(subject: str) -> Measure:
    who = counted(f"{subject}_level", "ks2_two_levels")
    english = subject == "english"
    taught = "From 2013 in reading and in writing instead." if english else ""
    return Measure(
        key=f"ks2_{subject}_two_levels_progress",
        title=f"Two levels of progress in {_NAMES[subject]}",
        definition=f"Pupils whose level in {_NAMES[subject]} at the end of key stage 2 is two or more above that at "
        "key stage 1, of those with a level, or below the test, and a level at key stage 1",
        stage="ks2",
        unit="percent",
        direction="higher",
        years=Years(1999, 2012) if english else Years(1999 if subject == "mathematics" else 2013, 2015),
        source="Level at KS2 two above that at KS1 (Kent, SIP briefing 2008, slide 11); outcome_codes.toml",
        table="assessments_ks2",
        collection="ks2",
        cohort=lambda year: who(year) & ~_before(subject, year).is_null(),
        numerator=lambda year: (
            valued(f"{subject}_level", {code: float(level) for code, level in _KS2.items()}, _NEVER)
            >= _before(subject, year) + 2
        ),
        breaks=(WRITING,) if english else (),
        notes=f"{BOYCOTT} {taught} "
        + (
            "The KS1 level in English is that of the mean points of reading and writing, in bands of 6, 12, 18 and 24 "
            "(unverified; the bands are those of prior attainment in 2011)."
            if english
            else ""
        ),
    )


measures = [_measure(subject) for subject in _NAMES]
