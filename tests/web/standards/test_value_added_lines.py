"""What a model says is beside the average of the schools that were counted together, and never beside England."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from headway.web.standards.lines import NOT_COMPARED, estimate_line

RELEASE: Any = SimpleNamespace(name="Summer")
ROW = {
    "organisation": "school:100001",
    "year": 2023,
    "years_pooled": 1,
    "measure": "ks2_reading_value_added",
    "group": "all",
    "model": "value_added",
    "pupils": 57,
    "label": "Compared with the pupils that are loaded, not with the nation's.",
}


@pytest.mark.parametrize(
    ("lower", "upper", "said"),
    [(0.2, 1.4, "above"), (-1.4, -0.2, "below"), (-0.5, 2.0, "no significant difference")],
)
def test_value_added_lies_above_or_below_the_average(lower, upper, said):
    one = estimate_line(ROW | {"estimate": (lower + upper) / 2, "lower": lower, "upper": upper}, RELEASE)
    assert one.average.said == said
    assert one.nation == NOT_COMPARED
    assert one.pupils == 57


def test_value_added_that_is_withheld_is_compared_with_nothing():
    one = estimate_line(ROW | {"estimate": None, "lower": None, "upper": None}, RELEASE)
    assert (one.status, one.average) == ("suppressed", NOT_COMPARED)
