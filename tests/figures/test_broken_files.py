"""Broken files: never a traceback, never a partial load. The store is the same before and after a refusal."""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import openpyxl
import polars as pl
import pytest
from files_for_tests import GOOD, HEADER, ROWS, SOURCES, written
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from headway.figures.loading import Rejection, load
from headway.figures.sources import registry
from headway.figures.store import Receipt, Store


def state(store: Store) -> tuple[object, ...]:
    """All that a load can change: receipts, parts and set-aside files with their content."""
    files = sorted(
        (str(path.relative_to(store.folder)), hashlib.sha256(path.read_bytes()).hexdigest())
        for folder in ("parts", "current", "set-aside")
        for path in (store.folder / folder).rglob("*")
        if path.is_file()
    )
    return ([receipt.id for receipt in store.receipts()], files)


def excel(rows: list[list[object]], merge: str = "") -> bytes:
    book = openpyxl.Workbook()
    assert book.active is not None
    for row in rows:
        book.active.append(row)
    if merge:
        book.active.merge_cells(merge)
    held = io.BytesIO()
    book.save(held)
    return held.getvalue()


def in_zip(content: bytes, name: str = "file.csv") -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        archive.writestr(name, content)
    return held.getvalue()


def with_password() -> bytes:
    """What an encrypted workbook begins with: an OLE2 container in place of a zip."""
    return (
        bytes.fromhex("d0cf11e0a1b11ae1")
        + b"\0" * 504
        + "EncryptedPackage".encode("utf-16-le")
        + b"\0" * 4096
    )


TABLE = [line.split(",") for line in (HEADER, "100001,St Mary's,30,63%", "100003,Vale,28,50%")]
PACKED = gzip.compress((GOOD * 50).encode())
BOOK = excel(TABLE)  # type: ignore[arg-type]

