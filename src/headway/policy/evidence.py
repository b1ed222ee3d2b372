"""What is loaded, as profiles for a scheme: from a store and one of its runs."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date

import polars as pl

from headway.figures import register
from headway.figures.inspections import one_event_each
from headway.figures.runs import Run
from headway.figures.store import Store
from headway.policy.gathering import gathered, open_on, within_the_service
from headway.policy.profiles import Entered, Profile
from headway.policy.schemes import Scheme


def open_schools(store: Store, day: date) -> pl.DataFrame:
    """Every school that a primary service categorises and that was open on the day, by name, as the register describes
    it: organisation, name, kind_of_school, responsible, authority, federation."""
    known = register.organisations(store).filter(pl.col("kind") == "school")
    return (
        within_the_service(open_on(known, day))
        .select("organisation", "name", "kind_of_school", "responsible", "authority", "federation")
        .sort("name", "organisation")
    )


def profiles_of(
    store: Store,
    run: Run,
    scheme: Scheme,
    schools: pl.DataFrame,
    *,
    year: int,
    as_at: date,
    entered: Iterable[tuple[str, Entered]] = (),
    everywhere: bool = False,
) -> list[Profile]:
    """A profile of each of these schools (rows of `open_schools`): its figures in the run, its inspections known on the
    day, and what people entered. `everywhere` says that they are all of `open_schools`, which is then read whole."""
    return gathered(
        scheme,
        year,
        schools,
        results=run.results(),
        comparisons=run.comparisons(),
        inspected=inspected(store, None if everywhere else schools["organisation"].to_list()),
        as_at=as_at,
        entered=entered,
        everywhere=everywhere,
    )


def inspected(
    store: Store, schools: Collection[str] | None = None
) -> tuple[pl.DataFrame, pl.DataFrame] | None:
    """Inspections and judgements of these schools (of all without), each inspection once; None where none are loaded
    of any school, which is something else than a school that was never inspected."""
    frames = [store.frame(table) for table in ("inspections", "judgements")]
    if all(frame.head(1).collect().is_empty() for frame in frames):
        return None
    if schools is not None:
        frames = [frame.filter(pl.col("organisation").is_in(list(schools))) for frame in frames]
    return one_event_each(frames[0].collect(), frames[1].collect())
