"""A run: from the tables of the store to `results` and `comparisons`, sorted by organisation.

Each cohort is read once, by one plan, on the engine chosen. What comes back are sums, a row a school
and group; from there on the work is done for one block of organisations at a time, so that the memory
needed does not grow with the nation.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl
import pyarrow.parquet as pq

from headway.figures.belongings import successions_of
from headway.figures.comparisons import NATIONS, comparisons
from headway.figures.counting import CountedYear, count_year, weights
from headway.figures.engines import engine as engine_called
from headway.figures.estimating import write_estimates
from headway.figures.figures import figures_of_sums, results_frame
from headway.figures.kept import kept_figures, with_kept_estimates
from headway.figures.matching import SamePupils
from headway.figures.pooling import three_years
from headway.figures.sources import Progress
from headway.figures.tables import COMPARISONS, FIGURE_KEY, RESULTS, Table

if TYPE_CHECKING:
    from headway.figures.runs import NewRun, Run, Snapshot
    from headway.figures.store import Store

BLOCK = 200_000
"""Rows of results made at a time, about."""

_ORDER = ["organisation", "measure", "group", "year", "years_pooled", "basis"]

Span = tuple[str, str]
"""A block of organisations: the first and the last of them, both included."""


def run(
    store: Store,
    *,
    engine: str | None = None,
    years: Sequence[int] | None = None,
    progress: Progress | None = None,
) -> Run:
    """Computes every figure of the store's pupils and published results, and publishes them as a new run.

    `engine` as `HEADWAY_ENGINE`; `years` limits the run to these years (all by default).
    Raises ValueError for an unknown engine. A run that fails leaves nothing.
    """
    tell = progress or _silence
    chosen = engine_called(engine)
    parameters = {"years": sorted(years) if years is not None else None}
    try:
        with store.new_run(engine=chosen.name, parameters=parameters) as new:
            working = new.folder / "working"
            working.mkdir()
            files = {one.receipt: one.file_name for one in new.inputs.inputs}
            carried = successions_of(new.inputs)
            same = SamePupils.among(new.inputs, working)
            counted = []
            kept = {one.year: one for one in kept_figures(store.runs(), new.inputs, working, years)}
            wanted = sorted({*_years(new.inputs, years), *kept})
            with _timed(new, "counting"):
                for done, year in enumerate(wanted):
                    tell(0.5 * done / len(wanted), f"counting {year}")
                    counted.append(
                        count_year(
                            new.inputs, chosen, year, working,
                            files=files, carried=carried, same=same, kept=kept.get(year),
                        )
                    )  # fmt: skip
            with _timed(new, "figures"):
                tell(0.5, "making figures")
                spans = _write_results(new, counted)
            with _timed(new, "comparisons"):
                tell(0.7, "comparing")
                _write_comparisons(new, counted, spans)
            with _timed(new, "estimates"):
                tell(0.95, "estimating value added")
                write_estimates(new, chosen, [year for year in wanted if year not in kept], same)
                with_kept_estimates(new.folder / "estimates.parquet", list(kept.values()), new.id)
            shutil.rmtree(working)
    finally:
        chosen.close()
    tell(1.0, "done")
    return store.run(new.id)


def _silence(done: float, doing: str) -> None:
    """Nobody is listening."""


@contextmanager
def _timed(new: NewRun, stage: str) -> Iterator[None]:
    began = time.perf_counter()
    yield
    new.timings[stage] = time.perf_counter() - began


def _years(inputs: Snapshot, wanted: Sequence[int] | None) -> list[int]:
    there = {year for table in ("pupils", "absence", "published_results") for year in inputs.years(table)}
    return sorted(there if wanted is None else there & set(wanted))


def _spans(years: Sequence[CountedYear]) -> list[Span]:
    """The organisations in blocks of about `BLOCK` rows, in order."""
    rows = weights(years)
    block = ((pl.col("rows").cum_sum() - pl.col("rows")) // BLOCK).alias("block")
    spans = rows.group_by(block, maintain_order=True).agg(
        first=pl.col("organisation").first(), last=pl.col("organisation").last()
    )
    return [(first, last) for _, first, last in spans.iter_rows()]


def _within(span: Span) -> pl.Expr:
    return pl.col("organisation").is_between(pl.lit(span[0]), pl.lit(span[1]))


def _write_results(new: NewRun, years: Sequence[CountedYear]) -> list[Span]:
    spans = _spans(years)
    with _parquet(new.folder / "results.parquet", RESULTS) as write:
        for span in spans:
            write(_block(new, years, span))
    return spans


def _block(new: NewRun, years: Sequence[CountedYear], span: Span) -> pl.DataFrame:
    single = [
        figures_of_sums(pl.scan_parquet(path).filter(_within(span)).collect(), measures, counted.year)
        for counted in years
        for path, measures in counted.sums
    ]
    single += [
        results_frame(pl.scan_parquet(path).filter(_within(span)))
        for counted in years
        for path in counted.rows
    ]
    if not single:
        return RESULTS.empty()
    each = pl.concat(single).collect()
    pooled = [three_years(each.lazy(), counted.year) for counted in years]
    published_so = each.lazy().filter(pl.col("years_pooled") > 1).select(FIGURE_KEY)
    ours = pl.concat(pooled).join(published_so, on=FIGURE_KEY, how="anti")
    return pl.concat([each.lazy(), ours]).with_columns(run=pl.lit(new.id)).sort(_ORDER).collect()


def _write_comparisons(new: NewRun, years: Sequence[CountedYear], spans: Sequence[Span]) -> None:
    results = pl.scan_parquet(new.folder / "results.parquet")
    nations = results.filter(pl.col("organisation").is_in(list(NATIONS.values()))).collect()
    authorities = results.filter(pl.col("organisation").str.starts_with("authority:")).collect()
    parents = [
        one.parents.filter(pl.col("kind") == "authority").with_columns(year=pl.lit(one.year, pl.Int64))
        for one in years
    ]
    with _parquet(new.folder / "comparisons.parquet", COMPARISONS) as write:
        for span in spans:
            block = results.filter(_within(span)).collect()
            made = comparisons(
                block.lazy(),
                nations=nations.lazy(),
                authorities=authorities.lazy(),
                parents=pl.concat(parents),
                previous=block.lazy(),
            )
            write(made.with_columns(run=pl.lit(new.id)).collect())


@contextmanager
def _parquet(path: Path, table: Table) -> Iterator[Callable[[pl.DataFrame], None]]:
    """Writes block after block into one file, a row group each."""
    names = [column.name for column in table.columns]
    schema = table.empty().select(names).to_arrow().schema
    with pq.ParquetWriter(path, schema, compression="zstd", compression_level=1) as writer:

        def write(rows: pl.DataFrame) -> None:
            if rows.height:
                writer.write_table(rows.select(names).to_arrow().cast(schema))

        yield write
