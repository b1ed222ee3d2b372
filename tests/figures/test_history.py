"""Whose results a school carries: conversions, amalgamations, splits, chains, and what nobody can tell."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from headway.figures.history import (
    carried,
    first_year_from,
    history,
    last_year_before,
    review,
    stages_of,
    successions,
)
from headway.figures.register import merge
from headway.figures.sources import gias, gias_links
from headway.figures.sources.files import received
from headway.figures.tables import TABLES

Link = tuple[int, int, str, date | None]


def links(*rows: Link) -> pl.DataFrame:
    """Links of (school, other school, the register's words, day)."""
    frame = pl.DataFrame(
        [(f"school:{one}", f"school:{other}", words, day) for one, other, words, day in rows],
        schema={
            "organisation": pl.String,
            "linked_organisation": pl.String,
            "link_type": pl.String,
            "date": pl.Date,
        },
        orient="row",
    ).with_columns(link=gias_links.link_of(pl.col("link_type")))
    return TABLES["links"].conform(frame)


def followed(old: int, new: int, day: date) -> tuple[Link, Link]:
    """Both sides of a plain link: the older school's has its last day."""
    return (new, old, "Predecessor", day), (old, new, "Successor", day - timedelta(days=1))


def schools(*rows: dict[str, object]) -> pl.DataFrame:
    """Organisations with `urn` and whatever else is told of them."""
    frame = pl.DataFrame(
        [
            {
                "organisation": f"school:{row['urn']}",
                "register": "gias",
                "as_at": date(2030, 1, 1),
                "kind": "school",
            }
            | {key: value for key, value in row.items() if key != "urn"}
            for row in rows
        ],
        infer_schema_length=None,
    )
    return merge(TABLES["organisations"].conform(frame))


SEPTEMBER_2026 = date(2026, 9, 1)
CONVERTED = schools(
    {"urn": 100001, "open_date": date(1990, 9, 1), "close_date": date(2026, 8, 31), "status": "Closed",
     "postcode": "ST14 7AB", "low_age": 4, "high_age": 11},
    {"urn": 150001, "open_date": SEPTEMBER_2026, "status": "Open", "postcode": "ST14 7AB", "low_age": 4, "high_age": 11},
)  # fmt: skip


def how(frame: pl.DataFrame) -> dict[str, str]:
    """Predecessor to how it was followed."""
    return dict(frame.select("predecessor", "how").iter_rows())


def test_an_academy_carries_the_results_of_the_school_that_converted() -> None:
    found = history(links(*followed(100001, 150001, SEPTEMBER_2026)), CONVERTED)
    assert found.to_dicts() == [
        {
            "organisation": "school:150001",
            "inherits_from": "school:100001",
            "first_year": 1991,
            "last_year": 2026,
            "how": "conversion",
            "label": "predecessor 100001",
            "contested": False,
            "stages": "foundation phonics ks1 mtc ks2",
        }
    ]
    years = range(2024, 2029)
    assert [carried(found, "school:150001", year).height for year in years] == [1, 1, 1, 0, 0]


@pytest.mark.parametrize(
    ("day", "last"),
    [
        (date(2026, 9, 1), 2026),
        (date(2027, 1, 1), 2026),
        (date(2026, 4, 1), 2025),
        (date(2026, 5, 1), 2025),
        (date(2026, 5, 15), 2025),
        (date(2026, 5, 16), 2026),
        (date(2026, 6, 1), 2026),
    ],
)
def test_results_belong_to_the_school_open_at_the_tests_in_may(day: date, last: int) -> None:
    assert last_year_before(day) == last
    assert first_year_from(day) == last + 1


def test_two_schools_that_became_one_are_pooled_labelled_and_contested() -> None:
    known = schools(
        {"urn": 100001, "close_date": date(2020, 8, 31), "low_age": 4, "high_age": 7},
        {"urn": 100002, "close_date": date(2020, 8, 31), "low_age": 7, "high_age": 11},
        {"urn": 150001, "open_date": date(2020, 9, 1), "low_age": 4, "high_age": 11},
    )
    day = date(2020, 9, 1)
    found = history(links(*followed(100001, 150001, day), *followed(100002, 150001, day)), known)
    assert found["how"].to_list() == ["amalgamation", "amalgamation"]
    assert found["contested"].to_list() == [True, True]
    assert found["label"].to_list() == ["amalgamated predecessor 100001", "amalgamated predecessor 100002"]
    assert carried(found, "school:150001", 2019, "ks2")["inherits_from"].to_list() == ["school:100002"]
    assert carried(found, "school:150001", 2019, "phonics")["inherits_from"].to_list() == ["school:100001"]


def test_a_school_that_took_another_in_pools_it_and_keeps_its_own_results() -> None:
    known = schools(
        {"urn": 125077, "open_date": date(1960, 9, 1)}, {"urn": 125041, "close_date": date(2016, 3, 20)}
    )
    found = history(links(*followed(125041, 125077, date(2016, 3, 21))), known)
    assert found.select("organisation", "inherits_from", "last_year", "how").rows() == [
        ("school:125077", "school:125041", 2015, "amalgamation")
    ]


def test_a_split_inherits_nothing() -> None:
    known = schools(
        {"urn": 100001, "close_date": date(2020, 8, 31)},
        {"urn": 150001, "open_date": date(2020, 9, 1)},
        {"urn": 150002, "open_date": date(2020, 9, 1)},
    )
    day = date(2020, 9, 1)
    both = links(*followed(100001, 150001, day), *followed(100001, 150002, day))
    assert history(both, known).is_empty()
    assert set(successions(both, known)["how"]) == {"split"}
    named = links(
        (150001, 100001, "Predecessor - Split School", day), (100001, 150001, "Successor - Split School", day)
    )
    assert history(named, known).is_empty()
    assert how(successions(named, known)) == {"school:100001": "split"}


def test_a_chain_is_followed_by_its_days() -> None:
    known = schools(
        {"urn": 100001, "open_date": date(1995, 9, 1), "close_date": date(2012, 8, 31)},
        {"urn": 138000, "open_date": date(2012, 9, 1), "close_date": date(2018, 3, 31)},
        {"urn": 145000, "open_date": date(2018, 4, 1)},
    )
    found = history(
        links(*followed(100001, 138000, date(2012, 9, 1)), *followed(138000, 145000, date(2018, 4, 1))), known
    )
    assert found.select("organisation", "inherits_from", "first_year", "last_year").rows() == [
        ("school:138000", "school:100001", 1996, 2012),
        ("school:145000", "school:100001", 1996, 2012),
        ("school:145000", "school:138000", 2013, 2017),
    ]


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        ([(150001, 100001, "Predecessor", SEPTEMBER_2026)], "only school:150001 has the link"),
        ([(100001, 150001, "Successor", SEPTEMBER_2026)], "only school:100001 has the link"),
        (
            [(150001, 100001, "Predecessor", None), (100001, 150001, "Successor", None)],
            "the link has no date on either side",
        ),
        (
            [
                (150001, 100001, "Predecessor", SEPTEMBER_2026),
                (100001, 150001, "Successor", date(2020, 8, 31)),
            ],
            "the two sides give days 2192 apart",
        ),
        (
            [
                (150001, 100001, "Predecessor", SEPTEMBER_2026),
                (100001, 150001, "Predecessor", SEPTEMBER_2026),
            ],
            "each of the two is said to have come before the other",
        ),
    ],
)
def test_a_link_that_does_not_stand_by_itself_goes_to_the_review_list(rows: list[Link], reason: str) -> None:
    found = review(links(*rows), CONVERTED)
    assert set(found["because"]) == {reason}
    assert history(links(*rows), CONVERTED).is_empty()


