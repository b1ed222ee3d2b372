"""Parts that several packs share: who the pupils are, groups and gaps, absence, similar schools, questions, notes."""

from __future__ import annotations

from collections.abc import Sequence

from headway.figures.measures import registry
from headway.web.design import charts
from headway.web.design.documents import Block, Bullets, Heading, Paragraph
from headway.web.design.numbers import school_year
from headway.web.packs import tables
from headway.web.packs.material import Material
from headway.web.packs.questions import Question
from headway.web.standards.lines import STATUS_MEANINGS, Line, breaks_of, line, title_of
from headway.web.standards.stages import STAGES

LEADING = {stage.key: stage.measures for stage in STAGES}
"""The measures that lead each stage, in the order in which they are told."""
SEES_LITTLE = "There are no such figures in this release."


def groups_and_gaps(material: Material, measures: Sequence[str], *, charts_at_most: int = 1) -> list[Block]:
    """The groups of pupils of the measures' latest year, each beside others in the school and others in England."""
    blocks: list[Block] = []
    drawn = 0
    for measure in measures:
        year = material.latest([measure])
        shown = [
            one
            for one in material.lines
            if one.measure == measure and one.year == year and one.group != "all"
        ]
        if not shown or year is None:
            continue
        of = next(iter(material.of([measure], year=year)), None)
        title = f"{title_of(measure)} by group, {school_year(year)}"
        if drawn < charts_at_most and any(one.is_reported for one in shown):
            at = charts.Line("All pupils", of.raw) if of is not None and of.raw is not None else None
            points = [one.as_point(one.group_title) for one in shown]
            blocks += tables.chart(charts.groups(title, points, unit=shown[0].unit, line=at))
            drawn += 1
        blocks.append(
            tables.figures_table(
                material,
                title,
                shown,
                first="Group",
                label=lambda one: one.group_title,
                beside=("others", "others_nationally"),
                said=("others_nationally",),
                sheet=f"Groups {_short(measure)}",
            )
        )
    return blocks


def absence(material: Material, *, with_chart: bool = True) -> list[Block]:
    """Absence in its latest year, and its trend. Here lower is better."""
    measures = material.measures("absence")
    year = material.latest(measures)
    if year is None:
        return [Heading("Absence"), Paragraph(SEES_LITTLE)]
    blocks: list[Block] = [Heading("Absence"), Paragraph("Here lower is better.", "note")]
    if with_chart:
        blocks += tables.chart(material.trend("absence_overall"))
    blocks.append(
        tables.figures_table(
            material, f"Absence, {school_year(year)}", material.of(measures, year=year), sheet="Absence"
        )
    )
    return blocks


def similar_schools(material: Material, measure: str) -> list[Block]:
    """The schools of the release whose pupils are most like this one's, as these readers see them."""
    year = material.latest([measure])
    own = material.of([measure], year=year)
    if year is None or not own:
        return []
    names = dict(material.alike)
    rows = {
        row["organisation"]: line(row, material.release)
        for row in material.beside.iter_rows(named=True)
        if row["organisation"] in names
        and (row["measure"], row["year"], row["group"], row["years_pooled"]) == (measure, year, "all", 1)
    }
    others = [rows[key] for key, _ in material.alike if key in rows]
    blocks: list[Block] = [Heading("Similar schools")]
    if not others:
        return [*blocks, Paragraph("It is not known here which schools are like this one.")]
    label = {material.about.key: f"{material.about} (this school)", **names}
    blocks.append(
        Paragraph(
            "The schools of this release whose pupils are most like this school’s, by DfE’s characteristics and never by "
            "results, the most alike first. Not a ranking: look at the intervals."
        )
    )
    blocks.append(
        tables.figures_table(
            material,
            f"{title_of(measure)}, {school_year(year)}",
            [*own, *others],
            first="School",
            label=lambda one: label.get(one.organisation, one.organisation),
            beside=(),
            said=(),
            sheet="Similar schools",
        )
    )
    return blocks


def questions_to_ask(found: Sequence[Question], heading: str = "Questions to ask") -> list[Block]:
    """The questions that follow from the figures, each with the figures that ask it."""
    return [
        Heading(heading),
        Paragraph(
            "They follow from the figures above, and are a beginning: the answers are in the school.", "note"
        ),
        Bullets(tuple(one.words for one in found), numbered=True),
    ]


def notes(material: Material) -> tuple[str, ...]:
    """What a reader of the figures must know: only what concerns those that are shown."""
    found: list[str] = []
    if material.recipient.sees_whole:
        found.append(
            "These figures are whole: some are of few pupils. They are for the readers named on every page, and not to be "
            "passed on."
        )
    words = dict.fromkeys(one.text for one in material.lines if not one.is_reported)
    found += [f"{word.capitalize()}: {STATUS_MEANINGS[word]}" for word in words if word in STATUS_MEANINGS]
    found.append(
        "Intervals are 95% intervals: chance alone moves a school’s figure within one from year to year. A difference is "
        "called above or below only where chance would not explain it."
    )
    if any(one.is_reported for one in material.value_added):
        found.append(
            "Value added compares pupils with others of the same results at key stage 1. Zero is the average of the schools "
            "whose pupils were counted together, which need not be England’s; a small school’s figure is drawn towards it."
        )
    return tuple(found)


def sentences(material: Material, measures: Sequence[str]) -> list[str]:
    """The leading figures in words, each in its latest year."""
    said = []
    for one in material.newest(measures):
        if not one.is_reported:
            said.append(f"{one.title}, {one.year_text}: {one.text}.")
            continue
        beside = ""
        if one.nation.difference:
            beside = f"; England {one.nation.value} ({one.nation.difference}, {one.nation.said})"
        said.append(f"{one.title}: {one.text} of {pupils(one)} in {one.year_text}{beside}.")
    return said


def breaks(shown: Sequence[Line]) -> list[str]:
    """Where the series of these figures break, each reason once."""
    years: dict[str, list[int]] = {}
    for one in shown:
        years.setdefault(one.measure, []).append(one.year)
    reasons: dict[tuple[int, str], list[str]] = {}
    for measure, of in years.items():
        for found in breaks_of(measure, of):
            reasons.setdefault((found.year, found.reason), []).append(title_of(measure))
    return [
        f"From {school_year(year)} not to be compared with earlier years: {', '.join(titles)} ({reason})."
        for (year, reason), titles in sorted(reasons.items())
    ]


def pupils(one: Line) -> str:
    """Of how many pupils a figure is, in words."""
    return f"{one.pupils:,} pupils" if one.pupils is not None else "a number of pupils not published"


def when_and_beside(one: Line) -> str:
    """When a figure is of, of how many pupils, and England's beside it."""
    of = pupils(one) if one.is_reported else ""
    england = f"England {one.nation.value}" if one.nation.value else ""
    return " · ".join(part for part in (one.year_text, of, england) if part)


def progress_lines(material: Material) -> list[Line]:
    """Published progress of the latest year that has any; none where that is long ago."""
    keys = [key for key in material.measures("ks2") if "progress" in key and "coverage" not in key]
    year, newest = material.latest(keys), material.latest(material.measures("ks2"))
    return (
        material.of(keys, year=year) if year is not None and newest is not None and year > newest - 3 else []
    )


def _short(measure: str) -> str:
    known = registry().get(measure)
    return (known.title if known else measure).replace("Key stage", "KS")[:22]
