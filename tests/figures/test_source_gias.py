"""Get Information about Schools: establishments, links, groups, coordinates, and users' clusters."""

from __future__ import annotations

import gzip
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from headway.figures.loading import load
from headway.figures.sources import (
    Reading,
    Source,
    Unreadable,
    clusters,
    coordinates,
    gias,
    gias_groups,
    gias_links,
)
from headway.figures.sources import register_cells as cells
from headway.figures.sources.files import received
from headway.figures.store import Receipt, Store
from headway.figures.tables import TABLES

SOURCES: tuple[Source, ...] = (
    gias.source,
    gias_links.source,
    *gias_groups.sources,
    coordinates.source,
    clusters.source,
)


def read(path: Path) -> tuple[str, Reading]:
    """The best source's key and what it made of the file."""
    (file,) = received(path)
    known = [(found.certainty, source) for source in SOURCES if (found := source.recognise(file))]
    _, source = max(known, key=lambda one: one[0])
    return source.key, source.read(file)


def written(tmp_path: Path, text: str, encoding: str = "utf-8", name: str = "results.csv") -> Path:
    path = tmp_path / name
    path.write_bytes(text.encode(encoding))
    return path


REAL = [
    ("2021_LA936_gias_all_columns.csv.gz", "gias", 590, {"organisations": 591}, "gias:2021-04-22:936"),
    ("2022-08_england_open_schools_37cols.csv.gz", "gias", 20_189, {"organisations": 20_340}, "gias:2022-07-06:england"),
    ("2021_england_links_edubasealldata.csv.gz", "gias_links", 29_813, {"links": 29_813}, "gias_links"),
    ("2022_england_groups.csv.gz", "gias_groups", 6_883, {"organisations": 6_883}, "gias_groups:2022-03-14"),
    (
        "2022_england_group_links.csv.gz",
        "gias_group_links",
        20_395,
        {"memberships": 20_395, "organisations": 4_741},
        "gias_group_links",
    ),
    ("2024-2025_england_school_coords.csv.gz", "coordinates", 25_632, {"organisations": 25_632}, "coordinates"),
]  # fmt: skip


@pytest.mark.real_data
@pytest.mark.parametrize(("name", "key", "rows", "heights", "scope"), REAL)
def test_a_real_file_of_the_register_is_read_whole(
    shared_data: Path, name: str, key: str, rows: int, heights: dict[str, int], scope: str
) -> None:
    found, reading = read(shared_data / "gias" / name)
    assert (found, reading.rows_read, reading.scope) == (key, rows, scope)
    assert {table: frame.lazy().collect().height for table, frame in reading.tables.items()} == heights
    for table, frame in reading.tables.items():
        contract = TABLES[table]
        rows_of = contract.conform(frame.lazy().collect())
        assert rows_of.select(contract.key).is_unique().all()
        for column in contract.columns:
            values = rows_of[column.name]
            assert not (column.required and values.null_count())
            assert not column.allowed or set(values.drop_nulls().unique()) <= set(column.allowed)


@pytest.mark.real_data
def test_the_raw_file_has_110_columns_and_the_reduced_one_46(shared_data: Path) -> None:
    widths = {name: len(received(shared_data / "gias" / name)[0].header) for name, *_ in REAL[:2]}
    assert list(widths.values()) == [110, 46]


@pytest.mark.real_data
def test_every_file_of_the_register_loads_and_only_the_row_without_a_school_is_set_aside(
    shared_data: Path, tmp_path: Path
) -> None:
    store = Store.open(tmp_path / "store")
    receipts = load(store, [shared_data / "gias" / name for name, *_ in REAL])
    assert all(isinstance(receipt, Receipt) for receipt in receipts)
    assert [(receipt.rows_accepted, receipt.rows_set_aside) for receipt in receipts if isinstance(receipt, Receipt)] == [
        (590, 0), (20_188, 1), (29_813, 0), (6_883, 0), (20_395, 0), (25_632, 0)
    ]  # fmt: skip


