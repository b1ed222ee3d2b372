"""A document as a workbook: one sheet for each table, numbers as numbers, and a sheet of notes. Text is always text, so
that nothing in it is taken for a formula or a link."""

from __future__ import annotations

import re
from io import BytesIO
from typing import Any

import xlsxwriter

from headway.web.design.documents.described import Bullets, Cell, Document, Heading, Paragraph, Table

_FORMATS = {
    "percent": '0.0"%"',
    "progress points": "+0.0;−0.0;0.0",
    "percentage points": "+0.0;−0.0;0.0",
    "pupils": "#,##0",
}
_WHOLE = {"percent": '0"%"', "progress points": "+0;−0;0", "percentage points": "+0;−0;0", "pupils": "#,##0"}
_TOP = 3
"""The row (from 0) of a sheet's header; above it stand the caption and for whom it is."""


def write(document: Document) -> bytes:
    """The workbook."""
    into = BytesIO()
    settings = {
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
        "in_memory": True,
    }
    with xlsxwriter.Workbook(into, settings) as book:
        book.set_properties(
            {
                "title": document.title,
                "subject": document.subject or document.subtitle,
                "author": document.imprint.organisation,
                "comments": document.imprint.line,
            }
        )
        book.set_custom_property("Language", document.language)
        if document.made_at is not None:
            book.set_properties({"title": document.title, "created": document.made_at.replace(tzinfo=None)})
        styles = _Styles(book)
        taken: set[str] = {"notes"}
        for table in document.tables:
            _sheet(book, document, table, _sheet_name(table.sheet or table.caption, taken), styles)
        _notes(book, document, styles)
    return into.getvalue()


class _Styles:
    """The cell formats of one workbook, each made once."""

    def __init__(self, book: Any) -> None:
        self._book = book
        self._numbers: dict[str, Any] = {}
        self.title = book.add_format({"bold": True, "font_size": 14})
        self.small = book.add_format({"font_color": "#505a5f"})
        self.header = book.add_format({"bold": True, "text_wrap": True, "valign": "top", "bottom": 2})
        self.header_right = book.add_format(
            {"bold": True, "text_wrap": True, "valign": "top", "bottom": 2, "align": "right"}
        )
        self.text = book.add_format({"text_wrap": True, "valign": "top"})
        self.missing = book.add_format(
            {"align": "right", "valign": "top", "font_color": "#505a5f", "italic": True}
        )
        self.bold = book.add_format({"bold": True, "valign": "top"})

    def number(self, cell: Cell) -> Any:
        """The format of a number in its unit."""
        shape = (_WHOLE if cell.whole else _FORMATS).get(cell.unit, "0" if cell.whole else "0.0")
        if shape not in self._numbers:
            self._numbers[shape] = self._book.add_format({"num_format": shape, "valign": "top"})
        return self._numbers[shape]


def _sheet(book: Any, document: Document, table: Table, name: str, styles: _Styles) -> None:
    sheet = book.add_worksheet(name)
    sheet.write_string(0, 0, f"{document.title}: {table.caption}", styles.title)
    sheet.write_string(1, 0, document.imprint.line, styles.small)
    for column, head in enumerate(table.columns):
        sheet.write_string(_TOP, column, head.text, styles.header_right if head.numbers else styles.header)
        sheet.set_column(column, column, _width(table, column))
    for index, row in enumerate(table.rows, start=_TOP + 1):
        for column, cell in enumerate(row):
            if cell.value is not None:
                sheet.write_number(index, column, cell.value, styles.number(cell))
            else:
                numbers = table.columns[column].numbers
                sheet.write_string(index, column, cell.text, styles.missing if numbers else styles.text)
    sheet.freeze_panes(_TOP + 1, 1)
    if table.rows:
        sheet.autofilter(_TOP, 0, _TOP + len(table.rows), len(table.columns) - 1)
    sheet.repeat_rows(_TOP)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.set_footer(f"&L&8{_printed(document.imprint.line)}&R&8Page &P of &N")


def _notes(book: Any, document: Document, styles: _Styles) -> None:
    """What a reader must know, and what the document says in words."""
    sheet = book.add_worksheet("Notes")
    sheet.set_column(0, 0, 18)
    sheet.set_column(1, 1, 110)
    imprint = document.imprint
    lines: list[tuple[str, str]] = [
        ("Document", " – ".join(part for part in (document.title, document.subtitle) if part)),
        ("From", imprint.organisation),
        ("For", imprint.audience),
        ("Release", f"{imprint.release}, {imprint.state}"),
        ("As at", imprint.as_at),
        ("Pupils", imprint.pupils),
        *(("Note", note) for note in document.notes),
    ]
    for block in document.blocks:
        if isinstance(block, Heading):
            lines.append(("Section", block.text))
        elif isinstance(block, Paragraph):
            lines.append(("", block.text))
        elif isinstance(block, Bullets):
            lines.extend(("", item) for item in block.items)
    for index, (what, text) in enumerate(one for one in lines if one[1]):
        sheet.write_string(index, 0, what, styles.bold)
        sheet.write_string(index, 1, text, styles.text)
    sheet.set_footer(f"&L&8{_printed(imprint.line)}&R&8Page &P of &N")


def _sheet_name(words: str, taken: set[str]) -> str:
    """A sheet's name: at most 31 letters, none that Excel forbids, none twice."""
    plain = re.sub(r"[\[\]:*?/\\]+", " ", words)
    plain = re.sub(r"\s+", " ", plain).strip(" '")[:31].strip(" '") or "Table"
    name, count = plain, 1
    while name.lower() in taken:
        count += 1
        name = f"{plain[: 31 - len(str(count)) - 3].strip()} ({count})"
    taken.add(name.lower())
    return name


def _width(table: Table, column: int) -> float:
    longest = max((len(row[column].text) for row in table.rows), default=8)
    head = max((len(part) for part in table.columns[column].text.split()), default=8)
    return float(min(max(longest + 2, head + 3, 9), 60))


def _printed(text: str) -> str:
    """Text for a printed footer: an ampersand is doubled, and no more than Excel takes."""
    return text.replace("&", "&&")[:200]
