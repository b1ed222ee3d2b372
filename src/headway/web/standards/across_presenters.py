"""One measure across schools: a caterpillar with intervals made for comparing, and which schools can be told apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl
from django.core.paginator import Page
from django.urls import reverse

from headway.figures.intervals import Z
from headway.figures.models.comparing import comparison_intervals, told_apart
from headway.web.design import charts
from headway.web.design.lists import Order
from headway.web.design.numbers import interval_text, value_text
from headway.web.people import places
from headway.web.people.models import User
from headway.web.standards import across_choices, reading
from headway.web.standards.across_choices import Wanted
from headway.web.standards.authority_choice import Choice
from headway.web.standards.lines import figure_link, status_word
from headway.web.standards.modelled import MODELLED

SORTS = ("name", "value", "pupils", "apart")
"""Columns by which the list may stand."""
VERDICTS = {"above": "above", "below": "below", "not significant": "cannot be told apart"}


@dataclass(frozen=True)
class Compared:
    """Every school that is listed, in the order asked for, each with its interval for comparing; and the authority's own
    figure, with which `verdict` compares (None where there is none)."""

    schools: pl.DataFrame
    authority: Mapping[str, Any] | None
    modelled: bool


@dataclass(frozen=True)
class AcrossRow:
    """One school of the list."""

    key: str
    name: str
    href: str
    value: str
    link: str
    interval: str
    pupils: str
    verdict: str
    apart: str
    beside: str
    is_beside: bool
    marks: str


@dataclass(frozen=True)
class Across:
    """A page of the list."""

    title: str
    chart: charts.Chart
    rows: tuple[AcrossRow, ...]
    summary: tuple[str, ...]
    beside_name: str
    line_name: str
    whole: bool


def compared(user: User, choice: Choice, wanted: Wanted, order: Order) -> Compared:
    """The schools that the person may see and that fit, compared with one another."""
    rows, modelled = _rows(user, choice, wanted)
    authority = rows.filter(pl.col("organisation") == choice.authority).to_dicts()
    among = across_choices.schools_among(user, choice, wanted.filters)
    schools = rows.filter(pl.col("organisation").str.starts_with("school:"))
    if among is not None:
        schools = schools.filter(pl.col("organisation").is_in(list(among)))
    if wanted.minimum:
        schools = schools.filter(pl.col("denominator") >= wanted.minimum)
    known = pl.col("status") == "reported"
    schools = schools.with_columns(
        pl.when(known).then("value").alias("value"),
        pl.when(known).then("lower").alias("lower"),
        pl.when(known).then("upper").alias("upper"),
    )
    schools = told_apart(comparison_intervals(schools))
    schools = _judged(schools, user, choice, wanted, authority[0] if authority else None, modelled)
    return Compared(_ordered(schools, order), authority[0] if authority else None, modelled)


class Rows:
    """A frame as Django's pages take a list: each row as a mapping."""

    def __init__(self, frame: pl.DataFrame) -> None:
        self.frame = frame

    def __len__(self) -> int:
        return self.frame.height

    def __getitem__(self, part: slice) -> list[dict[str, Any]]:
        return self.frame[part].to_dicts()


def _rows(user: User, choice: Choice, wanted: Wanted) -> tuple[pl.DataFrame, bool]:
    """Figures as rows of results; of a measure that only a model gives, its shrunken estimates in their place."""
    model = MODELLED.get(wanted.measure.key)
    if model is None:
        return (
            reading.measure_figures(
                user,
                wanted.measure.key,
                year=choice.year,
                group=wanted.group,
                years_pooled=wanted.pooled,
                release=choice.release,
            ),
            False,
        )
    found = reading.estimates_across(
        user,
        model.of,
        model=model.model,
        year=choice.year,
        group=wanted.group,
        years_pooled=wanted.pooled,
        release=choice.release,
    )
    half = Z * pl.col("comparative_se")
    return (
        found.select(
            "organisation", "year", "years_pooled", "measure", "group",
            basis=pl.lit("pupils"),
            status=pl.when(pl.col("estimate").is_null()).then(pl.lit("suppressed")).otherwise(pl.lit("reported")),
            numerator=pl.lit(None, pl.Int64),
            denominator=pl.col("pupils"),
            value=pl.col("estimate"),
            lower=pl.col("estimate") - half,
            upper=pl.col("estimate") + half,
            source=pl.lit(None, pl.String),
            label=pl.col("label"),
            whole=pl.col("whole"),
        ),
        True,
    )  # fmt: skip


