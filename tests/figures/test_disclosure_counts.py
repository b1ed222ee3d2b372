"""Every way in which a figure tells a count: numbers of pupils, shares, labels, what others have published."""

from __future__ import annotations

from random import Random

import polars as pl
import pytest
from attacker import Attacker, random_table

from headway.figures.disclosure import Release, decide, settings, suppress
from headway.figures.disclosure.counts import as_counts
from headway.figures.disclosure.gathering import relate
from headway.figures.disclosure.rounding import settle
from headway.figures.tables import COMPARISONS, FIGURE_KEY, RESULTS

SIX, DFE = settings().rule("six"), settings().rule("dfe")
NO_MEMBERSHIPS = pl.DataFrame(schema={"organisation": pl.String, "group": pl.String})


def figure(measure: str, group: str, cohort: int | None, **numbers: object) -> dict[str, object]:
    return {
        "organisation": "school:1",
        "year": 2019,
        "years_pooled": 1,
        "measure": measure,
        "group": group,
        "basis": "published",
        "status": "reported",
        "denominator": cohort,
        **numbers,
    }


def results(*figures: dict[str, object]) -> pl.DataFrame:
    return RESULTS.conform(pl.DataFrame(list(figures), infer_schema_length=None))


def shown(frame: pl.DataFrame, **more: object) -> dict[tuple[str, str], dict[str, object]]:
    decision = decide(Release("test", frame), "public", **more)  # type: ignore[arg-type]
    assert decision.report.holds
    return {(row["measure"], row["group"]): row for row in decision.apply(frame).to_dicts()}


RWM = [
    figure("ks2_rwm_expected", "all", 24, numerator=12, value=50.0),
    figure("ks2_rwm_expected", "disadvantaged", 4, numerator=2, value=50.0),
    figure("ks2_rwm_expected", "other", 20, numerator=10, value=50.0),
]


@pytest.mark.parametrize("cohort_too", [False, True])
def test_a_number_of_pupils_tells_no_cohort_that_is_hidden_elsewhere(cohort_too: bool) -> None:
    numbers = {"all": 24, "disadvantaged": 4, "other": 20}
    counts = [
        figure("ks2_cohort", group, pupils if cohort_too else None, value=float(pupils))
        for group, pupils in numbers.items()
    ]
    found = shown(results(*RWM, *counts))
    told = {group for (_, group), row in found.items() if row["value"] is not None}
    assert "disadvantaged" not in told
    assert not {"all", "other"} <= told


def test_a_number_of_pupils_is_not_hidden_for_being_all_of_itself() -> None:
    eight = results(figure("ks2_cohort", "all", 8, value=8.0))
    assert shown(eight)["ks2_cohort", "all"]["value"] == 8.0
    assert suppress(eight, "public").equals(eight)


@pytest.mark.parametrize("rule", [SIX, DFE])
def test_the_share_of_a_small_group_is_hidden_since_it_tells_how_many_there_are(rule: object) -> None:
    share = figure("ks2_cohort_share", "disadvantaged", 24, numerator_low=4, numerator_high=4, value=17.0)
    found = shown(results(*RWM, share), rule=rule)
    told = {key for key, row in found.items() if row["value"] is not None}
    assert ("ks2_rwm_expected", "disadvantaged") not in told
    assert ("ks2_cohort_share", "disadvantaged") not in told
    alone = shown(results(RWM[0], share), rule=rule)
    assert alone["ks2_cohort_share", "disadvantaged"]["value"] is None


def test_a_percentage_without_a_count_leaves_the_counts_that_its_rounding_leaves() -> None:
    """DfE prints 84 % of 26 boys, and no number of 26 gives 84 %: counted over another number of pupils."""
    (row,) = as_counts(results(figure("ks2_rwm_expected", "boys", 26, value=84.0))).to_dicts()
    assert (row["kind"], row["numerator_low"], row["numerator_high"]) == ("proportion", 21, 22)


def test_a_percentage_without_a_count_is_not_taken_for_a_sum() -> None:
    frame = results(
        figure("ks2_rwm_expected", "all", 49, value=80.0, numerator_low=39, numerator_high=39),
        figure("ks2_rwm_expected", "boys", 26, value=84.0),
        figure("ks2_rwm_expected", "girls", 23, value=74.0, numerator_low=17, numerator_high=17),
    )
    assert relate(frame, NO_MEMBERSHIPS, settings()).left_out == []
    few = results(figure("ks2_rwm_expected", "boys", 26, value=9.0))
    assert suppress(few, "public")["status"].to_list() == ["suppressed"]


def test_open_counts_are_settled_so_that_all_relations_hold() -> None:
    """All 100 to 104; girls and boys 50 to 52 each, disadvantaged and other 51 and 52: only 103 fits both."""
    truth, low, high = (
        [102.0, 51.0, 51.0, 51.0, 52.0],
        [100.0, 50.0, 50.0, 51.0, 52.0],
        [104.0, 52.0, 52.0, 51.0, 52.0],
    )
    limits = {
        ((0, 1.0), (1, -1.0), (2, -1.0)): (0.0, 0.0),
        ((0, 1.0), (3, -1.0), (4, -1.0)): (0.0, 0.0),
    }
    settled = settle(truth, low, high, range(5), limits)
    assert settled[0] == 103
    assert sorted((settled[1], settled[2])) == [51, 52]
    assert settle(truth, truth, truth, range(5), limits) == {}


