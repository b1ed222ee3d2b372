"""What people do with the service, in a real browser, from the first click to the last."""

from __future__ import annotations

import re

from browsing import OTHER_SCHOOL, SCHOOL

PURPOSE = "Checking that results are right"


def main_text(page) -> str:
    return page.locator("main").inner_text()


def state_purpose(page) -> None:
    """Answer what one needs to see pupils for."""
    page.get_by_label(PURPOSE).check()
    page.locator("main").get_by_role("button").first.click()


def test_somebody_signs_in_with_a_second_factor_and_sees_when_they_were_last_here(open_page, service):
    page = open_page()
    service.sign_in(page, "data_officer")
    page.goto("/account/")
    assert service.email("data_officer") in main_text(page)
    assert "igned in" in main_text(page)


def test_an_adviser_finds_a_school_by_a_misspelt_name_and_reads_its_standards(page_of):
    page = page_of("link_adviser")
    page.goto(f"/schools/{SCHOOL}/")
    name = page.get_by_role("heading", level=1).inner_text().splitlines()[-1].strip()
    typed = re.sub(r"([a-z])([a-z])", r"\2\1", name, count=1)  # two letters the wrong way round
    page.goto("/schools/")
    page.locator("main input[type=search]").fill(typed)
    page.locator("main input[type=search]").press("Enter")
    page.locator("main").get_by_role("link", name=name, exact=True).first.click()
    assert page.url.rstrip("/").endswith(f"/schools/{SCHOOL}")
    page.locator("main").get_by_role("link", name="Standards", exact=True).first.click()
    assert "/standards/" in page.url
    assert page.locator("table").count() > 0
    assert re.search(r"\d+(\.\d)?%", main_text(page))


def test_a_figure_is_walked_back_to_the_row_of_its_file(page_of):
    page = page_of("data_officer")
    page.goto(f"/standards/schools/{SCHOOL}/")
    figure = page.locator("main table td a").first
    value = figure.inner_text()
    figure.click()
    assert value in main_text(page)
    text = main_text(page)
    assert re.search(r"numerator|met|pupils", text, re.IGNORECASE)
    page.locator("main a[href*='/receipts/']").first.click()
    assert re.search(r"\.csv", main_text(page))
    assert re.search(r"[Rr]ow", main_text(page))


def test_a_release_is_taken_back_and_nobody_sees_it_until_it_is_published_again(page_of, service):
    head, governor = page_of("head_of_school_improvement"), page_of("governor")
    governor.goto(f"/standards/schools/{SCHOOL}/")
    assert governor.locator("main table").count() > 0
    head.goto("/standards/releases/")
    head.locator("main table a").first.click()
    address = head.url
    head.locator("input[name=visibility]").first.check()
    head.get_by_role("button", name="Change who sees it").click()
    governor.reload()
    assert governor.locator("main table").count() == 0
    head.goto(address)
    head.locator("input[name=visibility]").last.check()
    head.get_by_role("button", name="Change who sees it").click()
    governor.reload()
    assert governor.locator("main table").count() > 0


def test_a_governor_is_refused_a_list_of_pupils_and_that_is_on_record(page_of, service):
    governor = page_of("governor")
    answer = governor.goto(f"/pupils/{SCHOOL}/")
    assert answer.status == 403
    assert "may not" in main_text(governor)
    head = page_of("head_of_school_improvement")
    head.goto("/trail/?what=was+refused")
    assert service.email("governor") in main_text(head)


def test_a_head_is_told_of_no_other_school(page_of):
    page = page_of("headteacher")
    other = page.goto(f"/pupils/{OTHER_SCHOOL}/")
    theirs = main_text(page)
    nothing = page.goto("/pupils/999999/")
    assert (other.status, nothing.status) == (404, 404)
    assert theirs == main_text(page)


def test_a_head_says_what_for_sees_pupils_and_finds_it_in_the_access_log(page_of, service):
    page = page_of("headteacher")
    page.goto(f"/pupils/{SCHOOL}/")
    if "/purpose/" in page.url:
        state_purpose(page)
    assert f"/pupils/{SCHOOL}/" in page.url
    page.goto("/access-log/")
    assert service.email("headteacher") in main_text(page)
    assert PURPOSE in main_text(page)


