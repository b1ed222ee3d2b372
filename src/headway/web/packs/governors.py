"""The governors' version: a school's position in plain words, and five questions to ask."""

from __future__ import annotations

from headway.web.design.documents import (
    Block,
    Bullets,
    Document,
    Heading,
    KeyFigure,
    KeyFigures,
    Paragraph,
)
from headway.web.packs import parts, tables
from headway.web.packs.material import Material
from headway.web.packs.questions import questions

_LEADING = (
    "ks2_rwm_expected",
    "ks2_rwm_higher",
    "eyfsp_good_level_of_development",
    "phonics_expected",
    "absence_overall",
)
_TABLE = (
    "ks2_rwm_expected", "ks2_reading_expected", "ks2_writing_expected", "ks2_mathematics_expected", "ks2_rwm_higher",
    "mtc_average", "phonics_expected", "eyfsp_good_level_of_development", "absence_overall", "absence_persistent",
)  # fmt: skip


def governors_version(material: Material) -> Document:
    """The pack for governors, suppressed for them whoever makes it."""
    latest = material.newest(_LEADING)
    shown = material.newest(_TABLE)
    keys = tuple(
        KeyFigure(
            one.title,
            tables.value(one),
            parts.when_and_beside(one),
        )
        for one in latest[:4]
    )
    blocks: list[Block] = [
        Paragraph(
            "Where the school stands, beside England and the authority, and what governors may want to ask.",
            "lead",
        ),
        *([KeyFigures(keys)] if keys else []),
        *parts.questions_to_ask(questions(material, most=5), "Five questions to ask"),
        Heading("What the figures say"),
        Bullets(tuple(parts.sentences(material, _LEADING)) or (parts.SEES_LITTLE,)),
    ]
    if shown:
        blocks.append(
            tables.figures_table(
                material,
                "The latest figures",
                shown,
                label=lambda one: f"{tables.short_title(one)}, {one.year_text}",
                said=("nation", "before"),
                sheet="Latest figures",
            )
        )
    blocks += [Heading("How it has changed"), *_trend(material)]
    gaps = parts.groups_and_gaps(material, [material.leading()], charts_at_most=0)
    blocks += [Heading("Disadvantaged pupils and others"), *(gaps or [Paragraph(parts.SEES_LITTLE)])]
    return Document(
        title=str(material.about),
        subtitle=f"For governors, {material.release.name}",
        subject="Data pack for governors",
        imprint=material.imprint(material.pupils()),
        blocks=tuple(blocks),
        notes=parts.notes(material),
        colour=material.names.colour,
        made_at=material.release.published_at,
    )


def _trend(material: Material) -> list[Block]:
    leading = material.leading()
    made = material.trend(leading)
    if made is None:
        return [Paragraph(parts.SEES_LITTLE)]
    return [*tables.chart(made, share=0.85), tables.trend_table(material, leading)]