def test_the_gap_of_the_lowest_fifth_does_not_add_up_over_schools() -> None:
    gap = [
        figure("fsp_lowest_fifth_gap", "all", pupils, value=value) | {"organisation": name}
        for name, pupils, value in (
            ("school:1", 20, 30.0),
            ("school:2", 30, 20.0),
            ("authority:936", 50, 22.0),
        )
    ]
    ties = pl.DataFrame({"organisation": ["school:1", "school:2"], "group": ["authority:936"] * 2})
    assert relate(results(*gap), ties, settings()).left_out == []


@pytest.mark.parametrize(
    ("label", "kept"),
    [
        ("predecessor 100001", "predecessor 100001"),
        ("2017: 12 pupils, 2018: 4 pupils, 2019: 30 pupils; predecessor 100001", "predecessor 100001"),
        ("pooled by Headway; 2017: 1 pupil, 2018: 4 pupils", "pooled by Headway"),
        ("2017: 12 pupils, 2018: 1,004 pupils", None),
        (
            "4 of 5 schools; left out: 1 suppressed, with 3 pupils, 1 not available",
            "4 of 5 schools; left out: 1 suppressed, 1 not available",
        ),
        ("no number of the 26 pupils published gives this percentage: no interval", None),
    ],
)
def test_a_label_tells_no_other_cohort(label: str, kept: str | None) -> None:
    frame = results(figure("ks2_rwm_expected", "all", 46, numerator=20, value=43.5, label=label))
    assert shown(frame)["ks2_rwm_expected", "all"]["label"] == kept
    assert suppress(frame, "public")["label"].to_list() == [kept]
    assert suppress(frame, "data_officer")["label"].to_list() == [label]


def test_a_comparison_with_a_figure_outside_the_release_is_not_shown() -> None:
    frame = results(RWM[0])
    decision = decide(Release("test", frame), "public")
    compared = COMPARISONS.conform(
        frame.select(FIGURE_KEY).join(
            pl.DataFrame({"comparator": ["previous_year", "authority", "nation"]}), how="cross"
        )
    ).with_columns(comparator_value=pl.lit(50.0), difference=pl.lit(1.0))
    kept = dict(decision.apply(compared).select("comparator", "difference").rows())
    assert kept == {"previous_year": None, "authority": None, "nation": 1.0}


def test_a_school_that_moved_counts_in_each_trust_in_its_own_year_only() -> None:
    rows = [
        figure("ks2_rwm_expected", "all", pupils, numerator=pupils // 2, value=50.0)
        | {"organisation": name, "year": year}
        for name, year, pupils in (
            ("school:1", 2018, 20), ("school:1", 2019, 24), ("school:2", 2018, 30), ("school:2", 2019, 40),
            ("trust:1", 2018, 50), ("trust:1", 2019, 40), ("trust:2", 2019, 24),
        )
    ]  # fmt: skip
    moved = pl.DataFrame(
        [("school:1", "trust:1", 2018), ("school:2", "trust:1", 2018), ("school:2", "trust:1", 2019),
         ("school:1", "trust:2", 2019)],
        schema=["organisation", "group", "year"], orient="row",
    )  # fmt: skip
    assert relate(results(*rows), moved, settings()).left_out == []
    assert len(relate(results(*rows), moved.drop("year"), settings()).left_out) == 1


@pytest.mark.parametrize("seed", range(16))
def test_with_published_figures_nothing_is_less_safe_than_it_must_be(seed: int) -> None:
    """What others have published cannot be protected from anybody, that is said, and everything else is."""
    table = random_table(seed, schools=(3, 4), kinds=1)
    if not table.counts:
        return
    whole = table.results()
    public = Random(seed).sample(sorted(table.counts), len(table.counts) // 3)
    is_public = [cell in set(public) for cell in whole.select(FIGURE_KEY[:5]).rows()]
    published = whole.filter(pl.Series(is_public)).select(FIGURE_KEY[:5])
    decision = decide(Release("test", whole, table.memberships(), published=published), "public", SIX)
    assert decision.report.holds
    assert all(found["unsafe"] == 0 for found in decision.report.attackers)
    known = [key in set(public) for key in decision.hidden.select(FIGURE_KEY[:5]).rows()]
    assert not any(known)
    # An attacker who is shown nothing but what is public can be left with no more than this.
    numbers = ("numerator", "denominator", "value")
    nothing_else = whole.with_columns(
        pl.when(pl.Series(is_public)).then(pl.col(name)).otherwise(None).alias(name) for name in numbers
    ).with_columns(
        status=pl.when(pl.Series(is_public)).then(pl.lit("reported")).otherwise(pl.lit("suppressed"))
    )
    secrets = table.secrets(6)
    most = Attacker(table, nothing_else).possible(secrets, whole_numbers=False)
    now = Attacker(table, decision.apply(whole)).possible(secrets, whole_numbers=False)
    for secret, can_be, left in zip(secrets, most, now, strict=True):
        assert left >= min(can_be, 6), secret


def test_what_is_public_is_counted_as_public_for_every_attacker() -> None:
    frame = results(*RWM)
    public = frame.select(FIGURE_KEY[:5])
    attackers = decide(Release("test", frame, published=public), "public").report.attackers
    by_themselves = [found for found in attackers if "is one of the schools" not in found["attacker"]]
    assert len(by_themselves) == 2
    assert all(found["protected"] == found["public"] > 0 for found in by_themselves)


def test_only_the_basis_that_others_have_published_is_theirs() -> None:
    frame = results(RWM[1] | {"basis": "pupils"})
    theirs = frame.select(FIGURE_KEY[:5]).with_columns(basis=pl.lit("published"))
    decision = decide(Release("test", frame, published=theirs), "public")
    assert decision.hidden.height == 1
