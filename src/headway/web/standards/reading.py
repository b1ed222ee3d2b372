"""What a person may see of which release: the only way from a page, a document or the API to a figure.

Every figure comes from a release's immutable file for the audience as which the person sees that organisation. No page
computes a new total. A file that is missing or is not what was published raises `files.DamagedFileError`: nothing
is shown of it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

import polars as pl
from django.conf import settings
from django.http import Http404

from headway.figures.tables import TABLES
from headway.web.people.models import User
from headway.web.standards import files, sight
from headway.web.standards.models import Release
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
    user: User, organisations: Collection[str], *, release: Release, measures: Iterable[str] | None = None
) -> pl.DataFrame:
    """Figures of schools that are not the person's own, such as similar ones, as their audience may see them: columns of
    `results`. Schools of which the person may see more are given as they see them."""
    seen = sight.sight(user, release)
    found = []
    for organisation in sorted(set(organisations)):
        view = seen.of(organisation) or seen.others
        if view is not None:
            found.append(_rows(seen, view, "results", BY_ORGANISATION, (organisation,)))
    rows = pl.concat(found) if found else pl.DataFrame(schema=columns("results"))
    return rows if measures is None else rows.filter(pl.col("measure").is_in(list(measures)))


def _across(user: User, table: str, key: tuple[object, ...], release: Release | str | None) -> pl.DataFrame:
    chosen = release_for(user, None, release)
    found = []
    if chosen is not None:
        seen = sight.sight(user, chosen)
        for view, organisations in seen.by_view().items():
            rows = _rows(seen, view, table, BY_MEASURE, key)
            mine = rows.filter(pl.col("organisation").is_in(list(organisations)))
            found.append(mine.with_columns(whole=pl.lit(view.is_whole)))
    if not found:
        return pl.DataFrame(schema={**columns(table), "whole": pl.Boolean})
    return pl.concat(found).sort("organisation", *(["basis"] if table == "results" else []))


def _rows(
    seen: Sight, view: View, table: str, key: tuple[str, ...], wanted: tuple[object, ...]
) -> pl.DataFrame:
    order = "organisation" if key == BY_ORGANISATION else "measure"
    file = seen.file(view, table, order)
    if file is None:
        return pl.DataFrame(schema=columns(table))
    return files.read(folder(), file.sha256, key, wanted)