def _judged(
    schools: pl.DataFrame,
    user: User,
    choice: Choice,
    wanted: Wanted,
    authority: Mapping[str, Any] | None,
    modelled: bool,
) -> pl.DataFrame:
    """With `verdict`: beside the authority as the release's own comparison says; of estimates, beside the average, 0."""
    if modelled:
        return schools.with_columns(
            verdict=pl.when(pl.col("lower") > 0).then(pl.lit("above"))
            .when(pl.col("upper") < 0).then(pl.lit("below"))
            .when(pl.col("value").is_not_null()).then(pl.lit("not significant"))
            .otherwise(pl.lit("cannot say"))
        )  # fmt: skip
    if authority is None or authority["value"] is None:
        return schools.with_columns(verdict=pl.lit(""))
    said = reading.comparisons_across(
        user,
        wanted.measure.key,
        year=choice.year,
        group=wanted.group,
        years_pooled=wanted.pooled,
        release=choice.release,
    ).filter(pl.col("comparator") == "authority")
    return schools.join(
        said.select("organisation", "basis", verdict="significance"), on=["organisation", "basis"], how="left"
    ).with_columns(pl.col("verdict").fill_null("cannot say"))


def _ordered(schools: pl.DataFrame, order: Order) -> pl.DataFrame:
    by = {"value": "value", "pupils": "denominator", "apart": "others_below"}
    if order.key == "name":
        names = places.names(frozenset(schools["organisation"].to_list()))
        schools = schools.with_columns(
            name=pl.col("organisation").replace_strict(names, default="", return_dtype=pl.String)
        )
        return schools.sort("name", "organisation", descending=[order.descending, False])
    return schools.sort(by[order.key], "organisation", descending=[order.descending, False], nulls_last=True)


def across(choice: Choice, wanted: Wanted, found: Compared, page: Page) -> Across:
    """What a page of the list shows: the chart of its schools beside their table."""
    shown: Sequence[dict[str, Any]] = page.object_list
    other = _beside(found.schools, wanted.beside)
    keys = {one["organisation"] for one in shown} | ({wanted.beside} if other else set())
    names = places.names(frozenset(keys))
    line = _line(choice, found, wanted)
    rows = tuple(_row(one, names, wanted, choice, other) for one in shown)
    figures = [_figure(one, row, wanted) for one, row in zip(shown, rows, strict=True)]
    return Across(
        title=wanted.title,
        chart=charts.caterpillar(
            f"{wanted.title}, {choice.year}", figures, unit=wanted.measure.unit, line=line
        ),
        rows=rows,
        summary=_summary(found, is_missing=bool(wanted.beside) and other is None),
        beside_name=names[wanted.beside] if other else "",
        line_name=line.label if line else "",
        whole=bool(found.schools["whole"].all()),
    )


def _line(choice: Choice, found: Compared, wanted: Wanted) -> charts.Line | None:
    if found.modelled:
        return charts.Line("the average school", 0.0)
    if found.authority is None or found.authority["value"] is None:
        return None
    return charts.Line(choice.name, found.authority["value"], whole=found.authority["basis"] == "published")


def _figure(one: Mapping[str, Any], row: AcrossRow, wanted: Wanted) -> charts.Figure:
    return charts.Figure(
        label=row.name,
        value=one["value"],
        lower=one["compare_lower"],
        upper=one["compare_upper"],
        pupils=one["denominator"],
        missing=status_word(one["status"]),
        link=row.link,
        verdict=one["verdict"] or "",
        marked=one["organisation"] == wanted.beside,
        whole=one["basis"] == "published",
    )


