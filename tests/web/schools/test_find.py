"""Finding schools: by what people remember of them, as at any day, and never somebody else's."""

from __future__ import annotations

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from headway.web.audit.models import AuditEvent
from headway.web.people.models import Caseload
from headway.web.schools import search
from headway.web.schools.models import Belonging, FactChange, Organisation
from web_schools import OTHER, OWN, make, unsaved
from web_tables import tables_of

pytestmark = pytest.mark.django_db
HERE = "authority:936"


@pytest.fixture
def northmoor(schools):
    """Five more schools of the authority."""
    return {
        "ashcombe": make("school:100010", "Ashcombe Infant School", authority=HERE, town="Marlford",
                         kind_of_school="infant", phase="Primary", type="Community school", dfe_number="9362010"),
        "birchover": make("school:100011", "Birchover CofE Primary School", authority=HERE, town="Kingsport",
                          kind_of_school="primary", phase="Primary", type="Voluntary controlled school"),
        "st_aidan": make("school:100012", "St Aidan's Catholic Primary School", authority=HERE, town="Marlford",
                         kind_of_school="primary", phase="Primary", type="Voluntary aided school"),
        "closed": make("school:100013", "Deepdale Primary School", authority=HERE, status="Closed",
                       close_date=date(2016, 8, 31)),
        "academy": make("school:150013", "Deepdale Academy", authority=HERE, trust="trust:2044",
                        open_date=date(2016, 9, 1), postcode="NM4 2QT"),
    }  # fmt: skip


def names(page) -> list[str]:
    """The first column of the page's list."""
    return [row[0].removesuffix(" Closed") for row in listed(page)]


def listed(page) -> list[list[str]]:
    tables = tables_of(page.text)
    return tables[0][1:] if tables else []


def found(text: str) -> list[str]:
    return [str(one) for one in search.find(Organisation.objects.filter(kind="school"), text).rows]


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("ashcombe", "Ashcombe Infant School"),
        ("ASHCOMBE inf", "Ashcombe Infant School"),
        ("ashcomb", "Ashcombe Infant School"),
        ("Ahscombe", "Ashcombe Infant School"),
        ("Aschcomb infants", "Ashcombe Infant School"),
        ("burchover", "Birchover CofE Primary School"),
        ("birchover church of england", "Birchover CofE Primary School"),
        ("Saint Aidans", "St Aidan's Catholic Primary School"),
        ("st aiden's rc", "St Aidan's Catholic Primary School"),
        ("Kingsprot", "Birchover CofE Primary School"),
        ("100010", "Ashcombe Infant School"),
        ("936/2010", "Ashcombe Infant School"),
        ("9362010", "Ashcombe Infant School"),
        ("nm42qt", "Deepdale Academy"),
        ("NM4", "Deepdale Academy"),
        ("deepdale", "Deepdale Academy"),
        ("ashcombe in kingsport or marlford", "Ashcombe Infant School"),
    ],
)
def test_a_school_is_found_by_what_people_remember(text, first, northmoor):
    assert found(text)[0] == first


@pytest.mark.parametrize("text", ["zzzzzzz", "999999", "%", "'; drop table", "_______", "9" * 40, "\x00"])
def test_what_fits_nothing_finds_nothing(text, northmoor):
    assert found(text.replace("\x00", "")) == [] or text in ("%", "_______", "\x00")


def test_the_page_says_what_it_searched_for_instead(client_of, northmoor):
    page = client_of("head_of_school_improvement").get("/schools/?text=ahscombe")
    assert names(page) == ["Ashcombe Infant School"]
    assert "These are much like it: <strong>ashcombe</strong>" in page.text


def test_a_list_shows_only_what_the_role_reaches(client_of, northmoor):
    everything = names(client_of("head_of_school_improvement").get("/schools/?status=all"))
    assert len(everything) == 6
    assert "Saltby Primary School" not in everything
    assert names(client_of("governor").get("/schools/?status=all")) == ["Calder Bridge Primary School"]
    assert names(client_of("trust_leader").get("/schools/")) == ["Calder Bridge Primary School"]


@pytest.mark.parametrize(
    "address", ["/schools/?text={}", "/schools/suggest/?text={}", "/schools/file/?text={}"]
)
@pytest.mark.parametrize("text", ["Saltby", "200001", "937/2001", "SM1 1AA", "saltbey"])
def test_nobody_finds_a_school_of_another_authority(address, text, client_of):
    for role in ("head_of_school_improvement", "data_officer", "headteacher", "councillor", "partner"):
        answer = client_of(role).get(address.format(text))
        assert "Saltby Primary" not in answer.text
        assert "/schools/200001/" not in answer.text


