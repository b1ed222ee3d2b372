"""A document as Word, with real heading styles, repeated header rows, alternative texts, language and title; on the
authority's own template where there is one."""

from __future__ import annotations

from copy import deepcopy
from io import BytesIO
from typing import Any

import docx
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Emu, Mm, Pt, RGBColor

from headway.web.design.documents.described import (
    Bullets,
    Document,
    Heading,
    KeyFigures,
    PageBreak,
    Paragraph,
    Picture,
    Table,
    key_table,
)
from headway.web.design.documents.pictures import as_png
from headway.web.design.documents.word_template import CONTENT, fill, holds_foot, replacements

_GREY = RGBColor(0x50, 0x5A, 0x5F)


def write(document: Document, *, template: bytes | None = None) -> bytes:
    """The Word document. `template` (checked by `word_template.check`) keeps its own styles, header and footer."""
    made = docx.Document(BytesIO(template) if template else None)
    _properties(made, document)
    if template is None:
        _own_look(made, document)
    foot_said = holds_foot(made)
    fill(made, replacements(document))
    place = _place_of_content(made)
    before = set(made.element.body.iterchildren())
    _content(made, document, with_title=template is None or place is None)
    if place is not None:
        _move_to(place, [one for one in made.element.body.iterchildren() if one not in before])
    if not foot_said:
        _foot(made, document)
    into = BytesIO()
    made.save(into)
    return into.getvalue()


def _properties(made: Any, document: Document) -> None:
    core = made.core_properties
    core.title, core.subject, core.language = (
        document.title,
        document.subject or document.subtitle,
        document.language,
    )
    core.author = document.imprint.organisation
    core.last_modified_by = core.comments = core.keywords = ""
    if document.made_at is not None:
        core.created = core.modified = document.made_at.replace(tzinfo=None)
    _language(made, document.language)


def _language(made: Any, language: str) -> None:
    """Say in the styles which language everything is in, for a screen reader's voice."""
    styles = made.styles.element
    defaults = styles.find(qn("w:docDefaults"))
    if defaults is None:
        defaults = OxmlElement("w:docDefaults")
        styles.insert(0, defaults)
    run = defaults.find(qn("w:rPrDefault"))
    if run is None:
        run = OxmlElement("w:rPrDefault")
        defaults.insert(0, run)
    properties = run.find(qn("w:rPr"))
    if properties is None:
        properties = OxmlElement("w:rPr")
        run.append(properties)
    said = properties.find(qn("w:lang"))
    if said is None:
        said = OxmlElement("w:lang")
        properties.append(said)
    said.set(qn("w:val"), language)


def _own_look(made: Any, document: Document) -> None:
    """The look of a document without a template: A4, Arial, headings in the authority's colour."""
    section = made.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    side, top = (Mm(15), Mm(13)) if document.compact else (Mm(20), Mm(20))
    section.left_margin = section.right_margin = side
    section.top_margin = section.bottom_margin = top
    size = 9 if document.compact else 11
    colour = RGBColor.from_string(document.colour.lstrip("#").upper())
    sizes = {
        "Normal": size,
        "Title": size + 11,
        "Subtitle": size + 2,
        "Heading 1": size + 5,
        "Heading 2": size + 2,
    }
    for name, points in (sizes | {"Heading 3": size + 1, "Caption": size}).items():
        style = made.styles[name]
        style.font.name, style.font.size = "Arial", Pt(points)
        fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
        for kind in ("w:ascii", "w:hAnsi", "w:cs", "w:eastAsia"):
            fonts.set(qn(kind), "Arial")
        for kind in ("w:asciiTheme", "w:hAnsiTheme", "w:cstheme", "w:eastAsiaTheme"):
            if fonts.get(qn(kind)) is not None:
                del fonts.attrib[qn(kind)]
        style.font.color.rgb = colour if name.startswith(("Heading", "Title")) else RGBColor(0x0B, 0x0C, 0x0C)
        style.font.italic = False
        style.font.bold = name.startswith(("Heading", "Title", "Caption"))
    made.styles["Normal"].paragraph_format.space_after = Pt(4 if document.compact else 7)
    made.styles["Caption"].paragraph_format.space_before = Pt(6)
    made.styles["Caption"].paragraph_format.keep_with_next = True


