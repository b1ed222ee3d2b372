"""Pages with pupils: permission there, a purpose, a record; emergencies; exports by two people."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.http import Http404, HttpResponse
from django.test import override_settings
from django.urls import include, path
from django.utils import timezone

from headway.web.audit.models import AuditEvent
from headway.web.people import emergencies, today, two_people
from headway.web.people.actions import NotPermitted
from headway.web.people.models import BrokenGlass, BulkRequest
from headway.web.people.purposes import HOLDS_FOR_SECONDS, PURPOSES, requires_purpose

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("known_places", "pupil_page")]
OWN, OTHER = "school:100001", "school:200001"
PAGE, THERE, NOWHERE = (f"/pupils-of/{urn}/" for urn in (100001, 200001, 999999))
REASON = "A child may be at risk of harm today"


def key_of(request, urn: int) -> str:
    if urn == 999999:
        raise Http404
    return f"school:{urn}"


@requires_purpose(key_of)
def pupils(request, urn: int) -> HttpResponse:
    return HttpResponse("Ada, Bob and Cyd")


urlpatterns = [
    path("", include("headway.web.urls")),
    path("pupils-of/<int:urn>/", pupils, name="test_pupils"),
]
handler403 = "headway.web.people.views.refused"
handler404 = "headway.web.people.views.not_found"


@pytest.fixture
def pupil_page():
    with override_settings(ROOT_URLCONF=__name__):
        yield


def events(verb: str) -> list[AuditEvent]:
    return list(AuditEvent.objects.filter(verb=verb))


def test_ac3_a_governor_who_opens_a_pupil_list_is_refused_and_that_is_recorded(client_of, people):
    answer = client_of("governor").get(PAGE)
    assert answer.status_code == 403
    assert "Ada" not in answer.text
    (event,) = events("was refused")
    assert event.by == people["governor"].email
    assert event.detail["permission"] == "see pupils"
    assert events("viewed pupils") == []


@pytest.mark.parametrize(
    "role",
    ["link_adviser", "governor", "clerk", "scrutiny_officer", "councillor", "client", "partner", "booster_coordinator",
     "programme_manager", "administrator"],
)  # fmt: skip
def test_roles_without_pupils_are_refused_of_every_school(role, client_of):
    client = client_of(role)
    assert [client.get(page).status_code for page in (PAGE, THERE, NOWHERE)] == [403, 403, 403]


@pytest.mark.parametrize("role", ["headteacher", "senior_leader", "data_officer", "trust_leader"])
def test_pupils_are_seen_after_a_purpose_and_the_school_sees_who_looked(role, client_of, people):
    client = client_of(role)
    asked = client.get(PAGE)
    assert asked.url == "/purpose/school:100001/?next=%2Fpupils-of%2F100001%2F"
    assert events("viewed pupils") == []
    onward = client.post(asked.url, {"purpose": PURPOSES[1], "next": PAGE})
    assert onward.url == PAGE
    assert client.get(PAGE).text == "Ada, Bob and Cyd"
    (event,) = events("viewed pupils")
    assert (event.by, event.organisation) == (people[role].email, OWN)
    assert event.detail["purpose"] == PURPOSES[1]
    log = client_of("headteacher").get("/access-log/").text
    assert people[role].email in log
    assert PURPOSES[1] in log


def test_another_school_is_as_if_it_did_not_exist(client_of):
    client = client_of("headteacher")
    theirs, nothing = client.get(THERE), client.get(NOWHERE)
    assert (theirs.status_code, nothing.status_code) == (404, 404)
    assert theirs.text.split("<main")[1] == nothing.text.split("<main")[1]


def test_something_else_must_be_said_in_words(client_of):
    client = client_of("headteacher")
    page = client.post("/purpose/school:100001/", {"purpose": PURPOSES[-1], "words": " "})
    assert "Say what you need to see pupils for" in page.text
    client.post("/purpose/school:100001/", {"purpose": PURPOSES[-1], "words": "A complaint"})
    client.get(PAGE)
    assert events("viewed pupils")[0].detail["purpose"] == "A complaint"


def test_a_purpose_holds_for_an_hour(client_of, monkeypatch):
    client = client_of("headteacher")
    client.post("/purpose/school:100001/", {"purpose": PURPOSES[0]})
    assert client.get(PAGE).status_code == 200
    session = client.session
    session["headway_purposes"] = {
        key: (purpose, until - HOLDS_FOR_SECONDS)
        for key, (purpose, until) in session["headway_purposes"].items()
    }
    session.save()
    assert client.get(PAGE).status_code == 302


def test_a_purpose_holds_for_one_school_only(people, client_of):
    people["headteacher"].roles_held.create(role="headteacher", scope=OTHER)
    client = client_of("headteacher")
    client.post("/purpose/school:100001/", {"purpose": PURPOSES[0]})
    assert client.get(PAGE).status_code == 200
    assert client.get(THERE).status_code == 302


@pytest.mark.parametrize(
    "onward", ["https://elsewhere.example/", "//elsewhere.example", "javascript:alert(1)"]
)
def test_after_a_purpose_one_stays_within_the_service(onward, client_of):
    client = client_of("headteacher")
    assert client.post("/purpose/school:100001/", {"purpose": PURPOSES[0], "next": onward}).url == "/"


def test_the_head_of_service_sees_pupils_only_in_an_emergency_with_a_reason(client_of, people):
    client = client_of("head_of_school_improvement")
    asked = client.get(PAGE)
    assert asked.url.startswith("/emergency/school:100001/")
    assert "what you need" not in client.post(asked.url, {"reason": "because"}).text
    assert not BrokenGlass.objects.exists()
    assert client.post(asked.url, {"reason": REASON, "next": PAGE}).url == PAGE
    assert client.get(PAGE).status_code == 200
    assert events("broke the glass")[0].detail["reason"] == REASON
    assert REASON in events("viewed pupils")[0].detail["purpose"]
    assert client.get(THERE).status_code == 404


def test_an_emergency_ends_after_sixty_minutes(client_of, people):
    head = people["head_of_school_improvement"]
    glass = emergencies.break_glass(organisation=OWN, reason=REASON, by=head)
    assert timedelta(minutes=59) < glass.expires_at - timezone.now() <= timedelta(minutes=60)
    client = client_of("head_of_school_improvement")
    assert client.get(PAGE).status_code == 200
    BrokenGlass.objects.update(expires_at=timezone.now())
    assert client.get(PAGE).status_code == 302


def test_the_school_is_told_of_an_emergency_until_it_has_seen_it(client_of, people):
    emergencies.break_glass(organisation=OWN, reason=REASON, by=people["head_of_school_improvement"])
    client = client_of("headteacher")
    page = client.get("/").text
    assert "Maryam Iqbal looked at the pupils of Calder Bridge Primary School in an emergency" in page
    assert REASON in page
    assert REASON in client.get("/access-log/").text
    client.post(f"/access-log/{BrokenGlass.objects.get().pk}/seen/")
    assert "in an emergency" not in client.get("/").text
    assert events("saw that the glass was broken")[0].by == people["headteacher"].email


def test_an_emergency_stands_in_the_data_protection_log(client_of, people):
    emergencies.break_glass(organisation=OWN, reason=REASON, by=people["head_of_school_improvement"])
    assert REASON in client_of("head_of_school_improvement").get("/trail/?what=broke+the+glass").text


@pytest.mark.parametrize("role", ["headteacher", "data_officer", "governor", "administrator"])
def test_no_other_role_breaks_the_glass(role, people):
    with pytest.raises(NotPermitted):
        emergencies.break_glass(organisation=OWN, reason=REASON, by=people[role])


@pytest.fixture
def asked(people) -> BulkRequest:
    return two_people.ask(
        "pupils", organisation=OWN, purpose="Joining last year's results", by=people["data_officer"]
    )


def test_an_export_needs_two_people_and_is_taken_once(asked, people):
    officer, head = people["data_officer"], people["head_of_school_improvement"]
    with pytest.raises(NotPermitted, match="waiting"):
        two_people.take(asked.pk, kind="pupils", by=officer)
    two_people.decide(asked.pk, approved=True, by=head)
    two_people.take(asked.pk, kind="pupils", by=officer)
    with pytest.raises(NotPermitted, match="taken"):
        two_people.take(asked.pk, kind="pupils", by=officer)
    verbs = [
        event.verb for event in AuditEvent.objects.filter(subject=f"bulk request:{asked.pk}").order_by("id")
    ]
    assert verbs == ["asked for a bulk export", "approved a bulk export", "took a bulk export"]


def test_nobody_approves_their_own_export(asked, people):
    with pytest.raises(NotPermitted, match="Nobody decides their own"):
        two_people.decide(asked.pk, approved=True, by=people["data_officer"])


def test_somebody_without_the_permission_approves_none(asked, people):
    with pytest.raises(NotPermitted, match="not yours"):
        two_people.decide(asked.pk, approved=True, by=people["headteacher"])


def test_a_refusal_says_why_and_stands(asked, people):
    head = people["head_of_school_improvement"]
    with pytest.raises(NotPermitted, match="Say why"):
        two_people.decide(asked.pk, approved=False, by=head)
    two_people.decide(asked.pk, approved=False, by=head, answer="Names are not needed for this")
    with pytest.raises(NotPermitted, match="refused"):
        two_people.decide(asked.pk, approved=True, by=head)


@pytest.mark.parametrize("approved", [False, True])
def test_a_request_and_an_approval_expire(approved, asked, people):
    head, officer = people["head_of_school_improvement"], people["data_officer"]
    if approved:
        two_people.decide(asked.pk, approved=True, by=head)
    BulkRequest.objects.update(expires_at=timezone.now())
    with pytest.raises(NotPermitted, match="expired"):
        two_people.take(asked.pk, kind="pupils", by=officer) if approved else two_people.decide(
            asked.pk, approved=True, by=head
        )


def test_only_whoever_asked_takes_it_and_only_as_what_it_is(asked, people):
    head = people["head_of_school_improvement"]
    two_people.decide(asked.pk, approved=True, by=head)
    with pytest.raises(NotPermitted, match="no such export"):
        two_people.take(asked.pk, kind="pupils", by=head)
    with pytest.raises(NotPermitted, match="no such export"):
        two_people.take(asked.pk, kind="another", by=people["data_officer"])


def test_an_approval_falls_with_either_persons_permission(asked, people):
    head, officer = people["head_of_school_improvement"], people["data_officer"]
    two_people.decide(asked.pk, approved=True, by=head)
    head.roles_held.update(ends=timezone.localdate() - timedelta(days=1))
    with pytest.raises(NotPermitted, match="may no longer"):
        two_people.take(asked.pk, kind="pupils", by=officer)


def test_both_find_the_request_on_their_first_page(asked, people, client_of):
    head = client_of("head_of_school_improvement")
    assert "Decide whether Grace Okafor may export pupils" in head.get("/").text
    head.post(f"/exports/{asked.pk}/", {"decision": "approve"})
    assert [task.text for task in today.tasks(people["data_officer"])] == [
        "Take your export of pupils: Maryam Iqbal approved it"
    ]


def test_a_governor_asks_for_no_export(people):
    with pytest.raises(NotPermitted):
        two_people.ask("pupils", organisation=OWN, purpose="Curious", by=people["governor"])
