"""Making the immutable files of a release: what each audience may see of each table, suppressed once and for all.

Figures go into a file only as `releases.StoredRelease` gives them for the audience. A national release is for those who
see everything whole, so nothing needs deciding, and it is copied from the run in pieces that fit any memory.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from headway.figures import authorities, disclosure, register, releases
from headway.figures.models import neighbours, similar_schools
from headway.figures.models.terms import ModelError
from headway.figures.releases import StoredRelease
from headway.figures.runs import Run
from headway.figures.store import Store
from headway.figures.tables import FIGURE_KEY
from headway.web.standards.files import Writer, Written
from headway.web.standards.reading import BY_MEASURE, BY_ORGANISATION, columns

Progress = Callable[[float, str], None]
ORDERS = {"organisation": BY_ORGANISATION, "measure": BY_MEASURE}
_SORTED = {
    "organisation": ("organisation", "measure", "year", "years_pooled", "group"),
    "measure": (*BY_MEASURE, "organisation"),
}
_LAST = {"results": "basis", "comparisons": "comparator", "estimates": "model"}
ORGANISATIONS_AT_ONCE = 400
MEASURES_AT_ONCE = 4


@dataclass(frozen=True)
class MadeFile:
    """A file that was made, and what it holds for whom."""

    audience: str
    view: str
    table: str
    order: str
    written: Written


@dataclass
class Made:
    """A release that is ready to be published: its files, and the report of each audience."""

    name: str
    scope: str
    years: list[int]
    measures: list[str]
    run: str
    organisations: list[str]
    files: list[MadeFile] = field(default_factory=list)
    reports: dict[str, dict[str, object]] = field(default_factory=dict)


def make(
    store: Store,
    stored: StoredRelease,
    audiences: Sequence[str],
    folder: Path,
    *,
    progress: Progress | None = None,
) -> Made:
    """Decide a declared release for each audience and write its files into `folder`.

    Raises `releases.ReleaseError` where a decision does not hold, and ValueError for an unknown audience.
    """
    tell = progress or (lambda share, what: None)
    about = stored.declaration
    run = store.run(about.run)
    results = stored.results()
    made = Made(
        about.name,
        about.authority,
        sorted(results["year"].unique().to_list()),
        sorted(results["measure"].unique().to_list()),
        about.run,
        sorted(results["organisation"].unique().to_list()),
    )
    estimates = _estimates(run, made)
    for index, audience in enumerate(audiences):

        def deciding(share: float, what: str, audience: str = audience, index: int = index) -> None:
            tell((index + 0.8 * share) / len(audiences), f"{audience}: {what}")

        decision = releases.decide(store, stored, audience, progress=deciding)
        made.reports[audience] = {**decision.report.as_dict(), "holds": decision.report.holds}
        views: dict[str, list[str] | None] = {"shown": None}
        if decision.own_whole and decision.rule is not None:
            views["own"] = [one for one in made.organisations if one.startswith("school:")]
        for view, own in views.items():
            tell((index + 0.9) / len(audiences), f"{audience}: writing")
            tables = {
                "results": stored.shown(audience, own=own),
                "comparisons": stored.shown_comparisons(audience, own=own),
                "estimates": stored.applied(audience, estimates, own=own),
            }
            for table, frame in tables.items():
                if own is not None:
                    frame = frame.filter(pl.col("organisation").is_in(own))
                made.files += _written(frame, audience, view, table, folder)
    made.files += [*_similar(store, run, made, folder), *_neighbours(store, run, made, folder)]
    tell(1.0, "written")
    return made


EVERYBODY = "everybody"
"""What is no figure of the authority's, or is public already, is written once for every audience."""
_ALIKE = 20


def _for_everybody(frame: pl.DataFrame, table: str, folder: Path) -> Iterator[MadeFile]:
    if frame.is_empty():
        return
    with Writer(folder, BY_ORGANISATION) as writer:
        writer.add(frame)
    assert writer.written is not None
    yield MadeFile(EVERYBODY, "shown", table, "organisation", writer.written)


def _similar(store: Store, run: Run, made: Made, folder: Path) -> Iterator[MadeFile]:
    """The schools of the release most like each by who their pupils are, never by results."""
    kinds = register.organisations(store).select("organisation", "kind_of_school")
    try:
        known = similar_schools.characteristics(run.results(), made.years[-1])
        among = known.filter(pl.col("organisation").is_in(made.organisations)).join(kinds, on="organisation")
        pairs = similar_schools.similar(among, count=_ALIKE, alike=["kind_of_school"])
    except (ModelError, ValueError):
        return  # too little is known of the schools to say who is like whom
    yield from _for_everybody(
        pairs.select("organisation", "neighbour", "rank").sort("organisation", "rank"), "similar", folder
    )


