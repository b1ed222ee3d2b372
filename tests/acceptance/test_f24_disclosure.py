"""F24 of the domain: nothing small is shown, and nothing small can be worked out."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import polars as pl
import pytest

from cli import headway
from figures.attacker import Attacker, Table
from headway.figures.disclosure import Decision, Release, decide
from headway.figures.disclosure.primary import blank
from headway.figures.tables import FIGURE_KEY, RESULTS
from small_authority import two_schools


def figure(group: str, cohort: int, met: int) -> dict[str, object]:
    return {
        "organisation": "school:125025",
        "year": 2019,
        "years_pooled": 1,
        "measure": "ks2_rwm_expected",
        "group": group,
        "basis": "pupils",
        "status": "reported",
        "numerator": met,
        "denominator": cohort,
        "value": 100 * met / cohort if cohort else None,
        "source": f"{cohort} pupil rows",
    }


def decided(*figures: dict[str, object]) -> tuple[Decision, pl.DataFrame]:
    """The decision for the public, and what leaves as CSV, read back as a reader of it would."""
    results = RESULTS.conform(pl.DataFrame(list(figures)))
    decision = decide(Release("test", results), "public")
    written = io.StringIO()
    decision.apply(results).write_csv(written)
    return decision, pl.read_csv(io.StringIO(written.getvalue()))


@pytest.mark.parametrize("met", [(15, 2, 13), (18, 4, 14), (12, 0, 12)])
def test_ac1_no_published_pair_gives_the_four_away(met: tuple[int, int, int]) -> None:
    decision, published = decided(
        figure("all", 24, met[0]), figure("disadvantaged", 4, met[1]), figure("other", 20, met[2])
    )
    status = dict(published.select("group", "status").rows())
    shown = [group for group, what in status.items() if what == "reported"]
    assert status["disadvantaged"] == "suppressed"
    assert status["other"] == "suppressed" or status["all"] == "suppressed"
    assert not {"all", "other"} <= set(shown)
    assert ",4 pupil rows" not in published.write_csv()
    assert decision.report.holds


@pytest.mark.parametrize(
    ("cohort", "met"),
    [(5, 3), (5, 0), (5, 5), (4, 2), (1, 1)],  # five or fewer: hidden whatever the percentage
)
def test_ac2_the_percentage_of_five_or_fewer_is_hidden(cohort: int, met: int) -> None:
    _, published = decided(figure("all", cohort, met))
    row = published.row(0, named=True)
    assert row["status"] == "suppressed"
    assert row["value"] is None
    assert row["denominator"] is None


@pytest.mark.parametrize("met", [0, 8])
def test_ac2_none_and_all_of_a_small_group_are_hidden(met: int) -> None:
    _, published = decided(figure("all", 8, met))
    assert published["status"].to_list() == ["suppressed"]


def test_ac2_none_and_all_of_a_large_group_are_shown() -> None:
    _, published = decided(figure("girls", 30, 0), figure("boys", 30, 30), figure("all", 60, 30))
    assert published["status"].to_list() == ["reported"] * 3


# On the command line


@pytest.fixture
def released() -> None:
    """A school of 24 pupils, four of them disadvantaged, and one of thirty, released to governors."""
    two_schools()
    measures = (
        "--measure",
        "ks2_rwm_expected",
        "--measure",
        "ks2_cohort",
        "--measure",
        "ks2_reading_average",
    )
    made = headway(
        "disclose", "KS2 2026", "--authority", 936, "--year", 2026, *measures, "--audience", "governors"
    )
    assert made.code == 0, made.out + made.err


GOVERNORS = ("--audience", "governors", "--release", "KS2 2026")
Key = tuple[str, str, str]
"""Organisation, measure, group."""


def on_screen(*which: object) -> dict[Key, tuple[object, ...]]:
    """Status, cohort, met and value of every figure that the command shows as JSON."""
    return {
        (row["organisation"], row["measure"], row["group"]): (
            row["status"], row["denominator"], row["numerator"], row["value"],
        )
        for row in headway(*which, *GOVERNORS, "--json").rows
        if row["years_pooled"] == 1
    }  # fmt: skip


def as_csv(path: Path) -> list[dict[str, str]]:
    exported = headway("export", "--authority", 936, "--format", "csv", "--output", path, *GOVERNORS)
    assert exported.code == 0, exported.out + exported.err
    with path.open(encoding="utf-8-sig", newline="") as file:
        return [row for row in csv.DictReader(file) if row["Years pooled"] == "1"]


@pytest.mark.usefixtures("released")
def test_ac1_on_the_screen_nothing_gives_the_four_away() -> None:
    """All 24, disadvantaged 4, other 20: no two figures shown, of any measure, leave four pupils."""
    shown = on_screen("school", 100001)
    for measure in ("ks2_rwm_expected", "ks2_cohort", "ks2_reading_average"):
        assert shown["school:100001", measure, "disadvantaged"] == ("suppressed", None, None, None)
    told = {group for (_, _, group), (status, *_) in shown.items() if status == "reported"}
    assert not {"all", "other"} <= told
    text = headway("school", 100001, "--groups", *GOVERNORS).out
    lines = [line for line in text.splitlines() if "isadvantaged" in line]
    assert len(lines) == 6
    for line in lines:
        told = line.replace("KS2", "").replace("key stage 2", "")
        assert "suppressed" in told
        assert not any(letter.isdigit() for letter in told), line


@pytest.mark.usefixtures("released")
def test_ac1_the_authority_and_the_other_school_do_not_give_the_four_away_either() -> None:
    shown = (
        on_screen("school", 100001) | on_screen("school", 100002) | on_screen("headlines", "--authority", 936)
    )
    ours = {key: found for key, found in shown.items() if key[1] == "ks2_rwm_expected"}
    cells = {
        (name, 2026, 1, measure, group): (cohort, met)
        for (name, measure, group), (status, cohort, met, _) in ours.items()
        if status == "reported"
    }
    true = {
        ("school:100001", "all"): (24, 13), ("school:100001", "disadvantaged"): (4, 0),
        ("school:100001", "other"): (20, 13), ("school:100002", "all"): (30, 15),
        ("school:100002", "disadvantaged"): (10, 0), ("school:100002", "other"): (20, 15),
        ("authority:936", "all"): (54, 28), ("authority:936", "disadvantaged"): (14, 0),
        ("authority:936", "other"): (40, 28),
    }  # fmt: skip
    table = Table(
        {(name, 2026, 1, "ks2_rwm_expected", group): pair for (name, group), pair in true.items()},
        {"authority:936": ["school:100001", "school:100002"]},
    )
    assert all(table.counts[cell] == pair for cell, pair in cells.items() if cell in table.counts)
    gone = [cell not in cells for cell in table.results().select(FIGURE_KEY[:5]).rows()]
    seen = blank(table.results(), pl.lit(pl.Series(gone)))
    assert min(Attacker(table, seen).possible(table.secrets(6), whole_numbers=True)) >= 6


@pytest.mark.usefixtures("released")
def test_ac2_on_the_screen_no_percentage_of_five_or_fewer_and_no_none_of_a_small_group() -> None:
    shown = on_screen("school", 100001) | on_screen("school", 100002)
    small = {("school:100001", "disadvantaged"), ("school:100002", "disadvantaged")}
    for name, group in small:
        assert shown[name, "ks2_rwm_expected", group] == ("suppressed", None, None, None)


@pytest.mark.usefixtures("released")
def test_ac3_the_csv_export_has_the_same_suppression_as_the_screen(tmp_path: Path) -> None:
    screen = on_screen("school", 100001) | on_screen("school", 100002)
    exported = as_csv(tmp_path / "figures.csv")
    statuses = {
        (row["Organisation"], row["Measure key"], row["Group key"]): row["Status"]
        for row in exported
        if row["Organisation"].startswith("school:")
    }
    assert statuses == {key: status for key, (status, *_) in screen.items()}
    assert "suppressed" in statuses.values()
    for row in exported:
        if row["Status"] == "suppressed":
            numbers = {name: value for name, value in row.items() if value and value.strip().isdecimal()}
            assert set(numbers) <= {"Year", "Years pooled"}, row
