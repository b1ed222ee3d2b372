"""A page of a school's standards as one person sees it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from django.urls import reverse

from headway.web.people.models import User
from headway.web.schools.models import Organisation
from headway.web.standards import reading
from headway.web.standards.lines import STATUS_MEANINGS
from headway.web.standards.models import Release
from headway.web.standards.school_forms import StandardsForm
from headway.web.standards.school_pages import Block, PageKind, Seen, choices, page_links

WHOLE = "You see these figures whole."
SUPPRESSED = (
    "Small numbers are suppressed: figures of few pupils, and others that would give one of these away. "
    "A suppressed figure is not zero."
)


@dataclass(frozen=True)
class SchoolPage:
    """A page: its blocks of lines, the filters, the release from which it is, the other pages, and how it can be taken."""

    kind: PageKind
    blocks: list[Block]
    form: StandardsForm
    release: Release
    audience: str
    seen_as: str
    words: list[tuple[str, str]]
    links: list[tuple[str, str, str]]
    csv: str
    xlsx: str


def school_page(
    user: User, school: Organisation, kind: PageKind, asked: Mapping[str, str]
) -> SchoolPage | None:
    """The page; None where there is no release in which the person may see the school."""
    releases = reading.releases_for(user, school.key)
    if not releases:
        return None
    wanted = next((one for one in releases if one.name == asked.get("release")), releases[0])
    figures = reading.school_figures(user, school.key, release=wanted)
    form = StandardsForm(asked, choices(figures, releases, kind), kind, wanted.name)
    blocks = kind.blocks(Seen(user, school, figures, form.asked))
    found = {one.status for block in blocks for one in block.lines}
    query = urlencode({name: form.values[name] for name in ("release", *kind.filters)})
    file = [school.urn, kind.key or "summary"]
    return SchoolPage(
        kind,
        blocks,
        form,
        wanted,
        figures.audience,
        WHOLE if figures.whole else SUPPRESSED,
        [(word, meaning) for word, meaning in STATUS_MEANINGS.items() if word in found],
        page_links(
            school.urn or 0, f"?{urlencode({'release': wanted.name})}" if asked.get("release") else ""
        ),
        f"{reverse('school_standards_file', args=[*file, 'csv'])}?{query}",
        f"{reverse('school_standards_file', args=[*file, 'xlsx'])}?{query}",
    )
