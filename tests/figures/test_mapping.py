"""Mapping: any spreadsheet comes in, said column by column; mistakes in a mapping are told by their key."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import polars as pl
import pytest
from files_for_tests import written

from headway.figures.loading import Rejection, load
from headway.figures.mapping import draft_mapping, parse_mapping
from headway.figures.mapping_files import read_mapping
from headway.figures.reading import received
from headway.figures.sources import Unreadable
from headway.figures.sources.mapped import year_of
from headway.figures.store import Receipt, Store

MAPPINGS = Path(__file__).parents[2] / "docs" / "how-to" / "mappings"

MAPPING = """
name = "mine"
[organisation]
column = "URN"
[year]
column = "Year"
[published_results]
dataset = "user:mine"
[[figure]]
column = "RWM"
measure = "ks2_rwm_expected"
denominator = "Pupils"
[[figure]]
column = "RWM dis"
measure = "ks2_rwm_expected"
group = "disadvantaged"
unit = "fraction"
[[field]]
column = "Name"
table = "organisations"
field = "name"
[[field]]
column = "Opened"
table = "organisations"
field = "open_date"
[constants.organisations]
register = "user"
as_at = 2019-09-01
kind = "school"
[symbols]
"n/k" = "suppressed"
[rows.without]
URN = ["Total"]
"""
FILE = """URN,Name,Year,Pupils,RWM,RWM dis,Opened
100001,Hill,2018/19,30,63%,0.5,01/09/1990
100002,Vale,2018/19,12,n/k,SUPP,
Total,All,2018/19,42,61%,0.4,
100003,Ford,201819,9,What,0.5,
,Nobody,2019,9,50%,0.5,
100004,Moor,2019-18,9,50%,0.5,
"""


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store.open(tmp_path / "store")


def with_mapping(
    store: Store, folder: Path, mapping: str, content: str | bytes = FILE, name: str = "own.csv"
) -> Receipt | Rejection:
    path = written(folder, mapping, "mine.toml")
    [answer] = load(store, [written(folder, content, name)], mapping=path)
    return answer


def test_a_spreadsheet_comes_in_as_its_mapping_says(store: Store, tmp_path: Path) -> None:
    receipt = with_mapping(store, tmp_path, MAPPING)
    assert isinstance(receipt, Receipt), receipt
    assert (receipt.rows_read, receipt.rows_set_aside) == (
        6,
        3,
    )  # What, nobody, and a year that runs backwards
    assert receipt.scope == "mapping:mine:2019"
    rows = store.frame("published_results").sort("organisation", "group").collect()
    assert rows.select(
        "organisation", "group", "status", "value", "rounded_to", "denominator", "symbol"
    ).rows() == [
        ("school:100001", "all", "reported", 63.0, 1.0, 30, None),
        ("school:100001", "disadvantaged", "reported", 50.0, 10.0, None, None),
        ("school:100002", "all", "suppressed", None, None, None, "n/k"),
        ("school:100002", "disadvantaged", "suppressed", None, None, None, "SUPP"),
    ]
    names = store.frame("organisations").sort("organisation").select("name", "open_date", "kind").collect()
    assert [(name, str(day), kind) for name, day, kind in names.rows()] == [
        ("Hill", "1990-09-01", "school"),
        ("Vale", "None", "school"),
    ]


@pytest.mark.parametrize(
    ("text", "year"),
    [
        ("2019", 2019),
        ("2018/19", 2019),
        ("2018-2019", 2019),
        ("201819", 2019),
        ("2018–19", 2019),
        ("1999/00", 2000),
        ("2019.0", 2019),
        ("2018/18", None),
        ("18/19", None),
        ("", None),
        ("2018-2017", None),
    ],
)
def test_a_year_is_that_in_which_the_academic_year_ends(text: str, year: int | None) -> None:
    assert pl.select(year_of(pl.lit(text))).item() == year


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            ('group = "disadvantaged"', 'group = "disadvantagd"'),
            "figure 2.group is 'disadvantagd'. Did you mean disadvantaged?",
        ),
        (('field = "name"', 'field = "nam"'), "field 1.field is 'nam'. Did you mean name?"),
        (
            ('table = "organisations"\nfield = "name"', 'table = "schools"\nfield = "name"'),
            "field 1.table is 'schools'",
        ),
        (('unit = "fraction"', 'units = "fraction"'), "there is no key figure 2.units. Did you mean unit?"),
        (('"n/k" = "suppressed"', '"n/k" = "hidden"'), "symbols.n/k is 'hidden'"),
        (('column = "Year"', "value = 1890"), "year.value is 1890"),
        (('name = "mine"', ""), "name is missing"),
        (("[organisation]", "[organisation"), "is not sound TOML"),
        (('column = "URN"', 'column = "URN"\nkind = "name"'), "organisation.lookup is nothing"),
        (('column = "Pupils"', ""), None),
        (('register = "user"', ""), "fills the table organisations but not its register"),
        (
            ('denominator = "Pupils"', 'denominator = "Pupil"'),
            "has no column Pupil, which the mapping mine names. Did you mean Pupils?",
        ),
    ],
)
def test_a_mistake_in_a_mapping_is_told_by_its_key(
    store: Store, tmp_path: Path, change: tuple[str, str], words: str | None
) -> None:
    answer = with_mapping(store, tmp_path, MAPPING.replace(*change))
    if words is None:
        assert isinstance(answer, Receipt)
        return
    assert isinstance(answer, Rejection)
    assert words in answer.message
    assert answer.log is None
    assert store.receipts() == []


def test_a_mapping_that_is_not_there_is_told(store: Store, tmp_path: Path) -> None:
    [answer] = load(store, [tmp_path / "x.csv"], mapping=tmp_path / "no.toml")
    assert isinstance(answer, Rejection)
    assert "There is no mapping file" in answer.message


def test_schools_without_urn_are_found_in_a_list_by_name_and_authority_or_set_aside(
    store: Store, tmp_path: Path
) -> None:
    written(
        tmp_path,
        "URN,Name,LA\n100001,St. Mary's,936\n100002,Hill,936\n100003,Hill,936\n100004,Hill,919\n",
        "schools.csv",
    )
    mapping = """
