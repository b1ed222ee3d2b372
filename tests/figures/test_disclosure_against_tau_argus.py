"""The cells hidden, beside those of tau-Argus (in its open Python form), on tables that both can treat.

Both get cohorts of schools by sex or the like, nobody's characteristic unknown, with an authority's total, and the
rule "fewer than six". tau-Argus asks here for a margin of half a cell (FREQ(6,50)), at least three values; so does
Headway in the like-for-like comparison. It considers neither who met a standard, nor schools that know their
own, nor which totals matter to readers.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest
from attacker import Attacker, Table, random_table

from headway.figures.disclosure import Decision, Release, Rule, decide, settings
from headway.figures.disclosure.primary import blank

pytauargus = pytest.importorskip("pytauargus", reason="tau-Argus is not installed")

LIKE = replace(settings().rule("dfe"), possible_values=3, schools_know_their_own=False)
Place = tuple[str, str]


@pytest.fixture(autouse=True)
def _its_log_files_stay_out_of_the_checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def comparable_tables() -> Iterator[Table]:
    for seed in range(40):
        table = random_table(seed, schools=(4, 8), kinds=1, trusts=False)
        groups = {cell[4] for cell in table.counts} - {"all"}
        adds_up = all(table.rest(whole, parts) == (0, 0) for whole, parts in table.divisions())
        if len(groups) > 1 and "fsm" not in groups and adds_up:
            yield table


def by_tau_argus(table: Table) -> tuple[set[Place], set[Place]]:
    """The cells that it calls unsafe, and those that it hides to protect them."""
    pupils = [
        {"school": cell[0], "division": cell[4], "one": 1}
        for cell, (cohort, _) in table.counts.items()
        if cell[0].startswith("school") and cell[4] != "all"
        for _ in range(cohort)
    ]
    found = (
        pytauargus.protect(
            pupils,
            tables=["school", "division"],
            response="one",
            safety_rules="FREQ(6,50)",
            suppress="OPT(1)",
        )
        .tables[0]
        .dataframe()
    )
    cells: dict[str, set[Place]] = {"U": set(), "M": set()}
    for school, division, status in zip(found["school"], found["division"], found["status"], strict=True):
        school, division = school.strip(), division.strip()
        place = ("authority:936" if school == "Total" else school, "all" if division == "Total" else division)
        cells.setdefault(status, set()).add(place)
    return cells["U"], cells["M"]


def by_headway(table: Table, rule: Rule) -> Decision:
    cohorts = table.results().with_columns(numerator=pl.lit(None, pl.Int64), value=pl.lit(None, pl.Float64))
    return decide(Release("cohorts", cohorts, table.memberships()), "public", rule)


def places(decision: Decision, *, primary: bool) -> set[Place]:
    rows = decision.cells.filter(pl.col("hidden") & (pl.col("primary") == primary))
    return set(rows.select("organisation", "group").rows())


def headlines(cells: set[Place]) -> int:
    return sum(group == "all" and name.startswith("school") for name, group in cells)


def test_like_for_like_headway_hides_no_more_and_fewer_headlines() -> None:
    theirs: list[set[Place]] = []
    ours: list[set[Place]] = []
    fewer_than_six_values = 0
    for table in comparable_tables():
        unsafe, secondary = by_tau_argus(table)
        decision = by_headway(table, LIKE)
        assert places(decision, primary=True) == unsafe
        theirs.append(secondary)
        ours.append(places(decision, primary=False))
        results = table.results()
        gone = [place in unsafe | secondary for place in results.select("organisation", "group").rows()]
        cohorts = [secret for secret in table.secrets(6, numerators=False) if secret.part == "cohort"]
        left = Attacker(table, blank(results, pl.lit(pl.Series(gone)))).possible(cohorts, whole_numbers=True)
        assert min(left, default=3) >= 2
        fewer_than_six_values += sum(many < 6 for many in left)
    assert len(theirs) >= 15
    assert sum(map(len, ours)) <= sum(map(len, theirs))
    assert sum(map(headlines, ours)) < sum(map(headlines, theirs))
    # Why Headway's own rule hides more: it asks for six values, where these keep as few as three.
    assert fewer_than_six_values > 0


def test_headways_own_rule_hides_more_because_it_asks_for_more() -> None:
    like = six_values = schools_too = 0
    for table in comparable_tables():
        like += len(places(by_headway(table, LIKE), primary=False))
        six_values += len(places(by_headway(table, replace(LIKE, possible_values=6)), primary=False))
        schools_too += len(places(by_headway(table, settings().rule("dfe")), primary=False))
    assert like < six_values < schools_too
