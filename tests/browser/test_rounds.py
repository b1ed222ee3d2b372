"""A round of categories from its first day to its last: every role at its own page, and each page well formed."""

from __future__ import annotations

import re
from datetime import date, timedelta
from io import BytesIO
from pathlib import Path
from uuid import uuid4

import docx
import pytest
from pypdf import PdfReader

from browsing import SCHOOL, runs_over

SCHEME, YEAR = "rise-2025", "2024"
WORDS = "Our Year 6 was five pupils, and two joined in May"
REPLY = "We have read it, and visit you in January"
REASON = "A new headteacher began in September, and asks for help with writing"
NOTE = "The department wrote to the school in October"


def main_text(page) -> str:
    return page.locator("main").inner_text()


def press(page, name: str) -> None:
    page.locator("main").get_by_role("button", name=name, exact=True).click()


def open_round(officer) -> str:
    """A round of the authority, opened by the data officer; its title."""
    title = f"Trial {uuid4().hex[:6]}"
    officer.goto("/categories/")
    officer.get_by_role("button", name="Open a round").click()
    officer.get_by_label("Whose schools").select_option(index=0)
    officer.get_by_label("Scheme").select_option(SCHEME)
    officer.get_by_label("Results of").select_option(YEAR)
    officer.get_by_label("Title").fill(title)
    press(officer, "Open the round")
    assert "/categories/rounds/" in officer.url, main_text(officer)
    return title


def standing_of(page, school: str) -> None:
    """From a round to one school of it."""
    page.get_by_label("School", exact=True).fill(school)
    press(page, "Show")
    page.locator("main table").get_by_role("link", name=school, exact=True).click()


def send(officer) -> None:
    """Freeze the round and send it, also where the clock speaks against it."""
    officer.get_by_label("Schools reply by").fill((date.today() + timedelta(days=21)).isoformat())
    anyway = officer.get_by_label("Send it now all the same")
    if anyway.count():
        anyway.check()
    press(officer, "Freeze and send")


def letter(page, form: str) -> str:
    """The words of the school's letter, as Word or PDF, with single blanks."""
    with page.expect_download() as waiting:
        page.locator("main").get_by_role("link", name=form, exact=True).click()
    content = BytesIO(Path(waiting.value.path()).read_bytes())
    assert waiting.value.suggested_filename.endswith(".docx" if form == "Word" else ".pdf")
    if form == "Word":
        words = [one.text for one in docx.Document(content).paragraphs]
    else:
        words = [one.extract_text() for one in PdfReader(content).pages]
    return " ".join(" ".join(words).split())


def well_formed(page, axe) -> list[str]:
    """What is wrong with a page as it stands: by axe, and at the narrowest width."""
    wrong = list(axe(page))
    page.set_viewport_size({"width": 320, "height": 900})
    if (over := runs_over(page)) > 0:
        wrong.append(f"{page.url}: {over} pixels too wide at 320")
    page.set_viewport_size({"width": 1280, "height": 900})
    return wrong


