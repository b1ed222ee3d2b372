"""A school as it stood, and as it was known, on a day; what came to light later is marked."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from headway.web.audit.models import Version
from headway.web.people.models import Caseload
from headway.web.schools import actions, knowledge, remembered
from headway.web.schools.knowledge import Known
from headway.web.schools.models import (
    Belonging,
    FactChange,
    KeyDate,
    Note,
    Organisation,
    Taking,
)
from web_schools import OWN
from web_tables import tables_of

pytestmark = pytest.mark.django_db
HEAD = "head_of_school_improvement"
DAY = date(2026, 3, 1)


def at(year: int, month: int, day: int) -> datetime:
    return datetime(year, month, day, 12, tzinfo=UTC)


@pytest.fixture
def school(schools) -> Organisation:
    """A school that has been in the register here since the start of 2026."""
    Taking.objects.create(at=at(2026, 1, 1), by="headway", as_at=date(2025, 12, 1), token="a")
    Organisation.objects.update(recorded_at=at(2026, 1, 1))
    return schools[OWN]


def known(people, school, day: date = DAY, role: str = HEAD) -> dict[tuple[str, str], Known]:
    school.refresh_from_db()
    return {(one.heading, one.what): one for one in knowledge.known_on(people[role], school, day)}


def change(school, field: str, was: str, now: str, as_at: date, recorded: datetime) -> None:
    FactChange.objects.create(
        organisation=school, field=field, was=was, now=now, as_at=as_at, recorded_at=recorded
    )
    Organisation.objects.filter(pk=school.pk).update(**{field: now})


def test_a_fact_that_changed_after_the_day_is_shown_as_it_was_and_is_no_correction(people, school):
    change(school, "head", "Mr Old", "Ms New", date(2026, 9, 1), at(2026, 9, 5))
    one = known(people, school)["The register", "Headteacher"]
    assert (one.text, one.correction) == ("Mr Old", "")


def test_a_change_before_the_day_that_was_recorded_after_it_is_marked(people, school):
    change(school, "head", "Mr Old", "Ms New", date(2026, 2, 1), at(2026, 9, 5))
    one = known(people, school)["The register", "Headteacher"]
    assert (one.text, one.correction) == ("Mr Old", "Ms New")
    assert known(people, school, date(2026, 9, 6))["The register", "Headteacher"].text == "Ms New"


def test_before_the_service_began_everything_was_learned_later(people, school, client_of):
    one = known(people, school, date(2025, 6, 1))["The register", "Headteacher"]
    assert (one.text, one.correction) == ("", "Mrs Helen Marsh")
    page = client_of(HEAD).get("/schools/100001/as-known/?on=2025-06-01").text
    assert "What was known is recorded here from 1 January 2026 on" in page
    assert "Learned later" in page


def test_a_school_that_closed_later_was_open_and_nobody_knew_when_it_would_close(people, school):
    Organisation.objects.filter(pk=school.pk).update(
        status="Closed", is_closed=True, close_date=date(2026, 8, 31)
    )
    found = known(people, school)
    assert found["The register", "Status"].text == "Open"
    assert ("The register", "Closed") not in found


def test_groups_and_advisers_are_those_of_the_day(people, school):
    Belonging.objects.filter(group="cluster:hill").update(ends=date(2026, 6, 30))
    Caseload.objects.update(starts=date(2026, 2, 1), ends=date(2026, 4, 1))
    found = known(people, school)
    assert found["Where it belonged, who advised it", "Cluster"].text == "Hill cluster"
    assert found["Where it belonged, who advised it", "Link adviser"].text == "Tom Ashworth"
    later = known(people, school, date(2026, 7, 1))
    assert ("Where it belonged, who advised it", "Cluster") not in later
    assert ("Where it belonged, who advised it", "Link adviser") not in later


def test_a_note_reads_as_it_did_then_and_its_later_text_is_marked(people, school):
    values = {"about": date(2026, 2, 1), "title": "Visit", "text": "First words", "seen_by": Note.COLLEAGUES}
    note = actions.save_note(None, values, school=school, by=people[HEAD])
    today = timezone.localdate()
    yesterday = today - timedelta(days=1)
    assert known(people, school, yesterday)["Notes", "Visit"].text == ""
    actions.save_note(note, values | {"text": "Second words"}, school=school, by=people[HEAD], expected=1)
    one = known(people, school, today)["Notes", "Visit"]
    assert (one.text, one.correction) == ("Second words", "")
    assert known(people, school, yesterday)["Notes", "Visit"].correction == "Second words"
    assert Version.objects.count() == 2


def test_notes_dates_and_people_are_for_those_who_may_see_them(people, school):
    values = {"about": date(2026, 2, 1), "title": "Visit", "text": "Words", "seen_by": Note.RESTRICTED}
    actions.save_note(None, values, school=school, by=people[HEAD])
    KeyDate.objects.create(
        organisation=school, on=date(2027, 1, 1), what="Head leaves", added_by=people[HEAD]
    )
    for role in ("governor", "councillor", "partner", "trust_leader", "headteacher", "data_officer"):
        found = knowledge.known_on(people[role], school, timezone.localdate())
        assert "Visit" not in [one.what for one in found]
        if role in ("governor", "councillor", "partner"):
            assert not {"Notes", "People", "Key dates ahead"} & {one.heading for one in found}


def test_the_school_sees_no_earlier_version_meant_for_fewer(people, school):
    values = {"about": date(2026, 2, 1), "title": "Tired head", "text": "Draft", "seen_by": Note.RESTRICTED}
    note = actions.save_note(None, values, school=school, by=people[HEAD])
    shared = values | {"seen_by": Note.SCHOOL, "title": "Visit", "text": "Final"}
    yesterday = timezone.now() - timedelta(days=1)
    with connection.cursor() as cursor:
        from headway.web.audit import protection

        protection.lift(connection.vendor, cursor.execute)
        Version.objects.update(at=yesterday)
        protection.lay(connection.vendor, cursor.execute)
    actions.save_note(note, shared, school=school, by=people[HEAD], expected=1)
    found = knowledge.known_on(people["headteacher"], school, timezone.localdate(yesterday))
    words = " ".join(f"{one.what} {one.text} {one.correction}" for one in found)
    assert "Draft" not in words
    assert "Tired head" not in words
    assert "Final" in words


def test_other_parts_add_what_they_know(people, school, client_of, monkeypatch):
    told = [Known("Published figures", "Reading", "63 %", since=DAY, correction="64 %", order=40)]
    monkeypatch.setattr(
        knowledge, "_contributions", [*remembered.CONTRIBUTIONS, lambda user, school, day: told]
    )
    page = client_of(HEAD).get(f"/schools/100001/as-known/?on={DAY}")
    rows = [row for table in tables_of(page.text) for row in table]
    assert ["Reading", "63 %", "1 March 2026", "Corrected later 64 %"] in rows


@pytest.mark.parametrize("on", ["2999-01-01", "nonsense", "0001-01-01"])
def test_odd_days_are_answered_kindly(on, school, client_of):
    page = client_of("governor").get(f"/schools/100001/as-known/?on={on}")
    assert page.status_code == 200
    if on != "0001-01-01":
        assert "past, or today" in page.text or "Enter a day" in page.text


def test_the_page_takes_as_many_queries_whatever_there_is(people, school, client_of):
    client = client_of(HEAD)
    address = f"/schools/100001/as-known/?on={DAY}"

    def fill(number: int) -> None:
        for each in range(number):
            change(school, "head", f"A{each}", f"B{each}", date(2026, 4, 1), at(2026, 4, 2))
            values = {"about": date(2026, 2, 1), "title": "V", "text": "W", "seen_by": Note.COLLEAGUES}
            actions.save_note(None, values, school=school, by=people[HEAD])

    fill(2)
    client.get(address)
    with CaptureQueriesContext(connection) as few:
        client.get(address)
    fill(20)
    with CaptureQueriesContext(connection) as more:
        client.get(address)
    assert len(more) == len(few)
