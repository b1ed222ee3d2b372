"""Reading: containers, encodings, shape. Nothing is truncated, padded or decoded silently."""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import json
import zipfile
from pathlib import Path

import openpyxl
import polars as pl
import pytest
from files_for_tests import GOOD, written
from hypothesis import given, settings
from hypothesis import strategies as st

from headway.figures.reading import ReceivedFile, containers, received
from headway.figures.reading.received import header_names
from headway.figures.sources import Unreadable


def one(folder: Path, content: str | bytes, name: str = "file.csv") -> ReceivedFile:
    [file] = received(written(folder, content, name))
    return file


def cells(file: ReceivedFile) -> list[tuple[object, ...]]:
    return file.rows().collect().rows()


def rules(file: ReceivedFile) -> list[tuple[str, str, tuple[int, ...]]]:
    return [(found.severity, found.rule, found.rows) for found in file.problems]


def test_rows_are_text_and_numbered_as_in_the_file(tmp_path: Path) -> None:
    file = one(tmp_path, 'a,b\n1,x\n"2","y ""z"""\n')
    assert file.header == ("a", "b")
    assert cells(file) == [(2, "1", "x"), (3, "2", 'y "z"')]
    assert file.rows(["b"]).collect().columns == ["row", "b"]
    assert file.problems == []


def test_a_blank_cell_is_null_and_a_cell_of_spaces_keeps_them(tmp_path: Path) -> None:
    assert cells(one(tmp_path, 'a,b,c\n,"", \n1,2,3\n')) == [(2, None, None, " "), (3, "1", "2", "3")]


def test_a_quoted_cell_may_hold_line_ends_and_counts_as_one_row(tmp_path: Path) -> None:
    file = one(tmp_path, 'a,b\n"x\ny",1\n2,3\n')
    assert cells(file) == [(2, "x\ny", "1"), (3, "2", "3")]


@pytest.mark.parametrize("delimiter", [",", "\t", ";", "|"])
def test_the_delimiter_is_found(tmp_path: Path, delimiter: str) -> None:
    file = one(
        tmp_path,
        delimiter.join("abc") + "\n" + delimiter.join(["1,5" if delimiter == ";" else "1", "2", "3"]) + "\n",
    )
    assert (file.delimiter, len(file.header)) == (delimiter, 3)


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        ("name,n\nZoë’s,1\n".encode(), "utf-8"),
        (codecs.BOM_UTF8 + "name,n\nZoë’s,1\n".encode(), "utf-8-sig"),
        ("name,n\nZoë’s,1\n".encode("utf-16"), "utf-16"),
        ("name,n\nZoë’s,1\n".encode("utf-16-le"), "utf-16"),
        ("name,n\nZoë’s,1\n".encode("utf-16-be"), "utf-16"),
        ("name,n\nZoë’s,1\n".encode("cp1252"), "cp1252"),
    ],
)
def test_the_encoding_is_recognised(tmp_path: Path, content: bytes, encoding: str) -> None:
    file = one(tmp_path, content)
    assert file.encoding == encoding
    assert file.header == ("name", "n")
    assert cells(file) == [(2, "Zoë’s", "1")]


def test_undecodable_bytes_set_their_row_aside_and_are_never_replaced_silently(tmp_path: Path) -> None:
    file = one(tmp_path, b"name,n\ncaf\x81,1\nna\xefve,2\n")
    assert file.encoding == "cp1252"
    assert cells(file) == [(3, "naïve", "2")]
    assert rules(file) == [("error", "undecodable", (2,))]
    assert file.rejected[0].row == 2


def test_one_bad_byte_does_not_make_a_utf8_file_windows_1252(tmp_path: Path) -> None:
    file = one(tmp_path, "name,n\nZoë,1\nChloë,2\n".encode() + b"bad\xff,3\n")
    assert file.encoding == "utf-8"
    assert cells(file) == [(2, "Zoë", "1"), (3, "Chloë", "2")]
    assert rules(file) == [("error", "undecodable", (4,))]


def test_a_nul_byte_sets_its_row_aside(tmp_path: Path) -> None:
    file = one(tmp_path, b"a,b\n1,2\n3,\x004\n5,6\n" + b"7,8\n" * 50)
    assert rules(file) == [("error", "undecodable", (3,))]
    assert cells(file)[:2] == [(2, "1", "2"), (4, "5", "6")]


