"""What a data officer types and reads, on the example authority."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

import openpyxl
import pytest

from cli import headway

SCHOOL = "900145"
RESULT_COLUMNS = {
    "organisation", "year", "years_pooled", "measure", "group", "basis", "status", "numerator", "denominator", "value",
    "lower", "upper", "source",
}  # fmt: skip


@pytest.mark.usefixtures("example")
def test_headlines_show_each_figure_with_its_pupils_interval_and_comparator() -> None:
    answer = headway("headlines", "--authority", 999, "--year", 2023)
    assert answer.code == 0
    assert "KS2 RWM: expected standard" in answer.out
    assert " to " in answer.out
    (rwm,) = [line for line in answer.out.splitlines() if line.startswith("KS2 RWM: expected")]
    assert re.search(r" [+-]\d+\.\d", rwm), "the difference from England is missing"
    rows = headway("headlines", "--authority", 999, "--year", 2023, "--json").rows
    assert set(rows[0]) >= RESULT_COLUMNS
    (row,) = [
        row
        for row in rows
        if (row["organisation"], row["measure"], row["group"], row["basis"], row["years_pooled"])
        == ("authority:999", "ks2_rwm_expected", "all", "pupils", 1)
    ]
    assert row["value"] == pytest.approx(100 * row["numerator"] / row["denominator"])
    assert row["lower"] < row["value"] < row["upper"]
    assert any(row["organisation"].startswith("nation:") for row in rows)


@pytest.mark.usefixtures("example")
def test_headlines_and_schools_show_value_added_and_estimates() -> None:
    authority = headway("headlines", "--authority", 999, "--year", 2023).out
    assert "Value added in reading: of" in authority
    assert "Estimate for 2025/26" in authority
    school = headway("school", SCHOOL).out
    assert "Value added, 2022/23, in points" in school
    assert "not with the nation's" in school
    assert "Schools most like it" in school


@pytest.mark.usefixtures("example")
def test_a_school_shows_its_series_with_the_break_of_2018_nowhere_after_it() -> None:
    answer = headway("school", SCHOOL, "--measure", "ks2_rwm_expected", "--groups")
    assert answer.code == 0
    assert "Girls" in answer.out
    assert "‖" not in "\n".join(line for line in answer.out.splitlines() if line.startswith("All pupils"))


@pytest.mark.usefixtures("example")
def test_an_academy_shows_its_predecessors_years_labelled() -> None:
    rows = headway("school", 900500, "--measure", "ks2_rwm_expected", "--json").rows
    labels = {
        row["year"]: row["label"] or "" for row in rows if (row["group"], row["years_pooled"]) == ("all", 1)
    }
    assert {2018, 2019, 2022, 2023} <= set(labels)


@pytest.mark.usefixtures("example")
def test_where_walks_a_figure_back_to_its_files() -> None:
    answer = headway("where", SCHOOL, "ks2_rwm_expected", 2023)
    assert answer.code == 0
    assert "2023_ks2_pupils_dfe.csv" in answer.out
    assert "pupils" in answer.out


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("headlines", "--authority", "99"), "three-digit code"),
        (("headlines", "--authority", 936, "--year", 2019), "There are no figures of authority:936"),
        (("headlines", "--authority", 999, "--year", 1999), "There are figures of it for"),
        (("school", "Nowhere Primary"), "No school is like"),
        (("school", SCHOOL, "--measure", "ks2_rwm_expectd"), "Did you mean ks2_rwm_expected"),
        (("school", SCHOOL, "--audience", "governors"), "headway disclose"),
        (("school", SCHOOL, "--audience", "martians"), "martians"),
        (("export", "--authority", 999, "--format", "pdf"), "xlsx or csv"),
        (("undo", "R99999"), "no receipt"),
        (("run", "--engine", "abacus"), "HEADWAY_ENGINE"),
        (("estimates", "--authority", 999, "--year", 2025), "cancelled"),
        (("value-added", "--authority", 999, "--subject", "juggling"), "no value added"),
        (("forecast", "--authority", 999, "--year", 2021), "2021"),
    ],
)
@pytest.mark.usefixtures("example")
def test_a_mistake_is_answered_with_what_to_do(arguments: tuple[object, ...], says: str) -> None:
    answer = headway(*arguments)
    assert answer.code != 0
    assert says in answer.err


def test_an_empty_store_says_what_to_do_first() -> None:
    assert "headway load FILES" in headway("headlines", "--authority", 936).err
    assert "Nothing has been loaded yet" in headway("receipts").out
    assert "headway load FILES" in headway("run").err
    assert headway("doctor").code == 0


def test_a_missing_file_is_said_to_be_missing(tmp_path: Path) -> None:
    answer = headway("load", tmp_path / "gone.csv")
    assert answer.code == 1
    assert "gone.csv" in answer.out + answer.err


@pytest.mark.parametrize(
    "arguments",
    [
        ("across", "ks2_rwm_expected", "--authority", 999, "--year", 2023),
        ("measures",),
        ("find", "kirkgate"),
        ("receipts",),
        ("runs",),
        ("floor", "--authority", 999, "--year", 2018),
        ("coasting", "--authority", 999, "--year", 2018),
        ("similar", SCHOOL),
        ("estimates", "--authority", 999, "--year", 2026, "--target", 70),
        ("value-added", "--authority", 999, "--below", -1),
        ("forecast", "--authority", 999, "--year", 2024, "--threshold", 50),
        ("releases",),
        ("doctor",),
        ("purge", "--dry-run"),
    ],
)
@pytest.mark.usefixtures("example")
def test_every_reading_command_speaks_to_people_and_to_programs(arguments: tuple[object, ...]) -> None:
    spoken = headway(*arguments)
    assert spoken.code == 0, spoken.err
    assert spoken.out.strip()
    told = headway(*arguments, "--json")
    assert told.code == 0, told.err
    assert all(isinstance(row, dict) for row in told.rows)


@pytest.mark.usefixtures("example")
def test_a_workbook_has_the_figures_their_definitions_and_their_files(tmp_path: Path) -> None:
    path = tmp_path / "out.xlsx"
    assert (
        headway("export", "--authority", 999, "--year", 2023, "--format", "xlsx", "--output", path).code == 0
    )
    assert zipfile.is_zipfile(path)
    book = openpyxl.load_workbook(path, read_only=True)
    assert book.sheetnames == ["Figures", "Definitions", "About"]
    about = " ".join(str(cell.value) for row in book["About"].iter_rows() for cell in row)
    assert "2023_ks2_pupils_dfe.csv" in about
    assert "It is not zero" in about


@pytest.mark.usefixtures("example")
def test_a_load_that_is_taken_back_shows_in_the_next_run_and_in_the_comparison_of_runs() -> None:
    receipts = {row["file"]: row["receipt"] for row in headway("receipts", "--json").rows}
    assert headway("undo", receipts["2023_ks2_pupils_dfe.csv"]).code == 0
    stale = headway("headlines", "--authority", 999, "--year", 2022)
    assert "headway run" in stale.out
    assert headway("run").code == 0
    compared = headway("runs", "--compare", 1, 2)
    assert compared.code == 0
    assert "2023_ks2_pupils_dfe.csv" in compared.out
    gone = {row["what"] for row in headway("runs", "--compare", 1, 2, "--json").rows if row["year"] == 2023}
    assert gone == {"gone"}
