"""Figures as they are printed."""

from __future__ import annotations

import pytest

from headway.web.design.numbers import difference_text, interval_text, pupils_text, value_text


@pytest.mark.parametrize(
    ("value", "unit", "whole", "said"),
    [
        (64.23, "percent", False, "64.2%"),
        (61.0, "percent", True, "61%"),
        (61.0, "percent", False, "61.0%"),
        (104.06, "scaled score", False, "104.1"),
        (1.25, "progress points", False, "+1.2"),
        (-0.04, "progress points", False, "+0.0"),
        (-1.26, "progress points", False, "−1.3"),
        (2681, "pupils", False, "2,681"),
        (None, "percent", False, ""),
        (0.0, "percent", False, "0.0%"),
    ],
)
def test_a_value_is_printed_in_its_unit(value, unit, whole, said):
    assert value_text(value, unit, whole=whole) == said


def test_an_interval_a_difference_and_pupils():
    assert interval_text(36.07, 69.83, "percent") == "36.1% to 69.8%"
    assert interval_text(None, 1.0, "percent") == ""
    assert difference_text(-6.0, "percent") == "−6.0 percentage points"
    assert difference_text(0.31, "scaled score") == "+0.3"
    assert [pupils_text(each) for each in (1, 2681, None)] == [
        "1 pupil",
        "2,681 pupils",
        "number of pupils unpublished",
    ]
