"""In which formats a document can be written, and what its file is called."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass

from headway.web.design.documents import excel, pdf, word_document
from headway.web.design.documents.described import Document


@dataclass(frozen=True)
class Format:
    """One format: its key is the ending of its files."""

    key: str
    title: str
    content_type: str
    write: Callable[[Document], bytes]


FORMATS: dict[str, Format] = {
    one.key: one
    for one in (
        Format("pdf", "PDF", "application/pdf", pdf.write),
        Format(
            "docx",
            "Word",
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            word_document.write,
        ),
        Format(
            "xlsx", "Excel", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", excel.write
        ),
    )
}
"""Every format by key."""

_LONGEST = 90


def written(document: Document, form: str, *, template: bytes | None = None) -> bytes:
    """The document in a format, by its key. `template` is the authority's own Word template, used for Word alone. Raises
    ValueError for an unknown format."""
    if form not in FORMATS:
        raise ValueError(f"there is no format {form!r}; there are {', '.join(FORMATS)}")
    if form == "docx" and template is not None:
        return word_document.write(document, template=template)
    return FORMATS[form].write(document)


def file_name(words: str, ending: str) -> str:
    """A name for a file that every system takes and a person can read: `Oak Primary School, summary sheet.pdf`."""
    plain = unicodedata.normalize("NFC", words)
    plain = "".join(letter if letter.isprintable() else " " for letter in plain)
    plain = re.sub(r'[<>:"/\\|?*]+', " ", plain)
    plain = re.sub(r"\s+", " ", plain).strip(" .")[:_LONGEST].rstrip(" .,")
    if not plain or re.fullmatch(r"(?i)(con|prn|aux|nul|com\d|lpt\d)(\..*)?", plain):
        plain = f"Document {plain}".strip()
    return f"{plain}.{ending}"