def test_a_row_short_at_the_end_is_accepted_and_said(tmp_path: Path) -> None:
    file = one(tmp_path, "a,b,c\n1,2,3\n4,5\n6,7,8\n")
    assert cells(file) == [(2, "1", "2", "3"), (3, "4", "5", None), (4, "6", "7", "8")]
    assert rules(file) == [("warning", "short at the end", (3,))]
    assert file.rejected == []


def test_a_row_too_long_is_set_aside_with_its_text(tmp_path: Path) -> None:
    file = one(tmp_path, "a,b\n1,2\n3,4,5\n6,7\n")
    assert cells(file) == [(2, "1", "2"), (4, "6", "7")]
    assert rules(file) == [("error", "too many cells", (3,))]
    assert (file.rejected[0].raw, file.rejected[0].cells) == ("3,4,5", ("3", "4", "5"))


def test_blank_cells_beyond_the_header_are_no_error(tmp_path: Path) -> None:
    file = one(tmp_path, "a,b\n1,2\n3,4,, \n6,7\n")
    assert cells(file) == [(2, "1", "2"), (3, "3", "4"), (4, "6", "7")]
    assert rules(file) == [("note", "blank cells beyond the header", (3,))]


def test_blank_lines_and_lines_of_delimiters_are_no_rows_and_do_not_shift_numbers(tmp_path: Path) -> None:
    file = one(tmp_path, "a,b,c\n1,2,3\n\n4,5,6\n,,\n7,8,9\n,,\n\n\n")
    assert [row[0] for row in cells(file)] == [2, 4, 6]
    assert file.problems == []
    assert file.row_count == 3


def test_a_quotation_mark_inside_a_cell_is_kept_and_said(tmp_path: Path) -> None:
    file = one(tmp_path, 'a,b\n1,5" ruler\n2,x\n')
    assert cells(file) == [(2, "1", '5" ruler'), (3, "2", "x")]
    assert rules(file) == [("warning", "quotation mark inside a cell", (2,))]


def test_an_unclosed_quotation_mark_costs_its_own_row_only(tmp_path: Path) -> None:
    file = one(tmp_path, 'a,b,c\n1,2,3\n4,"5,6,7\n8,9,10\n"x\ny",11,12\n13,14,15\n')
    assert cells(file) == [
        (2, "1", "2", "3"),
        (4, "8", "9", "10"),
        (5, "x\ny", "11", "12"),
        (6, "13", "14", "15"),
    ]
    assert rules(file) == [("error", "quotation mark astray", (3,))]


def test_old_line_ends_are_read(tmp_path: Path) -> None:
    assert cells(one(tmp_path, "a,b\r1,2\r3,4\r")) == [(2, "1", "2"), (3, "3", "4")]
    assert cells(one(tmp_path, "a,b\r\n1,2\r\n3,4\r\n", "two.csv")) == [(2, "1", "2"), (3, "3", "4")]


def test_title_lines_above_the_header_are_passed_over_and_said(tmp_path: Path) -> None:
    file = one(
        tmp_path, 'State-funded schools,,\n"Source: Ofsted,\n2019",,\n\nURN,Name,Grade\n100001,Hill,2\n'
    )
    assert (file.header, file.header_row) == (("URN", "Name", "Grade"), 4)
    assert [row[0] for row in cells(file)] == [5]
    assert ("note", "title lines", (4,)) in rules(file)


def test_repeated_and_empty_column_names_are_told_apart() -> None:
    assert header_names(["\ufeffURN ", "", "SNP", "SNP", "row"]) == (
        "URN",
        "column_2",
        "SNP",
        "SNP (2)",
        "row (2)",
    )


def test_a_gzip_file_reads_like_the_file_in_it(tmp_path: Path) -> None:
    file = one(tmp_path, gzip.compress(b"a,b\n1,2\n") + gzip.compress(b"3,4\n"), "file.csv.gz")
    assert cells(file) == [(2, "1", "2"), (3, "3", "4")]
    assert file.container == "csv.gz"


def zipped(members: dict[str, bytes]) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return held.getvalue()


