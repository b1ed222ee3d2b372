"""The drawings of charts: Altair declarations for a width. What they mean is in `charts`."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from headway.web.design.drawing import BLUE, FONT, GREY, GRID, INK, NARROW, PAPER, PURPLE, Specification
from headway.web.design.numbers import school_year

if TYPE_CHECKING:
    from headway.web.design.charts import Figure, Line

_ROW = 22
"""Height of a row of names in pixels."""

_SERIES = ((GREY, "diamond", [6, 3]), (PURPLE, "square", [2, 2]), (INK, "triangle-up", [8, 3, 2, 3]))
"""Colour, shape and dashes of each comparator: never told apart by colour alone."""


def trend(
    own: Mapping[int, Figure],
    beside: Mapping[str, Mapping[int, Figure]],
    unit: str,
    of: str,
    breaks: Sequence[int],
    width: int,
) -> Specification:
    """Years from left to right, all from the first to the last."""
    import altair as alt

    named = {of: own, **{name: series for name, series in beside.items() if name != of}}
    rows = [
        {"year": year, "series": name, "part": part, **_numbers(figure)}
        for name, series in named.items()
        for year, part, figure in _parted(series, breaks)
    ]
    years = range(min(row["year"] for row in rows), max(row["year"] for row in rows) + 1)
    names = list(named)
    looks = [(BLUE, "circle", [1, 0]), *(_SERIES[place % len(_SERIES)] for place in range(len(beside)))]
    across = alt.Scale(domain=[years[0] - 0.4, years[-1] + 0.4], nice=False, zero=False)
    labelled = list(years)[:: -(-len(years) // (10 if width > NARROW else 4))]
    words = f"{json.dumps({str(year): school_year(year) for year in labelled})}[datum.value]"
    x = alt.X("year:Q", scale=across, title=None).axis(values=labelled, labelExpr=words, grid=False)
    y = _value_axis(alt, "y", rows, unit)
    legend = alt.Legend(
        title=None, orient="top", labelLimit=400 if width > NARROW else 260, columns=1, symbolSize=90
    )
    colour = alt.Color(
        "series:N",
        scale=alt.Scale(domain=names, range=[look[0] for look in looks]),
        legend=legend,
        sort=names,
    )
    shape = alt.Shape(
        "series:N",
        scale=alt.Scale(domain=names, range=[look[1] for look in looks]),
        sort=names,
        legend=legend,
    )
    dash = alt.StrokeDash(
        "series:N",
        scale=alt.Scale(domain=names, range=[look[2] for look in looks]),
        sort=names,
        legend=legend,
    )
    mine = [row for row in rows if row["series"] == of]
    others = _data(alt, [row for row in rows if row["series"] != of])

    def series(of_whom: Any) -> list[Any]:
        return [
            alt.Chart(of_whom)
            .mark_line(strokeWidth=2)
            .encode(x=x, y=y, color=colour, strokeDash=dash, detail="part:N"),
            alt.Chart(of_whom)
            .mark_point(filled=True, size=80, opacity=1, stroke=PAPER, strokeWidth=1)
            .encode(x=x, y=y, color=colour, shape=shape),
        ]

    layers = [
        *(series(others) if beside else []),
        *_whiskers(alt, mine, "x", x, BLUE),
        *series(_data(alt, mine)),
    ]
    if breaks:
        ruled = _data(alt, [{"at": year - 0.5, "words": "break"} for year in breaks])
        at = alt.X("at:Q", scale=across, title=None)
        layers = [
            alt.Chart(ruled).mark_rule(color=INK, strokeDash=[3, 3], strokeWidth=1.5).encode(x=at),
            alt.Chart(ruled)
            .mark_text(align="left", baseline="top", dx=4, dy=2, color=INK, fontSize=12)
            .encode(x=at, y=alt.value(0), text="words:N"),
            *layers,
        ]
    return _finished(alt.layer(*layers), width, 260 if width > NARROW else 220)


def caterpillar(figures: Sequence[Figure], unit: str, line: Line | None, width: int) -> Specification:
    """One row an organisation, in the order given."""
    import altair as alt

    rows = [
        {"name": name, **_numbers(figure)} for name, figure in zip(_distinct(figures), figures, strict=True)
    ]
    y = _names_axis(alt, rows, width)
    x = _value_axis(alt, "x", rows, unit, also=[line.value] if line else [])
    said = {"above": "above", "below": "below"}
    for row, figure in zip(rows, figures, strict=True):
        row["look"] = "this one" if figure.marked else said.get(figure.verdict, "not told apart")
    looks = ["above", "below", "not told apart", "this one"]
    shape = alt.Shape(
        "look:N",
        scale=alt.Scale(domain=looks, range=["triangle-up", "triangle-down", "circle", "diamond"]),
        legend=None,
    )
    fill = alt.Fill("look:N", scale=alt.Scale(domain=looks, range=[BLUE, BLUE, PAPER, INK]), legend=None)
    layers = [
        *_line(alt, line, "x"),
        *_whiskers(alt, rows, "y", y, BLUE, caps=False),
        alt.Chart(_data(alt, rows))
        .mark_point(size=70, opacity=1, stroke=BLUE, strokeWidth=1.5)
        .encode(y=y, x=x, shape=shape, fill=fill),
    ]
    return _finished(alt.layer(*layers), width, alt.Step(_ROW))


def bars(figures: Sequence[Figure], unit: str, line: Line | None, width: int) -> Specification:
    """One bar a group, from zero."""
    import altair as alt

    rows = [
        {"name": name, **_numbers(figure)} for name, figure in zip(_distinct(figures), figures, strict=True)
    ]
    y = _names_axis(alt, rows, width)
    x = _value_axis(alt, "x", rows, unit, also=[0.0, *([line.value] if line else [])])
    layers = [
        alt.Chart(_data(alt, rows))
        .mark_bar(color="#8eb8dc", stroke=BLUE, strokeWidth=1, height=13)
        .encode(y=y, x=x),
        *_line(alt, line, "x"),
        *_whiskers(alt, rows, "y", y, INK),
    ]
    return _finished(alt.layer(*layers), width, alt.Step(_ROW + 8))


def beside(figures: Sequence[Figure], unit: str, width: int) -> Specification:
    """The first with its interval, the others as diamonds."""
    import altair as alt

    rows = [
        {"name": name, "look": "own" if place == 0 else "other", **_numbers(figure)}
        for place, (name, figure) in enumerate(zip(_distinct(figures), figures, strict=True))
    ]
    y = _names_axis(alt, rows, width)
    x = _value_axis(alt, "x", rows, unit)
    looks = ["own", "other"]
    layers = [
        *_whiskers(alt, rows, "y", y, BLUE),
        alt.Chart(_data(alt, rows))
        .mark_point(filled=True, size=90, opacity=1)
        .encode(
            y=y,
            x=x,
            shape=alt.Shape(
                "look:N", scale=alt.Scale(domain=looks, range=["circle", "diamond"]), legend=None
            ),
            color=alt.Color("look:N", scale=alt.Scale(domain=looks, range=[BLUE, GREY]), legend=None),
        ),
    ]
    return _finished(alt.layer(*layers), width, alt.Step(_ROW + 6))


def _data(alt: Any, rows: list[dict[str, Any]]) -> Any:
    return alt.Data(values=rows)


def _numbers(figure: Figure) -> dict[str, Any]:
    known = figure.lower is not None and figure.upper is not None
    return {
        "value": figure.value,
        "lower": figure.lower if known else None,
        "upper": figure.upper if known else None,
    }


def _parted(series: Mapping[int, Figure], breaks: Sequence[int]) -> list[tuple[int, str, Figure]]:
    """The years that have a value, each with the unbroken stretch it belongs to: no year missing, no break between."""
    found: list[tuple[int, str, Figure]] = []
    part, before = 0, None
    for year, figure in sorted(series.items()):
        if figure.value is None:
            continue
        if before is not None and (year != before + 1 or any(before < each <= year for each in breaks)):
            part += 1
        found.append((year, f"part {part}", figure))
        before = year
    return found


def _distinct(figures: Sequence[Figure]) -> list[str]:
    """Names that are each one row: two schools of one name get a number."""
    seen: dict[str, int] = {}
    names = []
    for figure in figures:
        seen[figure.label] = seen.get(figure.label, 0) + 1
        names.append(figure.label if seen[figure.label] == 1 else f"{figure.label} ({seen[figure.label]})")
    return names


def _whiskers(
    alt: Any, rows: list[dict[str, Any]], along: str, place: Any, colour: str, *, caps: bool = True
) -> list[Any]:
    """The interval of each row that has one. `along` is the axis of the rows."""
    having = [row for row in rows if row["lower"] is not None]
    if not having:
        return []
    value = "y" if along == "x" else "x"
    of = _data(alt, having)
    rule = alt.Chart(of).mark_rule(color=colour, strokeWidth=1.5)
    layers = [rule.encode(**{along: place, value: "lower:Q", f"{value}2": "upper:Q"})]
    if caps:
        for end in ("lower", "upper"):
            tick = alt.Chart(of).mark_tick(
                color=colour, thickness=1.5, size=9, orient="horizontal" if value == "y" else "vertical"
            )
            layers.append(tick.encode(**{along: place, value: f"{end}:Q"}))
    return layers


def _line(alt: Any, line: Line | None, value: str) -> list[Any]:
    if line is None:
        return []
    at = _data(alt, [{"at": line.value, "words": line.label}])
    return [
        alt.Chart(at)
        .mark_rule(color=INK, strokeDash=[6, 3], strokeWidth=1.5)
        .encode(**{value: alt.X("at:Q")}),
        alt.Chart(at)
        .mark_text(align="center", baseline="bottom", dy=-4, color=INK, fontSize=13)
        .encode(x=alt.X("at:Q"), y=alt.value(0), text="words:N"),
    ]


def _value_axis(
    alt: Any, which: str, rows: Sequence[dict[str, Any]], unit: str, also: Sequence[float] = ()
) -> Any:
    every = [
        row[name] for row in rows for name in ("value", "lower", "upper") if row[name] is not None
    ] + list(also)
    low, high = min(every), max(every)
    room = (high - low or 1.0) * 0.06
    low, high = (low if low == 0.0 else low - room), high + room
    if unit == "percent":
        low, high = max(low, 0.0), min(high, 100.0)
    made = alt.X if which == "x" else alt.Y
    form = "datum.label + '%'" if unit == "percent" else "datum.label"
    return made("value:Q", scale=alt.Scale(domain=[low, high], zero=False, nice=False), title=None).axis(
        labelExpr=form, tickCount=5, grid=True
    )


def _names_axis(alt: Any, rows: Sequence[dict[str, Any]], width: int) -> Any:
    """Names in a column as wide as they need. The renderer measures with a narrower letter than some screens have, hence
    a fifth more room."""
    longest = max(len(row["name"]) for row in rows) * 7
    limit = min(longest, 270 if width > NARROW else 115)
    return alt.Y("name:N", sort=[row["name"] for row in rows], title=None).axis(
        labelLimit=limit, minExtent=round(limit * 1.2), ticks=False, domain=False, labelPadding=6
    )


def _finished(chart: Any, width: int, height: Any) -> Specification:
    made: Specification = (
        chart.properties(
            width=width,
            height=height,
            autosize=_fit(),
            padding={"left": 2, "right": 8, "top": 2, "bottom": 2},
        )
        .configure(font=FONT, background=PAPER, aria=False)
        .configure_view(stroke=None)
        .configure_axis(
            labelFontSize=13,
            labelColor=INK,
            gridColor=GRID,
            domainColor=GREY,
            tickColor=GREY,
            labelFontWeight="normal",
        )
        .configure_legend(labelFontSize=13, labelColor=INK)
        .to_dict()
    )
    return made


def _fit() -> Any:
    import altair as alt

    return alt.AutoSizeParams(type="fit-x", contains="padding")
