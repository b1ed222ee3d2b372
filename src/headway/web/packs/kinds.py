"""The packs that there are: what each is called, of what it is, for whom it is meant, and what makes it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from headway.web.design.documents import Document
from headway.web.packs.authority_headlines import authority_headlines
from headway.web.packs.governors import governors_version
from headway.web.packs.making_figures_speak import foundation_stage, key_stages
from headway.web.packs.material import Material
from headway.web.packs.summary_sheet import summary_sheet


@dataclass(frozen=True)
class PackKind:
    """One kind of pack. `of` is what it is about (`school` or `authority`); `readers` is the audience for which it is made
    where nobody else is chosen, None: whoever makes it; `only` whether it is made for those readers alone."""

    key: str
    title: str
    says: str
    of: str
    make: Callable[[Material], Document]
    readers: str | None = None
    only: bool = False


KINDS: dict[str, PackKind] = {
    one.key: one
    for one in (
        PackKind(
            "summary",
            "Summary sheet",
            "One page on a school, for whoever visits it.",
            "school",
            summary_sheet,
        ),
        PackKind(
            "foundation",
            "Making figures speak: foundation stage",
            "The end of reception, groups and gaps, trend, phonics, questions to ask.",
            "school",
            foundation_stage,
        ),
        PackKind(
            "key-stages",
            "Making figures speak: key stages 1 and 2",
            "Attainment, progress, groups and gaps, trend, absence, similar schools, questions to ask.",
            "school",
            key_stages,
        ),
        PackKind(
            "governors",
            "Governors’ version",
            "The position in plain words and five questions to ask. Always as governors may see it.",
            "school",
            governors_version,
            readers="governors",
            only=True,
        ),
        PackKind(
            "headlines",
            "The authority’s headlines",
            "The authority beside England, stage by stage.",
            "authority",
            authority_headlines,
        ),
    )
}
"""Every kind by key."""


def kinds_of(organisation: str) -> list[PackKind]:
    """The kinds of pack that can be made of an organisation, by its key."""
    of = organisation.partition(":")[0]
    return [one for one in KINDS.values() if one.of == of]
