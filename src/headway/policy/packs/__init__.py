"""Packs: dated, cited rules as data. Code holds the kinds of rule, never the figures."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from headway.policy.criteria.attainment_and_progress import Rule, Threshold


@dataclass(frozen=True)
class Pack:
    """A criterion's rules by year, with their sources. `judged` are the years that may be judged."""

    key: str
    title: str
    sources: tuple[str, ...]
    rules: tuple[Rule, ...]
    judged: tuple[int, ...]
    abolished: str
    consecutive: int = 1

    def rule(self, year: int) -> Rule | None:
        """The rule of that year, or None."""
        return next((rule for rule in self.rules if year in rule.years), None)

    def why_not(self, year: int) -> str:
        """Why there is nothing to judge in a year without a rule."""
        first, last = min(self.judged), max(self.judged)
        if year > last:
            return f"{self.title}: no rule for {year}. {self.abolished}"
        return f"{self.title}: no rule for {year}; the pack runs from {first} to {last}."


@cache
def pack(key: str) -> Pack:
    """The shipped pack of that key. Raises KeyError with the keys there are."""
    folder = resources.files(__name__)
    path = folder / f"{key}.toml"
    if not path.is_file():
        keys = sorted(
            entry.name.removesuffix(".toml") for entry in folder.iterdir() if entry.name.endswith(".toml")
        )
        raise KeyError(f"no pack called {key}; there are {', '.join(keys)}")
    return _pack(tomllib.loads(path.read_text(encoding="utf-8")))


def _pack(data: dict[str, Any]) -> Pack:
    rules = tuple(
        Rule(
            years=tuple(rule["years"]),
            attainment=Threshold(**rule["attainment"]),
            progress=tuple(Threshold(**threshold) for threshold in rule["progress"]),
            progress_rule=rule.get("progress_rule", "all"),
            minimum_pupils=rule.get("minimum_pupils", data.get("minimum_pupils", 0)),
            source=rule["source"],
            verified=rule.get("verified", True),
        )
        for rule in data["rule"]
    )
    return Pack(
        key=data["key"],
        title=data["title"],
        sources=tuple(data["sources"]),
        rules=rules,
        judged=tuple(data.get("judged", sorted(year for rule in rules for year in rule.years))),
        abolished=data.get("abolished", ""),
        consecutive=data.get("consecutive", 1),
    )
