"""Was it right: what happened next by category, rankings, and the rebound test; and how the schemes did on England."""

from __future__ import annotations

import sys
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from schemes_for_tests import profile
from test_categorise import GATES

from headway.figures.models.rebound import Rebound
from headway.policy import was_it_right
from headway.policy.categorise import Proposal, categorise
from headway.policy.profiles import Inspection

LEVEL = ("none", "some", "much")


def _proposals(schools: int = 90) -> tuple[Proposal, ...]:
    profiles = [
        profile(
            2018,
            organisation=f"school:{at}",
            entered={"a": LEVEL[at % 3], "b": "none", "c": "none"},
        )
        for at in range(schools)
    ]
    return categorise(profiles, GATES)


def test_what_happened_next_is_counted_by_category_with_its_interval() -> None:
    happened = {f"school:{at}": at % 3 == 2 and at < 45 for at in range(90)}
    red, yellow, green = was_it_right.by_category(_proposals(), GATES, happened)
    assert [one.category for one in (red, yellow, green)] == ["red", "yellow", "green"]
    assert (red.schools, red.happened, red.share) == (30, 15, 50.0)
    assert red.lower == pytest.approx(33.15, abs=0.01)
    assert yellow.happened == green.happened == 0


def test_a_school_without_a_category_is_ranked_where_it_could_be_and_one_without_anything_is_left_out() -> (
    None
):
    schools = [
        profile(2018, organisation="school:1", entered={"a": "much", "b": "none", "c": "none"}),
        profile(2018, organisation="school:2", entered={"b": "some", "c": "some"}),
        profile(2018, organisation="school:3", entered={"a": "none", "b": "none", "c": "none"}),
    ]
    found = was_it_right.concern(categorise(schools, GATES), GATES)
    assert found["school:2"] >= 4
    assert found["school:3"] < min(found["school:1"], found["school:2"])
    nothing = replace(_proposals(1)[0], category=None, possible=(), score=None)
    assert was_it_right.concern([nothing], GATES) == {}


def test_a_ranking_that_is_right_holds_a_tenth_of_all_in_its_first_tenth_and_ties_are_shared() -> None:
    happened = {f"school:{at}": at < 20 for at in range(100)}
    best = was_it_right.ranking("best", {f"school:{at}": -float(at) for at in range(100)}, happened)
    assert (best.area, best.top_tenth) == (1.0, 50.0)
    flat = was_it_right.ranking("flat", dict.fromkeys(happened, 1.0), happened)
    assert (flat.area, flat.top_tenth) == (0.5, pytest.approx(10.0))


def test_schools_that_rise_only_because_they_were_low_are_not_called_a_success() -> None:
    """True worth fixed, chance in both years: the low rise by regression to the mean alone."""
    generator = np.random.default_rng(7)
    worth = generator.normal(60, 8, 900)
    earlier, later = worth + generator.normal(0, 8, 900), worth + generator.normal(0, 8, 900)
    names = [f"school:{at}" for at in range(900)]
    order = np.argsort(np.argsort(earlier))
    profiles = [
        profile(
            2018,
            organisation=name,
            entered={"a": LEVEL[2 if rank < 90 else 1 if rank < 180 else 0], "b": "none", "c": "none"},
        )
        for name, rank in zip(names, order, strict=True)
    ]
    values = pl.DataFrame({"organisation": names, "earlier": earlier, "later": later})
    found = was_it_right.rebounds(categorise(profiles, GATES), GATES, values)
    red = found["red"]
    assert isinstance(red, Rebound)
    assert red.seen > 4
    assert not red.beyond_chance
    assert isinstance(found["amber"], str)
    assert "none of the schools picked" in found["amber"]


@pytest.mark.long
@pytest.mark.real_data
def test_the_schemes_on_england_as_they_are(shared_data: Path) -> None:
    """What docs/explanation/schemes.md says of them. None of the shipped schemes finds as many as the early warning."""
    root = Path(__file__).resolve().parents[2]
    sys.path += [str(root / "benchmarks"), str(root / "tests" / "figures" / "models")]
    from backtest_schemes import TRIED, outcomes, proposals

    _, happened, _ = outcomes(shared_data)
    held = {}
    for key, year in TRIED:
        scheme, found = proposals(shared_data, key, year)
        held[key] = was_it_right.ranking(key, was_it_right.concern(found, scheme), happened)
    assert held["rise-2025"].top_tenth == pytest.approx(10.6, abs=0.5)
    assert held["floor-and-coasting"].top_tenth == pytest.approx(13.1, abs=0.5)
    assert held["eight-metrics"].top_tenth == pytest.approx(12.8, abs=0.5)
    assert all(one.top_tenth < 18 for one in held.values())


def test_the_first_grade_after_the_day_counts_and_what_was_known_before_is_the_last_before() -> None:
    def graded(year: int, overall: str, published: date | None = None) -> Inspection:
        return Inspection(
            date(year, 5, 1), "ofsted_2019", {"overall effectiveness": overall}, published=published
        )

    events = {
        "school:1": (graded(2017, "good"), graded(2021, "requires improvement"), graded(2022, "good")),
        "school:2": (graded(2017, "inadequate", published=date(2020, 2, 1)), graded(2021, "good")),
        "school:3": (graded(2018, "outstanding"),),
    }
    assert was_it_right.below_good(events, date(2020, 1, 1), date(2022, 12, 31)) == {
        "school:1": True,
        "school:2": False,
    }
    assert was_it_right.previous_grade(events, date(2019, 12, 31)) == {"school:1": 2.0, "school:3": 1.0}


def test_only_reported_results_are_ranked_or_followed() -> None:
    rows = pl.DataFrame(
        {
            "organisation": ["school:1", "school:2", "school:1", "school:2"],
            "measure": "ks2_rwm_expected",
            "year": [2018, 2018, 2019, 2019],
            "status": ["reported", "suppressed", "reported", "reported"],
            "value": [60.0, None, 70.0, 50.0],
        }
    )
    assert was_it_right.low_results(rows, "ks2_rwm_expected", 2018) == {"school:1": -60.0}
    assert was_it_right.earlier_and_later(rows, "ks2_rwm_expected", 2018, 2019).to_dicts() == [
        {"organisation": "school:1", "earlier": 60.0, "later": 70.0}
    ]
