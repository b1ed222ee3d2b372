"""Papers of data protection as documents to take away."""

from __future__ import annotations

from collections.abc import Callable

from headway.web.design.documents import (
    Block,
    Column,
    Document,
    Heading,
    Imprint,
    Paragraph,
    Table,
    word,
)
from headway.web.people import context
from headway.web.privacy import assessment, configuration, holdings, processing, schedule
from headway.web.privacy.sections import Listing, Section

_WIDE = 40
"""Letters in the longest cell from which a column gets a larger share of the width."""


def _record() -> list[Section]:
    return processing.record_of_processing(schedule.kinds(holdings.store()))


PAPERS: dict[str, tuple[str, Callable[[], list[Section]]]] = {
    "record-of-processing": ("Record of processing", _record),
    "impact-assessment": ("Facts for the impact assessment", assessment.assessment),
}
"""Every paper by key: its title and its sections."""


def document(key: str) -> Document:
    """The paper as a document. Raises KeyError for an unknown one."""
    title, sections = PAPERS[key]
    names = context.service_names()
    imprint = Imprint(
        "those who answer for data protection",
        names["service_name"],
        "as configured",
        configuration.made_at(),
        "no personal data",
        names["organisation_name"],
    )
    blocks = tuple(block for section in sections() for block in _blocks(section))
    return Document(
        title, imprint, blocks, subtitle=names["organisation_name"], colour=names["service_colour"]
    )


def _blocks(section: Section) -> list[Block]:
    found: list[Block] = [Heading(section.title)]
    found += [Paragraph(sentence) for sentence in section.sentences]
    found += [_table(one) for one in section.listings if one.rows]
    return found


def _table(one: Listing) -> Table:
    longest = [max(len(row[at]) for row in (one.columns, *one.rows)) for at in range(len(one.columns))]
    columns = tuple(
        Column(text, share=3.0 if most > _WIDE else 1.0 if most > 6 else 0.7)
        for text, most in zip(one.columns, longest, strict=True)
    )
    return Table(one.caption, columns, tuple(tuple(word(cell) for cell in row) for row in one.rows))
