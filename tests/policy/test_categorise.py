"""Proposals: what always holds of them, whatever the scheme and the evidence."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from schemes_for_tests import one, people_judge, profile, scheme

from headway.policy.categorise import Reckoning, categorise, ranked
from headway.policy.outcomes import CANNOT_SAY, NOT_APPLICABLE, TOO_FEW, outcome
from headway.policy.scheme_packs import shipped
from headway.policy.schemes import Scheme

LEVELS = ("none", "some", "much")
THREE = people_judge("a", "b", "c", weights=(1, 2, 0.5))


def _category(key: str, more: str = "") -> str:
    return f'[[category]]\nkey = "{key}"\ntitle = "{key}"\nmeaning = "m"\n{more}\n'


GATES = scheme(
    "gates",
    THREE
    + _category("red", 'when = { any_of = ["a: much", { all_of = ["b: some", "c: some"] }] }')
    + _category("amber", 'when = { at_least = 2, of = ["a: some", "b: some", "c: some"] }')
    + _category("yellow", 'when = { any_of = ["a: some", "b: much"] }')
    + _category("green"),
)
POINTS = scheme(
    "points",
    THREE
    + _category("red", "from_score = 0.7")
    + _category("amber", "from_score = 0.4")
    + _category("green", "from_score = 0"),
)
LEFT_OUT = replace(POINTS, missing="left out")
MATRIX = scheme(
    "matrix",
    people_judge("a", "b", "c")
    + _category("red")
    + _category("amber")
    + _category("green")
    + '[matrix]\nrows = "a"\ncolumns = "b"\n[matrix.table]\n'
    + 'none = { none = "green", some = "green", much = "amber" }\n'
    + 'some = { none = "green", some = "amber", much = "red" }\n'
    + 'much = { none = "amber", some = "red", much = "red" }\n',
)
BEST_FIT = scheme("best fit", THREE + "".join(_category(level) for level in reversed(LEVELS)))
ALL = [GATES, POINTS, LEFT_OUT, MATRIX, BEST_FIT]
SHIPPED = [one for one in shipped().values() if one.categories]


def _states(draw: st.DrawFn, found: Scheme, *, unknown: bool) -> dict[str, float]:
    special = [CANNOT_SAY, NOT_APPLICABLE] if unknown else []
    return {item.key: draw(st.sampled_from([*range(len(item.levels)), *special])) for item in found.criteria}


@st.composite
def schemes_and_states(draw: st.DrawFn, *, unknown: bool = True) -> tuple[Scheme, dict[str, float]]:
    found = draw(st.sampled_from([*ALL, *SHIPPED]))
    return found, _states(draw, found, unknown=unknown)


@given(schemes_and_states(unknown=False), st.data())
def test_more_concerning_evidence_never_gives_a_less_concerned_category(
    given_: tuple[Scheme, dict[str, float]], data: st.DataObject
) -> None:
    found, states = given_
    raised = data.draw(st.sampled_from([item for item in found.criteria if item.levels]))
    worse = {**states, raised.key: data.draw(st.integers(int(states[raised.key]), len(raised.levels) - 1))}
    before, after = outcome(found, states), outcome(found, worse)
    if before.category is not None and after.category is not None:
        assert found.place(after.category) <= found.place(before.category)
    assert (after.score or 0) >= (before.score or 0) - 1e-12


@given(schemes_and_states(), st.data())
@settings(deadline=None)
def test_missing_evidence_never_gives_a_milder_category_without_saying_so(
    given_: tuple[Scheme, dict[str, float]], data: st.DataObject
) -> None:
    found, states = given_
    lost = data.draw(st.sampled_from(found.criteria))
    if states[lost.key] == NOT_APPLICABLE:
        return
    before, after = outcome(found, states), outcome(found, {**states, lost.key: CANNOT_SAY})
    if before.category is None:
        return
    if found.missing == "left out":
        assert after.category in (None, before.category) or "without" in after.attention
    else:
        assert after.category in (None, before.category)
        if after.category is None:
            assert before.category in after.possible
            assert after.attention


@pytest.mark.parametrize("found", [GATES, MATRIX, BEST_FIT], ids=lambda one: one.method)
def test_a_category_is_proposed_exactly_where_every_completion_agrees(found: Scheme) -> None:
    """Against the slow way: try every level of whatever cannot be said."""
    ranks = [*range(3), CANNOT_SAY]
    keys = [item.key for item in found.criteria]
    for values in product(ranks, repeat=3):
        states = dict(zip(keys, values, strict=True))
        completions = [
            dict(zip(keys, filled, strict=True))
            for filled in product(*([value] if value >= 0 else range(3) for value in values))
        ]
        reached = {outcome(found, full).category for full in completions}
        said = outcome(found, states)
        assert said.category == (next(iter(reached)) if len(reached) == 1 else None)
        if found is not BEST_FIT:  # best fit names all between its ends
            assert set(said.possible) == reached


@given(schemes_and_states(), st.randoms(use_true_random=False))
@settings(deadline=None)
def test_the_order_of_criteria_does_not_matter(
    given_: tuple[Scheme, dict[str, float]], random: object
) -> None:
    found, states = given_
    shuffled = list(found.criteria)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    other = replace(found, criteria=tuple(shuffled))
    assert outcome(found, states) == outcome(other, {item.key: states[item.key] for item in shuffled})


def test_the_order_of_criteria_does_not_change_what_contributed() -> None:
    entered = {"a": "some", "b": "much", "c": "some"}
    shuffled = replace(GATES, criteria=tuple(reversed(GATES.criteria)))
    assert (
        one(profile(2020, entered=entered), GATES).contributors
        == one(profile(2020, entered=entered), shuffled).contributors
    )


@given(st.lists(st.sampled_from(["none", "some", "much", ""]), min_size=3, max_size=3))
@settings(deadline=None)
def test_what_would_change_it_does(levels: list[str]) -> None:
    entered = {key: level for key, level in zip("abc", levels, strict=True) if level}
    for found in ALL:
        now = one(profile(2020, entered=entered), found)
        for change in now.changes:
            then = one(profile(2020, entered={**entered, change.criterion: change.level}), found)
            assert then.category == change.category != now.category


def test_the_weightiest_reasons_come_first_and_at_most_three() -> None:
    found = one(profile(2020, entered={"a": "much", "b": "some", "c": "none"}), POINTS)
    assert found.contributors == ("a", "b")
    assert found.score == pytest.approx((1 * 1 + 2 * 0.5) / 3.5)


def test_points_left_out_say_without_how_many_they_were_given() -> None:
    found = one(profile(2020, entered={"a": "much", "b": "much"}), LEFT_OUT)
    assert (found.category, found.attention) == ("red", "Judged without 1 of 3 criteria.")
    assert one(profile(2020, entered={"a": "much", "b": "none"}), POINTS).category is None


def test_best_fit_is_the_level_that_half_the_weight_is_at_or_beyond() -> None:
    assert one(profile(2020, entered={"a": "none", "b": "much", "c": "none"}), BEST_FIT).category == "much"
    assert one(profile(2020, entered={"a": "much", "b": "none", "c": "much"}), BEST_FIT).category == "none"


def test_the_most_concerned_are_listed_first_and_the_undecided_where_they_could_be() -> None:
    schools = [
        profile(2020, organisation=f"school:{at}", name=name, entered=entered)
        for at, (name, entered) in enumerate(
            {
                "Ash": {"a": "none", "b": "none", "c": "none"},
                "Bay": {"a": "much", "b": "none", "c": "none"},
                "Elm": {"a": "none", "b": "some"},
            }.items()
        )
    ]
    assert [item.name for item in ranked(categorise(schools, GATES), GATES)] == ["Elm", "Bay", "Ash"]


@given(st.sampled_from([POINTS, LEFT_OUT]), st.data())
@settings(deadline=None)
def test_the_quick_way_to_what_would_change_points_is_the_slow_way(
    found: Scheme, data: st.DataObject
) -> None:
    keys = [item.key for item in found.criteria]
    states = tuple(
        data.draw(st.sampled_from([0, 1, 2, CANNOT_SAY, TOO_FEW, NOT_APPLICABLE]), label=key) for key in keys
    )
    reckoned = Reckoning(found).of(states)
    now = outcome(found, dict(zip(keys, states, strict=True))).category
    for at, key in enumerate(keys):
        if states[at] == NOT_APPLICABLE:
            continue
        for rank, level in enumerate(LEVELS):
            swapped = dict(zip(keys, (*states[:at], rank, *states[at + 1 :]), strict=True))
            then = outcome(found, swapped).category
            if (key, level, then) in reckoned.changes:
                assert then not in (None, now)
            elif states[at] < 0 and rank != states[at]:
                assert then in (None, now)
