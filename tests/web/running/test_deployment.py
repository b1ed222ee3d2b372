"""The service is fit to be deployed: Django's own checks, complete migrations, and headers on every real answer."""

from __future__ import annotations

import io
import re
import subprocess
import sys

import pytest
from django.conf import settings
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from browsing import environment
from web_pages import declared_pages
from web_service import OTHER

pytestmark = pytest.mark.django_db

DEPLOYED = {
    "HEADWAY_SECRET_KEY": "kept elsewhere " * 5,
    "HEADWAY_HTTPS": "true",
    "HEADWAY_BEHIND_PROXY": "true",
    "HEADWAY_HOSTS": "headway.example.gov.uk",
}
"""What docs/how-to/deploy.md tells to set."""


def test_djangos_checks_of_a_deployment_find_nothing(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "headway.web.manage", "check", "--deploy", "--fail-level", "INFO"],
        env=environment(tmp_path, **DEPLOYED), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "no issues" in done.stdout


def test_the_migrations_say_what_the_models_say():
    said = io.StringIO()
    try:
        call_command("makemigrations", check=True, dry_run=True, stdout=said, stderr=said)
    except SystemExit:
        pytest.fail(said.getvalue())


def browsers(people):
    """Nobody, and everybody of the roles that see most."""
    yield Client()
    for role in ("head_of_school_improvement", "data_officer", "headteacher", "administrator"):
        client = Client()
        client.force_login(people[role], backend=settings.AUTHENTICATION_BACKENDS[0])
        yield client


def answers(people):
    """Every page that can be had without sending anything, for several people, right and wrong."""
    known = {name: page for name, page in declared_pages(people).items() if page.data is None}
    for client in browsers(people):
        client.raise_request_exception = False
        for name, page in known.items():
            yield name, client.get(reverse(name, kwargs=dict(page.own)) + page.query)
        yield "missing", client.get(f"/no-such-page/{OTHER}/")
        yield "wrong host", client.get("/", headers={"host": "elsewhere.example"})


@pytest.mark.usefixtures("known_places")
def test_every_answer_has_the_policy_and_no_page_needs_an_exception_from_it(people):
    wrong, nonces = [], []
    for name, answer in answers(people):
        policy = answer.headers.get("Content-Security-Policy", "")
        if not policy.startswith("default-src 'self'") or "unsafe" in policy or "*" in policy:
            wrong.append(f"{name}: policy {policy!r}")
        if answer.headers.get("X-Content-Type-Options") != "nosniff":
            wrong.append(f"{name}: may be sniffed")
        if answer.headers.get("X-Frame-Options") != "DENY":
            wrong.append(f"{name}: may be framed")
        nonces += (found := re.findall(r"'nonce-([^']+)'", policy)[:1])
        if answer.headers.get("Content-Type", "").startswith("text/html") and not answer.streaming:
            wrong += [f"{name}: {problem}" for problem in exceptions(answer.text, found[0] if found else "")]
    assert wrong == []
    assert len(nonces) > 50
    assert len(nonces) == len(set(nonces))


def exceptions(html: str, nonce: str) -> list[str]:
    """What a page holds that the policy would forbid a browser to run or load."""
    found = [f"style attribute: {one}" for one in re.findall(r"<[^>]*\sstyle\s*=[^>]*>", html)]
    found += [f"event attribute: {one}" for one in re.findall(r"<[^>]*\son[a-z]+\s*=\s*[\"'][^>]*>", html)]
    found += [
        f"inline style: {one}" for one in re.findall(r"<style[^>]*>", html) if f'nonce="{nonce}"' not in one
    ]
    for script in re.findall(r"<script[^>]*>", html):
        runs = "src=" in script or "application/json" in script or f'nonce="{nonce}"' in script
        if not runs:
            found.append(f"inline script: {script}")
    found += [
        f"from another host: {one}"
        for one in re.findall(r"(?:src|srcset)\s*=\s*[\"'](?:https?:)?//[^\"']*", html)
    ]
    found += [f"script address: {one}" for one in re.findall(r"href\s*=\s*[\"']javascript:[^\"']*", html)]
    return found
