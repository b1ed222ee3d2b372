"""DfE's key stage 2 pupil file: both orders of its columns, its codes, its year, its pupils without a UPN."""

from __future__ import annotations

import csv
import datetime
import random
from pathlib import Path

import polars as pl
import pytest
import xlsxwriter
from dfe_pupil_files import DEFAULTS, upn, written

from headway.figures.sources import Reading, Unreadable
from headway.figures.sources.dfe_ks2_pupils import FIELDS, source
from headway.figures.sources.files import received
from headway.figures.tables import TABLES


def read(path: Path) -> Reading:
    return source.read(received(path)[0])


def table(reading: Reading, name: str) -> pl.DataFrame:
    return reading.tables[name].lazy().sort("row").collect()


def rules(reading: Reading) -> list[str]:
    return [finding.rule for finding in reading.findings]


def test_a_pupil_keeps_every_field(tmp_path: Path) -> None:
    reading = read(written(tmp_path / "a.csv", [{}]))
    assert (reading.kind, reading.scope, reading.complete, reading.rows_read) == (
        "dfe_ks2_pupils", "dfe_ks2_pupils:2026:school:125025", True, 1,
    )  # fmt: skip
    assert table(reading, "identities").row(0, named=True) == {
        "row": 2, "identity": upn(0), "year": 2026, "upn": upn(0), "surname": "Brown", "forename": "Ada",
        "date_of_birth": datetime.date(2015, 5, 3),
    }  # fmt: skip
    assert table(reading, "pupils").row(0, named=True) == {
        "row": 2, "identity": upn(0), "year": 2026, "collection": "ks2", "organisation": "school:125025",
        "inclusion": "201", "sex": "F", "birth_month": 5, "ethnicity": "WBRI", "first_language": "ENG", "eal": False,
        "fsm": False, "fsm6": True, "disadvantaged": True, "sen": "N", "mobile": False,
        "entry_date": datetime.date(2019, 9, 1),
    }  # fmt: skip
    assert table(reading, "assessments_ks2").row(0, named=True) == {
        "row": 2, "identity": upn(0), "year": 2026,
        "reading_outcome": "AS", "reading_score": 104.0, "reading_mark": 31,
        "mathematics_outcome": "NS", "mathematics_score": None, "mathematics_mark": 3,
        "gps_outcome": "AS", "gps_score": 101.0, "gps_mark": 40,
        "reading_assessment": None, "writing_assessment": "EXS", "mathematics_assessment": None,
        "science_assessment": "HNM",
        "ks1_reading": "EXS", "ks1_writing": "WTS", "ks1_mathematics": "GDS", "ks1_average_points": 8.5,
        "ks1_band": "high", "prior_attainment_group": 14, "rwm_eligible": True, "rwm_expected": False,
        "in_reading_progress": True, "reading_progress_attainment": 104.0, "reading_progress_predicted": 102.5,
        "reading_progress": 1.5, "in_writing_progress": True, "writing_progress_attainment": 103.0,
        "writing_progress_predicted": 101.0, "writing_progress": 2.0, "in_mathematics_progress": False,
        "mathematics_progress_attainment": 79.0, "mathematics_progress_predicted": 103.25,
        "mathematics_progress": None,
    }  # fmt: skip
    assert {finding.severity for finding in reading.findings} <= {"note", "warning"}


def test_its_frames_fit_the_tables(tmp_path: Path) -> None:
    reading = read(written(tmp_path / "a.csv", [{}, {"UPN": ""}]))
    for name, frame in reading.tables.items():
        contract = TABLES[name]
        for column, kind in frame.lazy().collect_schema().items():
            if column not in ("identity", "row"):
                assert contract[column].polars == kind, (name, column)


