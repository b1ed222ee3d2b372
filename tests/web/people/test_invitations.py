"""Accounts come by invitation, and in no other way."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.core import mail
from django.utils import timezone

from headway.web.audit.models import AuditEvent
from headway.web.people import actions, invitations, limits
from headway.web.people.models import Invitation, User

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("known_places")]
LINK = "https://headway.example/invitation/SECRET/"
OWN, OTHER = "school:100001", "school:200001"
PASSWORD = "three unrelated words"


def invite(by, **changed) -> str:
    """Invite somebody; returns the secret that the e-mail carries."""
    given = {
        "email": "New.Head@Example.org",
        "name": "New Head",
        "role": "headteacher",
        "scope": OWN,
    } | changed
    invitations.invite(by=by, link=LINK, **given)
    return secret_of(mail.outbox[-1])


def secret_of(message) -> str:
    return re.search(r"/invitation/([\w-]+)/", message.body).group(1)


def test_somebody_invited_chooses_a_password_and_holds_the_role(people, client):
    secret = invite(people["head_of_school_improvement"])
    page = client.get(f"/invitation/{secret}/")
    assert "new.head@example.org" in page.text
    answer = client.post(f"/invitation/{secret}/", {"name": "Anna Head", "password": PASSWORD})
    assert answer.url == "/account/login/"
    user = User.objects.get(email="new.head@example.org")
    assert user.name == "Anna Head"
    assert [(held.role, held.scope) for held in user.roles_held.all()] == [("headteacher", OWN)]
    assert AuditEvent.objects.filter(verb="accepted invitation", by="new.head@example.org").exists()
    client.post("/account/login/", {"login": user.email, "password": PASSWORD})
    assert client.get("/").url == "/account/second-factor/app/"


def test_only_the_hash_of_the_secret_is_kept(people):
    secret = invite(people["head_of_school_improvement"])
    kept = Invitation.objects.values().get()
    assert secret not in str(kept)
    assert len(kept["secret_hash"]) == 64


def test_an_invitation_works_once(people, client):
    secret = invite(people["head_of_school_improvement"])
    invitations.accept(secret, name="A", password=PASSWORD)
    assert client.get(f"/invitation/{secret}/").status_code == 404
    with pytest.raises(actions.NotPermitted, match="no longer holds"):
        invitations.accept(secret, name="B", password=PASSWORD)


def test_an_invitation_ends_after_seven_days(people, client):
    secret = invite(people["head_of_school_improvement"])
    Invitation.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert client.get(f"/invitation/{secret}/").status_code == 404


def test_a_withdrawn_invitation_no_longer_works(people, client):
    head = people["head_of_school_improvement"]
    secret = invite(head)
    invitations.withdraw(Invitation.objects.get(), by=head)
    assert client.get(f"/invitation/{secret}/").status_code == 404


def test_sent_again_only_the_new_link_works(people, client):
    head = people["head_of_school_improvement"]
    first = invite(head)
    invitations.resend(Invitation.objects.get(), by=head, link=LINK)
    second = secret_of(mail.outbox[-1])
    assert first != second
    assert client.get(f"/invitation/{first}/").status_code == 404
    assert client.get(f"/invitation/{second}/").status_code == 200


def test_inviting_the_same_person_to_the_same_role_again_ends_the_first_invitation(people):
    head = people["head_of_school_improvement"]
    invite(head)
    invite(head)
    assert Invitation.objects.filter(withdrawn_at=None).count() == 1


def test_nobody_invites_to_a_school_that_is_not_theirs(people):
    with pytest.raises(actions.NotPermitted, match="may not give"):
        invite(people["head_of_school_improvement"], scope=OTHER)
    assert mail.outbox == []


def test_a_head_of_service_invites_no_administrator(people):
    with pytest.raises(actions.NotPermitted):
        invite(people["head_of_school_improvement"], role="administrator", scope="")


def test_what_the_sender_may_no_longer_give_is_not_accepted(people):
    head = people["head_of_school_improvement"]
    secret = invite(head)
    head.roles_held.update(ends=timezone.localdate() - timedelta(days=1))
    with pytest.raises(actions.NotPermitted, match="may no longer give"):
        invitations.accept(secret, name="A", password=PASSWORD)


@pytest.mark.parametrize("password", ["short", "password12345", "123456789012", "new.head@example.org"])
def test_a_weak_password_is_refused_with_what_to_do(password, people, client):
    secret = invite(people["head_of_school_improvement"])
    page = client.post(f"/invitation/{secret}/", {"name": "Anna Head", "password": password})
    assert page.status_code == 200
    assert "There is a problem" in page.text
    assert not User.objects.filter(email="new.head@example.org").exists()


def test_invitations_are_limited(people):
    head = people["head_of_school_improvement"]
    for number in range(60):
        limits.count("invite", str(head.pk), at_most=60, seconds=3600)
        assert number < 60
    with pytest.raises(limits.TooOften):
        invite(head)


def test_guessing_secrets_is_limited(people, client):
    secret = invite(people["head_of_school_improvement"])
    for number in range(30):
        assert client.get(f"/invitation/guess{number}/").status_code == 404
    assert client.get(f"/invitation/{secret}/").status_code == 404
