"""Signing in, second factors, sessions."""

from __future__ import annotations

import re
import time

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.core import mail
from django.utils import timezone

from headway.example.people import make_people
from headway.web.audit.models import AuditEvent
from headway.web.people.adapters import SecondFactorAdapter

pytestmark = [pytest.mark.django_db]
PASSWORD = "correct horse battery staple"


def code(secret: str) -> str:
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30))


def sign_in(client, user, password=PASSWORD):
    return client.post("/account/login/", {"login": user.email, "password": password})


def test_a_governor_signs_in_with_a_password(people, client):
    assert sign_in(client, people["governor"]).url == "/"
    page = client.get("/")
    assert "This is the first time that you have signed in" in page.text


def test_the_last_sign_in_is_shown(people, client):
    sign_in(client, people["governor"])
    client.post("/account/logout/")
    sign_in(client, people["governor"])
    assert re.search(r"You last signed in on \d+ \w+ \d{4} at", client.get("/").text)
    account = client.get("/account/").text
    assert account.count("Signed in") == 2


def test_whoever_has_a_second_factor_is_asked_for_it(client, db):
    made = make_people(scopes={"authority": "authority:936"}, password=PASSWORD)
    head = made.users["head_of_school_improvement"]
    assert sign_in(client, head).url == "/account/second-factor/code/"
    assert client.get("/").url.startswith("/account/login/")
    assert "Enter the code" in client.get("/account/second-factor/code/").text
    wrong = client.post("/account/second-factor/code/", {"code": "000000"})
    assert "There is a problem" in wrong.text
    assert client.post("/account/second-factor/code/", {"code": made.code}).url == "/"
    assert client.get("/").status_code == 200


def test_a_code_works_once(client, db):
    made = make_people(scopes={"authority": "authority:936"}, password=PASSWORD)
    head = made.users["head_of_school_improvement"]
    used = made.code
    sign_in(client, head)
    client.post("/account/second-factor/code/", {"code": used})
    client.post("/account/logout/")
    sign_in(client, head)
    assert client.post("/account/second-factor/code/", {"code": used}).status_code == 200


@pytest.mark.django_db(transaction=True)
def test_a_role_that_needs_a_second_factor_leads_to_setting_one_up(people, client):
    officer = people["data_officer"]
    Authenticator.objects.filter(user=officer).delete()
    sign_in(client, officer)
    assert client.get("/people/").url == "/account/second-factor/app/"
    page = client.get("/account/second-factor/app/")
    assert 'src="data:image/svg+xml;base64,' in page.text
    secret = re.search(r"headway-code\">([A-Z2-7]+)<", page.text).group(1)
    answer = client.post("/account/second-factor/app/", {"code": code(secret)})
    assert answer.url == "/account/second-factor/recovery-codes/"
    assert "Your recovery codes" in client.get(answer.url).text
    assert client.get("/").status_code == 200
    assert AuditEvent.objects.filter(verb="added second factor", by=officer.email).exists()
    assert "An authenticator app was added to your account" in mail.outbox[-1].body


def test_the_secret_of_a_second_factor_is_not_readable_in_the_database(db):
    made = make_people(scopes={"authority": "authority:936"}, password=PASSWORD)
    kept = str(list(Authenticator.objects.values("data")))
    assert made.secret not in kept


def test_under_another_key_no_code_fits(settings):
    adapter = SecondFactorAdapter()
    kept = adapter.encrypt("JBSWY3DPEHPK3PXP")
    assert adapter.decrypt(kept) == "JBSWY3DPEHPK3PXP"
    before, settings.SECRET_KEY = settings.SECRET_KEY, "another" * 8
    assert adapter.decrypt(kept) not in ("", "JBSWY3DPEHPK3PXP")
    settings.SECRET_KEY_FALLBACKS = [before]
    assert adapter.decrypt(kept) == "JBSWY3DPEHPK3PXP"


def test_guessing_a_password_is_limited(people, client):
    governor = people["governor"]
    for _ in range(5):
        sign_in(client, governor, "wrong")
    assert sign_in(client, governor).status_code in (200, 429)
    assert client.get("/").status_code == 302
    assert AuditEvent.objects.filter(verb="failed to sign in", by=governor.email).count() >= 5


def test_what_a_stranger_types_is_not_kept(client, db):
    client.post("/account/login/", {"login": "my-secret-password@example.org", "password": "x"})
    assert not AuditEvent.objects.exists()


def test_a_closed_account_cannot_sign_in(people, client):
    governor = people["governor"]
    governor.is_active = False
    governor.save()
    sign_in(client, governor)
    assert client.get("/").status_code == 302


