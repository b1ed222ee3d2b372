"""What is kept of one person: all of it, and none of the secrets."""

from __future__ import annotations

import json

import pytest
from django.apps import apps

from headway.web.audit.models import AuditEvent
from headway.web.people import two_people
from headway.web.people.models import User
from headway.web.privacy import subjects

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("known_places")]
OWN = "school:100001"


def test_everybody_sees_and_takes_what_is_kept_of_them(client_of, people):
    client = client_of("governor")
    page = client.get("/data-protection/about-me/").text
    assert people["governor"].email in page
    assert "Calder Bridge Primary School" in page
    found = json.loads(client.get("/data-protection/about-me/file/").text)
    assert found["Account"][0]["email"] == people["governor"].email
    assert [line["role"] for line in found["Roles, now and before"]] == ["governor"]
    assert (
        AuditEvent.objects.get(verb="took what is kept of a person").subject
        == f"person:{people['governor'].pk}"
    )


def test_the_file_has_a_heading_for_every_model_that_points_at_people():
    pointing = {
        model._meta.label
        for model in apps.get_models()
        if any(field.is_relation and field.related_model is User for field in model._meta.fields)
    }
    user = User.objects.create_user("new@example.org", "New")
    titles = [heading.title for heading in subjects.kept_of(user)]
    own = {model._meta.label for model in subjects._OWN} - {"people.User"}
    assert own <= pointing
    assert len([title for title in titles if title.endswith("yours, or with your name")]) == len(
        pointing - own
    )


def test_no_secret_is_in_the_file(people):
    officer = people["data_officer"]
    text = subjects.as_file(officer)
    assert officer.password not in text
    for way in officer.authenticator_set.all():
        for secret in way.data.values():
            assert len(str(secret)) < 8 or str(secret) not in text


def test_what_somebody_wrote_of_others_is_told_by_when_and_where_not_what(people):
    two_people.ask(
        "pupils",
        organisation=OWN,
        purpose="About Ada Lovelace",
        by=people["data_officer"],
        parameters={"pupil": 7},
    )
    headings = {heading.title: heading.lines for heading in subjects.kept_of(people["data_officer"])}
    (line,) = headings["Bulk request: yours, or with your name"]
    assert line["organisation"] == OWN
    assert "Ada" not in str(line)


def test_another_persons_file_is_not_to_be_had(client_of, people):
    client = client_of("governor")
    assert client.get(f"/data-protection/people/{people['clerk'].pk}/").status_code == 403
    stranger = User.objects.create_user("stranger@example.org", "A Stranger")
    stranger.roles_held.create(role="governor", scope="school:200001")
    head = client_of("head_of_school_improvement")
    foreign = head.get(f"/data-protection/people/{stranger.pk}/file/")
    nowhere = head.get("/data-protection/people/999999/file/")
    assert (foreign.status_code, nowhere.status_code) == (404, 404)
    assert foreign.text.split("<main")[1] == nowhere.text.split("<main")[1]
