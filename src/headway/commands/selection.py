"""Which figures a command shows: from the latest run, through the one door for numbers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import polars as pl

from headway.commands.output import UserError
from headway.figures import disclosure, releases
from headway.figures.headlines import HEADLINES as HEADLINES
from headway.figures.measures import registry
from headway.figures.measures.groups import GROUPS
from headway.figures.runs import Run
from headway.figures.store import Store, StoreError

NATIONS = releases.NATIONS

_COLUMNS = (
    "organisation", "year", "years_pooled", "measure", "group", "basis", "status", "numerator", "denominator", "value",
    "lower", "upper", "numerator_low", "numerator_high", "description", "source", "label", "run",
)  # fmt: skip


def latest_run(store: Store) -> Run:
    """The latest run; a `UserError` that says what to do where there is none."""
    run = store.latest_run()
    if run is None:
        loaded = any(receipt.state == "live" for receipt in store.receipts())
        advice = "Type: headway run" if loaded else "Type: headway load FILES, then: headway run"
        raise UserError(f"There are no figures yet. {advice}")
    return run


def is_stale(store: Store, run: Run) -> bool:
    """Whether something has been loaded or taken back since the run."""
    return {one.receipt for one in run.inputs} != {one.receipt for one in store.snapshot().inputs}


@dataclass(frozen=True)
class Reader:
    """For whom figures are shown: the latest run for those entitled to all, a decided release for everybody else."""

    results: pl.LazyFrame
    comparisons: pl.LazyFrame
    run: Run
    release: str | None = None


def reader(store: Store, audience: str, release: str | None, own: str | None = None) -> Reader:
    """What the audience may read. A `UserError` says how to make the release that it needs."""
    run = latest_run(store)
    try:
        rule = disclosure.settings().audience(audience).rule
    except ValueError as error:
        raise UserError(str(error), exit_code=2) from error
    if release is None:
        if rule is None:
            return Reader(run.results(), run.comparisons(), run)
        raise UserError(
            f"Figures leave for {audience} by a release, decided as a whole so that nothing hidden can be worked out.\n"
            f"First: headway disclose NAME --authority CODE --year YEAR --audience {audience}\n"
            f"Then add: --release NAME"
        )
    try:
        chosen = releases.release(store, release)
        shown = chosen.shown(audience, own=own)
        comparisons = chosen.shown_comparisons(audience, own=own)
        run = store.run(chosen.declaration.run)
    except (releases.ReleaseError, StoreError, ValueError) as error:
        raise UserError(str(error)) from error
    return Reader(shown.lazy(), comparisons.lazy(), run, release)


def figures_for(
    results: pl.LazyFrame,
    *,
    organisations: Iterable[str] | None = None,
    years: Iterable[int] | None = None,
    measures: Iterable[str] | None = None,
    groups: Iterable[str] | None = None,
) -> pl.DataFrame:
    """The figures asked for, best basis first."""
    wanted = results
    for column, values in (
        ("organisation", organisations),
        ("year", years),
        ("measure", measures),
        ("group", groups),
    ):
        if values is not None:
            wanted = wanted.filter(pl.col(column).is_in(list(values)))
    return in_order(wanted.collect())


def in_order(frame: pl.DataFrame) -> pl.DataFrame:
    """Sorted for reading: organisation, year, measure, group; single years before pooled ones, the best basis first."""
    order = [group.key for group in GROUPS]
    return (
        frame.with_columns(
            pl.col("basis")
            .replace_strict({basis: rank for rank, basis in enumerate(releases.BASES)}, default=9)
            .alias("_basis"),
            pl.col("group")
            .replace_strict({group: rank for rank, group in enumerate(order)}, default=99)
            .alias("_group"),
        )
        .sort("organisation", "year", "years_pooled", "measure", "_group", "group", "_basis")
        .select([name for name in _COLUMNS if name in frame.columns])
    )


def headline_measures(asked: Iterable[str] | None, everything: bool) -> list[str] | None:
    """The measures to show: those asked for, all (None), or the headline ones."""
    return checked_measures(asked) or (None if everything else list(HEADLINES))


def by_headline(row: tuple[str, ...] | dict[str, object]) -> int:
    """Where a measure stands among the headline ones; the others come after."""
    key = row["measure"] if isinstance(row, dict) else row[0]
    return HEADLINES.index(str(key)) if key in HEADLINES else len(HEADLINES)


def best(frame: pl.DataFrame) -> pl.DataFrame:
    """One row a figure: the best basis of each."""
    return frame.unique(
        ["organisation", "year", "years_pooled", "measure", "group"], keep="first", maintain_order=True
    )


def checked_measures(keys: Iterable[str] | None) -> list[str] | None:
    """The measures asked for; a `UserError` with the nearest names where one is unknown."""
    if not keys:
        return None
    known = registry()
    for key in keys:
        if key not in known:
            from difflib import get_close_matches

            near = get_close_matches(key, known, n=3, cutoff=0.4)
            hint = f" Did you mean {', '.join(near)}?" if near else ""
            raise UserError(f"There is no measure {key}.{hint} All of them: headway measures", exit_code=2)
    return list(keys)


def nothing_of(results: pl.LazyFrame, organisation: str, year: int | None) -> str:
    """What to say where there is no such figure: which years there are, or what to load."""
    years = (
        results.filter(pl.col("organisation") == organisation)
        .select(pl.col("year").unique().sort())
        .collect()["year"]
        .to_list()
    )
    when = f" in {year}" if year else ""
    if years:
        return f"There is no such figure of {organisation}{when}. There are figures of it for {', '.join(map(str, years))}."
    return f"There are no figures of {organisation}. Load a file that has it, then type: headway run"
