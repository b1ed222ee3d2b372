"""The how-to for statisticians runs as it stands and prints what it says."""

from __future__ import annotations

import contextlib
import io
import re
from pathlib import Path
from typing import Any

PAGE = Path(__file__).resolve().parents[3] / "docs" / "how-to" / "value-added-from-python.md"
_BLOCK = re.compile(r"```python\n(?P<code>.*?)```\n(?:\n```text\n(?P<said>.*?)```)?", re.DOTALL)


def run() -> list[tuple[str, str]]:
    """What each block of the page is said to print, and what it prints."""
    names: dict[str, Any] = {}
    pairs = []
    for block in _BLOCK.finditer(PAGE.read_text(encoding="utf-8")):
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(block["code"], names)
        pairs.append((block["said"] or "", printed.getvalue()))
    return pairs


def test_the_how_to_prints_what_it_says() -> None:
    pairs = run()
    assert len(pairs) >= 7
    for said, printed in pairs:
        assert printed == said