@pytest.mark.real_data
def test_a_number_that_a_spreadsheet_made_1e05_is_school_100000(shared_data: Path) -> None:
    _, reading = read(shared_data / "gias" / REAL[1][0])
    schools = reading.tables["organisations"].lazy().collect()
    assert schools.filter(organisation="school:100000")["name"].to_list() == ["The Aldgate School"]


@pytest.mark.real_data
def test_8316_of_29813_links_have_no_date(shared_data: Path) -> None:
    _, reading = read(shared_data / "gias" / REAL[2][0])
    links = reading.tables["links"].lazy().collect()
    assert links["date"].null_count() == 8_316
    assert [finding.found for finding in reading.findings] == ["8316 of 29813 links have no date"]


@pytest.mark.real_data
def test_2079_of_12338_schools_with_predecessors_have_two_or_more(shared_data: Path) -> None:
    _, reading = read(shared_data / "gias" / REAL[2][0])
    before = (
        reading.tables["links"].lazy().collect().filter(link="predecessor").group_by("organisation").len()
    )
    assert before.height == 12_338
    assert before.filter(pl.col("len") >= 2).height == 2_079


EXTRACT = """URN,LA (code),LA (name),EstablishmentNumber,EstablishmentName,EstablishmentStatus (name),OpenDate,CloseDate,StatutoryLowAge,StatutoryHighAge,LastChangedDate,Postcode,Trusts (code),HeadTitle (name),HeadFirstName,HeadLastName,PercentageFSM
100001,860,Staffordshire,2180,St Brigid’s Primary,Closed,,31-08-2026,4,11,02-09-2026,st147ab,,Mrs,Ann,Örtel,12.5
150001,860,Staffordshire,2180,St Brigid’s Academy,Open,01-09-2026,,4,11,03-09-2026,ST14 7AB,2044,,,,130
"""  # noqa: E501


def test_an_extract_becomes_organisations_as_at_its_latest_change(tmp_path: Path) -> None:
    key, reading = read(written(tmp_path, EXTRACT, "cp1252"))
    rows = {row["organisation"]: row for row in reading.tables["organisations"].lazy().collect().to_dicts()}
    old, new = rows["school:100001"], rows["school:150001"]
    assert key == "gias"
    assert reading.scope == "gias:2026-09-03:860"
    assert old["name"] == "St Brigid’s Primary"
    assert (old["close_date"], new["open_date"]) == (date(2026, 8, 31), date(2026, 9, 1))
    assert (old["laestab"], old["postcode"], old["head"]) == ("8602180", "ST14 7AB", "Mrs Ann Örtel")
    assert (new["trust"], new["head"]) == ("trust:2044", None)
    assert rows["authority:860"]["name"] == "Staffordshire"


def test_an_impossible_share_is_left_empty_with_a_warning_and_the_school_stays(tmp_path: Path) -> None:
    _, reading = read(written(tmp_path, EXTRACT, "cp1252"))
    schools = reading.tables["organisations"].lazy().collect()
    assert schools.filter(organisation="school:150001")["percentage_fsm"].to_list() == [None]
    (finding,) = reading.findings
    assert (finding.severity, finding.rule, finding.rows) == ("warning", "out_of_range", (3,))


def test_a_row_without_a_school_is_an_error_and_the_others_are_read(tmp_path: Path) -> None:
    _, reading = read(written(tmp_path, EXTRACT.replace("100001,860", "0,860"), "cp1252"))
    assert [(one.severity, one.rule, one.rows) for one in reading.findings if one.severity == "error"] == [
        ("error", "no_urn", (2,))
    ]
    schools = reading.tables["organisations"].lazy().collect().filter(kind="school")
    assert schools["organisation"].to_list() == ["school:150001"]


