"""The reference is made from the code, and nothing is missing from it."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

import pytest

DOCS = Path(__file__).resolve().parents[2] / "docs"


def _build():  # type: ignore[no-untyped-def]
    specification = importlib.util.spec_from_file_location("docs_build", DOCS / "build.py")
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


@pytest.mark.parametrize("page", sorted(_build().PAGES))
def test_the_reference_says_what_the_code_says(page: str) -> None:
    written = (DOCS / "reference" / page).read_text(encoding="utf-8")
    assert written == _build().PAGES[page](), f"docs/reference/{page} is out of date: make docs"


def test_every_link_between_pages_leads_somewhere() -> None:
    pages = [*DOCS.rglob("*.md"), DOCS.parent / "README.md", DOCS.parent / "CONTRIBUTING.md"]
    links = [
        (page, target)
        for page in pages
        for target in re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text(encoding="utf-8"))
        if not target.startswith(("http", "mailto"))
    ]
    broken = [
        f"{page.relative_to(DOCS.parent)}: {target}"
        for page, target in links
        if not (page.parent / target).exists()
    ]
    assert broken == []


def test_every_command_has_help_with_an_example() -> None:
    text = (DOCS / "reference" / "commands.md").read_text(encoding="utf-8")
    without = [part.split("\n")[0] for part in text.split("\n## ")[1:] if "Example" not in part]
    assert without == []


def test_every_how_to_is_in_the_index() -> None:
    index = (DOCS / "README.md").read_text(encoding="utf-8")
    pages = [
        page for folder in ("tutorials", "how-to", "explanation") for page in (DOCS / folder).glob("*.md")
    ]
    missing = [str(page.relative_to(DOCS)) for page in pages if str(page.relative_to(DOCS)) not in index]
    assert missing == []
