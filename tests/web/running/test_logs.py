"""What the service writes into its log: enough to look after it, and nothing of anybody."""

from __future__ import annotations

import io
import json
import logging

import pytest
from django.conf import settings
from django.test import Client

from headway.web.design.logs import JsonFormatter
from headway.web.people import views
from web_service import OWN

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("known_places")]


@pytest.fixture
def log():
    """Everything that is logged from now on, at the most talkative level that a deployment may choose."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonFormatter())
    root = logging.getLogger()
    before = root.level
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    yield stream
    root.removeHandler(handler)
    root.setLevel(before)


def lines(log: io.StringIO) -> list[dict]:
    return [json.loads(line) for line in log.getvalue().splitlines()]


def test_a_whole_journey_leaves_no_name_address_or_search_in_the_log(people, log, monkeypatch):
    head = people["head_of_school_improvement"]
    stranger = Client(REMOTE_ADDR="203.0.113.77")
    stranger.post("/account/login/", {"login": head.email, "password": "wrong-password-1"})
    stranger.post("/account/login/", {"login": "nobody.known@example.org", "password": "wrong-password-1"})
    client = Client(REMOTE_ADDR="203.0.113.77")
    client.post("/account/login/", {"login": head.email, "password": "correct horse battery staple"})
    client.force_login(head, backend=settings.AUTHENTICATION_BACKENDS[0])
    client.get("/")
    client.get("/schools/?q=Calder+Bridge&upn=A123456789012")
    client.get("/people/?q=Helen+Marsh")
    invited = {"name": "Ursula Quill", "email": "ursula.quill@example.org", "role": "governor", "scope": OWN}
    assert client.post("/people/invite/", invited).status_code == 302
    client.get("/no/such/page/for/Ursula.Quill/")
    client.get("/", headers={"host": "ursula-quill.example"})

    def broken(request):
        raise ValueError("Ursula Quill, A123456789012, was not found")

    monkeypatch.setattr(views.task_list, "tasks", broken)
    client.raise_request_exception = False
    assert client.get("/").status_code == 500
    said = log.getvalue().lower()
    for secret in (
        *(
            "quill",
            "ursula",
            "calder",
            "helen",
            "marsh",
            "maryam",
            "iqbal",
            "northmoor.example",
            "example.org",
        ),
        *("a123456789012", "203.0.113.77", "wrong-password", "nobody.known", "upn", head.email),
    ):
        assert secret.lower() not in said, secret
    found = lines(log)
    assert {"today", "people", "invite"} <= {line.get("view") for line in found}
    (failed,) = (line for line in found if line.get("error") == "ValueError")
    assert "test_logs:" in failed["place"]


def test_a_request_is_one_line_that_says_which_view_answered_how(client, log):
    assert client.get("/accessibility/?name=Somebody").status_code == 200
    (line,) = (line for line in lines(log) if line["event"] == "request")
    assert line["view"] == "accessibility"
    assert line["status_code"] == 200
    assert line["method"] == "GET"
    assert line["duration_ms"] > 0
    assert set(line) == {"at", "level", "logger", "event", "method", "view", "status_code", "duration_ms"}
