"""Nothing small can be worked out: an attacker written apart tries, on random tables, large ones and real ones."""

from __future__ import annotations

from pathlib import Path
from random import Random

import polars as pl
import pytest
from attacker import Attacker, Table, random_table

from headway.figures.disclosure import Decision, Release, Rule, decide, settings

SIX = settings().rule("six")


def decided(
    table: Table, rule: Rule = SIX, *, earlier: tuple[Decision, ...] = ()
) -> tuple[Decision, pl.DataFrame]:
    release = Release("test", table.results(), table.memberships(), earlier)
    decision = decide(release, "public", rule)
    assert decision.report.holds
    return decision, decision.apply(table.results())


def pinned(
    attacker: Attacker, table: Table, rule: Rule, *, whole_numbers: bool, of_others_than: str | None = None
) -> list[str]:
    """Small counts that the attacker pins to fewer values than the rule asks."""
    secrets = [
        secret
        for secret in table.secrets(
            rule.smallest_count,
            of_small_groups=rule.zeros != "shown",
            numerators=rule.counts != "cohorts",
        )
        if secret.whole[0] != of_others_than
    ]
    values = attacker.possible(secrets, whole_numbers=whole_numbers)
    return [
        f"{secret}: {many} values"
        for secret, many in zip(secrets, values, strict=True)
        if many < rule.possible_values
    ]


@pytest.mark.parametrize(
    "hundred", [0, 2, *(pytest.param(hundred, marks=pytest.mark.long) for hundred in (1, *range(3, 10)))]
)
def test_no_small_count_of_a_thousand_random_tables_can_be_pinned(hundred: int) -> None:
    for seed in range(100 * hundred, 100 * hundred + 100):
        table = random_table(seed, schools=(1, 3), kinds=1 + seed % 2)
        rule = settings().rule(("six", "eleven", "dfe")[seed % 3])
        if table.counts:
            _, published = decided(table, rule)
            found = pinned(Attacker(table, published), table, rule, whole_numbers=seed % 25 == 0)
            assert not found, f"table {seed}: {found[:3]}"


def test_the_attacker_pins_what_primary_suppression_alone_leaves_open() -> None:
    """So that an attacker who finds nothing has looked."""
    from headway.figures.disclosure import suppress

    found = 0
    for seed in range(20):
        table = random_table(seed)
        if table.counts:
            published = suppress(table.results(), "public")
            found += bool(pinned(Attacker(table, published), table, SIX, whole_numbers=False))
    assert found > 5


@pytest.mark.parametrize("seed", range(12))
def test_years_pooled_and_several_measures_tell_nothing_small(seed: int) -> None:
    table = random_table(
        seed,
        schools=(2, 3),
        kinds=1,
        measures=("ks2_rwm_expected", "ks2_science_expected"),
        years=(2017, 2018, 2019),
        pooled=True,
    )
    if table.counts:
        _, published = decided(table)
        assert not pinned(Attacker(table, published), table, SIX, whole_numbers=False)


@pytest.mark.parametrize("seed", range(24))
def test_the_expected_and_the_higher_standard_together_tell_nothing_small(seed: int) -> None:
    """Nor how many met the one but not the other, which anybody can take from the two."""
    table = random_table(
        seed, schools=(2, 3), kinds=1, largest=60, measures=("ks2_rwm_expected", "ks2_rwm_higher")
    )
    rule = settings().rule(("six", "dfe")[seed % 2])
    if table.counts:
        _, published = decided(table, rule)
        assert not pinned(Attacker(table, published), table, rule, whole_numbers=seed % 6 == 0)


@pytest.mark.parametrize("seed", range(25))
def test_no_school_learns_of_another_by_adding_its_own_figures(seed: int) -> None:
    table = random_table(seed, schools=(3, 5), kinds=1)
    if not table.counts:
        return
    _, published = decided(table)
    for school in table.members["authority:936"]:
        others = Table(
            {
                cell: counts
                for cell, counts in table.counts.items()
                if cell[0].startswith("school:") and cell[0] != school
            }
        )
        attacker = Attacker(table, published, own=school)
        assert not pinned(attacker, others, SIX, whole_numbers=False)


def test_blocks_that_change_from_one_rule_to_the_next_leave_no_school_knowing_more() -> None:
    """The helpers of a block differ from rule to rule; what was found with the last ones must be looked at again."""
    rule = settings().rule("eleven")
    table = random_table(3, schools=(14, 14), kinds=2)
    _, published = decided(table, rule)
    chance = Random(1)
    for school in chance.sample(table.members["authority:936"], 3):
        others = [
            secret
            for secret in table.secrets(11)
            if secret.whole[0].startswith("school:") and secret.whole[0] != school
        ]
        asked = chance.sample(others, 40)
        assert min(Attacker(table, published, own=school).possible(asked, whole_numbers=False)) >= 11


