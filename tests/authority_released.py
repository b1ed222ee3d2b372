"""A release of an authority for tests: handmade results with intervals and comparisons, of schools and neighbours."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl

from headway.figures import comparisons as comparing
from headway.figures.intervals import wilson
from headway.figures.tables import TABLES
from released import AUDIENCES, figure

AUTHORITY, NATION = "authority:936", "nation:england"
MEASURE, YEAR = "ks2_rwm_expected", 2019
SCHOOLS = {
    "school:100001": (20, 40),
    "school:100002": (38, 40),
    "school:100003": (12, 40),
    "school:100004": (24, 40),
    "school:100005": (3, 4),
}
"""How many of how many reached the expected standard, in each school of the release; the last is small."""


def row(organisation: str, met: int | None, pupils: int | None, **more: Any) -> dict[str, Any]:
    """A row of results with Wilson's interval."""
    made = figure(organisation, met, pupils, **{"year": YEAR, "measure": MEASURE, **more})
    if met is not None and pupils:
        lower, upper = wilson(met, pupils)
        made |= {"lower": lower, "upper": upper, "numerator_low": met, "numerator_high": met}
    return made


def rows(small_hidden: bool = False) -> list[dict[str, Any]]:
    """Two years of every school, the authority and the nation; of the last school nothing where small numbers are hidden."""
    made = []
    for year, change in ((YEAR, 0), (YEAR - 1, -6)):
        for school, (met, pupils) in SCHOOLS.items():
            hidden = small_hidden and pupils < 5
            shown = None if hidden else max(met + (change if pupils > 5 else 0), 0)
            made.append(row(school, shown, None if hidden else pupils, year=year))
        made.append(row(AUTHORITY, 97 + 4 * change, 164, year=year))
        made.append(
            row(NATION, 65 if year == YEAR else 64, 100, year=year, basis="published", denominator=600_000)
        )
        for group, met, pupils in (("disadvantaged", 20, 54), ("other", 77, 110)):
            made.append(row(AUTHORITY, met, pupils, year=year, group=group))
    return made


def compared(made: Iterable[Mapping[str, Any]]) -> pl.DataFrame:
    """The comparisons of these results."""
    frame = TABLES["results"].conform(pl.DataFrame(list(made))).lazy()
    nations = frame.filter(pl.col("organisation").str.starts_with("nation:"))
    areas = frame.filter(pl.col("organisation").str.starts_with("authority:"))
    parents = pl.DataFrame({"organisation": list(SCHOOLS), "parent": [AUTHORITY] * len(SCHOOLS)})
    found = comparing.comparisons(frame, nations=nations, authorities=areas, parents=parents, previous=frame)
    return TABLES["comparisons"].conform(found.collect())


_MADE: dict[str, Any] = {}


@cache
def service_folder() -> Path:
    """The service's folder of the tests of these pages: files of releases, and charts, are made once in a test run."""
    folder = Path(tempfile.mkdtemp(prefix="headway-authority-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def made_once(key: str, make: Callable[[], Any]) -> Any:
    """A release of a test run, made when it is first asked for; its files lie where `settings.SERVICE` then says."""
    if key not in _MADE:
        _MADE[key] = make()
    return _MADE[key]


def release(
    name: str = "Autumn", *, listed: Iterable[Mapping[str, Any]] = (), theirs: Iterable[Any] = ()
) -> Any:
    """The release: whole for those who see everything and each school of its own, without the small school for others.
    `listed` are rows of statistical neighbours, `theirs` their published figures."""
    from headway.web.standards import making, reading

    whole, shown = rows(), rows(small_hidden=True)
    keys = [*SCHOOLS, AUTHORITY, NATION]
    made = making.Made(name, AUTHORITY, [YEAR - 1, YEAR], [MEASURE], "run-0001", keys)
    folder = reading.folder()
    for audience in AUDIENCES:
        views = {"shown": whole if audience == "data_officer" else shown}
        if audience == "school":
            views["own"] = [one for one in whole if one["organisation"].startswith("school:")]
        for view, some in views.items():
            results = TABLES["results"].conform(pl.DataFrame(some))
            tables = {
                "results": results,
                "comparisons": compared(some),
                "estimates": TABLES["estimates"].empty(),
            }
            for table, frame in tables.items():
                made.files += making._written(frame, audience, view, table, folder)
        made.reports[audience] = {
            "figures": 1,
            "primary": 0,
            "secondary": 0,
            "rule": "",
            "rule_source": "",
            "holds": True,
        }
    if listed:
        made.files += making._for_everybody(pl.DataFrame(list(listed)), "neighbours", folder)
        published = (
            TABLES["results"].conform(pl.DataFrame(list(theirs))).select(list(reading.columns("results")))
        )
        made.files += making._for_everybody(published, "neighbour_results", folder)
    return made
