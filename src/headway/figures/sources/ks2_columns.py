"""What the columns of DfE's key stage 2 performance tables since 2016 mean. Not a source: it defines none.

Read from DfE's own column dictionaries of 2016/17, 2017/18, 2018/19 and 2024/25. Names are compared without case
(`PTNotFSM6CLA1A` and `PTNOTFSM6CLA1A` both occur). The same names, in lower case, are those of the information
file that Explore Education Statistics publishes beside its tidy results.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from headway.figures.sources.published import Meaning

_SUBJECTS = {
    "RWM": "rwm",
    "READ": "reading",
    "GPS": "gps",
    "MAT": "mathematics",
    "WRIT": "writing",
    "WRITTA": "writing",
    "SCITA": "science",
}
_GROUPS = {
    "": "all",
    "B": "boys",
    "G": "girls",
    "L": "prior_low",
    "M": "prior_middle",
    "H": "prior_high",
    "FSM6CLA1A": "disadvantaged",
    "NOTFSM6CLA1A": "other",
    "EAL": "eal",
    "MOBN": "not_mobile",
}
_COHORTS = {
    "all": "TELIG",
    "boys": "BELIG",
    "girls": "GELIG",
    "prior_low": "TKS1GROUP_L",
    "prior_middle": "TKS1GROUP_M",
    "prior_high": "TKS1GROUP_H",
    "disadvantaged": "TFSM6CLA1A",
    "other": "TNOTFSM6CLA1A",
    "eal": "TEALGRP2",
    "not_eal": "TEALGRP1",
    "not_mobile": "TMOBN",
    "sen_ehcp": "TSENELE",
    "sen_support": "TSENELK",
}
"""Which column counts the pupils of a group."""
_SHARES = {
    "PBELIG": "boys",
    "PGELIG": "girls",
    "PTKS1GROUP_L": "prior_low",
    "PTKS1GROUP_M": "prior_middle",
    "PTKS1GROUP_H": "prior_high",
    "PTFSM6CLA1A": "disadvantaged",
    "PTNOTFSM6CLA1A": "other",
    "PTEALGRP2": "eal",
    "PTEALGRP1": "not_eal",
    "PTMOBN": "not_mobile",
    "PSENELE": "sen_ehcp",
    "PSENELK": "sen_support",
}
KS1_CALCULABLE = "pupils with a KS1 group"
"""A column that the reader adds: pupils with low, middle or high prior attainment, of whom their shares are taken."""

_OUTCOMES = {
    "EXP": "expected",
    "HIGH": "higher",
    "AT": "not_tested",
    "WTS": "working_towards",
    "AD": "absent_or_disapplied",
}
_GROUP = r"(?:_(?P<group>B|G|L|M|H|FSM6CLA1A|NOTFSM6CLA1A|EAL|MOBN))?"
_PERCENT = re.compile(
    rf"PT(?P<subject>RWM|READ|GPS|MAT|WRITTA|SCITA)_(?P<outcome>EXP|HIGH|AT|WTS|AD){_GROUP}(?P<pooled>_3YR)?"
)
_AVERAGE = re.compile(rf"(?P<subject>READ|MAT|GPS)_AVERAGE{_GROUP}(?P<pooled>_3YR)?")
_PROGRESS = re.compile(rf"(?P<subject>READ|WRIT|MAT)PROG{_GROUP}(?:_(?P<part>LOWER|UPPER|DESCR|UNADJUSTED))?")
_COVERAGE = re.compile(r"(?P<subject>READ|WRIT|MAT)COV")

PRIOR_YEAR = re.compile(r"_(?P<year>\d\d)$")
"""The suffix of a column that repeats an earlier year's figure."""


def meanings(columns: Sequence[str]) -> list[Meaning]:
    """What the columns of a file mean, those without a meaning left out.

    Columns of an earlier year (`…_18`), gaps to pupils nationally (`DIFFN_…`), which Headway computes, and those
    that name and place the school have none.
    """
    by_capitals = {name.upper(): name for name in columns}
    found = [meaning for name in columns if (meaning := _meaning(name, by_capitals)) is not None]
    return _one_statement_or_plan(found, by_capitals)


