"""Criteria: one file each, with `judge(profile, settings) -> Judgement`. A new criterion is a new file here.

A criterion never guesses: where a figure is missing, suppressed, of too few pupils or rounded across the
threshold, its level is `cannot say` and it says why.

A file that a scheme may name has `Settings` (a frozen dataclass, filled from the pack), `levels(settings)` (least
concerning first; empty where it measures on a continuous scale from 0 to 1), `needs(settings, year)` (the figures
and comparisons that it reads) and `judge`. One that learns from the schools of the round, such as their range of
results, has `resolved(settings, profiles)` as well.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

from headway.policy.judgements import Judgement
from headway.policy.profiles import Profile


@dataclass(frozen=True)
class Needs:
    """What a criterion reads: (measure, year) of figures, (measure, year, comparator) of comparisons, inspections."""

    figures: tuple[tuple[str, int], ...] = ()
    comparisons: tuple[tuple[str, int, str], ...] = ()
    inspections: bool = False


@dataclass(frozen=True)
class Criterion:
    """A kind of rule, as code knows it."""

    key: str
    summary: str
    settings: type
    levels: Callable[[Any], tuple[str, ...]]
    needs: Callable[[Any, int], Needs]
    judge: Callable[[Profile, Any], Judgement]
    resolved: Callable[[Any, Iterable[Profile]], Any] | None = None


@cache
def criteria() -> dict[str, Criterion]:
    """Every kind of rule that a scheme may name, found by its file being there."""
    found = {}
    for module_info in pkgutil.iter_modules(__path__):
        module = importlib.import_module(f"{__name__}.{module_info.name}")
        if hasattr(module, "Settings") and hasattr(module, "levels"):
            found[module_info.name] = Criterion(
                key=module_info.name,
                summary=(module.__doc__ or "").strip().split("\n")[0],
                settings=module.Settings,
                levels=module.levels,
                needs=module.needs,
                judge=module.judge,
                resolved=getattr(module, "resolved", None),
            )
    return found