def test_a_zip_gives_each_member_by_name_and_no_path_of_it_is_used(tmp_path: Path) -> None:
    content = zipped(
        {
            "../../b.csv": b"a,b\n1,2\n",
            "/etc/a.csv": b"c,d\n3,4\n",
            "__MACOSX/._a.csv": b"\0",
            "c.zip": zipped({}),
        }
    )
    files = received(written(tmp_path, content, "all.zip"))
    assert [file.name for file in files] == ["all.zip/b.csv", "all.zip/a.csv", "all.zip/c.zip"]
    assert "archive inside an archive" in files[2].unreadable
    assert cells(files[1]) == [(2, "3", "4")]
    assert [path.name for path in tmp_path.iterdir()] == ["all.zip"]


def test_an_archive_that_would_unfold_without_end_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(containers, "HARMLESS", 1 << 20)
    with pytest.raises(Unreadable, match="would unfold to 4,194,304 bytes"):
        received(written(tmp_path, zipped({"a.csv": b"0" * (1 << 22)}), "bomb.zip"))
    with pytest.raises(Unreadable, match="unfolds to more than"):
        received(written(tmp_path, gzip.compress(b"0" * (1 << 23)), "bomb.gz"))


def workbook(rows: list[list[object]], merged: str | None = None, title: str = "Sheet1") -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = title
    for row in rows:
        sheet.append(row)
    if merged:
        sheet.merge_cells(merged)
    book.create_sheet("Empty")
    held = io.BytesIO()
    book.save(held)
    return held.getvalue()


def test_a_spreadsheet_reads_as_text_with_whole_numbers_and_iso_dates(tmp_path: Path) -> None:
    import datetime as dt

    file = one(
        tmp_path,
        workbook(
            [
                ["URN", "Score", "Day", "Open"],
                [100001.0, 0.1 + 0.2, dt.date(2019, 5, 13), True],
                [None, " ", None, "x"],
            ]
        ),
        "a.xlsx",
    )
    assert cells(file) == [(2, "100001", "0.3", "2019-05-13", "TRUE"), (3, None, " ", None, "x")]
    assert file.sheets == ("Sheet1", "Empty")


def test_merged_cells_are_noticed(tmp_path: Path) -> None:
    file = one(tmp_path, workbook([["LA", "School"], ["Surrey", "Hill"], [None, "Vale"]], "A2:A3"), "a.xlsx")
    assert cells(file) == [(2, "Surrey", "Hill"), (3, None, "Vale")]
    assert rules(file) == [("warning", "merged cells", (2,))]


def test_a_ruler_above_the_header_is_no_header(tmp_path: Path) -> None:
    file = one(
        tmp_path,
        workbook([["A", "B", "C", 4], [1, 2, 3, 4], ["LA num", "LA", "SN1", "SN2"], [301, "B", 308, 821]]),
        "a.xlsx",
    )
    assert (file.header_row, file.header[0]) == (3, "LA num")


def test_json_of_both_shapes_reads_as_rows(tmp_path: Path) -> None:
    keyed = one(tmp_path, json.dumps({"100001": {"rwm": 61.0, "x": None}, "100002": {"rwm": 5.5}}), "a.json")
    assert keyed.header == ("key", "rwm", "x")
    assert cells(keyed) == [(1, "100001", "61", None), (2, "100002", "5.5", None)]
    assert cells(one(tmp_path, '[{"a": "", "b": [1]}]', "b.json")) == [(1, None, "[1]")]
    other = one(tmp_path, '{"a": 1}', "c.json")
    assert (other.header, other.json()) == ((), {"a": 1})


def test_parquet_reads_as_text(tmp_path: Path) -> None:
    pl.DataFrame({"LA Number": [301.0, None], "Values": ["1.5", ""]}).write_parquet(tmp_path / "a.parquet")
    [file] = received(tmp_path / "a.parquet")
    assert cells(file) == [(1, "301", "1.5"), (2, None, None)]


def test_asking_for_a_column_that_is_not_there_names_those_that_are(tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match=r"has no column URNS\. Its columns are URN, NAME"):
        one(tmp_path, GOOD).rows(["URNS"])


TEXT = st.text(
    st.characters(codec="utf-8", min_codepoint=32, exclude_characters="␀�", exclude_categories=["Cs"]),
    max_size=6,
) | st.sampled_from(["\n", "\r", "a\r\nb", "\t", '"', '""', ","])


