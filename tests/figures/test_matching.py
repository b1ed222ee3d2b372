"""Pupils across years: joined by UPN and former UPN, suggested by name, barred after an adoption."""

from __future__ import annotations

import datetime
from collections.abc import Sequence

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from headway.figures.matching import (
    _canonical,
    bar,
    barred,
    bars,
    conflicts,
    counted_once,
    lift_bar,
    pupil_links,
    suggestions,
    unmatched,
)
from headway.figures.store import Store

PERMANENT, TEMPORARY, OTHER = "H801200001001", "G80120000101A", "B801200005001"
BORN = datetime.date(2010, 5, 3)


@pytest.fixture
def store() -> Store:
    return Store.open()


def key(store: Store, upn: str) -> int:
    return int(store.pupil_keys(pl.Series([upn]))[0])


def put(store: Store, year: int, collection: str, people: Sequence[dict[str, object]]) -> None:
    """Loads pupils of a collection as a source would."""
    rows = [
        {
            "row": number, "year": year, "pupil": key(store, str(person["upn"])), "upn": person["upn"],
            "former_upn": person.get("former_upn"), "surname": person.get("surname", f"Name {person['upn']}"),
            "forename": person.get("forename", "Ada"), "date_of_birth": person.get("date_of_birth", BORN),
            "collection": collection, "organisation": person.get("organisation", "school:125025"),
            "entry_date": person.get("entry_date"),
        }
        for number, person in enumerate(people, start=2)
    ]  # fmt: skip
    frame = pl.DataFrame(
        rows, schema_overrides={"former_upn": pl.String, "entry_date": pl.Date, "surname": pl.String}
    )
    naming = ["upn", "former_upn", "surname", "forename", "date_of_birth"]
    store.add(
        file_name=f"{collection}{year}.csv",
        file_hash=f"{collection}{year}{rows}",
        kind="template",
        scope=f"template:{year}:{collection}:{people[0]}",
        complete=False,
        rows_read=len(rows),
        tables={
            "identities": frame.select("row", "year", "pupil", *naming),
            "pupils": frame.drop(naming),
        },
    )


def canonical(store: Store) -> dict[int, int]:
    return dict(pupil_links(store).iter_rows())


def test_the_same_upn_is_the_same_pupil_in_every_year(store: Store) -> None:
    put(store, 2015, "ks1", [{"upn": PERMANENT}])
    put(store, 2019, "ks2", [{"upn": PERMANENT}])
    assert canonical(store) == {key(store, PERMANENT): key(store, PERMANENT)}


def test_a_temporary_upn_joins_through_the_former_one(store: Store) -> None:
    put(store, 2015, "ks1", [{"upn": TEMPORARY}, {"upn": OTHER}])
    put(store, 2019, "ks2", [{"upn": PERMANENT, "former_upn": TEMPORARY}])
    assert canonical(store) == {
        key(store, TEMPORARY): key(store, PERMANENT),
        key(store, PERMANENT): key(store, PERMANENT),
        key(store, OTHER): key(store, OTHER),
    }


def test_a_chain_of_former_upns_is_one_pupil(store: Store) -> None:
    put(store, 2012, "phonics", [{"upn": TEMPORARY}])
    put(store, 2013, "ks1", [{"upn": OTHER, "former_upn": TEMPORARY}])
    put(store, 2017, "ks2", [{"upn": PERMANENT, "former_upn": OTHER}])
    assert set(canonical(store).values()) == {key(store, PERMANENT)}


def test_a_former_upn_that_nobody_has_joins_nothing(store: Store) -> None:
    put(store, 2019, "ks2", [{"upn": PERMANENT, "former_upn": TEMPORARY}])
    assert canonical(store) == {key(store, PERMANENT): key(store, PERMANENT)}


def test_a_name_and_date_of_birth_are_a_suggestion_and_no_match(store: Store) -> None:
    put(store, 2015, "ks1", [{"upn": TEMPORARY, "surname": "Brown"}])
    put(store, 2019, "ks2", [{"upn": PERMANENT, "surname": " BROWN ", "forename": "ada"}, {"upn": OTHER}])
    assert all(pupil == leader for pupil, leader in canonical(store).items())
    [found] = suggestions(store).rows(named=True)
    assert {found["pupil"], found["other"]} == {key(store, TEMPORARY), key(store, PERMANENT)}
    assert {found["year"], found["other_year"]} == {2015, 2019}
    assert not {"surname", "forename", "date_of_birth"} & set(found)


def test_no_suggestion_for_pupils_already_joined_of_one_year_or_unlike(store: Store) -> None:
    put(store, 2015, "ks1", [
        {"upn": TEMPORARY, "surname": "Brown"}, {"upn": OTHER, "surname": "Brown"},
        {"upn": "A", "surname": "Brown", "date_of_birth": datetime.date(2010, 5, 4)}, {"upn": "B", "surname": None},
    ])  # fmt: skip
    put(
        store,
        2019,
        "ks2",
        [{"upn": PERMANENT, "former_upn": TEMPORARY, "surname": "Brown"}, {"upn": "C", "surname": None}],
    )
    [found] = suggestions(store).rows(named=True)
    assert {found["pupil"], found["other"]} == {key(store, OTHER), key(store, PERMANENT)}