def test_an_undated_link_is_not_followed_but_a_suggestion_is_made() -> None:
    undated = links((150001, 100001, "Predecessor", None), (100001, 150001, "Successor", None))
    assert review(undated, CONVERTED)["suggestion"].to_list() == [
        "conversion on 2026-09-01, if it was the only predecessor"
    ]


def test_a_date_on_one_side_is_enough() -> None:
    found = history(
        links((150001, 100001, "Predecessor", None), (100001, 150001, "Successor", date(2026, 8, 31))),
        CONVERTED,
    )
    assert found["last_year"].to_list() == [2026]


def test_a_conversion_dated_when_it_was_planned_counts_from_the_day_the_academy_opened() -> None:
    planned = links(*followed(100001, 150001, date(2025, 4, 1)))
    assert history(planned, CONVERTED)["last_year"].to_list() == [2026]


def test_a_school_in_another_place_is_reviewed() -> None:
    known = CONVERTED.with_columns(
        postcode=pl.when(organisation="school:150001").then(pl.lit("B1 1AA")).otherwise("postcode")
    )
    found = review(links(*followed(100001, 150001, SEPTEMBER_2026)), known)
    assert found["because"].to_list() == ["the two schools are not in the same place"]
    near = known.with_columns(
        easting=pl.lit(400_000.0),
        northing=pl.when(organisation="school:150001").then(300_900.0).otherwise(300_000.0),
    )
    assert history(links(*followed(100001, 150001, SEPTEMBER_2026)), near).height == 1