def test_closing_an_account_ends_its_session(people, client_of):
    client = client_of("governor")
    assert client.get("/").status_code == 200
    people["governor"].is_active = False
    people["governor"].save()
    assert client.get("/").status_code == 302


@pytest.mark.parametrize(
    ("key", "seconds"), [("headway_last_seen", 31 * 60), ("headway_signed_in_at", 13 * 3600)]
)
def test_a_session_left_open_ends(key, seconds, client_of):
    client = client_of("governor")
    assert client.get("/").status_code == 200
    session = client.session
    session[key] = timezone.now().timestamp() - seconds
    session.save()
    answer = client.get("/", follow=True)
    assert answer.redirect_chain[0][0].startswith("/account/login/")
    assert "You were signed out" in answer.text


def test_pages_of_somebody_signed_in_are_not_kept_by_the_browser(client_of):
    assert client_of("governor").get("/").headers["Cache-Control"] == "no-store"


def test_choosing_a_new_password(people, client):
    governor = people["governor"]
    client.post("/account/password/reset/", {"email": governor.email})
    link = re.search(r"http://testserver(\S+)", mail.outbox[0].body).group(1)
    page = client.get(link, follow=True)
    where = page.redirect_chain[-1][0]
    changed = client.post(where, {"password1": "a brand new password", "password2": "a brand new password"})
    assert changed.url == "/account/password/reset/done/"
    assert sign_in(client, governor, "a brand new password").url == "/"
    assert "new password was chosen" in mail.outbox[-1].body


def test_asking_for_a_new_password_tells_a_stranger_nothing(people, client):
    there = client.post("/account/password/reset/", {"email": people["governor"].email})
    not_there = client.post("/account/password/reset/", {"email": "nobody@example.org"})
    assert (there.status_code, there.url) == (not_there.status_code, not_there.url)
    assert len(mail.outbox) == 1


@pytest.mark.parametrize(
    "address",
    [
        "/account/password/change/",
        "/account/second-factor/",
        "/account/second-factor/recovery-codes/",
        "/account/second-factor/recovery-codes/new/",
        "/account/second-factor/app/remove/",
        "/account/passkeys/",
        "/account/passkeys/add/",
        "/account/logout/",
        "/account/directories/",
        "/account/confirm/",
        "/account/second-factor/confirm/",
    ],
)
def test_pages_of_ones_own_account_open(address, people, client):
    made = make_people(scopes={"authority": "authority:936"}, password=PASSWORD)
    sign_in(client, made.users["data_officer"])
    client.post("/account/second-factor/code/", {"code": made.code})
    answer = client.get(address)
    assert answer.status_code == 200
    assert "<h1" in answer.text


def test_ten_minutes_after_signing_in_changing_how_one_signs_in_asks_for_the_password_again(client, db):
    made = make_people(scopes={"authority": "authority:936"}, password=PASSWORD)
    sign_in(client, made.users["data_officer"])
    client.post("/account/second-factor/code/", {"code": made.code})
    session = client.session
    session["headway_signed_in_at"] -= 11 * 60
    session.save()
    asked = client.get("/account/second-factor/app/remove/")
    assert asked.url.startswith("/account/confirm/")
    assert client.post(asked.url, {"password": PASSWORD}).url == "/account/second-factor/app/remove/"
    assert client.get("/account/second-factor/app/remove/").status_code == 200


def test_an_empty_form_says_what_to_enter(client, db):
    page = client.post("/account/login/", {"login": "x", "password": ""}).text
    assert "Enter an e-mail address, like name@example.org" in page
    assert "Enter your password" in page


def test_acting_as_somebody_else_is_not_possible():
    from django.urls import get_resolver

    names = " ".join(str(name) for name in get_resolver().reverse_dict)
    assert not re.search(r"imperson|act_as|login_as|hijack|become", names)


@pytest.mark.parametrize(
    ("behind", "claimed", "kept"),
    [
        (True, "9.9.9.9, 203.0.113.7", "203.0.113.7"),
        (True, "2001:db8::1", "2001:db8::1"),
        (True, "nonsense", "127.0.0.1"),
        (False, "203.0.113.7", "127.0.0.1"),
    ],
)
def test_behind_a_proxy_the_address_is_the_one_that_the_proxy_saw(
    behind, claimed, kept, people, client, settings
):
    settings.BEHIND_PROXY = behind
    client.post(
        "/account/login/",
        {"login": people["governor"].email, "password": PASSWORD},
        headers={"x-forwarded-for": claimed},
    )
    assert AuditEvent.objects.get(verb="signed in").address == kept
