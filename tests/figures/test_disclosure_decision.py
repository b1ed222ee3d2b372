"""What a decision promises: the same whatever the order, never less under a tighter rule, kept in a file."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest
from attacker import Attacker, Table, random_table
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from headway.figures.disclosure import Decision, Release, decide, read_decision, settings
from headway.figures.tables import COMPARISONS, FIGURE_KEY

SIX, ELEVEN = settings().rule("six"), settings().rule("eleven")
some_tables = st.integers(0, 100_000).map(lambda seed: random_table(seed, schools=(1, 3)))


def release_of(table: Table) -> Release:
    return Release("KS2 2019", table.results(), table.memberships())


def hidden(decision: Decision) -> set[tuple[object, ...]]:
    return set(decision.hidden.rows())


def small_table(**groups: tuple[int, int]) -> Table:
    return Table({("school:1", 2019, 1, "ks2_rwm_expected", group): pair for group, pair in groups.items()})


@given(some_tables)
@examples(max_examples=25, deadline=None)
def test_a_tighter_rule_shows_nothing_that_a_looser_one_hides(table: Table) -> None:
    release = release_of(table)
    shown_zeros = replace(SIX, zeros="shown")
    loosest, looser, tighter = (
        hidden(decide(release, "public", rule)) for rule in (shown_zeros, SIX, ELEVEN)
    )
    assert loosest <= looser <= tighter


@given(some_tables, st.randoms(use_true_random=False))
@examples(max_examples=40, deadline=None)
def test_the_order_of_schools_and_groups_does_not_matter(table: Table, chance: object) -> None:
    release = release_of(table)
    mixed = replace(
        release,
        results=release.results.sample(fraction=1.0, shuffle=True, seed=chance.randint(0, 999)),  # type: ignore[attr-defined]
        memberships=release.memberships[::-1],
    )
    assert decide(release, "public").cells.equals(decide(mixed, "public").cells)


def test_deciding_and_applying_twice_gives_the_same_cells() -> None:
    release = release_of(random_table(7, schools=(5, 5)))
    first, second = decide(release, "public"), decide(release, "public")
    assert first == replace(second, cells=first.cells)
    assert first.cells.equals(second.cells)
    once = first.apply(release.results)
    assert first.apply(once).equals(once)


def test_an_empty_release_is_decided() -> None:
    assert decide(release_of(Table({})), "public").cells.is_empty()


def test_an_empty_group_hides_nothing() -> None:
    table = small_table(all=(30, 15), disadvantaged=(0, 0), other=(30, 15))
    assert not hidden(decide(release_of(table), "public"))


def test_where_no_zero_may_be_shown_an_empty_group_takes_a_companion_with_it() -> None:
    table = small_table(all=(30, 15), disadvantaged=(0, 0), other=(30, 15))
    decision = decide(release_of(table), "public", replace(SIX, zeros="hidden"))
    groups = {key[4] for key in hidden(decision)}
    assert "disadvantaged" in groups
    assert groups & {"all", "other"}


def test_a_group_equal_to_its_total_is_hidden_with_it() -> None:
    table = small_table(all=(30, 3), disadvantaged=(30, 3), other=(0, 0))
    assert {key[4] for key in hidden(decide(release_of(table), "public"))} >= {"all", "disadvantaged"}


def test_a_school_of_one_pupil_takes_a_companion_or_the_total_with_it() -> None:
    key = (2019, 1, "ks2_rwm_expected", "all")
    table = Table(
        {("school:1", *key): (1, 1), ("school:2", *key): (30, 15), ("school:3", *key): (40, 20),
         ("authority:936", *key): (71, 36)},
        {"authority:936": ["school:1", "school:2", "school:3"]},
    )  # fmt: skip
    decision = decide(release_of(table), "public")
    assert len(hidden(decision)) >= 2
    assert (
        min(Attacker(table, decision.apply(table.results())).possible(table.secrets(6), whole_numbers=True))
        >= 6
    )


def test_the_authority_of_one_school_hides_what_the_school_hides() -> None:
    counts = {"all": (24, 12), "disadvantaged": (4, 2), "other": (20, 10)}
    table = Table(
        {
            (organisation, 2019, 1, "ks2_rwm_expected", group): pair
            for group, pair in counts.items()
            for organisation in ("school:1", "authority:936")
        },
        {"authority:936": ["school:1"]},
    )
    groups = [(key[0], key[4]) for key in hidden(decide(release_of(table), "public"))]
    assert {group for name, group in groups if name == "school:1"} == {
        group for name, group in groups if name == "authority:936"
    }


def test_means_of_few_pupils_cannot_be_subtracted() -> None:
    table = small_table(all=(24, 0), disadvantaged=(4, 0), other=(20, 0))
    scores = {"all": 2500.0, "disadvantaged": 390.0, "other": 2110.0}
    results = table.results().with_columns(
        measure=pl.lit("ks2_reading_average"),
        numerator=pl.lit(None, pl.Int64),
        total=pl.col("group").replace_strict(scores, return_dtype=pl.Float64),
    )
    decision = decide(
        Release("means", results.with_columns(value=pl.col("total") / pl.col("denominator"))), "public"
    )
    groups = {key[4] for key in hidden(decision)}
    assert "disadvantaged" in groups
    assert groups & {"all", "other"}
    assert decision.report.holds


def test_a_cohort_shown_by_another_measure_does_not_stay_hidden_in_one() -> None:
    """Both measures have the same four disadvantaged pupils; each must hide them, and a companion."""
    counts = {"all": (24, 12), "disadvantaged": (4, 2), "other": (20, 10)}
    table = Table(
        {
            ("school:1", 2019, 1, measure, group): pair
            for group, pair in counts.items()
            for measure in ("ks2_rwm_expected", "ks2_science_expected")
        }
    )
    decision = decide(release_of(table), "public")
    shown = decision.cells.filter(~pl.col("hidden"))["group"].unique().to_list()
    assert not {"all", "other"} <= set(shown)


def test_what_others_have_published_appears_as_published() -> None:
    table = small_table(all=(30, 28), girls=(15, 14), boys=(15, 14))
    published = table.results().filter(pl.col("group") == "all").select(FIGURE_KEY[:5])
    decision = decide(replace(release_of(table), published=published), "public")
    assert {key[4] for key in hidden(decision)} == {"girls", "boys"}
    assert decision.report.published_by_others == 1


def test_a_comparison_goes_when_either_side_is_hidden() -> None:
    table = small_table(all=(24, 12), disadvantaged=(4, 2), other=(20, 10))
    decision = decide(release_of(table), "public")
    compared = COMPARISONS.conform(
        table.results()
        .select(FIGURE_KEY)
        .with_columns(
            comparator=pl.lit("other"),
            comparator_value=pl.lit(50.0),
            difference=pl.lit(1.0),
            significance=pl.lit("not significant"),
        )
    )
    shown = {row["group"]: row for row in decision.apply(compared).to_dicts()}
    assert shown["disadvantaged"]["difference"] is None
    assert shown["disadvantaged"]["significance"] == "cannot say"
    assert shown["other"]["comparator_value"] is None


def test_a_figure_on_which_nothing_was_decided_is_not_shown() -> None:
    table = small_table(all=(30, 15))
    decision = decide(release_of(table), "public")
    more = small_table(all=(30, 15), eal=(20, 10)).results()
    assert decision.apply(more).sort("group")["status"].to_list() == ["reported", "suppressed"]


def test_the_school_itself_and_data_officers_see_figures_whole() -> None:
    table = small_table(all=(24, 12), disadvantaged=(4, 2), other=(20, 10))
    release = release_of(table)
    assert decide(release, "data_officer").apply(release.results).equals(release.results)
    itself = decide(release, "school")
    assert itself.apply(release.results, own="school:1").equals(release.results)
    assert not itself.apply(release.results, own="school:2").equals(release.results)


def test_a_decision_is_kept_in_a_file_and_read_back(tmp_path: Path) -> None:
    decision = decide(release_of(random_table(3, schools=(3, 3))), "governors")
    back = read_decision(decision.save(tmp_path))
    assert back.cells.equals(decision.cells)
    assert replace(back, cells=decision.cells) == decision
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "KS2-2019.governors.json",
        "KS2-2019.governors.parquet",
    ]


def test_a_file_that_is_no_decision_is_refused_with_its_name(tmp_path: Path) -> None:
    broken = tmp_path / "broken.parquet"
    broken.write_text("not parquet")
    with pytest.raises(ValueError, match=r"broken.parquet is not a disclosure decision of Headway"):
        read_decision(broken)


def test_the_report_adds_up_and_can_be_signed() -> None:
    release = release_of(random_table(5, schools=(4, 4)))
    decision = decide(release, "public")
    report = json.loads(decision.report.to_json())
    assert report["primary"] + report["secondary"] == decision.hidden.height
    assert sum(row["secondary"] for row in report["by_group"]) == report["secondary"]
    assert sum(row["figures"] for row in report["by_reason"]) == decision.hidden.height
    assert report["holds"]
    text = decision.report.to_text()
    assert "Signed:" in text
    assert "possible values" in text


def test_the_report_says_why_many_headlines_are_lost() -> None:
    report = decide(release_of(random_table(5, schools=(4, 4))), "public").report
    few, many = (replace(report, headlines=100, headlines_lost_secondary=lost) for lost in (14, 15))
    assert "That is many" not in few.to_text()
    assert "show fewer groups a school" in many.to_text()


def test_progress_goes_from_nothing_to_all() -> None:
    told: list[float] = []
    decide(
        release_of(random_table(5, schools=(4, 4))), "public", progress=lambda share, what: told.append(share)
    )
    assert told[0] == 0.0
    assert told[-1] == 1.0
