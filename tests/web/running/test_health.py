"""The health page: what a monitor needs, and nothing for anybody else."""

from __future__ import annotations

import shutil
import sqlite3
import time
from collections import namedtuple

import pytest
from django.core.cache import cache
from django.db import DatabaseError

from headway.figures.store import Store
from headway.web.design import health

pytestmark = pytest.mark.django_db


@pytest.fixture
def home(tmp_path, settings):
    settings.HOME = tmp_path
    return tmp_path


def test_all_is_well_with_a_store_and_a_worker(client, home):
    Store.open(home)
    health.worker_lives()
    answer = client.get("/health/")
    assert answer.status_code == 200
    found = answer.json()
    assert found.pop("version")
    assert found == {"service": "ok", "database": "ok", "store": "ok", "worker": "ok", "disk": "ok"}


def test_a_service_without_a_store_yet_is_well(client, home):
    assert client.get("/health/").json()["store"] == "none yet"
    assert client.get("/health/").status_code == 200


def test_a_database_that_does_not_answer_is_503(client, home, monkeypatch):
    class Broken:
        def cursor(self):
            raise DatabaseError("gone from host secret-host")

    monkeypatch.setattr(health, "connection", Broken())
    answer = client.get("/health/")
    assert answer.status_code == 503
    assert answer.json()["database"] == "does not answer"
    assert "secret-host" not in answer.text


def test_a_store_that_cannot_be_read_is_503(client, home):
    (home / "catalogue.sqlite").write_bytes(b"this is no database" * 100)
    answer = client.get("/health/")
    assert answer.status_code == 503
    assert answer.json()["store"] == "does not answer"


def test_a_worker_that_fell_silent_is_told_of_but_pages_still_answer(client, home):
    cache.set("worker-heard-at", time.time() - health.HEARD_WITHIN - 1, None)
    answer = client.get("/health/")
    assert answer.status_code == 200
    assert answer.json()["worker"] == "not heard for more than five minutes"


def test_a_full_disk_is_told_of(client, home, monkeypatch):
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage(10**12, 10**12 - 10**8, 10**8))
    assert client.get("/health/").json()["disk"] == "less than 500 MB free"


def test_nothing_tells_where_the_service_lies(client, home):
    Store.open(home)
    assert str(home) not in client.get("/health/").text
    assert sqlite3.sqlite_version not in client.get("/health/").text