def _neighbours(store: Store, run: Run, made: Made, folder: Path) -> Iterator[MadeFile]:
    """The authority's statistical neighbours as the list that was loaded names them, and what they have published."""
    try:
        listed = neighbours.listed(store.frame("memberships"), made.scope)
    except ModelError:
        return  # no list is loaded
    known = authorities.authorities()
    titles = {
        one: known[code].name for one in listed["neighbour"] if (code := one.partition(":")[2]) in known
    }
    yield from _for_everybody(
        listed.with_columns(name=pl.col("neighbour").replace(titles)).sort("organisation", "rank"),
        "neighbours",
        folder,
    )
    of_neighbours = run.results().filter(
        pl.col("organisation").is_in(listed["neighbour"].to_list())
        & pl.col("year").is_in(made.years)
        & pl.col("measure").is_in(made.measures)
    )
    every = of_neighbours.collect()
    public = every.join(releases.published(every), on=list(FIGURE_KEY), how="semi")
    order = [*_SORTED["organisation"], "basis"]
    yield from _for_everybody(
        public.select(list(columns("results"))).sort(order), "neighbour_results", folder
    )


def _estimates(run: Run, made: Made) -> pl.DataFrame:
    """What the run's models say of the release's organisations and years."""
    chosen = pl.col("organisation").is_in(made.organisations) & pl.col("year").is_in(made.years)
    return run.estimates().filter(chosen).collect()


def _written(frame: pl.DataFrame, audience: str, view: str, table: str, folder: Path) -> Iterator[MadeFile]:
    kept = frame.select(list(columns(table)))
    for order in ORDERS:
        with Writer(folder, ORDERS[order]) as writer:
            writer.add(kept.sort(*_SORTED[order], _LAST[table]))
        assert writer.written is not None
        yield MadeFile(audience, view, table, order, writer.written)


def make_national(
    run: Run,
    name: str,
    folder: Path,
    *,
    years: Iterable[int] | None,
    measures: Iterable[str] | None,
    progress: Progress | None = None,
) -> Made:
    """Write the files of a release of every school for those who see everything whole, figures on their best basis.

    Raises `releases.ReleaseError` where the run has no such figures.
    """
    tell = progress or (lambda share, what: None)
    chosen = pl.lit(True)
    if years is not None:
        chosen &= pl.col("year").is_in(sorted(set(years)))
    if measures is not None:
        chosen &= pl.col("measure").is_in(sorted(set(measures)))
    every = run.results().filter(chosen)
    found = every.select(
        pl.col("year").unique().sort().implode(), pl.col("measure").unique().sort().implode()
    ).collect()
    made = Made(name, "nation:england", found["year"][0].to_list(), found["measure"][0].to_list(), run.id, [])
    if not made.years:
        raise releases.ReleaseError(f"There are no such figures in {run.id}.")
    keys = every.select(pl.col("organisation").unique().sort()).collect()["organisation"].to_list()
    pieces = {
        "organisation": [pl.col("organisation").is_in(some) for some in _some(keys, ORGANISATIONS_AT_ONCE)],
        "measure": [pl.col("measure").is_in(some) for some in _some(made.measures, MEASURES_AT_ONCE)],
    }
    audience = disclosure.settings().audience("data_officer")
    jobs = [(table, order) for table in _LAST for order in ORDERS]
    for done, (table, order) in enumerate(jobs):
        in_years = pl.col("year").is_in(made.years) if table == "estimates" else chosen
        rows = run.table(table).filter(in_years)
        parts = pieces[order]
        if table == "estimates":
            parts = [pl.lit(True)] if order == "measure" else parts
        with Writer(folder, ORDERS[order]) as writer:
            for index, part in enumerate(parts):
                frame = _best(rows.filter(part).collect(), table)
                writer.add(frame.select(list(columns(table))).sort(*_SORTED[order], _LAST[table]))
                tell((done + (index + 1) / len(parts)) / len(jobs), f"{table} by {order}")
        assert writer.written is not None
        made.files.append(MadeFile(audience.key, "shown", table, order, writer.written))
    rows_written = next(one.written.rows for one in made.files if one.table == "results")
    empty = disclosure.Report(
        name, audience.key, "every figure is shown", audience.source, rows_written, 0, 0
    )
    made.reports[audience.key] = {**empty.as_dict(), "holds": True}
    return made


def _some(keys: Sequence[str], size: int) -> list[list[str]]:
    return [list(keys[start : start + size]) for start in range(0, len(keys), size)]


def _best(rows: pl.DataFrame, table: str) -> pl.DataFrame:
    """Each figure once, on its best basis; comparisons of several bases stay, and are read beside their figure."""
    if table != "results":
        return rows
    rank = {basis: rank for rank, basis in enumerate(releases.BASES)}
    figure = ["organisation", "year", "years_pooled", "measure", "group"]
    return rows.sort(*figure, pl.col("basis").replace_strict(rank, return_dtype=pl.Int64)).unique(
        figure, keep="first", maintain_order=True
    )
