"""The measures once more: slow, obvious, one pupil at a time, sharing nothing with the first implementation.

Plain Python over rows as dictionaries. Codes are written out again here on purpose.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

Row = dict[str, Any]

LEFT_OUT_OF_TESTS = {"L", "M", "F", "P", "S", "X", "Z"}
LEFT_OUT_OF_ASSESSMENT = {"L", "M", "F", "P", "Z"}
LEVELS_4 = {"4", "4A", "4B", "4C", "5", "5A", "5B", "5C", "6"}
P_SCALES_TO_P8 = {"P1I", "P1II", "P2I", "P2II", "P3I", "P3II", "P4", "P5", "P6", "P7", "P8"}
P_SCALES_TO_P4 = {"P1I", "P1II", "P2I", "P2II", "P3I", "P3II", "P4"}
SCALES = (
    "dispositions_and_attitudes",
    "social_development",
    "emotional_development",
    "language_for_communication",
    "linking_sounds_and_letters",
    "fsp_reading",
    "fsp_writing",
    "numbers_as_labels",
    "calculating",
    "shape_space_and_measures",
    "knowledge_and_understanding",
    "fsp_physical_development",
    "creative_development",
)
OUT = None
"""Not counted."""


@dataclass(frozen=True)
class Answer:
    """A figure: pupils counted, of whom reached (None for means), and the value."""

    denominator: int
    numerator: int | None
    value: Fraction


def filled(row: Row, roll: Row) -> Row:
    """The pupil's row, its blank characteristics filled from the same year's roll."""
    known = [
        "sex",
        "birth_month",
        "ethnicity",
        "eal",
        "fsm",
        "fsm6",
        "looked_after",
        "disadvantaged",
        "sen",
        "mobile",
    ]
    return {**row, **{name: roll[name] for name in known if row[name] is None and name in roll}}


def reached_in_test(row: Row, subject: str, least: int, year: int) -> bool | None:
    """Whether a pupil reached the standard in a test since 2016; OUT if not counted."""
    code, score = row[f"{subject}_outcome"], row[f"{subject}_score"]
    if code is None:
        return OUT if score is None else score >= least
    if code in LEFT_OUT_OF_TESTS:
        return OUT
    if code not in {"AS", "NS", "A", "B", "H", "J", "Q", "U"}:
        return OUT
    if least == 100:
        return code == "AS"
    return score is not None and score >= least


def assessment_standard(code: str | None, *, higher: bool, year: int, stage: str) -> bool | None:
    """Whether a pupil reached the standard in a teacher assessment since 2016."""
    below = {"WTS", "HNM", "A", "D", "Q"}
    if year <= 2018:
        below |= P_SCALES_TO_P8 | {"BLW", "PKF", "NOTSEN"} | ({"PKE", "PKG"} if stage == "ks2" else set())
    elif stage == "ks2":
        below |= {f"PK{number}" for number in range(1, 7)}
        below |= {"BLW", "NOTSEN"} | P_SCALES_TO_P4 if year <= 2021 else {"EM"}
    else:
        below |= {f"PK{number}" for number in range(1, 5)} | P_SCALES_TO_P4 | {"BLW", "EM", "NOTSEN"}
    if code == "GDS":
        return True
    if code == "EXS":
        return not higher
    return False if code in below else OUT


def in_all(parts: list[bool | None]) -> bool | None:
    return OUT if any(part is OUT for part in parts) else all(parts)


def scaled_subject(row: Row, subject: str, least: int, year: int) -> bool | None:
    if subject in {"reading", "mathematics", "gps"}:
        return reached_in_test(row, subject, least, year)
    return assessment_standard(row[f"{subject}_assessment"], higher=least == 110, year=year, stage="ks2")


def rwm(row: Row, least: int, year: int) -> bool | None:
    parts = [scaled_subject(row, subject, least, year) for subject in ("reading", "writing", "mathematics")]
    tested = all(
        row[f"{subject}_outcome"] is not None or row[f"{subject}_score"] is not None
        for subject in ("reading", "mathematics")
    )
    if row["rwm_eligible"] is not None:
        if not (row["rwm_eligible"] and tested and row["writing_assessment"] is not None):
            return OUT
        return all(part is True for part in parts)
    return in_all(parts)


def level_reached(code: str | None, level: str) -> bool | None:
    """Whether a pupil has the level, to 2015."""
    below = {"W", "1", "2", "2A", "2B", "2C", "3", "3A", "3B", "3C", "N", "B", "A", "T", "D", "H", "Q"}
    reached = {
        "level4": LEVELS_4,
        "level4b": LEVELS_4 - {"4", "4C"},
        "level5": {"5", "5A", "5B", "5C", "6"},
        "level6": {"6"},
    }[level]
    if level == "level4b" and code == "4":
        return OUT
    if code in reached:
        return True
    return False if code in below | LEVELS_4 else OUT


def level_in(row: Row, subject: str, level: str) -> bool | None:
    if subject == "english_maths":
        return in_all([level_reached(row[f"{part}_level"], level) for part in ("english", "mathematics")])
    if subject == "rwm":
        writing = "level4" if level == "level4b" else level
        return in_all(
            [
                level_reached(row["reading_level"], level),
                level_reached(row["writing_level"], writing),
                level_reached(row["mathematics_level"], level),
            ]
        )
    return level_reached(row[f"{subject}_level"], level)


def level_points(code: str | None) -> int | None:
    if code in {"B", "N"}:
        return 15
    if code in {"2", "2A", "2B", "2C", "3", "3A", "3B", "3C"} | LEVELS_4:
        return int(code[0]) * 6 + 3
    return OUT


def average_points(row: Row, year: int) -> Fraction | None:
    english, mathematics = level_points(row["english_level"]), level_points(row["mathematics_level"])
    if year <= 2009:
        each = [english, mathematics, level_points(row["science_level"])]
        return OUT if OUT in each else Fraction(sum(each), 3)
    if year <= 2012:
        return OUT if OUT in (english, mathematics) else Fraction(english + mathematics, 2)
    reading, writing = level_points(row["reading_level"]), level_points(row["writing_level"])
    if OUT in (reading, writing, mathematics):
        return OUT
    return (Fraction(reading + writing, 2) + mathematics) / 2


def ks1_points(code: str | None) -> int | None:
    return {"W": 3, "1": 9, "2C": 13, "2B": 15, "2": 15, "2A": 17, "3": 21, "4": 27}.get(code or "")


def two_levels(row: Row, subject: str) -> bool | None:
    code = row[f"{subject}_level"]
    if code in {"B", "N"}:
        after = -10
    elif code == "W":
        after = 0
    elif code in {"1", "2", "2A", "2B", "2C", "3", "3A", "3B", "3C"} | LEVELS_4:
        after = int(code[0])
    else:
        return OUT
    if subject == "english":
        points = [ks1_points(row["ks1_reading"]), ks1_points(row["ks1_writing"])]
        if OUT in points:
            return OUT
        mean = Fraction(sum(points), 2)
        before = 0 if mean < 6 else 1 if mean < 12 else 2 if mean < 18 else 3 if mean < 24 else 4
    else:
        level = row[f"ks1_{subject}"]
        if ks1_points(level) is OUT:
            return OUT
        before = 0 if level == "W" else int(level[0])
    return after >= before + 2


def ks1_level(code: str | None, level: str) -> bool | None:
    reached = {
        "level2": {"2", "2A", "2B", "2C", "3", "4"},
        "level2b": {"2", "2A", "2B", "3", "4"},
        "level3": {"3", "4"},
    }[level]
    if code in reached:
        return True
    return False if code in {"W", "1", "2", "2A", "2B", "2C", "A", "D"} else OUT


def phonics(row: Row, year: int) -> bool | None:
    if row["year_group"] not in {None, 1}:
        return OUT
    if row["outcome"] is None:
        return OUT if row["mark"] is None or year > 2024 else row["mark"] >= 32
    return OUT if row["outcome"] == "L" else row["outcome"] == "WA"


def goals_reached(row: Row, numbers: list[int]) -> bool | None:
    marks = [row[f"elg{number:02d}"] for number in numbers]
    return OUT if None in marks else all(mark in {"2", "3"} for mark in marks)


def goals_of(area: str, year: int) -> list[int]:
    new = year >= 2022
    return {
        "communication_and_language": [1, 2] if new else [1, 2, 3],
        "psed": [3, 4, 5] if new else [6, 7, 8],
        "physical": [6, 7] if new else [4, 5],
        "literacy": [8, 9, 10] if new else [9, 10],
        "mathematics": [11, 12],
        "understanding_the_world": [13, 14, 15],
        "expressive_arts": [16, 17],
    }[area]


def missed(row: Row) -> int | None:
    if row["possible"] == 0 or (row["authorised"] is None and row["unauthorised"] is None):
        return OUT
    return (row["authorised"] or 0) + (row["unauthorised"] or 0)


def persistent(row: Row, year: int) -> bool | None:
    sessions = missed(row)
    if sessions is OUT:
        return OUT
    if year >= 2016:
        return Fraction(sessions, row["possible"]) >= Fraction(1, 10)
    if year >= 2011:
        return sessions >= {"1": 22, "2": 38, "3": 56, "6": 56}[row["terms"]]
    return sessions >= {"1": 28, "2": 52, "3": 64, "6": 64}[row["terms"]]


def proportion(key: str, year: int) -> Callable[[Row], bool | None] | None:
    """Of a proportion: whether a pupil reached it; None if `key` is another kind of measure."""
    words = key.split("_")
    if key in {"ks2_rwm_expected", "ks2_rwm_higher"}:
        return lambda row: rwm(row, 110 if words[-1] == "higher" else 100, year)
    if words[0] == "ks2" and words[-1] in {"expected", "higher"}:
        return lambda row: scaled_subject(row, words[1], 110 if words[-1] == "higher" else 100, year)
    if words[0] == "ks2" and words[-1].startswith("level"):
        return lambda row: level_in(row, "_".join(words[1:-1]), words[-1])
    if key.startswith("ks2_") and key.endswith("_two_levels_progress"):
        return lambda row: two_levels(row, words[1])
    if words[0] == "ks1" and words[-1].startswith("level"):
        return lambda row: ks1_level(row[f"{words[1]}_level"], words[-1])
    if words[0] == "ks1" and words[-1] in {"expected", "depth"}:
        higher = words[-1] == "depth"
        return lambda row: assessment_standard(
            row[f"{words[1]}_assessment"], higher=higher, year=year, stage="ks1"
        )
    if key == "phonics_expected":
        return lambda row: phonics(row, year)
    if key == "mtc_full_marks":
        return lambda row: (
            OUT if row["score"] is None or row["outcome"] not in {None, "T"} else row["score"] == 25
        )
    if key == "fsp_78_points":
        return lambda row: (
            OUT
            if None in [row[scale] for scale in SCALES]
            else sum(row[scale] for scale in SCALES) >= 78 and all(row[scale] >= 6 for scale in SCALES[:7])
        )
    if words[0] == "fsp" and key.endswith("_6_points"):
        scale = next(scale for scale in SCALES if scale.removeprefix("fsp_") == key[4:-9])
        return lambda row: OUT if row[scale] is None else row[scale] >= 6
    if words[0] == "eyfsp":
        return early_years(key, year)
    if key == "absence_persistent":
        return lambda row: persistent(row, year)
    if key == "absence_severe":
        return lambda row: (
            OUT if missed(row) is OUT else Fraction(missed(row), row["possible"]) >= Fraction(1, 2)
        )
    if words[0] == "context" and key != "context_pupils_on_roll":
        return lambda row: share(row, key.removeprefix("context_"))
    return None


def early_years(key: str, year: int) -> Callable[[Row], bool | None] | None:
    areas = {
        "eyfsp_good_level_of_development": (
            "communication_and_language",
            "physical",
            "psed",
            "literacy",
            "mathematics",
        ),
        "eyfsp_communication_language_literacy": ("communication_and_language", "literacy"),
    }
    if key == "eyfsp_all_goals":
        return lambda row: goals_reached(row, list(range(1, 18)))
    if key in areas:
        return lambda row: goals_reached(row, [goal for area in areas[key] for goal in goals_of(area, year)])
    if key.startswith("eyfsp_elg"):
        return lambda row: goals_reached(row, [int(key[9:11])])
    if key.endswith("_expected"):
        return lambda row: goals_reached(row, goals_of(key[6:-9], year))
    return None


def share(row: Row, what: str) -> bool | None:
    if what == "girls":
        return OUT if row["sex"] is None else row["sex"] == "F"
    if what in {"sen_support", "ehcp"}:
        wanted = {"K", "A", "P"} if what == "sen_support" else {"E", "S"}
        return OUT if row["sen"] is None else row["sen"] in wanted
    return row[what]


def mean(key: str, year: int) -> Callable[[Row], Fraction | float | None] | None:
    """Of a mean: a pupil's value; None if `key` is another kind of measure."""
    words = key.split("_")
    if key == "ks2_average_points":
        return lambda row: average_points(row, year)
    if words[0] == "ks2" and key.endswith("_average_points"):
        return lambda row: level_points(row[f"{words[1]}_level"])
    if words[0] == "ks2" and words[-1] == "average":
        return lambda row: (
            row[f"{words[1]}_score"] if row[f"{words[1]}_outcome"] in {"AS", "NS", None} else OUT
        )
    if key == "mtc_average":
        return lambda row: row["score"] if row["outcome"] in {None, "T"} else OUT
    if words[0] == "fsp" and words[-1] == "average":
        scale = next(scale for scale in SCALES if scale.removeprefix("fsp_") == key[4:-8])
        return lambda row: row[scale]
    if key == "eyfsp_average_points":
        return lambda row: (
            sum(int(row[f"elg{goal:02d}"]) for goal in range(1, 18))
            if all(row[f"elg{goal:02d}"] in {"1", "2", "3"} for goal in range(1, 18))
            else OUT
        )
    return None