def test_one_undated_predecessor_leaves_the_other_in_doubt() -> None:
    known = pl.concat([CONVERTED, schools({"urn": 100002, "close_date": date(2026, 8, 31)})])
    found = successions(
        links(*followed(100001, 150001, SEPTEMBER_2026), (150001, 100002, "Predecessor", None)), known
    )
    assert how(found) == {"school:100001": "review", "school:100002": "review"}


def test_links_in_a_circle_are_reviewed() -> None:
    known = schools(
        *({"urn": urn, "open_date": date(2000, 9, 1), "close_date": None} for urn in (100001, 100002, 100003))
    )
    days = [date(2018, 9, 1), date(2016, 9, 1), date(2014, 9, 1)]
    circle = links(
        *followed(100002, 100001, days[0]),
        *followed(100003, 100002, days[1]),
        *followed(100001, 100003, days[2]),
    )
    assert set(review(circle, known)["because"]) == {"the links run in a circle"}
    assert history(circle, known).is_empty()


def test_without_its_opening_day_a_school_inherits_nothing() -> None:
    found = review(links(*followed(100001, 150001, SEPTEMBER_2026)), CONVERTED.with_columns(open_date=None))
    assert found["because"].str.contains("no opening day").all()


def test_a_merger_that_names_no_first_is_told_by_which_school_closed() -> None:
    merged = links(
        (100001, 150001, "Result of Amalgamation", SEPTEMBER_2026),
        (150001, 100001, "Result of Amalgamation", SEPTEMBER_2026),
    )
    assert successions(merged, CONVERTED).select("organisation", "predecessor", "how").rows() == [
        ("school:150001", "school:100001", "amalgamation")
    ]
    untold = CONVERTED.with_columns(close_date=pl.lit(None, pl.Date))
    assert review(merged, untold).height == 1


@pytest.mark.parametrize(
    ("ages", "stages"),
    [
        ((4, 7), ("foundation", "phonics", "ks1")),
        ((5, 7), ("foundation", "phonics", "ks1")),
        ((7, 11), ("mtc", "ks2")),
        ((8, 12), ("mtc", "ks2")),
        ((5, 9), ("foundation", "phonics", "ks1", "mtc")),
        ((9, 13), ("ks2",)),
        ((3, 11), ("foundation", "phonics", "ks1", "mtc", "ks2")),
        ((11, 16), ()),
        ((3, 5), ("foundation",)),
        ((None, 11), None),
    ],
)
def test_ages_tell_which_assessments_a_school_has(
    ages: tuple[int | None, int | None], stages: tuple[str, ...] | None
) -> None:
    assert stages_of(*ages) == stages


calm = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

URNS = st.integers(100_001, 100_008)
DAYS = st.dates(date(2005, 1, 1), date(2026, 12, 31))
WORDS = st.sampled_from(
    ["Predecessor", "Successor", "Predecessor - merged", "Successor - amalgamated", "Result of Amalgamation",
     "Predecessor - Split School", "Sixth Form Centre Link"]
)  # fmt: skip


