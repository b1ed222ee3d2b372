"""Every page, for every role, on what is its own and on what is not: nothing is open by mistake."""

from __future__ import annotations

import re

import pytest
from django.conf import settings
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse

from headway.web.people.gate import ANYBODY, DECLARED, SIGNED_IN
from headway.web.people.permissions import Permission
from web_pages import Page
from web_world import OURS, PATTERNS, ROLES, made_world, main_of

pytestmark = [pytest.mark.django_db, pytest.mark.xdist_group("matrix")]
ALLAUTH = [one for one in PATTERNS if one.callback.__module__.startswith("allauth.")]


@pytest.fixture(scope="module")
def world(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock(), made_world() as made:
        yield made


def page_of(world, name) -> Page:
    assert name in world.pages, (
        f"say in tests/web/<part>/pages.py what the matrix must know of the page {name}"
    )
    return world.pages[name]


def test_every_address_has_a_name_of_its_own():
    names = [one.name for one in PATTERNS]
    assert None not in names
    assert len(names) == len(set(names))


@pytest.mark.parametrize("name", sorted(OURS))
def test_every_view_declares_its_permission(name):
    declared = getattr(OURS[name], DECLARED, None)
    assert declared in (ANYBODY, SIGNED_IN) or isinstance(declared, Permission), (
        f"{name} declares no permission: decorate its view with @requires(…), @signed_in or @anybody"
    )


@pytest.mark.parametrize("name", sorted(OURS))
def test_every_role_gets_what_is_its_own_and_nothing_else(name, world):
    page = page_of(world, name)
    wrong = []
    for role in ROLES:
        permitted = world.permits(role, name)
        expected = page.answers.get(role, page.answer if permitted else 403)
        if (got := world.ask(role, name).status_code) != expected:
            wrong.append(f"{role}, own: {got} instead of {expected}")
        if page.other is not None:
            expected = page.foreigns.get(role, page.foreign if permitted else 403)
            if (got := world.ask(role, name, page.other).status_code) != expected:
                wrong.append(f"{role}, other's: {got} instead of {expected}")
    assert wrong == []


def _guessed(arguments):
    """Arguments of the same shape that never were anything."""
    return {
        name: 987654321 if isinstance(value, int) else re.sub(r"[0-9]{4,}", "987654", str(value))
        for name, value in arguments.items()
    }


@pytest.mark.parametrize("name", sorted(OURS))
def test_guessing_identifiers_gains_nothing(name, world):
    """What is not theirs is answered word for word as what never was: to each role, by page, form and file."""
    page = page_of(world, name)
    if page.other is None or _guessed(page.other) == dict(page.other):
        pytest.skip("the page is of no one thing")
    wrong = []
    refused = [role for role in ROLES if not world.permits(role, name)]
    for role in [
        role for role in ROLES if role not in refused[1:]
    ]:  # one of those whom the page type is refused
        if page.foreigns.get(role, page.foreign if world.permits(role, name) else 403) not in (403, 404):
            continue  # theirs to see after all
        foreign, nothing = world.ask(role, name, page.other), world.ask(role, name, _guessed(page.other))
        if (foreign.status_code, main_of(foreign)) != (nothing.status_code, main_of(nothing)):
            wrong.append(f"{role}: {foreign.status_code} and {nothing.status_code}")
        told = {str(value) for value in page.other.values() if len(str(value)) > 4} & set(
            re.findall(r"[\w:]+", main_of(foreign))
        )
        if told:
            wrong.append(f"{role}: the answer repeats {told}")
    assert wrong == []


@pytest.mark.parametrize("name", sorted(OURS))
def test_whoever_has_not_signed_in_is_asked_to(name, world):
    page = page_of(world, name)
    got = world.ask(None, name).status_code
    if getattr(OURS[name], DECLARED, None) == ANYBODY:
        assert got == page.answer
    else:
        assert got == 302


@pytest.fixture(scope="module")
def nobody(world):
    """Somebody with an account and no role."""
    from headway.web.people.models import User

    user = User.objects.create_user("nobody@example.org", "Nobody")
    client = Client()
    client.force_login(user, backend=settings.AUTHENTICATION_BACKENDS[0])
    world._cookies["nobody"] = client.cookies[settings.SESSION_COOKIE_NAME].value
    return "nobody"


@pytest.mark.parametrize("name", sorted(OURS))
def test_whoever_holds_no_role_sees_no_content(name, world, nobody):
    page = page_of(world, name)
    permitted = getattr(OURS[name], DECLARED, None) in (ANYBODY, SIGNED_IN)
    expected = page.answers.get(nobody, page.answer if permitted else 403)
    assert world.ask(nobody, name).status_code == expected


@pytest.mark.parametrize("name", sorted(OURS))
def test_a_role_without_its_second_factor_gets_nowhere(name, world):
    from allauth.mfa.models import Authenticator
    from django.db import transaction

    page = page_of(world, name)
    with transaction.atomic():
        Authenticator.objects.filter(user=world.people["head_of_school_improvement"]).delete()
        got = world.ask("head_of_school_improvement", name).status_code
        transaction.set_rollback(True)
    assert got == (page.answer if getattr(OURS[name], DECLARED, None) == ANYBODY else 302)


@pytest.mark.parametrize("name", sorted(OURS))
def test_a_form_from_elsewhere_changes_nothing(name, world):
    """A form without the token of the page is refused, to the role that may do most."""
    page = page_of(world, name)
    if page.data is None:
        pytest.skip("the page takes no form in these tests")
    client = Client(enforce_csrf_checks=True)
    role = next((each for each in ROLES if world.permits(each, name)), ROLES[0])
    client.cookies[settings.SESSION_COOKIE_NAME] = world._cookies[role]
    assert client.post(reverse(name, kwargs=dict(page.own)), dict(page.data)).status_code == 403


def test_the_sessions_of_the_matrix_are_still_open(world):
    """Otherwise every page above would have been asked for by nobody."""
    assert Session.objects.filter(pk__in=world._cookies.values()).count() == len(world._cookies)


def test_signing_up_does_not_exist(client):
    for address in ("/account/signup/", "/account/signup/directory/", "/account/email/", "/accounts/signup/"):
        assert client.get(address).status_code == 404
        assert client.post(address, {"email": "me@example.org"}).status_code == 404


@pytest.mark.parametrize("pattern", ALLAUTH, ids=lambda one: one.name)
def test_pages_of_signing_in_show_strangers_nothing_but_signing_in(pattern, client):
    open_to_strangers = {
        "account_login",
        "account_inactive",
        "account_reset_password",
        "account_reset_password_done",
        "account_reset_password_from_key",
        "account_reset_password_from_key_done",
        "socialaccount_login_cancelled",
        "socialaccount_login_error",
    }
    needed = {"uidb36": "1", "key": "a-b", "pk": 1, "provider_id": "none"}
    arguments = {name: needed[name] for name in pattern.pattern.regex.groupindex}
    status = client.get(reverse(pattern.name, kwargs=arguments)).status_code
    if pattern.name in open_to_strangers:
        assert status in (200, 401)
    else:
        assert status in (302, 404)
