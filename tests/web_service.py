"""The service under test: a home of its own, plain assets, one person of each role.

On SQLite; on a temporary PostgreSQL server where HEADWAY_TEST_DATABASE=postgresql.
"""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, ClassVar

import pytest

_HOME = tempfile.mkdtemp(prefix="headway-web-")
atexit.register(shutil.rmtree, _HOME, ignore_errors=True)


def _set_up() -> None:
    """Read the settings in an environment that names nothing of this machine's own."""
    import django

    from web_postgresql import temporary_server

    before = {name: value for name, value in os.environ.items() if name.startswith("HEADWAY_")}
    for name in before:
        del os.environ[name]
    os.environ.update(
        DJANGO_SETTINGS_MODULE="headway.web.settings", HEADWAY_HOME=_HOME, HEADWAY_SECRET_KEY="x" * 50
    )
    if before.get("HEADWAY_TEST_DATABASE") == "postgresql":
        os.environ["HEADWAY_DATABASE_URL"] = temporary_server()
    from django.conf import settings

    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)
    for name in [name for name in os.environ if name.startswith("HEADWAY_")]:
        del os.environ[name]
    os.environ.update(before)
    django.setup()
    # The settings are read. Processes that start from this one (pytest-xdist's) must read them here too, not before.
    del os.environ["DJANGO_SETTINGS_MODULE"]


_set_up()

if TYPE_CHECKING:
    from django.test import Client

    from headway.web.people.models import User

OWN, OTHER = "school:100001", "school:200001"
"""A school of the people below, and one that is not theirs."""
OWN_SCOPE = {
    "authority": "authority:936",
    "trust": "trust:2044",
    "cluster": "cluster:hill",
    "school": OWN,
    "caseload": "",
    "none": "",
}
"""What each kind of role is held of in these tests."""


@pytest.fixture(scope="session", autouse=True)
def _emptying_tables_lifts_their_protection() -> Iterator[None]:
    """After a test with a real server Django empties every table, which the audit trail refuses; lift that for it."""
    from django.db import connection
    from django.test import TransactionTestCase

    from headway.web.audit import protection

    torn_down = TransactionTestCase._fixture_teardown

    def with_protection_lifted(self: TransactionTestCase) -> None:
        with connection.cursor() as cursor:
            protection.lift(connection.vendor, cursor.execute)
        torn_down(self)
        with connection.cursor() as cursor:
            protection.lay(connection.vendor, cursor.execute)

    def only_where_tables_are_emptied(self: TransactionTestCase) -> None:
        from django.test import TestCase

        (torn_down if isinstance(self, TestCase) else with_protection_lifted)(self)

    TransactionTestCase._fixture_teardown = only_where_tables_are_emptied
    yield
    TransactionTestCase._fixture_teardown = torn_down


@pytest.fixture(autouse=True)
def _limits_begin_anew() -> None:
    """What one test counted against a rate limit is nothing to the next."""
    from django.core.cache import cache

    cache.clear()


@pytest.fixture
def schools(db: None) -> dict[str, Any]:
    """The organisations of `PlacesOfTests` as rows of the database, by key."""
    from web_schools import make_schools

    return make_schools()


@pytest.fixture
def people(schools: dict[str, Any]) -> dict[str, User]:
    """One person of each role, by the role's key, with a second factor where the role needs one. Those with a caseload
    have the school `OWN` in it."""
    from headway.example.people import make_people

    return make_people(scopes=OWN_SCOPE, caseload=[OWN], password="correct horse battery staple").users


@pytest.fixture
def client_of(people: dict[str, User]) -> Callable[[str], Client]:
    """A browser in which the person of that role has signed in."""
    from django.conf import settings
    from django.test import Client

    def signed_in(role: str, **more: Any) -> Client:
        client = Client(**more)
        client.force_login(people[role], backend=settings.AUTHENTICATION_BACKENDS[0])
        return client

    return signed_in


class PlacesOfTests:
    """An authority with one trust, one cluster and one school, and another authority with a school."""

    NAMES: ClassVar = {
        "authority:936": "Northmoor",
        "trust:2044": "Northmoor Learning Trust",
        "cluster:hill": "Hill cluster",
        OWN: "Calder Bridge Primary School",
        "authority:937": "Southmoor",
        OTHER: "Saltby Primary School",
    }
    INSIDE: ClassVar = {
        "authority:936": {"trust:2044", "cluster:hill", OWN},
        "trust:2044": {OWN},
        "cluster:hill": {OWN},
        "authority:937": {OTHER},
    }

    def names(self, keys: frozenset[str]) -> dict[str, str]:
        return {key: self.NAMES[key] for key in keys if key in self.NAMES}

    def inside(self, keys: frozenset[str]) -> frozenset[str]:
        return keys.union(*(self.INSIDE.get(key, ()) for key in keys))

    def contains(self, keys: frozenset[str], key: str) -> bool:
        return key in self.inside(keys)

    def choices(self, kind: str, among: frozenset[str] | None) -> list[tuple[str, str]]:
        return [
            (key, name)
            for key, name in self.NAMES.items()
            if key.startswith(f"{kind}:") and (among is None or key in among)
        ]


@pytest.fixture
def known_places() -> Iterator[PlacesOfTests]:
    """Two authorities that only names and keys make up, where a test needs no schools of the database."""
    from headway.web.people import places

    before = places.answer_with(PlacesOfTests())
    yield PlacesOfTests()
    places.answer_with(before)
