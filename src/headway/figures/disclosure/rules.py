"""Who may see what: audiences and their rules, read from `rules.toml`, each with its source."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal, get_args

Counts = Literal["cohorts", "cohorts and numerators"]
Zeros = Literal["shown", "hidden in small groups", "hidden"]
COUNTS: tuple[str, ...] = get_args(Counts)
ZEROS: tuple[str, ...] = get_args(Zeros)
"""From the loosest to the tightest."""


@dataclass(frozen=True)
class Rule:
    """What is too small to be published, and how many values a hidden count must keep.

    `smallest_count` is in pupils. `counts` says whether only cohorts are counts, or also the pupils who
    met a standard and those who did not. `possible_values` is the least number of whole numbers that an
    attacker may be left with for a hidden count; where `schools_know_their_own` this holds for a reader who adds
    the figures of any one school too. `verified` is false where the source could not be read.
    """

    key: str
    title: str
    smallest_count: int
    counts: Counts
    zeros: Zeros
    possible_values: int
    source: str
    verified: bool = True
    schools_know_their_own: bool = True

    def __post_init__(self) -> None:
        if self.smallest_count < 1 or self.possible_values < 1:
            raise ValueError(f"rule {self.key}: smallest_count and possible_values are 1 or more")
        if self.counts not in COUNTS:
            raise ValueError(f"rule {self.key}: counts is {self.counts!r}; it may be {' or '.join(COUNTS)}")
        if self.zeros not in ZEROS:
            raise ValueError(f"rule {self.key}: zeros is {self.zeros!r}; it may be {', '.join(ZEROS)}")

    @property
    def small_group(self) -> int:
        """The size below which every share but none and all is hidden, so that these are hidden too."""
        if self.counts == "cohorts":
            return self.smallest_count
        return 2 * self.smallest_count - 1


@dataclass(frozen=True)
class Audience:
    """A kind of reader. `rule` is None where they are entitled to every figure whole."""

    key: str
    title: str
    rule: Rule | None
    own_whole: bool
    source: str


@dataclass(frozen=True)
class Settings:
    """The contents of a rules file: rules, audiences, weights, and how the groups stand to each other."""

    rules: dict[str, Rule]
    audiences: dict[str, Audience]
    weights: dict[str, float]
    dimensions: dict[str, tuple[str, ...]]
    nested: tuple[tuple[str, str], ...]
    nested_measures: tuple[tuple[str, str], ...]
    next_standards: tuple[tuple[str, str], ...]
    ranges: dict[str, tuple[float, float]]

    def outer_measures(self, measure: str) -> list[str]:
        """Measures that everyone counted in this one has met too, by the ends of their names."""
        return [
            measure.removesuffix(inner) + outer
            for inner, outer in self.nested_measures
            if measure.endswith(inner)
        ]

    def is_next_standard(self, measure: str, outer: str) -> bool:
        """Whether the measures are a standard and the next lower one of the same subject."""
        return any(
            measure.endswith(inner) and outer == measure.removesuffix(inner) + lower
            for inner, lower in self.next_standards
        )

    def rule(self, key: str) -> Rule:
        """The rule of that name. Raises ValueError naming the known ones."""
        if key not in self.rules:
            raise ValueError(
                f"there is no disclosure rule {key!r}; there are {', '.join(sorted(self.rules))}"
            )
        return self.rules[key]

    def audience(self, key: str) -> Audience:
        """The audience of that name. Raises ValueError naming the known ones."""
        if key not in self.audiences:
            raise ValueError(f"there is no audience {key!r}; there are {', '.join(sorted(self.audiences))}")
        return self.audiences[key]

    def weight(self, kind: str, group: str) -> float:
        """How much is lost if the figure of this kind of organisation and group is hidden."""
        dimension = group if group == "all" else self.dimension_of.get(group, "other")
        return self.weights.get(kind, 1.0) * self.weights.get(dimension, self.weights["other"])

    @property
    def dimension_of(self) -> dict[str, str]:
        """The dimension of each group."""
        return {group: name for name, groups in self.dimensions.items() for group in groups}


def read_settings(path: Path) -> Settings:
    """The settings in a rules file. Raises ValueError saying what is wrong with it."""
    try:
        contents = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as trouble:
        raise ValueError(f"{path.name} cannot be read as a rules file: {trouble}") from trouble
    try:
        rules = {key: Rule(key=key, **fields) for key, fields in contents["rules"].items()}
        audiences = {
            key: Audience(
                key=key,
                title=fields["title"],
                rule=rules[fields["rule"]] if "rule" in fields else None,
                own_whole=fields.get("own_whole", False),
                source=fields["source"],
            )
            for key, fields in contents["audiences"].items()
        }
        standards = contents["nested_measures"]
        return Settings(
            rules=rules,
            audiences=audiences,
            weights={key: float(weight) for key, weight in contents["weights"].items()},
            dimensions={name: tuple(groups) for name, groups in contents["dimensions"].items()},
            nested=tuple((inner, outer) for inner, outer in contents["nested"]["groups"]),
            nested_measures=tuple(
                (inner, outer) for inner, outer in (*standards["subjects"], *standards["standards"])
            ),
            next_standards=tuple((inner, outer) for inner, outer in standards["standards"]),
            ranges={end: (least, most) for end, (least, most) in contents["ranges"].items()},
        )
    except (KeyError, TypeError) as trouble:
        raise ValueError(
            f"{path.name} lacks something or has something unknown: {trouble}; "
            "copy Headway's own rules.toml and change that"
        ) from trouble


@cache
def settings() -> Settings:
    """Headway's own rules and audiences."""
    return read_settings(Path(__file__).with_name("rules.toml"))
