"""Schemes as packs: what ships, what is refused, and how every kind of school is treated."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from schemes_for_tests import HEAD, one, people_judge, profile, scheme, share

from headway.figures.measures import registry
from headway.policy.categorise import findings
from headway.policy.criteria import criteria
from headway.policy.gathering import needed
from headway.policy.packs.checking import PackError
from headway.policy.profiles import Comparison, Inspection
from headway.policy.scheme_packs import MUST_TREAT, read, shipped
from headway.policy.scheme_packs import scheme as scheme_of
from headway.policy.schemes import SchemeError

KEYS = sorted(shipped())


def test_the_packs_of_the_plan_are_there() -> None:
    assert {
        "southwark-2002",
        "dcsf-2008",
        "norfolk-2013",
        "wales-2014",
        "nine-areas",
        "eight-metrics",
        "rise-2025",
        "floor-and-coasting",
    } <= set(KEYS)


@pytest.mark.parametrize("key", KEYS)
def test_every_pack_says_its_sources_what_it_compares_and_how_it_treats_every_kind_of_school(
    key: str,
) -> None:
    found = scheme_of(key)
    assert found.sources
    assert found.figures in ("unrounded", "rounded")
    assert found.compared_with
    assert all(found.treatment(kind) for kind in MUST_TREAT)


@pytest.mark.parametrize("key", KEYS)
def test_every_measure_that_a_pack_names_exists(key: str) -> None:
    found = scheme_of(key)
    years = range(found.first_year, (found.last_year or 2025) + 1)
    measures = {measure for measure, _ in needed(found, years).figures}
    assert measures <= set(registry())


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("kind", [*MUST_TREAT, "primary"])
def test_nothing_known_is_never_a_mild_category(key: str, kind: str) -> None:
    """Without a single figure, inspection or judgement nobody is found to be well."""
    found = scheme_of(key)
    assert one(profile(found.first_year + 1, kind=kind), found).category is None


@pytest.mark.parametrize("key", KEYS)
def test_a_pack_outside_its_dates_is_refused(key: str) -> None:
    found = scheme_of(key)
    with pytest.raises(SchemeError, match="judges results of"):
        found.refuse_outside(found.first_year - 1, found.first_day)
    with pytest.raises(SchemeError, match="lies outside"):
        found.refuse_outside(found.first_year, date(1999, 1, 1))
    found.refuse_outside(found.first_year, found.first_day)


def test_when_a_category_holds_is_said_by_its_gate_or_by_how_the_scheme_judges() -> None:
    floor = scheme_of("floor-and-coasting")
    said = [floor.when_in_words(category) for category in floor.categories]
    assert "floor" in said[0].casefold()
    assert said[-1] == "otherwise"
    assert {
        scheme_of("norfolk-2013").when_in_words(each) for each in scheme_of("norfolk-2013").categories
    } == {"by matrix"}
    assert floor.when_in_words(replace(floor.categories[-1], from_score=0.6)) == "a score from 0.6"


def test_an_infant_school_is_judged_on_what_it_has() -> None:
    measures = ("fsp_78_points", "ks1_reading_level2")
    infant = profile(
        2008,
        *(share(measure, 2008, 20, 30) for measure in measures),
        kind="infant",
        comparisons=tuple(
            Comparison(measure, 2008, comparator, significance, comparator_value=60.0)
            for measure in measures
            for comparator, significance in (("nation", "below"), ("previous_year", "not significant"))
        ),
        inspections=(Inspection(date(2007, 3, 1), "ofsted_2005", {"overall effectiveness": "good"}),),
    )
    found = one(infant, scheme_of("dcsf-2008"))
    assert [finding.level for finding in found.findings] == [
        "low attaining",
        "not different",
        "none",
        "not raised",
    ]
    assert found.category == "B"
    assert found.partial == ("attainment", "progress")  # key stage 1 writing and mathematics are not there
    assert "Not judged" in found.finding("attainment").judgement.because[-1]


def test_the_tiers_of_today_follow_from_the_last_two_inspections() -> None:
    rise = scheme_of("rise-2025")

    def tier(*inspections: Inspection) -> str | None:
        return one(profile(2024, inspections=inspections), rise).category

    def graded(
        year: int, overall: str, category: str | None = None, predecessor: str | None = None
    ) -> Inspection:
        return Inspection(
            date(year, 3, 1),
            "ofsted_2019",
            {"overall effectiveness": overall},
            category,
            predecessor=predecessor,
        )

    low = "requires improvement"
    assert tier(graded(2018, low), graded(2022, low)) == "targeted"
    assert tier(graded(2018, "good"), graded(2022, low)) == "universal"
    assert tier(graded(2022, low)) is None  # nobody knows what came before
    assert tier(graded(2018, low), graded(2022, low, predecessor="school:2")) == "universal"
    assert tier(graded(2018, "good"), graded(2022, "inadequate", "SM")) == "intervention"
    assert tier(graded(2018, "good"), graded(2022, "inadequate", "SWK")) == "targeted"
    assert tier(graded(2018, "good"), graded(2022, "inadequate")) is None
    card = Inspection(
        date(2026, 1, 12), "ofsted_2025", {"leadership and governance": "needs attention"}, "none", "met"
    )
    assert tier(graded(2022, low), card) == "targeted"
    assert tier(graded(2022, "good"), card) == "universal"
    assert one(profile(2024, inspections=(graded(2022, "good"), card)), rise).groups == ("monitoring",)
    without_grade = Inspection(
        date(2024, 10, 1),
        "ofsted_2024",
        {"leadership and management": low, "quality of education": "good"},
        "none",
    )
    assert tier(graded(2021, low), without_grade) == "targeted"


BODY = (
    people_judge("standards", "capacity")
    + """
