"""Every page that a person can reach by following links, one of a kind: for looking at all of them."""

from __future__ import annotations

import hashlib
import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urljoin, urlsplit

_NEVER = re.compile(r"^/(account/(logout|2fa/|passkeys|password)|static/)")
"""Where following a link changes something, or another's pages begin."""
_FILE = re.compile(r"(/file/|/file$|\.(csv|xlsx|docx|pdf|json|zip)$|/(docx|pdf|xlsx)/$)")
_ONE_OF_MANY = re.compile(r"(?<=/)(?:[a-z]+[:%][^/]*|\d+|R\d+|ks\d[^/]*|[^/]*_[^/]*)(?=/|$)")
_AT_MOST = 700
"""Requests for one person: a crawl that needs more has found a page that leads on for ever."""


@dataclass(frozen=True)
class Found:
    """A page: its address, its kind (the address without what is one of many), what it is built of, and its status."""

    address: str
    kind: str
    build: str
    status: int = 200


class _Reader(HTMLParser):
    """Links of a page, and the elements and classes of its main part."""

    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []
        self.parts: set[str] = set()
        self._inside = False

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = dict(attributes)
        if tag == "main":
            self._inside = True
        if tag == "a" and given.get("href"):
            self.links.append(given["href"] or "")
        if self._inside:
            self.parts.add(f"{tag}.{given.get('class') or ''}.{given.get('type') or ''}")

    def handle_endtag(self, tag: str) -> None:
        if tag == "main":
            self._inside = False


def kind_of(path: str) -> str:
    """The address of a page without what is one of many: `/schools/900145/notes/` is `/schools/*/notes/`."""
    return _ONE_OF_MANY.sub("*", path)


def pages_of(
    context: Any, base: str, *, starts: tuple[str, ...] = ("/",), of_a_kind: int = 2
) -> Iterator[Found]:
    """The pages that whoever has signed in within a browser's context reaches, at most so many of a kind.

    A link that leads nowhere is told with its status. Raises AssertionError where the pages never end.
    """
    waiting = deque(starts)
    seen, taken, asked = set(starts), {}, 0
    while waiting:
        path = waiting.popleft()
        asked += 1
        assert asked <= _AT_MOST, f"the pages lead on for ever, last to {path}"
        answer = context.request.get(base + path)
        if answer.status != 200:
            yield Found(path, kind_of(path), "", answer.status)
            continue
        if "text/html" not in answer.headers.get("content-type", ""):
            continue
        reader = _Reader()
        reader.feed(answer.text())
        build = hashlib.sha256("\n".join(sorted(reader.parts)).encode()).hexdigest()[:12]
        landed = urlsplit(answer.url).path
        yield Found(path, kind_of(landed), build)
        for link in reader.links:
            target = urlsplit(urljoin(answer.url, link))
            onward = target.path + (f"?{target.query}" if target.query else "")
            if not answer.url.startswith(f"{target.scheme}://{target.netloc}") or _NEVER.match(target.path):
                continue
            kind = kind_of(target.path) + ("?" if target.query else "")
            if onward in seen or taken.get(kind, 0) >= of_a_kind or _FILE.search(target.path):
                continue
            seen.add(onward)
            taken[kind] = taken.get(kind, 0) + 1
            waiting.append(onward)
