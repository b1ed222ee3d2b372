"""What of a release is opened to audiences that do not see it whole; and deciding it part by part."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from headway.figures import releases
from headway.figures.disclosure import Release, decide, decide_in_parts, settings, suppress
from headway.figures.disclosure.gathering import relate
from headway.figures.disclosure.parts import parts
from headway.figures.store import Store
from headway.figures.tables import COMPARISONS, RESULTS
from released import DECLARED, YEAR, small_authority

OWN, NEAR = "school:100001", "school:100002"


@pytest.fixture
def store() -> Store:
    return Store.open(small_authority())


@pytest.fixture
def release(store: Store) -> releases.StoredRelease:
    return releases.release(store, DECLARED)


def test_audiences_with_a_rule_see_what_is_opened_and_a_school_everything_of_its_own(
    release: releases.StoredRelease,
) -> None:
    opened = release.declaration.opened
    assert opened is not None
    for_governors = release.shown("governors")
    assert for_governors.equals(for_governors.filter(opened.holds()))
    assert set(for_governors["group"]) == {"all", "disadvantaged", "other"}
    for_school = release.shown("school", own=OWN)
    mine, whole = (frame.filter(pl.col("organisation") == OWN) for frame in (for_school, release.results()))
    assert mine.equals(whole)
    others = for_school.filter(pl.col("organisation") != OWN)
    assert others.height == for_governors.filter(pl.col("organisation") != OWN).height
    assert release.shown("data_officer").equals(release.results())


def test_each_of_several_own_schools_is_seen_as_it_sees_itself(release: releases.StoredRelease) -> None:
    both = release.shown_comparisons("school", own=[OWN, NEAR])
    for one in (OWN, NEAR):
        alone = release.shown_comparisons("school", own=one)
        mine = pl.col("organisation") == one
        assert both.filter(mine).equals(alone.filter(mine))


def test_ones_own_figure_does_not_tell_the_hidden_figure_of_the_authority(
    release: releases.StoredRelease,
) -> None:
    decision = release.decision("school")
    assert decision is not None
    key = {"year": YEAR, "years_pooled": 1, "measure": "ks2_rwm_expected", "group": "disadvantaged"}
    is_it = pl.all_horizontal(*(pl.col(name) == value for name, value in key.items()))
    total = is_it & (pl.col("organisation") == "authority:936")
    hiding = replace(decision, cells=decision.cells.with_columns(hidden=pl.col("hidden") | total))
    row = {
        **key, "organisation": OWN, "basis": "pupils", "comparator": "authority", "comparator_value": 41.7,
        "difference": 3.0, "significance": "not significant", "run": "run-0001",
    }  # fmt: skip
    rows = COMPARISONS.conform(pl.DataFrame([row, row | {"comparator": "nation"}]))
    seen = hiding.apply(rows, own=OWN)
    assert seen["comparator_value"].to_list() == [None, 41.7]
    assert seen["because"].to_list() == ["suppressed", None]


def test_audiences_of_one_rule_share_a_decision_under_their_own_names(
    release: releases.StoredRelease,
) -> None:
    governors, councillors = (release.decision(one) for one in ("governors", "councillors"))
    assert governors is not None
    assert councillors is not None
    assert governors.cells.equals(councillors.cells)
    assert (governors.report.audience, councillors.report.audience) == ("governors", "councillors")
    assert (governors.own_whole, release.decision("school").own_whole) == (False, True)  # type: ignore[union-attr]


def whole_of(release: releases.StoredRelease) -> Release:
    opened = release.declaration.opened
    assert opened is not None
    return Release("Summer", release.results().filter(opened.holds()), release.memberships())


def test_no_relation_ties_two_parts(release: releases.StoredRelease) -> None:
    whole = whole_of(release)
    pieces = parts(whole)
    assert len(pieces) == 2
    assert sum(piece.results.height for piece in pieces) == whole.results.height
    relations = relate(whole.results, whole.memberships, settings())
    part_of = np.full(len(relations.truth), -1)
    for place, (measure, year) in enumerate(relations.figures.select("measure", "year").rows()):
        part = hash((measure.split("_")[0], year)) % 1_000_003
        for variable in relations.reveals[place]:
            assert part_of[variable] in (-1, part)
            part_of[variable] = part
    matrix = relations.matrix
    for row in range(matrix.shape[0]):
        variables = matrix.indices[matrix.indptr[row] : matrix.indptr[row + 1]]
        assert len({part_of[one] for one in variables} - {-1}) <= 1


def test_years_that_are_put_together_are_one_part(release: releases.StoredRelease) -> None:
    results = release.results()
    pooled = results.head(1).with_columns(years_pooled=pl.lit(3, pl.Int64), year=pl.lit(2026, pl.Int64))
    single = results.filter(pl.col("years_pooled") == 1)
    assert len(parts(Release("r", pl.concat([single, pooled])))) == 1


def test_parts_put_together_are_what_each_hides(release: releases.StoredRelease) -> None:
    whole = whole_of(release)
    together = decide_in_parts(whole, "governors")
    alone = [decide(piece, "governors") for piece in parts(whole)]
    key = ["organisation", "year", "measure", "group", "basis"]
    assert together.cells.sort(key).equals(pl.concat([one.cells for one in alone]).sort(key))
    assert together.report.holds
    assert together.report.secondary == sum(one.report.secondary for one in alone)
    assert together.report.figures == together.cells.height
    for found in together.report.attackers:
        same = [row for one in alone for row in one.report.attackers if row["attacker"] == found["attacker"]]
        assert found["protected"] == sum(row["protected"] for row in same)


def test_the_sessions_possible_of_a_hidden_figure_are_hidden_too() -> None:
    """They tell nearly how many pupils there are."""
    rows = RESULTS.conform(
        pl.DataFrame(
            [{"organisation": OWN, "year": YEAR, "years_pooled": 1, "measure": "absence_overall", "group": "all",
              "basis": "pupils", "status": "reported", "denominator": 4, "value": 5.0, "total": 70.0,
              "total_base": 1400.0, "run": "run-0001"}]
        )
    )  # fmt: skip
    assert suppress(rows, "governors")["total_base"].to_list() == [None]
