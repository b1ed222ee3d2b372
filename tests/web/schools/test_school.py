"""The pages of one school: who they are, contacts, key dates, notes and who may read them."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from headway.web.audit import versions
from headway.web.audit.models import AuditEvent
from headway.web.people.actions import NotPermitted
from headway.web.people.models import Caseload
from headway.web.schools import access, actions
from headway.web.schools.models import Change, Contact, KeyDate, Note, Organisation, Succession
from web_schools import OTHER, OWN, make

pytestmark = pytest.mark.django_db
HEAD = "head_of_school_improvement"
TEXT = {"title": "Autumn visit", "about": "2026-10-01", "text": "Reading is strong.", "seen_by": "colleagues"}


@pytest.fixture
def school(schools) -> Organisation:
    return schools[OWN]


def write(people, school, role: str, **more) -> Note:
    values = {**TEXT, "about": date(2026, 10, 1), **more}
    return actions.save_note(None, values, school=school, by=people[role])


def test_a_school_page_says_who_they_are(client_of, school):
    Organisation.objects.filter(pk=school.pk).update(
        type="Academy converter", responsible="academy", low_age=4, high_age=11, pupils=210, capacity=240
    )
    page = client_of("governor").get("/schools/100001/").text
    for words in (
        "Calder Bridge Primary School", "936/2001", "Mrs Helen Marsh", "NM1 1AA", "Northmoor Learning Trust",
        "Hill cluster", "Tom Ashworth", "4 to 11", "210 (places for 240)", "its trust is responsible",
    ):  # fmt: skip
        assert words in page


def test_tabs_are_those_that_the_role_may_open_there(client_of, school):
    for role, there, absent in (
        ("governor", ["Inspections", "History"], ["Notes", "Contacts and dates"]),
        ("headteacher", ["Notes", "Contacts and dates"], []),
        ("councillor", ["Inspections"], ["Notes", "Contacts and dates"]),
    ):
        page = (
            client_of(role)
            .get("/schools/100001/")
            .text.split('aria-label="This school"')[1]
            .split("</nav>")[0]
        )
        assert all(words in page for words in there)
        assert not any(words in page for words in absent)


def test_a_school_that_is_not_theirs_reads_like_one_that_is_not_there(client_of, schools):
    for role in ("governor", HEAD, "link_adviser", "trust_leader", "partner"):
        client = client_of(role)
        for rest in ("", "history/", "inspections/"):
            foreign, none = client.get(f"/schools/200001/{rest}"), client.get(f"/schools/999999/{rest}")
            assert (foreign.status_code, none.status_code) == (404, 404)
            assert foreign.text.split("<main")[1] == none.text.split("<main")[1]


def test_history_shows_schools_before_with_a_link_only_where_it_may_be_followed(client_of, school):
    make("school:100099", "Calder Bridge Infant School", authority="authority:936", status="Closed")
    Succession.objects.create(
        organisation=OWN, predecessor="school:100099", on=date(2016, 9, 1), how="conversion"
    )
    Succession.objects.create(
        organisation="school:100099", predecessor="school:55", on=date(2001, 9, 1), how="conversion"
    )
    Succession.objects.create(organisation="school:888888", predecessor=OWN, on=None, how="review")
    whole = client_of(HEAD).get("/schools/100001/history/").text
    assert 'href="/schools/100099/"' in whole
    assert "Before that" in whole
    assert "a school that is not in the register here" in whole
    own = client_of("governor").get("/schools/100001/history/").text
    assert "Calder Bridge Infant School" in own
    assert 'href="/schools/100099/"' not in own


def test_contacts_are_kept_with_their_versions(client_of, school):
    client = client_of("data_officer")
    client.post("/schools/100001/contacts/new/", {"name": "Ann Lee", "role": "Office", "version": 0})
    contact = Contact.objects.get()
    page = f"/schools/100001/contacts/{contact.pk}/"
    client.post(page, {"name": "Ann Lee", "role": "Office manager", "email": "a@lee.example", "version": 1})
    assert "Role changed from “Office” to “Office manager”" in client.get(page).text
    assert "a@lee.example" in client_of("headteacher").get("/schools/100001/contacts/").text
    assert AuditEvent.objects.filter(organisation=OWN, verb__endswith="contact").count() == 2


def test_two_people_changing_a_contact_lose_nothing(client_of, school):
    client = client_of("data_officer")
    client.post("/schools/100001/contacts/new/", {"name": "Ann Lee", "role": "Office", "version": 0})
    page = f"/schools/100001/contacts/{Contact.objects.get().pk}/"
    client.post(page, {"name": "Ann Leigh", "role": "Office", "version": 1})
    second = client.post(page, {"name": "Ann Lee", "role": "Bursar", "version": 1})
    assert "Somebody else saved this while you were writing" in second.text
    assert "Ann Leigh" in second.text
    assert 'value="Bursar"' in second.text
    assert Contact.objects.get().name == "Ann Leigh"


def test_a_contact_that_ended_stands_among_the_former(client_of, school):
    client = client_of("data_officer")
    client.post("/schools/100001/contacts/new/", {"name": "Ann Lee", "role": "Office", "version": 0})
    client.post(f"/schools/100001/contacts/{Contact.objects.get().pk}/end/", {})
    page = client.get("/schools/100001/contacts/").text
    assert "No contact is kept yet" in page
    assert "Former contacts" in page


def test_key_dates_stand_on_the_first_page_until_they_are_removed(client_of, school):
    client = client_of("link_adviser")
    day = timezone.localdate() + timedelta(days=9)
    client.post("/schools/100001/contacts/", {"on": day.isoformat(), "what": "Governors meet"})
    assert "Governors meet" in client.get("/schools/100001/").text
    assert "Governors meet" not in client_of("governor").get("/schools/100001/").text
    client.post(f"/schools/100001/dates/{KeyDate.objects.get().pk}/remove/")
    assert "Governors meet" not in client.get("/schools/100001/").text
    assert KeyDate.objects.count() == 1


@pytest.mark.parametrize(
    ("writer", "tier", "readers"),
    [
        (HEAD, "colleagues", {HEAD, "link_adviser"}),
        (HEAD, "school", {HEAD, "link_adviser", "headteacher", "senior_leader"}),
        (HEAD, "restricted", {HEAD}),
        ("link_adviser", "restricted", {HEAD, "link_adviser"}),
        ("trust_leader", "colleagues", {"trust_leader"}),
        ("trust_leader", "school", {"trust_leader", "headteacher", "senior_leader"}),
        ("trust_leader", "restricted", {"trust_leader"}),
        ("programme_manager", "colleagues", {"programme_manager"}),
    ],
)
def test_a_note_is_read_by_its_readers_only(writer, tier, readers, people, school, client_of):
    note = write(people, school, writer, seen_by=tier)
    assert {
        role
        for role, user in people.items()
        if access.readable_notes(user, school).filter(pk=note.pk).exists()
    } == readers
    for role in people:
        client = client_of(role)
        got = client.get(f"/schools/100001/notes/{note.pk}/")
        assert (got.status_code == 200) == (role in readers)
        if role not in readers:
            assert got.status_code in (403, 404)
            assert "Reading is strong" not in client.get("/schools/100001/notes/").text


def test_the_school_sees_no_earlier_version_of_a_note_that_is_shown_to_it(people, school, client_of):
    note = write(people, school, HEAD, text="Draft: the head is tired.")
    actions.save_note(
        note, {**TEXT, "about": note.about, "seen_by": "school"}, school=school, by=people[HEAD], expected=1
    )
    page = f"/schools/100001/notes/{note.pk}/"
    assert "the head is tired" not in client_of("headteacher").get(page).text
    assert "the head is tired" in client_of(HEAD).get(page).text


def test_two_people_changing_a_note_are_shown_both_texts(client_of, people, school):
    note = write(people, school, HEAD)
    page = f"/schools/100001/notes/{note.pk}/change/"
    client_of("link_adviser").post(page, {**TEXT, "text": "Reading is very strong.", "version": 1})
    second = client_of(HEAD).post(page, {**TEXT, "text": "Reading is uneven.", "version": 1})
    assert "Reading is very strong." in second.text
    assert "Reading is uneven." in second.text
    assert '<input type="hidden" name="version" value="2">' in second.text
    client_of(HEAD).post(page, {**TEXT, "text": "Reading is uneven.", "version": 2})
    assert [one.number for one in versions.versions(note.subject)] == [3, 2, 1]


def test_the_audit_trail_names_a_note_but_holds_none_of_its_text(people, school):
    write(people, school, HEAD, seen_by="restricted")
    event = AuditEvent.objects.get(verb="wrote note")
    assert event.organisation == OWN
    assert "Reading" not in str(event.detail)


def test_nobody_writes_on_a_school_that_is_not_theirs(people, schools):
    foreign = schools[OTHER]
    for role in people:
        with pytest.raises(NotPermitted):
            write(people, foreign, role)
        with pytest.raises(NotPermitted):
            actions.save_contact(
                None,
                {"name": "A", "role": "B", "email": "", "telephone": ""},
                school=foreign,
                by=people[role],
            )
        with pytest.raises(NotPermitted):
            actions.add_key_date(foreign, on=date(2026, 1, 1), what="x", by=people[role])


def test_a_note_of_another_school_is_not_found_under_ones_own(client_of, people, schools):
    note = Note.objects.create(
        organisation_id=OTHER, circle="authority:936", title="T", text="Elsewhere", written_by=people[HEAD]
    )
    assert client_of(HEAD).get(f"/schools/100001/notes/{note.pk}/").status_code == 404


def test_who_loses_the_role_no_longer_reads_what_they_wrote(people, school, client_of):
    note = write(people, school, "link_adviser", seen_by="restricted")
    Caseload.objects.all().delete()
    assert client_of("link_adviser").get(f"/schools/100001/notes/{note.pk}/").status_code == 404


@pytest.mark.parametrize("rest", ["", "history/", "inspections/", "contacts/", "notes/"])
def test_a_page_takes_as_many_queries_whatever_a_school_has(rest, client_of, people, school):
    client = client_of(HEAD)
    address = f"/schools/100001/{rest}"

    def fill(number: int) -> None:
        for each in range(number):
            write(people, school, HEAD)
            Change.objects.create(
                organisation=school, change="new head", was="A", now=f"B{each}", as_at=date(2026, 1, 1)
            )
            Contact.objects.create(organisation=school, name="A", role="B")

    fill(3)
    client.get(address)
    with CaptureQueriesContext(connection) as few:
        client.get(address)
    fill(40)
    with CaptureQueriesContext(connection) as more:
        client.get(address)
    assert len(more) == len(few)
    assert len(more) < 40
