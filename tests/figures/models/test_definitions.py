"""DfE's definitions of progress by year."""

from __future__ import annotations

import pytest

from headway.figures.models.definitions import definition, definitions


@pytest.mark.parametrize(("year", "method"), [
    (2003, "median_line"), (2006, "median_line"), (2007, "contextual"), (2010, "contextual"), (2011, "expected_levels"),
    (2015, "expected_levels"), (2016, "prior_attainment_groups"), (2019, "prior_attainment_groups"), (2020, "none"),
    (2021, "none"), (2022, "prior_attainment_groups"), (2023, "prior_attainment_groups"), (2024, "none"), (2025, "none"),
    (2026, "prior_attainment_groups"), (2027, "prior_attainment_groups"), (2028, "reception_baseline"),
])  # fmt: skip
def test_each_year_has_its_own_method(year: int, method: str) -> None:
    assert definition(year).method == method


def test_every_definition_has_a_source() -> None:
    assert all(found.source for found in definitions().values())


@pytest.mark.parametrize("year", [2020, 2021, 2024, 2025, 2028])
def test_where_there_can_be_no_progress_it_says_why(year: int) -> None:
    found = definition(year)
    assert not found.possible
    assert len(found.because) > 30


def test_only_from_2018_are_extreme_scores_limited() -> None:
    assert not definition(2016).limit
    assert not definition(2017).limit
    assert all(definition(year).limit for year in (2018, 2019, 2022, 2023, 2026, 2027))


def test_2022_was_computed_but_not_published() -> None:
    assert definition(2022).possible
    assert not definition(2022).published
    assert "no public table" in definition(2022).because


def test_a_year_of_which_nothing_is_known_says_so() -> None:
    assert "began in 2003" in definition(2002).because
    assert "not in Headway's packs" in definition(2035).because
    assert not definition(2035).possible
