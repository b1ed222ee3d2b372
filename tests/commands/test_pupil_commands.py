"""Who is who, on the command line: matches, bars, erasure; changes of the register and links to look at."""

from __future__ import annotations

import os
from pathlib import Path

import polars as pl
import pytest

from cli import headway
from headway.figures.pseudonyms import shown_key
from headway.figures.store import Store
from small_authority import links, pupils, register, write

TEMPORARY, PERMANENT, OTHER = "G80120000101A", "H801200001001", "B801200005001"
WHO = {"surname": "Khan", "forename": "Ada", "date_of_birth": "2015-05-17"}


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """A child in key stage 1 under one UPN and in key stage 2 under another, which nothing joins; and another child."""
    first, second, third = (row | WHO for row in pupils(100001, 3, disadvantaged=0, passing=1))
    rows = [first | {"upn": TEMPORARY}, third | {"upn": OTHER, "forename": "Ben"}]
    began = [second | {"upn": PERMANENT, "year": 2022, "collection": "ks1"}]
    files = [
        write(tmp_path / "register.csv", register(100001, 150001, became={100001: 150001})),
        write(tmp_path / "links.csv", [links({100001: 150001})[0] | {"LinkEstablishedDate": ""}]),
        write(tmp_path / "pupils.csv", rows),
        write(
            tmp_path / "began.csv",
            [{k: v for k, v in row.items() if "_" not in k or k in WHO} for row in began],
        ),
    ]
    for path in files:
        done = headway("load", path)
        assert done.code == 0, done.out + done.err
    return Store.open(Path(os.environ["HEADWAY_HOME"]))


def name_of(store: Store, upn: str) -> str:
    return shown_key(int(store.pupil_keys(pl.Series([upn]))[0]))


def test_matches_suggests_by_name_and_birth_and_joins_nothing(store: Store) -> None:
    answer = headway("matches", "--json")
    found = {(row["what"], frozenset(row["pupils"])) for row in answer.rows}
    old, new, other = (name_of(store, upn) for upn in (TEMPORARY, PERMANENT, OTHER))
    assert found == {
        ("suggestion", frozenset({old, new})),
        ("unmatched", frozenset({old})),
        ("unmatched", frozenset({other})),
    }
    assert "personal data" in answer.err
    assert "Khan" not in answer.out
    assert TEMPORARY not in answer.out


def test_matches_shows_names_only_when_asked(store: Store) -> None:
    assert "Khan" not in headway("matches").out
    told = headway("matches", "--names").out
    assert "KHAN" in told.upper()
    assert "1 suggestion, 0 conflicts, 2 pupils of ks2 not found in ks1" in " ".join(told.split())


def test_a_bar_takes_the_suggestion_away_and_lifting_it_brings_it_back(store: Store) -> None:
    pupil = name_of(store, TEMPORARY)
    reasons = ("--by", "A. Officer", "--because", "adoption")
    assert headway("bar", pupil, *reasons).code == 0
    assert not [row for row in headway("matches", "--json").rows if row["what"] == "suggestion"]
    assert headway("lift-bar", TEMPORARY, *reasons).code == 0
    assert [row for row in headway("matches", "--json").rows if row["what"] == "suggestion"]
    again = headway("lift-bar", TEMPORARY, *reasons)
    assert (again.code, "not barred" in again.err) == (1, True)


def test_a_bar_needs_a_reason_and_a_pupil_whom_the_store_has(store: Store) -> None:
    empty = headway("bar", TEMPORARY, "--by", " ", "--because", " ")
    assert (empty.code, "who set it and why" in empty.err) == (1, True)
    for text, code in (("Khan", 2), ("A123456789012", 1), ("p0000000000000001", 1)):
        answer = headway("bar", text, "--by", "A", "--because", "b")
        assert answer.code == code
        assert answer.err


def test_forget_erases_a_pupil_everywhere_and_asks_first(store: Store) -> None:
    asked = headway("forget", TEMPORARY, "--because", "request for erasure")
    assert asked.code == 1
    assert store.frame("identities").filter(pl.col("upn") == TEMPORARY).collect().height == 1
    done = headway("forget", TEMPORARY, "--because", "request for erasure", "--yes")
    assert done.code == 0, done.err
    assert "identities: 1 row of 2026" in done.out
    assert TEMPORARY not in str(store.frame("identities").collect().rows())
    assert headway("forget", TEMPORARY, "--because", "again", "--yes").code == 1


def test_changes_are_those_between_the_two_days(store: Store) -> None:
    days = ("--before", "2026-06-01", "--after", "2026-12-01")
    rows = headway("changes", *days, "--authority", 936, "--json").rows
    assert {(row["organisation"], row["change"]) for row in rows} >= {
        ("school:100001", "closed"),
        ("school:150001", "opened"),
    }
    assert "opened" in headway("changes", *days).out
    assert headway("changes", *days, "--authority", 886, "--json").rows == []
    backwards = headway("changes", "--before", "2026-12-01", "--after", "2026-06-01")
    assert (backwards.code, "later day" in backwards.err) == (2, True)


def test_review_lists_the_links_that_a_person_must_look_at(store: Store) -> None:
    [row] = headway("review", "--authority", 936, "--json").rows
    assert (row["organisation"], row["predecessor"], row["how"]) == (
        "school:150001",
        "school:100001",
        "review",
    )
    assert "Links to look at" in headway("review").out
    assert headway("review", "--authority", 886, "--json").rows == []


def test_without_a_register_changes_and_review_say_what_to_load() -> None:
    for answer in (headway("review"), headway("changes", "--before", "2020-01-01", "--after", "2021-01-01")):
        assert (answer.code, "Load the files" in answer.err) == (1, True)