def _beside(schools: pl.DataFrame, key: str) -> Mapping[str, Any] | None:
    rows = schools.filter(pl.col("organisation") == key).to_dicts() if key else []
    return rows[0] if rows and rows[0]["lower"] is not None else None


def _row(
    one: Mapping[str, Any],
    names: Mapping[str, str],
    wanted: Wanted,
    choice: Choice,
    other: Mapping[str, Any] | None,
) -> AcrossRow:
    key, unit = one["organisation"], wanted.measure.unit
    reported = one["value"] is not None
    pupils = (
        "" if not reported else "unpublished" if one["denominator"] is None else f"{one['denominator']:,}"
    )
    told = one["others_below"] + one["others_above"]
    is_beside = other is not None and other["organisation"] == key
    return AcrossRow(
        key=key,
        name=names.get(key, key),
        href=reverse("school", args=[int(key.removeprefix("school:"))]),
        value=value_text(one["value"], unit, whole=one["basis"] == "published")
        if reported
        else status_word(one["status"]),
        link=_link(one, wanted, choice),
        interval=interval_text(one["compare_lower"], one["compare_upper"], unit)
        or ("no interval" if reported else ""),
        pupils=pupils,
        verdict=VERDICTS.get(one["verdict"], "cannot say") if one["verdict"] else "",
        apart=f"{told} of {one['others']}" if one["others"] else "cannot say",
        beside="" if other is None or is_beside else _pair(one, other),
        is_beside=is_beside,
        marks=one["label"] or "",
    )


def _link(one: Mapping[str, Any], wanted: Wanted, choice: Choice) -> str:
    model = MODELLED.get(wanted.measure.key)
    return figure_link(
        one["organisation"],
        choice.year,
        wanted.pooled,
        model.of if model else wanted.measure.key,
        wanted.group,
        release=choice.release.name,
        model=model.model if model else "",
    )


def _pair(one: Mapping[str, Any], other: Mapping[str, Any]) -> str:
    """Whether a school lies above or below another by more than chance would explain: the interval of their difference,
    put together from the 95 % intervals of the two as everywhere (`figures.comparisons`)."""
    if one["lower"] is None:
        return "cannot say"
    difference = one["value"] - other["value"]
    below = ((one["value"] - one["lower"]) ** 2 + (other["upper"] - other["value"]) ** 2) ** 0.5
    above = ((one["upper"] - one["value"]) ** 2 + (other["value"] - other["lower"]) ** 2) ** 0.5
    if difference - below > 0:
        return "above"
    return "below" if difference + above < 0 else "cannot be told apart"


def _summary(found: Compared, *, is_missing: bool) -> tuple[str, ...]:
    schools = found.schools
    having = schools.filter(pl.col("compare_lower").is_not_null()).height
    reported = schools.filter(pl.col("value").is_not_null()).height
    missing = schools.height - reported
    said = []
    if having > 1:
        pairs, apart = having * (having - 1) // 2, int(schools["others_below"].sum())
        said.append(
            f"{having:,} schools can be compared. Of the {pairs:,} pairs of them, {apart:,} ({_share(apart, pairs)}) differ "
            "by more than chance would explain; the others cannot be told apart."
        )
    elif schools.height:
        said.append(
            "Fewer than two schools have a figure with an interval, so it cannot be said which differ."
        )
    if reported > having:
        said.append(f"{reported - having:,} have a figure without an interval: of them it cannot be said.")
    if missing:
        words = schools.filter(pl.col("value").is_null())["status"].value_counts(sort=True)
        said.append(
            "Without a figure: "
            + ", ".join(f"{count:,} {status}" for status, count in words.iter_rows())
            + "."
        )
    if is_missing:
        said.append(
            "The school that the others should be compared with is not in this list, or has no interval."
        )
    return tuple(said)


def _share(part: int, whole: int) -> str:
    share = 100 * part / whole
    return "less than 1%" if 0 < share < 1 else f"{share:.0f}%"
