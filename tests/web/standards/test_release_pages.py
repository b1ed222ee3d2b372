"""Publishing a release, showing it to more people, taking it back: one row, an event, and what the pages say."""

from __future__ import annotations

import pytest
from django.db.models import Model
from django.forms.models import model_to_dict

from headway.web.audit.models import AuditEvent
from headway.web.people.actions import NotPermitted
from headway.web.standards import actions
from headway.web.standards.models import AUTHORITY, DATA_TEAM, SCHOOLS, Release, ReleaseFile, ReleaseReport
from released import figure, handmade

OWN = "school:100001"


@pytest.fixture
def made(settings, tmp_path, people):
    settings.SERVICE = tmp_path
    return handmade("Summer", "authority:936", [figure(OWN, 20, 30), figure("authority:936", 200, 300)])


@pytest.fixture
def release(made):
    return actions.publish(made=made, state="provisional", visibility=DATA_TEAM, by=None)


def rows(model: type[Model]) -> list[dict[str, object]]:
    return [model_to_dict(one) for one in model.objects.order_by("pk")]


def test_it_is_published_once_under_a_name(release, made):
    with pytest.raises(actions.CannotPublish, match="never changed"):
        actions.publish(made=made, state="validated", visibility=SCHOOLS, by=None)


CHANGES = {
    "showed release to more": lambda pk, by: actions.show_to(release_id=pk, visibility=SCHOOLS, by=by),
    "changed state of release": lambda pk, by: actions.declare_state(release_id=pk, state="validated", by=by),
    "took release back": lambda pk, by: actions.take_back(release_id=pk, why="Wrong file", by=by),
}


@pytest.mark.parametrize("verb", CHANGES)
def test_each_change_is_one_row_of_the_database_and_one_event(release, people, verb):
    other = {model: rows(model) for model in (ReleaseFile, ReleaseReport)}
    events = AuditEvent.objects.count()
    before = rows(Release)
    CHANGES[verb](release.pk, people["data_officer"])
    assert rows(Release) != before
    assert {model: rows(model) for model in other} == other
    assert AuditEvent.objects.count() == events + 1
    event = AuditEvent.objects.first()
    assert (event.verb, event.by, event.organisation) == (verb, people["data_officer"].email, "authority:936")


def test_showing_to_fewer_again_is_recorded_as_such(release, people):
    actions.show_to(release_id=release.pk, visibility=SCHOOLS, by=people["data_officer"])
    actions.show_to(release_id=release.pk, visibility=AUTHORITY, by=people["data_officer"])
    assert AuditEvent.objects.first().verb == "showed release to fewer"


def test_what_was_taken_back_stays_so(release, people):
    by = people["data_officer"]
    with pytest.raises(actions.CannotPublish, match="Say why"):
        actions.take_back(release_id=release.pk, why=" ", by=by)
    actions.take_back(release_id=release.pk, why="Wrong file", by=by)
    with pytest.raises(actions.CannotPublish, match="was taken back"):
        actions.show_to(release_id=release.pk, visibility=SCHOOLS, by=by)


def test_nobody_publishes_for_an_authority_that_is_not_theirs(release, people, settings):
    foreign = handmade("There", "authority:937", [figure("school:200001", 20, 30)])
    with pytest.raises(NotPermitted):
        actions.publish(made=foreign, state="provisional", visibility=SCHOOLS, by=people["data_officer"])
    with pytest.raises(NotPermitted):
        actions.take_back(release_id=release.pk, why="Wrong", by=people["link_adviser"])
    assert [one.name for one in Release.objects.all()] == ["Summer"]


def test_the_pages_show_change_and_take_back(release, client_of):
    client = client_of("data_officer")
    assert "Summer" in client.get("/standards/releases/").content.decode()
    address = f"/standards/releases/{release.pk}/"
    page = client.get(address).content.decode()
    assert "What each audience sees of it" in page
    assert "Governors of a school" in page
    client.post(f"{address}visibility/", {"visibility": "schools"})
    client.post(f"{address}state/", {"state": "validated"})
    release.refresh_from_db()
    assert (release.visibility, release.state) == ("schools", "validated")
    assert release.shown_to_schools_at is not None
    refused = client.post(f"{address}take-back/", {"why": ""})
    assert "Say why you take it back" in refused.content.decode()
    client.post(f"{address}take-back/", {"why": "Wrong file"})
    release.refresh_from_db()
    assert release.taken_back_why == "Wrong file"
    assert "Taken back" in client.get(address).content.decode()


def test_it_disappears_from_a_school_at_once(release, client_of, people):
    actions.show_to(release_id=release.pk, visibility=SCHOOLS, by=None)
    head = client_of("headteacher")
    assert "66.7%" in head.get("/standards/schools/100001/").content.decode()
    assert "New provisional results are published for your school" in head.get("/").content.decode()
    actions.take_back(release_id=release.pk, why="Wrong file", by=None)
    after = head.get("/standards/schools/100001/").content.decode()
    assert "66.7%" not in after
    assert "No figures of this school are published to you yet" in after
    assert head.get("/standards/schools/100001/summary/file.csv").status_code == 404
    assert "New provisional results" not in head.get("/").content.decode()


def test_a_school_is_not_told_of_what_it_may_not_see(release, client_of):
    assert "results are published" not in client_of("headteacher").get("/").content.decode()
