"""Purge and forget: pupils go when their time is over, or when asked; figures made of them stand."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from store_stories import TABLE, File, held_in, load

from headway.figures.lock import StoreBusy
from headway.figures.purge import Retention, forget, purge, retention_of
from headway.figures.store import Receipt, SetAside, Store, StoreError
from headway.figures.tables import TABLES, Sensitivity

TEN_YEARS = Retention({TABLE: 10}, set_aside_days=90)
OVER_FOR_2018 = date(2028, 9, 1)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store.open(tmp_path / "store")


def parquet_text(store: Store) -> str:
    """Everything in every Parquet file of the store."""
    return "\n".join(str(pl.read_parquet(path).rows()) for path in sorted(store.folder.rglob("*.parquet")))


def audit_of(store: Store) -> list[tuple[str, dict[str, Any]]]:
    with store.catalogue.reading() as connection:
        rows = connection.execute("SELECT action, detail FROM audit ORDER BY rowid").fetchall()
    return [(row["action"], json.loads(row["detail"])) for row in rows]


def test_rows_go_the_day_after_their_retention_and_not_before(store: Store) -> None:
    load(store, File(((2018, 1, 31), (2019, 1, 32))))
    assert purge(store, today=date(2028, 8, 31), retention=TEN_YEARS).nothing
    erased = purge(store, today=OVER_FOR_2018, retention=TEN_YEARS)
    assert erased.rows == {TABLE: {2018: 1}}
    assert {row[:3] for row in held_in(store)} == {(2019, 1, 32)}
    assert not list(store.folder.rglob("2018/*.parquet"))
    assert store.purged_years(TABLE) == [2018]
    assert store.purged_years("pupils") == []
    assert purge(store, today=OVER_FOR_2018, retention=TEN_YEARS).nothing


def test_a_dry_run_tells_and_erases_nothing(store: Store) -> None:
    load(store, File(((2018, 1, 31),)))
    told = purge(store, today=OVER_FOR_2018, retention=TEN_YEARS, dry_run=True)
    assert (told.rows, told.dry_run) == ({TABLE: {2018: 1}}, True)
    assert len(held_in(store)) == 1
    assert store.purged_years(TABLE) == []
    assert audit_of(store) == []


def test_rows_that_were_overtaken_or_taken_back_go_too(store: Store) -> None:
    load(store, File(((2018, 1, 31), (2018, 2, 7)), complete=False))
    load(store, File(((2018, 1, 32),), complete=False))
    undone = load(store, File(((2018, 1, 33), (2018, 77777, 1)), complete=False))
    store.undo(undone.id)
    erased = purge(store, today=OVER_FOR_2018, retention=TEN_YEARS)
    assert erased.rows == {TABLE: {2018: 3}}
    assert not list(store.folder.rglob("*.parquet"))


def test_undoing_a_load_of_which_a_year_was_purged_still_works(store: Store) -> None:
    load(store, File(((2018, 1, 31), (2019, 1, 32))))
    load(store, File(((2018, 1, 30), (2019, 1, 33))))
    purge(store, today=OVER_FOR_2018, retention=TEN_YEARS)
    store.undo("R00002")
    assert held_in(store) == {(2019, 1, 32, "R00001")}


def test_what_a_load_changed_is_forgotten_with_its_rows(store: Store) -> None:
    load(store, File(((2018, 1, 31),)))
    load(store, File(((2018, 1, 4711),)))
    assert store.receipt("2").change.examples[0].after == "4711"
    assert b"4711" in store.catalogue.path.read_bytes()
    purge(store, today=OVER_FOR_2018, retention=TEN_YEARS)
    assert store.receipt("2").change.examples == ()
    assert store.receipt("2").change.replaced == 1
    assert b"4711" not in store.catalogue.path.read_bytes()


def test_ac4_personal_fields_are_erased_and_aggregates_unchanged_the_sum_is_still_150(store: Store) -> None:
    load(store, File(tuple((2018, pupil, 5) for pupil in range(30))))
    with store.new_run(engine="polars") as run:
        total = run.inputs.frame(TABLE).select(pl.col("mark").sum()).collect().item()
        row = {
            "organisation": "school:1",
            "year": 2018,
            "years_pooled": 1,
            "measure": "phonics_mark",
            "group": "all",
        }
        figure = pl.DataFrame([{**row, "basis": "pupils", "status": "reported", "total": float(total)}])
        TABLES["results"].conform(figure).write_parquet(run.folder / "results.parquet")
    before = store.run(run.id).results().collect()
    purge(store, today=OVER_FOR_2018, retention=TEN_YEARS)
    assert held_in(store) == set()
    assert store.run(run.id).results().collect().equals(before)
    assert before["total"].to_list() == [150.0]
    assert store.purged_years(TABLE) == [2018]


def test_pupil_rows_of_runs_go_and_their_figures_stand(store: Store) -> None:
    load(store, File(((2018, 1, 31), (2019, 1, 32))))
    for _ in range(2):
        with store.new_run(engine="polars") as run:
            run.inputs.frame(TABLE).collect().write_parquet(run.folder / f"{TABLE}.parquet")
            TABLES["results"].empty().write_parquet(run.folder / "results.parquet")
    erased = purge(store, today=OVER_FOR_2018, retention=TEN_YEARS)
    assert erased.run_rows == {f"runs/run-0001/{TABLE}.parquet": 2, f"runs/run-0002/{TABLE}.parquet": 1}
    assert store.run("1").path(TABLE) is None
    assert store.run("2").table(TABLE).collect()["year"].to_list() == [2019]
    assert [one.path("results") is not None for one in store.runs()] == [True, True]


def test_files_of_rows_set_aside_go_after_their_days(store: Store) -> None:
    receipt = add_identity(store, "B801200005001", aside=b"UPN,surname\nH801200001001,Sample\n")
    assert receipt.set_aside is not None
    day = receipt.loaded_at.date()
    assert purge(store, today=day, retention=TEN_YEARS).set_aside == ()
    erased = purge(store, today=date.fromordinal(day.toordinal() + 91), retention=TEN_YEARS)
    assert erased.set_aside == ("set-aside/R00001-pupils.csv",)
    assert not receipt.set_aside.exists()
    assert store.receipt("1").set_aside is None
    assert audit_of(store)[0][1]["set_aside"] == ["set-aside/R00001-pupils.csv"]


def test_nothing_is_erased_under_a_run_in_the_making(store: Store) -> None:
    load(store, File(((2018, 1, 31),)))
    with store.new_run(engine="polars"):
        with pytest.raises(StoreBusy, match="run-0001 is being made from the rows that would be erased"):
            purge(store, today=OVER_FOR_2018, retention=TEN_YEARS)
        with pytest.raises(StoreBusy):
            forget(store, 1, because="asked")
    assert len(held_in(store)) == 1


def test_every_table_about_pupils_has_a_retention_by_default(store: Store) -> None:
    schedule = retention_of(store)
    personal = {
        name
        for name, table in TABLES.items()
        if table.sensitivity in (Sensitivity.PERSONAL, Sensitivity.IDENTIFYING) and table.by_year
    }
    assert set(schedule.years) == personal


def test_an_authority_sets_its_own_retention(store: Store) -> None:
    (store.folder / "retention.toml").write_text(f"[years]\n{TABLE} = 3\n[days]\nset_aside = 5\n")
    schedule = retention_of(store)
    assert (schedule.years[TABLE], schedule.set_aside_days) == (3, 5)
    assert schedule.years["identities"] == 7
    load(store, File(((2018, 1, 31),)))
    assert purge(store, today=date(2021, 9, 1)).rows == {TABLE: {2018: 1}}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[years]\npupil = 3", r"\[years\] has no pupil; it may be absence"),
        ("[years]\norganisations = 3", r"\[years\] has no organisations"),
        ("[years]\npupils = -1", "pupils is -1; expected a whole number"),
        ("[years]\npupils = '3'", "pupils is '3'; expected a whole number"),
        ("[months]\npupils = 3", r"there is no heading \[months\]"),
        ("pupils = 3", r"there is no heading \[pupils\]"),
        ("years = ", "cannot be read"),
    ],
)
def test_a_retention_that_cannot_be_meant_is_told_and_nothing_erased(
    store: Store, text: str, told: str
) -> None:
    load(store, File(((2000, 1, 31),)))
    (store.folder / "retention.toml").write_text(text)
    with pytest.raises(StoreError, match=told):
        purge(store, today=OVER_FOR_2018)
    assert len(held_in(store)) == 1


def add_identity(store: Store, upn: str, *, aside: bytes | None = None, mark: int = 3) -> Receipt:
    """Loads a pupil's name and mark, as a source of pupil files does."""
    pupil = store.pupil_keys(pl.Series([upn]))[0]
    key = {"year": 2019, "pupil": pupil, "row": 2}
    return store.add(
        file_name="pupils.csv",
        file_hash=f"{upn} {mark == 3}",
        kind="pupils",
        scope="pupils",
        complete=False,
        rows_read=2,
        tables={
            "identities": pl.DataFrame([{**key, "upn": upn, "surname": f"Name of {upn}"}]),
            TABLE: pl.DataFrame([{**key, "mark": mark}]),
        },
        set_aside=SetAside(aside, 1) if aside else None,
    )


