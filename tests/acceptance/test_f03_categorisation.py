"""F03, categorisation: the acceptance examples of domain.md that need no service (AC4 is in tests/web/categories)."""

from __future__ import annotations

from datetime import date

import pytest

from headway.policy.categorise import Proposal, categorise
from headway.policy.profiles import Entered, Figure, Inspection, Profile
from headway.policy.ranking import selected
from headway.policy.rounds import as_row
from headway.policy.scheme_packs import scheme

ATTAINMENT, VALUE_ADDED = "ks2_english_maths_level4", "ks2_contextual_value_added"


def _school(
    name: str, met: int, pupils: int, value_added: float | None, significant: bool = False
) -> Profile:
    """Value added as the example gives it, beside 0; the published index stands beside 100."""
    figures = [
        Figure(
            ATTAINMENT, 2008, value=100 * met / pupils, numerator=met, denominator=pupils,
            numerator_low=met, numerator_high=met,
        )
    ]  # fmt: skip
    if value_added is not None:
        half = abs(value_added) / 2 if significant else abs(value_added) * 2
        centre = 100 + value_added
        figures.append(
            Figure(
                VALUE_ADDED, 2008, value=centre, lower=centre - half, upper=centre + half, denominator=pupils
            )
        )
    return Profile(
        f"school:{name}",
        2008,
        name=name,
        kind="primary",
        figures={(one.measure, one.year, one.group): one for one in figures},
        inspections=(Inspection(date(2007, 3, 14), "ofsted_2005", {"overall effectiveness": "good"}),),
    )


def _dcsf(*schools: Profile) -> tuple[Proposal, ...]:
    found = scheme("dcsf-2008")
    found.refuse_outside(2008, date(2008, 11, 1))
    return categorise(schools, found)


@pytest.mark.parametrize(
    ("name", "met", "pupils", "value_added", "significant", "groups", "category"),
    [
        ("Oak", 12, 25, -0.9, True, ("low attaining and underperforming",), "A"),
        ("Elm", 13, 25, 0.3, False, ("low attaining",), "B"),
        ("Fir", 21, 30, -1.1, True, ("underperforming",), "B"),
        ("Yew", 43, 50, 0.8, True, (), "C"),
        ("Ivy", 21, 30, 0.1, False, (), "B"),
    ],
)
def test_ac1_the_up_la_quadrant(
    name: str,
    met: int,
    pupils: int,
    value_added: float,
    significant: bool,
    groups: tuple[str, ...],
    category: str,
) -> None:
    (found,) = _dcsf(_school(name, met, pupils, value_added, significant))
    assert (found.groups, found.category) == (groups, category)
    assert found.attention == ""


def test_ac1_nine_pupils_are_too_few_for_an_automatic_category() -> None:
    (gum,) = _dcsf(_school("Gum", 4, 9, -2.0, significant=True))
    assert gum.category is None
    assert gum.attention == "Too few pupils: judgement needed."
    assert "4 of 9 pupils (44.4 %)" in gum.finding("attainment").judgement.because[0]


def test_ac1_oak_says_why_and_what_would_change_it() -> None:
    (oak,) = _dcsf(_school("Oak", 12, 25, -0.9, significant=True))
    assert oak.contributors == ("attainment", "progress")
    row = as_row(oak, scheme("dcsf-2008"))
    assert row["findings"][0]["because"][0].startswith(
        "Key stage 2 English and mathematics: level 4 or above in 2008 is 12 of 25 pupils (48.0 %), below 55 %"
    )
    assert (
        "If Attainment were “not low attaining” (2 pupils more of 25), the category would be Category B."
        in row["would_change"]
    )
    assert "If Value added were “not different”, the category would be Category B." in row["would_change"]


def _southwark(**judged: str) -> Proposal:
    levels = dict.fromkeys(
        (
            "low_attaining_literacy",
            "underperforming_literacy",
            "low_attaining_numeracy",
            "underperforming_numeracy",
        ),
        "no",
    ) | {"high": "not high"}
    entered = {key: Entered(key, level) for key, level in (levels | judged).items()}
    (found,) = categorise(
        [Profile("school:1", 2002, kind="primary", entered=entered)], scheme("southwark-2002")
    )
    return found


def test_ac1_southwark_low_attaining_in_one_subject_and_underperforming_in_the_other_is_b_with_both_shown() -> (
    None
):
    found = _southwark(low_attaining_literacy="yes", underperforming_numeracy="yes")
    assert found.category == "B"
    assert found.groups == ("LA literacy", "UP numeracy")


def test_ac1_southwark_both_in_one_subject_is_a_and_high_in_neither_is_c() -> None:
    assert _southwark(low_attaining_numeracy="yes", underperforming_numeracy="yes").category == "A"
    assert _southwark().category == "B"
    assert _southwark(high="high").category == "C"


def test_ac2_the_next_placed_takes_the_place_of_a_school_already_funded() -> None:
    found = selected([("P", 4.4), ("Q", 5.1), ("R", 4.9)], capacity=2, already_supported={"Q"})
    assert [one.organisation for one in found if one.outcome == "selected"] == ["R", "P"]
    assert [one.organisation for one in found if one.outcome == "already supported"] == ["Q"]


def test_ac3_the_welsh_matrix_gives_amber_for_capacity_c_and_yellow_for_b_with_date_and_author() -> None:
    wales = scheme("wales-2014")

    def colour(capacity: str, on: date, by: str) -> tuple[str | None, tuple[str, ...]]:
        entered = {
            "standards": Entered("standards", "2", "Data officer", date(2018, 9, 20)),
            "capacity": Entered("capacity", capacity, by, on),
        }
        (found,) = categorise([Profile("school:1", 2018, kind="primary", entered=entered)], wales)
        return found.category, found.finding("capacity").judgement.because

    assert colour("C", date(2018, 10, 1), "A. Adviser") == (
        "amber",
        ("A. Adviser on 1 October 2018 judged it C.",),
    )
    assert colour("B", date(2018, 11, 5), "B. Adviser") == (
        "yellow",
        ("B. Adviser on 5 November 2018 judged it B.",),
    )
