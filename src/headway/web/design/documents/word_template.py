"""The authority's own Word template: whether a file can be one, and what stands where in it.

Placeholders in its text, header and footer are replaced: {{title}}, {{subtitle}}, {{organisation}}, {{audience}},
{{release}}, {{state}}, {{as_at}}, {{pupils}}, {{imprint}}. What the document says goes where {{content}} stands, and to the
end where it does not.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator, Mapping
from io import BytesIO
from typing import Any

import docx
from docx.opc.exceptions import OpcError

from headway.web.design.documents.described import Document

CONTENT = "{{content}}"
LARGEST = 5 * 1024 * 1024
"""Bytes that a template may have; unpacked, ten times as many."""
_PARTS = 2000
_PLACEHOLDER = re.compile(r"\{\{\s*([a-z_]+)\s*\}\}")
_FOOT = frozenset({"imprint"})
NAMES = (
    "title",
    "subtitle",
    "organisation",
    "audience",
    "release",
    "state",
    "as_at",
    "pupils",
    "imprint",
    "content",
)
"""Every placeholder."""


class TemplateRefused(Exception):  # noqa: N818 - it is told to the person in these words
    """The file cannot be a template; the message says why, and what to do."""


def check(content: bytes) -> None:
    """Look at a file that somebody wants as their template. Raises TemplateRefused for a file that is not a Word document,
    is too large, holds macros or other programs, fetches something from elsewhere, or has an unknown placeholder."""
    if len(content) > LARGEST:
        raise TemplateRefused("The template is larger than 5 MB. Make its pictures smaller and try again.")
    try:
        with zipfile.ZipFile(BytesIO(content)) as package:
            _check_parts(package)
        made = docx.Document(BytesIO(content))
        unknown = sorted(_placeholders(made) - set(NAMES))
    except (
        zipfile.BadZipFile,
        OpcError,
        SyntaxError,
        KeyError,
        ValueError,
        AttributeError,
        OSError,
    ) as broken:
        raise TemplateRefused(
            "The file cannot be read as a Word document. Open it in Word, save it as “Word Document (.docx)” and try again."
        ) from broken
    if unknown:
        named = ", ".join(f"{{{{{name}}}}}" for name in unknown)
        known = ", ".join(f"{{{{{name}}}}}" for name in NAMES)
        raise TemplateRefused(
            f"The template has a placeholder that does not exist: {named}. There are {known}."
        )


def _check_parts(package: zipfile.ZipFile) -> None:
    parts = package.infolist()
    names = {part.filename.lower() for part in parts}
    if len(parts) > _PARTS or sum(part.file_size for part in parts) > 10 * LARGEST:
        raise TemplateRefused(
            "The template is too large when unpacked. Make its pictures smaller and try again."
        )
    if "word/document.xml" not in names or "[content_types].xml" not in names:
        raise TemplateRefused(
            "The file is not a Word document. Save it from Word as “Word Document (.docx)”."
        )
    types = package.read("[Content_Types].xml").decode("utf-8", "replace").lower()
    if "macroenabled" in types or any("vbaproject" in name or "vbadata" in name for name in names):
        raise TemplateRefused(
            "The file holds macros, which are programs. Save it from Word as “Word Document (.docx)”, without macros."
        )
    if any(name.startswith(("word/embeddings/", "word/activex/")) for name in names):
        raise TemplateRefused("The file holds embedded objects or controls. Remove them and try again.")
    for name in names & {part.filename.lower() for part in parts if part.filename.endswith(".rels")}:
        original = next(part.filename for part in parts if part.filename.lower() == name)
        said = package.read(original).decode("utf-8", "replace")
        for relationship in re.findall(r"<Relationship\b[^>]*>", said):
            if 'TargetMode="External"' in relationship and "/hyperlink" not in relationship:
                raise TemplateRefused(
                    "The file fetches something from elsewhere when it is opened (an attached template or a linked "
                    "picture). Embed the picture or remove the link, and try again."
                )


def replacements(document: Document) -> dict[str, str]:
    """What stands for each placeholder."""
    imprint = document.imprint
    return {
        "title": document.title,
        "subtitle": document.subtitle,
        "organisation": imprint.organisation,
        "audience": imprint.audience,
        "release": imprint.release,
        "state": imprint.state,
        "as_at": imprint.as_at,
        "pupils": imprint.pupils,
        "imprint": imprint.line,
    }


def fill(made: Any, values: Mapping[str, str]) -> None:
    """Replace the placeholders wherever they stand. Word often splits one over several runs, so a paragraph that holds one
    is put together in its first run, whose look it then has."""
    for paragraph in _paragraphs(made):
        text = paragraph.text
        if "{{" not in text:
            continue
        filled = _PLACEHOLDER.sub(lambda found: values.get(found[1], found[0]), text)
        filled = re.sub(r"\{\{\s*content\s*\}\}", CONTENT, filled)
        if filled != text and paragraph.runs:
            paragraph.runs[0].text = filled
            for run in paragraph.runs[1:]:
                run.text = ""


def holds_foot(made: Any) -> bool:
    """Whether every footer of the template itself says what every page must say."""
    return all(
        any(_FOOT & set(_PLACEHOLDER.findall(paragraph.text)) for paragraph in foot.paragraphs)
        for foot in _feet(made)
    )


def _feet(made: Any) -> Iterator[Any]:
    for section in made.sections:
        yield section.footer
        if section.different_first_page_header_footer:
            yield section.first_page_footer
        if made.settings.odd_and_even_pages_header_footer:
            yield section.even_page_footer


def _paragraphs(made: Any) -> Iterator[Any]:
    yield from _within(made)
    for section in made.sections:
        for part in (
            section.header,
            section.footer,
            section.first_page_header,
            section.first_page_footer,
            section.even_page_header,
            section.even_page_footer,
        ):
            if not part.is_linked_to_previous:
                yield from _within(part)


def _within(part: Any) -> Iterator[Any]:
    yield from part.paragraphs
    for table in part.tables:
        for row in table.rows:
            for cell in row.cells:
                yield from _within(cell)


def _placeholders(made: Any) -> set[str]:
    return {name for paragraph in _paragraphs(made) for name in _PLACEHOLDER.findall(paragraph.text)}
