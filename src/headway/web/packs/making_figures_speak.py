"""“Making figures speak”: the data packs of a school, one for the foundation stage, one for key stages 1 and 2."""

from __future__ import annotations

from headway.web.design.documents import Block, Document, Heading, KeyFigure, KeyFigures, Paragraph
from headway.web.design.numbers import school_year
from headway.web.packs import parts, tables
from headway.web.packs.material import Material
from headway.web.packs.questions import questions

_KS2_KEYS = (
    "ks2_rwm_expected", "ks2_rwm_higher", "ks2_reading_average", "ks2_mathematics_average", "absence_overall",
)  # fmt: skip
_KS2_TRENDS = ("ks2_rwm_expected", "ks2_reading_expected", "ks2_mathematics_expected")
_FOUNDATION_KEYS = ("eyfsp_good_level_of_development", "fsp_78_points", "phonics_expected", "absence_overall")


def foundation_stage(material: Material) -> Document:
    """The pack for the foundation stage, and the phonics check that follows it."""
    leading = "eyfsp_good_level_of_development"
    if material.latest([leading]) is None:
        leading = "fsp_78_points"
    blocks: list[Block] = [
        Paragraph(
            "How children stand at the end of reception, who does less well, and how that has changed.",
            "lead",
        ),
        *_keys(material, _FOUNDATION_KEYS),
        Heading("At the end of reception"),
        *_attainment(material, "foundation", "Early years"),
        Heading("Groups and gaps"),
        *(parts.groups_and_gaps(material, [leading]) or [Paragraph(parts.SEES_LITTLE)]),
        Heading("Trend"),
        *_trends(material, (leading,), parts.LEADING["foundation"]),
        Heading("Phonics, in Year 1"),
        *_attainment(material, "phonics", "Phonics"),
        *parts.absence(material, with_chart=False),
        *parts.similar_schools(material, leading),
        *parts.questions_to_ask(questions(material)),
    ]
    return _document(
        material,
        "Making figures speak: foundation stage",
        blocks,
        material.pupils("foundation"),
    )


def key_stages(material: Material) -> Document:
    """The pack for key stages 1 and 2: attainment, progress and value added, groups and gaps, trend, absence, similar
    schools, questions."""
    blocks: list[Block] = [
        Paragraph(
            "What pupils reach at the end of key stages 1 and 2, how far they came, who does less well, what has changed.",
            "lead",
        ),
        *_keys(material, _KS2_KEYS),
        Heading("Attainment at the end of key stage 2"),
        *_attainment(material, "ks2", "Key stage 2"),
        Heading("Progress and value added"),
        *_progress(material),
        Heading("Groups and gaps"),
        *(parts.groups_and_gaps(material, ["ks2_rwm_expected", "ks2_reading_expected", "ks2_mathematics_expected"])
          or [Paragraph(parts.SEES_LITTLE)]),
        Heading("Trend"),
        *_trends(material, _KS2_TRENDS, parts.LEADING["ks2"]),
        Heading("Key stage 1, phonics and times tables"),
        *_attainment(material, "ks1", "Key stage 1"),
        *_attainment(material, "phonics", "Phonics, in Year 1"),
        *_attainment(material, "mtc", "Multiplication tables check, in Year 4"),
        *parts.absence(material),
        *parts.similar_schools(material, "ks2_rwm_expected"),
        *parts.questions_to_ask(questions(material)),
    ]  # fmt: skip
    return _document(
        material, "Making figures speak: key stages 1 and 2", blocks, material.pupils("ks2", "ks1", "phonics")
    )


def _document(material: Material, subtitle: str, blocks: list[Block], pupils: str) -> Document:
    return Document(
        title=str(material.about),
        subtitle=f"{subtitle}, {material.release.name}",
        subject="Data pack of a school",
        imprint=material.imprint(pupils),
        blocks=tuple(blocks),
        notes=parts.notes(material),
        colour=material.names.colour,
        made_at=material.release.published_at,
    )


def _keys(material: Material, measures: tuple[str, ...]) -> list[Block]:
    shown = material.newest(measures)
    if not shown:
        return []
    return [
        KeyFigures(
            tuple(
                KeyFigure(tables.short_title(one), tables.value(one), parts.when_and_beside(one))
                for one in shown[:4]
            )
        )
    ]


def _attainment(material: Material, stage: str, title: str) -> list[Block]:
    keys = material.measures(stage, unless=lambda key: "progress" in key or key.endswith("_cohort"))
    keys = [key for key in (*parts.LEADING.get(stage, ()), *keys) if key in keys]
    keys = list(dict.fromkeys(keys))
    year = material.latest(keys)
    if year is None:
        return [Paragraph(f"{title}: {parts.SEES_LITTLE[:1].lower()}{parts.SEES_LITTLE[1:]}")]
    shown = material.of(keys, year=year)
    return [
        tables.figures_table(
            material, f"{title}, {school_year(year)}", shown, said=("nation", "before"), sheet=title
        )
    ]


def _progress(material: Material) -> list[Block]:
    blocks: list[Block] = []
    published = parts.progress_lines(material)
    if published:
        title = f"Progress as published, {published[0].year_text}"
        blocks.append(tables.figures_table(material, title, published, beside=(), sheet="Progress"))
    newest = max((one.year for one in material.value_added), default=None)
    modelled = [one for one in material.value_added if one.year == newest and one.group == "all"]
    if modelled:
        if any(not one.is_reported for one in modelled):
            blocks.append(
                Paragraph("Value added is shown to the school itself and to those who look after it; it was not decided for "
                          "other readers.")
            )  # fmt: skip
        else:
            title = f"Value added, {modelled[0].year_text}: points ahead of pupils who started alike"
            blocks.append(
                tables.figures_table(
                    material,
                    title,
                    modelled,
                    first="Subject",
                    beside=(),
                    said=("average",),
                    sheet="Value added",
                )
            )
    return blocks or [Paragraph(parts.SEES_LITTLE)]


def _trends(material: Material, drawn: tuple[str, ...], told: tuple[str, ...]) -> list[Block]:
    blocks: list[Block] = []
    for key in drawn[:1]:
        blocks += tables.chart(material.trend(key))
        blocks.append(tables.trend_table(material, key))
    table = tables.years_table("Leading figures, year by year", material.of(told), sheet="Trend of all")
    if table is not None:
        blocks.append(table)
        blocks += [Paragraph(note, "note") for note in parts.breaks(material.of(told))]
    return blocks or [Paragraph(parts.SEES_LITTLE)]
