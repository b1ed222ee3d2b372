"""Headway's own pupil template: what `tables.py` can hold, a template can bring."""

from __future__ import annotations

import csv
import datetime
import io
from pathlib import Path

import polars as pl
import pytest

from headway.figures.sources import Reading, Unreadable
from headway.figures.sources.files import received
from headway.figures.sources.template import ASSESSMENTS, LONG, source, template_columns, template_csv
from headway.figures.tables import COLLECTIONS, PUPILS, TABLES, Column
from headway.figures.upn import check_letter

UPNS = [check_letter(rest) + rest for rest in (f"80120000100{n}" for n in range(1, 10))]


def read(path: Path, text: str) -> Reading:
    path.write_text(text, encoding="utf-8")
    return source.read(received(path)[0])


def table(reading: Reading, name: str) -> pl.DataFrame:
    return reading.tables[name].lazy().sort("row").collect()


def example(column: Column) -> str:
    """Some value that a column takes."""
    if column.name in ("urn", "upn", "year"):
        return {"urn": "125025", "upn": UPNS[0], "year": "2013"}[column.name]
    if column.allowed:
        return column.allowed[0]
    if column.type in ("integer", "number"):
        return str(int(column.minimum or 1))
    return {"boolean": "1", "date": "2009-05-03", "string": "W"}[column.type]


@pytest.mark.parametrize("collection", [*COLLECTIONS, *LONG])
def test_every_column_of_a_template_reaches_its_table(collection: str, tmp_path: Path) -> None:
    columns = template_columns(collection)
    given = {column.name: example(column) for column in columns}
    given |= {"collection": collection} if collection in COLLECTIONS else {}
    reading = read(tmp_path / "a.csv", f"{template_csv(collection)}{','.join(given.values())}\n")
    assert not [finding for finding in reading.findings if finding.severity == "error"]
    reached: dict[str, object] = {}
    for frame in (table(reading, name) for name in reading.tables):
        assert frame.height == 1
        assert frame["row"].to_list() == [2]
        reached |= frame.row(0, named=True)
    assert set(reached) - {"row", "identity", "organisation", "collection"} == set(given) - {
        "urn",
        "collection",
    }
    assert None not in reached.values()
    assert reached["organisation"] == "school:125025"
    wanted = {"identities", collection} if collection in LONG else {"identities", "pupils"}
    wanted |= {ASSESSMENTS[collection].name} if collection in ASSESSMENTS else set()
    assert set(reading.tables) == wanted
    for name in reading.tables:
        for column, kind in table(reading, name).schema.items():
            assert column in ("row", "identity") or TABLES[name][column].polars == kind


