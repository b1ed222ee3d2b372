"""Small files to load, and the slow and obvious way to say what a store should hold afterwards."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from hashlib import sha256

import polars as pl

from headway.figures.store import Receipt, Store

TABLE = "assessments_phonics"

Row = tuple[int, int, int]
"""Year, pupil and mark."""


def frame(rows: Iterable[Row]) -> pl.DataFrame:
    """Phonics marks as a source would give them; the first row of the file is row 2."""
    given = list(rows)
    columns = {
        "year": [year for year, _, _ in given],
        "pupil": [pupil for _, pupil, _ in given],
        "mark": [mark for _, _, mark in given],
        "row": range(2, 2 + len(given)),
    }
    return pl.DataFrame(columns, schema=dict.fromkeys(columns, pl.Int64))


@dataclass(frozen=True)
class File:
    """A file of phonics marks."""

    rows: tuple[Row, ...]
    scope: str = "phonics:936"
    complete: bool = True
    name: str = field(default="marks.csv", compare=False)

    @property
    def hash(self) -> str:
        return sha256(repr((self.rows, self.scope, self.complete)).encode()).hexdigest()


def load(store: Store, file: File) -> Receipt:
    return store.add(
        file_name=file.name,
        file_hash=file.hash,
        kind="phonics",
        scope=file.scope,
        complete=file.complete,
        rows_read=len(file.rows),
        tables={TABLE: frame(file.rows)},
    )


def held_in(store: Store) -> set[tuple[int, int, int, str]]:
    """What the store says now: year, pupil, mark and receipt. Fails if a key stands twice."""
    rows = store.frame(TABLE).select("year", "pupil", "mark", "receipt").collect().rows()
    assert len({(year, pupil) for year, pupil, _, _ in rows}) == len(rows), "a key stands twice"
    by_year = [store.frame(TABLE, year).select(pl.len()).collect().item() for year in store.years(TABLE)]
    assert sum(by_year) == len(rows)
    return set(rows)


def expected(loads: Sequence[tuple[str, File]]) -> set[tuple[int, int, int, str]]:
    """The slow fold: the live loads in order, each putting its rows over what was there.

    What a scope says is kept apart from what other scopes say; a complete file replaces all that its scope
    said. Between scopes the latest word on a key wins.
    """
    said: dict[str, dict[tuple[int, int], tuple[int, int, str]]] = {}
    for moment, (receipt, file) in enumerate(loads):
        if file.complete:
            said[file.scope] = {}
        scope = said.setdefault(file.scope, {})
        for year, pupil, mark in file.rows:
            scope[year, pupil] = (moment, mark, receipt)
    latest: dict[tuple[int, int], tuple[int, int, str]] = {}
    for scope in said.values():
        for key, word in scope.items():
            latest[key] = max(latest.get(key, (-1, 0, "")), word)
    return {(year, pupil, mark, receipt) for (year, pupil), (_, mark, receipt) in latest.items()}
