"""Loading: whole or not at all; bad rows set aside, mended and loaded again; clear words for what is refused."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl
import pytest
from files_for_tests import GOOD, HEADER, ROWS, SOURCES, Expected, written

from headway.figures.checking import check
from headway.figures.loading import Rejection, explain, load, sentence
from headway.figures.reading import ReceivedFile
from headway.figures.sources import Finding, Reading, Recognition
from headway.figures.store import Receipt, Store
from headway.figures.symbols import SYMBOLS, status_and_value
from headway.figures.tables import Status


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store.open(tmp_path / "store")


def loaded(store: Store, path: Path, **more: object) -> Receipt:
    [answer] = load(store, [path], sources=SOURCES, **more)  # type: ignore[arg-type]
    assert isinstance(answer, Receipt), answer
    return answer


def refused(store: Store, path: Path, sources: dict[str, object] | None = None) -> Rejection:
    before = store.receipts()
    [answer] = load(store, [path], sources=SOURCES if sources is None else sources)  # type: ignore[arg-type]
    assert isinstance(answer, Rejection), answer
    assert store.receipts() == before
    return answer


def test_a_good_file_goes_in_with_its_symbols_as_statuses(store: Store, tmp_path: Path) -> None:
    receipt = loaded(store, written(tmp_path, GOOD))
    assert (receipt.rows_read, receipt.rows_accepted, receipt.rows_set_aside) == (4, 4, 0)
    rows = (
        store.frame("published_results")
        .select("organisation", "status", "value", "symbol", "row")
        .sort("row")
        .collect()
    )
    assert rows.rows() == [
        ("school:100001", "reported", 63.0, None, 2),
        ("school:100002", "suppressed", None, "SUPP", 3),
        ("school:100003", "reported", 50.0, None, 4),
        ("school:100004", "not applicable", None, "NA", 5),
    ]


def test_bad_rows_are_set_aside_mended_and_loaded_again(store: Store, tmp_path: Path) -> None:
    bad = [ROWS[0], "100002,Hill, The,12,70%", "100003,Vale,28,half", "100004,Ford,-9,NA"]
    receipt = loaded(store, written(tmp_path, "\n".join([HEADER, *bad])))
    assert (receipt.rows_read, receipt.rows_accepted, receipt.rows_set_aside) == (4, 1, 3)
    assert receipt.set_aside is not None
    text = receipt.set_aside.read_text(encoding="utf-8-sig")
    held = list(csv.reader(io.StringIO(text)))
    assert held[0] == ["URN", "NAME", "PUPILS", "EXPECTED", "headway_surplus_1", "headway_problem"]
    assert [row[:5] for row in held[1:]] == [
        ["100002", "Hill", " The", "12", "70%"],
        ["100003", "Vale", "28", "half", ""],
        ["100004", "Ford", "-9", "NA", ""],
    ]
    assert "row 3: it has 5 cells and the header 4" in held[1][-1]
    assert "'half'" in held[2][-1]
    assert "-9 (expected: at least 0 pupils)" in held[3][-1]

    again = refused(store, receipt.set_aside)  # as it is, it says the same again and nothing slips in
    assert "none of its 3 rows could be used" in again.message

    mended = [
        held[0],
        ["100002", "Hill, The", "12", "70%", "", "x"],
        ["100003", "Vale", "28", "50%", "", "x"],
    ]
    out = io.StringIO()
    csv.writer(out).writerows([*mended, ["100004", "Ford", "9", "NA", "", "x"]])
    second = loaded(store, written(tmp_path, out.getvalue(), "mended.csv"))
    assert not second.complete  # what is mended adds to its file; it does not stand for the whole of it
    assert (second.rows_accepted, second.rows_set_aside) == (3, 0)
    rows = store.frame("published_results").sort("organisation").collect()
    assert rows["value"].to_list() == [63.0, 70.0, 50.0, None]


def test_cells_that_were_lost_are_not_taken_for_mended(store: Store, tmp_path: Path) -> None:
    receipt = loaded(store, written(tmp_path, (GOOD + "100005,Caf").encode() + b"\x81,9,50%\n"))
    assert receipt.rows_set_aside == 1
    assert receipt.set_aside is not None
    assert "not yet mended" in {found.rule for found in refused(store, receipt.set_aside).findings}


def test_rows_with_the_same_key_and_other_values_are_set_aside_all(store: Store, tmp_path: Path) -> None:
    receipt = loaded(store, written(tmp_path, GOOD + "100001,St Mary's,30,64%\n" + ROWS[2] + "\n"))
    assert (receipt.rows_read, receipt.rows_set_aside) == (6, 2)
    assert store.frame("published_results").collect()["organisation"].sort().to_list() == [
        "school:100002",
        "school:100003",
        "school:100004",
    ]
    assert any("Rows 2 and 6: rows give different values" in line for line in explain(store, receipt))


def test_loading_a_file_twice_changes_nothing(store: Store, tmp_path: Path) -> None:
    path = written(tmp_path, GOOD)
    assert not loaded(store, path).already_loaded
    assert loaded(store, path).already_loaded
    assert len(store.receipts()) == 1


def test_an_unknown_file_is_told_what_was_seen_and_what_the_nearest_kind_misses(
    store: Store, tmp_path: Path
) -> None:
    message = refused(store, written(tmp_path, "URN,Name of school,PUPILS\n100001,Hill,3\n")).message
    assert "Its columns are URN, Name of school, PUPILS." in message
    assert (
        "The nearest kind is Schools at the expected standard, which also expects NAME, EXPECTED." in message
    )
    assert "headway map file.csv" in message


def test_a_file_that_two_sources_know_equally_is_nobodys(store: Store, tmp_path: Path) -> None:
    twin = Expected(key="twin", title="Its twin")
    message = refused(store, written(tmp_path, GOOD), {"expected": Expected(), "twin": twin}).message
    assert "could be Schools at the expected standard and Its twin alike" in message


@dataclass
class Broken(Expected):
    """A source with a mistake, in the way that `how` says."""

    how: str = "read"
    problem: Exception = field(default_factory=lambda: KeyError("secret pupil"))

    def recognise(self, file: ReceivedFile) -> Recognition | None:
        if self.how == "recognise":
            raise self.problem
        return super().recognise(file)

    def read(self, file: ReceivedFile) -> Reading:
        reading = super().read(file)
        if self.how == "read":
            raise self.problem
        if self.how == "column":
            reading.tables["published_results"] = reading.tables["published_results"].with_columns(x=1)
        if self.how == "table":
            reading.tables = {"nothing": reading.tables["published_results"]}
        if self.how == "lazy":
            reading.tables["published_results"] = reading.tables["published_results"].lazy().select("nowhere")
        return reading


@pytest.mark.parametrize("how", ["recognise", "read", "column", "table", "lazy"])
def test_a_mistake_in_a_source_is_a_rejection_with_its_details_in_a_log(
    store: Store, tmp_path: Path, how: str
) -> None:
    answer = refused(store, written(tmp_path, GOOD), {"broken": Broken(how=how)})
    assert "Headway itself made a mistake" in answer.message
    assert "secret pupil" not in answer.message
    assert answer.log is not None
    assert "file.csv" in answer.log.read_text()


def test_a_broken_source_does_not_keep_another_from_knowing_the_file(store: Store, tmp_path: Path) -> None:
    sources = {"a": Broken(how="recognise"), "expected": Expected()}
    [answer] = load(store, [written(tmp_path, GOOD)], sources=sources)
    assert isinstance(answer, Receipt)


def test_files_are_loaded_in_the_order_given_and_progress_only_grows(store: Store, tmp_path: Path) -> None:
    paths = [written(tmp_path, GOOD.replace("63%", f"{number}%"), f"{number}.csv") for number in (3, 1, 2)]
    told: list[float] = []
    answers = load(store, paths, sources=SOURCES, progress=lambda part, doing: told.append(part))
    assert [answer.file_name for answer in answers] == ["3.csv", "1.csv", "2.csv"]
    assert told == sorted(told)
    assert (told[0], told[-1]) == (0.0, 1.0)


def test_a_file_without_rows_is_refused(store: Store, tmp_path: Path) -> None:
    assert "has no rows below its header" in refused(store, written(tmp_path, HEADER + "\n")).message


def test_findings_read_as_sentences() -> None:
    finding = Finding("error", "x", "'half'", "a number", "correct it", "EXPECTED", (2, 1500, 7))
    assert (
        sentence(finding)
        == "Rows 2, 1,500 and 7, column EXPECTED: 'half' (expected: a number). To do: correct it."
    )
    assert sentence(Finding("note", "x", "nothing odd")) == "nothing odd."
    assert sentence(Finding("note", "x", "y", rows=tuple(range(2, 12)))).startswith(
        "Rows 2, 3, 4, 5, 6 and 5 more: y"
    )


def test_no_symbol_is_ever_a_number() -> None:
    frame = pl.DataFrame({"cell": [*(symbol.text for symbol in SYMBOLS), "", " ", None]})
    figure = status_and_value("cell")
    read = frame.select(*figure.named(), figure.unknown.alias("unknown"))
    assert read["value"].null_count() == frame.height
    assert read["status"].to_list()[: len(SYMBOLS)] == [symbol.status.value for symbol in SYMBOLS]
    assert read["status"].to_list()[-3:] == [Status.NOT_AVAILABLE.value] * 3
    assert not read["unknown"].any()
    assert Status.REPORTED not in {symbol.status for symbol in SYMBOLS}


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("63%", 63.0),
        (" 63.5 %", 63.5),
        ("1,234", 1234.0),
        ("-4.8", -4.8),
        ("+2", 2.0),
        (".5", 0.5),
        ("1e3", 1000.0),
        ("0", 0.0),
    ],
)
def test_a_number_is_read_as_printed(cell: str, value: float) -> None:
    assert pl.DataFrame({"c": [cell]}).select(status_and_value("c").value).item() == value


@pytest.mark.parametrize("cell", ["half", "6 3", "1,23", "--", "63%%", "12/30", "NaN", "inf", "٣"])
def test_any_other_text_is_unknown_and_neither_number_nor_missing(cell: str) -> None:
    read = pl.DataFrame({"c": [cell]}).select(
        status_and_value("c").unknown.alias("u"), status_and_value("c").status.alias("s")
    )
    assert read.row(0) == (True, None)


def test_the_step_of_rounding_is_that_of_the_decimals_printed() -> None:
    frame = pl.DataFrame({"m": ["a", "a", "b", "b", "b"], "c": ["63%", "7.0", "2.6", "2", "SUPP"]})
    whole = frame.select(status_and_value("c").rounded_to).to_series().to_list()
    by_measure = frame.select(status_and_value("c", over="m").rounded_to).to_series().to_list()
    assert whole == [0.1, 0.1, 0.1, 0.1, None]
    assert by_measure == [1.0, 1.0, 0.1, 0.1, None]


def test_an_own_symbol_gets_the_meaning_given() -> None:
    read = pl.DataFrame({"c": ["n/k", "NA"]}).select(
        status_and_value("c", {"N/K": "suppressed", "NA": "too few"}).status
    )
    assert read.to_series().to_list() == ["suppressed", "too few"]


def pupils(**columns: list[object]) -> pl.DataFrame:
    height = len(next(iter(columns.values())))
    base: dict[str, list[object]] = {
        "row": list(range(2, height + 2)),
        "year": [2019] * height,
        "pupil": list(range(height)),
        "collection": ["ks2"] * height,
        "organisation": ["school:100001"] * height,
    }
    return pl.DataFrame(base | columns)


def test_the_check_finds_each_kind_of_error_and_takes_the_rest() -> None:
    frame = pupils(
        sex=["F", "X", "M", "M", "M", "F", "F"],
        birth_month=["9", "10", "13", "May", "1", "2", None],
        organisation=["school:1"] * 4 + [None] + ["school:1"] * 2,
        idaci=[0.1, 0.2, 0.3, 0.4, 0.5, float("nan"), None],
    )
    checked = check({"pupils": frame})
    found = {(finding.column, finding.rule): finding.rows for finding in checked.findings}
    assert found == {
        ("sex", "value not allowed"): (3,),
        ("birth_month", "impossible value"): (4,),
        ("birth_month", "wrong type"): (5,),
        ("organisation", "missing value"): (6,),
        ("idaci", "impossible value"): (7,),
    }
    assert checked.bad == {3, 4, 5, 6, 7}
    assert checked.tables["pupils"]["row"].to_list() == [2, 8]
    assert checked.tables["pupils"]["birth_month"].to_list() == [9, None]


def test_an_error_in_one_table_sets_the_file_row_aside_in_all() -> None:
    others = pl.DataFrame({"row": [2, 3], "year": [2019, 2019], "pupil": [0, 1], "upn": ["a", "b"]})
    checked = check({"identities": others, "pupils": pupils(sex=["F", "Q"])})
    assert checked.tables["identities"]["row"].to_list() == [2]


def test_a_name_or_upn_never_stands_in_a_finding() -> None:
    others = pl.DataFrame({"row": [2], "year": [2019], "pupil": [0], "date_of_birth": ["Ada Lovelace"]})
    [finding] = check({"identities": others}).findings
    assert "Ada" not in sentence(finding)


@pytest.mark.real_data
def test_every_real_file_is_loaded_or_refused_with_its_columns_named(store: Store, shared_data: Path) -> None:
    for path in sorted((shared_data / "ks2" / "meta").iterdir()) + sorted((shared_data / "pupils").iterdir()):
        [answer] = load(store, [path])
        assert isinstance(answer, Rejection)
        assert "Its columns" in answer.message
        assert answer.log is None
    for path in sorted((shared_data / "ks2").glob("*.csv")):
        [answer] = load(store, [path])
        assert isinstance(answer, Receipt)
        assert answer.rows_accepted == answer.rows_read
