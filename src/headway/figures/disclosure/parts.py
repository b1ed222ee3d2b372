"""A decision taken part by part: what no relation ties together is decided by itself, and put together again.

Every relation of `gathering` lies within one family of measures (a stage: their names begin alike), and within years that
pooled years tie together. So the stages and years of a release are attacked one after another, or side by side, and the
whole is as safe as its parts: a reader learns nothing of one from another.
"""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import replace
from threading import Thread

import polars as pl

from headway.figures.disclosure.decision import Decision, Release, decide
from headway.figures.disclosure.report import Report
from headway.figures.disclosure.rules import Rule, settings
from headway.figures.tables import FIGURE_KEY

Progress = Callable[[float, str], None]
SIDE_BY_SIDE = 3_000
"""Figures from which on it pays to use every processor."""


def parts(release: Release) -> list[Release]:
    """The release in parts that no relation ties together, the largest first."""
    family = pl.col("measure").str.split("_").list.first()
    rows = release.results.with_columns(_family=family)
    found = []
    for (name,), of_family in rows.group_by("_family", maintain_order=True):
        for years in _tied_years(of_family):
            chosen = of_family.filter(pl.col("year").is_in(years)).drop("_family")
            found.append((chosen.height, str(name), years, chosen))
    return [
        replace(release, results=results)
        for _, _, _, results in sorted(found, key=lambda one: (-one[0], one[1], one[2]))
    ]


def _tied_years(rows: pl.DataFrame) -> list[list[int]]:
    """The years in groups that pooled years tie together."""
    tied: list[set[int]] = [{year} for year in sorted(rows["year"].unique().to_list())]
    pooled = rows.filter(pl.col("years_pooled") > 1).select("year", "years_pooled").unique().sort("year")
    for last, count in pooled.iter_rows():
        span = set(range(last - count + 1, last + 1))
        touched = [one for one in tied if one & span]
        tied = [one for one in tied if not one & span] + [set().union(*touched)]
    return sorted(sorted(one) for one in tied)


def decide_in_parts(
    release: Release, audience: str, rule: Rule | None = None, *, progress: Progress | None = None
) -> Decision:
    """As `decision.decide`, part by part. Raises ValueError for an unknown audience."""
    whole = (rule or settings().audience(audience).rule) is None
    pieces = [] if whole else parts(release)
    if len(pieces) < 2:
        return decide(release, audience, rule, progress=progress)
    tell = progress or (lambda share, what: None)
    decided: dict[int, Decision] = {}
    sizes = [piece.results.height for piece in pieces]
    done = 0
    for index, decision in _decided(pieces, audience, rule):
        decided[index] = decision
        done += sizes[index]
        tell(done / sum(sizes), f"{len(decided)} of {len(pieces)} parts decided")
    return _together(release, [decided[index] for index in range(len(pieces))])


def _decided(pieces: Sequence[Release], audience: str, rule: Rule | None) -> Iterator[tuple[int, Decision]]:
    processors = min(os.cpu_count() or 1, len(pieces))
    if processors < 2 or sum(piece.results.height for piece in pieces) < SIDE_BY_SIDE:
        for index, piece in enumerate(pieces):
            yield index, decide(piece, audience, rule)
        return
    # Polars has threads of its own, which a forked process would inherit broken.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processors, context, initializer=_end_with_parent) as pool:
        waiting = {pool.submit(decide, piece, audience, rule): index for index, piece in enumerate(pieces)}
        for finished in as_completed(waiting):
            yield waiting[finished], finished.result()


def _end_with_parent() -> None:
    """A worker whose parent was killed would otherwise wait for work for ever."""
    Thread(target=_wait_for_the_end, daemon=True).start()


def _wait_for_the_end() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _together(release: Release, decisions: Sequence[Decision]) -> Decision:
    first = decisions[0]
    cells = pl.concat([one.cells for one in decisions]).sort(*FIGURE_KEY)
    reports = [one.report for one in decisions]
    headlines = cells.filter(pl.col("organisation").str.starts_with("school:") & (pl.col("group") == "all"))
    report = Report(
        release=release.name,
        audience=first.audience,
        rule=reports[0].rule,
        rule_source=reports[0].rule_source,
        figures=cells.height,
        primary=sum(one.primary for one in reports),
        secondary=sum(one.secondary for one in reports),
        by_group=_summed((row for one in reports for row in one.by_group), ("measure", "group")),
        by_reason=_summed((row for one in reports for row in one.by_reason), ("why",)),
        schools=headlines["organisation"].n_unique(),
        headlines=sum(one.headlines for one in reports),
        headlines_lost_primary=sum(one.headlines_lost_primary for one in reports),
        headlines_lost_secondary=sum(one.headlines_lost_secondary for one in reports),
        published_by_others=sum(one.published_by_others for one in reports),
        attackers=_summed((row for one in reports for row in one.attackers), ("attacker",), in_order=True),
        left_out=sorted({what for one in reports for what in one.left_out}),
    )
    return replace(first, release=release.name, cells=cells, report=report)


def _summed(
    rows: Iterable[dict[str, object]], names: tuple[str, ...], *, in_order: bool = False
) -> list[dict[str, object]]:
    """The rows with the same names added up."""
    found: dict[tuple[object, ...], dict[str, object]] = {}
    for row in rows:
        key = tuple(row[name] for name in names)
        before = found.get(key)
        found[key] = (
            dict(row)
            if before is None
            else {
                name: value if name in names else before[name] + value  # type: ignore[operator]
                for name, value in row.items()
            }
        )
    return list(found.values()) if in_order else [found[key] for key in sorted(found, key=str)]
