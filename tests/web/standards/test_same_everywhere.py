"""What the pages, the CSV and the Excel files of a school say is what the command line says to the same audience, and
nothing that is hidden from a reader is in any byte that they are sent."""

from __future__ import annotations

import csv
import io
import os
import re

import openpyxl
import polars as pl
import pytest

from cli import headway
from headway.figures.store import Store
from headway.web.standards import reading
from headway.web.standards.downloads import HEADER
from headway.web.standards.lines import lines
from headway.web.standards.school_pages import PAGES

ROLE_OF = {
    "data_officer": "data_officer",
    "school": "headteacher",
    "governors": "governor",
    "councillors": "councillor",
    "other_schools": "partner",
}
"""A role that sees the school of the tests' people as each audience."""
OWN = "school:100001"


@pytest.fixture
def release(publish):
    return publish("Summer")


@pytest.mark.parametrize("audience", ROLE_OF)
def test_a_page_says_what_the_command_line_says(release, people, audience):
    said = headway("school", 100001, "--release", "Summer", "--audience", audience, "--json").rows
    figures = reading.school_figures(people[ROLE_OF[audience]], OWN, release=release)
    shared = [name for name in said[0] if name in figures.results.columns]
    order = ["measure", "group", "year", "years_pooled", "basis"]
    expected = pl.DataFrame(said, infer_schema_length=None).select(shared).sort(order)
    assert figures.results.select(shared).sort(order).to_dicts() == expected.to_dicts()
    assert len(lines(figures)) == expected.unique(order[:-1]).height


def test_the_two_audiences_are_told_different_things(release, people):
    """Else the tests above would prove nothing."""
    head = reading.school_figures(people["headteacher"], OWN).results
    governor = reading.school_figures(people["governor"], OWN).results
    assert "suppressed" not in head["status"].to_list()
    assert (governor["status"] == "suppressed").sum() > 5
    assert head.height > governor.height


def _texts(client, address):
    """The words of every page of the school, and of its files, in one."""
    found = []
    for key in PAGES:
        page = client.get(f"{address}{f'{key}/' if key else ''}")
        assert page.status_code == 200
        found.append(page.content.decode())
        for form in ("csv", "xlsx"):
            file = client.get(f"{address}{key or 'summary'}/file.{form}")
            if file.status_code == 403:
                continue
            assert file.status_code == 200
            found.append(_cells(file) if form == "xlsx" else file.content.decode())
    return "\n".join(found)


def _cells(file) -> str:
    book = openpyxl.load_workbook(io.BytesIO(file.content))
    return "\n".join(str(cell) for sheet in book for row in sheet.iter_rows(values_only=True) for cell in row)


def _hidden_values(release, audience) -> set[str]:
    """The unrounded values of figures of the school hidden from the audience, but those that some shown figure has too."""
    stored = Store.open(reading.settings.HOME)
    from headway.figures import releases

    chosen = releases.release(stored, release.name)
    key = ["organisation", "year", "years_pooled", "measure", "group", "basis"]
    shown = chosen.shown(audience).filter(pl.col("status") == "reported")
    hidden = chosen.results().filter(pl.col("value").is_not_null()).join(shown, on=key, how="anti")
    open_values = {f"{value:.1f}" for value in shown["value"].drop_nulls()}
    return {f"{value:.1f}" for value in hidden.filter(pl.col("organisation") == OWN)["value"]} - open_values


@pytest.mark.parametrize("role", ["governor", "councillor", "partner", "scrutiny_officer"])
def test_nothing_hidden_is_in_any_byte_that_a_reader_is_sent(release, client_of, role):
    audience = {"governor": "governors", "partner": "other_schools"}.get(role, "councillors")
    hidden = _hidden_values(release, audience)
    assert len(hidden) > 5
    text = _texts(client_of(role), "/standards/schools/100001/")
    told = {
        number for number in hidden if re.search(rf"(?<![\d.]){re.escape(number)}(?!\d)", _figures_of(text))
    }
    compared = {number for number in told if not _is_other(number, text)}
    assert compared == set()


