"""The reference is made from the code, and nothing is missing from it."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

import django
import pytest
import typer
from django.core.management import find_commands

from headway.cli import app

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


_TYPED = re.compile(r"(?m)(?:^ *(?:\$ )?|`|/bin/)headway ([a-z][a-z-]*)([^\n`·#]*)")


@pytest.mark.parametrize(
    "page",
    [page for page in (*sorted(DOCS.rglob("*.md")), *sorted(DOCS.parent.glob("*.md")))
     if _TYPED.search(page.read_text(encoding="utf-8"))],
    ids=lambda page: page.stem,
)  # fmt: skip
def test_every_command_that_a_page_tells_to_type_is_there_with_its_options(page: Path) -> None:
    text = page.read_text(encoding="utf-8").replace("\\\n", " ")
    wrong = [found[0].strip() for found in _TYPED.finditer(text) if not _can_be_typed(*found.groups())]
    assert wrong == []


def _manage_commands() -> set[str]:
    its_own = Path(django.__file__).parent
    folders = [
        its_own / "core" / "management",
        its_own / "contrib" / "staticfiles" / "management",
        *(DOCS.parent / "src" / "headway" / "web").glob("*/management"),
    ]
    return {name for folder in folders for name in find_commands(str(folder))}


def _can_be_typed(name: str, rest: str) -> bool:
    known = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    if name == "manage":
        return all(word in _manage_commands() or word == "NAME" for word in rest.split()[:1])
    if name not in known:
        return False
    options = {option for one in known[name].params for option in one.opts}
    return set(re.findall(r"(?<!\S)--[a-z][a-z-]*", rest)) <= options


@pytest.mark.parametrize(
    ("name", "rest"), [("forecasts", " --year 2024"), ("run", " --quickly"), ("manage", " make_coffee")]
)
def test_a_command_or_option_that_is_not_there_is_noticed(name: str, rest: str) -> None:
    assert not _can_be_typed(name, rest)
