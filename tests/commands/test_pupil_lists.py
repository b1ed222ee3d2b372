"""Pupil lists with estimates, on the example authority."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from headway.figures import pupil_lists
from headway.figures.models.terms import ModelError
from headway.figures.store import Store


@pytest.fixture
def store(example: Path) -> Store:
    return Store.open(example)


def test_a_list_has_every_pupil_of_the_school_with_results_and_estimates(store: Store) -> None:
    teaching = pupil_lists.teach(store, 2023)
    found = pupil_lists.pupil_list(store, 2023, "school:900115", teaching)
    assert (found.learnt_from, found.basis, found.is_coming) == (2022, "pupils of this authority", False)
    assert found.rows.height == 58
    assert found.rows["reached"].sum() == 20
    assert found.rows["reading_score"].drop_nulls().mean() == pytest.approx(5461 / 55)
    sure = found.rows.drop_nulls("chance")
    assert sure.height == 58
    assert sure["chance"].is_between(0, 100).all()
    assert (sure["reading_lower"] <= sure["reading_expected"]).all()
    assert (sure["reading_expected"] <= sure["reading_upper"]).all()


def test_nine_in_ten_of_the_next_years_pupils_get_a_score_in_the_range_and_chances_come_true(
    store: Store,
) -> None:
    teaching = pupil_lists.teach(store, 2023)
    schools = store.frame("pupils", 2023).filter(collection="ks2").collect()["organisation"].unique()
    rows = pl.concat([pupil_lists.pupil_list(store, 2023, one, teaching).rows for one in schools])
    for subject in pupil_lists.SCORES:
        scored = rows.drop_nulls([f"{subject}_score", f"{subject}_lower"])
        within = scored[f"{subject}_score"].is_between(scored[f"{subject}_lower"], scored[f"{subject}_upper"])
        assert scored.height > 2400
        assert within.mean() == pytest.approx(0.9, abs=0.03)
    known = rows.drop_nulls(["reached", "chance"])
    assert 100 * float(known["reached"].mean()) == pytest.approx(float(known["chance"].mean()), abs=3)
    likely = known.filter(pl.col("chance") > 80)
    unlikely = known.filter(pl.col("chance") < 20)
    assert likely["reached"].mean() > 0.75
    assert unlikely["reached"].mean() < 0.25


def test_pupils_still_to_come_have_estimates_and_no_results(store: Store) -> None:
    assert pupil_lists.list_years(store)[:2] == [2026, 2023]
    found = pupil_lists.pupil_list(store, 2026, "school:900145", pupil_lists.teach(store, 2026))
    assert found.is_coming
    assert found.learnt_from == 2023
    assert found.rows.height > 0
    assert found.rows["reading_score"].null_count() == found.rows.height
    assert found.rows["chance"].null_count() < found.rows.height


def test_without_key_stage_1_the_list_stands_without_estimates_and_says_why(store: Store) -> None:
    with pytest.raises(ModelError, match="2024"):
        pupil_lists.teach(store, 2024)
    found = pupil_lists.pupil_list(store, 2023, "school:900115", None, "because of that")
    assert found.rows.height == 58
    assert found.because == "because of that"
    assert found.rows["chance"].null_count() == 58


def test_a_school_without_pupils_that_year_has_an_empty_list(store: Store) -> None:
    found = pupil_lists.pupil_list(store, 2023, "school:900101", None, "")
    assert found.rows.is_empty()
    assert dict(found.rows.schema) == pupil_lists.COLUMNS


def test_a_upn_finds_the_key_under_which_the_pupil_stands(store: Store) -> None:
    named = store.frame("identities", 2023).filter(pl.col("upn").is_not_null()).head(1).collect()
    upn, pupil = named["upn"][0], named["pupil"][0]
    assert pupil in pupil_lists.keys_of_upn(store, f" {upn.lower()} ")
    assert pupil_lists.keys_of_upn(store, "A999999999999").isdisjoint(
        store.frame("identities").collect()["pupil"]
    )
    assert set(pupil_lists.names_of(store, named["pupil"])) == {pupil}