def test_a_round_is_held_by_everybody_who_has_a_part_in_it(page_of, axe):
    officer, adviser = page_of("data_officer"), page_of("link_adviser")
    service_head, school_head = page_of("head_of_school_improvement"), page_of("headteacher")
    governor = page_of("governor")
    officer.goto(f"/schools/{SCHOOL}/")
    school = officer.get_by_role("heading", level=1).inner_text().splitlines()[-1].strip()
    title = open_round(officer)
    round_address = officer.url
    wrong = well_formed(officer, axe)

    adviser.goto(round_address)
    standing_of(adviser, school)
    address = adviser.url
    adviser.get_by_role("radio", name=re.compile("^engaged")).check()
    adviser.get_by_label("On what does it rest?").fill(NOTE)
    press(adviser, "Keep this judgement")
    assert "Your judgement is kept" in main_text(adviser)
    judged = adviser.locator("main table tbody tr").filter(has_text="Engaged for low attainment").inner_text()
    assert "not engaged" not in judged
    assert NOTE in judged
    computed = adviser.locator("main .govuk-tag").first.inner_text()
    wanted = "Universal" if computed.casefold() == "intervention" else "Intervention"
    adviser.get_by_label(wanted, exact=True).check()
    press(adviser, "Propose")
    assert "Say why" in adviser.locator(".govuk-error-summary").inner_text()
    adviser.get_by_label("Why?").fill(REASON)
    press(adviser, "Propose")
    assert "waits for another's signature" in main_text(adviser)
    assert adviser.get_by_role("button", name="Sign this proposal").count() == 0
    wrong += well_formed(adviser, axe)

    officer.goto(round_address)
    assert "waits for a second signature" in main_text(officer)
    assert officer.get_by_role("button", name="Freeze and send").count() == 0
    service_head.goto("/")
    service_head.get_by_role("link", name=f"Sign, or talk over, the category proposed for {school}").click()
    press(service_head, "Sign this proposal")
    assert "Signed" in main_text(service_head)

    assert school_head.goto(address).status == 404
    officer.goto(round_address)
    send(officer)
    assert "The round is frozen" in main_text(officer), main_text(officer)

    school_head.goto("/")
    school_head.get_by_role(
        "link", name=re.compile(f"agree with the category proposed for {school}")
    ).last.click()
    assert school_head.url == address
    criteria = school_head.locator("main table tbody th").all_inner_texts()
    assert len(criteria) == 6
    for form in ("Word", "PDF"):
        words = letter(school_head, form)
        assert school in words
        assert REASON in words
        assert [one for one in criteria if f"{one}:" not in words] == []
    school_head.get_by_label("We do not agree, because:").check()
    press(school_head, "Send the answer")
    assert "Say what you see differently" in school_head.locator(".govuk-error-summary").inner_text()
    school_head.get_by_label("In your words").fill(WORDS)
    press(school_head, "Send the answer")
    assert "difference recorded" in main_text(school_head)
    wrong += well_formed(school_head, axe)

    service_head.goto("/")
    service_head.get_by_role(
        "link", name=f"Answer {school}, which does not agree with its category"
    ).last.click()
    assert WORDS in main_text(service_head)
    service_head.get_by_label("Your reply to the school").fill(REPLY)
    press(service_head, "Send the reply")
    school_head.reload()
    assert REPLY in main_text(school_head)

    assert governor.goto(address).status == 404
    officer.goto(round_address)
    press(officer, "Publish the categories")
    assert "The categories are published" in main_text(officer)
    governor.goto(f"/schools/{SCHOOL}/")
    governor.locator("main").get_by_role("link", name="Category", exact=True).click()
    governor.locator("main").get_by_role("link", name=title, exact=True).click()
    seen = main_text(governor)
    assert wanted in seen
    assert [words for words in (REASON, WORDS, REPLY, NOTE) if words in seen] == []
    assert governor.locator("main table").count() == 0
    wrong += well_formed(governor, axe)
    assert wrong == []


def test_a_change_of_the_scheme_is_tried_before_it_is_adopted(page_of, axe):
    officer = page_of("data_officer")
    open_round(officer)
    officer.get_by_role("link", name="What if: try a change of the scheme").click()
    wrong = well_formed(officer, axe)
    officer.get_by_role("textbox", name="What if").fill("nothing.of=it")
    press(officer, "Try it")
    assert officer.locator(".govuk-error-summary").count() == 1
    setting = officer.locator("main table").last.locator("td").first.inner_text().split(", ")[0]
    officer.get_by_role("textbox", name="What if").fill(setting)
    press(officer, "Try it")
    assert re.search(r"0 of \d+ schools would move", main_text(officer))
    wrong += well_formed(officer, axe)
    assert wrong == []


def test_an_authority_copies_a_scheme_changes_it_and_adopts_it(page_of, axe):
    officer = page_of("data_officer")
    officer.goto("/categories/schemes/")
    wrong = well_formed(officer, axe)
    officer.locator("main").get_by_role("link", name=re.compile("RISE")).first.click()
    officer.goto(f"/categories/schemes/{SCHEME}/")
    wrong += well_formed(officer, axe)
    title = f"Our tiers {uuid4().hex[:6]}"
    officer.get_by_label("Title of your scheme").fill(title)
    press(officer, "Copy this scheme")
    text = officer.get_by_label("The scheme")
    good = text.input_value()
    text.fill(good.replace("weight = 4", "weight = many"))
    press(officer, "Save the draft")
    assert officer.locator(".govuk-error-summary").count() == 1
    wrong += well_formed(officer, axe)
    text.fill(good.replace("weight = 4", "weight = 5"))
    press(officer, "Save the draft")
    assert "The draft is saved" in main_text(officer)
    wrong += well_formed(officer, axe)
    press(officer, "Adopt this scheme")
    assert "Adopted" in main_text(officer)
    assert officer.get_by_label("The scheme").count() == 0
    wrong += well_formed(officer, axe)
    officer.goto("/categories/open/")
    assert title in officer.get_by_label("Scheme").inner_text()
    wrong += well_formed(officer, axe)
    assert wrong == []


@pytest.mark.parametrize("role", ["headteacher", "governor"])
def test_schemes_are_for_everybody_to_read(page_of, role):
    page = page_of(role)
    page.goto(f"/categories/schemes/{SCHEME}/")
    assert "Stuck" in main_text(page)
    assert page.get_by_role("button", name="Copy this scheme").count() == 0
