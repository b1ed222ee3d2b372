"""For whom a document may be made, and what may stand in it: what its readers may see, and never more than its maker sees.

A document for governors is read by governors, whoever makes it. So its figures come from the release's files for that
audience; where the maker sees less of a figure than those readers would, so does the document.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

import polars as pl
from django.http import Http404

from headway.web.people.models import User
from headway.web.standards import files, sight
from headway.web.standards.models import Release
from headway.web.standards.reading import BY_ORGANISATION, Figures, columns, folder
from headway.web.standards.sight import Sight, View

TITLES = {
    "data_officer": "those who see the figures whole",
    "school": "the school’s own leaders",
    "governors": "governors of the school",
    "councillors": "councillors and scrutiny",
    "other_schools": "other schools",
    "public": "the public",
}
"""Readers of a document, in words that follow “for”."""
_KEY = ("organisation", "year", "years_pooled", "measure", "group")
_OF_TABLE = {"results": ("basis",), "comparisons": ("basis", "comparator"), "estimates": ("model",)}


@dataclass(frozen=True)
class Recipient:
    """Readers of a document: their audience, and through which view they see the organisation that it is about."""

    key: str
    title: str
    view: View

    @property
    def sees_whole(self) -> bool:
        """Whether nothing of the organisation is suppressed for them."""
        return self.view.is_whole


def recipients(user: User, organisation: str, release: Release) -> tuple[Recipient, ...]:
    """For whom the person may make documents about the organisation, those who see most first; none where the person may
    not see it. Whoever sees everything may make them for every audience of the release, a school for its own leaders and
    for those who see less, everybody else for their own audience."""
    seen = sight.sight(user, release)
    own = seen.of(organisation)
    if own is None:
        return ()
    found = [own]
    if own.rank < 2:
        there = {(audience, view) for audience, view, _, _ in seen.files}
        school = View(1, "school", "own")
        if own.rank == 0 and organisation.startswith("school:") and ("school", "own") in there:
            found.append(school)
        found += [
            View(2, audience, "shown")
            for audience in ("governors", "councillors", "other_schools", "public")
            if (audience, "shown") in there
        ]
    return tuple(
        Recipient(view.audience, TITLES.get(view.audience, view.audience), view)
        for view in dict.fromkeys(found)
    )


def figures_for(user: User, organisation: str, recipient: str, *, release: Release) -> Figures:
    """The figures of an organisation for a document of these readers. Raises Http404 where the person may not see the
    organisation, or may not make documents for these readers."""
    chosen = next((one for one in recipients(user, organisation, release) if one.key == recipient), None)
    if chosen is None:
        raise Http404
    seen = sight.sight(user, release)
    mine = seen.of(organisation)
    results, comparisons, estimates = (
        _rows(seen, chosen.view, mine, organisation, table)
        for table in ("results", "comparisons", "estimates")
    )
    return Figures(
        release, organisation, chosen.view.audience, chosen.sees_whole, results, comparisons, estimates
    )


def beside_for(
    user: User,
    organisations: Collection[str],
    recipient: Recipient,
    *,
    release: Release,
    measures: Iterable[str],
) -> pl.DataFrame:
    """Figures of other organisations (the authority, the nation, similar schools) for a document of these readers, as those
    readers see what is not theirs: columns of `results`."""
    seen = sight.sight(user, release)
    theirs = recipient.view if recipient.view.rank == 0 else View(2, recipient.view.audience, "shown")
    found = []
    for organisation in sorted(set(organisations)):
        mine = seen.of(organisation) or (seen.others if organisation.startswith("school:") else None)
        if mine is not None:
            found.append(_rows(seen, theirs, mine, organisation, "results"))
    rows = pl.concat(found) if found else pl.DataFrame(schema=columns("results"))
    return rows.filter(pl.col("measure").is_in(list(measures)))


def _rows(seen: Sight, theirs: View, mine: View | None, organisation: str, table: str) -> pl.DataFrame:
    """The rows of a table as these readers see them, and no more of any than the maker sees."""
    rows = _read(seen, theirs, organisation, table)
    if mine is None or mine == theirs or mine.rank == 0:
        return rows
    known = _read(seen, mine, organisation, table)
    key = [*_KEY, *_OF_TABLE[table]]
    hidden = known.filter(_hidden(table)).join(rows.select(key), on=key, how="semi")
    kept = rows.join(known.select(key), on=key, how="semi").join(hidden.select(key), on=key, how="anti")
    return pl.concat([kept, hidden.select(kept.columns)])


def _hidden(table: str) -> pl.Expr:
    if table == "results":
        return pl.col("status") == "suppressed"
    if table == "comparisons":
        return pl.col("because") == "suppressed"
    return pl.col("estimate").is_null()


def _read(seen: Sight, view: View, organisation: str, table: str) -> pl.DataFrame:
    file = seen.file(view, table)
    if file is None:
        return pl.DataFrame(schema=columns(table))
    return files.read(folder(), file.sha256, BY_ORGANISATION, (organisation,))
