"""Erasing what is past its date: rows, fields and files go; what is not yet due stays; it is on record."""

from __future__ import annotations

from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib.sessions.models import Session
from django.db import transaction
from django.utils import timezone

from headway.web.audit import versions
from headway.web.audit.models import AuditEvent, Purge, Version
from headway.web.jobs.kinds import JobFailed
from headway.web.jobs.models import Job
from headway.web.people import emergencies
from headway.web.people.actions import NotPermitted
from headway.web.people.models import BrokenGlass, Invitation, RoleHeld, User
from headway.web.privacy import accounts, erasing, schedule, work

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("known_places")]
OWN, OTHER = "school:100001", "school:200001"
YEARS = 365


@pytest.fixture
def head(people):
    return people["head_of_school_improvement"]


def in_days(days: int):
    return timezone.now() + timedelta(days=days)


def counts(days: int) -> dict[str, int]:
    return {one.kind.key: one.count for one in erasing.due(None, in_days(days))}


def invitation(by, email="somebody@example.org") -> Invitation:
    return Invitation.objects.create(
        email=email, name="Somebody", role="governor", scope=OWN, secret_hash=email, sent_by=by,
        expires_at=in_days(7),
    )  # fmt: skip


def test_a_record_is_due_the_day_after_its_period_and_not_before(head):
    invitation(head)
    now = timezone.now()
    months = [erasing.due(None, now + timedelta(days=days)) for days in (7, 180, 200)]
    assert [[one.count for one in found if one.kind.key == "invitations"] for found in months] == [
        [],
        [],
        [1],
    ]


def test_looking_erases_nothing(head, client_of):
    invitation(head)
    Invitation.objects.update(expires_at=in_days(-YEARS))
    page = client_of("head_of_school_improvement").get("/data-protection/due/").text
    assert "Invitations" in page
    assert Invitation.objects.exists()


def test_what_is_due_goes_in_the_background_and_the_rest_stays(head, client_of):
    invitation(head, "old@example.org")
    Invitation.objects.update(expires_at=in_days(-YEARS))
    invitation(head, "new@example.org")
    client = client_of("head_of_school_improvement")
    answer = client.post("/data-protection/due/erase/")
    job = Job.objects.get()
    assert answer.url == f"/files/{job.pk}/"
    assert Invitation.objects.count() == 2
    said = []
    (made,) = work.erase(job, lambda share, words="": said.append((share, words)))
    assert list(Invitation.objects.values_list("email", flat=True)) == ["new@example.org"]
    assert said == [(0.0, "Invitations"), (1.0, "Done")]
    assert "Invitations,1,6 months,the invitation ended" in made.content.decode()
    assert "old@example.org" not in made.content.decode()
    event = AuditEvent.objects.get(verb="erased what was past its date")
    assert event.by == head.email
    assert event.detail == {"what": "Invitations", "records": 1, "kept for": "6 months"}
    assert "Nothing is past its date" in client.get("/data-protection/due/").text


def test_who_has_lost_the_permission_erases_nothing_any_more(head):
    invitation(head)
    Invitation.objects.update(expires_at=in_days(-YEARS))
    job = work.start(by=head)
    RoleHeld.objects.filter(user=head).update(ends=in_days(-1).date())
    with pytest.raises(JobFailed, match="do not let you"):
        work.erase(Job.objects.get(pk=job.pk), lambda share, words="": None)
    assert Invitation.objects.exists()


def test_versions_go_with_the_record_whose_versions_they_are(head):
    glass = emergencies.break_glass(organisation=OWN, reason="A child may be at risk of harm", by=head)
    with transaction.atomic():
        versions.save_version(f"glass:{glass.pk}", {"reason": "first"}, by=head, expected=0)
        versions.save_version("glass:999", {"reason": "another"}, by=head, expected=0)
    BrokenGlass.objects.update(expires_at=in_days(-7 * YEARS))
    erasing.erase_due(None, by=head)
    assert not BrokenGlass.objects.exists()
    assert list(Version.objects.values_list("subject", flat=True)) == ["glass:999"]


def test_the_audit_trail_goes_after_its_own_period_and_that_is_kept(head):
    with transaction.atomic():
        from headway.web.audit.actions import record

        record("signed in", by=head)
    erasing.erase_due(None, by=head, now=timezone.now() + timedelta(days=1))
    assert AuditEvent.objects.filter(verb="signed in").exists()
    kind = schedule.kind_of("audit_trail", None)
    found = erasing.Due(kind, 1, timezone.now())
    erasing._erase(found, head)
    assert not AuditEvent.objects.filter(verb="signed in").exists()
    assert AuditEvent.objects.filter(verb="purged the audit trail").exists()
    assert Purge.objects.get().reason == "kept for 72 months"


def test_sessions_that_ended_go(head, client_of):
    client_of("headteacher")
    assert Session.objects.count() == 1
    assert counts(0).get("sessions") is None
    assert counts(3)["sessions"] == 1


