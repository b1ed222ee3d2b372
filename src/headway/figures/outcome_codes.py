"""What an outcome code counts for: the dated table of codes, and the points of levels and standards.

An outcome code stands where a pupil has no plain result (`A` absent, `B` below the test, `L` left …) or tells
the result itself (`AS`, `EXS`, `4B`). Whether such a pupil is in the denominator of a measure, and in its
numerator, depends on the code, the year and the family of the measure. The decisions lie in
`outcome_codes.toml`, each with its source; where none was found the decision is marked unverified and says
why.

Families:

* tests since 2016: `ks2_test_expected`, `ks2_test_average`
* teacher assessment since 2016: `ks2_assessment_expected`, `ks2_assessment_higher`,
  `ks1_assessment_expected`, `ks1_assessment_higher`
* progress since 2016: `ks2_progress_test`, `ks2_progress_assessment` (for pupils with `B`),
  `ks2_progress_writing`
* levels to 2015: `ks2_level4`, `ks2_level4b`, `ks2_level5`, `ks2_level6`, `ks2_points`, `ks2_two_levels`,
  `ks1_level2`, `ks1_level2b`, `ks1_level3`, `ks1_points`
* others: `phonics_expected`, `mtc_average`, `mtc_full_marks`, `foundation_goal_expected`

The higher standard of the tests has the denominator of `ks2_test_expected`; its numerator is a score of 110.
Codes are in capitals, as the sources store them. A blank is no code: it counts nowhere.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any


@dataclass(frozen=True)
class Decision:
    """One cell of the table: a code in a family from `first` to `last` (None: still so).

    `numerator` of a family of means says that the code carries a value. `source` is the citation in full.
    """

    family: str
    code: str
    first: int
    last: int | None
    denominator: bool
    numerator: bool
    source: str
    verified: bool
    reason: str

    def holds_in(self, year: int) -> bool:
        """Whether the decision is for this year."""
        return self.first <= year and (self.last is None or year <= self.last)


@dataclass(frozen=True)
class Points:
    """The points of each code from `first` to `last`; `unverified` codes were worked out or carried over."""

    table: str
    first: int
    last: int | None
    values: dict[str, float]
    source: str
    unverified: tuple[str, ...]
    about: str

    def holds_in(self, year: int) -> bool:
        """Whether the points are for this year."""
        return self.first <= year and (self.last is None or year <= self.last)


@cache
def _document() -> dict[str, Any]:
    return tomllib.loads(files("headway.figures").joinpath("outcome_codes.toml").read_text(encoding="utf-8"))


@cache
def decisions() -> tuple[Decision, ...]:
    """Every cell of the table, a row a family and code, in the order of the file."""
    return tuple(_decisions())


def _decisions() -> Iterator[Decision]:
    sources = _document()["source"]
    for entry in _document()["decision"]:
        for family in entry["families"]:
            for code in entry["codes"]:
                yield Decision(
                    family=family,
                    code=code,
                    first=entry["first"],
                    last=entry.get("last"),
                    denominator=entry["denominator"],
                    numerator=entry["numerator"],
                    source=sources[entry["source"]],
                    verified=entry["verified"],
                    reason=entry["reason"],
                )


@cache
def families() -> tuple[str, ...]:
    """Every family of measures that the table knows, in alphabetical order."""
    return tuple(sorted({decision.family for decision in decisions()}))


@cache
def _codes(family: str, year: int, role: str) -> tuple[str, ...]:
    if family not in families():
        raise ValueError(f"no outcome codes for {family!r}; the families are {', '.join(families())}")
    return tuple(
        sorted(
            decision.code
            for decision in decisions()
            if decision.family == family
            and decision.holds_in(year)
            and (role == "any" or getattr(decision, role))
        )
    )


def known_codes(family: str, year: int) -> tuple[str, ...]:
    """Every code that the family knows in the year; another one in a file is worth a warning."""
    return _codes(family, year, "any")


def denominator_codes(family: str, year: int) -> tuple[str, ...]:
    """The codes whose pupils are counted in the year; empty for a year in which the family did not exist.

    Raises ValueError for an unknown family.
    """
    return _codes(family, year, "denominator")


def numerator_codes(family: str, year: int) -> tuple[str, ...]:
    """The codes whose pupils reached the standard (for means: have a value) in the year."""
    return _codes(family, year, "numerator")


def progress_codes(subject: str, year: int) -> tuple[str, ...]:
    """The codes with which a pupil is in KS1 to KS2 progress in reading, writing or mathematics.

    For reading and mathematics they are test outcomes, and the teacher assessments that give a pupil below
    the test (`B`) a nominal score; for writing they are teacher assessments. A pupil also needs a KS1
    outcome in all of reading, writing and mathematics. Raises ValueError for another subject.
    """
    if subject == "writing":
        return denominator_codes("ks2_progress_writing", year)
    if subject in {"reading", "mathematics"}:
        both = {
            *denominator_codes("ks2_progress_test", year),
            *denominator_codes("ks2_progress_assessment", year),
        }
        return tuple(sorted(both))
    raise ValueError(f"no progress in {subject!r}; there is progress in reading, writing and mathematics")


@cache
def points_tables() -> tuple[Points, ...]:
    """Every table of points, with its years, source and what of it is unverified."""
    sources = _document()["source"]
    return tuple(
        Points(
            table=entry["table"],
            first=entry["first"],
            last=entry.get("last"),
            values={code: float(value) for code, value in entry["values"].items()},
            source=sources[entry["source"]],
            unverified=tuple(entry["unverified"]),
            about=entry["about"],
        )
        for entry in _document()["points"]
    )


def points(table: str, year: int) -> dict[str, float]:
    """The points of each code: `ks1` (year of key stage 1), `ks2_levels`, `ks2_nominal`, `ks2_writing`.

    Codes without points are disregarded in an average. Raises LookupError where no points are known.
    """
    for entry in points_tables():
        if entry.table == table and entry.holds_in(year):
            return dict(entry.values)
    raise LookupError(f"no points are known for {table} in {year}")
