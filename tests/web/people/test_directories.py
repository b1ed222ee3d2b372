"""Signing in through an organisation's own directory."""

from __future__ import annotations

import pytest

from headway.web.people.adapters import SocialAccountAdapter
from headway.web.people.directories import directories, providers

ENTRA = {
    "HEADWAY_OIDC": "entra",
    "HEADWAY_OIDC_ENTRA_TITLE": "Northmoor Council",
    "HEADWAY_OIDC_ENTRA_ISSUER": "https://login.example/tenant/v2.0/",
    "HEADWAY_OIDC_ENTRA_CLIENT_ID": "an-id",
    "HEADWAY_OIDC_ENTRA_CLIENT_SECRET": "a-secret",
    "HEADWAY_OIDC_ENTRA_EMAIL_DOMAINS": "northmoor.example, @Council.example",
    "HEADWAY_OIDC_ENTRA_SECOND_FACTOR": "yes",
}


def test_a_directory_comes_from_the_environment():
    (found,) = directories(ENTRA)
    assert (found.key, found.title, found.second_factor) == ("entra", "Northmoor Council", True)
    assert found.issuer == "https://login.example/tenant/v2.0"
    assert found.origin == "https://login.example"
    assert found.email_domains == ("northmoor.example", "council.example")


def test_without_settings_there_is_none():
    assert directories({}) == []


@pytest.mark.parametrize("name", ["ISSUER", "CLIENT_ID", "CLIENT_SECRET", "EMAIL_DOMAINS"])
def test_what_is_missing_is_named(name):
    given = {key: value for key, value in ENTRA.items() if key != f"HEADWAY_OIDC_ENTRA_{name}"}
    with pytest.raises(ValueError, match=f"HEADWAY_OIDC_ENTRA_{name} must be set"):
        directories(given)


def test_a_directory_without_encryption_is_refused():
    with pytest.raises(ValueError, match="must begin with https"):
        directories(ENTRA | {"HEADWAY_OIDC_ENTRA_ISSUER": "http://login.example"})


def test_a_directory_is_not_believed_of_every_domain():
    with pytest.raises(ValueError, match="must name the domains"):
        directories(ENTRA | {"HEADWAY_OIDC_ENTRA_EMAIL_DOMAINS": "*"})


@pytest.fixture
def entra(settings):
    """The directory, with what it says of itself and of whoever signs in made up here."""
    settings.DIRECTORIES = directories(ENTRA)
    settings.SOCIALACCOUNT_PROVIDERS = providers(settings.DIRECTORIES)


@pytest.fixture
def comes_back(entra, client, monkeypatch, db):
    """Sign in through the directory as somebody of an e-mail address."""
    from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter as Adapter

    said = {
        "issuer": "https://login.example",
        "authorization_endpoint": "https://login.example/authorize",
        "token_endpoint": "https://login.example/token",
        "userinfo_endpoint": "https://login.example/me",
    }
    monkeypatch.setattr(Adapter, "openid_config", property(lambda self: said))

    def sign_in(email, verified=True):
        from urllib.parse import parse_qs, urlsplit

        from allauth.socialaccount.providers.oauth2.client import OAuth2Client

        monkeypatch.setattr(OAuth2Client, "get_access_token", lambda *a, **k: {"access_token": "t"})
        person = {"sub": email, "email": email, "email_verified": verified}
        monkeypatch.setattr(Adapter, "_fetch_user_info", lambda self, token: person)
        away = client.post("/account/directories/entra/")
        assert away.url.startswith("https://login.example/authorize?")
        state = parse_qs(urlsplit(away.url).query)["state"][0]
        return client.get("/account/directories/entra/back/", {"state": state, "code": "c"}, follow=True)

    return sign_in


def test_the_login_page_offers_the_directory(entra, client, db):
    page = client.get("/account/login/")
    assert "Sign in with Northmoor Council" in page.text
    assert "form-action 'self' https://login.example;" in page.headers["Content-Security-Policy"]


def test_somebody_of_the_domain_signs_in_to_the_account_of_that_address(people, comes_back):
    answer = comes_back("governor@northmoor.example")
    assert answer.status_code == 200
    assert "Priya Nair" in answer.text


def test_an_address_of_another_domain_joins_no_account_whatever_the_directory_says(people, comes_back):
    from headway.web.people.models import User

    people["governor"].emailaddress_set.update(email="head@elsewhere.example")
    User.objects.filter(pk=people["governor"].pk).update(email="head@elsewhere.example")
    answer = comes_back("head@elsewhere.example", verified=True)
    assert "Priya Nair" not in answer.text
    assert "You have no account here yet" in answer.text


def test_a_stranger_gets_no_account(people, comes_back):
    from headway.web.people.models import User

    before = User.objects.count()
    assert "You have no account here yet" in comes_back("stranger@northmoor.example").text
    assert User.objects.count() == before


def test_a_directory_that_asks_for_a_second_factor_spares_another(people, comes_back):
    from allauth.mfa.models import Authenticator

    Authenticator.objects.filter(user=people["data_officer"]).delete()
    answer = comes_back("data.officer@northmoor.example")
    assert answer.redirect_chain[-1][0] == "/"
    assert answer.status_code == 200


def test_one_that_does_not_leaves_it_to_the_service(people, comes_back, settings):
    from allauth.mfa.models import Authenticator

    settings.DIRECTORIES = directories(ENTRA | {"HEADWAY_OIDC_ENTRA_SECOND_FACTOR": "no"})
    Authenticator.objects.filter(user=people["data_officer"]).delete()
    assert comes_back("data.officer@northmoor.example").redirect_chain[-1][0] == "/account/second-factor/app/"


def test_nobody_signs_up_through_a_directory():
    assert SocialAccountAdapter().is_open_for_signup(None, None) is False
