"""The table of outcome codes: whole, consistent, and saying what its sources say."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import pytest

from headway.figures import outcome_codes
from headway.figures.outcome_codes import (
    decisions,
    denominator_codes,
    families,
    known_codes,
    numerator_codes,
    points,
    points_tables,
    progress_codes,
)

YEARS = range(1995, 2031)


def test_a_code_has_one_decision_in_a_family_and_year() -> None:
    for year in YEARS:
        found = Counter(
            (decision.family, decision.code) for decision in decisions() if decision.holds_in(year)
        )
        assert [cell for cell, times in found.items() if times > 1] == []


@pytest.mark.parametrize("family", families())
def test_the_numerator_lies_in_the_denominator(family: str) -> None:
    for year in YEARS:
        assert (
            set(numerator_codes(family, year))
            <= set(denominator_codes(family, year))
            <= set(known_codes(family, year))
        )


def test_every_decision_gives_its_reason_and_its_source() -> None:
    for decision in decisions():
        assert len(decision.reason) >= 4, decision
        assert decision.source, decision
        assert not (decision.verified and decision.source.startswith("No source found")), decision
        assert decision.code == decision.code.upper()


def test_every_code_of_the_pupil_file_is_decided_for_2026() -> None:
    tests = ["A", "B", "L", "M", "F", "P", "H", "Q", "S", "X", "Z", "AS", "NS", "J", "U"]
    writing = ["A", "D", "Q", "L", "M", "F", "P", "Z", "WTS", "GDS", "EXS", "EM"]
    writing += [f"PK{number}" for number in range(1, 7)]
    assert (
        set(tests)
        == set(known_codes("ks2_test_expected", 2026))
        == set(known_codes("ks2_test_average", 2026))
    )
    assert set(tests) == set(known_codes("ks2_progress_test", 2026))
    assert {*writing, "HNM"} == set(known_codes("ks2_assessment_expected", 2026))


def test_the_standard_is_reached_by_those_and_only_those() -> None:
    assert numerator_codes("ks2_test_expected", 2019) == ("AS",)
    assert denominator_codes("ks2_test_expected", 2019) == ("A", "AS", "B", "H", "J", "NS", "Q", "U")
    assert denominator_codes("ks2_test_average", 2019) == ("AS", "NS")
    assert numerator_codes("ks2_assessment_expected", 2019) == ("EXS", "GDS")
    assert numerator_codes("ks2_assessment_higher", 2019) == ("GDS",)
    assert numerator_codes("phonics_expected", 2019) == ("WA",)
    assert denominator_codes("phonics_expected", 2019) == ("A", "D", "Q", "U", "WA", "WT")


def test_levels_count_upwards() -> None:
    counted = [
        set(numerator_codes(family, 2012))
        for family in ("ks2_level6", "ks2_level5", "ks2_level4b", "ks2_level4")
    ]
    assert all(smaller < larger for smaller, larger in pairwise(counted))
    assert counted[0] == {"6"}
    counted = [set(numerator_codes(family, 2012)) for family in ("ks1_level3", "ks1_level2b", "ks1_level2")]
    assert all(smaller < larger for smaller, larger in pairwise(counted))


def test_the_eligible_pupils_of_2008_add_up_as_hansard_prints_them() -> None:
    """English in pupil referral units in 2008 (Hansard, 15 January 2009), without the 3 pupils at level 7."""
    printed = {"A": 180, "T": 24, "B": 459, "N": 215, "3": 117, "4": 236, "5": 141, "6": 13}
    counted = sum(pupils for code, pupils in printed.items() if code in denominator_codes("ks2_level4", 2008))
    assert counted == sum(printed.values()) == 1388 - 3


def test_nothing_holds_outside_its_years() -> None:
    assert denominator_codes("ks2_level4", 2016) == ()
    assert denominator_codes("ks2_test_expected", 2015) == ()
    assert "PKF" in denominator_codes("ks2_assessment_expected", 2018)
    assert "PKF" not in known_codes("ks2_assessment_expected", 2019)
    assert "PK1" not in known_codes("ks2_assessment_expected", 2018)


def test_progress_looks_at_the_test_and_then_at_the_teacher_assessment() -> None:
    assert progress_codes("reading", 2019) == (
        "AS", "B", "BLW", "NS", "P1I", "P1II", "P2I", "P2II", "P3I", "P3II", "P4",
        "PK1", "PK2", "PK3", "PK4", "PK5", "PK6",
    )  # fmt: skip
    assert set(progress_codes("writing", 2018)) >= {"WTS", "EXS", "GDS", "PKF", "BLW"}
    assert "A" not in progress_codes("mathematics", 2023)
    with pytest.raises(ValueError, match="progress in reading, writing and mathematics"):
        progress_codes("science", 2019)


@pytest.mark.parametrize("year", range(2016, 2020))
@pytest.mark.parametrize("subject", ["reading", "writing"])
def test_every_assessment_in_progress_has_points(subject: str, year: int) -> None:
    scored = {*points("ks2_nominal", year), *points("ks2_writing", year), "AS", "NS", "B"}
    assert set(progress_codes(subject, year)) <= scored


def test_points_are_those_of_the_sources() -> None:
    assert points("ks2_levels", 2010) == {
        **dict.fromkeys(("B", "N", "2", "2C", "2B", "2A"), 15.0),
        **dict.fromkeys(("3", "3C", "3B", "3A"), 21.0),
        **dict.fromkeys(("4", "4C", "4B", "4A"), 27.0),
        **dict.fromkeys(("5", "5C", "5B", "5A"), 33.0),
        "6": 39.0,
    }
    assert points("ks1", 2010) == {"W": 3, "1": 9, "2C": 13, "2B": 15, "2": 15, "2A": 17, "3": 21, "4": 27}
    assert points("ks1", 2018) == {"GDS": 10, "EXS": 8, "WTS": 6, "PKF": 4}
    assert points("ks1", 2019)["PK3"] == 3.5
    assert "N" not in points("ks2_nominal", 2016)
    assert points("ks2_nominal", 2017)["N"] == 79


def test_points_and_codes_speak_of_the_same_pupils() -> None:
    assert set(points("ks2_levels", 2010)) == set(numerator_codes("ks2_points", 2010))
    assert set(points("ks1", 2010)) == set(numerator_codes("ks1_points", 2010))


def test_tables_of_points_do_not_overlap_and_say_what_is_unverified() -> None:
    for year in YEARS:
        found = Counter(entry.table for entry in points_tables() if entry.holds_in(year))
        assert max(found.values(), default=0) <= 1
    for entry in points_tables():
        assert set(entry.unverified) <= set(entry.values)
        assert bool(entry.source.startswith("No source found")) <= (
            set(entry.unverified) == set(entry.values)
        )


def test_years_without_points_are_named() -> None:
    with pytest.raises(LookupError, match="ks2_levels in 2016"):
        points("ks2_levels", 2016)


def test_an_unknown_family_is_named() -> None:
    with pytest.raises(ValueError, match="ks2_test_expected"):
        outcome_codes.denominator_codes("ks3_level5", 2010)
