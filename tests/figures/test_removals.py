"""Pupils removed at the school's request count in no figure, and the figure says what it was with them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from cli import headway
from small_authority import pupils, register, write


@pytest.fixture(autouse=True)
def loaded(tmp_path: Path) -> None:
    """A school of 31 of whom 18 passed, one who did not removed at its request, one more not at the end of the stage;
    another school of 20 that removed nobody."""
    first = pupils(100001, 32, disadvantaged=0, passing=18)
    first[0] |= {"inclusion": 203, "sex": "M"}
    first[1] |= {"inclusion": 202}
    rows = [{"inclusion": 201} | row for row in [*first, *pupils(100002, 20, disadvantaged=0, passing=12)]]
    files = [write(tmp_path / "register.csv", register(100001, 100002)), write(tmp_path / "pupils.csv", rows)]
    for answer in (headway("load", *files), headway("run")):
        assert answer.code == 0, answer.out + answer.err


def figure(*which: object, measure: str = "ks2_reading_expected", group: str = "all") -> dict[str, Any]:
    [found] = [
        row
        for row in headway(*which, "--measure", measure, "--json").rows
        if (row["measure"], row["group"], row["years_pooled"]) == (measure, group, 1)
        and row["organisation"] in ("school:100001", "school:100002", "authority:936")
    ]
    return found


def before(text: str) -> str:
    return f"before removals at the school's request in 2026: {text}"


def test_a_school_s_figure_is_without_them_and_says_what_it_was_before() -> None:
    found = figure("school", 100001)
    assert (found["numerator"], found["denominator"]) == (18, 30)
    assert found["label"] == before("18 of 31 pupils")
    assert figure("school", 100001, measure="ks2_cohort")["label"] == before("31 pupils")
    average = figure("school", 100001, measure="ks2_reading_average")
    assert average["denominator"] == 30
    assert average["label"] == before(f"{(18 * 105 + 13 * 95) / 31:.1f} for 31 pupils")


def test_the_authority_s_figure_counts_the_removed_of_its_schools_once() -> None:
    found = figure("headlines", "--authority", 936, "--year", 2026)
    assert (found["numerator"], found["denominator"]) == (30, 50)
    assert found["label"] == f"pupils of 2 schools; {before('30 of 51 pupils')}"


def test_groups_and_schools_that_lost_nobody_have_no_such_label() -> None:
    assert figure("school", 100002)["label"] is None
    girls, boys = (figure("school", 100001, "--groups", group=group) for group in ("girls", "boys"))
    assert girls["label"] is None
    assert "before removals" in boys["label"]


def test_who_may_not_see_every_count_does_not_learn_of_the_one_removed() -> None:
    headway("disclose", "KS2", "--authority", 936, "--year", 2026, "--audience", "governors")
    shown = headway("school", 100001, "--audience", "governors", "--release", "KS2", "--json")
    assert {row["status"] for row in shown.rows} >= {"reported"}
    assert "before removals" not in shown.out
    authority = headway(
        "headlines", "--authority", 936, "--audience", "governors", "--release", "KS2", "--json"
    )
    assert {row["label"] for row in authority.rows} == {"pupils of 2 schools"}