def test_a_barred_pupil_is_neither_joined_nor_suggested(store: Store) -> None:
    put(store, 2015, "ks1", [{"upn": TEMPORARY, "surname": "Brown"}])
    put(store, 2019, "ks2", [{"upn": PERMANENT, "former_upn": TEMPORARY, "surname": "Brown"}])
    pupil = key(store, TEMPORARY)
    bar(store, pupil, by="j.doe", reason="adopted")
    assert all(pupil == leader for pupil, leader in canonical(store).items())
    assert suggestions(store).is_empty()
    lift_bar(store, pupil, by="a.boss", reason="entered for the wrong pupil")
    assert set(canonical(store).values()) == {key(store, PERMANENT)}
    assert barred(store) == set()


def test_who_barred_whom_and_why_is_kept(store: Store) -> None:
    assert bars(store) == []
    bar(store, 7, by="j.doe", reason="adopted")
    lift_bar(store, 7, by="a.boss", reason="a mistake")
    bar(store, 8, by="j.doe", reason="adopted")
    assert [(one.pupil, one.barred, one.by, one.reason) for one in bars(Store.open(store.folder))] == [
        (7, True, "j.doe", "adopted"), (7, False, "a.boss", "a mistake"), (8, True, "j.doe", "adopted"),
    ]  # fmt: skip
    assert barred(store) == {8}


@pytest.mark.parametrize(("by", "reason"), [("", "adopted"), ("j.doe", " ")])
def test_a_bar_needs_a_name_and_a_reason(store: Store, by: str, reason: str) -> None:
    with pytest.raises(ValueError, match="who set it and why"):
        bar(store, 7, by=by, reason=reason)
    assert bars(store) == []


def test_pupils_without_an_earlier_record_are_listed(store: Store) -> None:
    put(store, 2015, "ks1", [{"upn": TEMPORARY}])
    put(
        store,
        2019,
        "ks2",
        [{"upn": PERMANENT, "former_upn": TEMPORARY}, {"upn": OTHER, "organisation": "school:125026"}],
    )
    put(store, 2019, "ks1", [{"upn": OTHER}])
    assert unmatched(store, collection="ks2", earlier="ks1").rows() == [
        (2019, "school:125026", key(store, OTHER))
    ]
    assert unmatched(store, collection="ks2", earlier="mtc").height == 2


def test_a_pupil_on_two_rolls_counts_where_it_came_last(store: Store) -> None:
    put(
        store,
        2019,
        "ks2",
        [{"upn": TEMPORARY, "organisation": "school:1", "entry_date": datetime.date(2018, 9, 1)}],
    )
    put(store, 2019, "ks2", [
        {"upn": PERMANENT, "former_upn": TEMPORARY, "organisation": "school:2", "entry_date": datetime.date(2015, 9, 1)},
        {"upn": OTHER, "organisation": "school:2"},
    ])  # fmt: skip
    kept, left = counted_once(store.frame("pupils").collect(), pupil_links(store))
    assert dict(kept.select("pupil", "organisation").iter_rows()) == {
        key(store, TEMPORARY): "school:1", key(store, OTHER): "school:2",
    }  # fmt: skip
    assert left["pupil"].to_list() == [key(store, PERMANENT)]


def test_without_entry_dates_the_pupil_counts_where_it_was_reported_last(store: Store) -> None:
    put(store, 2019, "ks2", [{"upn": PERMANENT, "former_upn": TEMPORARY, "organisation": "school:1"}])
    put(store, 2019, "ks2", [{"upn": TEMPORARY, "organisation": "school:2"}])
    kept, left = counted_once(store.frame("pupils").collect(), pupil_links(store))
    assert kept["organisation"].to_list() == ["school:2"]
    assert left["organisation"].to_list() == ["school:1"]


def test_joined_pupils_with_different_dates_of_birth_are_a_conflict(store: Store) -> None:
    put(store, 2015, "ks1", [{"upn": TEMPORARY, "date_of_birth": datetime.date(2009, 1, 1)}, {"upn": OTHER}])
    put(store, 2019, "ks2", [{"upn": PERMANENT, "former_upn": TEMPORARY}, {"upn": OTHER}])
    [found] = conflicts(store).rows(named=True)
    assert found["pupils"] == sorted([key(store, TEMPORARY), key(store, PERMANENT)])


def test_an_empty_store_has_no_pupils(store: Store) -> None:
    assert pupil_links(store).is_empty()
    assert suggestions(store).is_empty()
    assert conflicts(store).is_empty()
    assert unmatched(store, collection="ks2", earlier="ks1").is_empty()


def slowly_canonical(links: list[tuple[int, int]], years: dict[int, int]) -> dict[int, int]:
    """Spread every key's group until nothing changes."""
    groups = {pupil: {pupil} for link in links for pupil in link}
    changed = True
    while changed:
        changed = False
        for one, other in links:
            union = groups[one] | groups[other]
            for pupil in union:
                if groups[pupil] != union:
                    groups[pupil], changed = union, True
    return {pupil: max(group, key=lambda one: (years.get(one, 0), one)) for pupil, group in groups.items()}


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.tuples(st.integers(0, 15), st.integers(0, 15)), max_size=20),
    st.dictionaries(st.integers(0, 15), st.integers(2000, 2004)),
)
def test_links_connect_as_the_slow_way_does(links: list[tuple[int, int]], years: dict[int, int]) -> None:
    frame = pl.DataFrame(links, schema={"pupil": pl.Int64, "former": pl.Int64}, orient="row")
    assert _canonical(frame, years) == slowly_canonical(links, years)
