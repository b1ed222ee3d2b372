"""What a person may see of which release: the only way from a page, a document or the API to a figure.

Every figure comes from a release's immutable file for the audience as which the person sees that organisation. No page
computes a new total. A file that is missing or is not what was published raises `files.DamagedFileError`: nothing
is shown of it.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import polars as pl
from django.conf import settings
from django.http import Http404

from headway.figures.tables import TABLES
from headway.web.people.models import User
from headway.web.standards import files, sight
from headway.web.standards.models import Release, ReleaseFile
from headway.web.standards.sight import Sight, View

BY_ORGANISATION = ("organisation",)
BY_MEASURE = ("measure", "year", "years_pooled", "group")
"""What the files of each order are found by."""
_NOT_GIVEN = ("total", "total_squares", "total_base")


def folder() -> Path:
    """Where the files of releases lie."""
    return Path(settings.SERVICE) / "releases"


def columns(table: str) -> dict[str, pl.DataType | type[pl.DataType]]:
    """The columns of a table in a release: those of the figures, less the sums from which they are made."""
    return {name: kind for name, kind in TABLES[table].schema.items() if name not in _NOT_GIVEN}


@dataclass(frozen=True)
class Figures:
    """What a person sees of one organisation in one release. Frames have the columns of `results`, `comparisons` and
    `estimates` (one row a figure; hidden ones have the status `suppressed` and no numbers). `whole` says that nothing of
    its own figures is suppressed; `audience` as whose reader the person sees it."""

    release: Release
    organisation: str
    audience: str
    whole: bool
    results: pl.DataFrame
    comparisons: pl.DataFrame
    estimates: pl.DataFrame


def releases_for(user: User, organisation: str | None = None) -> list[Release]:
    """The releases that a person may choose among (those that hold the organisation), newest first."""
    return sight.seen(user) if organisation is None else sight.covering(user, organisation)


def release_for(
    user: User, organisation: str | None = None, release: Release | str | None = None
) -> Release | None:
    """The release meant (by name or itself), or the newest; None where there is none in which the person may see the
    organisation. One that was taken back, or that they may not see, is none."""
    found = releases_for(user, organisation)
    if release is None or release == "":
        return found[0] if found else None
    name = release if isinstance(release, str) else release.name
    return next((one for one in found if one.name == name), None)


def school_figures(user: User, organisation: str, *, release: Release | str | None = None) -> Figures:
    """Everything that a person may see of one school, trust, authority or nation. Raises Http404 where that is nothing."""
    chosen = release_for(user, organisation, release)
    if chosen is None:
        raise Http404
    seen = sight.sight(user, chosen)
    view = seen.of(organisation)
    assert view is not None
    results, comparisons, estimates = (
        _rows(seen, view, table, BY_ORGANISATION, (organisation,))
        for table in ("results", "comparisons", "estimates")
    )
    return Figures(chosen, organisation, view.audience, view.is_whole, results, comparisons, estimates)


def comparisons_across(
    user: User,
    measure: str,
    *,
    year: int,
    group: str = "all",
    years_pooled: int = 1,
    release: Release | str | None = None,
) -> pl.DataFrame:
    """The comparisons of one measure of one year and group, of every organisation that the person may see."""
    return _across(user, "comparisons", (measure, year, years_pooled, group), release)


def rows_of(user: User, organisation: str, *, release: Release) -> pl.DataFrame:
    """The results of one organisation, such as the authority or the nation, as the person sees them; none where they may
    not. Cheaper than `school_figures` where nothing else is wanted."""
    seen = sight.sight(user, release)
    view = seen.of(organisation)
    if view is None:
        return pl.DataFrame(schema=columns("results"))
    return _rows(seen, view, "results", BY_ORGANISATION, (organisation,))


def rows_of_file(file: ReleaseFile, organisation: str) -> pl.DataFrame:
    """What one file of a release says of an organisation, for those who look after releases."""
    return files.read(folder(), file.sha256, BY_ORGANISATION, (organisation,))


def measure_figures(
    user: User,
    measure: str,
    *,
    year: int,
    group: str = "all",
    years_pooled: int = 1,
    release: Release | str | None = None,
) -> pl.DataFrame:
    """One measure of one year and group over every organisation that the person may see: columns of `results`, and
    `whole`. Without rows where there is no release for them."""
    return _across(user, "results", (measure, year, years_pooled, group), release)


def estimates_across(
    user: User,
    measure: str,
    *,
    year: int,
    model: str = "value_added",
    group: str = "all",
    years_pooled: int = 1,
    release: Release | str | None = None,
) -> pl.DataFrame:
    """What a model says of every organisation that the person may see: columns of `estimates`, and `whole`."""
    found = _across(user, "estimates", (measure, year, years_pooled, group), release)
    return found.filter(pl.col("model") == model)


def other_schools(
    user: User,
    organisations: Collection[str],
    measure: str,
    *,
    year: int,
    group: str = "all",
    years_pooled: int = 1,
    release: Release,
) -> pl.DataFrame:
    """One measure of schools that need not be the person's own, such as similar ones: columns of `results`, and `mine`.
    Those of which the person may see more are given as they see them, the others with small numbers suppressed."""
    seen = sight.sight(user, release)
    views: dict[View, set[str]] = {}
    for organisation in organisations:
        view = seen.of(organisation) or seen.others
        if view is not None:
            views.setdefault(view, set()).add(organisation)
    key = (measure, year, years_pooled, group)
    found = [
        _rows(seen, view, "results", BY_MEASURE, key).filter(pl.col("organisation").is_in(list(keys)))
        for view, keys in views.items()
    ]
    rows = pl.concat(found) if found else pl.DataFrame(schema=columns("results"))
    return rows.with_columns(mine=pl.col("organisation").is_in(list(seen.views)))


def similar_schools(user: User, organisation: str, *, release: Release) -> list[str]:
    """The schools of the release most like this one, the most alike first; none where that is not known, or where the
    person may not see this school."""
    found = _of_everybody(user, organisation, "similar", release)
    return [] if found is None else list(found.sort("rank")["neighbour"])


def neighbours(user: User, authority: str, *, release: Release) -> pl.DataFrame:
    """The authority's statistical neighbours: organisation, neighbour, rank, note (how close), source, name. Without rows
    where no list was loaded, or the person may not see the authority."""
    found = _of_everybody(user, authority, "neighbours", release)
    names = ("organisation", "neighbour", "rank", "note", "source", "name")
    kinds = {name: pl.Int64 if name == "rank" else pl.String for name in names}
    return pl.DataFrame(schema=kinds) if found is None else found


def neighbour_figures(user: User, authority: str, *, release: Release) -> pl.DataFrame:
    """What the authority's statistical neighbours have published of themselves: columns of `results`."""
    seen = sight.sight(user, release)
    file = seen.files.get(("everybody", "shown", "neighbour_results", "organisation"))
    if file is None or seen.of(authority) is None:
        return pl.DataFrame(schema=columns("results"))
    return files.read(folder(), file.sha256, BY_ORGANISATION, None)


