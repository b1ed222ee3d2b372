"""The checking desk: figures beside DfE's, candidates with their effects, decisions, deadlines, and asking the school."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.utils import timezone

from headway.web.audit import versions
from headway.web.audit.models import AuditEvent
from headway.web.people import today
from headway.web.people.actions import NotPermitted
from headway.web.people.purposes import PURPOSES
from headway.web.pupils import actions, desk, reading
from headway.web.pupils.models import Correction, Deadline

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("store")]
DESK = "/checking/100001/2023/"


@pytest.fixture
def checking(client_of):
    """A browser of a role that has said that it checks results."""

    def with_purpose(role: str):
        client = client_of(role)
        client.post("/purpose/school:100001/", {"purpose": PURPOSES[0], "next": "/"})
        return client

    return with_purpose


def overseas(user) -> tuple[reading.Desk, object]:
    found = reading.desk(user, "school:100001", 2023)
    return found, next(one for one in found.found if one.rule == "overseas")


def test_the_schools_figures_stand_beside_dfes_and_agree(people):
    found = reading.desk(people["headteacher"], "school:100001", 2023)
    page = desk.desk_page(people["headteacher"], found)
    first = page.figures[0]
    assert (first.title, first.pupils, first.ours, first.dfe) == (
        "Key stage 2 reading, writing and mathematics: expected standard",
        "5 of 7",
        "71.4 %",
        "71.4 %",
    )
    assert first.agrees is True
    assert [row["because"] for row in page.differing] == [
        "removed at the school's request: counts in no figure"
    ]


def test_candidates_are_listed_with_their_effect_on_school_and_authority(people):
    found = reading.desk(people["data_officer"], "school:100001", 2023)
    page = desk.desk_page(people["data_officer"], found)
    assert sorted((one.rule.key, one.school, one.authority, one.decision) for one in page.candidates) == [
        (
            "near_standard",
            "+14.29 percentage points, reading, writing and mathematics: expected standard",
            "+10.00 percentage points, reading, writing and mathematics: expected standard",
            "",
        ),
        (
            "overseas",
            "+11.90 percentage points, reading, writing and mathematics: expected standard",
            "+8.89 percentage points, reading, writing and mathematics: expected standard",
            "",
        ),
    ]


def test_the_effect_of_the_removal_is_exact_and_the_head_does_not_see_the_authoritys_level(people):
    found, one = overseas(people["headteacher"])
    head = desk.correction_page(people["headteacher"], found, one).effects
    combined = [
        row
        for row in head
        if row.measure.endswith("mathematics: expected standard") and "reading, writing" in row.measure
    ]
    assert [(row.organisation, row.before, row.after, row.difference) for row in combined] == [
        ("Calder Bridge Primary School", "71.4 % (5 of 7)", "83.3 % (5 of 6)", "+11.90 percentage points"),
        ("Northmoor", "", "", "+8.89 percentage points"),
    ]
    officer = desk.correction_page(people["data_officer"], found, one).effects
    assert ("Northmoor", "80.0 % (8 of 10)", "88.9 % (8 of 9)") in [
        (row.organisation, row.before, row.after) for row in officer
    ]


def test_a_decision_is_kept_with_its_reason_versions_and_audit(checking, people):
    found, one = overseas(people["headteacher"])
    browser = checking("headteacher")
    address = f"{DESK}{one.key}/"
    assert "Recently arrived from overseas" in browser.get(address).text
    assert (
        browser.post(address, {"state": "asked", "reason": "Came from Kabul", "version": 0}).status_code
        == 302
    )
    kept = Correction.objects.get()
    assert (kept.state, kept.reason, kept.decided_by, kept.key) == (
        "asked", "Came from Kabul", people["headteacher"], one.key,
    )  # fmt: skip
    actions.decide(
        one, organisation="school:100001", year=2023, state="accepted", reason="DfE's e-mail of 30 September",
        by=people["data_officer"], expected=1,
    )  # fmt: skip
    assert [v.snapshot["decision"] for v in versions.versions(kept.versions_of)] == [
        "Accepted by DfE",
        "Asked of DfE",
    ]
    verbs = AuditEvent.objects.filter(subject=kept.versions_of).values_list("verb", flat=True)
    assert set(verbs) == {"decided on a correction"}
    page = checking("headteacher").get(DESK).text
    assert "Accepted by DfE" in page
    assert "If everything asked of DfE or accepted is corrected" in page
    assert reading.joint_effect(people["headteacher"], found.organisation, 2023, {one.key}).filter(
        measure="ks2_rwm_expected"
    ).rows() == [("ks2_rwm_expected", pytest.approx(500 / 7), pytest.approx(500 / 6))]


def test_two_people_who_decide_at_once_see_both_texts(checking, people):
    _, one = overseas(people["headteacher"])
    actions.decide(
        one, organisation="school:100001", year=2023, state="asked", reason="first", by=people["data_officer"]
    )
    page = checking("headteacher").post(
        f"{DESK}{one.key}/", {"state": "not pursued", "reason": "second", "version": 0}
    )
    assert page.status_code == 200
    assert "Somebody else saved this" in page.text
    assert "second" in page.text
    assert Correction.objects.get().reason == "first"


@pytest.mark.parametrize(
    ("state", "reason", "said"), [("asked", " ", "Say why"), ("nonsense", "because", "Choose")]
)
def test_a_decision_needs_a_state_and_a_reason(state, reason, said, people):
    _, one = overseas(people["headteacher"])
    with pytest.raises(NotPermitted, match=said):
        actions.decide(
            one, organisation="school:100001", year=2023, state=state, reason=reason, by=people["headteacher"]
        )
    assert Correction.objects.count() == 0


@pytest.mark.parametrize(
    "role", ["senior_leader", "trust_leader", "governor", "link_adviser", "head_of_school_improvement"]
)
def test_the_desk_is_for_the_head_and_the_data_officer_only(role, client_of):
    assert client_of(role).get(DESK).status_code == 403
    assert client_of(role).get("/checking/").status_code == 403


def test_a_head_sees_only_their_own_school_at_the_desk(checking):
    browser = checking("headteacher")
    overview = browser.get("/checking/?year=2023").text
    assert "Calder Bridge Primary School" in overview
    assert "Saltby" not in overview
    assert browser.get("/checking/200001/2023/").status_code == 404
    assert browser.get("/checking/100001/2019/").status_code == 404
    assert browser.get(f"{DESK}overseas:1/").status_code == 404


def test_the_file_of_the_desk_has_every_effect_and_is_recorded(checking):
    file = checking("data_officer").get(f"{DESK}file/").content.decode("utf-8-sig")
    assert "71.4 % (5 of 7),83.3 % (5 of 6),'+11.90 percentage points" in file
    (event,) = AuditEvent.objects.filter(verb="exported pupils")
    assert event.detail["pupils"] == 2


def test_a_deadline_that_no_source_gives_is_not_known_until_somebody_enters_it(checking, people):
    assert desk.until("authority:936", 2024).day is None
    known = desk.until("authority:936", 2023)
    assert (known.day, known.time, known.is_past) == (date(2023, 9, 22), "5pm", True)
    soon = timezone.localdate() + timedelta(days=10)
    address = "/checking/deadline/authority:936/2024/"
    done = checking("data_officer").post(address, {"day": soon.isoformat(), "source": "DfE's e-mail"})
    assert done.status_code == 302
    assert desk.until("authority:936", 2024) == desk.Until(soon, "", "DfE's e-mail")
    assert AuditEvent.objects.filter(verb="entered a deadline").count() == 1
    for role in ("data_officer", "headteacher"):
        assert [task.due for task in today.tasks(people[role]) if "Check the results" in task.text] == [soon]
    with pytest.raises(NotPermitted):
        actions.set_deadline(
            organisation="authority:936", year=2024, day=soon, source="x", by=people["headteacher"]
        )
    assert Deadline.objects.count() == 1


def test_the_school_is_asked_through_asks_and_no_pupil_is_named_in_it(checking):
    browser = checking("data_officer")
    page = browser.get(DESK).text
    address = page.split('href="/asks/new/')[1].split('"')[0].replace("&amp;", "&")
    form = browser.get(f"/asks/new/{address}").text
    assert "Check 2 results of 2022/23 at the checking desk" in form
    assert 'value="school:100001" checked' in form
    assert "Surname" not in address
    assert "/asks/new/" not in checking("headteacher").get(DESK).text