def test_letters_in_the_outbox_go(head, settings, tmp_path):
    import os

    settings.EMAIL_FILE_PATH = tmp_path
    for name, age in (("old.log", 40), ("new.log", 1)):
        path = tmp_path / name
        path.write_text("Dear Ada")
        moment = (timezone.now() - timedelta(days=age)).timestamp()
        os.utime(path, (moment, moment))
    erasing.erase_due(None, by=head)
    assert [path.name for path in tmp_path.iterdir()] == ["new.log"]


# Accounts


def leave(user: User, days_ago: int) -> None:
    """As if the person's last day had been so long ago."""
    moment = in_days(-days_ago)
    RoleHeld.objects.filter(user=user).update(starts=moment.date(), ends=moment.date())
    User.objects.filter(pk=user.pk).update(joined_at=moment - timedelta(days=1), last_login=moment)


def test_an_account_is_erased_a_year_after_its_holder_left(people, head):
    leave(people["data_officer"], 400)
    leave(people["senior_leader"], 300)
    assert counts(0)["accounts"] == 1
    erasing.erase_due(None, by=head)
    gone = User.objects.get(pk=people["data_officer"].pk)
    assert (gone.email, gone.name) == (f"person-{gone.pk}@erased.invalid", f"Former user {gone.pk}")
    assert not gone.has_usable_password()
    assert not gone.is_active
    assert gone.last_login is None
    for model in (EmailAddress, Authenticator, RoleHeld):
        assert not model.objects.filter(user=gone).exists()
        assert model.objects.filter(user=people["senior_leader"]).exists()
    assert User.objects.get(pk=people["senior_leader"].pk).name == "Daniel Reyes"
    assert counts(0) == {}


def test_nothing_of_the_person_is_left_but_in_the_audit_trail(people, head):
    """Every column of every table is searched for the name and the address."""
    from django.apps import apps

    officer = people["data_officer"]
    invitation(head, officer.email)
    leave(officer, 400)
    erasing.erase_due(None, by=head)
    found = {
        model._meta.label
        for model in apps.get_models()
        for row in model._default_manager.values_list()
        if any(word in str(row) for word in (officer.email, officer.name))
    }
    assert found <= {"audit.AuditEvent"}


def test_who_still_holds_a_role_is_not_erased_however_long_ago_they_signed_in(people, head):
    officer = people["data_officer"]
    User.objects.filter(pk=officer.pk).update(joined_at=in_days(-9 * YEARS), last_login=in_days(-9 * YEARS))
    assert "accounts" not in counts(0)
    with pytest.raises(NotPermitted, match="still works here"):
        accounts.erase(officer, by=head, reason="r")


def test_what_an_erased_person_did_still_has_an_author(people, head):
    glass = emergencies.break_glass(organisation=OWN, reason="A child may be at risk of harm", by=head)
    leave(head, 400)
    other = people["data_officer"]
    accounts.erase(User.objects.get(pk=head.pk), by=other, reason="Asked for")
    assert str(BrokenGlass.objects.get(pk=glass.pk).user) == f"Former user {head.pk}"
    assert AuditEvent.objects.get(verb="broke the glass").by == head.email


def test_an_erased_person_cannot_sign_in(people, head, client_of, client):
    officer = people["data_officer"]
    browser = client_of("data_officer")
    leave(officer, 400)
    accounts.erase(User.objects.get(pk=officer.pk), by=head, reason="Asked for")
    assert browser.get("/").status_code == 302
    answer = client.post(
        "/account/login/", {"login": officer.email, "password": "correct horse battery staple"}
    )
    assert answer.status_code == 200


@pytest.mark.parametrize("reason", ["", "  "])
def test_erasing_needs_a_reason(reason, people, head):
    leave(people["data_officer"], 1)
    with pytest.raises(NotPermitted, match="Say why"):
        accounts.erase(User.objects.get(pk=people["data_officer"].pk), by=head, reason=reason)


def test_nobody_erases_themselves(people, head):
    leave(head, 400)
    with pytest.raises(NotPermitted, match="own account"):
        accounts.erase(head, by=head, reason="Asked for")


def test_a_request_of_somebody_who_left_is_answered_and_granted_on_one_page(people, client_of):
    officer = people["data_officer"]
    leave(officer, 1)
    client = client_of("head_of_school_improvement")
    address = f"/data-protection/people/{officer.pk}/"
    page = client.get(address).text
    assert officer.email in page
    assert "Tick this" in client.post(address, {"reason": "Their letter of May"}).text
    client.post(address, {"reason": "Their letter of May", "sure": "on"})
    assert officer.email not in client.get(address).text.split("What you did and saw")[0]
    event = AuditEvent.objects.get(verb="erased account")
    assert event.detail == {"reason": "Their letter of May"}
    assert event.subject == f"person:{officer.pk}"
