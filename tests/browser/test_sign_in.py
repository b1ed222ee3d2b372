"""Signing in, in a real browser, on the service as it is served."""

from __future__ import annotations

import pytest

from browsing import runs_over


def test_signing_in_with_a_second_factor_leads_to_the_first_page(open_page, service):
    page = open_page()
    service.sign_in(page, "head_of_school_improvement")
    assert page.get_by_role("heading", level=1).is_visible()
    assert page.url.rstrip("/") == service.address


def test_a_wrong_code_does_not_open_the_service(open_page, service):
    page = open_page()
    page.goto("/account/login/")
    page.get_by_label("E-mail address").fill(service.email("client"))
    page.get_by_label("Password", exact=True).fill(service.password)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.get_by_label("Code").fill("000000")
    page.get_by_role("button", name="Sign in", exact=True).click()
    assert page.locator(".govuk-error-summary").is_visible()
    page.goto("/people/")
    assert "/account/" in page.url


@pytest.mark.parametrize(("width", "javascript"), [(1280, True), (320, True), (320, False)])
def test_the_page_of_signing_in_is_well_formed_for_everybody(open_page, axe, width, javascript):
    page = open_page(width=width, javascript=javascript)
    page.goto("/account/login/")
    assert runs_over(page) <= 0
    if javascript:
        assert axe(page) == []


def test_the_first_page_works_without_javascript(plain_page_of):
    page = plain_page_of("governor")
    page.goto("/")
    assert page.get_by_role("heading", level=1).is_visible()
