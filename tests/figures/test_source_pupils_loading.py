"""Pupil files all the way into the store: two deliveries, rows set aside and mended, the same pupil twice."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from dfe_pupil_files import upn, written

from headway.figures.loading import load
from headway.figures.matching import pupil_links
from headway.figures.sources import dfe_ks2_pupils, template
from headway.figures.store import Receipt, Store

SOURCES = {source.key: source for source in (dfe_ks2_pupils.source, template.source)}


@pytest.fixture
def store() -> Store:
    return Store.open()


def loaded(store: Store, path: Path) -> Receipt:
    [receipt] = load(store, [path], sources=SOURCES)
    assert isinstance(receipt, Receipt), receipt
    return receipt


def inclusion(store: Store) -> list[str]:
    return store.frame("pupils", 2026).sort("row").collect()["inclusion"].to_list()


def test_december_replaces_september_and_can_be_taken_back(store: Store, tmp_path: Path) -> None:
    september = loaded(store, written(tmp_path / "a.csv", [{}, {}, {}]))
    assert (september.rows_accepted, inclusion(store)) == (3, ["201", "201", "201"])
    december = loaded(store, written(tmp_path / "b.csv", [{}, {"P_INCL": "203"}, {"READSCORE": "105"}]))
    assert inclusion(store) == ["201", "203", "201"]
    assert (
        store.frame("assessments_ks2", 2026).select("reading_score").collect().sum().item() == 104 + 104 + 105
    )
    assert december.change.replaced == 2
    store.undo(december.id)
    assert inclusion(store) == ["201", "201", "201"]


def test_a_pupil_who_left_the_later_file_is_no_longer_there(store: Store, tmp_path: Path) -> None:
    loaded(store, written(tmp_path / "a.csv", [{}, {}, {}]))
    loaded(store, written(tmp_path / "b.csv", [{}, {}]))
    assert inclusion(store) == ["201", "201"]


def test_a_mended_row_joins_the_others(store: Store, tmp_path: Path) -> None:
    receipt = loaded(store, written(tmp_path / "a.csv", [{}, {"READSCORE": "1o4"}, {"SEX": "X"}]))
    assert (receipt.rows_accepted, receipt.rows_set_aside) == (1, 2)
    assert receipt.set_aside is not None
    mended = receipt.set_aside.read_text(encoding="utf-8-sig").replace("1o4", "104").replace(",X,", ",F,")
    (tmp_path / "mended.csv").write_text(mended, encoding="utf-8")
    assert loaded(store, tmp_path / "mended.csv").rows_accepted == 2
    assert store.frame("pupils", 2026).collect().height == 3


def test_pupils_of_dfe_and_of_the_template_are_the_same_pupils(store: Store, tmp_path: Path) -> None:
    loaded(store, written(tmp_path / "a.csv", [{}, {}]))
    (tmp_path / "b.csv").write_text(
        f"upn,former_upn,urn,year,collection,disadvantaged\n{upn(0)},,125025,2026,roll,1\nG80120000101A,,125025,2022,ks1,\n"
    )
    (tmp_path / "c.csv").write_text(
        f"upn,former_upn,urn,year,collection\n{upn(1)},G80120000101A,125025,2026,roll\n"
    )
    loaded(store, tmp_path / "b.csv")
    loaded(store, tmp_path / "c.csv")
    roll = store.frame("pupils").filter(pl.col("collection") == "roll").collect()
    ks2 = store.frame("pupils").filter(pl.col("collection") == "ks2").collect()
    assert set(roll["pupil"]) == set(ks2["pupil"])
    links = pupil_links(store)
    assert links.height == 3
    assert links["canonical"].n_unique() == 2


def test_no_part_of_a_figure_holds_a_upn(store: Store, tmp_path: Path) -> None:
    loaded(store, written(tmp_path / "a.csv", [{}, {"UPN": ""}]))
    for table in ("pupils", "assessments_ks2"):
        for path in store.paths(table):
            text = path.read_bytes()
            assert upn(0).encode() not in text
            assert b"Brown" not in text
