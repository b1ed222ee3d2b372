"""Parts of a paper about data protection: headings with sentences and tables, drawn as a page or written as a document."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Listing:
    """A table of words: its caption, its columns, and a row a line."""

    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Section:
    """A heading, sentences, and tables."""

    title: str
    sentences: tuple[str, ...] = ()
    listings: tuple[Listing, ...] = ()


def listing(caption: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> Listing:
    """A table whose cells are any values."""
    return Listing(caption, tuple(columns), tuple(tuple(str(cell) for cell in row) for row in rows))


def facts(caption: str, found: Sequence[tuple[str, object]]) -> Listing:
    """A table of two columns: what, and how it is."""
    return listing(caption, ("What", "How it is"), found)
