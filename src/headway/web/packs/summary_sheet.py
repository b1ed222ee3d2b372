"""The summary sheet: one page on a school for whoever visits it."""

from __future__ import annotations

from headway.web.design.documents import Block, Bullets, Column, Document, Heading, Paragraph, Table, word
from headway.web.packs import parts, tables
from headway.web.packs.material import Material
from headway.web.packs.questions import questions
from headway.web.schools.presenters import about as about_school
from headway.web.standards.lines import Line

LINES = (
    "ks2_rwm_expected", "ks2_rwm_higher", "ks2_reading_expected", "ks2_writing_expected", "ks2_mathematics_expected",
    "ks2_gps_expected", "mtc_average", "phonics_expected", "eyfsp_good_level_of_development", "absence_overall",
    "absence_persistent",
)  # fmt: skip
"""The figures of the sheet, each in its latest year."""


def summary_sheet(material: Material) -> Document:
    """The summary sheet. It fits on one page of A4."""
    shown = material.newest(LINES)
    blocks: list[Block] = [Paragraph(about_school(material.about))]
    blocks.append(_figures(material, shown) if shown else Paragraph(parts.SEES_LITTLE))
    trend = material.trend(material.leading())
    if trend is not None:
        blocks += [Heading(f"Trend: {trend.title}"), *tables.chart(trend, share=0.72)[1:]]
    progress = _progress(material)
    if progress:
        blocks.append(progress)
    asked = questions(material, most=4)
    blocks += [
        Heading("Questions that these figures ask"),
        Bullets(tuple(one.text for one in asked), numbered=True),
    ]
    return Document(
        title=str(material.about),
        subtitle=f"Summary sheet, {material.release.name}",
        subject="Summary sheet of a school",
        imprint=material.imprint(material.pupils()),
        blocks=tuple(blocks),
        notes=parts.notes(material)[:3],
        colour=material.names.colour,
        compact=True,
        made_at=material.release.published_at,
    )


def _figures(material: Material, shown: list[Line]) -> Table:
    columns = (
        Column("Measure", share=3.6), Column("Year", share=0.9), Column("Value", numbers=True, share=1.25),
        Column("Pupils", numbers=True, share=0.9), Column("95% interval", numbers=True, share=1.75),
        Column(material.names.nation, numbers=True, share=1.1), Column(material.names.authority, numbers=True, share=1.4),
        Column("Beside England", share=1.9), Column("Beside the year before", share=1.9),
    )  # fmt: skip
    base = tables.figures_table(material, "", shown, said=("nation", "before"))
    rows = tuple((row[0], word(one.year_text), *row[1:]) for one, row in zip(shown, base.rows, strict=True))
    return Table("Key figures", columns, rows, sheet="Key figures")


def _progress(material: Material) -> Table | None:
    newest = max((one.year for one in material.value_added), default=None)
    plain = [
        one
        for one in material.value_added
        if one.year == newest and one.group == "all" and "characteristics" not in one.title
    ]
    if not plain:
        return None
    return tables.figures_table(
        material,
        f"Value added, {plain[0].year_text} (zero is average)",
        plain,
        first="Subject",
        beside=(),
        said=("average",),
        sheet="Value added",
    )