@settings(max_examples=150, deadline=None)
@given(
    rows=st.lists(st.tuples(TEXT, TEXT, TEXT), min_size=1, max_size=8), bom=st.booleans(), crlf=st.booleans()
)
def test_whatever_csv_is_written_comes_back_cell_for_cell(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str, str]], bom: bool, crlf: bool
) -> None:
    """Independent reference: Python's csv module writes it."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n" if crlf else "\n", quoting=csv.QUOTE_ALL)
    writer.writerow(["first", "second", "third"])
    writer.writerows(rows)
    folder = tmp_path_factory.mktemp("csv")
    file = one(folder, (codecs.BOM_UTF8 if bom else b"") + text.getvalue().encode())
    expected = [
        (number, *(cell or None for cell in row)) for number, row in enumerate(rows, start=2) if any(row)
    ]
    assert [row for row in cells(file) if any(row[1:])] == expected
    assert not file.rejected


PLAIN = st.text('ab1 ,"\n', max_size=40)


@settings(max_examples=300, deadline=None)
@given(body=PLAIN)
def test_every_line_is_read_or_set_aside_and_none_is_lost(
    tmp_path_factory: pytest.TempPathFactory, body: str
) -> None:
    file = one(tmp_path_factory.mktemp("lines"), "x,y\nq,q\n" + body + "\nz,z\n")
    read, rejected = file.rows().collect(), file.rejected
    held = "".join(cell or "" for row in read.rows() for cell in row[1:]) + "".join(
        one.raw for one in rejected
    )
    for letter in "ab1":
        assert held.count(letter) == body.count(letter)
    assert not set(read["row"]) & {one.row for one in rejected}


@pytest.mark.real_data
def test_the_short_rows_of_the_real_surrey_files_are_all_found(shared_data: Path) -> None:
    short = {}
    for name, rows in (("2016-2017", 235), ("2017-2018", 238), ("2018-2019", 242)):
        [file] = received(shared_data / "ks2" / f"{name}_936_ks2final.csv")
        short[name] = sum(len(found.rows) for found in file.problems if found.rule == "short at the end")
        assert file.rows().collect().height == rows
        assert not file.rejected
    assert short == {"2016-2017": 22, "2017-2018": 10, "2018-2019": 12}


@pytest.mark.real_data
def test_every_real_file_is_read_with_the_rows_that_provenance_gives(shared_data: Path) -> None:
    wanted = {
        "la/bds_long_0.parquet": (641_070, 7),
        "gias/2021_england_links_edubasealldata.csv.gz": (29_813, 5),
        "gias/2022-08_england_open_schools_37cols.csv.gz": (20_189, 46),
        "ofsted/20180731_england_ofsted-schools.xlsx": (21_739, 7),
        "ks2/england/ks2_school_panel_england_2016_2025.csv.gz": (111_076, 19),
        "context/2024-2025_england_census.csv.gz": (24_473, 23),
    }
    for name, (rows, columns) in wanted.items():
        [file] = received(shared_data / name)
        assert (file.rows().select(pl.len()).collect().item(), len(file.header)) == (rows, columns)


@pytest.mark.parametrize(
    "header",
    [
        "x,b,x",
        "x,,b",
        " x,b,c",
        "\ufeffx,b,c",
        '"x",b,c',
        "x,b,row",
        '"x\ny",b,c',
        "x\u00a0,b,c",
        "title\nx,b,c",
    ],
)
@pytest.mark.parametrize("end", ["", "\n", "\r\n", "\n\n"])
def test_any_header_leaves_the_rows_below_it_as_they_are(tmp_path: Path, header: str, end: str) -> None:
    path = tmp_path / "file.csv"
    path.write_text(f"{header}\n1,2,3\n4,5,6" + end, newline="", encoding="utf-8")
    (file,) = received(path)
    found = file.rows().collect()
    assert [row[1:] for row in found.rows()] == [("1", "2", "3"), ("4", "5", "6")]
    assert found["row"].to_list() == [file.header_row + 1, file.header_row + 2]


@pytest.mark.parametrize("rows", [",,\n1,2,3", "1,2,3\n,,", "1,2,3\n,,\n4,5,6", ",,\r\n1,2,3"])
def test_a_row_of_delimiters_only_is_no_row_wherever_it_stands(tmp_path: Path, rows: str) -> None:
    path = tmp_path / "file.csv"
    path.write_text("a,b,c\n" + rows, newline="")
    (file,) = received(path)
    found = file.rows().collect()
    assert found["a"].to_list() == [cells[0] for cells in (r.split(",") for r in rows.split()) if cells[0]]
    assert file.row_count == found.height
