"""Whatever is shipped names documents that its readers can look for, never the notes it was written from."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKS = ROOT / "src" / "headway" / "policy" / "packs"
KINDS = {".toml", ".py", ".html", ".md", ".txt", ".j2", ".js"}

NOTES = re.compile(
    r"""
      \b(domain|methods|conventions|house|PROVENANCE)\.md\b   # files that lie beside the project
    | \bconventions?,?\s+(items?\b|\d)
    | \bmethods\s+[A-D]\d?\b
    | \bdomain\s+F\d
    | \bseeds?\s+S\d | \bthe\s+seed\s+(gives|calls|says|lists|does)
    | \bS[0-4]:\d
    | \bissue\s+\d
    | (?<![\w/.])W\d{1,3}\b                                   # numbers in a list of sources
    | (?<![\w/.#])F[0-2]\d\b                                   # numbers of features and their examples
    | (?<![\w/.])AC\d\b
    | \bacceptance\s+example
    """,
    re.VERBOSE,
)


def _shipped() -> list[Path]:
    found = [
        path for folder in ("src", "docs") for path in (ROOT / folder).rglob("*") if path.suffix in KINDS
    ]
    return sorted([*found, *ROOT.glob("*.md")])


def _sources(found: Any) -> Iterator[str]:
    if isinstance(found, dict):
        for name, value in found.items():
            if name == "source" and isinstance(value, str):
                yield value
            elif name == "sources":
                yield from value
            else:
                yield from _sources(value)
    elif isinstance(found, list):
        for one in found:
            yield from _sources(one)


def test_no_shipped_file_cites_notes_that_nobody_can_open() -> None:
    cited = []
    for path in _shipped():
        text = path.read_text(encoding="utf-8")
        for found in NOTES.finditer(text):
            number = text.count("\n", 0, found.start()) + 1
            cited.append(f"{path.relative_to(ROOT)}:{number}: {found[0]}")
    assert not cited, "name the document itself:\n" + "\n".join(cited)


@pytest.mark.parametrize(
    "words",
    [
        "domain.md F05 [W84]",
        "(W161)",
        "methods A1",
        "methods.md, A5",
        "seed S2 line 59",
        "Headway's design (issue 6)",
        "conventions item 12",
        "conventions 9",
        "(conventions, 4)",
        "tells the regulator (F25).",
        "F03 AC1",
        "S2:84-87",
    ],
)
def test_a_citation_of_notes_is_recognised(words: str) -> None:
    assert NOTES.search(words)


@pytest.mark.parametrize(
    "words", ["http://www.w3.org/2000/svg", "action KS2.6a", "SI 2017/9", "#F00", "slide 8"]
)
def test_other_words_are_left_alone(words: str) -> None:
    assert not NOTES.search(words)


@pytest.mark.parametrize("path", sorted(PACKS.rglob("*.toml")), ids=lambda path: path.stem)
def test_every_pack_names_its_sources(path: Path) -> None:
    pack = tomllib.loads(path.read_text(encoding="utf-8"))
    assert list(_sources(pack))
    if not pack.get("source") and not pack.get("sources"):
        entries = [entry for value in pack.values() if isinstance(value, list) for entry in value]
        assert entries
        assert all(entry.get("source") for entry in entries), "say where each entry comes from"


@pytest.mark.parametrize("path", sorted((ROOT / "src").rglob("*.toml")), ids=lambda path: path.stem)
def test_no_source_is_empty(path: Path) -> None:
    assert all(source.strip() for source in _sources(tomllib.loads(path.read_text(encoding="utf-8"))))
