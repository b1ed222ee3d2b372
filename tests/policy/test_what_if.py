"""What if, certainty, and rounds that stay as they were frozen."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from schemes_for_tests import one, people_judge, profile, scheme, share
from scipy.stats import beta
from test_categorise import GATES, POINTS

from headway.policy import rounds, what_if
from headway.policy.categorise import Reckoning, categorise, categorise_resolved, resolved
from headway.policy.certainty import chances, flips
from headway.policy.criteria import criteria
from headway.policy.packs.checking import PackError
from headway.policy.profiles import Comparison, Profile
from headway.policy.schemes import Scheme

RWM = "ks2_rwm_expected"
BODY = f"""
[[criterion]]
key = "attainment"
title = "Attainment"
level = [{{ name = "not below" }}, {{ name = "below" }}]
[[criterion.rule]]
judge = "figure_below"
measure = "{RWM}"
below = 65
[[criterion]]
key = "beside"
title = "Beside England"
level = [{{ name = "better" }}, {{ name = "no different" }}, {{ name = "worse" }}]
[[criterion.rule]]
judge = "beside_comparator"
measures = ["{RWM}"]
{people_judge("capacity")}
[[category]]
key = "red"
title = "Red"
meaning = "m"
days = 25
when = {{ all_of = ["attainment: below", "beside: worse"] }}
[[category]]
key = "amber"
title = "Amber"
meaning = "m"
days = 15
when = {{ any_of = ["attainment: below", "capacity: much"] }}
[[category]]
key = "green"
title = "Green"
meaning = "m"
days = 4
"""
OURS = scheme("gates", BODY)


def _schools() -> list[Profile]:
    return [
        profile(
            2019,
            share(RWM, 2019, met, 30),
            organisation=f"school:{met}",
            name=f"School {met:02d}",
            comparisons=(
                Comparison(
                    RWM, 2019, "nation", "below" if met < 15 else "not significant",
                    comparator_value=65.0, difference=met / 0.3 - 65, lower=met / 0.3 - 65 - 17, upper=met / 0.3 - 65 + 17,
                ),
            ),
            entered={"capacity": "none"},
        )
        for met in range(31)
    ]  # fmt: skip


def test_a_what_if_judges_only_what_changed_and_answers_as_the_whole_would(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    schools = _schools()
    before = categorise(schools, OURS)
    after = what_if.with_setting(OURS, "attainment.below=80")
    assert what_if.changed_criteria(OURS, after) == {"attainment"}
    asked: list[str] = []

    def watched(found: Scheme) -> Scheme:
        def note(key: str, judge):  # type: ignore[no-untyped-def]
            return lambda *given: (asked.append(key), judge(*given))[1]

        return replace(
            found,
            criteria=tuple(
                replace(
                    item,
                    rules=tuple(
                        replace(rule, kind=replace(rule.kind, judge=note(item.key, rule.kind.judge)))
                        if item.key == "attainment"
                        else rule
                        for rule in item.rules
                    ),
                )
                for item in found.criteria
            ),
        )

    again = what_if.rejudged(schools, before, OURS, watched(after))
    assert asked == ["attainment"] * len(schools)
    assert again == categorise(schools, after)
    moved = what_if.moved(before, again)
    assert [item.name for item in moved] == ["School 20", "School 21", "School 22", "School 23"]
    assert {(item.before, item.after) for item in moved} == {("green", "amber")}
    assert sum(what_if.days_needed(before, OURS).values()) == 15 * 25 + 5 * 15 + 11 * 4
    assert what_if.days_needed(again, OURS)["amber"] == 9 * 15


def test_a_weight_alone_asks_no_criterion_again() -> None:
    assert what_if.changed_criteria(OURS, what_if.with_setting(OURS, "attainment.weight=3")) == frozenset()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("attainment.below", "expected criterion.setting=value"),
        ("attainment.below=low", "expected a number"),
        ("attainmet.below=3", "expected a setting of this scheme.*attainment, beside"),
        ("attainment.colour=3", "expected one of below"),
        ("attainment.weight=-1", "expected 0 or more"),
        ("nothing=3", "expected criterion.setting"),
    ],
)
def test_what_cannot_be_changed_is_said(change: str, said: str) -> None:
    with pytest.raises(PackError, match=said):
        what_if.with_setting(OURS, change)


def test_the_smallest_number_of_pupils_can_be_tried_too() -> None:
    after = what_if.with_setting(OURS, "minimum_pupils=31")
    assert all(item.category is None for item in categorise(_schools(), after))


def test_sensitivity_counts_whom_a_tenth_more_or_less_would_move() -> None:
    level = ("none", "some", "much")
    schools = [
        profile(2020, organisation=f"school:{a}{b}{c}", entered={"a": level[a], "b": level[b], "c": level[c]})
        for a in range(3)
        for b in range(3)
        for c in range(3)
    ]
    found = categorise(schools, POINTS)
    for row in what_if.sensitivity(found, POINTS):
        weights = {item.key: item.weight for item in POINTS.criteria}
        weights[row.criterion] *= 1 + row.share
        slow = []
        for school in schools:
            ranks = {key: level.index(school.entered[key].level) / 2 for key in "abc"}
            score = sum(weights[key] * ranks[key] for key in "abc") / sum(weights.values())
            category = "red" if score >= 0.7 - 1e-12 else "amber" if score >= 0.4 - 1e-12 else "green"
            if category != one(school, POINTS).category:
                slow.append(school.organisation)
        assert row.moved == tuple(sorted(slow))
    assert any(row.moved for row in what_if.sensitivity(found, POINTS))
    assert what_if.sensitivity(found, GATES) == ()


def test_chances_are_those_of_the_figures_own_uncertainty() -> None:
    """Below 65 % with no comparison in play: the share of the Beta distribution below .65."""
    body = BODY.replace(
        'when = { all_of = ["attainment: below", "beside: worse"] }', 'when = "capacity: much"'
    )
    found = scheme(
        "gates",
        body.replace('any_of = ["attainment: below", "capacity: much"]', 'any_of = ["attainment: below"]'),
    )
    schools = [item for item in _schools() if item.organisation in ("school:18", "school:20", "school:29")]
    reckoning = Reckoning(found)
    proposals = categorise_resolved(schools, reckoning)
    shares = chances(schools, proposals, reckoning, draws=2000, seed=4)
    for school, share_ in zip(schools, shares, strict=True):
        met = int(school.organisation.partition(":")[2])
        expected = beta.cdf(0.65, met + 0.5, 30 - met + 0.5)
        assert share_.get("amber", 0) == pytest.approx(
            expected, abs=4 * (expected * (1 - expected) / 2000) ** 0.5 + 1e-3
        )
    alone = chances(schools[:1], proposals[:1], reckoning, draws=2000, seed=4)
    assert alone[0] == shares[0]


def test_figures_without_an_interval_leave_no_doubt_and_inspections_neither() -> None:
    school = profile(2020, entered={"a": "much", "b": "none", "c": "none"})
    reckoning = Reckoning(GATES)
    assert chances([school], categorise_resolved([school], reckoning), reckoning) == ({"red": 1.0},)


def test_a_flip_says_how_likely_one_category_in_both_years_was() -> None:
    before, after = categorise(_schools()[17:18], OURS), categorise(_schools()[17:18], OURS)
    later = (replace(after[0], category="green", year=2020),)
    (flip,) = flips(before, later, [{"amber": 0.6, "green": 0.4}], [{"amber": 0.3, "green": 0.7}])
    assert flip.same == pytest.approx(0.6 * 0.3 + 0.4 * 0.7)
    assert flip.noise_may_explain
    assert flips(before, after, [{"amber": 1.0}], [{"amber": 1.0}]) == ()


def _frozen() -> rounds.Round:
    return rounds.frozen(
        categorise(_schools(), OURS), OURS, year=2019, as_at=date(2019, 12, 31), run="run-0001"
    )


def test_a_frozen_round_is_the_same_read_back_and_made_again(tmp_path: Path) -> None:
    found = _frozen()
    rounds.write(found, tmp_path / "round")
    assert rounds.read(tmp_path / "round") == found == _frozen()
    row = found.row("school:12")
    assert row["category"] == "red"
    assert row["findings"][0]["evidence"][0]["numerator"] == 12
    assert found.head["scheme_text"] == OURS.text
    schools = pl.read_parquet(tmp_path / "round" / "schools.parquet")
    assert schools.height == 31
    assert schools["digest"].unique().to_list() == [found.digest]
    assert pl.read_parquet(tmp_path / "round" / "findings.parquet").height == 31 * 3


def test_a_frozen_round_never_changes(tmp_path: Path) -> None:
    found = _frozen()
    rounds.write(found, tmp_path)
    with pytest.raises(rounds.RoundError, match="never changes"):
        rounds.write(found, tmp_path)
    path = tmp_path / "round.json"
    altered = json.loads(path.read_text(encoding="utf-8"))
    altered["schools"][0]["category"] = "green"
    path.write_text(json.dumps(altered), encoding="utf-8")
    with pytest.raises(rounds.RoundError, match="altered"):
        rounds.read(tmp_path)
    with pytest.raises(rounds.RoundError, match="no whole frozen round"):
        rounds.read(tmp_path / "elsewhere")


def test_changing_what_was_judged_leaves_the_frozen_round_alone() -> None:
    schools = _schools()
    found = rounds.frozen(categorise(schools, OURS), OURS, year=2019, as_at=date(2019, 12, 31))
    before = found.text
    schools[0].entered["capacity"] = schools[0].entered["capacity"].__class__("capacity", "much")  # type: ignore[index]
    schools[0].figures.clear()  # type: ignore[attr-defined]
    assert found.text == before
    assert rounds.digest_of(found.text) == found.digest


def test_what_a_scheme_learnt_of_its_schools_is_kept_with_the_round() -> None:
    body = f'[[criterion]]\nkey = "place"\ntitle = "Place"\n[[criterion.rule]]\njudge = "standing"\nmeasure = "{RWM}"\n'
    ranking = resolved(scheme("ranking", body), _schools())
    found = rounds.frozen(categorise(_schools(), ranking), ranking, year=2019, as_at=date(2019, 12, 31))
    assert found.head["learnt"]["place"][0]["lowest"] == 0
    assert found.head["learnt"]["place"][0]["highest"] == 100
    assert "standing" in criteria()
