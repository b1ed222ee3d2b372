"""Legal bases and purposes that a source names, for whoever asks; and what must be borne in mind."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True)
class Sourced:
    """Words to choose, and where they come from. A caution `mentions` the words that call for it."""

    words: str
    source: str
    mentions: tuple[str, ...] = ()


@cache
def _document() -> dict[str, list[Sourced]]:
    text = files("headway.web.asks").joinpath("legal_bases.toml").read_text(encoding="utf-8")
    return {
        kind: [Sourced(one["words"], one["source"], tuple(one.get("mentions", ()))) for one in entries]
        for kind, entries in tomllib.loads(text).items()
    }


def legal_bases() -> list[Sourced]:
    """The legal bases that a source names."""
    return _document()["basis"]


def purposes() -> list[Sourced]:
    """The purposes that a source names."""
    return _document()["purpose"]


def cautions(text: str) -> list[Sourced]:
    """What must be borne in mind by whoever asks for this."""
    plain = text.lower()
    return [one for one in _document()["caution"] if any(word in plain for word in one.mentions)]
