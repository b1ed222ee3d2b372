"""Ofsted's frameworks and scales, dated: which framework held on a day, and what a grade then meant.

The data, each with its source, are in `ofsted_frameworks.toml`. Scales are never mixed: a grade 3 given before
1 September 2012 is *satisfactory*, after it *requires improvement*; a report card is neither.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

import polars as pl


@dataclass(frozen=True)
class Framework:
    """A way of inspecting that held from a day until the next one came."""

    key: str
    title: str
    first_day: date
    areas: tuple[str, ...]
    source: str


@dataclass(frozen=True)
class Scale:
    """The words in which a judgement was given, best first."""

    key: str
    values: tuple[str, ...]
    source: str


FIRST_REQUIRES_IMPROVEMENT = date(2012, 9, 1)
"""From this day *requires improvement* stands where *satisfactory* stood (as reported by headteacher-update.com)."""

FIRST_REPORT_CARD = date(2025, 11, 10)
"""Inspections from this day give a report card (Ofsted, School monitoring operating guide)."""


@cache
def _data() -> dict[str, list[dict[str, object]]]:
    with Path(__file__).with_suffix(".toml").open("rb") as file:
        return tomllib.load(file)


@cache
def frameworks() -> tuple[Framework, ...]:
    """Every framework, oldest first."""
    found = []
    for entry in _data()["framework"]:
        first_day, areas = entry["from"], entry["areas"]
        assert isinstance(first_day, date)
        assert isinstance(areas, list)
        found.append(
            Framework(str(entry["key"]), str(entry["title"]), first_day, tuple(areas), str(entry["source"]))
        )
    return tuple(sorted(found, key=lambda framework: framework.first_day))


@cache
def scales() -> dict[str, Scale]:
    """Every scale by key."""
    found = {}
    for entry in _data()["scale"]:
        values = entry["values"]
        assert isinstance(values, list)
        found[str(entry["key"])] = Scale(str(entry["key"]), tuple(values), str(entry["source"]))
    return found


def framework_on(day: date) -> Framework | None:
    """The framework of an inspection that began on this day; None before September 2005."""
    held = [framework for framework in frameworks() if framework.first_day <= day]
    return held[-1] if held else None


def framework_key(day: pl.Expr) -> pl.Expr:
    """The framework's key as an expression over a column of days."""
    result = pl.lit(None, dtype=pl.String)
    for framework in frameworks():
        result = pl.when(day >= framework.first_day).then(pl.lit(framework.key)).otherwise(result)
    return result
