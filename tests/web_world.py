"""Everything that the tests of every page need, made once a module: people of every role, what is theirs and what is not.

A test asks for pages as somebody, and whatever the asking changed is undone; so one world does for a thousand requests.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, get_resolver, reverse

from headway.example.people import PEOPLE
from headway.web.people.access import holds
from headway.web.people.gate import ANYBODY, DECLARED, SIGNED_IN
from web_pages import Page, declared_pages
from web_service import OWN, OWN_SCOPE, PlacesOfTests

ROLES = [person.role for person in PEOPLE]


def patterns(under: Any = None) -> list[URLPattern]:
    """Every address of the service."""
    found: list[URLPattern] = []
    for entry in (under or get_resolver()).url_patterns:
        found += [entry] if isinstance(entry, URLPattern) else patterns(entry)
    return found


PATTERNS = patterns()
OURS = {one.name: one.callback for one in PATTERNS if not one.callback.__module__.startswith("allauth.")}
"""Views of our own by the name of their address."""


@dataclass
class World:
    """One person of each role with a browser that has signed in, and what to know of each page."""

    people: dict[str, Any]
    pages: dict[str, Page]
    _cookies: dict[str, str]

    def browser(self, role: str | None = None) -> Client:
        """A browser in which the person of that role has signed in; or nobody."""
        client = Client()
        if role is not None:
            client.cookies[settings.SESSION_COOKIE_NAME] = self._cookies[role]
        return client

    def ask(
        self,
        role: str | None,
        name: str,
        arguments: Mapping[str, Any] | None = None,
        query: str | None = None,
    ) -> Any:
        """The answer to one page as somebody, on what is theirs unless other arguments are given."""
        page = self.pages[name]
        given = page.own if arguments is None else arguments
        address = reverse(name, kwargs=dict(given)) + (page.query if query is None else query)
        return self.get(role, address) if page.data is None else self.post(role, address, page.data)

    def get(self, role: str | None, address: str) -> Any:
        """The answer to an address, with whatever the request changed undone."""
        return self._undone(lambda client: client.get(address), role)

    def post(self, role: str | None, address: str, data: Mapping[str, Any]) -> Any:
        """The answer to a form, with whatever it changed undone."""
        return self._undone(lambda client: client.post(address, dict(data)), role)

    def _undone(self, request: Any, role: str | None) -> Any:
        with transaction.atomic():
            got = request(self.browser(role))
            if got.streaming:
                got.content = b"".join(got.streaming_content)
            transaction.set_rollback(True)
        return got

    def permits(self, role: str, name: str) -> bool:
        """Whether the role may open pages of this address at all."""
        declared = getattr(OURS[name], DECLARED, None)
        return declared in (ANYBODY, SIGNED_IN) or holds(self.people[role], declared)


@contextmanager
def made_world() -> Iterator[World]:
    """The world, for as long as the caller looks at it; afterwards nothing of it is left. Needs access to the database."""
    from django.core.cache import cache

    from headway.example.people import make_people
    from headway.web.people import places
    from web_schools import make_schools

    before = places.answer_with(PlacesOfTests())
    try:
        with transaction.atomic():
            make_schools()
            people = make_people(
                scopes=OWN_SCOPE, caseload=[OWN], password="correct horse battery staple"
            ).users
            pages = declared_pages(people)
            cookies = {}
            for role, user in people.items():
                client = Client()
                client.force_login(user, backend=settings.AUTHENTICATION_BACKENDS[0])
                cookies[role] = client.cookies[settings.SESSION_COOKIE_NAME].value
            yield World(people, pages, cookies)
            transaction.set_rollback(True)
    finally:
        places.answer_with(before)
        cache.clear()


def main_of(answer: Any) -> str:
    """What a page says, without the frame around it, which has a nonce."""
    return answer.content.decode().partition("<main")[2].partition("</main>")[0]