@pytest.mark.parametrize("change", ["corrected", "removed"])
@pytest.mark.parametrize("seed", range(20))
def test_two_releases_that_differ_by_one_pupil_tell_nothing_small(seed: int, change: str) -> None:
    before = random_table(seed, schools=(3, 4), kinds=2)
    after = random_table(seed, schools=(3, 4), kinds=2, **{change: 1 + seed})
    if not before.counts or not after.counts:
        return
    first, published_first = decided(before)
    _, published = decided(after, earlier=(first,))
    assert not pinned(Attacker(after, published), after, SIX, whole_numbers=False)
    # With the first release in hand; less what that one has told already, which nobody can take back.
    secrets = after.secrets(6)
    earlier = [(published_first, before)]
    nothing = after.results().with_columns(
        status=pl.lit("suppressed"), numerator=pl.lit(None, pl.Int64), denominator=pl.lit(None, pl.Int64)
    )
    told = Attacker(after, nothing, earlier).possible(secrets, whole_numbers=False)
    now = Attacker(after, published, earlier).possible(secrets, whole_numbers=False)
    for secret, before_this, with_this in zip(secrets, told, now, strict=True):
        assert with_this >= min(before_this, 6), secret
    assert not secrets or max(now) >= 6


def full_table(schools: int, seed: int = 1) -> Table:
    return random_table(seed, schools=(schools, schools), largest=60, kinds=5)


def test_forty_schools_with_every_group_tell_nothing_small() -> None:
    table = full_table(40)
    _, published = decided(table)
    secrets = table.secrets(6)
    some = Random(1).sample(secrets, 150)
    values = Attacker(table, published).possible(some, whole_numbers=False)
    assert min(values) >= 6


@pytest.mark.real_data
@pytest.mark.parametrize("rule", ["six", "dfe"])
@pytest.mark.parametrize(
    ("year", "some"),
    [(2019, 60), *(pytest.param(year, 10_000, marks=pytest.mark.long) for year in (2017, 2018, 2019))],
)
def test_surrey_tells_nothing_small(shared_data: Path, year: int, some: int, rule: str) -> None:
    table = surrey(shared_data, year)
    decision, published = decided(table, settings().rule(rule))
    share = decision.report.share_of_headlines_lost_to_secondary
    assert share is not None
    assert share < 0.15
    secrets = table.secrets(6, numerators=rule != "dfe", of_small_groups=rule != "dfe")
    asked = Random(2).sample(secrets, min(some, len(secrets)))
    assert min(Attacker(table, published).possible(asked, whole_numbers=False)) >= 6


def surrey(shared_data: Path, year: int) -> Table:
    """Reading, writing and mathematics by group from DfE's own file; the authority is the sum of its schools."""
    file = shared_data / "ks2" / f"{year - 1}-{year}_936_ks2final.csv"
    groups = {
        "all": ("TELIG", ""),
        "boys": ("BELIG", "_B"),
        "girls": ("GELIG", "_G"),
        "disadvantaged": ("TFSM6CLA1A", "_FSM6CLA1A"),
        "other": ("TNotFSM6CLA1A", "_NotFSM6CLA1A"),
        "eal": ("TEALGRP2", "_EAL"),
        "not_mobile": ("TMOBN", "_MOBN"),
        "prior_low": ("TKS1GROUP_L", "_L"),
        "prior_middle": ("TKS1GROUP_M", "_M"),
        "prior_high": ("TKS1GROUP_H", "_H"),
    }
    rows = pl.read_csv(file, infer_schema=False, truncate_ragged_lines=True).filter(
        pl.col("RECTYPE").is_in(["1", "2"])
    )
    table = Table({}, {"authority:936": []})
    for row in rows.iter_rows(named=True):
        counts: dict[str, tuple[int, int]] = {}
        for group, (cohort_column, ending) in groups.items():
            cohort, percent = row[cohort_column] or "", row[f"PTRWM_EXP{ending}"] or ""
            if cohort.isdigit() and percent.endswith("%"):
                met = _met(int(cohort), int(percent[:-1]))
                if met is not None:
                    counts[group] = (int(cohort), met)
        # A percentage of more than a hundred pupils leaves several counts: keep what fits its whole.
        for kind in (
            ("boys", "girls"),
            ("disadvantaged", "other"),
            ("prior_low", "prior_middle", "prior_high"),
        ):
            parts = [counts[one] for one in kind if one in counts]
            rest = (
                [counts["all"][at] - sum(part[at] for part in parts) for at in (0, 1)]
                if "all" in counts
                else []
            )
            if rest and not 0 <= rest[1] <= rest[0]:
                counts = {group: pair for group, pair in counts.items() if group not in kind}
        if "all" not in counts:
            continue
        school = f"school:{row['URN']}"
        table.members["authority:936"].append(school)
        for group, pair in counts.items():
            table.counts[(school, year, 1, "ks2_rwm_expected", group)] = pair
            whole = ("authority:936", year, 1, "ks2_rwm_expected", group)
            before = table.counts.get(whole, (0, 0))
            table.counts[whole] = (before[0] + pair[0], before[1] + pair[1])
    return table


def _met(cohort: int, percent: int) -> int | None:
    fits = [met for met in range(cohort + 1) if (200 * met + cohort) // (2 * cohort) == percent]
    return fits[len(fits) // 2] if fits else None
