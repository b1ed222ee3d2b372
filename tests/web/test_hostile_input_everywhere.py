"""No address answers hostile input with an error of ours: every page refuses it, or shows what it would show without it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import urlencode

import pytest
from django.urls import reverse

from web_pages import Page
from web_world import OURS, ROLES, World, made_world

pytestmark = [pytest.mark.django_db, pytest.mark.xdist_group("matrix")]
USUAL = (
    "page", "sort", "text", "year", "release", "measure", "group", "pooled", "stage", "standard", "authority", "beside",
    "minimum", "day", "row", "model", "next", "school", "change", "names", "pupil", "permission", "restore", "reason",
)  # fmt: skip
"""What addresses are asked by without a form that says so."""
HOSTILE = (
    "²", "9" * 23, "9" * 4500, "0001-01-01", "9999-12-31", "2024-02-30", "school:²", "\u202e😀" * 90,
)  # fmt: skip
NUMBERS = (2_147_483_648, 10**19, 10**40)
"""Numbers in an address that are more than a database, or a table of figures, can hold."""


@pytest.fixture(scope="module")
def world(django_db_setup: Any, django_db_blocker: Any) -> Iterator[World]:
    with django_db_blocker.unblock(), made_world() as made:
        browser = made.browser

        def answered(role: str | None = None) -> Any:
            """A browser that gets the page that says so, as people would, and not the error itself."""
            client = browser(role)
            client.raise_request_exception = False
            return client

        made.browser = answered  # type: ignore[method-assign]
        yield made


def fullest(world: World, name: str) -> str | None:
    """The role that may open the page and that may open most pages."""
    able = [role for role in ROLES if world.permits(role, name)]
    return max(able, key=lambda role: sum(world.permits(role, other) for other in OURS), default=None)


def addresses(world: World) -> Iterator[tuple[str, Page, str, str | None]]:
    for name, page in sorted(world.pages.items()):
        if name in OURS:
            yield name, page, reverse(name, kwargs=dict(page.own)), fullest(world, name)


def rounds(fields: Sequence[str]) -> Iterator[dict[str, str]]:
    """Each field once with each hostile value, every field with another one at a time."""
    for turn in range(len(HOSTILE)):
        yield {field: HOSTILE[(turn + at) % len(HOSTILE)] for at, field in enumerate(fields)}


def fields_of(page: Any) -> list[str]:
    """What the forms of a page ask for, and what is usual."""
    found = re.findall(r'name="([\w-]+)"', page.content.decode(errors="replace"))
    return list(dict.fromkeys([*USUAL, *(one for one in found if one != "csrfmiddlewaretoken")]))


def test_no_hostile_question_is_answered_by_an_error(world: World) -> None:
    wrong = set()
    for name, page, address, role in addresses(world):
        if page.data is not None:
            continue
        for asked in rounds(fields_of(world.get(role, address + page.query))):
            if world.get(role, f"{address}?{urlencode(asked)}").status_code >= 500:
                wrong.add((name, role))
    assert not wrong


def test_no_hostile_form_is_answered_by_an_error(world: World) -> None:
    wrong = set()
    for name, page, address, role in addresses(world):
        fields = [*USUAL[-6:], "version", *(page.data or {})]
        if page.data is None:
            shown = world.get(role, address + page.query).content
            if b'method="post"' not in shown.partition(b"<main")[2]:
                continue
            fields += re.findall(r'name="([\w-]+)"', shown.decode())
        for given in rounds(list(dict.fromkeys(fields))):
            if world.post(role, address, given).status_code >= 500:
                wrong.add((name, role))
    assert not wrong


def test_no_number_in_an_address_is_answered_by_an_error(world: World) -> None:
    wrong = set()
    for name, page, _, role in addresses(world):
        numbers = [key for key, value in page.own.items() if isinstance(value, int)]
        for key in numbers:
            for number in NUMBERS:
                address = reverse(name, kwargs={**page.own, key: number})
                got = world.get(role, address) if page.data is None else world.post(role, address, page.data)
                if got.status_code >= 500:
                    wrong.add((name, key, number))
    assert not wrong


def test_a_text_that_no_database_can_keep_is_refused(world: World) -> None:
    assert world.get("data_officer", "/schools/?text=a%00b").status_code == 400
    assert world.get("data_officer", "/schools/%00/").status_code == 404
    assert world.post("data_officer", reverse("changes_read"), {"change": "1\x00"}).status_code == 400