@pytest.mark.parametrize("collection", [*COLLECTIONS, *LONG])
def test_every_template_is_recognised(collection: str, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    columns = template_csv(collection)
    path.write_text(columns + ",".join("1" for _ in columns.split(",")) + "\n")
    found = source.recognise(received(path)[0])
    assert found is not None
    assert found.certainty == 1.0


def test_a_template_is_one_line_that_a_spreadsheet_opens() -> None:
    [header] = list(csv.reader(io.StringIO(template_csv("phonics"))))
    assert header[:7] == ["upn", "former_upn", "surname", "forename", "date_of_birth", "urn", "year"]
    assert header[7:9] == ["collection", "year_group"]
    assert header[-2:] == ["mark", "outcome"]
    assert len(header) == len(set(header))


def test_an_unknown_template_is_named() -> None:
    with pytest.raises(ValueError, match="'ks3'; there are foundation, phonics"):
        template_csv("ks3")


def test_an_empty_template_says_so(tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match="empty template"):
        read(
            tmp_path / "a.csv", template_csv("ks1") + ",".join("" for _ in template_columns("ks1")) + "\n" * 2
        )


def test_collections_may_be_mixed_in_a_file(tmp_path: Path) -> None:
    reading = read(
        tmp_path / "a.csv",
        f"""\
upn,urn,year,collection,sex,mark,outcome,score,reading_level
{UPNS[0]},125025,2012,phonics,f,33,wa,,
{UPNS[1]},125025,2012,Phonics,M,,A,,
{UPNS[1]},125025,2014,KS1,M,,,,2b
{UPNS[2]},125026,2022,mtc,M,,T,24,
{UPNS[2]},125026,2018,roll,M,,,,
""",
    )
    assert table(reading, "assessments_phonics").select("year", "mark", "outcome").rows() == [
        (2012, 33, "WA"), (2012, None, "A"),
    ]  # fmt: skip
    assert table(reading, "assessments_ks1").select("year", "reading_level").rows() == [(2014, "2B")]
    assert table(reading, "assessments_mtc").select("year", "score", "outcome").rows() == [(2022, 24, "T")]
    assert table(reading, "pupils")["collection"].to_list() == ["phonics", "phonics", "ks1", "mtc", "roll"]
    assert table(reading, "pupils")["sex"].to_list() == ["F", "M", "M", "M", "M"]
    assert table(reading, "identities").height == 5
    assert (reading.scope, reading.complete, reading.rows_read) == (
        "template:2012-2022:ks1+mtc+phonics+roll:2 schools", False, 5,
    )  # fmt: skip


def test_without_a_collection_the_columns_tell_it(tmp_path: Path) -> None:
    reading = read(
        tmp_path / "a.csv", f"upn,urn,year,reading_outcome,reading_score\n{UPNS[0]},125025,2018/19,AS,104\n"
    )
    assert table(reading, "assessments_ks2").select("year", "reading_score").rows() == [(2019, 104.0)]
    assert table(reading, "pupils")["collection"].to_list() == ["ks2"]


def test_columns_that_fit_two_collections_ask_for_the_collection(tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match="Add a column collection"):
        read(tmp_path / "a.csv", f"upn,urn,year,reading_level\n{UPNS[0]},125025,2012,2B\n")


@pytest.mark.parametrize(
    ("written", "year"),
    [("2019", 2019), ("2018/19", 2019), ("2018-19", 2019), ("201819", 2019), ("1999/00", 2000)],
)
def test_a_year_may_be_written_as_the_field_writes_it(written: str, year: int, tmp_path: Path) -> None:
    reading = read(tmp_path / "a.csv", f"upn,urn,year,collection\n{UPNS[0]},125025,{written},roll\n")
    assert table(reading, "pupils")["year"].to_list() == [year]


def test_a_row_without_year_school_or_collection_is_set_aside(tmp_path: Path) -> None:
    reading = read(
        tmp_path / "a.csv",
        f"""\
upn,urn,year,collection
{UPNS[0]},125025,2019,roll
{UPNS[1]},,2019,roll
{UPNS[2]},125025,,roll
{UPNS[3]},125025,2018/20,roll
{UPNS[4]},125025,2019,sats
{UPNS[5]},125025,2019,
""",
    )
    errors = [(found.rule, found.rows) for found in reading.findings if found.severity == "error"]
    assert errors == [
        ("unreadable value", (5,)), ("no school", (3,)), ("no year", (4, 5)), ("unknown collection", (6, 7)),
    ]  # fmt: skip
    assert table(reading, "pupils")["row"].to_list() == [2]


def test_teacher_assessments_have_a_row_a_term_and_subject(tmp_path: Path) -> None:
    reading = read(
        tmp_path / "a.csv",
        f"""\
upn,urn,year,year_group,term,subject,judgement,score,scale
{UPNS[0]},125025,2019,5,Autumn,Reading,4b,4.5,levels
{UPNS[0]},125025,2019,5,spring,Reading,4a,4.83,levels
{UPNS[0]},125025,2019,5,spring,reading,5c,5.17,levels
""",
    )
    assert table(reading, "teacher_assessments").select("term", "subject", "judgement", "score", "year_group").rows() == [
        ("autumn", "reading", "4B", 4.5, 5), ("spring", "reading", "5C", 5.17, 5),
    ]  # fmt: skip
    assert table(reading, "identities").height == 1
    assert [found.rows for found in reading.findings if found.rule == "pupil twice"] == [(3,)]


def test_absence_comes_with_the_roll_or_alone(tmp_path: Path) -> None:
    alone = read(
        tmp_path / "a.csv", f"upn,urn,year,terms,possible,authorised\n{UPNS[0]},125025,2019,6,380,10\n"
    )
    assert set(alone.tables) == {"identities", "absence"}
    both = read(
        tmp_path / "b.csv",
        f"""\
upn,urn,year,collection,sex,terms,possible,authorised,unauthorised
{UPNS[0]},125025,2019,roll,F,6,380,10,0
{UPNS[1]},125025,2019,roll,M,,,,
""",
    )
    assert table(both, "pupils").height == 2
    assert table(both, "absence").select("possible", "authorised", "unauthorised").rows() == [(380, 10, 0)]


def test_absence_without_terms_says_what_is_missing(tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match="not terms; absence need terms, possible"):
        read(tmp_path / "a.csv", f"upn,urn,year,possible\n{UPNS[0]},125025,2019,380\n")


def test_an_unknown_column_is_named_with_the_nearest(tmp_path: Path) -> None:
    reading = read(tmp_path / "a.csv", f"upn,urn,year,collection,ethnicty\n{UPNS[0]},125025,2019,roll,WBRI\n")
    [told] = reading.findings
    assert (told.severity, told.found, told.expected) == ("warning", "ethnicty", "perhaps ethnicity")


def test_headers_may_have_capitals_and_blanks(tmp_path: Path) -> None:
    reading = read(
        tmp_path / "a.csv",
        f"UPN,URN,Year,Collection,Date of birth,LAESTAB\n{UPNS[0]},125025,2019,roll,3/5/2009,9362001\n",
    )
    assert table(reading, "pupils")["birth_month"].to_list() == [5]
    assert table(reading, "identities")["date_of_birth"].to_list() == [datetime.date(2009, 5, 3)]
    assert reading.findings == []


def test_a_code_of_another_era_is_a_warning(tmp_path: Path) -> None:
    reading = read(
        tmp_path / "a.csv",
        f"""\
upn,urn,year,collection,writing_assessment
{UPNS[0]},125025,2018,ks2,PK3
{UPNS[1]},125025,2019,ks2,PK3
{UPNS[2]},125025,2015,ks2,EXS
""",
    )
    assert [(found.found, found.rows) for found in reading.findings if found.rule == "unknown code"] == [
        ("EXS in 2015", (4,)), ("PK3 in 2018", (2,)),
    ]  # fmt: skip


def test_disadvantage_follows_from_what_is_known(tmp_path: Path) -> None:
    reading = read(
        tmp_path / "a.csv",
        f"""\
upn,urn,year,collection,fsm6,looked_after
{UPNS[0]},125025,2019,roll,1,
{UPNS[1]},125025,2019,roll,0,1
{UPNS[2]},125025,2019,roll,0,0
{UPNS[3]},125025,2019,roll,0,
""",
    )
    assert table(reading, "pupils")["disadvantaged"].to_list() == [True, True, False, None]
    assert reading.findings == []
    alone = read(tmp_path / "b.csv", f"upn,urn,year,collection,fsm6\n{UPNS[0]},125025,2019,roll,0\n")
    assert table(alone, "pupils")["disadvantaged"].to_list() == [None]
    assert [found.rule for found in alone.findings] == ["disadvantage partly known"]


def test_a_file_of_another_kind_is_not_taken_for_a_template(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    for header in ("URN,LAESTAB,UPN,DOB,READOUTCOME", "urn,year,collection", "upn,score"):
        path.write_text(f"{header}\n{','.join('1' for _ in header.split(','))}\n")
        found = source.recognise(received(path)[0])
        assert found is None or found.certainty < 0.5, header


def test_what_the_template_can_hold_is_what_the_tables_can_hold() -> None:
    for collection in COLLECTIONS:
        names = {column.name for column in template_columns(collection)}
        tables = (PUPILS, ASSESSMENTS[collection]) if collection in ASSESSMENTS else (PUPILS,)
        for one in tables:
            assert {column.name for column in one.columns} - names == {"pupil", "organisation"} & {
                column.name for column in one.columns
            }
