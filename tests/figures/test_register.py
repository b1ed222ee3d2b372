"""The register as of any day: merging, members, changes, finding."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headway.figures import authorities
from headway.figures.kinds import kind_of_school, responsible_body
from headway.figures.loading import load
from headway.figures.register import by_laestab, members, memberships_on, organisations
from headway.figures.register_changes import changes
from headway.figures.register_search import find, find_among, plain
from headway.figures.store import Receipt, Store
from headway.figures.tables import TABLES

JULY = """URN,LA (code),LA (name),EstablishmentNumber,EstablishmentName,EstablishmentStatus (name),EstablishmentTypeGroup (name),TypeOfEstablishment (name),PhaseOfEducation (name),OpenDate,CloseDate,StatutoryLowAge,StatutoryHighAge,LastChangedDate,Town,Postcode,Trusts (code),HeadLastName,UKPRN
100001,860,Staffordshire,2180,St Brigid's Church of England Primary School,Open,Local authority maintained schools,Community school,Primary,01-09-1990,,4,11,01-07-2026,Uttoxeter,ST14 7AB,,Ames,10000001
100002,860,Staffordshire,2181,Hill Infant School,Open,Local authority maintained schools,Community school,Primary,01-09-1990,,4,7,01-07-2026,Stone,ST15 8AA,,Bell,10000002
140001,860,Staffordshire,2000,The Dale Academy,Open,Academies,Academy converter,Primary,01-09-2014,,7,11,01-07-2026,Leek,ST13 5AA,2044,Cole,10000003
"""  # noqa: E501
SEPTEMBER = """URN,LA (code),LA (name),EstablishmentNumber,EstablishmentName,EstablishmentStatus (name),EstablishmentTypeGroup (name),TypeOfEstablishment (name),PhaseOfEducation (name),OpenDate,CloseDate,StatutoryLowAge,StatutoryHighAge,LastChangedDate,Town,Postcode,Trusts (code),HeadLastName
100001,860,Staffordshire,2180,St Brigid's Church of England Primary School,Closed,Local authority maintained schools,Community school,Primary,01-09-1990,31-08-2026,4,11,03-09-2026,Uttoxeter,ST14 7AB,,Ames
150001,860,Staffordshire,2180,St Brigid's Academy,Open,Academies,Academy converter,Primary,01-09-2026,,4,11,03-09-2026,Uttoxeter,ST14 7AB,2044,Ames
100002,860,Staffordshire,2181,Hillside Infant School,"Open, but proposed to close",Local authority maintained schools,Community school,Primary,01-09-1990,,4,7,03-09-2026,Stone,ST15 8AA,,Dunn
140001,860,Staffordshire,2000,The Dale Academy,Open,Academies,Academy converter,Primary,01-09-2014,,7,11,03-09-2026,Leek,ST13 5AA,3055,Cole
"""  # noqa: E501
LINKS = """URN,LinkURN,LinkName,LinkType,LinkEstablishedDate
150001,100001,St Brigid's,Predecessor,01-09-2026
100001,150001,St Brigid's Academy,Successor,31-08-2026
"""
PLACES = "URN,SCHNAME,POSTCODE,LAT,LON\n100001,St Brigids,ST14 7AB,52.9,-1.86\n"
CLUSTERS = "cluster,URN,joined,left\nUttoxeter,100001,,\nUttoxeter,100002,01/09/2020,31/08/2025\n"


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    folder = tmp_path_factory.mktemp("register")
    files = []
    for number, text in enumerate((SEPTEMBER, JULY, LINKS, PLACES, CLUSTERS)):
        files.append(folder / f"file{number}.csv")
        files[-1].write_text(text, encoding="cp1252")
    store = Store.open(folder / "store")
    receipts = load(store, files)
    assert all(isinstance(receipt, Receipt) and not receipt.rows_set_aside for receipt in receipts)
    return store


def of(frame: pl.DataFrame, organisation: str) -> dict[str, object]:
    (row,) = frame.filter(organisation=organisation).to_dicts()
    return row


def test_the_register_speaks_for_the_day_asked_for(store: Store) -> None:
    july, september = organisations(store, date(2026, 7, 31)), organisations(store)
    assert of(july, "school:100001")["status"] == "Open"
    assert of(september, "school:100001")["status"] == "Closed"
    assert july.filter(organisation="school:150001").is_empty()
    assert organisations(store, date(2026, 1, 1)).filter(kind="school")["organisation"].to_list() == [
        "school:100001"
    ]


def test_registers_are_merged_column_by_column(store: Store) -> None:
    brigid = of(organisations(store), "school:100001")
    assert brigid["name"] == "St Brigid's Church of England Primary School", (
        "the register's name, not the map's"
    )
    assert (brigid["latitude"], brigid["longitude"]) == (52.9, -1.86)
    assert brigid["ukprn"] == "10000001", "the later extract has no such column, so the earlier one stands"
    assert (brigid["authority_name"], brigid["as_at"]) == ("Staffordshire", date(2026, 9, 3))
    assert (brigid["kind_of_school"], brigid["responsible"]) == ("primary", "maintained")
    assert of(organisations(store), "school:150001")["responsible"] == "academy"


def test_a_cell_emptied_in_a_later_extract_is_empty(tmp_path: Path) -> None:
    reopened = (
        SEPTEMBER.replace("31-08-2026", "")
        .replace("03-09-2026", "04-10-2026")
        .replace(",01-09-2014,,", ",01-09-2014,31-12-2026,")
    )
    store = Store.open(tmp_path / "store")
    for number, text in enumerate((SEPTEMBER, reopened)):
        (tmp_path / f"{number}.csv").write_text(text, encoding="cp1252")
    load(store, [tmp_path / "0.csv", tmp_path / "1.csv"])
    assert of(organisations(store), "school:100001")["close_date"] is None


def test_the_feed_says_what_happened_between_two_extracts(store: Store) -> None:
    feed = changes(store, date(2026, 7, 31), date(2026, 9, 30))
    assert set(feed.select("organisation", "change", "was", "now", "date").iter_rows()) == {
        ("school:100001", "closed", None, None, date(2026, 8, 31)),
        ("school:100001", "new status", "Open", "Closed", None),
        ("school:150001", "opened", None, "Academy converter", date(2026, 9, 1)),
        ("school:150001", "converted", "school:100001", "school:150001", date(2026, 9, 1)),
        ("school:100002", "renamed", "Hill Infant School", "Hillside Infant School", None),
        ("school:100002", "new head", "Bell", "Dunn", None),
        ("school:100002", "new status", "Open", "Open, but proposed to close", None),
        ("school:140001", "moved trust", "trust:2044", "trust:3055", None),
    }


def test_nothing_changes_between_a_day_and_itself(store: Store) -> None:
    assert changes(store, date(2026, 9, 30), date(2026, 9, 30)).is_empty()


def test_members_of_an_authority_are_those_open_on_the_day(store: Store) -> None:
    assert members(store, "authority:860", date(2026, 7, 15)) == [
        "school:100001",
        "school:100002",
        "school:140001",
    ]
    assert members(store, "authority:860", date(2026, 9, 10)) == [
        "school:100002",
        "school:140001",
        "school:150001",
    ]
    assert members(store, "authority:999") == []


def test_members_of_a_cluster_are_dated(store: Store) -> None:
    assert members(store, "cluster:uttoxeter", date(2016, 5, 1)) == ["school:100001"]
    assert members(store, "cluster:uttoxeter", date(2022, 5, 1)) == ["school:100001", "school:100002"]
    assert members(store, "cluster:uttoxeter") == ["school:100001"]


def memberships(*rows: tuple[str, str, date | None, date | None, date | None]) -> pl.DataFrame:
    return TABLES["memberships"].conform(
        pl.DataFrame(
            [
                {"organisation": one, "group": group, "kind": "trust", "source": "gias"}
                | {"joined": joined, "left": left, "as_at": as_at}
                for one, group, joined, left, as_at in rows
            ],
            schema_overrides={"joined": pl.Date, "left": pl.Date, "as_at": pl.Date},
        )
    )  # fmt: skip


def test_a_school_is_in_one_trust_the_last_joined() -> None:
    rows = memberships(
        ("school:1", "trust:1", date(2012, 9, 1), None, None),
        ("school:1", "trust:2", date(2018, 9, 1), None, None),
    )
    assert memberships_on(rows)["group"].to_list() == ["trust:2"]
    assert memberships_on(rows, date(2015, 1, 1))["group"].to_list() == ["trust:1"]
    assert memberships_on(rows, date(2010, 1, 1)).is_empty()


def test_a_school_that_a_newer_list_no_longer_names_is_no_member() -> None:
    rows = memberships(
        ("school:1", "trust:1", date(2012, 9, 1), None, date(2022, 3, 14)),
        ("school:2", "trust:1", date(2012, 9, 1), None, date(2024, 3, 14)),
    )
    assert memberships_on(rows)["organisation"].to_list() == ["school:2"]
    assert memberships_on(rows, date(2023, 1, 1))["organisation"].to_list() == ["school:1", "school:2"]


def test_a_dfe_number_is_dated_and_passes_from_school_to_academy(store: Store) -> None:
    assert by_laestab(store, "860/2180", 2026) == ("school:100001",)
    assert by_laestab(store, "8602180", 2027) == ("school:150001",)
    assert by_laestab(store, "8609999", 2027) == ()


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("100002", "school:100002"),
        ("860/2181", "school:100002"),
        ("8602181", "school:100002"),
        ("st15 8aa", "school:100002"),
        ("ST158AA", "school:100002"),
        ("school:100002", "school:100002"),
        ("hillside", "school:100002"),
        ("Hilside Infnt", "school:100002"),
        ("saint brigids", "school:150001"),
        ("St. Brigid’s CofE", "school:100001"),
        ("dale leek", "school:140001"),
        ("LEEK", "school:140001"),
        ("860", "authority:860"),
        ("staffordshire", "authority:860"),
        ("uttoxeter", "cluster:uttoxeter"),
    ],
)
def test_a_school_is_found_by_what_one_remembers(store: Store, text: str, first: str) -> None:
    assert find(store, text)["organisation"].to_list()[0] == first


def test_what_is_not_there_is_not_found(store: Store) -> None:
    for text in ("", "   ", "zzzzzz", "999999", "ZZ1 1ZZ", "!!!", "(*+"):
        assert find(store, text).is_empty()


@settings(deadline=None)
@given(st.text(max_size=30))
def test_any_text_may_be_looked_for(text: str) -> None:
    known = TABLES["organisations"].empty().with_columns(authority_name=pl.lit(None, pl.String))
    assert find_among(known, text).is_empty()
    assert plain(plain(text)) == plain(text)


@pytest.mark.parametrize(
    ("ages", "phase", "kind", "expected"),
    [
        ((4, 7), "Primary", "Community school", "infant"),
        ((4, 8), "Primary", "Community school", "first"),
        ((5, 9), "Primary", "Community school", "first"),
        ((7, 11), "Primary", "Academy converter", "junior"),
        ((3, 11), "Primary", "Voluntary aided school", "primary"),
        ((9, 13), "Middle deemed secondary", "Foundation school", "middle"),
        ((8, 12), "Middle deemed primary", "Community school", "middle"),
        ((2, 5), "Nursery", "Local authority nursery school", "nursery"),
        ((11, 18), "Secondary", "Academy converter", "secondary"),
        ((4, 18), "All-through", "Academy converter", "all-through"),
        ((3, 19), "Not applicable", "Community special school", "special"),
        ((5, 16), "Not applicable", "Pupil referral unit", "alternative provision"),
        ((4, 11), "Not applicable", "Other independent school", "independent"),
        ((16, 19), "16 plus", "Further education", "16 plus"),
        ((4, 11), None, None, "primary"),
        ((7, 11), None, None, "junior"),
        ((None, None), "Primary", "Community school", "primary"),
        ((None, None), None, None, "unknown"),
    ],
)
def test_kind_of_school(
    ages: tuple[int | None, int | None], phase: str | None, kind: str | None, expected: str
) -> None:
    assert kind_of_school(*ages, phase, kind) == expected


@pytest.mark.parametrize(
    ("kind", "group", "expected"),
    [
        ("Community school", "Local authority maintained schools", "maintained"),
        ("Community special school", "Special schools", "maintained"),
        ("Foundation special school", "Special schools", "maintained"),
        ("Academy special converter", "Academies", "academy"),
        ("Free schools", "Free Schools", "academy"),
        ("Other independent special school", "Special schools", "independent"),
        ("Non-maintained special school", "Special schools", "other"),
        ("Local authority nursery school", None, "maintained"),
        (None, None, "other"),
    ],
)
def test_who_is_responsible(kind: str | None, group: str | None, expected: str) -> None:
    assert responsible_body(kind, group) == expected


@pytest.mark.parametrize(
    ("code", "day", "expected"),
    [
        ("928", date(2021, 3, 31), ("928",)),
        ("928", date(2021, 4, 1), ("940", "941")),
        ("940", date(2021, 3, 31), ("928",)),
        ("909", date(2024, 1, 1), ("942", "943")),
        ("943", date(2020, 1, 1), ("909",)),
        ("835", date(2020, 1, 1), ("838", "839")),
        ("837", date(2020, 1, 1), ("839",)),
        ("838", date(2018, 1, 1), ("835",)),
        ("839", date(2018, 1, 1), ("835", "836", "837")),
        ("936", date(2027, 3, 31), ("936",)),
        ("936", date(2027, 4, 1), ()),
        ("210", date(2015, 1, 1), ("210",)),
    ],
)
def test_authorities_are_dated_and_never_joined_by_name(
    code: str, day: date, expected: tuple[str, ...]
) -> None:
    assert authorities.authority_on(code, day) == expected


def test_every_change_of_authorities_names_known_codes_and_a_source() -> None:
    known = authorities.authorities()
    for change in authorities.changes():
        assert change.source
        assert set(change.before) | set(change.after) <= set(known)
        assert {before for before, _ in change.pairs} <= set(change.before)
        assert {after for _, after in change.pairs} == set(change.after)
        for code in change.after:
            assert known[code].first_day == change.day
    assert [change.verified for change in authorities.changes()] == [True, True, True, False]
    assert (known["838"].name, known["835"].name) == ("Dorset", "Dorset")


@pytest.mark.real_data
def test_the_real_register_is_one_row_a_school_and_its_trusts_are_dated(
    shared_data: Path, tmp_path: Path
) -> None:
    store = Store.open(tmp_path / "store")
    load(store, sorted((shared_data / "gias").glob("*.csv.gz")))
    known = organisations(store)
    assert known["organisation"].is_unique().all()
    assert dict(known.group_by("kind").len().iter_rows())["authority"] == 152
    surrey = of(known, "school:125025")
    assert (surrey["name"], surrey["laestab"], surrey["authority_name"]) == (
        "Worplesdon Primary School",
        "9362349",
        "Surrey",
    )
    assert (surrey["latitude"], surrey["as_at"]) == (51.258769, date(2022, 7, 6))
    assert find_among(known, "Eastwikc junior")["organisation"].to_list() == ["school:142999"]
    assert len(members(store, "trust:3190")) == 41
    assert by_laestab(store, "936/2313", 2019) == ("school:142999",)
