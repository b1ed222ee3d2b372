"""Pupil lists: only behind the gate, by pseudonymous key, recorded; finding by UPN; exports by two people."""

from __future__ import annotations

import logging

import polars as pl
import pytest
from django.db import connection
from django.http import Http404
from django.test.utils import CaptureQueriesContext

from figures.dfe_pupil_files import upn
from headway.web.audit.models import AuditEvent
from headway.web.people import emergencies, two_people
from headway.web.people.purposes import PURPOSES
from headway.web.pupils import presenters, reading
from headway.web.pupils.views import EXPORT_KIND

OVERSEAS_UPN = upn(5)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("store")]
LIST = "/pupils/100001/2023/"


@pytest.fixture
def looking(client_of):
    """A browser of a role that has said what it needs the school's pupils for."""

    def with_purpose(role: str, purpose: str = PURPOSES[0]):
        client = client_of(role)
        client.post("/purpose/school:100001/", {"purpose": purpose, "next": "/"})
        return client

    return with_purpose


def events(verb: str) -> list[AuditEvent]:
    return list(AuditEvent.objects.filter(verb=verb).order_by("id"))


def test_a_list_shows_every_pupil_of_the_school_and_no_upn_or_name(looking):
    page = looking("headteacher").get(LIST).text
    found = reading.years()
    assert found == [2023]
    assert page.count('<th scope="row"') == 8
    assert "Does not count" in page
    assert "Surname" not in page
    assert OVERSEAS_UPN not in page
    (event,) = events("viewed pupils")
    assert event.organisation == "school:100001"
    assert event.detail["purpose"] == PURPOSES[0]


@pytest.mark.parametrize("role", ["headteacher", "senior_leader", "data_officer", "trust_leader"])
def test_who_may_see_pupils_sees_the_list_and_nobody_that_of_another_authority(role, looking):
    browser = looking(role)
    assert browser.get(LIST).status_code == 200
    assert browser.get("/pupils/200001/2023/").status_code == 404


def test_the_head_of_service_sees_pupils_only_in_an_emergency_and_takes_no_file(client_of, people):
    browser = client_of("head_of_school_improvement")
    assert browser.get(LIST).url.startswith("/emergency/school:100001/")
    emergencies.break_glass(
        organisation="school:100001",
        reason="A child may be at risk of harm today",
        by=people["head_of_school_improvement"],
    )
    assert browser.get(LIST).status_code == 200
    assert browser.get(LIST + "file/").status_code == 404
    assert browser.get(LIST + "?names=1").status_code == 404


def test_names_are_for_people_of_the_school_itself_and_recorded(looking):
    page = looking("headteacher").get(LIST + "?names=1").text
    assert "Forename0 Surname0" in page
    assert events("viewed pupils")[-1].detail == {"what": "names", "year": 2023}
    officer = looking("data_officer")
    assert "Show names" not in officer.get(LIST).text
    assert officer.get(LIST + "?names=1").status_code == 404


def test_a_file_has_the_rows_of_the_page_marked_restricted_and_the_school_sees_that_it_was_taken(looking):
    answer = looking("data_officer").get(LIST + "file/?outcome=no")
    assert "RESTRICTED" in answer["Content-Disposition"]
    lines = answer.content.decode("utf-8-sig").splitlines()
    assert lines[0].startswith("pupil,counts,sex")
    assert len(lines) == 1 + 2
    assert all(line.startswith("p") and "Surname" not in line for line in lines)
    (event,) = events("exported pupils")
    assert event.organisation == "school:100001"
    assert event.detail == {"what": "pupil list 2022/23", "pupils": 2, "purpose": PURPOSES[0]}


@pytest.mark.parametrize(
    ("query", "rows"),
    [("", 8), ("group=eal", 1), ("group=boys", 0), ("band=none", 1), ("band=high", 7), ("outcome=yes", 5),
     ("outcome=none", 1), ("group=disadvantaged&outcome=no", 2), ("group=nonsense", 8)],
)  # fmt: skip
def test_a_list_can_be_filtered(query, rows, looking):
    page = looking("headteacher").get(f"{LIST}?{query}").text
    assert page.count('<th scope="row"') == rows


def test_a_list_can_be_sorted_and_what_is_not_known_comes_last(people):
    found = reading.pupil_list(people["headteacher"], "school:100001", 2023)
    down = presenters.in_order(found.rows, "reading", descending=True)["reading_score"].to_list()
    up = presenters.in_order(found.rows, "prior", descending=False)["prior_points"].to_list()
    assert down == [104.0] * 6 + [98.0, 85.0]
    assert up[-1] is None