name = "named"
[organisation]
column = "name"
kind = "name"
authority = "lea"
lookup = { file = "schools.csv", urn = "URN", name = "Name", authority = "LA" }
[year]
value = 2024
[[figure]]
column = "rwm"
measure = "ks2_rwm_expected"
"""
    records = [
        {"name": name, "lea": lea, "rwm": 60.0}
        for name, lea in (("St Mary's", 936), ("Hill", 936), ("Hill", 919), ("New", 936))
    ]
    receipt = with_mapping(
        store, tmp_path, mapping, gzip.compress(json.dumps(records).encode()), "own.json.gz"
    )
    assert isinstance(receipt, Receipt)
    assert (
        receipt.rows_set_aside == 2
    )  # two schools of one name in one authority, and one that the list has not
    found = store.frame("published_results").sort("organisation").collect()["organisation"].to_list()
    assert found == ["school:100001", "school:100004"]


def test_a_draft_is_a_sound_mapping_with_good_guesses(tmp_path: Path) -> None:
    header = (
        "School URN,Academic Year,Cohort,Reading Exp %,Maths high,RWM FSM6 expected,GPS average score,"
        "Writing Score,Notes"
    )
    path = written(
        tmp_path,
        f"{header}\n100001,2018/19,30,63%,0.1,50%,105,104,x\n100002,2018/19,20,n/k,0.2,SUPP,101,99,y\n",
        "own.csv",
    )
    [file] = received(path)
    draft = draft_mapping(file)
    import tomllib

    mapping = parse_mapping(tomllib.loads(draft), "draft")
    assert mapping.organisation is not None
    assert (mapping.organisation.column, mapping.organisation.kind) == ("School URN", "urn")
    assert mapping.year.column == "Academic Year"
    guessed = {
        figure.column: (figure.measure, figure.group, figure.unit, figure.denominator)
        for figure in mapping.figures
    }
    assert guessed == {
        "Reading Exp %": ("ks2_reading_expected", "all", "percent", "Cohort"),
        "Maths high": ("ks2_mathematics_higher", "all", "fraction", "Cohort"),
        "RWM FSM6 expected": ("ks2_rwm_expected", "disadvantaged", "percent", "Cohort"),
        "GPS average score": ("ks2_gps_average", "all", "number", None),
    }
    assert "#   Writing Score" in draft  # there is no writing test: a guess would be wrong
    assert '"n/k" = "not available"' in draft


def test_a_document_without_columns_cannot_be_drafted(tmp_path: Path) -> None:
    [file] = received(written(tmp_path, '{"a": 1}', "a.json"))
    with pytest.raises(Unreadable, match="has no columns"):
        draft_mapping(file)


def test_every_mapping_in_the_documentation_is_sound() -> None:
    names = sorted(path.stem for path in MAPPINGS.glob("*.toml"))
    assert len(names) == 10
    assert [read_mapping(MAPPINGS / f"{name}.toml").name for name in names] == names


REAL = {
    "england_ks2_2016": ("ks2/england/2015-2016_england_ks2_subset.csv.gz", 16_162, 0),
    "england_ks2_2017": ("ks2/england/2016-2017_england_ks2_subset.csv.gz", 16_313, 0),
    "england_ks2_2018": ("ks2/england/2017-2018_england_ks2_subset.csv.gz", 16_364, 0),
    "england_ks2_2019_progress": ("ks2/england/2018-2019_england_ks2_progress_subset.csv.gz", 16_508, 0),
    "england_ks2_2023": ("ks2/england/2022-2023_england_ks2_by_urn.json.gz", 15_755, 0),
    "england_ks2_2024": ("ks2/england/2023-2024_england_ks2_primary_subset.json.gz", 15_071, 693),
    "england_ks2_2025": ("ks2/england/2024-2025_england_ks2_primary_subset.json.gz", 15_056, 546),
    "england_ks2_panel": ("ks2/england/ks2_school_panel_england_2016_2025.csv.gz", 111_076, 1_239),
    "london_ks2_2011": ("ks2/england/2010-2011_london_ks2.csv", 2_412, 0),
    "census_2026": ("context/2026_census_by_urn.json.gz", 24_433, 0),
}


@pytest.mark.real_data
@pytest.mark.parametrize("name", REAL)
def test_every_reduced_file_comes_in_with_its_mapping(store: Store, shared_data: Path, name: str) -> None:
    path, rows, aside = REAL[name]
    [receipt] = load(store, [shared_data / path], mapping=MAPPINGS / f"{name}.toml")
    assert isinstance(receipt, Receipt), receipt
    assert (receipt.rows_read, receipt.rows_set_aside) == (rows, aside)


@pytest.mark.real_data
def test_the_columns_headed_writing_in_the_reduced_files_are_grammar(store: Store, shared_data: Path) -> None:
    """Checked against the raw Surrey file of the same year, which has both."""
    load(store, [shared_data / REAL["england_ks2_2017"][0]], mapping=MAPPINGS / "england_ks2_2017.toml")
    load(store, [shared_data / "ks2" / "2016-2017_936_ks2final.csv"])
    every = (
        store.frame("published_results", 2017)
        .filter(
            (pl.col("group") == "all")
            & (pl.col("measure") == "ks2_gps_expected")
            & (pl.col("years_pooled") == 1)
            & (pl.col("status") == "reported")
        )
        .collect()
    )
    both = every.filter(pl.col("dataset") == "user:england_ks2_subset").join(
        every.filter(pl.col("dataset") == "dfe_performance_tables"), on="organisation"
    )
    assert both.height > 150
    assert (both["value"] == both["value_right"]).all()
