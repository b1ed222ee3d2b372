"""What the columns of the levels era's key stage 2 performance tables mean. Not a source: it defines none.

DfE's own dictionaries of those years are not beside this project. The names are those that users of the published
files state with their meaning: a collector of the 2008 and 2009 tables that names DfE's headings column by column, a
lookup of the files of 2010/11 to 2014/15, and the loader of a school comparison site (2014/15). Names that none
of them gives are left out; see `docs/how-to/load-dfe-performance-tables.md`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from headway.figures.sources.published import Meaning

_THRESHOLDS = {"X": "level4", "AX": "level5", "4B": "level4b", "AT": "not_tested"}
_SUBJECTS = {
    "ENGMAT": "english_maths",
    "READWRITTAMAT": "rwm",
    "READWRITMAT": "rwm",
    "ENG": "english",
    "MAT": "mathematics",
    "READ": "reading",
    "WRIT": "writing",
    "SCI": "science",
    "GPS": "gps",
}
_DISADVANTAGED = {
    "FSMCLA": "disadvantaged",
    "FSM6CLA1A": "disadvantaged",
    "NOTFSMCLA": "other",
    "NOTFSM6CLA1A": "other",
}
_GROUPS = {
    **{"": "all", "B": "boys", "G": "girls", "EALY": "eal"},
    **{"L": "prior_low", "M": "prior_middle", "H": "prior_high"},
    **_DISADVANTAGED,
}
_PREFIXES = {"T": "all", "B": "boys", "G": "girls"}
_GROUP = r"(?:_(?P<group>B|G|L|M|H|EALY|FSMCLA|NOTFSMCLA|FSM6CLA1A|NOTFSM6CLA1A))?"
_PERCENT = re.compile(
    rf"P(?P<who>T|B|G)(?P<first>FSMCLA|NOTFSMCLA)?(?P<subject>{'|'.join(_SUBJECTS)})(?P<threshold>AX|X|4B|AT)"
    rf"(?P<assessed>TA)?{_GROUP}"
)
_TWO_LEVELS = re.compile(rf"PT2?(?P<subject>ENG|MATH|READ|WRITTA)(?:12)?{_GROUP}")
_TWO_LEVELS_SUBJECTS = {"ENG": "english", "MATH": "mathematics", "READ": "reading", "WRITTA": "writing"}
_COVERAGE = re.compile(r"COV(?P<subject>ENG|MATH|READ|WRITTA)(?:12)?")
_COHORTS = {
    "all": ("TELIG",),
    "boys": ("BELIG",),
    "girls": ("GELIG",),
    "prior_low": ("TKS1EXP_L",),
    "prior_middle": ("TKS1EXP_M",),
    "prior_high": ("TKS1EXP_H",),
    "disadvantaged": ("TFSM6CLA1A", "TFSMCLA1A", "TFSMCLA"),
    "other": ("TNOTFSM6CLA1A", "TNOTFSMCLA"),
    "eal": ("TEALGRP2",),
    "not_mobile": ("TMOBN",),
}
_SHARES = {
    "PBELIG": "boys",
    "PGELIG": "girls",
    "PKS1EXP_L": "prior_low",
    "PKS1EXP_M": "prior_middle",
    "PKS1EXP_H": "prior_high",
    "PTFSM6CLA1A": "disadvantaged",
    "PTFSMCLA": "disadvantaged",
    "PTNOTFSM6CLA1A": "other",
    "PTNOTFSMCLA": "other",
    "PTEALGRP2": "eal",
    "PTMOBN": "not_mobile",
}
_PLAIN = {
    "TAPS": Meaning("TAPS", "ks2_average_points", unit="points"),
    "OVAMEAS": Meaning("OVAMEAS", "ks2_value_added", unit="index"),
    "OLCONF": Meaning("OLCONF", "ks2_value_added", field="lower", unit="index"),
    "OUCONF": Meaning("OUCONF", "ks2_value_added", field="upper", unit="index"),
    "EMVAMEAS": Meaning("EMVAMEAS", "ks2_contextual_value_added", unit="index"),
    "EMLCONF": Meaning("EMLCONF", "ks2_contextual_value_added", field="lower", unit="index"),
    "EMUCONF": Meaning("EMUCONF", "ks2_contextual_value_added", field="upper", unit="index"),
    "TKS1APS": Meaning("TKS1APS", "ks2_cohort_prior_attainment", unit="points"),
    "TOTPUPS": Meaning("TOTPUPS", "context_pupils_on_roll", unit="pupils"),
}

MEASURES: tuple[str, ...] = (
    *(f"ks2_{subject}_level4" for subject in sorted(set(_SUBJECTS.values()))),
    *(f"ks2_{subject}_level5" for subject in sorted(set(_SUBJECTS.values()))),
    *(f"ks2_{subject}_level4b" for subject in ("reading", "mathematics", "gps", "rwm")),
    *(f"ks2_{subject}_not_tested" for subject in ("english", "mathematics", "science", "reading")),
    *(f"ks2_{subject}_two_levels_progress" for subject in _TWO_LEVELS_SUBJECTS.values()),
    *(f"ks2_{subject}_two_levels_progress_coverage" for subject in _TWO_LEVELS_SUBJECTS.values()),
    *("ks2_average_points", "ks2_value_added", "ks2_value_added_coverage"),
    *("ks2_contextual_value_added", "ks2_contextual_value_added_coverage"),
    *("ks2_cohort", "ks2_cohort_share", "ks2_cohort_prior_attainment", "context_pupils_on_roll"),
)
"""Every measure key that columns of the levels era give."""


def meanings(columns: Sequence[str]) -> list[Meaning]:
    """What the columns of a file mean, those without a meaning left out.

    Where two columns say the same (the writing test and the teacher assessment that replaced it in 2012), the
    teacher assessment is taken: `…TA` stands first.
    """
    names = {name.upper() for name in columns}
    found: dict[tuple[str, str, str], Meaning] = {}
    for name in sorted(columns, key=lambda name: ("TA" not in name.upper(), list(columns).index(name))):
        meaning = _meaning(name.upper(), names)
        if meaning is not None:
            found.setdefault((meaning.measure, meaning.group, meaning.field), meaning)
    return list(found.values())


def _counting(group: str, names: set[str]) -> str | None:
    return next((column for column in _COHORTS.get(group, ()) if column in names), None)


def _meaning(name: str, names: set[str]) -> Meaning | None:
    if match := _PERCENT.fullmatch(name):
        group = (
            _PREFIXES[match["who"]]
            if match["who"] != "T"
            else _GROUPS[match["first"] or match["group"] or ""]
        )
        measure = f"ks2_{_SUBJECTS[match['subject']]}_{_THRESHOLDS[match['threshold']]}"
        if measure not in MEASURES or (match["who"] != "T" and match["group"]):
            return None
        return Meaning(name, measure, group, cohort=_counting(group, names))
    if match := _TWO_LEVELS.fullmatch(name):
        measure = f"ks2_{_TWO_LEVELS_SUBJECTS[match['subject']]}_two_levels_progress"
        return Meaning(name, measure, _GROUPS[match["group"] or ""])
    if match := _COVERAGE.fullmatch(name):
        return Meaning(name, f"ks2_{_TWO_LEVELS_SUBJECTS[match['subject']]}_two_levels_progress_coverage")
    if name == "VACOV":
        kind = "ks2_value_added" if "OVAMEAS" in names else "ks2_contextual_value_added"
        return Meaning(name, f"{kind}_coverage")
    if name in _SHARES:
        group = _SHARES[name]
        cohort = None if group.startswith("prior_") else _counting("all", names)
        return Meaning(name, "ks2_cohort_share", group, cohort=cohort, count=_counting(group, names))
    for group in _COHORTS:
        if name == _counting(group, names):
            return Meaning(name, "ks2_cohort", group, unit="pupils")
    return _PLAIN.get(name)
