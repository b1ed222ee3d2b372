"""Documents that are taken away: described once, written as accessible Word, tagged PDF and Excel.

    made = written(document, "pdf")

A document says in words what was not shown: a suppressed figure is a word in every format, and never zero or blank.
"""

from __future__ import annotations

from headway.web.design.documents.described import (
    Block,
    Bullets,
    Cell,
    Column,
    Document,
    Heading,
    Imprint,
    KeyFigure,
    KeyFigures,
    PageBreak,
    Paragraph,
    Picture,
    Table,
    number,
    word,
)
from headway.web.design.documents.formats import FORMATS, Format, file_name, written

__all__ = [
    "FORMATS", "Block", "Bullets", "Cell", "Column", "Document", "Format", "Heading", "Imprint", "KeyFigure", "KeyFigures",
    "PageBreak", "Paragraph", "Picture", "Table", "file_name", "number", "word", "written",
]  # fmt: skip
