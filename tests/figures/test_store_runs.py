"""Runs: published whole or not at all, repeatable from their manifest, and comparable."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from store_stories import TABLE, File, held_in, load

from headway.figures.store import Run, Store, StoreError, compare_runs
from headway.figures.tables import TABLES

KEY = {
    "organisation": "school:125025",
    "years_pooled": 1,
    "measure": "phonics",
    "group": "all",
    "basis": "pupils",
}


def figure(year: int = 2019, **more: Any) -> dict[str, Any]:
    return {
        **KEY,
        "year": year,
        "status": "reported",
        "numerator": 16,
        "denominator": 30,
        "value": 100 * 16 / 30,
        **more,
    }


def make(store: Store, *figures: dict[str, Any], engine: str = "polars", **parameters: Any) -> Run:
    with store.new_run(engine=engine, parameters=parameters) as run:
        frame = pl.DataFrame(list(figures), schema_overrides={"status": pl.String}, infer_schema_length=None)
        TABLES["results"].conform(frame).write_parquet(run.folder / "results.parquet")
    return store.run(run.id)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    store = Store.open(tmp_path / "store")
    load(store, File(((2018, 1, 31), (2019, 1, 32)), name="first.csv"))
    return store


def test_a_finished_run_says_from_what_by_what_and_how_it_was_made(store: Store) -> None:
    run = make(store, figure(), years=[2019])
    assert (run.id, run.engine, run.parameters, run.rows) == (
        "run-0001",
        "polars",
        {"years": [2019]},
        {"results": 1},
    )
    assert {"python", "polars", "narwhals"} <= set(run.libraries)
    assert run.timings["total"] >= 0
    assert run.finished_at >= run.started_at
    (only,) = run.inputs
    assert (only.receipt, only.file_name) == ("R00001", "first.csv")
    assert only.file_hash == store.receipt("1").file_hash
    assert only.tables == {TABLE: {2018: 1, 2019: 1}}
    assert run.results().collect()["value"].to_list() == [100 * 16 / 30]
    assert run.estimates().collect().schema == pl.Schema(TABLES["estimates"].schema)
    assert run.path("comparisons") is None
    written = json.loads((run.folder / "manifest.json").read_text(encoding="utf-8"))
    assert written["inputs"][0]["file_hash"] == only.file_hash
    assert store.runs() == [run] == [store.latest_run()] == [store.run("1")]


def fail_to_run(store: Store) -> None:
    with store.new_run(engine="polars") as run:
        (run.folder / "results.parquet").write_bytes(b"half")
        raise ZeroDivisionError


def test_a_run_that_fails_leaves_nothing(store: Store) -> None:
    with pytest.raises(ZeroDivisionError):
        fail_to_run(store)
    assert store.runs() == []
    assert list((store.folder / "runs").iterdir()) == []


def test_a_run_reads_one_state_whatever_is_loaded_meanwhile(store: Store) -> None:
    with store.new_run(engine="polars") as run:
        load(store, File(((2019, 1, 1), (2020, 1, 1))))
        assert run.inputs.years(TABLE) == [2018, 2019]
        assert run.inputs.frame(TABLE, 2019).collect()["mark"].to_list() == [32]
        assert [path.exists() for path in run.inputs.paths(TABLE)] == [True, True]
    assert [one.receipt for one in store.run(run.id).inputs] == ["R00001"]
    assert {row[2] for row in held_in(store)} == {1}


def test_a_run_rests_on_no_receipt_that_was_superseded_or_taken_back(store: Store) -> None:
    load(store, File(((2019, 1, 33),), name="corrected.csv"))
    store.undo(load(store, File(((2019, 2, 33),), scope="other")).id)
    assert [one.file_name for one in make(store, figure()).inputs] == ["corrected.csv"]


def test_an_unknown_run_is_told_in_plain_words(store: Store) -> None:
    with pytest.raises(StoreError, match="there is no run 3: nothing has been run yet"):
        store.run("3")
    make(store, figure())
    with pytest.raises(StoreError, match="there is no run best; the last one is run-0001"):
        store.run("best")


def test_two_runs_over_the_same_files_do_not_differ(store: Store) -> None:
    one, other = make(store, figure()), make(store, figure(value=100 * 16 / 30 * (1 + 1e-12)))
    compared = compare_runs(one, other)
    assert compared.same
    assert compared.settings == compared.inputs_added == compared.inputs_gone == ()


@pytest.mark.parametrize(
    ("column", "before", "after"),
    [
        ("numerator", 16, 17),
        ("denominator", 30, 31),
        ("denominator", 30, None),
        ("status", "reported", "suppressed"),
        ("value", 53.3, 53.3001),
        ("value", None, 0.0),
        ("lower", 36.1, None),
    ],
)
def test_a_figure_that_differs_is_shown_before_and_after(
    store: Store, column: str, before: Any, after: Any
) -> None:
    compared = compare_runs(make(store, figure(**{column: before})), make(store, figure(**{column: after})))
    (row,) = compared.changed.to_dicts()
    assert (row["organisation"], row["year"]) == ("school:125025", 2019)
    assert (row[f"{column}_before"], row[f"{column}_after"]) == (before, after)
    assert row["because"] == "no file or setting differs"


def test_a_changed_figure_names_the_files_that_changed_its_years(store: Store) -> None:
    before = make(store, figure(2018), figure(2019), figure(2017))
    load(store, File(((2018, 1, 31), (2019, 1, 33)), name="corrected.csv"))
    load(store, File(((2019, 2, 40),), scope="other", name="more.csv"))
    after = make(store, figure(2018, numerator=17), figure(2019, numerator=18), figure(2020, years_pooled=3))
    compared = compare_runs(before, after)
    assert [one.file_name for one in compared.inputs_added] == ["corrected.csv", "more.csv"]
    assert [one.file_name for one in compared.inputs_gone] == ["first.csv"]
    assert dict(compared.changed.select("year", "because").iter_rows()) == {
        2018: "R00002 corrected.csv (new); R00001 first.csv (gone)",
        2019: "R00002 corrected.csv (new); R00003 more.csv (new); R00001 first.csv (gone)",
    }
    assert compared.gone.select("year", "because").rows() == [(2017, "no file or setting differs")]
    assert compared.added.select("year", "years_pooled", "because").rows() == [
        (2020, 3, "R00002 corrected.csv (new); R00003 more.csv (new); R00001 first.csv (gone)")
    ]
    assert not compared.same


def test_where_no_file_differs_the_settings_that_do_are_named(store: Store) -> None:
    one = make(store, figure(), years=[2019])
    other = make(store, figure(numerator=15), engine="duckdb", years=[2018, 2019])
    compared = compare_runs(one, other)
    assert compared.settings == ("engine polars → duckdb", "parameter years [2019] → [2018, 2019]")
    assert compared.changed["because"].to_list() == ["; ".join(compared.settings)]