def test_the_order_of_the_columns_does_not_matter(tmp_path: Path) -> None:
    order = ["UPN", *DEFAULTS]
    random.Random(4).shuffle(order)
    pupils = [{"EALGRP": "2", "KS1GROUP": "4"}, {"EALGRP": "3", "SENF": "E"}]
    first = read(written(tmp_path / "a.csv", pupils))
    other = read(written(tmp_path / "b.csv", pupils, order, supplier=True))
    for name in first.tables:
        columns = sorted(table(first, name).columns)
        assert table(first, name).select(columns).equals(table(other, name).select(columns))
    assert table(first, "pupils")["eal"].to_list() == [True, None]
    assert table(first, "assessments_ks2")["ks1_band"].to_list() == [None, "high"]


@pytest.mark.real_data
@pytest.mark.parametrize("delivery", ["september_column", "december_column"])
def test_both_deliveries_of_dfe_are_recognised_and_read(
    delivery: str, shared_data: Path, tmp_path: Path
) -> None:
    listed = pl.read_csv(
        shared_data / "formats" / "dfe_ks2_pupil_checking_file_fields_2025-26.csv", infer_schema=False
    )
    assert set(listed["field"]) == set(FIELDS)
    place = pl.col(delivery).str.len_bytes()
    order = listed.sort(place, delivery)
    fields = order["field"].to_list()
    path = written(tmp_path / "a.csv", [{}, {}], fields)
    text = path.read_text().split("\n", 1)[1]
    headers = [name if name != "(stamped)" else "P_INCL_DESC" for name in order["supplier_header"]]
    path.write_text(",".join(headers) + "\n" + text)
    file = received(path)[0]
    found = source.recognise(file)
    assert found is not None
    assert (found.certainty, found.missing) == (1.0, ())
    assert source.read(file).rows_read == 2


def test_an_excel_file_is_read_alike(tmp_path: Path) -> None:
    pupils = [{}, {"DOB": "21/10/14", "READSCORE": "99"}]
    path = written(tmp_path / "a.csv", pupils)
    with xlsxwriter.Workbook(tmp_path / "a.xlsx") as book:
        sheet = book.add_worksheet()
        day = book.add_format({"num_format": "dd/mm/yyyy"})
        with path.open(encoding="utf-8") as file:
            for number, row in enumerate(csv.reader(file)):
                for column, cell in enumerate(row):
                    if number and "/" in cell:
                        sheet.write_datetime(
                            number, column, datetime.datetime.strptime(cell, "%d/%m/%y"), day
                        )
                    elif number and cell.replace(".", "").isdigit():
                        sheet.write_number(number, column, float(cell))
                    else:
                        sheet.write_string(number, column, cell)
    plain, excel = read(path), read(tmp_path / "a.xlsx")
    for name in plain.tables:
        assert table(plain, name).equals(table(excel, name)), name


def test_other_files_are_not_taken_for_it(tmp_path: Path) -> None:
    for header in ("URN,UPN,SURNAME", "ACADYR," + ",".join(FIELDS), "RECTYPE,URN,READ_AVERAGE"):
        path = tmp_path / "other.csv"
        path.write_text(f"{header}\n{','.join('1' for _ in header.split(','))}\n")
        assert source.recognise(received(path)[0]) is None


def test_the_year_is_that_in_which_its_pupils_are_eleven(tmp_path: Path) -> None:
    born = [
        "01/09/14",
        "31/08/15",
        "15/01/15",
        "12/12/14",
        "02/03/15",
        "04/05/15",
        "30/06/15",
        "01/01/15",
        "09/09/14",
    ]
    reading = read(written(tmp_path / "a.csv", [{"DOB": day} for day in [*born, "31/08/14"]]))
    assert set(table(reading, "pupils")["year"]) == {2026}
    [told] = [finding for finding in reading.findings if finding.rule == "year from dates of birth"]
    assert told.severity == "note"
    assert told.found == "2025/26: 9 of 10 pupils (90.0 %) are eleven on its 31 August"


