"""One measure across schools: comparison intervals, what can be told apart, and one suppression on page and files."""

from __future__ import annotations

import csv
import io
import re

import openpyxl
import pytest

from authority_released import SCHOOLS
from headway.web.audit.models import AuditEvent
from headway.web.standards.across_files import HEADER

pytestmark = pytest.mark.django_db
SMALL = "School 5"


def table(page):
    """School and the cells of its row, links' words left out."""
    body = page.text.split("<tbody")[1].split("</tbody>")[0]
    found = {}
    for row in body.split("<tr")[1:]:
        row = re.sub(r'<br><a class="govuk-link govuk-body-s.*?</a>', "", row, flags=re.DOTALL)
        cells = [
            re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", cell)).strip() for cell in re.split(r"<t[hd]", row)[1:]
        ]
        cells = [cell.split(">", 1)[-1].strip() for cell in cells]
        found[cells[0]] = cells[1:]
    return found


def csv_rows(answer):
    read = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    return [dict(zip(HEADER, row, strict=True)) for row in read[1:]]


def excel_rows(answer):
    sheet = openpyxl.load_workbook(io.BytesIO(answer.content)).active
    return [dict(zip(HEADER, row, strict=True)) for row in sheet.iter_rows(min_row=2, values_only=True)]


def test_schools_stand_by_value_each_with_its_interval_for_comparing(client_of, published):
    found = table(client_of("data_officer").get("/standards/across/"))
    assert list(found) == ["School 2", SMALL, "School 4", "Calder Bridge Primary School", "School 3"]
    assert found["School 2"][:1] + found["School 2"][2:5] == ["95.0%", "40", "above", "3 of 4 schools"]
    lower, upper = (float(each) for each in re.findall(r"[\d.]+", found["School 2"][1]))
    assert 83.5 < lower < 95 < upper < 98.6  # within the 95 % interval, 83.5 to 98.6


def test_the_page_says_how_many_pairs_can_be_told_apart(client_of, published):
    page = client_of("data_officer").get("/standards/across/").text
    assert (
        "5 schools can be compared. Of the 10 pairs of them, 4 (40%) differ by more than chance would explain"
        in page
    )


def test_one_school_can_be_compared_with_each_of_the_others(client_of, published):
    found = table(client_of("data_officer").get("/standards/across/?beside=school:100002"))
    assert {name: cells[5] for name, cells in found.items()} == {
        "School 2": "this school",
        SMALL: "cannot be told apart",
        "School 4": "below",
        "Calder Bridge Primary School": "below",
        "School 3": "below",
    }


def test_a_school_that_the_person_does_not_see_is_no_school_to_compare_with(client_of, published):
    page = client_of("data_officer").get("/standards/across/?beside=school:200001").text
    assert "Saltby" not in page
    assert "is not in this list" in page


@pytest.mark.parametrize(
    ("sort", "first", "last"),
    [
        ("value", "School 3", "School 2"),
        ("name", "Calder Bridge Primary School", SMALL),
        ("-pupils", "Calder Bridge Primary School", SMALL),
        ("nonsense", "School 2", "School 3"),
    ],
)
def test_the_list_can_be_sorted(sort, first, last, client_of, published):
    found = list(table(client_of("data_officer").get(f"/standards/across/?sort={sort}")))
    assert (found[0], found[-1]) == (first, last)


def test_the_list_can_be_filtered(client_of, published):
    client = client_of("data_officer")
    assert SMALL not in table(client.get("/standards/across/?minimum=10"))
    assert list(table(client.get("/standards/across/?trust=trust:2044"))) == ["Calder Bridge Primary School"]
    nothing = client.get("/standards/across/?minimum=1000").text
    assert "No school that you may see has such a figure" in nothing


@pytest.mark.parametrize(
    "wrong", ["measure=x", "year=0", "pooled=9", "group=nobody", "minimum=-1", "minimum=x", "page=x"]
)
def test_what_there_is_not_to_choose_breaks_nothing(wrong, client_of, published):
    assert client_of("data_officer").get(f"/standards/across/?{wrong}").status_code == 200


WHOLE = {"data_officer", "head_of_school_improvement"}
SUPPRESSED = {"scrutiny_officer"}


@pytest.mark.parametrize("role", sorted(WHOLE | SUPPRESSED))
def test_page_csv_and_excel_hold_the_same_figures_for_each_audience(role, client_of, published):
    client = client_of(role)
    page = table(client.get("/standards/across/"))
    for form, read in (("csv", csv_rows), ("xlsx", excel_rows)):
        rows = {row["school"]: row for row in read(client.get(f"/standards/across/{form}/"))}
        assert list(rows) == list(page)
        for name, row in rows.items():
            shown = page[name]
            if row["status"] == "reported":
                assert shown[0] == f"{float(row['value']):.1f}%"
                assert shown[2] == str(row["pupils"])
            else:
                assert shown[:3] == [row["status"], "", ""]
                assert not any(row[column] for column in HEADER[7:17])
    assert (page[SMALL][0] == "suppressed") == (role in SUPPRESSED)


def test_a_suppressed_school_stands_last_is_not_drawn_and_counts_for_nobody(client_of, published):
    page = client_of("councillor").get("/standards/across/")
    found = table(page)
    assert list(found)[-1] == SMALL
    assert found[SMALL] == ["suppressed", "", "", "cannot say", "cannot say"]
    assert "4 schools can be compared" in page.text
    assert "Without a figure: 1 suppressed." in page.text
    assert f">{SMALL}</text>" not in page.text
    assert "Small numbers are suppressed for you" in page.text


@pytest.mark.parametrize(("role", "status"), [("councillor", 403), ("governor", 403), ("administrator", 403)])
def test_who_may_not_export_gets_no_file_and_no_link(role, status, client_of, published):
    client = client_of(role)
    assert client.get("/standards/across/csv/").status_code == status
    if role != "administrator":
        assert "across/csv" not in client.get("/standards/across/").text


def test_a_head_sees_and_exports_only_the_own_school(client_of, published):
    client = client_of("headteacher")
    assert list(table(client.get("/standards/across/"))) == ["Calder Bridge Primary School"]
    assert [row["urn"] for row in csv_rows(client.get("/standards/across/csv/"))] == ["100001"]


def test_one_school_alone_cannot_be_compared_and_the_page_says_so(client_of, published):
    page = client_of("governor").get("/standards/across/").text
    assert "Fewer than two schools have a figure with an interval, so it cannot be said which differ." in page


def test_every_export_is_in_the_audit_trail(client_of, published, people):
    client_of("data_officer").get("/standards/across/xlsx/")
    event = AuditEvent.objects.get(verb="exported figures")
    assert event.by == people["data_officer"].email
    assert event.detail == {
        "measure": "ks2_rwm_expected", "year": 2019, "group": "all", "schools": len(SCHOOLS), "as": "xlsx",
    }  # fmt: skip


def test_the_number_of_queries_does_not_grow_with_the_list(
    client_of, published, django_assert_max_num_queries
):
    client = client_of("data_officer")
    client.get("/standards/across/")
    with django_assert_max_num_queries(30):
        client.get("/standards/across/")