def _content(made: Any, document: Document, *, with_title: bool) -> None:
    if with_title:
        if document.imprint.organisation:
            _paragraph(made, document.imprint.organisation, "Normal", grey=True)
        _paragraph(made, document.title, "Title")
        if document.subtitle:
            _paragraph(made, document.subtitle, "Subtitle")
    for block in document.blocks:
        match block:
            case Heading():
                _paragraph(made, block.text, f"Heading {block.level}")
            case Paragraph():
                _paragraph(made, block.text, "Normal", grey=block.kind == "note", small=block.kind == "note")
            case Bullets():
                _bullets(made, block)
            case Table():
                _table(made, block)
            case KeyFigures():
                _table(made, key_table(block))
            case Picture():
                _picture(made, block)
            case PageBreak():
                made.add_page_break()
    if document.notes:
        _paragraph(made, "About these figures", "Heading 1")
        for note in document.notes:
            _paragraph(made, note, "Normal", small=document.compact)


def _paragraph(made: Any, text: str, style: str, *, grey: bool = False, small: bool = False) -> Any:
    added = made.add_paragraph(style=_style(made, style))
    run = added.add_run(_clean(text))
    if grey:
        run.font.color.rgb = _GREY
    if small:
        run.font.size = Pt(9)
    return added


def _bullets(made: Any, block: Bullets) -> None:
    """A list. A numbered one begins at 1 whatever was numbered before; where a template knows no numbering, its numbers are
    written out."""
    numbering = _numbering(made) if block.numbered else None
    for index, item in enumerate(block.items, start=1):
        if not block.numbered:
            _paragraph(made, item, "List Bullet")
        elif numbering is not None:
            properties = _paragraph(made, item, "List Number")._p.get_or_add_pPr().get_or_add_numPr()
            properties.get_or_add_ilvl().val, properties.get_or_add_numId().val = 0, numbering
        else:
            added = _paragraph(made, f"{index}.\t{item}", "Normal")
            added.paragraph_format.left_indent, added.paragraph_format.first_line_indent = Mm(8), Mm(-8)


def _numbering(made: Any) -> int | None:
    """A numbering of its own that begins at 1, of the kind of the style for numbered lists; None where there is none."""
    properties = _style(made, "List Number").element.pPr
    said = properties.numPr if properties is not None else None
    if said is None or said.numId is None:
        return None
    try:
        numbers = made.part.numbering_part.element
        kind = numbers.num_having_numId(said.numId.val).abstractNumId.val
    except (KeyError, NotImplementedError):
        return None
    added = numbers.add_num(kind)
    added.add_lvlOverride(ilvl=0).add_startOverride(1)
    number: int = added.numId
    return number


def _table(made: Any, block: Table) -> None:
    caption = _paragraph(made, block.caption, "Caption")
    caption.paragraph_format.keep_with_next = True
    table = made.add_table(rows=1, cols=len(block.columns))
    table.style = _style(made, "Table Grid", WD_STYLE_TYPE.TABLE)
    properties = table._tbl.tblPr
    _set(properties, "w:tblCaption", block.caption)
    look = properties.find(qn("w:tblLook"))
    if look is not None:
        look.set(qn("w:firstRow"), "1")
        look.set(qn("w:firstColumn"), "1")
    _light_lines(properties)
    widths = _widths(made, block)
    head = table.rows[0]
    for flag in ("w:cantSplit", "w:tblHeader"):
        head._tr.get_or_add_trPr().append(OxmlElement(flag))
    for column, cell in zip(block.columns, head.cells, strict=True):
        _cell(cell, column.text, right=column.numbers, bold=True)
    for row in block.rows:
        added = table.add_row()
        added._tr.get_or_add_trPr().append(OxmlElement("w:cantSplit"))
        for index, (one, cell) in enumerate(zip(row, added.cells, strict=True)):
            numbers = block.columns[index].numbers
            _cell(cell, one.text, right=numbers, bold=False, grey=numbers and one.value is None)
    for row in table.rows:
        for width, cell in zip(widths, row.cells, strict=True):
            cell.width = width
    made.add_paragraph().paragraph_format.space_after = Pt(2)


