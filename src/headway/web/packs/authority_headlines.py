"""The authority's headlines: its key figures stage by stage, beside England's, with their trend."""

from __future__ import annotations

from headway.figures.measures import registry
from headway.web.design.documents import Block, Bullets, Document, Heading, Paragraph
from headway.web.design.numbers import school_year
from headway.web.packs import parts, tables
from headway.web.packs.material import Material
from headway.web.standards.key_lines import key_line
from headway.web.standards.lines import Line
from headway.web.standards.stages import STAGES


def authority_headlines(material: Material) -> Document:
    """The headlines of an authority."""
    blocks: list[Block] = [
        Paragraph(
            f"Standards in {material.about} beside England, from the end of primary school to its beginning.",
            "lead",
        )
    ]
    for stage in STAGES:
        year = material.latest(stage.measures)
        if year is None:
            continue
        shown = material.of(stage.measures, year=year)
        blocks += [Heading(stage.title), Bullets(tuple(_said(material, one) for one in shown[:3]))]
        blocks += tables.chart(material.trend(shown[0].measure), share=0.8)
        blocks.append(
            tables.figures_table(
                material,
                f"{stage.title}, {school_year(year)}",
                shown,
                beside=("nation",),
                said=("nation", "before"),
                sheet=stage.title,
            )
        )
    gaps = parts.groups_and_gaps(material, ["ks2_rwm_expected", "eyfsp_good_level_of_development"])
    blocks += [Heading("Groups and gaps"), *(gaps or [Paragraph(parts.SEES_LITTLE)])]
    return Document(
        title=str(material.about),
        subtitle=f"Headlines, {material.release.name}",
        subject="Headlines of an authority",
        imprint=material.imprint(material.pupils()),
        blocks=tuple(blocks),
        notes=parts.notes(material),
        colour=material.names.colour,
        made_at=material.release.published_at,
    )


def _said(material: Material, one: Line) -> str:
    key = (one.measure, one.year, one.years_pooled, one.group, one.basis)
    rows = material.comparisons
    nation = rows.get((*key, "nation")) or rows.get((*key, "nation_state_funded"))
    measure = registry()[one.measure]
    words = key_line(
        measure,
        one,
        nation=nation,
        nation_name=material.names.nation,
        previous=rows.get((*key, "previous_year")),
    )
    return f"{one.title}: {' '.join(words)}"