def _of_everybody(user: User, organisation: str, table: str, release: Release) -> pl.DataFrame | None:
    seen = sight.sight(user, release)
    file = seen.files.get(("everybody", "shown", table, "organisation"))
    if file is None or seen.of(organisation) is None:
        return None
    return files.read(folder(), file.sha256, BY_ORGANISATION, (organisation,))


def _across(user: User, table: str, key: tuple[object, ...], release: Release | str | None) -> pl.DataFrame:
    # What the person may see of a release is asked of the release itself, which its name alone does not hold.
    chosen = release if isinstance(release, Release) else release_for(user, None, release)
    found = []
    if chosen is not None:
        seen = sight.sight(user, chosen)
        for view, organisations in seen.by_view().items():
            rows = _rows(seen, view, table, BY_MEASURE, key)
            mine = rows.filter(pl.col("organisation").is_in(list(organisations)))
            found.append(mine.with_columns(whole=pl.lit(view.is_whole)))
    if not found:
        return pl.DataFrame(schema={**columns(table), "whole": pl.Boolean})
    return pl.concat(found).sort(
        "organisation", {"results": "basis", "comparisons": "comparator"}.get(table, "model")
    )


def _rows(
    seen: Sight, view: View, table: str, key: tuple[str, ...], wanted: tuple[object, ...]
) -> pl.DataFrame:
    order = "organisation" if key == BY_ORGANISATION else "measure"
    file = seen.file(view, table, order)
    if file is None:
        return pl.DataFrame(schema=columns(table))
    return files.read(folder(), file.sha256, key, wanted)