def _cell(cell: Any, text: str, *, right: bool, bold: bool, grey: bool = False) -> None:
    paragraph = cell.paragraphs[0]
    paragraph.paragraph_format.space_after = paragraph.paragraph_format.space_before = Pt(1)
    paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT if right else WD_ALIGN_PARAGRAPH.LEFT
    run = paragraph.add_run(_clean(text))
    run.bold = bold
    run.font.size = Pt(9)
    if grey:
        run.font.color.rgb = _GREY


def _widths(made: Any, block: Table) -> list[Any]:
    section = made.sections[-1]
    across = section.page_width - section.left_margin - section.right_margin
    every = sum(column.share for column in block.columns)
    return [Emu(int(across * column.share / every)) for column in block.columns]


def _light_lines(properties: Any) -> None:
    borders = OxmlElement("w:tblBorders")
    for side in ("top", "left", "bottom", "right", "insideH", "insideV"):
        line = OxmlElement(f"w:{side}")
        shown = side in ("bottom", "insideH", "top")
        line.set(qn("w:val"), "single" if shown else "nil")
        if shown:
            line.set(qn("w:sz"), "4")
            line.set(qn("w:space"), "0")
            line.set(qn("w:color"), "B1B4B6")
        borders.append(line)
    layout = properties.find(qn("w:tblLayout"))
    before = layout if layout is not None else properties.find(qn("w:tblLook"))
    if before is not None:
        before.addprevious(borders)
    else:
        properties.append(borders)


def _picture(made: Any, block: Picture) -> None:
    section = made.sections[-1]
    across = section.page_width - section.left_margin - section.right_margin
    paragraph = made.add_paragraph()
    shape = paragraph.add_run().add_picture(BytesIO(as_png(block.svg)), width=Emu(int(across * block.share)))
    properties = shape._inline.docPr
    properties.set("descr", _clean(block.alternative))
    properties.set("title", "Chart")


def _foot(made: Any, document: Document) -> None:
    """For whom, which release, state and pupils, and the page: below what the template says there, on every page."""
    for index, section in enumerate(made.sections):
        feet = [section.footer]
        if section.different_first_page_header_footer:
            feet.append(section.first_page_footer)
        if made.settings.odd_and_even_pages_header_footer:
            feet.append(section.even_page_footer)
        for foot in feet:
            if foot.is_linked_to_previous and index > 0:
                continue
            first = foot.paragraphs[0] if foot.paragraphs else foot.add_paragraph()
            paragraph = first if not first.text.strip() else foot.add_paragraph()
            _small(paragraph.add_run(_clean(document.imprint.line) + " · Page "))
            _field(paragraph, "PAGE")
            _small(paragraph.add_run(" of "))
            _field(paragraph, "NUMPAGES")


def _small(run: Any) -> None:
    run.font.size, run.font.color.rgb = Pt(8), _GREY


def _field(paragraph: Any, code: str) -> None:
    for kind, text in (("begin", ""), ("", code), ("separate", ""), ("text", "1"), ("end", "")):
        run = paragraph.add_run()
        _small(run)
        if kind == "text":
            run.text = text
            continue
        part = OxmlElement("w:fldChar" if kind else "w:instrText")
        if kind:
            part.set(qn("w:fldCharType"), kind)
        else:
            part.text = f" {text} "
        run._r.append(part)


def _style(made: Any, name: str, kind: Any = WD_STYLE_TYPE.PARAGRAPH) -> Any:
    """The style of that name; a template without it is given it, copied from Word's own."""
    for style in made.styles:
        if style.type == kind and (style.name or "").lower() == name.lower():
            return style
    plain = docx.Document().styles[name]
    made.styles.element.append(deepcopy(plain.element))
    return made.styles[name]


def _place_of_content(made: Any) -> Any:
    for paragraph in made.paragraphs:
        if CONTENT in paragraph.text:
            return paragraph._p
    return None


def _move_to(place: Any, added: list[Any]) -> None:
    for one in added:
        place.addprevious(one)
    place.getparent().remove(place)


def _set(properties: Any, tag: str, value: str) -> None:
    said = OxmlElement(tag)
    said.set(qn("w:val"), _clean(value))
    properties.append(said)


def _clean(text: str) -> str:
    """Text without the characters that a Word file may not hold."""
    return "".join(letter for letter in text if letter in "\t\n" or letter >= " ")