def test_filters_offer_only_what_the_persons_schools_have(client_of, northmoor):
    make(
        "school:200002",
        "Elsewhere School",
        authority="authority:937",
        kind_of_school="junior",
        phase="Middle",
    )
    page = client_of("head_of_school_improvement").get("/schools/").text
    assert "Infant" in page
    assert "Junior" not in page
    assert "Middle" not in page


def test_closed_schools_are_listed_where_asked_for(client_of, northmoor):
    client = client_of("head_of_school_improvement")
    assert "Deepdale Primary School" not in names(client.get("/schools/"))
    assert names(client.get("/schools/?status=closed")) == ["Deepdale Primary School"]


def test_a_list_as_at_a_day_holds_who_was_open_then(client_of, northmoor):
    client = client_of("head_of_school_improvement")
    before = names(client.get("/schools/?text=deepdale&on=2016-08-31"))
    after = names(client.get("/schools/?text=deepdale&on=2016-09-01"))
    assert before == ["Deepdale Primary School"]
    assert after == ["Deepdale Academy"]


def test_a_list_as_at_a_day_shows_names_groups_and_advisers_of_that_day(client_of, people, northmoor):
    school = northmoor["ashcombe"]
    FactChange.objects.create(
        organisation=school,
        field="name",
        was="Ashcombe First School",
        now=school.name,
        as_at=date(2020, 9, 1),
    )
    Belonging.objects.create(organisation=school, group_id="cluster:hill", kind="cluster", source="here",
                             starts=date(2018, 1, 1), ends=date(2019, 12, 31))  # fmt: skip
    Caseload.objects.create(user=people["link_adviser"], organisation=school.key, starts=date(2018, 1, 1),
                            ends=date(2018, 12, 31))  # fmt: skip
    client = client_of("head_of_school_improvement")
    page = client.get("/schools/?text=ashcombe&on=2018-06-01")
    row = listed(page)[0]
    assert (row[0], row[4], row[5]) == ("Ashcombe First School", "Hill cluster", "Tom Ashworth")
    today = listed(client.get("/schools/?text=ashcombe"))[0]
    assert (today[0], today[4], today[5]) == ("Ashcombe Infant School", "", "")
    assert names(client.get("/schools/?cluster=cluster:hill&on=2018-06-01")) == ["Ashcombe First School"]
    assert names(client.get("/schools/?cluster=cluster:hill")) == ["Calder Bridge Primary School"]


def test_schools_are_filtered_by_their_adviser(client_of, people, northmoor):
    adviser = people["link_adviser"].pk
    page = client_of("head_of_school_improvement").get(f"/schools/?adviser={adviser}")
    assert names(page) == ["Calder Bridge Primary School"]


def test_a_day_that_is_none_is_said_kindly(client_of, schools):
    page = client_of("governor").get("/schools/?on=yesterday")
    assert page.status_code == 200
    assert "Enter a day, like 2024-09-01" in page.text


def test_the_file_holds_the_list_and_that_it_was_taken_is_recorded(client_of, northmoor):
    answer = client_of("head_of_school_improvement").get("/schools/file/?kind=infant")
    lines = answer.text.splitlines()
    assert lines[0].lstrip("\ufeff").startswith("urn,dfe number,name,kind")
    assert len(lines) == 2
    assert "100010,936/2010,Ashcombe Infant School,infant" in lines[1]
    assert AuditEvent.objects.get(verb="exported a list of schools").detail == {"schools": 1}


def test_suggestions_come_while_somebody_types(client_of, northmoor):
    page = client_of("head_of_school_improvement").get("/schools/suggest/?text=as").text
    assert 'href="/schools/100010/"' in page
    assert "<html" not in page


def test_an_empty_register_says_what_to_do_next(client_of, schools):
    Belonging.objects.all().delete()
    Organisation.objects.filter(key__in=[OWN, OTHER]).delete()
    page = client_of("head_of_school_improvement").get("/schools/").text
    assert "No school is here yet" in page


def queries(client, address: str) -> int:
    client.get(address)
    with CaptureQueriesContext(
        connection,
    ) as counted:
        assert client.get(address).status_code == 200
    return len(counted)


@pytest.mark.parametrize("address", ["/schools/", "/schools/?text=school", "/schools/?on=2020-01-01", "/schools/file/",
                                     "/schools/suggest/?text=school", "/schools/?text=schol"])  # fmt: skip
def test_a_list_takes_as_many_queries_for_a_thousand_schools_as_for_ten(address, client_of, schools):
    client = client_of("head_of_school_improvement")
    many = [
        unsaved(f"school:{110000 + number}", f"School {number}", authority=HERE) for number in range(1000)
    ]
    Organisation.objects.bulk_create(many[:10])
    few = queries(client, address)
    Organisation.objects.bulk_create(many[10:])
    more = queries(client, address)
    assert more <= few + (1 if "file" in address else 0) * 4
    assert more < 30
