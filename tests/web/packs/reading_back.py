"""Documents read back, so that what stands in them can be compared."""

from __future__ import annotations

import re
from io import BytesIO

import docx
import openpyxl
from pypdf import PdfReader


def pdf_text(content: bytes) -> str:
    """The text of a PDF with single blanks."""
    return " ".join(" ".join(page.extract_text() for page in PdfReader(BytesIO(content)).pages).split())


def word_rows(content: bytes) -> dict[str, list[list[str]]]:
    """The tables of a Word document by caption, each row as its cells."""
    made = docx.Document(BytesIO(content))
    captions = [one.text for one in made.paragraphs if one.style.name == "Caption"]
    return {
        caption: [[cell.text for cell in row.cells] for row in table.rows]
        for caption, table in zip(captions, made.tables, strict=True)
    }


def excel_rows(content: bytes) -> dict[str, list[list[str]]]:
    """The sheets of a workbook by the caption above each table, each row as its cells; numbers as they are shown."""
    book = openpyxl.load_workbook(BytesIO(content))
    found = {}
    for sheet in book:
        if sheet.title == "Notes":
            continue
        caption = str(sheet["A1"].value).partition(": ")[2]
        found[caption] = [[_shown(cell) for cell in row] for row in sheet.iter_rows(min_row=4)]
    return found


def _shown(cell: openpyxl.cell.Cell) -> str:
    value = cell.value
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if cell.number_format == "#,##0":
        return f"{value:,.0f}"
    digits = 1 if "0.0" in cell.number_format else 0
    text = f"{value:.{digits}f}"
    if cell.number_format.startswith("+"):
        text = f"{value:+.{digits}f}"
    return text.replace("-", "−") + ("%" if "%" in cell.number_format else "")


def words_of(rows: dict[str, list[list[str]]]) -> set[str]:
    """Every cell of the tables that is a figure or stands for one."""
    return {
        cell
        for table in rows.values()
        for row in table
        for cell in row
        if re.fullmatch(r"[+−]?[\d,.]+%?|suppressed", cell)
    }
