"""Figures in words."""

from __future__ import annotations

from headway.commands import wording
from headway.figures.measures import registry

_ROW = {
    "status": "reported",
    "value": 64.0,
    "basis": "published",
    "numerator": None,
    "denominator": 25,
    "lower": 44.5,
    "upper": 79.8,
}


def test_a_suppressed_figure_says_so_and_is_never_zero() -> None:
    row = {**_ROW, "status": "suppressed", "value": None}
    assert wording.value_text(row, registry()["ks2_rwm_expected"]) == "suppressed"
    assert wording.pupils_text(row) == ""


def test_a_figure_without_its_pupils_says_that_they_are_unpublished() -> None:
    assert wording.pupils_text({**_ROW, "denominator": None}) == "unpublished"
    assert wording.interval_text({**_ROW, "lower": None, "upper": None}) == ""


def test_a_rounded_percentage_is_not_dressed_up_with_a_decimal() -> None:
    measure = registry()["ks2_rwm_expected"]
    assert wording.value_text(_ROW, measure) == "64 %"
    assert wording.value_text({**_ROW, "basis": "pupils", "numerator": 16}, measure) == "64.0 %"


def test_titles_fit_a_column() -> None:
    assert wording.short_title(registry()["ks2_rwm_level4"], "") == "KS2 RWM: level 4+"


def test_a_comparison_that_cannot_be_made_says_so() -> None:
    assert wording.difference_text({"significance": "cannot say", "difference": 3.0}, None) == "cannot say"
    assert wording.difference_text({"significance": "below", "difference": -6.04}, None) == "-6.0, below"