def test_a_file_of_mixed_ages_warns_of_its_year(tmp_path: Path) -> None:
    days = ["01/05/15", "01/05/15", "01/05/14"]
    reading = read(written(tmp_path / "a.csv", [{"DOB": day} for day in days]))
    [told] = [finding for finding in reading.findings if finding.rule == "year from dates of birth"]
    assert (told.severity, reading.scope) == ("warning", "dfe_ks2_pupils:2026:school:125025")


@pytest.mark.parametrize("days", [["01/05/15", "01/05/14"], ["", "soon"]])
def test_a_file_whose_year_cannot_be_told_is_unreadable(days: list[str], tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match="does not say which year"):
        read(written(tmp_path / "a.csv", [{"DOB": day} for day in days]))


def test_a_wrong_or_missing_upn_is_a_warning_and_the_pupil_counts(tmp_path: Path) -> None:
    wrong = "A" + upn(1)[1:] if not upn(1).startswith("A") else "B" + upn(1)[1:]
    pupils = [{}, {"UPN": wrong}, {"UPN": ""}, {"UPN": " "}, {"UPN": "", "FORENAME": "Bea"}]
    reading = read(written(tmp_path / "a.csv", pupils))
    identities = table(reading, "identities")["identity"].to_list()
    assert len(set(identities)) == 5
    assert identities[1] == wrong
    found = {finding.rule: finding for finding in reading.findings}
    assert found["UPN check letter"].rows == (3,)
    assert found["no UPN"].rows == (4, 5, 6)
    assert "error" not in {finding.severity for finding in reading.findings}


def test_a_pupil_without_a_upn_is_the_same_when_loaded_again(tmp_path: Path) -> None:
    first = read(written(tmp_path / "a.csv", [{"UPN": ""}, {"UPN": "", "FORENAME": "Bea"}]))
    other = read(written(tmp_path / "b.csv", [{}, {"UPN": "", "FORENAME": "Bea"}, {"UPN": ""}]))
    assert set(table(first, "identities")["identity"]) < set(table(other, "identities")["identity"])


def test_no_finding_names_a_pupil(tmp_path: Path) -> None:
    pupils = [{"UPN": "A000000000000", "DOB": "Ada's"}, {"UPN": "", "READSCORE": "many"}, {}]
    reading = read(written(tmp_path / "a.csv", pupils))
    told = " ".join(f"{finding.found} {finding.advice}" for finding in reading.findings)
    assert not any(secret in told for secret in ("Brown", "Ada", "A000000000000", upn(2)))


def test_a_value_that_cannot_be_read_sets_its_row_aside(tmp_path: Path) -> None:
    reading = read(
        written(tmp_path / "a.csv", [{}, {"READSCORE": "1o4"}, {"MATMRK": "3.5"}, {"KS1GROUP": "5"}])
    )
    errors = [finding for finding in reading.findings if finding.severity == "error"]
    assert {(finding.column, finding.found, finding.rows) for finding in errors} == {
        ("READSCORE", "1o4", (3,)), ("MATMRK", "3.5", (4,)), ("KS1GROUP", "5", (5,)),
    }  # fmt: skip


def test_a_date_that_cannot_be_read_leaves_the_row_in(tmp_path: Path) -> None:
    reading = read(written(tmp_path / "a.csv", [{}, {"ENTRYDAT": "32/13/19"}]))
    assert table(reading, "pupils")["entry_date"].to_list() == [datetime.date(2019, 9, 1), None]
    [told] = [finding for finding in reading.findings if finding.rule == "unreadable value"]
    assert (told.severity, told.column, told.rows) == ("warning", "ENTRYDAT", (3,))


