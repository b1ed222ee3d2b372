"""Releases for tests: handmade ones of a few figures, and a small authority's as `headway publish` makes them."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any
from unittest.mock import patch

import polars as pl

from headway.figures.tables import TABLES

AUDIENCES = ("data_officer", "school", "governors", "councillors", "other_schools")
MEASURE, YEAR = "ks2_rwm_expected", 2026


def figure(organisation: str, met: int | None, pupils: int | None, **more: Any) -> dict[str, Any]:
    """A row of results; suppressed where `met` is None."""
    row = {
        "organisation": organisation,
        "year": YEAR,
        "years_pooled": 1,
        "measure": MEASURE,
        "group": "all",
        "basis": "pupils",
        "status": "suppressed" if met is None else "reported",
        "numerator": met,
        "denominator": pupils if met is not None else None,
        "value": None if met is None or not pupils else 100 * met / pupils,
        "source": None if met is None else f"{pupils} pupil rows of made_up.csv",
        "run": "run-0001",
    }
    return row | more


def handmade(
    name: str,
    scope: str,
    whole: Iterable[Mapping[str, Any]],
    shown: Iterable[Mapping[str, Any]] | None = None,
) -> Any:
    """A release of these figures, its files written into the service's folder: `whole` for who sees everything and each
    school of its own, `shown` (the same where None) for everybody else. Publish it with `actions.publish`."""
    from headway.web.standards import making, reading

    whole = [dict(row) for row in whole]
    frames = {"whole": whole, "shown": whole if shown is None else [dict(row) for row in shown]}
    results = {key: TABLES["results"].conform(pl.DataFrame(rows)) for key, rows in frames.items()}
    made = making.Made(
        name, scope, [YEAR], [MEASURE], "run-0001", sorted({str(row["organisation"]) for row in whole})
    )
    for audience in AUDIENCES:
        views = {"shown": results["whole" if audience == "data_officer" else "shown"]}
        if audience == "school":
            views["own"] = results["whole"].filter(pl.col("organisation").str.starts_with("school:"))
        for view, frame in views.items():
            for table in ("results", "comparisons", "estimates"):
                rows = frame if table == "results" else TABLES[table].empty()
                made.files += making._written(rows, audience, view, table, reading.folder())
        made.reports[audience] = {
            "figures": len(whole), "primary": 0, "secondary": 0, "rule": "made up", "rule_source": "a test", "holds": True,
        }  # fmt: skip
    return made


SCHOOLS = (100001, 100002, 100003, 100004, 100005, 100006)
"""Schools of authority 936 in the small authority; the first is the one of the tests' people."""


def small_authority() -> Path:
    """A home with a store of six schools and a run, copied where HEADWAY_HOME says."""
    home = Path(os.environ["HEADWAY_HOME"])
    shutil.copytree(_small_authority(), home)
    return home


@cache
def _small_authority() -> Path:
    from cli import headway
    from small_authority import pupils, register, write

    folder = Path(tempfile.mkdtemp(prefix="headway-small-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    rows = []
    for place, urn in enumerate(SCHOOLS):
        for year in (2025, 2026):
            number = 22 + 3 * place + (year == 2025)
            rows += pupils(urn, number, disadvantaged=3 + place, passing=11 + place, year=year)
    files = [write(folder / "register.csv", register(*SCHOOLS)), write(folder / "pupils.csv", rows)]
    with patch.dict(os.environ, {"HEADWAY_HOME": str(folder / "home")}):
        for answer in (headway("load", *files), headway("run")):
            assert answer.code == 0, answer.out + answer.err
        _decide(folder / "home")
    return folder / "home"


DECLARED = "Summer"
"""The release that the small authority has decided already for every audience, so that publishing it is quick."""


def _decide(home: Path) -> None:
    from headway.commands.selection import HEADLINES
    from headway.figures import releases
    from headway.figures.store import Store

    store = Store.open(home)
    run = store.latest_run()
    assert run is not None
    opened = releases.Opened(("disadvantaged", "other"), YEAR)
    years = [2025, 2026]
    release = releases.declare(
        store, run, DECLARED, authority="936", years=years, measures=HEADLINES, opened=opened
    )
    for audience in AUDIENCES:
        releases.decide(store, release, audience)