[[category]]
key = "high"
title = "High"
meaning = "m"
when = { any_of = ["standards: much", { all_of = ["standards: some", "capacity: some"] }] }
[[category]]
key = "low"
title = "Low"
meaning = "m"
"""
)


def test_our_own_pack_is_read() -> None:
    ours = scheme("gates", BODY)
    assert one(profile(2020, entered={"standards": "some", "capacity": "much"}), ours).category == "high"
    assert one(profile(2020, entered={"standards": "some", "capacity": "none"}), ours).category == "low"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('key = "ours"', "key = 3", "ours.toml, key: found 3, expected text in quotes"),
        ('title = "Ours"', 'titel = "Ours"', "titel: found the key 'titel'.*Did you mean title"),
        ('sources = ["a test"]', "sources = []", "sources: found an empty list"),
        ('figures = "unrounded"', 'figures = "printed"', "expected unrounded or rounded"),
        ('infant = "as the test says"', 'infant = ""', "schools.infant.*how the scheme treats infant"),
        ("standards: much", "standrads: much", "category\\[1\\].when.any_of\\[1\\]: found the criterion 'standrads'"),
        ("standards: much", "standards: lots", "found the level 'lots', expected one of none, some, much"),
        ("any_of", "none_of", "may not depend on the absence"),
        ('judge = "entered"', 'judge = "guess"', "criterion\\[1\\].rule\\[1\\].judge: found 'guess', expected one of"),
        ('key = "low"', 'key = "high"', "the key 'high' twice"),
        ("weight = 1", "weight = -1", "expected 0 or more"),
        ('method = "gates"', 'method = "magic"', "expected one of gates, points"),
        ('{ name = "some" }', '{ name = "some", concern = 0.5 }', "concern at every level or at none"),
        ('key = "ours"', 'key = "ours', "it is not TOML"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_pack_is_said_with_its_place(old: str, new: str, said: str) -> None:
    text = f'method = "gates"\n{HEAD}\n{BODY}'
    assert old in text
    with pytest.raises(PackError, match=said):
        read(text.replace(old, new, 1), "ours.toml")


@pytest.mark.parametrize("number", ["nan", "inf", "-inf", "1e400", "9" * 400, "9" * 5000])
def test_a_number_that_cannot_be_reckoned_with_is_refused(number: str) -> None:
    text = f'method = "points"\n{HEAD}\n{BODY}'
    assert "weight = 1" in text
    with pytest.raises(PackError, match=r"ours\.toml"):
        read(text.replace("weight = 1", f"weight = {number}", 1), "ours.toml")


def test_brackets_without_end_are_refused() -> None:
    with pytest.raises(PackError, match="too deeply"):
        read("a = " + "[" * 100_000, "ours.toml")


OTHERWISE = ('"x"', "-1", "nan", "[]", "{ x = 1 }", "true")


def test_whatever_stands_in_the_place_of_a_value_is_read_or_refused_with_words() -> None:
    lines = shipped()["wales-2014"].text.split("\n")
    refused = 0
    for at, line in enumerate(lines):
        name, equals, _ = line.partition(" = ")
        for value in OTHERWISE if equals and " " not in name.strip() else ():
            try:
                read("\n".join([*lines[:at], f"{name} = {value}", *lines[at + 1 :]]), "ours.toml")
            except PackError:
                refused += 1
    assert refused > len(lines)


def test_levels_may_not_be_turned_round() -> None:
    body = """
[[criterion]]
key = "attainment"
title = "Attainment"
level = [{ name = "fine" }, { name = "low" }]
[[criterion.rule]]
judge = "figure_below"
measure = "ks2_rwm_expected"
below = 65
gives = { "below" = "fine", "not below" = "low" }
"""
    with pytest.raises(PackError, match="may not give a less concerning level"):
        scheme("ranking", body)


def test_a_matrix_may_not_get_milder_as_an_axis_gets_worse() -> None:
    table = """
[[category]]
key = "red"
title = "Red"
meaning = "m"
[[category]]
key = "green"
title = "Green"
meaning = "m"
[matrix]
rows = "standards"
columns = "capacity"
[matrix.table]
none = { none = "red" }
some = { none = "green" }
"""
    with pytest.raises(PackError, match="never gets milder"):
        scheme("matrix", people_judge("standards", "capacity") + table)


def test_every_kind_of_rule_says_what_it_does_and_is_used_or_offered() -> None:
    for kind in criteria().values():
        assert kind.summary.endswith(".")


def test_a_scheme_may_compare_rounded_figures_and_says_so() -> None:
    body = """
[[criterion]]
key = "attainment"
title = "Attainment"
level = [{ name = "not below" }, { name = "below" }]
[[criterion.rule]]
judge = "figure_below"
measure = "ks2_rwm_expected"
below = 87
"""
    near = profile(2017, share("ks2_rwm_expected", 2017, 26, 30))  # 86.67, printed 87
    assert findings(near, scheme("ranking", body))[0].level == "below"
    assert (
        findings(
            near,
            scheme("ranking", body).__class__
            and read(f'method = "ranking"\n{HEAD.replace("unrounded", "rounded")}\n{body}', "ours.toml"),
        )[0].level
        == "not below"
    )