def _figures_of(text: str) -> str:
    """Without drawings, whose coordinates are no figures, and addresses."""
    text = re.sub(r"<svg.*?</svg>", " ", text, flags=re.S)
    return re.sub(r'(href|src|nonce|value|id)="[^"]*"', " ", text)


def _is_other(number: str, text: str) -> bool:
    """Whether the number stands only as the end of an interval, or a difference: of shown figures these may be anything."""
    cells = re.findall(rf"[^\n<>]*(?<![\d.]){re.escape(number)}(?!\d)[^\n<>]*", _figures_of(text))
    return all(re.search(r" to |[+−-]|percentage points|Wilson", cell) for cell in cells)


def test_drawings_hold_no_hidden_figure(release, client_of, people):
    """A governor's drawing is made from what governors see: the same as from the release's file for them."""
    governor = client_of("governor").get("/standards/schools/100001/groups/?measure=ks2_rwm_expected")
    head = client_of("headteacher").get("/standards/schools/100001/groups/?measure=ks2_rwm_expected")
    labels = [
        re.findall(r'aria-label="([^"]*value[^"]*)"', page.content.decode()) for page in (governor, head)
    ]
    assert labels[0] != labels[1] or not labels[1]


def test_files_have_the_lines_of_the_page(release, client_of):
    client = client_of("headteacher")
    page = client.get("/standards/schools/100001/attainment/").content.decode()
    text = client.get("/standards/schools/100001/attainment/file.csv").content.decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert list(rows[0]) == list(HEADER)
    shown = re.findall(
        r'<th scope="row" class="govuk-table__header govuk-!-font-weight-regular">([^<]+)</th>', page
    )
    assert [row["Measure"] for row in rows] == shown[: len(rows)]
    book = openpyxl.load_workbook(
        io.BytesIO(client.get("/standards/schools/100001/attainment/file.xlsx").content)
    )
    cells = list(book["Figures"].iter_rows(values_only=True))
    assert list(cells[0]) == list(HEADER)
    for row, line in zip(rows, cells[1:], strict=True):
        assert [value if value is not None else "" for value in line][2] == row["Measure"]
        assert row["Value"] == str(line[6]) or float(row["Value"]) == pytest.approx(line[6])
        assert "Summer, provisional" in str([cell.value for cell in book["About"]["B"]])


def test_taking_a_file_is_recorded_and_needs_its_permission(release, client_of):
    from headway.web.audit.models import AuditEvent

    assert client_of("headteacher").get("/standards/schools/100001/summary/file.csv").status_code == 200
    event = AuditEvent.objects.filter(verb="exported figures").get()
    assert (event.organisation, event.detail["form"], event.detail["release"]) == (OWN, "csv", "Summer")
    assert client_of("governor").get("/standards/schools/100001/summary/file.csv").status_code == 403
    assert "Excel" not in client_of("governor").get("/standards/schools/100001/").content.decode()


@pytest.mark.parametrize("page", PAGES)
def test_a_page_takes_the_same_queries_however_many_schools_there_are(release, client_of, page):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from web_schools import unsaved

    client = client_of("data_officer")
    address = f"/standards/schools/100001/{f'{page}/' if page else ''}"
    client.get(address)

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.get(address).status_code == 200
        return len(captured)

    before = queries()
    from headway.web.schools.models import Organisation

    Organisation.objects.bulk_create(
        [
            unsaved(f"school:{urn}", f"School {urn}", authority="authority:936")
            for urn in range(110000, 110040)
        ]
    )
    assert queries() == before
    assert 5 < before < 40


def test_the_home_of_the_tests_is_not_the_users(small_home):
    assert os.environ["HEADWAY_HOME"] == str(small_home)
