"""A document as tagged PDF (PDF/UA-1), set by Typst from one fixed layout. What the document says goes in as data, so that
nothing in it can act as markup."""

from __future__ import annotations

import json
from dataclasses import asdict
from functools import cache
from importlib.resources import files
from typing import Any, Literal

import typst

from headway.web.design.documents.described import (
    Block,
    Bullets,
    Cell,
    Document,
    Heading,
    KeyFigures,
    Paragraph,
    Picture,
    Table,
)

STANDARD: Literal["ua-1"] = "ua-1"
"""Accessible by the PDF/UA-1 standard: the compiler refuses what does not meet it."""


def write(document: Document) -> bytes:
    """The PDF. Only the fonts that come with the compiler are used, so that it looks the same on every machine."""
    pictures: dict[str, bytes] = {}
    language, _, region = document.language.partition("-")
    said = {
        "title": document.title,
        "subtitle": document.subtitle,
        "subject": document.subject,
        "language": language,
        "region": region or None,
        "organisation": document.imprint.organisation,
        "foot": document.imprint.line,
        "colour": document.colour,
        "compact": document.compact,
        "blocks": [_block(one, pictures) for one in document.blocks],
        "notes": list(document.notes),
    }
    parts: Any = {"main": _layout(), "document.json": json.dumps(said).encode(), **pictures}
    made = typst.compile(parts, format="pdf", ignore_system_fonts=True, pdf_standards=STANDARD)
    if not isinstance(made, bytes):
        raise TypeError("the compiler gave no document")
    return made


def _block(block: Block, pictures: dict[str, bytes]) -> dict[str, object]:
    match block:
        case Heading() | Paragraph() | Bullets():
            return {"is": type(block).__name__.lower(), **asdict(block)}
        case Table():
            return {
                "is": "table",
                "caption": block.caption,
                "columns": [asdict(column) for column in block.columns],
                "rows": [[cell.text for cell in row] for row in block.rows],
            }
        case KeyFigures():
            figures = [
                {"label": one.label, "value": one.cell.text, "note": one.note, "word": _is_word(one.cell)}
                for one in block.figures
            ]
            return {"is": "keys", "caption": block.caption, "figures": figures}
        case Picture():
            name = f"picture-{len(pictures) + 1}.svg"
            pictures[name] = block.svg.encode()
            return {"is": "picture", "file": name, "alternative": block.alternative, "share": block.share}
    return {"is": "break"}


def _is_word(cell: Cell) -> bool:
    return cell.value is None


@cache
def _layout() -> bytes:
    return (files(__package__) / "document.typ").read_bytes()
