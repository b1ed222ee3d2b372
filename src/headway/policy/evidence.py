"""What is loaded, as profiles for a scheme: from a store and one of its runs."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date

import polars as pl

from headway.figures import register
from headway.figures.inspections import one_event_each
from headway.figures.runs import Run
from headway.figures.store import Store
from headway.policy.gathering import gathered, open_on
from headway.policy.profiles import Entered, Profile
from headway.policy.schemes import Scheme


def profiles_of(
    store: Store,
    run: Run,
    scheme: Scheme,
    *,
    year: int,
    as_at: date,
    schools: Collection[str],
    entered: Iterable[tuple[str, Entered]] = (),
) -> list[Profile]:
    """A profile of each of these schools (by key) that was open on the day, by name: its figures in the run, its
    inspections known on the day, and what people entered."""
    known = register.organisations(store).filter(pl.col("organisation").is_in(list(schools)))
    described = open_on(known, as_at).sort("name", "organisation")
    inspections, judged = one_event_each(
        _of(store, "inspections", schools), _of(store, "judgements", schools)
    )
    return gathered(
        scheme,
        year,
        described.select("organisation", "name", "kind_of_school", "responsible", "authority", "federation"),
        results=run.results(),
        comparisons=run.comparisons(),
        inspections=inspections,
        judgements=judged,
        as_at=as_at,
        entered=entered,
    )


def _of(store: Store, table: str, schools: Collection[str]) -> pl.DataFrame:
    return store.frame(table).filter(pl.col("organisation").is_in(list(schools))).collect()
