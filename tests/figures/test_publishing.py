"""Published figures as results."""

from __future__ import annotations

import pytest
from figure_rows import published

from headway.figures.intervals import wilson
from headway.figures.publishing import published_figures


def one(*rows: dict[str, object]) -> dict[str, object]:
    found = published_figures(
        published(*({"organisation": "school:1"} | row for row in rows)), {"R00001": "ks2.csv"}
    )
    return found.collect().row(0, named=True)


def test_a_figure_names_its_dataset_file_and_row() -> None:
    assert one({"value": 63.0})["source"] == "dfe_performance_tables (final), ks2.csv, row 2"


def test_a_unique_numerator_is_kept_with_its_interval() -> None:
    found = one({"value": 63.0, "rounded_to": 1.0, "denominator": 27})
    assert found["numerator"] == 17
    assert (found["lower"], found["upper"]) == pytest.approx(wilson(17, 27))
    assert found["value"] == 63


def test_of_several_numerators_the_interval_spans_all() -> None:
    found = one({"value": 63.0, "rounded_to": 1.0, "denominator": 300})
    assert found["numerator"] is None
    assert (found["numerator_low"], found["numerator_high"]) == (188, 190)
    assert found["lower"] == pytest.approx(wilson(188, 300)[0])
    assert found["upper"] == pytest.approx(wilson(190, 300)[1])


def test_an_unpublished_cohort_gives_no_interval_and_says_so() -> None:
    found = one({"value": 63.0, "rounded_to": 1.0})
    assert (found["denominator"], found["lower"], found["upper"]) == (None, None, None)
    assert found["label"] == "the cohort is unpublished: no interval"


def test_a_percentage_of_another_cohort_says_so() -> None:
    found = one({"value": 63.0, "rounded_to": 1.0, "denominator": 2})
    assert found["numerator_low"] is None
    assert "no number of the 2 pupils" in str(found["label"])


@pytest.mark.parametrize("status", ["suppressed", "not applicable", "not available", "low coverage"])
def test_a_status_is_carried_and_has_no_value(status: str) -> None:
    found = one({"status": status, "denominator": 4})
    assert (found["status"], found["value"], found["numerator"], found["lower"]) == (status, None, None, None)


def test_datasets_are_taken_in_their_order_and_releases_in_theirs() -> None:
    found = one(
        {"value": 61.0, "dataset": "lait"},
        {"value": 62.0, "release": "provisional"},
        {"value": 63.0, "release": "revised"},
        {"value": 64.0, "dataset": "user:county", "release": "final"},
    )
    assert found["value"] == 63


def test_a_suppressed_figure_is_not_filled_from_elsewhere_but_an_unavailable_one_is() -> None:
    elsewhere = {"value": 64.0, "dataset": "user:county"}
    assert one({"status": "suppressed"}, elsewhere)["status"] == "suppressed"
    assert one({"status": "not available"}, elsewhere)["value"] == 64


def test_the_limits_of_a_progress_score_are_those_published() -> None:
    found = one(
        {"measure": "ks2_reading_progress", "value": 0.5, "lower": -1.0, "upper": 2.0, "denominator": 30}
    )
    assert (found["lower"], found["upper"], found["numerator_low"]) == (-1.0, 2.0, None)
