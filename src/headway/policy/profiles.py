"""A school's figures, gathered for judging, from rows of `results` (command line and web alike)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import Enum


class Side(Enum):
    """On which side of a threshold a figure lies."""

    BELOW = "below"
    NOT_BELOW = "not below"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
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
            # 100 times the numerator first: 33 of 60 is then exactly 55, and not a hair below it.
            return 100 * self.numerator_low / self.denominator, 100 * self.numerator_high / self.denominator
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
            # Of the pupils, since a published value is rounded: 21 of 59 is 35.6 %, printed 36 %.
            return f"{self.numerator} of {self.denominator} pupils ({100 * self.numerator / self.denominator:.1f} %)"
        if self.denominator:
            return f"{round(self.value, 2):g} ({self.denominator} pupils)"
        return f"{round(self.value, 2):g} (number of pupils not published)"


@dataclass(frozen=True, slots=True)
class Comparison:
    """One row of `comparisons`: a figure beside the nation, the authority or the year before."""

    measure: str
    year: int
    comparator: str
    significance: str
    value: float | None = None
    comparator_value: float | None = None
    difference: float | None = None
    lower: float | None = None
    upper: float | None = None
    denominator: int | None = None
    because: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True)
class Inspection:
    """One inspection event under its own framework, with its judgements by area in the framework's own words.

    `predecessor` is the school that was inspected, where it was another than this one; `known_on` the day on which
    the report was published (the first day of the inspection where the publication is not known).
    """

    day: date
    framework: str
    judgements: Mapping[str, str] = field(default_factory=dict)
    category: str | None = None
    safeguarding: str | None = None
    type: str = ""
    outcome: str = ""
    published: date | None = None
    predecessor: str | None = None
    incomplete: bool = False

    @property
    def known_on(self) -> date:
        """When its outcome was known."""
        return self.published or self.day

    @property
    def overall(self) -> str | None:
        """Overall effectiveness, where the framework gives one."""
        return self.judgements.get("overall effectiveness")


@dataclass(frozen=True, slots=True)
class Entered:
    """A person's judgement of one criterion of a scheme: who, when, and why."""

    criterion: str
    level: str
    by: str = ""
    on: date | None = None
    note: str = ""


@dataclass(frozen=True)
class Profile:
    """What is known of a school for one year's judgement.

    `kind` is the kind of school (primary, junior, infant, special …), None where the register does not say;
    `responsible` is maintained, academy …. `inspections` are those known
    on the day of judging (`as_at`), the latest last; `entered` holds people's judgements by criterion; `context` are
    sentences that are shown and never judged, such as the results of an infant school's junior.
    """

    organisation: str
    year: int
    name: str = ""
    kind: str | None = None
    figures: Mapping[tuple[str, int, str], Figure] = field(default_factory=dict)
    comparisons: Mapping[tuple[str, int, str], Comparison] = field(default_factory=dict)
    inspections: tuple[Inspection, ...] = ()
    entered: Mapping[str, Entered] = field(default_factory=dict)
    responsible: str | None = None
    as_at: date | None = None
    context: tuple[str, ...] = ()
    inspections_loaded: bool = True

    def figure(self, measure: str, year: int | None = None, group: str = "all") -> Figure:
        """The figure, or one that says it is not available."""
        wanted = self.year if year is None else year
        found = self.figures.get((measure, wanted, group))
        return found if found is not None else Figure(measure, wanted, group, status="not available")


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
        rounded_to=step_of(str(row["measure"])) if rounded else None,
        source=str(row.get("source") or ""),
    )


def step_of(measure: str) -> float:
    """To which step a published figure of the measure is rounded where its pupils are not known."""
    return 0.1 if measure.endswith("_progress") else 1.0