def test_the_head_of_service_breaks_the_glass_and_the_school_is_told_at_once(page_of):
    head, school = page_of("head_of_school_improvement"), page_of("headteacher")
    head.goto(f"/pupils/{SCHOOL}/")
    assert "/emergency/" in head.url
    head.get_by_label("Why do you need this?").fill("A child may be at risk of harm today")
    head.locator("main").get_by_role("button").first.click()
    assert f"/pupils/{SCHOOL}/" in head.url
    school.goto("/")
    assert "in an emergency" in main_text(school)
    assert "A child may be at risk of harm today" in main_text(school)


def test_many_pupils_leave_only_with_two_people(page_of):
    officer, head = page_of("data_officer"), page_of("head_of_school_improvement")
    officer.goto("/pupils/export/")
    form = officer.locator("main form").first
    for select in form.locator("select").all():
        select.select_option(index=select.locator("option").count() - 1)
    for box in form.locator("input[type=text], textarea").all():
        box.fill("Joining last year's results")
    for radio in form.locator("input[type=radio]").all()[:1]:
        radio.check()
    for check in form.locator("input[type=checkbox]").all()[:1]:
        check.check()
    form.get_by_role("button").first.click()
    assert officer.locator(".govuk-error-summary").count() == 0, main_text(officer)
    head.goto("/")
    head.get_by_role("link", name=re.compile("Decide whether")).first.click()
    head.get_by_label("Approve: they may take it once, within a day").check()
    head.locator("main").get_by_role("button").first.click()
    officer.goto("/")
    assert officer.get_by_role("link", name=re.compile("Take your export")).count() == 1


def test_whoever_erases_sees_first_what_would_go(page_of):
    page = page_of("head_of_school_improvement")
    page.goto("/data-protection/")
    page.get_by_role("link", name="What is past its date").click()
    assert re.search(r"past its date", main_text(page))
    page.goto("/data-protection/papers/impact-assessment/")
    with page.expect_download() as waiting:
        page.get_by_role("link", name=re.compile("PDF")).click()
    assert waiting.value.suggested_filename.endswith(".pdf")


def test_a_school_is_found_and_read_with_the_keyboard_alone(page_of):
    page = page_of("headteacher")
    page.goto("/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent").strip() == "Skip to main content"
    _tab_to(page, "Schools")
    page.keyboard.press("Enter")
    page.wait_for_url("**/schools/**")
    page.locator("#main-content").focus()
    _tab_to(page, None, f"/schools/{SCHOOL}/")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/schools/{SCHOOL}/**")
    page.locator("#main-content").focus()
    _tab_to(page, "Standards")
    page.keyboard.press("Enter")
    page.wait_for_url("**/standards/**")
    assert page.locator("main table").count() > 0


def _tab_to(page, words, address=None) -> None:
    """Tab until that link is focused, as long as it takes; it must show that it is."""
    for _ in range(120):
        page.keyboard.press("Tab")
        here = page.evaluate(
            "() => { const e = document.activeElement; const s = getComputedStyle(e);"
            " return {text: e.textContent.trim(), path: e.pathname || '', seen: s.outlineStyle !== 'none'"
            " || s.boxShadow !== 'none' || s.backgroundColor !== 'rgba(0, 0, 0, 0)'}; }"
        )
        if (words and here["text"] == words) or (address and here["path"] == address):
            assert here["seen"], f"nothing shows that {words or address} is focused"
            return
    raise AssertionError(f"tabbing never reached {words or address}")


def test_a_school_is_found_and_read_without_javascript(plain_page_of):
    page = plain_page_of("headteacher")
    page.goto("/schools/")
    page.locator(f"main a[href='/schools/{SCHOOL}/']").first.click()
    page.locator("main").get_by_role("link", name="Standards", exact=True).first.click()
    assert page.locator("main table").count() > 0
    figure = page.locator("main table td a").first
    value = figure.inner_text()
    figure.click()
    assert value in main_text(page)