@st.composite
def registers(draw: st.DrawFn) -> tuple[pl.DataFrame, pl.DataFrame]:
    """A tangle of links, dated and not, with cycles, and schools with or without days."""
    rows: list[Link] = draw(
        st.lists(st.tuples(URNS, URNS, WORDS, st.none() | DAYS), max_size=12, unique_by=lambda row: row[:3])
    )
    for old, new, day in draw(st.lists(st.tuples(URNS, URNS, DAYS), max_size=6)):
        rows += followed(old, new, day)
    known = [
        {"urn": urn, "open_date": draw(st.none() | DAYS), "close_date": draw(st.none() | DAYS)}
        for urn in draw(st.sets(URNS, min_size=1))
    ]
    unique = {row[:3]: row for row in rows}
    frame = pl.DataFrame(
        [{**row, "organisation": f"school:{row['urn']}"} for row in known],
        schema={"organisation": pl.String, "open_date": pl.Date, "close_date": pl.Date},
    )
    return links(*unique.values()), frame


@calm
@given(registers())
def test_whatever_the_links_say_history_ends_and_runs_backwards(
    told: tuple[pl.DataFrame, pl.DataFrame],
) -> None:
    found = history(*told)
    sure = successions(*told)
    assert found.filter(pl.col("organisation") == pl.col("inherits_from")).is_empty()
    assert found.select("organisation", "inherits_from").is_unique().all()
    assert found.filter(pl.col("first_year") > pl.col("last_year")).is_empty()
    assert sure.select("organisation", "predecessor").is_unique().all()
    assert set(found["how"]) <= {"conversion", "amalgamation"}
    heirs = set(found.select("organisation", "inherits_from").iter_rows())
    assert not heirs & {(other, one) for one, other in heirs}


@calm
@given(registers())
def test_no_link_is_lost_every_one_is_decided_or_reviewed(told: tuple[pl.DataFrame, pl.DataFrame]) -> None:
    rows, known = told
    told_of = {
        frozenset((one, other))
        for one, other, link in rows.select("organisation", "linked_organisation", "link").iter_rows()
        if link in ("predecessor", "successor", "merged") and one != other
    }
    found = successions(rows, known)
    assert {frozenset(pair) for pair in found.select("organisation", "predecessor").iter_rows()} == told_of
    undated = rows.filter(pl.col("date").is_not_null())
    if undated.is_empty():
        assert set(found["how"]) <= {"review"}


@calm
@given(registers(), st.integers(2004, 2027))
def test_order_of_rows_does_not_matter(told: tuple[pl.DataFrame, pl.DataFrame], year: int) -> None:
    rows, known = told
    again = history(rows.reverse(), known.reverse())
    assert again.equals(history(rows, known))
    for organisation in set(again["organisation"]):
        stands = carried(again, organisation, year)
        assert all(row["last_year"] >= year for row in stands.to_dicts())


@pytest.fixture(scope="module")
def real(shared_data: Path) -> tuple[pl.DataFrame, pl.DataFrame]:
    folder = shared_data / "gias"
    (file,) = received(folder / "2021_england_links_edubasealldata.csv.gz")
    rows = TABLES["links"].conform(gias_links.source.read(file).tables["links"].lazy().collect())
    extracts = []
    for name in ("2021_LA936_gias_all_columns.csv.gz", "2022-08_england_open_schools_37cols.csv.gz"):
        (file,) = received(folder / name)
        extracts.append(gias.source.read(file).tables["organisations"].lazy().collect())
    return rows, merge(TABLES["organisations"].conform(pl.concat(extracts, how="diagonal")))


@pytest.mark.real_data
def test_the_real_links_are_decided_or_reviewed_to_the_last_one(
    real: tuple[pl.DataFrame, pl.DataFrame],
) -> None:
    found = successions(*real)
    assert dict(found.group_by("how").len().iter_rows()) == {
        "conversion": 6_706,
        "amalgamation": 516,
        "split": 62,
        "review": 7_569,
    }
    reasons = found.filter(how="review")["because"]
    assert (reasons == "the link has no date on either side").sum() == 4_093


@pytest.mark.real_data
def test_of_the_real_histories_none_runs_in_circles(real: tuple[pl.DataFrame, pl.DataFrame]) -> None:
    found = history(*real)
    forward = set(found.select("organisation", "inherits_from").iter_rows())
    assert not forward & {(other, one) for one, other in forward}
    academy = carried(found, "school:142999", 2015)
    assert academy.select("how", "last_year").rows() == [("conversion", 2016)]
