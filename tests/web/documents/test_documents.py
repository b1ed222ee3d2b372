"""A document is the same in every format, accessible, and never a formula."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import docx
import openpyxl
import pytest
from docx.oxml.ns import qn
from pypdf import PdfReader

from headway.web.design.documents import (
    FORMATS,
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
    file_name,
    number,
    word,
    written,
)

IMPRINT = Imprint(
    "governors of the school",
    "Autumn 2025",
    "provisional",
    "5 November 2025",
    "58 pupils in 2025",
    "Northmoor Council",
)
SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="60" height="40" viewBox="0 0 60 40">'
    '<rect width="50" height="30" fill="#1d70b8"/></svg>'
)
ROWS = tuple(
    (
        word(f"Measure {index}"),
        number(50.25 + index, "percent"),
        number(None, "percent", missing="suppressed"),
    )
    for index in range(60)
)
TABLE = Table(
    "Attainment at the end of Key Stage 2",
    (Column("Measure", share=3), Column("2024", numbers=True), Column("2025", numbers=True)),
    ROWS,
)
DOCUMENT = Document(
    "Oak & Ash Primary School",
    IMPRINT,
    (
        Paragraph("What the figures say.", "lead"),
        KeyFigures(
            (
                KeyFigure("Expected standard", number(61.2, "percent"), "England 62%"),
                KeyFigure("Higher", Cell("suppressed")),
            )
        ),
        Heading("Attainment"),
        Picture(SVG, "A chart that rises from 50% to 61%."),
        TABLE,
        PageBreak(),
        Heading("Questions to ask", 2),
        Bullets(("What #has *changed*?", "=HYPERLINK(1)")),
        Bullets(("The first", "The second"), numbered=True),
    ),
    subtitle="Making figures speak",
    notes=("Suppressed: of few pupils, and not zero.",),
)


def pdf(document: Document = DOCUMENT) -> PdfReader:
    return PdfReader(BytesIO(written(document, "pdf")))


def word_of(document: Document = DOCUMENT, template: bytes | None = None) -> Any:
    return docx.Document(BytesIO(written(document, "docx", template=template)))


def workbook(document: Document = DOCUMENT) -> openpyxl.Workbook:
    return openpyxl.load_workbook(BytesIO(written(document, "xlsx")))


def _structure(node: Any) -> list[Any]:
    """Every element of the PDF's structure tree."""
    found, waiting = [], [node]
    while waiting:
        one = waiting.pop()
        one = one.get_object() if hasattr(one, "get_object") else one
        if isinstance(one, list):
            waiting.extend(one)
        elif isinstance(one, dict):
            if "/S" in one:
                found.append(one)
            if "/K" in one:
                waiting.append(one["/K"])
    return found


def test_the_pdf_says_that_it_is_accessible_and_in_which_language() -> None:
    root = pdf().trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"]
    assert root["/Lang"] == "en-GB"
    assert root["/ViewerPreferences"]["/DisplayDocTitle"]
    assert pdf().metadata["/Title"] == "Oak & Ash Primary School"
    assert "<pdfuaid:part>1</pdfuaid:part>" in root["/Metadata"].get_object().get_data().decode()


def test_the_pdf_is_tagged_with_headings_lists_tables_and_alternative_texts() -> None:
    elements = _structure(pdf().trailer["/Root"]["/StructTreeRoot"])
    kinds = [element["/S"] for element in elements]
    assert {"/H1", "/H2", "/H3", "/L", "/LI", "/Table", "/THead", "/TH", "/TD", "/Figure", "/Caption"} <= set(
        kinds
    )
    assert kinds.count("/TD") == 60 * 3
    assert kinds.count("/TH") == 3
    assert [e["/Alt"] for e in elements if e["/S"] == "/Figure"] == ["A chart that rises from 50% to 61%."]


def test_every_page_of_the_pdf_says_for_whom_which_release_and_how_many_pupils() -> None:
    pages = pdf().pages
    assert len(pages) >= 3
    for index, page in enumerate(pages, start=1):
        text = page.extract_text()
        assert IMPRINT.line in text
        assert f"Page {index} of {len(pages)}" in text


def test_the_header_row_is_repeated_on_every_page_of_a_long_table() -> None:
    with_rows = [page.extract_text() for page in pdf().pages if "Measure 5" in page.extract_text()]
    assert len(with_rows) >= 2
    assert all("2024" in text and "2025" in text for text in with_rows)


def test_nothing_in_a_document_acts_as_markup_of_the_pdf() -> None:
    text = "".join(page.extract_text() for page in pdf().pages)
    assert "What #has *changed*?" in text


def test_word_has_real_headings_a_title_and_a_language() -> None:
    made = word_of()
    styles = [(paragraph.style.name, paragraph.text) for paragraph in made.paragraphs]
    assert ("Title", "Oak & Ash Primary School") in styles
    assert ("Heading 1", "Attainment") in styles
    assert ("Heading 2", "Questions to ask") in styles
    assert made.core_properties.title == "Oak & Ash Primary School"
    assert made.core_properties.language == "en-GB"
    languages = made.styles.element.findall(f".//{qn('w:docDefaults')}//{qn('w:lang')}")
    assert [one.get(qn("w:val")) for one in languages] == ["en-GB"]