def _meaning(name: str, names: dict[str, str]) -> Meaning | None:
    capitals = name.upper()
    counted = {group: names.get(column) for group, column in _COHORTS.items()}
    if match := _PERCENT.fullmatch(capitals):
        group, pooled = _GROUPS[match["group"] or ""], 3 if match["pooled"] else 1
        cohort = counted[group] if pooled == 1 else names.get("TELIG_3YR") if group == "all" else None
        measure = f"ks2_{_SUBJECTS[match['subject']]}_{_OUTCOMES[match['outcome']]}"
        return Meaning(name, measure, group, pooled, cohort=cohort)
    if match := _AVERAGE.fullmatch(capitals):
        group, pooled = _GROUPS[match["group"] or ""], 3 if match["pooled"] else 1
        measure = f"ks2_{_SUBJECTS[match['subject']]}_average"
        return Meaning(name, measure, group, pooled, unit="scaled score")
    if match := _PROGRESS.fullmatch(capitals):
        return _progress(name, match)
    if match := _COVERAGE.fullmatch(capitals):
        return Meaning(name, f"ks2_{_SUBJECTS[match['subject']]}_progress_coverage")
    if capitals in _SHARES:
        group = _SHARES[capitals]
        cohort = KS1_CALCULABLE if group.startswith("prior_") else names.get("TELIG")
        return Meaning(name, "ks2_cohort_share", group, cohort=cohort, count=counted[group])
    return _number(name, capitals)


def _progress(name: str, match: re.Match[str]) -> Meaning:
    measure, group = f"ks2_{_SUBJECTS[match['subject']]}_progress", _GROUPS[match["group"] or ""]
    part = match["part"]
    if part == "UNADJUSTED":
        return Meaning(name, f"{measure}_unadjusted", group, unit="progress points")
    if part == "DESCR":
        return Meaning(name, measure, group, field="description", unit="progress points")
    if part == "LOWER":
        return Meaning(name, measure, group, field="lower", unit="progress points")
    if part == "UPPER":
        return Meaning(name, measure, group, field="upper", unit="progress points")
    return Meaning(name, measure, group, unit="progress points")


def _number(name: str, capitals: str) -> Meaning | None:
    for group, column in _COHORTS.items():
        if capitals == column:
            return Meaning(name, "ks2_cohort", group, unit="pupils")
    if capitals == "TELIG_3YR":
        return Meaning(name, "ks2_cohort", years_pooled=3, unit="pupils")
    if capitals == "TKS1AVERAGE":
        return Meaning(name, "ks2_cohort_prior_attainment", unit="points")
    if capitals == "TOTPUPS":
        return Meaning(name, "context_pupils_on_roll", unit="pupils")
    if capitals == "TPUPYEAR":
        return Meaning(name, "context_pupils_aged_11", unit="pupils")
    return None


def _one_statement_or_plan(found: list[Meaning], names: dict[str, str]) -> list[Meaning]:
    """To 2018 a pupil had a statement or a plan: those files count both together, and the plans alone besides."""
    if not {"TSENELSE", "PSENELSE"} <= names.keys():
        return found
    count, share = names["TSENELSE"], names["PSENELSE"]
    return [
        *(meaning for meaning in found if meaning.group != "sen_ehcp"),
        Meaning(count, "ks2_cohort", "sen_ehcp", unit="pupils"),
        Meaning(share, "ks2_cohort_share", "sen_ehcp", cohort=names.get("TELIG"), count=count),
    ]


BANDS = {
    "1": "well above average",
    "2": "above average",
    "3": "average",
    "4": "below average",
    "5": "well below average",
}
"""The codes of READPROG_DESCR and its like."""

TYPES = {
    "AC": ("Academy sponsor led", "Academies"),
    "ACC": ("Academy converter", "Academies"),
    "ACS": ("Academy special sponsor led", "Academies"),
    "ACCS": ("Academy special converter", "Academies"),
    "CTC": ("City technology college", "Independent schools"),
    "CY": ("Community school", "Local authority maintained schools"),
    "CYS": ("Community special school", "Special schools"),
    "F": ("Free schools", "Free Schools"),
    "FS": ("Free schools special", "Free Schools"),
    "FD": ("Foundation school", "Local authority maintained schools"),
    "FDS": ("Foundation special school", "Special schools"),
    "VA": ("Voluntary aided school", "Local authority maintained schools"),
    "VC": ("Voluntary controlled school", "Local authority maintained schools"),
}
"""School types of state-funded primaries (NFTYPE) in the words of Get Information About Schools."""
