"""Sources: one module per kind of file received. Recognise it, read it, report what is wrong with it.

A source is one file in this folder that defines `source`. It is found by being there.
It is recognised by content, never by file name. It turns symbols into statuses, never into numbers.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Literal, Protocol

import polars as pl

if TYPE_CHECKING:
    from headway.figures.sources.files import ReceivedFile

Severity = Literal["error", "warning", "note"]


@dataclass(frozen=True)
class Finding:
    """Something noticed in a file: what was found, what was expected, what to do. See table `findings`.

    `rows` are file rows (the header is row 1). An *error* sets those rows aside; a finding without
    rows concerns the whole file. `found` never holds a pupil's name or UPN.
    """

    severity: Severity
    rule: str
    found: str
    expected: str = ""
    advice: str = ""
    column: str | None = None
    rows: tuple[int, ...] = ()


@dataclass(frozen=True)
class Recognition:
    """How well a source knows a file: `certainty` 0 to 1, what it takes it for, and what is missing."""

    certainty: float
    kind: str
    missing: tuple[str, ...] = ()


@dataclass
class Reading:
    """What a source made of a file.

    `tables` maps a table's name (`headway.figures.tables.LOADED`) to a frame, eager or lazy, with some or all
    of its columns and always `row`, the file row it came from (a row of the file may give many rows of a
    table). `scope` names the part of the world for which the file speaks (`dfe_ks2:2019:936`); a *complete*
    file speaks for all of it, so that a row that an earlier file of the same scope had and this one has not
    is a removal; otherwise rows are only added and replaced. `rows_read` counts data rows of the file.
    """

    kind: str
    scope: str
    complete: bool
    rows_read: int
    tables: dict[str, pl.DataFrame | pl.LazyFrame]
    findings: list[Finding] = field(default_factory=list)


Progress = Callable[[float, str], None]
"""Told how much is done (0 to 1) and what is being done."""


class Source(Protocol):
    """A kind of file. `expects` are the columns that best tell it; used to say what the nearest kind wants."""

    key: str
    title: str
    expects: Sequence[str]

    def recognise(self, file: ReceivedFile) -> Recognition | None:
        """How well this file fits, or None."""

    def read(self, file: ReceivedFile) -> Reading:
        """Its tables and findings. Raises `Unreadable` (with advice) only if nothing at all can be read."""


class Unreadable(Exception):  # noqa: N818 - it is what the user is told: the file is unreadable
    """A file of which nothing can be used; the message says what was seen, what was expected and what to do."""


@cache
def registry() -> dict[str, Source]:
    """Every source by key."""
    found: dict[str, Source] = {}
    for module in pkgutil.iter_modules(__path__):
        contents = importlib.import_module(f"{__name__}.{module.name}")
        several = getattr(contents, "sources", ())
        for source in (*([contents.source] if hasattr(contents, "source") else []), *several):
            if source.key in found:
                raise ValueError(f"two sources are called {source.key}")
            found[source.key] = source
    return found
