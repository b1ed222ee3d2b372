"""A school's inspections, each era on its own scale: nothing is compared across them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

import polars as pl

from headway.figures.inspections import one_event_each
from headway.figures.sources.ofsted_frameworks import frameworks, scales
from headway.figures.tables import INSPECTIONS, JUDGEMENTS
from headway.web.schools.stored import store

CATEGORIES = {
    "SM": "special measures",
    "SWK": "serious weaknesses",
    "NTI": "notice to improve",
    "RSI": "requires significant improvement",
}


@dataclass(frozen=True)
class Inspection:
    """One inspection. `judgements` by area, in the words of the scale; `of` is the key of the school that was inspected."""

    on: date
    is_last_day: bool
    type: str
    published: date | None
    category: str
    safeguarding: str
    outcome: str
    incomplete: bool
    of: str
    framework: str
    scale: str
    judgements: dict[str, str] = field(default_factory=dict)

    @property
    def also(self) -> str:
        """What else is known of it, in words; empty where nothing is."""
        published = f"published {self.published.day} {self.published:%B %Y}" if self.published else ""
        safeguarding = f"safeguarding {self.safeguarding}" if self.safeguarding else ""
        incomplete = "left incomplete" if self.incomplete else ""
        words = (self.type, self.category, safeguarding, self.outcome, incomplete, published)
        return "; ".join(each for each in words if each)


@dataclass(frozen=True)
class Era:
    """The inspections of one framework and scale, the newest first. `areas` are what was judged, `grades` the scale's words
    from the best down."""

    title: str
    grades: str
    areas: tuple[str, ...]
    inspections: tuple[Inspection, ...]

    @property
    def says_more(self) -> bool:
        """Whether more than grades is known of some inspection."""
        return any(one.also for one in self.inspections)


def inspections_of(keys: Sequence[str]) -> tuple[Inspection, ...]:
    """The inspections of a school and of those before it, the newest first; the same one told twice stands once."""
    there = store()
    if there is None:
        return ()
    parts = (tuple(there.paths("inspections")), tuple(there.paths("judgements")))
    return _read(parts, tuple(keys))


@lru_cache(maxsize=512)
def _read(parts: tuple[tuple[Path, ...], ...], keys: tuple[str, ...]) -> tuple[Inspection, ...]:
    """Parts are never changed, so what was read of them stays true."""
    frames = [
        pl.scan_parquet(list(paths)).filter(pl.col("organisation").is_in(list(keys))).collect()
        if paths
        else pl.DataFrame(schema=table.schema)
        for paths, table in zip(parts, (INSPECTIONS, JUDGEMENTS), strict=True)
    ]
    events, judged = one_event_each(*frames)
    grades: dict[tuple[str, date], list[dict[str, Any]]] = {}
    for row in judged.iter_rows(named=True):
        grades.setdefault((row["organisation"], row["date"]), []).append(row)
    found: dict[tuple[str, date], Inspection] = {}
    for row in events.iter_rows(named=True):
        one = _inspection(row, grades.get((row["organisation"], row["date"]), []))
        before = found.get((one.of, one.on))
        if before is None or len(one.judgements) > len(before.judgements):
            found[one.of, one.on] = one
    return tuple(sorted(found.values(), key=lambda one: one.on, reverse=True))


def _inspection(row: dict[str, Any], judged: list[dict[str, Any]]) -> Inspection:
    named = [one["scale"] for one in judged if one["scale"] != "met_not_met"]
    return Inspection(
        on=row["date"],
        is_last_day=row["date_is"] == "last day",
        type=row["type"] or "",
        published=row["publication_date"],
        category=CATEGORIES.get(row["category"] or "", ""),
        safeguarding=row["safeguarding"] or "",
        outcome=row["outcome"] or "",
        incomplete=bool(row["incomplete"]),
        of=row["organisation_at_the_time"] or row["organisation"],
        framework=row["framework"],
        scale=named[0] if named else "",
        judgements={one["area"]: one["value"] for one in judged if one["scale"] != "met_not_met"},
    )


def eras(inspections: Sequence[Inspection]) -> list[Era]:
    """The inspections by framework and scale, the newest era first."""
    titles = {one.key: one for one in frameworks()}
    grouped: dict[tuple[str, str], list[Inspection]] = {}
    for one in inspections:
        grouped.setdefault((one.framework, one.scale or _scale_of(one, inspections)), []).append(one)
    found = []
    for (framework, scale), events in sorted(grouped.items(), key=lambda item: item[1][0].on, reverse=True):
        known = titles.get(framework)
        judged = {area for one in events for area in one.judgements}
        order = [area for area in (known.areas if known else ()) if area in judged]
        found.append(
            Era(
                known.title if known else framework,
                ", ".join(scales()[scale].values) if scale in scales() else "",
                (*order, *sorted(judged - set(order))),
                tuple(events),
            )
        )
    return found


def _scale_of(one: Inspection, inspections: Sequence[Inspection]) -> str:
    """An inspection without grades stands with the others of its framework nearest to it in time."""
    near = [other for other in inspections if other.framework == one.framework and other.scale]
    return min(near, key=lambda other: abs((other.on - one.on).days)).scale if near else ""


def latest_words(inspections: Sequence[Inspection]) -> str:
    """The newest inspection that was graded, in a sentence; empty where there is none."""
    for one in inspections:
        if one.judgements:
            overall = one.judgements.get("overall effectiveness")
            words = f"overall effectiveness: {overall}" if overall else f"{len(one.judgements)} areas judged"
            return f"{one.on.day} {one.on:%B %Y}, {words}"
    return ""
