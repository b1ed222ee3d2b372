"""A school's standards as a reader asks for them: every filter does what it says, on the page and in its files."""

from __future__ import annotations

import csv
import io
import re

import pytest

from headway.web.standards import reading
from headway.web.standards.lines import lines
from headway.web.standards.school_pages import PAGES

ADDRESS = "/standards/schools/100001/"
NOTHING = "nothing to compare with"
OWN = "school:100001"
YEARS = (("2025", "2024/25"), ("2026", "2025/26"))


@pytest.fixture
def client(publish, client_of):
    publish("Summer")
    return client_of("data_officer")


def chosen(page: str) -> list[str]:
    """The words of the options that stand chosen."""
    return [
        part.partition(">")[2].partition("<")[0].strip()
        for part in page.split("<option")
        if " selected" in part.partition(">")[0]
    ]


def test_pages_and_files_show_what_was_asked_for(client, people):
    for one in PAGES.values():
        if "year" not in one.filters or one.key in ("progress", "absence"):
            continue  # the small authority has neither
        for year, words in YEARS:
            page = client.get(f"{ADDRESS}{f'{one.key}/' if one.key else ''}", {"year": year}).content.decode()
            assert words in chosen(page), (one.key, year)
    every = lines(reading.school_figures(people["data_officer"], OWN))
    of = {
        one.year: one
        for one in every
        if (one.measure, one.group, one.years_pooled) == ("ks2_rwm_expected", "all", 1)
    }
    assert of[2025].pupils != of[2026].pupils
    for year, _ in YEARS:
        page = client.get(ADDRESS, {"year": year}).content.decode()
        assert f">{of[int(year)].text}<" in page
        file = client.get(f"{ADDRESS}summary/file.csv", {"year": year}).content.decode("utf-8-sig")
        assert {row["Year"] for row in csv.DictReader(io.StringIO(file))} == {year}
    group = client.get(ADDRESS, {"group": "disadvantaged"}).content.decode()
    assert any("isadvantaged" in words for words in chosen(group))
    nonsense = {"group": "no such", "year": "1066", "pooled": "x"}
    assert chosen(client.get(ADDRESS, nonsense).content.decode()) == chosen(
        client.get(ADDRESS).content.decode()
    )


def test_beside_what_there_is_not_stands_a_word_and_no_empty_cell(client):
    page = client.get(f"{ADDRESS}groups/").content.decode()
    header = page.split("<thead")[1].split("</thead>")[0]
    first = header.split("<th ")[1:].index(next(one for one in header.split("<th ") if "Beside" in one))
    rows = page.split("<tbody")[1].split("</tbody>")[0].split("<tr")[1:]
    beside = {
        cells[0]: cells[first:]
        for row in rows
        if (
            cells := [
                re.sub(r"<[^>]+>", "", one.split(">", 1)[1]).strip() for one in re.split(r"<t[hd] ", row)[1:]
            ]
        )
    }
    assert beside["All pupils"][0] == NOTHING
    assert NOTHING not in beside["Disadvantaged"][0]
    assert all(said for cells in beside.values() for said in cells)
