"""Figures as pages and files say them: one line a figure, with its pupils, its interval and what it is compared with.

Pages, CSV and Excel are made from the same lines, so that what is suppressed on the one is suppressed on all.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import polars as pl
from django.urls import reverse

from headway.figures.headlines import place
from headway.figures.measures import Measure, registry
from headway.figures.measures.groups import BY_KEY, GROUPS
from headway.figures.releases import BASES
from headway.figures.tables import Status
from headway.web.design import charts
from headway.web.design.numbers import difference_text, interval_text, school_year, value_text
from headway.web.standards.models import Release
from headway.web.standards.reading import Figures

STATUS_WORDS = {
    Status.SUPPRESSED.value: "suppressed",
    Status.NOT_AVAILABLE.value: "not available",
    Status.NOT_APPLICABLE.value: "not applicable",
    Status.LOW_COVERAGE.value: "low coverage",
    Status.TOO_FEW.value: "too few",
}
"""The word that stands in the place of a figure that is not reported."""
STATUS_MEANINGS = {
    "suppressed": "There is a figure, of few pupils or one that would give such a figure away, and it is withheld from you. "
    "It is not zero.",
    "not available": "Nobody has published it, or it was not loaded.",
    "not applicable": "There is no such figure for this school.",
    "low coverage": "It would rest on too few of the pupils to stand for all.",
    "too few": "There are too few pupils for this figure to be made.",
}
SIGNIFICANCE = {
    "above": "above",
    "below": "below",
    "not significant": "no significant difference",
    "cannot say": "cannot say",
}
VALUE_ADDED = {
    "value_added": "Value added",
    "contextual_value_added": "Value added, allowing for characteristics too",
}
_GROUP_PLACE = {group.key: index for index, group in enumerate(GROUPS)}
_NATION = ("nation", "nation_state_funded")


@dataclass(frozen=True)
class Compared:
    """A figure beside another: the other's value, the difference with its sign and unit, and what may be said of it."""

    value: str
    difference: str
    said: str
    because: str = ""

    @property
    def text(self) -> str:
        """`−6.0 percentage points, below`, or why it cannot be said."""
        if not self.difference:
            return self.said
        return f"{self.difference}, {self.said}"


NOT_COMPARED = Compared("", "", "")


@dataclass(frozen=True)
class Line:
    """One figure as it is said. `raw`, `lower`, `upper` and `pupils` are numbers for files and charts, None where there is
    none; `text` is the value or the word that stands for it; `link` leads to where it comes from."""

    organisation: str
    measure: str
    title: str
    unit: str
    group: str
    group_title: str
    year: int
    years_pooled: int
    basis: str
    status: str
    text: str
    raw: float | None
    pupils: int | None
    pupils_text: str
    lower: float | None
    upper: float | None
    interval: str
    note: str
    link: str
    nation: Compared = NOT_COMPARED
    authority: Compared = NOT_COMPARED
    before: Compared = NOT_COMPARED
    others: Compared = NOT_COMPARED
    others_nationally: Compared = NOT_COMPARED
    average: Compared = NOT_COMPARED

    @property
    def is_reported(self) -> bool:
        """Whether there is a value to show."""
        return self.status == Status.REPORTED.value and self.raw is not None

    @property
    def year_text(self) -> str:
        """2023/24, or 2021/22 to 2023/24 for years put together."""
        return years_text(self.year, self.years_pooled)

    def as_point(self, label: str, *, verdict: charts.Verdict = "", marked: bool = False) -> charts.Figure:
        """The figure as a chart takes it."""
        return charts.Figure(
            label,
            self.raw if self.is_reported else None,
            self.lower,
            self.upper,
            self.pupils,
            missing="" if self.is_reported else self.text,
            link=self.link,
            verdict=verdict,
            marked=marked,
            whole=self.basis == "published",
        )


def years_text(year: int, years_pooled: int = 1) -> str:
    """The school year, or the first and the last of several put together."""
    if years_pooled == 1:
        return school_year(year)
    return f"{school_year(year - years_pooled + 1)} to {school_year(year)}"


def title_of(measure: str) -> str:
    """What a measure is called, one of a model included."""
    known = registry().get(measure)
    if known is not None:
        return known.title
    subject = measure.removeprefix("ks2_").removesuffix("_value_added")
    return f"Value added in {subject}" if measure.endswith("_value_added") else measure


def group_title(group: str) -> str:
    """What a group of pupils is called."""
    return BY_KEY[group].title if group in BY_KEY else group


def figure_link(
    organisation: str,
    year: int,
    years_pooled: int,
    measure: str,
    group: str,
    *,
    release: str,
    model: str = "",
) -> str:
    """Where a figure says where it comes from."""
    asked = {"release": release} | ({"model": model} if model else {})
    return f"{reverse('figure', args=[organisation, year, years_pooled, measure, group])}?{urlencode(asked)}"


def _link(row: Mapping[str, Any], release: Release) -> str:
    key = row["organisation"], row["year"], row["years_pooled"], row["measure"], row["group"]
    return figure_link(*key, release=release.name, model=row.get("model") or "")


def lines(figures: Figures, chosen: pl.Expr | None = None) -> list[Line]:
    """The figures (those that `chosen` picks) as lines: by headline order, group, then year."""
    rows = best(figures.results if chosen is None else figures.results.filter(chosen))
    keys = rows.select("year", "years_pooled", "measure", "group", "basis")
    beside: dict[tuple[Any, ...], dict[str, Mapping[str, Any]]] = {}
    compared = figures.comparisons.join(keys, on=keys.columns, how="semi")
    for row in compared.iter_rows(named=True):
        beside.setdefault(_key(row), {})[row["comparator"]] = row
    found = [line(row, figures.release, beside.get(_key(row), {})) for row in rows.iter_rows(named=True)]
    return sorted(found, key=in_order)


