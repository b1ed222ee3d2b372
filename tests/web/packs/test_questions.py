"""Questions to ask: which follow from which figures, and that there are always five."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from headway.web.packs.questions import questions, rules
from headway.web.standards.lines import NOT_COMPARED, Compared, Line

BELOW = Compared("61.0%", "−13.0 percentage points", "below")
ABOVE = Compared("61.0%", "+13.0 percentage points", "above")


def figure(measure: str, text: str = "48.0%", **more: Any) -> Line:
    fields: dict[str, Any] = {
        "organisation": "school:1", "measure": measure, "title": measure, "unit": "percent", "group": "all",
        "group_title": "All pupils", "year": 2024, "years_pooled": 1, "basis": "pupils", "status": "reported", "text": text,
        "raw": 48.0, "pupils": 25, "pupils_text": "25", "lower": 30.0, "upper": 66.0, "interval": "30.0% to 66.0%",
        "note": "", "link": "",
    }  # fmt: skip
    return Line(**fields | more)


def asked(*lines: Line, value_added: tuple[Line, ...] = (), most: int = 5) -> list[Any]:
    def of(wanted: Any, *, group: str = "all", year: int | None = None) -> list[Line]:
        return sorted(
            (one for one in lines if one.measure in wanted and one.group == group), key=lambda one: one.year
        )

    material: Any = SimpleNamespace(lines=lines, value_added=value_added, of=of, about="Oak Primary School")
    return questions(material, most=most)


def test_there_are_five_questions_even_where_there_are_no_figures() -> None:
    found = asked()
    assert len(found) == 5
    assert [one.because for one in found] == [""] * 5


def test_a_figure_below_england_asks_first_and_cites_both_numbers() -> None:
    first = asked(figure("ks2_rwm_expected", nation=BELOW))[0]
    assert first.rule == "attainment_below"
    assert "48.0% in 2023/24, 61.0% in England (−13.0 percentage points)" in first.because


def test_where_lower_is_better_a_figure_above_england_is_the_worse() -> None:
    rules_of = [one.rule for one in asked(figure("absence_persistent", nation=ABOVE))]
    assert "absence_high" in rules_of
    assert "absence_high" not in [one.rule for one in asked(figure("absence_persistent", nation=BELOW))]


def test_a_difference_that_chance_could_explain_asks_only_about_certainty() -> None:
    compared = Compared("61.0%", "−13.0 percentage points", "no significant difference")
    found = [one.rule for one in asked(figure("ks2_rwm_expected", nation=compared))]
    assert found[0] == "cannot_tell"
    assert "attainment_below" not in found


def test_a_suppressed_figure_asks_without_any_number() -> None:
    line = figure(
        "ks2_rwm_expected", "suppressed", status="suppressed", raw=None, pupils=None, nation=NOT_COMPARED
    )
    first = asked(line)[0]
    assert first.rule == "small_numbers"
    assert "suppressed" in first.because
    assert "%" not in first.because


def test_no_figure_asks_twice() -> None:
    line = figure("ks2_writing_expected", nation=BELOW, before=BELOW)
    found = [one for one in asked(line) if one.because]
    assert [one.rule for one in found] == ["attainment_below"]


def test_a_figure_of_long_ago_asks_nothing() -> None:
    old = figure("ks2_english_maths_level4", nation=BELOW, year=2015)
    assert all("english" not in one.because for one in asked(old, figure("absence_overall")))


def test_value_added_below_zero_asks_where_pupils_fell_behind() -> None:
    low = figure(
        "ks2_reading_value_added",
        "−1.4",
        title="Value added in reading",
        average=Compared("", "−1.4", "below"),
    )
    assert asked(value_added=(low,))[0].rule == "value_added_below"


def test_the_order_is_that_of_importance() -> None:
    weights = {one.key: one.weight for one in rules()}
    found = [
        weights[one.rule]
        for one in asked(figure("ks2_rwm_expected", nation=BELOW), figure("phonics_expected", nation=BELOW))
    ]
    assert found == sorted(found, reverse=True)


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule.key)
def test_every_rule_can_say_its_words(rule: Any) -> None:
    known = dict.fromkeys(
        (
            "school",
            "title",
            "value",
            "year",
            "nation",
            "authority",
            "difference",
            "interval",
            "pupils",
            "group",
        ),
        "x",
    )
    assert rule.ask.format(**known).endswith("?") or "." in rule.ask
    rule.because.format(**known)
    assert (rule.when == "always") == (not rule.measures)


def test_measures_that_are_asked_about_exist() -> None:
    from headway.figures.measures import registry

    modelled = {f"ks2_{subject}_value_added" for subject in ("reading", "writing", "mathematics")}
    assert {measure for rule in rules() for measure in rule.measures} <= set(registry()) | modelled