def test_a_forgotten_pupil_is_nowhere_in_the_store(store: Store) -> None:
    gone, stays = "H801200001001", "B801200005001"
    aside = f'UPN,surname,why\r\n h801200001001 ,Sample,"no mark,\nnone"\r\n{stays},Other,no mark\r\n'
    add_identity(store, gone)
    add_identity(store, stays)
    add_identity(store, gone, aside=aside.encode(), mark=4711)
    with store.new_run(engine="polars") as run:
        run.inputs.frame(TABLE).collect().write_parquet(run.folder / f"{TABLE}.parquet")
    pupil = store.pupil_keys(pl.Series([gone]))[0]
    erased = forget(store, pupil, because="erasure agreed on 1 May")
    assert erased.rows == {TABLE: {2019: 2}, "identities": {2019: 2}}
    assert erased.run_rows == {f"runs/run-0001/{TABLE}.parquet": 1}
    assert erased.set_aside == ("set-aside/R00003-pupils.csv",)
    assert gone not in parquet_text(store)
    assert str(pupil) not in parquet_text(store)
    assert stays in parquet_text(store)
    assert b"4711" not in store.catalogue.path.read_bytes()
    renewed = store.receipt("3").set_aside
    assert renewed is not None
    assert renewed.read_text() == f"UPN,surname,why\n{stays},Other,no mark\n"
    assert [path.name for path in (store.folder / "set-aside").iterdir()] == [renewed.name]
    assert store.frame(TABLE).collect()["pupil"].to_list() == [store.pupil_keys(pl.Series([stays]))[0]]
    assert audit_of(store) == [
        (
            "forget",
            {
                "pupil": pupil,
                "because": "erasure agreed on 1 May",
                "rows": {TABLE: {"2019": 2}, "identities": {"2019": 2}},
                "run_rows": {f"runs/run-0001/{TABLE}.parquet": 1},
                "set_aside": ["set-aside/R00003-pupils.csv"],
            },
        )
    ]


def test_a_pupil_is_forgotten_twice_when_a_later_file_brought_them_back(store: Store) -> None:
    load(store, File(((2019, 1, 31), (2019, 2, 32)), complete=False))
    forget(store, 1, because="asked")
    load(store, File(((2019, 1, 33), (2019, 2, 34)), complete=False))
    assert forget(store, 1, because="asked again").rows == {TABLE: {2019: 1}}
    assert held_in(store) == {(2019, 2, 34, "R00002")}
    store.undo("2")
    assert held_in(store) == {(2019, 2, 32, "R00001")}


def test_forgetting_a_pupil_who_is_not_there_erases_nothing(store: Store) -> None:
    load(store, File(((2019, 1, 31),)))
    assert forget(store, 99, because="asked").nothing
    assert len(held_in(store)) == 1
