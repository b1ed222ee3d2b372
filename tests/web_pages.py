"""What the permission matrix must know of each page: every part of the service says it in `tests/web/<part>/pages.py`.

Such a module has a function `pages(people) -> dict[str, Page]`, by the name of the address. A page without one fails.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

WEB = Path(__file__).parent / "web"


@dataclass(frozen=True)
class Page:
    """One page as a role meets it.

    `own` are the arguments of its address for something of the people of the tests, `other` for something that is not
    theirs (None: the page is of no one organisation). Whoever has the permission that the view declares gets `answer` for
    the one and `foreign` for the other, everybody else 403; `answers` and `foreigns` say where a role differs. `data` makes
    it a POST.
    """

    own: Mapping[str, Any] = field(default_factory=dict)
    other: Mapping[str, Any] | None = None
    answer: int = 200
    foreign: int = 404
    answers: Mapping[str, int] = field(default_factory=dict)
    foreigns: Mapping[str, int] = field(default_factory=dict)
    data: Mapping[str, Any] | None = None
    query: str = ""


def declared_pages(people: Mapping[str, Any]) -> dict[str, Page]:
    """The pages of every part, by the name of the address."""
    found: dict[str, Page] = {}
    for path in sorted(WEB.glob("*/pages.py")):
        spec = importlib.util.spec_from_file_location(f"pages_of_{path.parent.name}", path)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        found |= module.pages(people)
    return found
