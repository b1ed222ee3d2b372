"""What only somebody at the machine may do."""

from __future__ import annotations

import getpass
from datetime import date, timedelta

import pytest
from allauth.mfa.models import Authenticator
from django.core import mail
from django.core.management import CommandError, call_command

from headway.web.audit.models import AuditEvent
from headway.web.people.models import User

pytestmark = pytest.mark.django_db


def test_the_first_administrator_signs_in_and_is_asked_for_a_second_factor(client, monkeypatch):
    monkeypatch.setattr(getpass, "getpass", lambda prompt: "three unrelated words")
    call_command("first_administrator", "Pat@Example.gov.uk", "Pat Lee")
    client.post("/account/login/", {"login": "pat@example.gov.uk", "password": "three unrelated words"})
    assert client.get("/people/").url == "/account/second-factor/app/"


@pytest.mark.parametrize(
    ("email", "password", "told"),
    [
        ("pat", "three unrelated words", "valid email"),
        ("pat@example.gov.uk", "short", "too short"),
        ("governor@northmoor.example", "three unrelated words", "already"),
    ],
)
def test_a_wrong_first_administrator_is_refused_in_words(email, password, told, people, monkeypatch):
    monkeypatch.setattr(getpass, "getpass", lambda prompt: password)
    before = User.objects.count()
    with pytest.raises(CommandError, match=told):
        call_command("first_administrator", email, "Pat Lee")
    assert User.objects.count() == before


def test_a_lost_second_factor_is_removed_recorded_and_told(people):
    officer = people["data_officer"]
    call_command("forget_second_factor", officer.email)
    assert not Authenticator.objects.filter(user=officer).exists()
    assert AuditEvent.objects.filter(verb="removed second factor at the machine").exists()
    assert mail.outbox[0].to == [officer.email]


def test_a_second_factor_of_nobody_is_not_removed(db):
    with pytest.raises(CommandError, match="Nobody has"):
        call_command("forget_second_factor", "nobody@example.org")


def test_the_audit_trail_is_purged_for_somebody_who_exists(people):
    head = people["head_of_school_improvement"]
    day = str(date.today() - timedelta(days=2000))
    given = ["purge_audit", f"--before={day}", f"--by={head.email}", "--reason=Six years are over"]
    call_command(*given)
    assert AuditEvent.objects.get(verb="purged the audit trail").detail["reason"] == "Six years are over"
    with pytest.raises(CommandError, match="Nobody has"):
        call_command(*given, "--by=nobody@example.org")
    with pytest.raises(CommandError, match="only what is past"):
        call_command(*given, f"--before={date.today() + timedelta(days=2)}")