def test_words_tables_repeat_their_header_row_and_have_a_caption() -> None:
    made = word_of()
    table = made.tables[1]
    assert table.rows[0]._tr.trPr.find(qn("w:tblHeader")) is not None
    assert [cell.text for cell in table.rows[0].cells] == ["Measure", "2024", "2025"]
    assert table._tbl.tblPr.find(qn("w:tblCaption")).get(qn("w:val")) == TABLE.caption
    assert ("Caption", TABLE.caption) in [(one.style.name, one.text) for one in made.paragraphs]


def test_words_pictures_have_their_alternative_text() -> None:
    described = [shape._inline.docPr.get("descr") for shape in word_of().inline_shapes]
    assert described == ["A chart that rises from 50% to 61%."]


def test_words_numbered_lists_are_lists_and_each_begins_at_one() -> None:
    twice = (Bullets(("a", "b"), numbered=True), Bullets(("c",), numbered=True))
    made = word_of(Document("D", IMPRINT, twice))
    listed = [one for one in made.paragraphs if one.style.name == "List Number"]
    assert [one.text for one in listed] == ["a", "b", "c"]
    numbers = [one._p.pPr.numPr.numId.val for one in listed]
    assert numbers[0] == numbers[1] != numbers[2]
    kept = made.part.numbering_part.element
    for one in set(numbers):
        starts = kept.num_having_numId(one).findall(f"{qn('w:lvlOverride')}/{qn('w:startOverride')}")
        assert [start.get(qn("w:val")) for start in starts] == ["1"]


def test_words_footer_says_for_whom_and_numbers_the_pages() -> None:
    foot = word_of().sections[0].footer
    assert IMPRINT.line in foot.paragraphs[0].text
    fields = [one.text.strip() for one in foot._element.iter(qn("w:instrText"))]
    assert fields == ["PAGE", "NUMPAGES"]


def test_excel_has_a_sheet_for_each_table_with_numbers_as_numbers_and_words_as_words() -> None:
    book = workbook()
    assert book.sheetnames == ["Key figures", "Attainment at the end of Key St", "Notes"]
    sheet = book["Attainment at the end of Key St"]
    assert sheet.freeze_panes == "B5"
    assert [cell.value for cell in sheet[4]] == ["Measure", "2024", "2025"]
    assert [cell.value for cell in sheet[5]] == ["Measure 0", 50.25, "suppressed"]
    assert sheet["B5"].number_format == '0.0"%"'
    assert sheet["A2"].value == IMPRINT.line
    said = [cell.value for row in book["Notes"].iter_rows() for cell in row]
    assert "Suppressed: of few pupils, and not zero." in said
    assert "governors of the school" in said


@pytest.mark.parametrize(
    "words", ["=1+1", "=HYPERLINK(1)", "+1", "-1", "@SUM(A1)", "\t=1", "{=1}", "https://example.org", "12"]
)
def test_no_text_becomes_a_formula_a_link_or_a_number(words: str) -> None:
    table = Table("=cmd|' /C calc'!A0", (Column("=A1"), Column("x")), ((word(words), word(words)),))
    book = workbook(Document(words, IMPRINT, (table, Paragraph(words)), notes=(words,)))
    for sheet in book:
        for row in sheet.iter_rows():
            for cell in row:
                assert cell.data_type in ("s", "n")
                assert cell.hyperlink is None
                assert cell.data_type == "s" or cell.value is None


def test_two_tables_of_one_name_become_two_sheets() -> None:
    table = Table("Notes", (Column("A"),), ((word("b"),),))
    assert workbook(Document("D", IMPRINT, (table, table))).sheetnames == ["Notes (2)", "Notes (3)", "Notes"]


def test_a_row_that_does_not_fit_its_columns_is_refused() -> None:
    with pytest.raises(ValueError, match="has not as many cells"):
        Table("T", (Column("A"), Column("B")), ((word("only one"),),))


def test_a_picture_without_an_alternative_text_is_refused() -> None:
    with pytest.raises(ValueError, match="alternative text"):
        Picture(SVG, " ")


def test_an_unknown_format_is_refused_with_those_there_are() -> None:
    with pytest.raises(ValueError, match="pdf, docx, xlsx"):
        written(DOCUMENT, "odt")


@pytest.mark.parametrize("form", FORMATS)
def test_a_document_of_nothing_can_be_written(form: str) -> None:
    assert len(written(Document("Empty", IMPRINT, ()), form)) > 500


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ("St. Mary's C/E: Infants", "St. Mary's C E Infants.pdf"),
        ("../../etc/passwd", "etc passwd.pdf"),
        ("CON", "Document CON.pdf"),
        ("  ", "Document.pdf"),
        ("Ysgol Tŷ\x00 Ffynnon", "Ysgol Tŷ Ffynnon.pdf"),
        ("x" * 300, "x" * 90 + ".pdf"),
    ],
)
def test_a_files_name_can_be_read_and_suits_every_system(words: str, name: str) -> None:
    assert file_name(words, "pdf") == name
