"""F01: the register of schools, trusts and authorities."""

from __future__ import annotations

import pytest

from acceptance.conftest import Write
from cli import headway

_YEARS = (2024, 2025, 2026)
_REGISTER = {
    "LA (code)": 936, "LA (name)": "Surrey", "EstablishmentNumber": 2008, "EstablishmentName": "Oak Primary School",
    "PhaseOfEducation (name)": "Primary", "StatutoryLowAge": 4, "StatutoryHighAge": 11, "Town": "Guildford",
}  # fmt: skip


def _register() -> list[dict[str, object]]:
    return [
        {"URN": 100001, **_REGISTER, "TypeOfEstablishment (name)": "Community school",
         "EstablishmentTypeGroup (name)": "Local authority maintained schools", "EstablishmentStatus (name)": "Closed",
         "OpenDate": "", "CloseDate": "31-08-2026", "LastChangedDate": "05-10-2026"},
        {"URN": 150001, **_REGISTER, "TypeOfEstablishment (name)": "Academy converter",
         "EstablishmentTypeGroup (name)": "Academies", "EstablishmentStatus (name)": "Open",
         "OpenDate": "01-09-2026", "CloseDate": "", "LastChangedDate": "05-10-2026"},
    ]  # fmt: skip


def _links() -> list[dict[str, object]]:
    return [
        {"URN": 150001, "LinkURN": 100001, "LinkName": "Oak Primary School", "LinkType": "Predecessor",
         "LinkEstablishedDate": "01-09-2026"},
        {"URN": 100001, "LinkURN": 150001, "LinkName": "Oak Primary School", "LinkType": "Successor",
         "LinkEstablishedDate": "01-09-2026"},
    ]  # fmt: skip


def _pupils(year: int, passing: int, pupils: int = 30) -> list[dict[str, object]]:
    return [
        {"upn": f"A936200{year % 100:02d}{number:04d}", "urn": 100001, "year": year, "collection": "ks2", "sex": "F",
         "reading_outcome": "AS" if number < passing else "NS", "reading_score": 105 if number < passing else 95,
         "mathematics_outcome": "AS", "mathematics_score": 104, "writing_assessment": "EXS"}
        for number in range(pupils)
    ]  # fmt: skip


@pytest.fixture
def converted(write: Write) -> None:
    """School 100001 (maintained) closes on 31 August 2026 and opens as academy 150001 the day after."""
    files = [write("register.csv", _register()), write("links.csv", _links())]
    files += [write(f"pupils{year}.csv", _pupils(year, 15 + year - 2024)) for year in _YEARS]
    answer = headway("load", *files)
    assert answer.code == 0, answer.out + answer.err
    assert headway("run").code == 0


@pytest.mark.usefixtures("converted")
def test_ac1_a_new_academy_shows_its_predecessors_results_labelled() -> None:
    rows = headway("school", 150001, "--measure", "ks2_rwm_expected", "--json").rows
    found = {row["year"]: row for row in rows if (row["group"], row["years_pooled"]) == ("all", 1)}
    assert {year: row["numerator"] for year, row in found.items()} == {2024: 15, 2025: 16, 2026: 17}
    assert all("predecessor 100001" in row["label"] for row in found.values())


@pytest.mark.usefixtures("converted")
def test_ac1_the_authority_still_counts_the_maintained_school_of_2026_once() -> None:
    rows = headway(
        "headlines", "--authority", 936, "--year", 2026, "--measure", "ks2_rwm_expected", "--json"
    ).rows
    (row,) = [
        row
        for row in rows
        if (row["organisation"], row["basis"], row["group"], row["years_pooled"])
        == ("authority:936", "pupils", "all", 1)
    ]
    assert (row["numerator"], row["denominator"]) == (17, 30)


@pytest.mark.usefixtures("converted")
def test_ac1_the_academy_is_known_as_one() -> None:
    """Statutory warnings are for maintained schools; the register tells which body answers for the school."""
    found = {row["organisation"]: row for row in headway("find", "Oak Primary", "--json").rows}
    assert found["school:150001"]["responsible"] == "academy"