REFUSED: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "is empty"),
    "blank lines": (b"\n\r\n \n", "is empty"),
    "a header and nothing": (HEADER.encode(), "no rows below its header"),
    "binary": (bytes(range(256)) * 40, "is not text"),
    "NUL throughout": (b"\0" * 1000, "is not text"),
    "a PDF": (b"%PDF-1.7 ...", "is a PDF document"),
    "a web page": (b"<!DOCTYPE html><html>Not found</html>", "web page"),
    "gzip cut short": (PACKED[: len(PACKED) // 2], "cut short"),
    "gzip damaged": (PACKED[:20] + b"\xff" * 20 + PACKED[40:], "damaged gzip"),
    "gzip in gzip": (gzip.compress(PACKED), "packed more than once"),
    "zip in zip": (in_zip(in_zip(GOOD.encode()), "inner.zip"), "archive inside an archive"),
    "zip cut short": (in_zip(GOOD.encode())[:-30], "damaged or unfinished"),
    "zip with nothing in it": (b"PK\x05\x06" + b"\0" * 18, "nothing in it"),
    "workbook cut short": (BOOK[: len(BOOK) // 2], "damaged or unfinished"),
    "workbook with a password": (with_password(), "password"),
    "workbook without a sheet filled": (excel([]), "no sheet with anything"),
    "JSON cut short": (json.dumps([{"URN": 1}] * 9).encode()[:-9], "breaks off"),
    "JSON too deep": (b"[" * 100_000, "nested too deeply"),
    "JSON of another shape": (b'{"a": [1, 2]}', "no list of records"),
    "Parquet cut short": (b"PAR1" + b"\0" * 50, "Parquet"),
    "columns swapped": (
        "\n".join([HEADER, *("63%,100001,x,y" for _ in ROWS)]).encode(),
        "none of its 4 rows could be used",
    ),
    "impossible values only": (
        f"{HEADER}\n100001,Hill,-30,63%\n".encode(),
        "none of its 1 rows could be used",
    ),
    "every row too long": (f"{HEADER}\n1,2,3,4,5\n1,2,3,4,5\n".encode(), "it has 5 cells"),
    "every byte undecodable": (
        f"{HEADER}\n".encode() + b"\x81\x81,\x8d,\x8f,\x90\n" * 3,
        "none of its 3 rows",
    ),
    "merged cells over the header": (excel([["Schools"], ["", ""], *TABLE[:1]], "A1:D1"), "no rows"),  # type: ignore[list-item]
    "random text": (b"lorem ipsum dolor sit amet", "was not recognised"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_a_broken_file_is_refused_in_words_and_changes_nothing(what: str, tmp_path: Path) -> None:
    content, words = REFUSED[what]
    store = Store.open(tmp_path / "store")
    load(store, [written(tmp_path, GOOD, "good.csv")], sources=SOURCES)
    before = state(store)
    [answer] = load(store, [written(tmp_path, content)], sources=SOURCES)
    assert isinstance(answer, Rejection), answer
    assert words in answer.message
    assert "file.csv" in answer.message
    assert answer.log is None, answer.log.read_text()
    assert state(store) == before


def test_a_folder_and_a_file_that_is_not_there_are_refused_in_words(tmp_path: Path) -> None:
    store = Store.open(tmp_path / "store")
    folder, nothing = load(store, [tmp_path, tmp_path / "nothing.csv"], sources=SOURCES)
    assert isinstance(folder, Rejection)
    assert "is a folder. Give the files in it" in folder.message
    assert isinstance(nothing, Rejection)
    assert "There is no file" in nothing.message


PARTLY: dict[str, tuple[bytes, int, int]] = {
    "ragged": (f"{GOOD}100005,a\n100006,b,1,1%,x\n".encode(), 6, 1),
    "duplicate keys": (f"{GOOD}100001,a,9,9%\n".encode(), 5, 2),
    "wrong encoding": (GOOD.replace("St Mary's", "St Mary’s Café").encode("cp1252"), 4, 0),
    "UTF-16": (GOOD.encode("utf-16"), 4, 0),
    "NUL bytes": ((GOOD * 1).encode() + b"100009,a\0,9,9%\n", 5, 1),
    "a cell of a million characters": (f"{GOOD}100009,{'x' * 1_000_000},9,9%\n".encode(), 5, 0),
    "a quotation mark astray": (f'{GOOD}100009,"a,9,9%,x\n'.encode(), 5, 1),
    "merged cells": (excel([*TABLE, ["100004", "Ford", 9, 0.5], ["", "x", 9, 0.5]], "A4:A5"), 4, 1),  # type: ignore[list-item]
    "cut in the middle of a row": (GOOD.encode()[:-8], 4, 0),
    "semicolons": (GOOD.replace('"Hill, The"', "Hill").replace(",", ";").encode(), 4, 0),
    "title lines": (f"Schools\n\n{GOOD}".encode(), 4, 0),
}


@pytest.mark.parametrize("what", PARTLY)
def test_a_partly_broken_file_goes_in_without_its_bad_rows(what: str, tmp_path: Path) -> None:
    content, rows, aside = PARTLY[what]
    store = Store.open(tmp_path / "store")
    [answer] = load(store, [written(tmp_path, content)], sources=SOURCES)
    assert isinstance(answer, Receipt), answer
    assert (answer.rows_read, answer.rows_set_aside) == (rows, aside)
    whole(store, answer)


def whole(store: Store, receipt: Receipt) -> None:
    """Every row of the file is accepted or set aside, and the file of those set aside has just them."""
    assert receipt.rows_read == receipt.rows_accepted + receipt.rows_set_aside
    assert (receipt.set_aside is None) == (receipt.rows_set_aside == 0)
    for table, years in receipt.tables.items():
        held = store.frame(table).filter(pl.col("receipt") == receipt.id).select(pl.len()).collect().item()
        assert held == sum(years.values())


REAL_SHAPES = {
    "dfe_ks2": (
        "RECTYPE,ALPHAIND,LEA,ESTAB,URN,SCHNAME,TELIG,PTRWM_EXP,PTRWM_HIGH,READ_AVERAGE,MAT_AVERAGE,READPROG,"
        "READPROG_LOWER,READPROG_UPPER,READCOV,PTRWM_EXP_B,PTRWM_EXP_18",
        "1,2,936,2001,125001,Hill,30,63%,10%,105,104,1.2,-0.5,2.9,97%,60%,58%",
    ),
    "gias": (
        "URN,LA (code),LA (name),EstablishmentNumber,EstablishmentName,TypeOfEstablishment (name),"
        "EstablishmentTypeGroup (name),EstablishmentStatus (name),OpenDate,CloseDate,PhaseOfEducation (name),"
        "StatutoryLowAge,StatutoryHighAge,Gender (name),SchoolCapacity,NumberOfPupils,PercentageFSM,UKPRN,LastChangedDate",
        "125001,936,Surrey,2001,Hill,Community school,Local authority maintained schools,Open,01-09-1990,,Primary,4,11,"
        "Mixed,210,205,12.5,10001234,22-04-2021",
    ),
    "links": (
        "URN,LinkURN,LinkName,LinkType,LinkEstablishedDate",
        "125001,125002,Vale School,Successor,31-08-2021",
    ),
    "ofsted": (
        "URN,LAESTAB,School name,Ofsted phase,Inspection start date,Publication date,Inspection type,"
        "Overall effectiveness,Category of concern",
        "125001,9362001,Hill,Primary,13/05/2019,20/06/2019,S5 Inspection,2,NULL",
    ),
    "pupils": (
        "LAESTAB,URN,UPN,P_INCL,SURNAME,FORENAME,SEX,DOB,READOUTCOME,MATOUTCOME,READSCORE,MATSCORE,WRITTAOUTCOME,"
        "ELIGRWM,RWMEXP",
        "9362001,125001,H801200001001,201,Neill,Ada,F,13/05/08,AS,NS,105,98,EXS,1,0",
    ),
    "template": (
        "upn,surname,forename,date_of_birth,urn,year,collection,sex,eal,reading_outcome,reading_score",
        "H801200001001,Neill,Ada,2008-05-13,125001,2019,ks2,F,0,AS,105",
    ),
    "census": (
        "URN,LA,Estab,SCHOOLTYPE,NOR,TSENELSE,PSENELSE,TSENELK,PSENELK,NUMEAL,PNUMEAL,NUMFSMEVER,NORFSMEVER,PNUMFSMEVER",
        "125001,936,2001,State-funded primary,249,12,4.82%,45,18.07%,150,60.24%,52,209,24.88%",
    ),
    "ees": (
        "time_period,time_identifier,geographic_level,country_code,country_name,old_la_code,new_la_code,la_name,"
        "school_urn,breakdown_topic,breakdown,subject,expected_standard_pupil_percent,higher_standard_pupil_percent",
        "202425,Academic year,School,E92000001,England,936,E10000030,Surrey,125001,All pupils,Total,"
        '"Reading, writing and maths",63,10',
    ),
    "neighbours": (
        "LA num,LA Name,SN1,SNP,SN2,SNP,SN3,SNP,SN4,SNP,SN5,SNP,SN6,SNP,SN7,SNP,SN8,SNP,SN9,SNP,SN10,SNP",
        "936,Surrey,919,Close,825,Close,850,Close,869,Close,868,Close,872,Close,916,Close,867,Close,865,Close,931,Close",
    ),
    "own": ("School,My figure,Other", "Hill,63%,x"),
}
CELLS = [
    "125001", "936", "9362001", "1", "3", "63%", "0.5", "105", "-2.3", "SUPP", "NA", "LOWCOV", "x", "", " ", "NULL",
    "Hill Primary", "O'Neill", "Community school", "Open", "Primary", "Mixed", "13/05/2019", "2019-05-13", "201819", "2019",
    "AS", "NS", "EXS", "F", "H801200001001", "Successor", "Good", "2", "Very close", "Surrey", "School", "Total", "ks2",
    "99999999999999999999", "1e400", "NaN", "é’–", "\ud7ff\U0001f600", "=1+1", "a\nb", "13/13/2019", "-",
]  # fmt: skip
BYTES = [
    b"\0",
    b'"',
    b",",
    b"\n",
    b"\r",
    b"\xff",
    b"\xc3",
    b"\x81",
    b"\xef\xbb\xbf",
    b"\xe2\x80\x99",
    b"\t",
    b";",
    b"\x1a",
]


@st.composite
def broken_files(draw: st.DrawFn) -> tuple[str, bytes]:
    """A small file shaped like a real one, and what mail, spreadsheets and people do to it."""
    kind = draw(st.sampled_from(sorted(REAL_SHAPES)))
    header, sound = (next(csv.reader([line])) for line in REAL_SHAPES[kind])
    table = [header]
    for number in range(draw(st.integers(0, 4))):
        row = [cell.replace("125001", str(125001 + number)) for cell in sound]
        for _ in range(draw(st.sampled_from([0, 0, 1, 2, 30]))):
            row[draw(st.integers(0, len(row) - 1))] = draw(st.sampled_from(CELLS))
        table.append(row)
    changes = st.sampled_from(["swap", "drop", "double", "short", "long", "title"])
    for change in draw(st.one_of(st.just([]), st.lists(changes, max_size=3))):
        at = draw(st.integers(0, len(table) - 1))
        if change == "swap" and len(table[at]) > 1:
            table[at] = [table[at][-1], *table[at][1:-1], table[at][0]]
        elif change == "drop":
            table[at] = table[at][1:]
        elif change == "double":
            table.insert(at, list(table[at]))
        elif change == "short":
            table[at] = table[at][: draw(st.integers(0, 3))]
        elif change == "long":
            table[at] = [*table[at], *["x"] * draw(st.integers(1, 3))]
        else:
            table.insert(0, ["A title"])
    return kind, _packed(draw, table)


def _packed(draw: st.DrawFn, table: list[list[str]]) -> bytes:
    form = draw(st.sampled_from(["csv"] * 8 + ["xlsx", "json", "gz", "zip", "parquet"]))
    if form == "xlsx":
        plain = [["".join(letter for letter in cell if letter >= " ") for cell in row] for row in table]
        return _spoiled(draw, excel(plain), rarely=True)  # type: ignore[arg-type]
    if form == "json":
        records = [dict(zip(table[0], row, strict=False)) for row in table[1:]]
        return _spoiled(draw, json.dumps(records).encode(), rarely=True)
    if form == "parquet":
        held = io.BytesIO()
        names = list(dict.fromkeys(table[0] or ["a"]))
        pl.DataFrame({name: ["1", "SUPP"] for name in names}).write_parquet(held)
        return _spoiled(draw, held.getvalue(), rarely=True)
    encoding = draw(st.sampled_from(["utf-8", "utf-8-sig", "cp1252", "utf-16"]))
    end = draw(st.sampled_from(["\n", "\r\n", "\r"]))
    quoted = draw(st.booleans())
    text = (
        end.join(",".join(f'"{cell}"' if quoted or "," in cell else cell for cell in row) for row in table)
        + end
    )
    content = _spoiled(draw, text.encode(encoding, errors="replace"))
    if form == "gz":
        return _spoiled(draw, gzip.compress(content, 1, mtime=0), rarely=True)
    return _spoiled(draw, in_zip(content), rarely=True) if form == "zip" else content


def _spoiled(draw: st.DrawFn, content: bytes, *, rarely: bool = False) -> bytes:
    if rarely and draw(st.booleans()):
        return content
    for _ in range(draw(st.sampled_from([0, 0, 1, 2, 3]))):
        at = (
            draw(st.integers(0, 9_999)) * (len(content) + 1) // 10_000
        )  # no draw hangs on the length: zips hold the time
        how = draw(st.sampled_from(["cut", "insert", "overwrite", "repeat"]))
        if how == "cut":
            content = content[:at]
        elif how == "insert":
            content = content[:at] + draw(st.sampled_from(BYTES)) + content[at:]
        elif how == "overwrite":
            content = content[:at] + draw(st.sampled_from(BYTES)) + content[at + 1 :]
        else:
            content = content[:at] + content[at // 2 : at] + content[at:]
    return content


def _fuzzed(examples: int, folder: Callable[[], Path]) -> None:
    """Loads `examples` broken files with the real sources, into stores that are renewed now and then."""
    sources = registry()
    stores: list[tuple[Store, Path]] = []
    used = [0]

    @settings(max_examples=examples, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(broken=broken_files())
    def check(broken: tuple[str, bytes]) -> None:
        if used[0] % 40 == 0:
            place = folder()
            stores[:] = [(Store.open(place / "store"), place)]
        used[0] += 1
        store, place = stores[0]
        before = state(store)
        answers = load(store, [written(place, broken[1], "broken.bin")], sources=sources)
        assert answers
        if all(isinstance(answer, Rejection) for answer in answers):
            assert state(store) == before
        for answer in answers:
            if isinstance(answer, Receipt):
                if not answer.already_loaded:
                    whole(store, answer)
            else:
                assert "broken.bin" in answer.message
                assert answer.log is None, answer.log.read_text()[-3000:]

    check()


def test_a_thousand_broken_files_never_give_a_traceback_or_a_partial_load(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    _fuzzed(1_000, lambda: tmp_path_factory.mktemp("fuzz"))


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_ten_thousand_broken_files_never_give_a_traceback_or_a_partial_load(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    _fuzzed(10_000, lambda: tmp_path_factory.mktemp("fuzz"))
