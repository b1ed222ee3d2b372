"""The store: what is loaded is there, what is corrected is replaced, what is undone is gone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from store_stories import TABLE, File, Row, expected, frame, held_in, load

from headway.figures.sources import Finding
from headway.figures.store import SetAside, Store, StoreError
from headway.figures.tables import TABLES


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store.open(tmp_path / "store")


def test_an_empty_store_has_empty_tables_of_the_contract(store: Store) -> None:
    for name, table in TABLES.items():
        assert store.frame(name).collect().schema == pl.Schema(table.schema)
        assert store.paths(name) == []
        assert store.years(name) == []
    assert store.receipts() == []
    assert store.latest_run() is None


def test_its_folder_is_that_of_headway_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEADWAY_HOME", str(tmp_path / "at" / "home"))
    assert Store.open().folder == (tmp_path / "at" / "home").resolve()


def test_what_is_loaded_is_there_by_year_with_its_receipt_row_and_scope(store: Store) -> None:
    receipt = load(store, File(((2019, 1, 31), (2018, 2, 25), (2019, 3, 40)), name="phonics.csv"))
    assert receipt.id == "R00001"
    assert (receipt.rows_read, receipt.rows_accepted, receipt.rows_set_aside) == (3, 3, 0)
    assert receipt.tables == {TABLE: {2018: 1, 2019: 2}}
    assert (receipt.change.added, receipt.change.replaced, receipt.change.removed) == (3, 0, 0)
    assert store.years(TABLE) == [2018, 2019]
    rows = (
        store.frame(TABLE, 2019)
        .select("pupil", "mark", "outcome", "receipt", "row", "scope")
        .collect()
        .rows()
    )
    assert rows == [(1, 31, None, "R00001", 2, "phonics:936"), (3, 40, None, "R00001", 4, "phonics:936")]
    assert store.receipts() == [receipt]
    assert store.receipt("r1") == store.receipt("1") == store.receipt("R00001") == receipt


def test_a_lazy_frame_and_an_eager_one_give_the_same(tmp_path: Path) -> None:
    one, other = Store.open(tmp_path / "one"), Store.open(tmp_path / "other")
    rows: tuple[Row, ...] = ((2019, 1, 31), (2018, 2, 25))
    load(one, File(rows))
    other.add(
        file_name="marks.csv",
        file_hash="x",
        kind="phonics",
        scope="phonics:936",
        complete=True,
        rows_read=2,
        tables={TABLE: frame(rows).lazy()},
    )
    assert held_in(one) == held_in(other)


def test_loading_the_same_file_twice_changes_nothing(store: Store) -> None:
    first = load(store, File(((2019, 1, 31),)))
    files = sorted(store.folder.rglob("*.parquet"))
    again = load(store, File(((2019, 1, 31),), name="another-name.csv"))
    assert again.already_loaded
    assert (again.id, again.file_name) == (first.id, "marks.csv")
    assert store.receipts() == [first]
    assert sorted(store.folder.rglob("*.parquet")) == files


def test_a_file_that_was_taken_back_can_be_loaded_again(store: Store) -> None:
    store.undo(load(store, File(((2019, 1, 31),))).id)
    again = load(store, File(((2019, 1, 31),)))
    assert (again.id, again.already_loaded) == ("R00002", False)
    assert held_in(store) == {(2019, 1, 31, "R00002")}


def test_a_corrected_file_replaces_its_rows_and_says_what_changed(store: Store) -> None:
    load(store, File(((2019, 1, 31), (2019, 2, 20), (2018, 3, 12))))
    receipt = load(store, File(((2019, 1, 32), (2019, 2, 20), (2019, 4, 9))))
    change = receipt.change
    assert (change.added, change.replaced, change.unchanged, change.removed) == (1, 1, 1, 1)
    assert change.columns == {"assessments_phonics.mark": 1}
    told = {(one.what, one.key, one.column, one.before, one.after) for one in change.examples}
    assert told == {
        ("replaced", "2019 · 1", "mark", "31", "32"),
        ("added", "2019 · 4", None, None, None),
        ("removed", "2018 · 3", None, None, None),
    }
    assert store.receipt(receipt.id).change == change
    assert store.receipt("1").superseded_by == "R00002"
    assert store.years(TABLE) == [2019]


def test_a_partial_file_adds_and_replaces_and_removes_nothing(store: Store) -> None:
    load(store, File(((2019, 1, 31), (2019, 2, 20))))
    receipt = load(store, File(((2019, 2, 21), (2019, 3, 9)), complete=False))
    assert (receipt.change.added, receipt.change.replaced, receipt.change.removed) == (1, 1, 0)
    assert held_in(store) == {(2019, 1, 31, "R00001"), (2019, 2, 21, "R00002"), (2019, 3, 9, "R00002")}


def test_a_complete_file_leaves_what_another_scope_says(store: Store) -> None:
    load(store, File(((2019, 1, 31),), scope="phonics:936"))
    load(store, File(((2019, 2, 20),), scope="phonics:886"))
    assert {pupil for _, pupil, _, _ in held_in(store)} == {1, 2}


def test_a_complete_file_without_a_row_removes_all_of_its_scope(store: Store) -> None:
    load(store, File(((2019, 1, 31),)))
    receipt = load(store, File(()))
    assert receipt.change.removed == 1
    assert held_in(store) == set()
    store.undo(receipt.id)
    assert held_in(store) == {(2019, 1, 31, "R00001")}


def test_undoing_an_earlier_load_keeps_the_later_one(store: Store) -> None:
    load(store, File(((2019, 1, 31), (2019, 2, 20)), complete=False))
    load(store, File(((2019, 2, 21),), complete=False))
    undone = store.undo("r1")
    assert undone.state == "undone"
    assert undone.undone_at is not None
    assert held_in(store) == {(2019, 2, 21, "R00002")}


def test_undoing_the_later_load_brings_the_earlier_rows_back(store: Store) -> None:
    load(store, File(((2019, 1, 31), (2019, 2, 20)), complete=False))
    load(store, File(((2019, 2, 21),), complete=False))
    store.undo("R00002")
    assert held_in(store) == {(2019, 1, 31, "R00001"), (2019, 2, 20, "R00001")}


def test_undo_tells_of_a_receipt_that_is_not_there_or_was_taken_back(store: Store) -> None:
    with pytest.raises(StoreError, match="there is no receipt R00007: nothing has been loaded yet"):
        store.undo("R00007")
    load(store, File(((2019, 1, 31),)))
    with pytest.raises(StoreError, match="there is no receipt 7; the last one is R00001"):
        store.undo("7")
    store.undo("1")
    with pytest.raises(StoreError, match=r"R00001 \(marks.csv\) was taken back before"):
        store.undo("1")


def test_one_contributor_is_read_from_its_own_part_and_disjoint_parts_are_only_listed(store: Store) -> None:
    load(store, File(((2019, 1, 31),), complete=False))
    load(store, File(((2019, 2, 31),), complete=False))
    assert {path.relative_to(store.folder).parts[0] for path in store.paths(TABLE)} == {"parts"}
    load(store, File(((2019, 2, 32), (2019, 9, 9)), complete=False))
    names = [path.relative_to(store.folder).as_posix() for path in store.paths(TABLE)]
    assert names == [f"parts/{TABLE}/2019/R00001.parquet", f"parts/{TABLE}/2019/R00003.parquet"]
    load(store, File(((2019, 2, 33),), complete=False))
    names = [path.relative_to(store.folder).as_posix() for path in store.paths(TABLE)]
    assert [name.split("/")[0] for name in names] == ["parts", "current", "parts"]


def test_the_latest_wins_by_a_key_with_a_missing_value_in_it(store: Store) -> None:
    def belongs(joined: date | None, note: str) -> pl.DataFrame:
        row = {"organisation": "school:1", "group": "trust:2", "kind": "trust", "joined": joined}
        schema = {"organisation": pl.String, "group": pl.String, "kind": pl.String, "joined": pl.Date}
        return pl.DataFrame([row], schema=schema).with_columns(
            source=pl.lit("gias"), note=pl.lit(note), row=2
        )

    for number, (joined, note) in enumerate([(None, "first"), (date(2019, 9, 1), "dated"), (None, "second")]):
        receipt = store.add(
            file_name="groups.csv",
            file_hash=str(number),
            kind="gias_groups",
            scope="gias",
            complete=False,
            rows_read=1,
            tables={"memberships": belongs(joined, note)},
        )
    assert sorted(store.frame("memberships").collect()["note"]) == ["dated", "second"]
    assert (receipt.change.added, receipt.change.replaced) == (0, 1)
    assert receipt.tables == {"memberships": {0: 1}}
    assert store.years("memberships") == []


def test_a_change_never_shows_who_a_pupil_is(store: Store) -> None:
    for surname in ("Sample", "Specimen"):
        rows = pl.DataFrame({"year": 2019, "pupil": 7, "surname": surname, "row": 2})
        receipt = store.add(
            file_name="pupils.csv",
            file_hash=str(len(surname)),
            kind="pupils",
            scope="pupils",
            complete=True,
            rows_read=1,
            tables={"identities": rows},
        )
    (only,) = receipt.change.examples
    assert (only.what, only.column, only.before, only.after) == ("replaced", "surname", None, None)
    assert b"Specimen" not in store.catalogue.path.read_bytes()


def test_findings_are_kept_row_by_row_and_go_with_their_receipt(store: Store) -> None:
    findings = [
        Finding("error", "upn_missing", "no UPN", "a UPN", "mend it", "UPN", rows=(5, 9)),
        Finding("note", "title_line", "a line above the header"),
    ]
    receipt = store.add(
        file_name="marks.csv",
        file_hash="x",
        kind="phonics",
        scope="phonics:936",
        complete=True,
        rows_read=3,
        tables={TABLE: frame([(2019, 1, 31)])},
        findings=findings,
        set_aside=SetAside(b"UPN,mark\n,12\n,13\n", 2),
    )
    assert receipt.findings == {"error": 2, "note": 1}
    assert (receipt.rows_read, receipt.rows_accepted, receipt.rows_set_aside) == (3, 1, 2)
    kept = (
        store.frame("findings")
        .select("severity", "file", "file_row", "file_column", "receipt")
        .collect()
        .rows()
    )
    assert kept == [
        ("error", "marks.csv", 5, "UPN", "R00001"),
        ("error", "marks.csv", 9, "UPN", "R00001"),
        ("note", "marks.csv", None, None, "R00001"),
    ]
    assert receipt.set_aside is not None
    assert receipt.set_aside.read_bytes() == b"UPN,mark\n,12\n,13\n"
    store.undo(receipt.id)
    assert store.frame("findings").collect().is_empty()
    Store.open(store.folder)
    assert not receipt.set_aside.exists()


@dataclass(frozen=True)
class Misfit:
    """Rows that no table of the contract would take."""

    rows: pl.DataFrame
    told: str
    table: str = TABLE


MISFITS = [
    Misfit(frame([(2019, 1, 1)]).with_columns(colour=pl.lit("red")), "has no column colour"),
    Misfit(frame([(2019, 1, 1)]).drop("row"), "which row of the file"),
    Misfit(frame([(2019, 1, 1)]).with_columns(year=None), "have no year"),
    Misfit(frame([(2019, 1, 1), (2019, 1, 2)]), "share a key"),
    Misfit(frame([(2019, 1, 1)]), "no table results into which", "results"),
    Misfit(frame([(2019, 1, 1)]), "no table dreams into which", "dreams"),
]


@pytest.mark.parametrize("misfit", MISFITS, ids=lambda misfit: misfit.told)
def test_rows_that_do_not_fit_the_contract_leave_nothing(misfit: Misfit, store: Store) -> None:
    load(store, File(((2019, 5, 31),)))
    before = {path: path.read_bytes() for path in store.folder.rglob("*.parquet")}
    with pytest.raises(ValueError, match=misfit.told):
        store.add(
            file_name="bad.csv",
            file_hash="bad",
            kind="phonics",
            scope="s",
            complete=True,
            rows_read=1,
            tables={TABLE: frame([(2017, 8, 8)]), misfit.table: misfit.rows},
        )
    assert {path: path.read_bytes() for path in store.folder.rglob("*.parquet")} == before
    assert not list(store.folder.rglob("*.partial"))
    assert held_in(store) == {(2019, 5, 31, "R00001")}
    assert load(store, File(((2019, 6, 1),), complete=False)).id == "R00002"


def test_parts_written_before_a_column_was_added_still_read(store: Store) -> None:
    load(store, File(((2019, 1, 31),)))
    (path,) = store.paths(TABLE)
    pl.read_parquet(path).drop("outcome").write_parquet(path)
    load(store, File(((2019, 2, 31),), complete=False))
    load(store, File(((2019, 1, 30),), complete=False))
    assert store.frame(TABLE).collect().schema == pl.Schema(TABLES[TABLE].schema)
    assert {row[:3] for row in held_in(store)} == {(2019, 1, 30), (2019, 2, 31)}


def test_a_store_of_a_newer_headway_is_left_alone(store: Store) -> None:
    with store.catalogue.writing() as connection:
        connection.execute("PRAGMA user_version = 99")
    with pytest.raises(StoreError, match="made by a newer Headway"):
        Store.open(store.folder)


def test_a_folder_that_cannot_be_a_store_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(StoreError, match="file cannot hold a store"):
        Store.open(tmp_path / "file")
    (tmp_path / "spoilt").mkdir()
    (tmp_path / "spoilt" / "catalogue.sqlite").write_text("not a catalogue" * 100)
    with pytest.raises(StoreError, match=r"catalogue.sqlite is not a catalogue of Headway"):
        Store.open(tmp_path / "spoilt")


def test_it_describes_itself(store: Store) -> None:
    load(store, File(((2019, 1, 31), (2018, 1, 31))))
    load(store, File(((2019, 1, 31), (2018, 1, 30))))
    store.undo(load(store, File(((2020, 1, 31),), complete=False)).id)
    said = store.describe()
    assert said.folder == store.folder
    assert said.bytes > 1000
    assert (said.receipts, said.superseded, said.undone, said.runs) == (2, 1, 1, 0)
    assert {name: (table.rows, table.years) for name, table in said.tables.items()} == {
        TABLE: (2, [2018, 2019])
    }


FILES = st.builds(
    File,
    rows=st.dictionaries(
        st.tuples(st.sampled_from([2018, 2019]), st.integers(1, 5)), st.integers(0, 3), max_size=5
    ).map(lambda marks: tuple((year, pupil, mark) for (year, pupil), mark in marks.items())),
    scope=st.sampled_from(["s", "t"]),
    complete=st.booleans(),
)


@given(st.lists(st.one_of(FILES, st.integers(0, 7)), min_size=1, max_size=9))
@settings(max_examples=40, deadline=None)
def test_after_any_loads_and_undos_it_holds_what_the_slow_fold_says(
    tmp_path_factory: pytest.TempPathFactory, steps: list[File | int]
) -> None:
    store = Store.open(tmp_path_factory.mktemp("store"))
    live: list[tuple[str, File]] = []
    for step in steps:
        before = {row[:2]: row[2:] for row in held_in(store)}
        if isinstance(step, File):
            receipt = load(store, step)
            if receipt.already_loaded:
                assert receipt.id in [name for name, file in live if file == step]
                continue
            live.append((receipt.id, step))
            now = {row[:2]: row[2:] for row in held_in(store)}
            change = receipt.change
            assert change.added == len(set(now) - set(before))
            assert change.removed == len(set(before) - set(now))
            stayed = [key for key in now if key in before]
            assert change.replaced == sum(now[key][0] != before[key][0] for key in stayed)
            assert change.unchanged == sum(
                now[key][0] == before[key][0] and now[key][1] == receipt.id for key in stayed
            )
        elif live:
            store.undo(live.pop(step % len(live))[0])
        assert held_in(store) == expected(live)
    named = {path.relative_to(store.folder).as_posix() for path in store.paths(TABLE)}
    assert all((store.folder / name).exists() for name in named)
