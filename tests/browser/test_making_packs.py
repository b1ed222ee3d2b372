"""Packs as people make them: one school's sheet at once, many schools' in the background."""

from __future__ import annotations

import re
import zipfile
from io import BytesIO
from pathlib import Path

import docx
import pytest
from pypdf import PdfReader

from browsing import SCHOOL

NEXT_SCHOOL = SCHOOL + 1
"""Another school of the link adviser's caseload."""


def name_of(page, urn: int) -> str:
    page.goto(f"/schools/{urn}/")
    return page.get_by_role("heading", level=1).inner_text().splitlines()[-1].strip()


def choose(page, label: str) -> None:
    page.get_by_label(label, exact=True).check()


def download(page, clicked) -> tuple[str, bytes]:
    with page.expect_download() as waiting:
        clicked.click()
    return waiting.value.suggested_filename, Path(waiting.value.path()).read_bytes()


def text_of(name: str, content: bytes) -> str:
    """The words of a PDF or a Word document, its headers and footers among them, with single blanks."""
    if name.endswith(".pdf"):
        words = [page.extract_text() for page in PdfReader(BytesIO(content)).pages]
    else:
        made = docx.Document(BytesIO(content))
        edges = [part for section in made.sections for part in (section.header, section.footer)]
        words = [one.text for part in (made, *edges) for one in part.paragraphs]
        words += [cell.text for table in made.tables for row in table.rows for cell in row.cells]
    return " ".join(" ".join(words).split())


@pytest.mark.parametrize(("title", "ending"), [("PDF", ".pdf"), ("Word", ".docx")])
def test_an_adviser_takes_a_summary_sheet_of_one_school(page_of, title, ending):
    page = page_of("link_adviser")
    school = name_of(page, SCHOOL)
    page.locator("main").get_by_role("link", name="Packs", exact=True).click()
    choose(page, "Summary sheet")
    page.locator("input[name=readers]").first.check()
    choose(page, title)
    name, content = download(page, page.get_by_role("button", name="Download"))
    assert name.endswith(ending)
    assert "summary sheet" in name
    text = text_of(name, content)
    assert school in text
    assert re.search(r"\d+%", text)


def test_packs_of_several_schools_come_as_one_zip_to_whoever_asked_and_nobody_else(page_of):
    page = page_of("data_officer")
    names = [name_of(page, urn) for urn in (SCHOOL, NEXT_SCHOOL)]
    page.goto("/packs/")
    choose(page, "Summary sheet")
    page.locator("input[name=readers]").first.check()
    choose(page, "Only these")
    page.get_by_label("URNs of the schools").fill(f"{SCHOOL}, {NEXT_SCHOOL}")
    page.get_by_role("button", name="Make the packs").click()
    page.wait_for_url("**/files/*/")
    assert "2 schools" in page.get_by_role("heading", level=1).inner_text()
    assert page.get_by_role("status").count() > 0
    file = page.locator("main").get_by_role("link", name=re.compile(r"\.zip$"))
    file.wait_for(timeout=90_000)  # the page asks by itself how far the work is
    page.goto("/")
    page.get_by_role("link", name="Your files", exact=True).first.click()
    newest = page.locator("main section").first
    assert "2 schools" in newest.inner_text()
    name, content = download(page, newest.get_by_role("link", name=re.compile(r"\.zip$")))
    assert name.endswith(".zip")
    with zipfile.ZipFile(BytesIO(content)) as package:
        made = {one: text_of(one, package.read(one)) for one in package.namelist()}
    assert len(made) == 2
    assert [sum(school in text for text in made.values()) for school in names] == [1, 1]

    assert page_of("link_adviser").goto(newest.get_by_role("link").first.get_attribute("href")).status == 404
