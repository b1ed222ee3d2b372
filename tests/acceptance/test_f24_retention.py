"""F24 of the domain: pupils' rows go when their time is over; the figures counted from them stand."""

from __future__ import annotations

import os
from pathlib import Path

import polars as pl
import pytest

from cli import headway
from headway.figures.store import Store
from headway.figures.tables import TABLES, Sensitivity
from small_authority import pupils, register, write

AFTER = "2036-09-01"
"""Ten years after 31 August 2026 the rows of 2026 go; those of 2027 have a year left."""


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """Two schools with 150 pupils between them in 2026, and 60 in 2027; counted once."""
    rows = [
        *pupils(100001, 90, disadvantaged=20, passing=60),
        *pupils(100002, 60, disadvantaged=10, passing=31),
        *pupils(100001, 60, disadvantaged=10, passing=40, year=2027),
    ]
    for number, row in enumerate(rows):
        row |= {"surname": f"Adeyemi{number}", "forename": "Ada", "date_of_birth": "2015-05-17"}
    files = [write(tmp_path / "register.csv", register(100001, 100002)), write(tmp_path / "pupils.csv", rows)]
    for answer in (headway("load", *files), headway("run")):
        assert answer.code == 0, answer.out + answer.err
    return Store.open(Path(os.environ["HEADWAY_HOME"]))


def figures(year: int) -> dict[tuple[str, ...], tuple[object, ...]]:
    """Every figure of the authority and its schools on the command line: the numbers, without label and run."""
    rows = headway("headlines", "--authority", 936, "--year", year, "--json").rows
    for urn in (100001, 100002):
        rows += headway("school", urn, "--year", year, "--json").rows
    return {
        (row["organisation"], row["measure"], row["group"], str(row["years_pooled"]), row["basis"]): (
            row["status"], row["numerator"], row["denominator"], row["value"], row["lower"], row["upper"],
        )
        for row in rows
    }  # fmt: skip


def everything_stored(store: Store) -> str:
    return "\n".join(
        str(pl.read_parquet(path).rows()) for path in sorted(store.folder.rglob("*.parquet"))
    ) + "".join(path.read_text() for path in sorted(store.folder.glob("set-aside/*")))


def test_ac4_personal_fields_are_erased_and_the_aggregates_still_sum_to_150(store: Store) -> None:
    before, later = figures(2026), figures(2027)
    assert before["authority:936", "ks2_cohort", "all", "1", "pupils"][2] == 150
    assert "Adeyemi7" in everything_stored(store)
    purged = headway("purge", "--today", AFTER)
    assert purged.code == 0, purged.out + purged.err
    assert store.frame("pupils", 2026).collect().is_empty()
    for name, table in TABLES.items():
        if any(column.sensitivity is Sensitivity.IDENTIFYING for column in table.columns):
            assert store.frame(name, 2026).collect().is_empty()
    assert figures(2026) == before
    done = headway("run")
    assert done.code == 0, done.out + done.err
    assert figures(2026) == before
    assert figures(2027) == later
    assert "Adeyemi7'" not in everything_stored(store)
    assert "'A100001260007'" not in everything_stored(store)


def test_ac4_a_figure_that_was_kept_says_so_and_from_which_run(store: Store) -> None:
    headway("purge", "--today", AFTER)
    for _ in range(
        2
    ):  # the run after the next takes it over in its turn, and still names the run that counted
        assert headway("run").code == 0
    latest = store.latest_run()
    assert latest is not None
    rows = latest.results().filter(pl.col("basis") == "pupils", pl.col("years_pooled") == 1).collect()
    labels = rows.group_by("year").agg(pl.col("label").fill_null("").str.count_matches("kept from run-0001"))
    assert {year: set(counts) for year, counts in labels.iter_rows()} == {2026: {1}, 2027: {0}}
    schools = rows.filter(organisation="school:100001", measure="ks2_cohort", group="all")
    assert sorted(schools["denominator"].to_list()) == [60, 90]


def test_ac4_a_run_of_one_year_in_between_loses_nothing(store: Store) -> None:
    before = figures(2026)
    headway("purge", "--today", AFTER)
    for arguments in (("run", "--year", 2027), ("run",)):
        done = headway(*arguments)
        assert done.code == 0, done.out + done.err
    assert figures(2026) == before


def test_ac4_a_part_of_a_purged_year_that_is_loaded_again_does_not_pass_for_the_whole(
    store: Store, tmp_path: Path
) -> None:
    before = figures(2026)
    headway("purge", "--today", AFTER)
    again = write(tmp_path / "again.csv", pupils(100001, 12, disadvantaged=2, passing=1))
    for answer in (headway("load", again), headway("run")):
        assert answer.code == 0, answer.out + answer.err
    assert figures(2026) == before
