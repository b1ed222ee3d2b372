"""A pupil with two UPNs is one pupil: counted once a year and collection, on every engine and on the command line."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest
from spark_sockets import sockets_left_open

from cli import headway
from headway.figures.cohorts import cohort
from headway.figures.engines import Engine
from headway.figures.loading import Rejection, load
from headway.figures.matching import SamePupils, bar, joined_keys
from headway.figures.store import Store
from small_authority import register, write

OLD, NEW, OTHER = "G80120000101A", "H801200001001", "B801200005001"
"""A temporary UPN, the one that followed it, and another child's."""


def row(upn: str, urn: int, **cells: object) -> dict[str, object]:
    known = {
        "upn": upn, "former_upn": "", "urn": urn, "year": 2026, "collection": "ks2", "entry_date": "",
        "sex": "", "fsm": "", "reading_outcome": "AS", "reading_score": 105, "mathematics_outcome": "AS",
        "mathematics_score": 104, "writing_assessment": "EXS",
    }  # fmt: skip
    return known | cells


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """A pupil known by a temporary UPN at one school, by the permanent one at the next; another child there."""
    rows = [
        row(OLD, 100001, entry_date="2022-09-05", reading_outcome="NS", reading_score=95),
        row(NEW, 100002, former_upn=OLD, entry_date="2025-01-06"),
        row(OTHER, 100002),
        row(OLD, 100001, collection="roll", sex="F", fsm=1),
        row(OTHER, 100002, collection="roll", sex="M", fsm=0),
    ]
    store = Store.open(tmp_path / "store")
    for path in (
        write(tmp_path / "register.csv", register(100001, 100002)),
        write(tmp_path / "ks2.csv", [one for one in rows if one["collection"] == "ks2"]),
        write(tmp_path / "roll.csv", [one for one in rows if one["collection"] == "roll"]),
    ):
        [answer] = load(store, [path])
        assert not isinstance(answer, Rejection), answer.message
    yield store
    shutil.rmtree(store.folder)


def counted(store: Store, engine: Engine, folder: Path) -> set[tuple[object, ...]]:
    same = SamePupils.among(store, folder)
    with sockets_left_open():
        frame = cohort(engine, store, table="assessments_ks2", collection="ks2", year=2026, same=same)
        assert frame is not None
        rows = pl.DataFrame(engine.collect(frame.select("organisation", "reading_score", "sex", "fsm")))
    return set(rows.rows())


def test_on_every_engine_the_later_entry_counts_and_its_roll_is_found_under_the_former_upn(
    store: Store, each_engine: Engine, tmp_path: Path
) -> None:
    assert counted(store, each_engine, tmp_path) == {
        ("school:100002", 105.0, "F", True),
        ("school:100002", 105.0, "M", False),
    }


def test_a_barred_pupil_is_joined_to_nothing_and_counts_under_each_upn(
    store: Store, tmp_path: Path, each_engine: Engine
) -> None:
    key = int(store.pupil_keys(pl.Series([OLD]))[0])
    bar(store, key, by="A. Officer", reason="adoption")
    assert joined_keys(store).is_empty()
    assert counted(store, each_engine, tmp_path) == {
        ("school:100001", 95.0, "F", True),
        ("school:100002", 105.0, None, None),
        ("school:100002", 105.0, "M", False),
    }


def test_the_row_that_has_results_counts_where_the_later_one_has_none(
    tmp_path: Path, each_engine: Engine
) -> None:
    store = Store.open(tmp_path / "other")
    pupils = [
        {"year": 2026, "pupil": 1, "collection": "ks2", "organisation": "school:1", "row": 2},
        {"year": 2026, "pupil": 2, "collection": "ks2", "organisation": "school:2", "row": 3},
    ]
    named = [
        {"year": 2026, "pupil": 1, "upn": OLD, "row": 2},
        {"year": 2026, "pupil": 2, "upn": NEW, "row": 3},
    ]
    keys = store.pupil_keys(pl.Series([OLD, NEW])).to_list()
    for one in (*pupils, *named):
        one["pupil"] = keys[int(str(one["pupil"])) - 1]
    named[1]["former_upn"] = OLD
    results = [{"year": 2026, "pupil": keys[0], "reading_score": 99.0, "row": 2}]
    tables = {"pupils": pupils, "identities": named, "assessments_ks2": results}
    frames = {name: pl.DataFrame(rows, infer_schema_length=None) for name, rows in tables.items()}
    store.add(file_name="x", file_hash="x", kind="test", scope="x", complete=True, rows_read=2, tables=frames)
    assert counted(store, each_engine, tmp_path) == {("school:1", 99.0, None, None)}


def test_the_figures_on_the_command_line_count_such_a_pupil_once(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEADWAY_HOME", str(store.folder))
    done = headway("run")
    assert done.code == 0, done.out + done.err
    rows = headway("headlines", "--authority", 936, "--year", 2026, "--json").rows
    cohort_of = [
        one
        for one in rows
        if (one["organisation"], one["measure"], one["group"])
        == ("authority:936", "ks2_reading_expected", "all")
    ]
    assert [(one["numerator"], one["denominator"]) for one in cohort_of] == [(2, 2)]