def line(
    row: Mapping[str, Any], release: Release, beside: Mapping[str, Mapping[str, Any]] | None = None
) -> Line:
    """One row of `results`, with its rows of `comparisons` by comparator."""
    measure = registry().get(row["measure"])
    unit = measure.unit if measure else "percent"
    reported = row["status"] == Status.REPORTED.value and row["value"] is not None
    whole = row["basis"] == "published"
    others = beside or {}
    nation = next((others[name] for name in _NATION if name in others), None)
    return Line(
        organisation=row["organisation"],
        measure=row["measure"],
        title=title_of(row["measure"]),
        unit=unit,
        group=row["group"],
        group_title=group_title(row["group"]),
        year=row["year"],
        years_pooled=row["years_pooled"],
        basis=row["basis"],
        status=row["status"],
        text=value_text(row["value"], unit, whole=whole) if reported else status_word(row["status"]),
        raw=row["value"] if reported else None,
        pupils=row["denominator"] if reported and unit != "pupils" else None,
        pupils_text=_pupils_text(row, measure) if reported else "",
        lower=row["lower"] if reported else None,
        upper=row["upper"] if reported else None,
        interval=interval_text(row["lower"], row["upper"], unit) if reported else "",
        note=row["label"] or "",
        link=_link(row, release),
        nation=compared(nation, unit),
        authority=compared(others.get("authority"), unit),
        before=compared(others.get("previous_year"), unit),
        others=compared(others.get("other"), unit),
        others_nationally=compared(others.get("nation_other"), unit),
    )


def estimate_lines(figures: Figures, chosen: pl.Expr | None = None) -> list[Line]:
    """What models say of the organisation, as lines; a figure of the model is a difference from the average."""
    rows = figures.estimates if chosen is None else figures.estimates.filter(chosen)
    return sorted((estimate_line(row, figures.release) for row in rows.iter_rows(named=True)), key=in_order)


def estimate_line(row: Mapping[str, Any], release: Release) -> Line:
    """One row of `estimates`. One without numbers is withheld from this reader."""
    unit = "progress points"
    reported = row["estimate"] is not None
    status = Status.REPORTED.value if reported else Status.SUPPRESSED.value
    kind = VALUE_ADDED.get(row["model"], row["model"])
    said = ""
    if reported and row["lower"] is not None and row["upper"] is not None:
        said = "above" if row["lower"] > 0 else "below" if row["upper"] < 0 else "not significant"
    return Line(
        organisation=row["organisation"],
        measure=row["measure"],
        title=title_of(row["measure"])
        if kind == "Value added"
        else f"{title_of(row['measure'])}, characteristics too",
        unit=unit,
        group=row["group"],
        group_title=group_title(row["group"]),
        year=row["year"],
        years_pooled=row["years_pooled"],
        basis="pupils",
        status=status,
        text=value_text(row["estimate"], unit) if reported else status_word(status),
        raw=row["estimate"],
        pupils=row["pupils"],
        pupils_text=f"{row['pupils']:,}" if row["pupils"] is not None else "",
        lower=row["lower"],
        upper=row["upper"],
        interval=interval_text(row["lower"], row["upper"], unit),
        note=row["label"] or "",
        link=_link(row, release),
        average=Compared("", value_text(row["estimate"], unit), SIGNIFICANCE[said]) if said else NOT_COMPARED,
    )


def status_word(status: str) -> str:
    """The word for a figure that is not reported."""
    return STATUS_WORDS.get(status, status)


def compared(row: Mapping[str, Any] | None, unit: str) -> Compared:
    """A row of `comparisons` in words."""
    if row is None:
        return NOT_COMPARED
    because = row["because"] or ""
    if because == Status.SUPPRESSED.value:
        return Compared("", "", "suppressed")
    if row["difference"] is None:
        return Compared(value_text(row["comparator_value"], unit), "", "cannot say", because)
    return Compared(
        value_text(row["comparator_value"], unit),
        difference_text(row["difference"], unit),
        SIGNIFICANCE.get(row["significance"], row["significance"]),
        because,
    )


def best(rows: pl.DataFrame) -> pl.DataFrame:
    """Each figure once, on its best basis."""
    rank = {basis: rank for rank, basis in enumerate(BASES)}
    return rows.sort(pl.col("basis").replace_strict(rank, default=9, return_dtype=pl.Int64)).unique(
        ["organisation", "year", "years_pooled", "measure", "group"], keep="first", maintain_order=True
    )


def in_order(one: Line) -> tuple[object, ...]:
    """Headline measures first, all pupils before groups, years in order."""
    return (
        *place(one.measure),
        _GROUP_PLACE.get(one.group, 99),
        one.group,
        one.year,
        one.years_pooled,
        one.title,
    )


def breaks_of(measure: str, years: Iterable[int]) -> list[charts.Break]:
    """Where the series of a measure breaks within these years."""
    known, span = registry().get(measure), sorted(years)
    if known is None or len(span) < 2:
        return []
    return [charts.Break(found.year, found.reason) for found in known.breaks_between(span[0], span[-1])]


def _pupils_text(row: Mapping[str, Any], measure: Measure | None) -> str:
    if measure is not None and measure.unit == "pupils":
        return ""
    return f"{row['denominator']:,}" if row["denominator"] is not None else "unpublished"


def _key(row: Mapping[str, Any]) -> tuple[Any, ...]:
    return row["year"], row["years_pooled"], row["measure"], row["group"], row["basis"]