def lowest_fifth_gap(totals: list[int]) -> Fraction:
    """NI 92 of these totals, counting a fifth of the children exactly: every child five times."""
    ordered = sorted(totals * 5)
    lowest = Fraction(sum(ordered[: len(totals)]), len(totals))
    middle = sorted(totals)
    median = Fraction(middle[(len(totals) - 1) // 2] + middle[len(totals) // 2], 2)
    return 100 * (median - lowest) / median


GROUPS: dict[str, Callable[[Row], bool]] = {
    "all": lambda row: True,
    "girls": lambda row: row["sex"] == "F",
    "boys": lambda row: row["sex"] == "M",
    "disadvantaged": lambda row: row["disadvantaged"] is True,
    "other": lambda row: row["disadvantaged"] is False,
    "fsm": lambda row: row["fsm"] is True,
    "not_fsm": lambda row: row["fsm"] is False,
    "sen_support": lambda row: row["sen"] in {"K", "A", "P"},
    "sen_ehcp": lambda row: row["sen"] in {"E", "S"},
    "no_sen": lambda row: row["sen"] == "N",
    "eal": lambda row: row["eal"] is True,
    "not_eal": lambda row: row["eal"] is False,
    "mobile": lambda row: row["mobile"] is True,
    "not_mobile": lambda row: row["mobile"] is False,
    "looked_after": lambda row: row["looked_after"] is True,
    "not_looked_after": lambda row: row["looked_after"] is False,
    "prior_low": lambda row: row.get("ks1_band") == "low",
    "prior_middle": lambda row: row.get("ks1_band") == "middle",
    "prior_high": lambda row: row.get("ks1_band") == "high",
    "autumn_born": lambda row: row["birth_month"] in {9, 10, 11, 12},
    "spring_born": lambda row: row["birth_month"] in {1, 2, 3, 4},
    "summer_born": lambda row: row["birth_month"] in {5, 6, 7, 8},
    "ethnicity_white_british": lambda row: row["ethnicity"] in {"WBRI", "WENG", "WCOR"},
    "ethnicity_black": lambda row: row["ethnicity"] in {"BCRB", "BAFR", "BSOM"},
}
"""Who is in each group, of the values that the generated pupils have."""


def figures(key: str, year: int, rows: list[Row]) -> dict[tuple[str, str], Answer]:
    """Every figure of the measure, by school and group, from rows of pupils with all that is known of them."""
    pupils: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in rows:
        if row.get("inclusion") in {"202", "203"}:
            continue
        for group, member in GROUPS.items():
            if member(row):
                pupils[row["organisation"], group].append(row)
    found = {cell: _figure(key, year, several) for cell, several in pupils.items()}
    only_all = (
        key.startswith("context_") and key != "context_pupils_on_roll"
    ) or key == "fsp_lowest_fifth_gap"
    return {
        (school, group): answer
        for (school, group), answer in found.items()
        if answer is not None and (group == "all" or not only_all)
    }


def _figure(key: str, year: int, rows: list[Row]) -> Answer | None:
    if key.endswith("_cohort") or key == "context_pupils_on_roll":
        return Answer(len(rows), None, Fraction(len(rows)))
    if key == "fsp_lowest_fifth_gap":
        totals = [
            sum(row[scale] for scale in SCALES) for row in rows if None not in [row[one] for one in SCALES]
        ]
        return Answer(len(totals), None, lowest_fifth_gap(totals)) if totals else None
    if key in {"absence_overall", "absence_authorised", "absence_unauthorised"}:
        return _sessions(key, rows)
    reached = proportion(key, year)
    if reached is not None:
        marks = [mark for mark in map(reached, rows) if mark is not OUT]
        return Answer(len(marks), sum(marks), Fraction(100 * sum(marks), len(marks))) if marks else None
    value = mean(key, year)
    if value is None:
        raise LookupError(f"there is no second implementation of {key}")
    values = [Fraction(one) for one in map(value, rows) if one is not OUT]
    return Answer(len(values), None, sum(values, Fraction()) / len(values)) if values else None


def _sessions(key: str, rows: list[Row]) -> Answer | None:
    lost = possible = pupils = 0
    for row in rows:
        mine = missed(row) if key == "absence_overall" else row[key.removeprefix("absence_")]
        if missed(row) is OUT or mine is None:
            continue
        lost, possible, pupils = lost + mine, possible + row["possible"], pupils + 1
    return Answer(pupils, None, Fraction(100 * lost, possible)) if pupils else None
