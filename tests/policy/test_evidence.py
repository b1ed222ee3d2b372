"""Which schools a scheme looks at, and what is known of their inspections, from a store."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import polars as pl
import pytest

from headway.figures.loading import load
from headway.figures.runs import Run
from headway.figures.store import Store
from headway.policy import evidence
from headway.policy.profiles import Profile
from headway.policy.scheme_packs import scheme
from small_authority import register, write

DAY = date(2026, 11, 2)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """A primary school that was never inspected, and a secondary school."""
    found = Store.open(tmp_path / "store")
    primary, secondary = register(100001, 100002)
    secondary |= {"PhaseOfEducation (name)": "Secondary", "StatutoryLowAge": 11, "StatutoryHighAge": 16}
    load(found, [write(tmp_path / "register.csv", [primary, secondary])])
    return found


def _profiles(store: Store, *, everywhere: bool) -> list[Profile]:
    run = SimpleNamespace(
        results=lambda: store.frame("results"), comparisons=lambda: store.frame("comparisons")
    )
    schools = evidence.open_schools(store, DAY)
    return evidence.profiles_of(
        store, cast(Run, run), scheme("rise-2025"), schools, year=2026, as_at=DAY, everywhere=everywhere
    )


def test_a_primary_service_looks_at_no_secondary_school(store: Store) -> None:
    assert evidence.open_schools(store, DAY)["organisation"].to_list() == ["school:100001"]


@pytest.mark.parametrize("everywhere", [True, False])
def test_a_school_never_inspected_is_something_else_than_inspections_never_loaded(
    store: Store, tmp_path: Path, everywhere: bool
) -> None:
    (before,) = _profiles(store, everywhere=everywhere)
    assert (before.inspections, before.inspections_loaded) == ((), False)
    load(
        store,
        [write(tmp_path / "ratings.csv", [{"URN": 100009, "Rating": "Good", "Inspection Date": 20110101}])],
    )
    assert (
        store.frame("judgements").collect().select(pl.col("organisation").unique()).item() == "school:100009"
    )
    (after,) = _profiles(store, everywhere=everywhere)
    assert (after.inspections, after.inspections_loaded) == ((), True)
