"""A school's figures, gathered for judging, from rows of `results` (command line and web alike)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum


class Side(Enum):
    """On which side of a threshold a figure lies."""

    BELOW = "below"
    NOT_BELOW = "not below"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Figure:
    """One row of `results`, as much of it as a rule needs."""

    measure: str
    year: int
    group: str = "all"
    status: str = "reported"
    value: float | None = None
    numerator: int | None = None
    denominator: int | None = None
    numerator_low: int | None = None
    numerator_high: int | None = None
    lower: float | None = None
    upper: float | None = None
    rounded_to: float | None = None
    source: str = ""

    @property
    def bounds(self) -> tuple[float, float] | None:
        """Between which values the unrounded figure lies, both inclusive; None where there is none."""
        if self.status != "reported" or self.value is None:
            return None
        if self.denominator and self.numerator_low is not None and self.numerator_high is not None:
            scale = 100 / self.denominator
            return self.numerator_low * scale, self.numerator_high * scale
        half = (self.rounded_to or 0.0) / 2
        return self.value - half, self.value + half

    def side_of(self, threshold: float) -> Side:
        """Whether the unrounded figure is below the threshold; unknown where rounding hides it."""
        bounds = self.bounds
        if bounds is None:
            return Side.UNKNOWN
        low, high = bounds
        if high < threshold:
            return Side.BELOW
        return Side.NOT_BELOW if low >= threshold else Side.UNKNOWN

    def in_words(self) -> str:
        """The figure as a sentence would say it: `26 of 30 pupils (86.7 %)`, `suppressed`."""
        if self.status != "reported" or self.value is None:
            return self.status
        if self.numerator is not None and self.denominator:
            return f"{self.numerator} of {self.denominator} pupils ({self.value:.1f} %)"
        if self.denominator:
            return f"{self.value:g} of {self.denominator} pupils"
        return f"{self.value:g} (number of pupils not published)"


@dataclass(frozen=True)
class Profile:
    """What is known of a school for one year's judgement.

    `kind` is the kind of school (primary, junior, infant, special …) and `open` whether it is still open,
    both None where the register does not say.
    """

    organisation: str
    year: int
    name: str = ""
    kind: str | None = None
    open: bool | None = None
    figures: Mapping[tuple[str, int, str], Figure] = field(default_factory=dict)

    def figure(self, measure: str, year: int | None = None, group: str = "all") -> Figure:
        """The figure, or one that says it is not available."""
        wanted = self.year if year is None else year
        missing = Figure(measure, wanted, group, status="not available")
        return self.figures.get((measure, wanted, group), missing)


BASES = ("pupils", "published", "schools")
"""Which basis is taken where a figure stands on several, the best first."""


def profiles(
    rows: Iterable[Mapping[str, object]],
    year: int,
    schools: Mapping[str, Mapping[str, object]] | None = None,
    measures: Iterable[str] | None = None,
) -> dict[str, Profile]:
    """Profiles by organisation from rows of `results` (one year pooled) and the register's description of each.

    Where a figure stands on several bases, the one counted from pupils is taken, then the published one.
    """
    wanted = None if measures is None else set(measures)
    figures: dict[str, dict[tuple[str, int, str], tuple[int, Figure]]] = {}
    for row in rows:
        if row["years_pooled"] != 1 or (wanted is not None and row["measure"] not in wanted):
            continue
        figure = figure_of(row)
        rank = BASES.index(str(row["basis"]))
        mine = figures.setdefault(str(row["organisation"]), {})
        key = (figure.measure, figure.year, figure.group)
        if key not in mine or rank < mine[key][0]:
            mine[key] = (rank, figure)
    described = schools or {}
    return {
        organisation: Profile(
            organisation,
            year,
            name=str(described.get(organisation, {}).get("name") or ""),
            kind=described.get(organisation, {}).get("kind_of_school"),  # type: ignore[arg-type]
            open=described.get(organisation, {}).get("open"),  # type: ignore[arg-type]
            figures={key: figure for key, (_, figure) in mine.items()},
        )
        for organisation, mine in figures.items()
    }


def figure_of(row: Mapping[str, object]) -> Figure:
    """The figure in a row of `results`. A published percentage without its pupils counts as rounded to a whole one."""
    rounded = row["basis"] == "published" and row.get("numerator_low") is None
    return Figure(
        measure=str(row["measure"]),
        year=int(row["year"]),  # type: ignore[call-overload]
        group=str(row["group"]),
        status=str(row["status"]),
        value=row["value"],  # type: ignore[arg-type]
        numerator=row["numerator"],  # type: ignore[arg-type]
        denominator=row["denominator"],  # type: ignore[arg-type]
        numerator_low=row.get("numerator_low"),  # type: ignore[arg-type]
        numerator_high=row.get("numerator_high"),  # type: ignore[arg-type]
        lower=row.get("lower"),  # type: ignore[arg-type]
        upper=row.get("upper"),  # type: ignore[arg-type]
        rounded_to=_step(str(row["measure"]), rounded),
        source=str(row.get("source") or ""),
    )


def _step(measure: str, rounded: bool) -> float | None:
    if not rounded:
        return None
    return 0.1 if measure.endswith("_progress") else 1.0