def test_a_pupil_is_found_by_upn_which_is_kept_nowhere(looking, caplog):
    caplog.set_level(logging.DEBUG)
    browser = looking("headteacher")
    with CaptureQueriesContext(connection) as asked:
        page = browser.post("/pupils/100001/find/", {"upn": f" {OVERSEAS_UPN.lower()} "})
    shown = page.text
    assert "Found" in shown
    key = shown.split("?pupil=")[1].split("#")[0]
    first = browser.get(f"{LIST}?pupil={key}&sort=-pupil").text.split('<th scope="row"')[1]
    assert key in first
    assert "Found" in first
    assert OVERSEAS_UPN not in shown
    assert not any(OVERSEAS_UPN.lower() in one["sql"].lower() for one in asked.captured_queries)
    assert OVERSEAS_UPN.lower() not in caplog.text.lower()
    assert not any(OVERSEAS_UPN in str(event.detail) for event in AuditEvent.objects.all())


@pytest.mark.parametrize("text", ["", "A12", "A123456789012345", "É801200001001"])
def test_what_is_no_upn_is_refused_kindly(text, looking):
    page = looking("headteacher").post("/pupils/100001/find/", {"upn": text}).text
    assert "There is a problem" in page


def test_a_pupil_of_another_school_is_as_unknown_as_one_of_none(looking):
    from figures.dfe_pupil_files import upn

    browser = looking("headteacher")
    elsewhere = browser.post("/pupils/100001/find/", {"upn": upn(12)}).text
    nowhere = browser.post("/pupils/100001/find/", {"upn": upn(400)}).text
    said = "No pupil of this school's key stage 2 lists has that UPN"
    assert said in elsewhere
    assert said in nowhere


def test_the_lists_of_all_schools_are_taken_once_by_two_people_and_every_school_sees_it(client_of, people):
    officer = client_of("data_officer")
    asked = officer.post(
        "/pupils/export/",
        {"organisation": "authority:936", "year": "2023", "purpose": "Checking the whole year"},
    )
    assert asked.status_code == 302
    request = two_people.seen_by(people["data_officer"])[0]
    assert request.kind == EXPORT_KIND
    assert officer.post(f"/pupils/export/{request.pk}/").status_code == 302
    assert events("exported pupils") == []
    two_people.decide(request.pk, approved=True, by=people["head_of_school_improvement"])
    assert client_of("headteacher").post(f"/pupils/export/{request.pk}/").status_code == 403
    file = officer.post(f"/pupils/export/{request.pk}/")
    lines = file.content.decode("utf-8-sig").splitlines()
    assert len(lines) == 1 + 8
    assert {line.split(",")[0] for line in lines[1:]} == {"school:100001"}
    (event,) = events("exported pupils")
    assert event.detail["purpose"] == "Checking the whole year"
    assert officer.post(f"/pupils/export/{request.pk}/").status_code == 302
    assert len(events("exported pupils")) == 1


def test_the_pupil_door_checks_again_for_itself(people):
    for role in ("governor", "link_adviser", "head_of_school_improvement", "administrator"):
        with pytest.raises(Http404):
            reading.pupil_list(people[role], "school:100001", 2023)
        with pytest.raises(Http404):
            reading.find(people[role], "school:100001", OVERSEAS_UPN)
    with pytest.raises(Http404):
        reading.pupil_list(people["headteacher"], "school:100001", 2020)


def test_what_is_remembered_is_forgotten_when_the_store_changes(people, store, monkeypatch):
    found = reading.pupil_list(people["headteacher"], "school:100001", 2023)
    assert found.because
    state = reading._state(store)
    assert any(known[0] == state for known in reading._memory)
    monkeypatch.setattr(reading, "_state", lambda _: ("another",))
    reading.pupil_list(people["headteacher"], "school:100001", 2023)
    assert {known[0] for known in reading._memory} == {("another",)}


def test_missing_is_empty_and_never_nought(people):
    found = reading.pupil_list(people["headteacher"], "school:100001", 2023)
    row = found.rows.filter(pl.col("eal"))
    (shown,) = presenters.pupil_rows(row.to_dicts(), {})
    assert (shown.prior, shown.chance, shown.reading_range) == ("", "", "")
    (cells,) = presenters.csv_rows(found, row)
    assert cells[presenters.CSV.index("chance")] is None


def test_an_export_that_cannot_be_made_is_not_taken(client_of, people, monkeypatch):
    officer, head = people["data_officer"], people["head_of_school_improvement"]
    request = two_people.ask(
        EXPORT_KIND, organisation="authority:936", purpose="p", by=officer, parameters={"year": 2023}
    )
    two_people.decide(request.pk, approved=True, by=head)

    def lost(*_: object) -> None:
        raise Http404

    monkeypatch.setattr(reading, "every_list", lost)
    client = client_of("data_officer")
    assert client.post(f"/pupils/export/{request.pk}/").status_code == 404
    request.refresh_from_db()
    assert request.state == "approved"
    monkeypatch.undo()
    assert client.post(f"/pupils/export/{request.pk}/").status_code == 200
    request.refresh_from_db()
    assert request.state == "taken"
