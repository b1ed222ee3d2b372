"""Every page, for every role, on what is its own and on what is not: nothing is open by mistake."""

from __future__ import annotations

import pytest
from django.conf import settings
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, get_resolver, reverse

from headway.example.people import PEOPLE
from headway.web.people.access import holds
from headway.web.people.gate import ANYBODY, DECLARED, SIGNED_IN
from headway.web.people.permissions import Permission
from web_pages import Page, declared_pages

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("known_places")]


def patterns(under=None) -> list[URLPattern]:
    found = []
    for entry in (under or get_resolver()).url_patterns:
        found += [entry] if isinstance(entry, URLPattern) else patterns(entry)
    return found


PATTERNS = patterns()
OURS = {one.name: one.callback for one in PATTERNS if not one.callback.__module__.startswith("allauth.")}
ALLAUTH = [one for one in PATTERNS if one.callback.__module__.startswith("allauth.")]
ROLES = [person.role for person in PEOPLE]


def browser(user=None) -> Client:
    client = Client()
    if user is not None:
        client.force_login(user, backend=settings.AUTHENTICATION_BACKENDS[0])
    return client


def answer(client: Client, name: str, page: Page, arguments) -> int:
    """The status, with whatever the request changed undone."""
    address = reverse(name, kwargs=dict(arguments)) + page.query
    with transaction.atomic():
        got = client.get(address) if page.data is None else client.post(address, dict(page.data))
        transaction.set_rollback(True)
    return got.status_code


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
def test_every_role_gets_what_is_its_own_and_nothing_else(name, people):
    declared = getattr(OURS[name], DECLARED, None)
    known = declared_pages(people)
    assert name in known, f"say in tests/web/<part>/pages.py what the matrix must know of the page {name}"
    page = known[name]
    wrong = []
    for role in ROLES:
        client = browser(people[role])
        permitted = declared in (ANYBODY, SIGNED_IN) or holds(people[role], declared)
        expected = page.answers.get(role, page.answer if permitted else 403)
        if (got := answer(client, name, page, page.own)) != expected:
            wrong.append(f"{role}, own: {got} instead of {expected}")
        if page.other is not None:
            expected = page.foreigns.get(role, page.foreign if permitted else 403)
            if (got := answer(client, name, page, page.other)) != expected:
                wrong.append(f"{role}, other's: {got} instead of {expected}")
    assert wrong == []


@pytest.mark.parametrize("name", sorted(OURS))
def test_whoever_has_not_signed_in_is_asked_to(name, people):
    page = declared_pages(people).get(name, Page())
    got = answer(browser(), name, page, page.own)
    if getattr(OURS[name], DECLARED, None) == ANYBODY:
        assert got == page.answer
    else:
        assert got == 302


@pytest.mark.parametrize("name", sorted(OURS))
def test_whoever_holds_no_role_sees_no_content(name, people):
    from headway.web.people.models import User

    nobody = User.objects.create_user("nobody@example.org", "Nobody")
    page = declared_pages(people).get(name, Page())
    permitted = getattr(OURS[name], DECLARED, None) in (ANYBODY, SIGNED_IN)
    assert answer(browser(nobody), name, page, page.own) == (page.answer if permitted else 403)


@pytest.mark.parametrize("name", sorted(OURS))
def test_a_role_without_its_second_factor_gets_nowhere(name, people):
    from allauth.mfa.models import Authenticator

    head = people["head_of_school_improvement"]
    page = declared_pages(people).get(name, Page())
    Authenticator.objects.filter(user=head).delete()
    got = answer(browser(head), name, page, page.own)
    assert got == (page.answer if getattr(OURS[name], DECLARED, None) == ANYBODY else 302)


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
