"""The first page, settings, the audit trail, and what is said when something goes wrong."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from headway.web.audit.actions import record
from headway.web.audit.models import AuditEvent
from headway.web.people import today, views

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("known_places")]
SETTINGS = {
    "name": "Northmoor Schools",
    "organisation_name": "Northmoor Council",
    "colour": "#112233",
    "support_words": "",
}


def test_an_empty_first_page_says_where_to_go(client_of):
    page = client_of("head_of_school_improvement").get("/").text
    assert "Nothing waits for you" in page
    assert 'href="/people/"' in page


def test_tasks_come_urgent_first_then_by_day(people, monkeypatch):
    day = timezone.localdate()
    given = [
        today.Task("c", "/", day + timedelta(days=3)),
        today.Task("no day", "/"),
        today.Task("overdue", "/", day - timedelta(days=1)),
        today.Task("now", "/", urgent=True),
    ]
    monkeypatch.setattr(today, "_contributions", [lambda user: given])
    found = today.tasks(people["governor"])
    assert [task.text for task in found] == ["now", "overdue", "c", "no day"]
    assert [task.status for task in found][:2] == ["Now", "Overdue"]


@pytest.mark.parametrize(
    ("role", "there", "not_there"),
    [
        ("governor", ["Today"], ["People", "Audit trail", "Settings", "Access log"]),
        ("head_of_school_improvement", ["People", "Audit trail", "Exports"], ["Settings", "Access log"]),
        ("administrator", ["People", "Settings"], ["Audit trail", "Exports"]),
        ("headteacher", ["Access log"], ["People"]),
    ],
)
def test_the_navigation_holds_what_the_role_permits(role, there, not_there, client_of):
    bar = client_of(role).get("/").text.split("govuk-service-navigation")
    words = " ".join(bar[1:]).split("<main")[0]
    assert all(each in words for each in there)
    assert not any(each in words for each in not_there)


def test_somebody_changes_their_name(people, client_of):
    client_of("governor").post("/account/", {"name": "Dr Priya Nair"})
    people["governor"].refresh_from_db()
    assert people["governor"].name == "Dr Priya Nair"
    assert AuditEvent.objects.get(verb="changed name").detail == {"from": "Priya Nair", "to": "Dr Priya Nair"}


def test_settings_change_the_name_and_colour_of_every_page(client_of, client):
    client_of("administrator").post("/settings/", SETTINGS | {"version": 0})
    page = client.get("/accessibility/").text
    assert "Northmoor Schools" in page
    assert "--headway-colour: #112233" in page


def test_two_people_changing_settings_lose_nothing(client_of, people):
    client = client_of("administrator")
    client.post("/settings/", SETTINGS | {"version": 0})
    second = client.post("/settings/", SETTINGS | {"name": "Headway here", "version": 0})
    assert second.status_code == 200
    assert "Somebody else saved this while you were writing" in second.text
    main = second.text.split("<main")[1]
    assert "Northmoor Schools" in main
    assert 'value="Headway here"' in main
    assert '<input type="hidden" name="version" value="1">' in main
    client.post("/settings/", SETTINGS | {"name": "Headway here", "version": 1})
    page = client.get("/settings/").text
    assert "Name changed from “Northmoor Schools” to “Headway here”" in page


def test_a_colour_that_is_none_is_refused(client_of):
    page = client_of("administrator").post("/settings/", SETTINGS | {"colour": "red;}", "version": 0})
    assert "Enter a colour like #00575d" in page.text


def test_the_audit_trail_is_filtered_and_shows_nothing_of_another_authority(client_of, people):
    with transaction.atomic():
        record("published release", by=people["data_officer"], organisation="authority:936")
        record("published release", by=None, organisation="school:200001", detail={"of": "theirs"})
    client = client_of("head_of_school_improvement")
    page = client.get("/trail/?what=published+release").text
    assert "1 event" in page
    assert "data.officer@northmoor.example" in page
    assert "theirs" not in client.get("/trail/").text
    assert "Nothing fits" in client.get("/trail/?who=nobody-at-all").text


def test_the_audit_trail_as_a_file_holds_no_formula_and_is_recorded(client_of, people):
    with transaction.atomic():
        record("changed name", by=None, organisation="authority:936", detail={})
        record("=HYPERLINK()", by=None, organisation="authority:936")
    answer = client_of("head_of_school_improvement").get("/trail/file/")
    assert answer.headers["Content-Type"].startswith("text/csv")
    assert "'=HYPERLINK()" in answer.text
    assert AuditEvent.objects.filter(verb="exported the audit trail").count() == 1


def test_the_trail_comes_in_pages_of_fifty_with_as_many_queries_as_before(
    client_of, django_assert_max_num_queries
):
    with transaction.atomic():
        for number in range(120):
            record("did something", by=None, detail={"number": number})
    client = client_of("head_of_school_improvement")
    with django_assert_max_num_queries(14):
        page = client.get("/trail/?what=did+something&page=2").text
    assert "Page 2 of 3" in page
    assert page.count("<tr") == 51


def test_a_missing_page_and_one_of_others_read_the_same(client_of):
    client = client_of("head_of_school_improvement")
    missing, never = client.get("/people/999999/"), client.get("/no/such/page/")
    assert missing.text.split("<main")[1] == never.text.split("<main")[1]


def test_when_the_service_fails_the_page_asks_nothing_of_the_database(rf):
    def refuse(*arguments):
        raise DatabaseError("gone")

    with connection.execute_wrapper(refuse):
        answer = views.failed(rf.get("/"))
    assert answer.status_code == 500
    assert "It is our fault" in answer.text


def test_a_form_without_its_token_is_refused_kindly(people):
    from django.test import Client

    client = Client(enforce_csrf_checks=True)
    answer = client.post("/account/login/", {"login": "a@b.example", "password": "x"})
    assert answer.status_code == 403
    assert "This form is too old" in answer.text
