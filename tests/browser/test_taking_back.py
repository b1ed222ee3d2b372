"""A release that is shown to schools, then taken back: gone at once, and seen again only when it is published anew."""

from __future__ import annotations

import re
from uuid import uuid4

from browsing import SCHOOL

AUTHORITY = "999"
STANDARDS = f"/standards/schools/{SCHOOL}/"


def publish(service, name: str) -> None:
    service.command(
        "publish", name, "--authority", AUTHORITY, "--year", "2024", "--measure", "ks2_rwm_expected",
        "--audience", "school", "--visibility", "authority",
    )  # fmt: skip


def find(page, name: str) -> None:
    page.goto("/standards/releases/")
    page.get_by_role("link", name=name, exact=True).click()


def show_to_schools(page) -> None:
    page.locator("input[name=visibility][value=schools]").check()
    page.get_by_role("button", name="Change who sees it").click()


def take_back(page, why: str) -> None:
    page.get_by_label("Why you take it back").fill(why)
    page.get_by_role("button", name="Take this release back").click()


def sees(page, name: str) -> bool:
    """Whether somebody reads a school's figures from that release."""
    page.goto(STANDARDS)
    return name in page.locator("main").inner_text()


def test_a_release_that_is_taken_back_is_gone_at_once_and_comes_back_only_by_publishing(page_of, service):
    officer, head = page_of("data_officer"), page_of("headteacher")
    first, second = (f"Trial {uuid4().hex[:6]}" for _ in range(2))
    publish(service, first)
    assert not sees(head, first)
    find(officer, first)
    show_to_schools(officer)
    assert sees(head, first)
    figure = head.locator("main table td a").first.get_attribute("href")

    take_back(officer, "")
    assert "Say why" in officer.locator(".govuk-error-summary").inner_text()
    assert sees(head, first)
    take_back(officer, "A file of the wrong year was loaded")
    assert "Nobody sees it" in officer.locator("main").inner_text()
    assert not sees(head, first)
    assert head.goto(figure).status == 404

    officer.reload()
    assert "A file of the wrong year was loaded" in officer.locator("main").inner_text()
    assert officer.get_by_role("button", name=re.compile("Change|Take")).count() == 0

    publish(service, second)
    find(officer, second)
    show_to_schools(officer)
    assert sees(head, second)
    assert not sees(head, first)
    take_back(officer, "It was a trial")
    assert not sees(head, second)
    assert head.locator("main table").count() > 0