def test_a_day_that_cannot_be_read_is_named_with_its_row(tmp_path: Path) -> None:
    _, reading = read(written(tmp_path, EXTRACT.replace("31-08-2026", "31-31-2026"), "cp1252"))
    found = [one for one in reading.findings if one.rule == "unread_cell"]
    assert [(one.column, one.found, one.rows) for one in found] == [("CloseDate", "31-31-2026", (2,))]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("31-08-2021", date(2021, 8, 31)),
        ("2021-08-31", date(2021, 8, 31)),
        ("31/08/2021", date(2021, 8, 31)),
        ("1/9/2021", date(2021, 9, 1)),
        ("20210831", date(2021, 8, 31)),
        ("2021-08-31 00:00:00", date(2021, 8, 31)),
        ("", None),
        ("NULL", None),
        ("Not recorded", None),
        ("30-02-2021", None),
        ("soon", None),
    ],
)
def test_a_day_is_read_however_it_is_written(text: str, expected: date | None) -> None:
    assert pl.DataFrame({"cell": [text]}).select(cells.day("cell")).item() == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [("100000", 100_000), ("100000.0", 100_000), ("1e+05", 100_000), (" 20115 ", 20_115), ("0", None), ("12", None),
     ("100000.5", None), ("", None), ("abc", None), ("99999999", None)],
)  # fmt: skip
def test_a_urn_is_read_or_nothing(text: str, expected: int | None) -> None:
    assert pl.DataFrame({"cell": [text]}).select(cells.urn("cell")).item() == expected


LINKS = """URN,LinkURN,LinkName,LinkType,LinkEstablishedDate
150001,100001,St Brigid's Primary,Predecessor,01-09-2026
100001,150001,St Brigid's Academy,Successor,31-08-2026
100002,100003,Hill Infant,Result of Amalgamation,
100004,100005,A Sixth Form,Sixth Form Centre Link,
100004,100006,Other,Merged - change in age range,
100007,100008,Part,Successor - Split School,01-01-2020
100007,,Part,Successor,01-01-2020
"""


def test_links_keep_the_registers_words_and_say_what_the_other_school_is(tmp_path: Path) -> None:
    _, reading = read(written(tmp_path, LINKS))
    links = reading.tables["links"].lazy().collect()
    assert links["link"].to_list() == [
        "predecessor",
        "successor",
        "merged",
        "sixth form",
        "merged",
        "successor",
    ]
    assert links["link_type"].to_list()[-1] == "Successor - Split School"
    assert not reading.complete
    assert [one.rows for one in reading.findings if one.severity == "error"] == [(8,)]


GROUP_LINKS = """,URN,Group UID,Group Name,Group Type,Closed Date,Open date,Group Status,Joined date,LA (code)
0,150001,2044,THE HILL TRUST,Multi-academy trust,,2011-01-01,Open,2026-09-01,860
1,100009,80637,The Two Hills,Federation,,2009-01-06,Open,2009-01-06,860
2,150001,3044,The Hill Trust,School sponsor,,,Open,2026-09-01,860
3,100010,900,Stoke Learning,Trust,,2010-01-01,Open,2010-02-01,860
"""


def test_group_links_become_dated_memberships(tmp_path: Path) -> None:
    key, reading = read(written(tmp_path, GROUP_LINKS))
    members = reading.tables["memberships"].lazy().collect()
    assert key == "gias_group_links"
    assert members.select("organisation", "group", "kind", "joined").rows() == [
        ("school:150001", "trust:2044", "trust", date(2026, 9, 1)),
        ("school:100009", "federation:80637", "federation", date(2009, 1, 6)),
        ("school:150001", "sponsor:3044", "sponsor", date(2026, 9, 1)),
        ("school:100010", "trust:900", "foundation trust", date(2010, 2, 1)),
    ]
    assert set(members["as_at"].to_list()) == {date(2026, 9, 1)}