def test_an_unknown_code_is_named_with_its_rows(tmp_path: Path) -> None:
    reading = read(written(tmp_path / "a.csv", [{}, {"WRITTAOUTCOME": "exs"}, {"WRITTAOUTCOME": "PKF"}]))
    assert table(reading, "assessments_ks2")["writing_assessment"].to_list() == ["EXS", "EXS", "PKF"]
    [told] = [finding for finding in reading.findings if finding.rule == "unknown code"]
    assert (told.severity, told.column, told.found, told.rows) == (
        "warning",
        "WRITTAOUTCOME",
        "PKF in 2026",
        (4,),
    )


def test_a_pupil_of_two_schools_counts_where_it_came_last(tmp_path: Path) -> None:
    same = {"UPN": upn(7)}
    reading = read(written(tmp_path / "a.csv", [
        {**same, "ENTRYDAT": "01/02/26", "URN": "125026"}, {**same, "ENTRYDAT": "01/09/19"}, {**same, "ENTRYDAT": ""}, {},
    ]))  # fmt: skip
    assert table(reading, "pupils")["organisation"].to_list() == ["school:125026", "school:125025"]
    [told] = [finding for finding in reading.findings if finding.rule == "pupil twice"]
    assert (told.severity, told.rows) == ("error", (3, 4))


def test_a_pupil_without_a_school_is_set_aside(tmp_path: Path) -> None:
    reading = read(written(tmp_path / "a.csv", [{}, {"URN": ""}]))
    [told] = [finding for finding in reading.findings if finding.severity == "error"]
    assert (told.rule, told.rows) == ("no school", (3,))
    assert table(reading, "pupils").height == 1


def test_inclusion_is_kept_apart(tmp_path: Path) -> None:
    reading = read(written(tmp_path / "a.csv", [{}, {"P_INCL": "202"}, {"P_INCL": "203"}]))
    assert table(reading, "pupils")["inclusion"].to_list() == ["201", "202", "203"]
    assert {"inclusion 202", "inclusion 203"} <= set(rules(reading))


def test_files_of_other_schools_have_another_scope(tmp_path: Path) -> None:
    one = read(written(tmp_path / "a.csv", [{}, {"URN": "125026"}])).scope
    again = read(written(tmp_path / "b.csv", [{"URN": "125026"}, {}, {}])).scope
    other = read(written(tmp_path / "c.csv", [{}, {"URN": "125027"}])).scope
    assert one == again != other
    assert one.startswith("dfe_ks2_pupils:2026:2 schools")


def test_without_free_school_meals_disadvantage_is_unknown_and_says_so(tmp_path: Path) -> None:
    reading = read(written(tmp_path / "a.csv", [{}, {"FSM6_P": "0"}, {"FSM6_P": ""}]))
    assert table(reading, "pupils")["disadvantaged"].to_list() == [True, None, None]
    assert "disadvantage partly known" in rules(reading)


def test_a_row_that_stands_twice_is_taken_once(tmp_path: Path) -> None:
    reading = read(written(tmp_path / "a.csv", [{"UPN": upn(7)}, {"UPN": upn(7)}, {}]))
    assert table(reading, "pupils")["row"].to_list() == [3, 4]
    [told] = [finding for finding in reading.findings if finding.rule == "repeated row"]
    assert (told.severity, told.rows) == ("note", (2,))


def test_missing_and_unused_columns_are_named(tmp_path: Path) -> None:
    order = [name for name in ("UPN", *DEFAULTS) if name not in ("GPSSCORE", "FSM")]
    reading = read(written(tmp_path / "a.csv", [{}], order))
    found = {finding.rule: finding.found for finding in reading.findings}
    assert found["missing columns"] == "FSM, GPSSCORE"
    assert "CYPMD_ID" in found["columns not kept"]


def test_a_file_without_pupils_or_without_dates_is_unreadable(tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match="no pupils"):
        read(written(tmp_path / "a.csv", []))
    order = [name for name in ("UPN", *DEFAULTS) if name != "DOB"]
    with pytest.raises(Unreadable, match="no column DOB"):
        read(written(tmp_path / "b.csv", [{}], order))
