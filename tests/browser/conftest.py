"""A real Chromium on the real service, with the example authority in it: built once a session, served as `headway serve`.

Tests here never touch the database themselves: they are people in front of a page. All of them run in one process
(`xdist_group`), so that one service and one browser do for all; what a test changes, it changes back, or nobody minds.

    def test_a_head_finds_the_school(page_of):
        page = page_of("headteacher")
        page.goto("/schools/")

To keep the service from one run to the next while writing tests: HEADWAY_TEST_SERVICE=/tmp/kept.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from browsing import Service, chromium_program, missing, serving, violations

_KEPT = os.environ.get("HEADWAY_TEST_SERVICE")
NARROW = 320
"""Pixels: the narrowest page of WCAG 1.4.10."""


@pytest.hookimpl(tryfirst=True)  # before the groups are read
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """One process for all of them, and a reason where they cannot run."""
    here = Path(__file__).parent
    lacking = missing()
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.xdist_group("browser"))
            item.add_marker(pytest.mark.timeout(600))
            if lacking:
                item.add_marker(pytest.mark.skip(reason=lacking))


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """The service on the example authority, open at `service.address`."""
    folder = Path(_KEPT) if _KEPT else tmp_path_factory.mktemp("service") / "demo"
    with serving(folder) as running:
        yield running
    if not _KEPT:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="package")
def browser() -> Iterator[Any]:
    """Chromium."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        program = chromium_program()
        chromium = playwright.chromium.launch(
            executable_path=program,
            args=[
                "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-dev-shm-usage",
                "--disable-background-networking", "--disable-component-update", "--disable-sync",
            ],
        )  # fmt: skip
        yield chromium
        chromium.close()


@pytest.fixture
def open_page(service: Service, browser: Any) -> Iterator[Callable[..., Any]]:
    """A function that opens a page of a browser in which nobody, or `role`, has signed in: `open_page(width=320,
    javascript=False)`. Afterwards it is an error if a page said one in the console, or asked another host for anything."""
    contexts: list[Any] = []
    wrong: list[str] = []

    def opened(role: str | None = None, *, width: int = 1280, javascript: bool = True, **more: Any) -> Any:
        state = signed_in_state(service, browser, role) if role else None
        context = browser.new_context(
            base_url=service.address,
            viewport={"width": width, "height": 900},
            java_script_enabled=javascript,
            storage_state=state,
            locale="en-GB",
            timezone_id="Europe/London",
            accept_downloads=True,
            **more,
        )
        context.set_default_timeout(15_000)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: wrong.append(f"script failed on {page.url}: {error}"))
        page.on("console", lambda said: _note_error(said, wrong))
        page.on("request", lambda asked: _note_stranger(asked, service, wrong))
        return page

    yield opened
    for context in contexts:
        context.close()
    assert wrong == []


def _note_error(said: Any, wrong: list[str]) -> None:
    # A page that is refused or missing is an answer, and says so in the console too.
    if said.type == "error" and "the server responded with a status of 40" not in said.text:
        wrong.append(f"the console says: {said.text}")


def _note_stranger(asked: Any, service: Service, wrong: list[str]) -> None:
    if not asked.url.startswith((service.address, "data:", "blob:", "about:")):
        wrong.append(f"asked another host: {asked.url}")


@pytest.fixture
def page_of(open_page: Callable[..., Any]) -> Callable[..., Any]:
    """A function that opens a page in which the example person of a role has signed in: `page_of("governor")`."""
    return lambda role, **more: open_page(role, **more)


@pytest.fixture
def narrow_page_of(page_of: Callable[..., Any]) -> Callable[..., Any]:
    """The same, 320 pixels wide."""
    return lambda role, **more: page_of(role, width=NARROW, **more)


@pytest.fixture
def plain_page_of(page_of: Callable[..., Any]) -> Callable[..., Any]:
    """The same, without JavaScript."""
    return lambda role, **more: page_of(role, javascript=False, **more)


@pytest.fixture
def axe() -> Callable[[Any], list[str]]:
    """A function that says what axe finds wrong with a page, rule by rule; `axe(page) == []` is what a test wants."""
    return violations


_states: dict[str, Any] = {}


def signed_in_state(service: Service, browser: Any, role: str) -> Any:
    """The cookies of a person who has signed in as people do: once for each role and session of tests."""
    key = f"{service.address} {role}"
    if key not in _states:
        context = browser.new_context(base_url=service.address)
        page = context.new_page()
        service.sign_in(page, role)
        _states[key] = context.storage_state()
        context.close()
    return _states[key]