def test_any_list_of_schools_becomes_a_cluster(tmp_path: Path) -> None:
    text = (
        "Cluster,URN,joined,left\nEast Surrey,125025,,\nEast Surrey,125108,01/09/2020,31/08/2024\n,125109,,\n"
    )
    key, reading = read(written(tmp_path, text))
    members = reading.tables["memberships"].lazy().collect()
    groups = reading.tables["organisations"].lazy().collect()
    assert key == "clusters"
    assert members.select("organisation", "group", "joined", "left").rows() == [
        ("school:125025", "cluster:east-surrey", None, None),
        ("school:125108", "cluster:east-surrey", date(2020, 9, 1), date(2024, 8, 31)),
    ]
    assert groups.select("organisation", "name").rows() == [("cluster:east-surrey", "East Surrey")]
    assert [(one.rule, one.rows) for one in reading.findings] == [("no_cluster", (4,))]


def test_a_ragged_extract_loses_no_row_in_silence(tmp_path: Path) -> None:
    ragged = EXTRACT.replace("St Brigid’s Academy,", "St Brigid’s Academy, Stone,")
    store = Store.open(tmp_path / "store")
    (receipt,) = load(store, [written(tmp_path, ragged, "cp1252")])
    assert isinstance(receipt, Receipt)
    assert (receipt.rows_accepted, receipt.rows_set_aside) == (1, 1)


def test_a_compressed_extract_is_read_like_a_plain_one(tmp_path: Path) -> None:
    path = tmp_path / "edubasealldata.csv.gz"
    path.write_bytes(gzip.compress(EXTRACT.encode("cp1252")))
    assert read(path)[1].rows_read == 2


READERS = {
    EXTRACT.splitlines()[0]: gias.read_establishments,
    LINKS.splitlines()[0]: gias_links.read_links,
    GROUP_LINKS.splitlines()[0].removeprefix(","): gias_groups.read_group_links,
    "Group UID,Group Name,Group Type,Group Status,Open date,Closed Date": gias_groups.read_groups,
    "URN,SCHNAME,POSTCODE,LAT,LON": coordinates.read_coordinates,
    "cluster,URN,joined,left": clusters.read_clusters,
}
CELL = st.sampled_from(
    [
        "",
        "NULL",
        "100001",
        "1e+05",
        "860",
        "Predecessor",
        "Multi-academy trust",
        "01-09-2020",
        "2020-02-30",
        "51.5",
        "-7",
    ]
) | st.text(max_size=8)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(list(READERS)), st.data())
def test_whatever_stands_in_the_cells_the_register_keeps_its_contract(
    header: str, data: st.DataObject
) -> None:
    names = tuple(header.split(","))
    rows = data.draw(st.lists(st.tuples(*[CELL] * len(names)), max_size=4))
    frame = pl.DataFrame(rows, schema=dict.fromkeys(names, pl.String), orient="row").with_columns(
        row=pl.int_range(2, 2 + len(rows), dtype=pl.Int64)
    )
    try:
        reading = READERS[header](frame, names)
    except Unreadable:
        return  # a list without any day: for which day it speaks cannot be told
    for name, table in reading.tables.items():
        found = TABLES[name].conform(table.lazy().collect())
        for column in TABLES[name].columns:
            values = found[column.name].drop_nulls()
            assert not (column.required and found[column.name].null_count()), column.name
            assert not column.allowed or set(values.unique()) <= set(column.allowed)
            if column.maximum is not None:
                assert values.is_between(column.minimum, column.maximum).all()


def test_the_trust_of_a_maintained_school_is_no_academy_trust(tmp_path: Path) -> None:
    text = (
        "URN,EstablishmentName,EstablishmentNumber,LastChangedDate,Trusts (code),TrustSchoolFlag (name)\n"
        "100001,A,2180,01-09-2026,900,Supported by a trust\n"
        "100002,B,2181,01-09-2026,2044,Supported by a multi-academy trust\n"
    )
    _, reading = read(written(tmp_path, text))
    assert reading.tables["organisations"].lazy().collect()["trust"].to_list() == [None, "trust:2044"]
