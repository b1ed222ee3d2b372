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
    sheet = _Sheet()
    alt = sheet.alt
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
    others = sheet.data([row for row in rows if row["series"] != of])

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
        *_whiskers(sheet, mine, "x", x, BLUE),
        *series(sheet.data(mine)),
    ]
    if breaks:
        ruled = sheet.data([{"at": year - 0.5, "words": "break"} for year in breaks])
        at = alt.X("at:Q", scale=across, title=None)
        layers = [
            alt.Chart(ruled).mark_rule(color=INK, strokeDash=[3, 3], strokeWidth=1.5).encode(x=at),
            alt.Chart(ruled)
            .mark_text(align="left", baseline="top", dx=4, dy=2, color=INK, fontSize=12)
            .encode(x=at, y=alt.value(0), text="words:N"),
            *layers,
        ]
    return sheet.finished(alt.layer(*layers), width, 260 if width > NARROW else 220)


def caterpillar(figures: Sequence[Figure], unit: str, line: Line | None, width: int) -> Specification:
    """One row an organisation, in the order given."""
    sheet = _Sheet()
    alt = sheet.alt
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
        *_line(sheet, line, "x"),
        *_whiskers(sheet, rows, "y", y, BLUE, caps=False),
        alt.Chart(sheet.data(rows))
        .mark_point(size=70, opacity=1, stroke=BLUE, strokeWidth=1.5)
        .encode(y=y, x=x, shape=shape, fill=fill),
    ]
    return sheet.finished(alt.layer(*layers), width, row=_ROW)


def bars(figures: Sequence[Figure], unit: str, line: Line | None, width: int) -> Specification:
    """One bar a group, from zero."""
    sheet = _Sheet()
    alt = sheet.alt
    rows = [
        {"name": name, **_numbers(figure)} for name, figure in zip(_distinct(figures), figures, strict=True)
    ]
    y = _names_axis(alt, rows, width)
    x = _value_axis(alt, "x", rows, unit, also=[0.0, *([line.value] if line else [])])
    layers = [
        alt.Chart(sheet.data(rows))
        .mark_bar(color="#8eb8dc", stroke=BLUE, strokeWidth=1, height=13)
        .encode(y=y, x=x),
        *_line(sheet, line, "x"),
        *_whiskers(sheet, rows, "y", y, INK),
    ]
    return sheet.finished(alt.layer(*layers), width, row=_ROW + 8)


def beside(figures: Sequence[Figure], unit: str, width: int) -> Specification:
    """The first with its interval, the others as diamonds."""
    sheet = _Sheet()
    alt = sheet.alt
    rows = [
        {"name": name, "look": "own" if place == 0 else "other", **_numbers(figure)}
        for place, (name, figure) in enumerate(zip(_distinct(figures), figures, strict=True))
    ]
    y = _names_axis(alt, rows, width)
    x = _value_axis(alt, "x", rows, unit)
    looks = ["own", "other"]
    layers = [
        *_whiskers(sheet, rows, "y", y, BLUE),
        alt.Chart(sheet.data(rows))
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
    return sheet.finished(alt.layer(*layers), width, row=_ROW + 6)


class _Sheet:
    """What a chart is drawn on: Altair, and the rows of every layer. Rows are put in last, since Altair copies with each
    call all that a chart holds, and the declarations are ours, so that they need no check against the schema either."""

    def __init__(self) -> None:
        import altair  # costs a fifth of a second, and a kept chart needs it not

        self.alt: Any = altair
        self.datasets: dict[str, list[dict[str, Any]]] = {}

    def data(self, rows: list[dict[str, Any]]) -> Any:
        """A name for the rows of a layer."""
        name = f"rows {len(self.datasets) + 1}"
        self.datasets[name] = rows
        return self.alt.NamedData(name=name)

    def finished(
        self, chart: Any, width: int, height: int | None = None, *, row: int | None = None
    ) -> Specification:
        """The specification; `height` in pixels, or `row` pixels for each name."""
        made: Specification = chart.to_dict(validate=False)
        made |= {
            "width": width,
            "height": {"step": row} if row else height,
            "autosize": {"type": "fit-x", "contains": "padding"},
            "padding": {"left": 2, "right": 8, "top": 2, "bottom": 2},
            "datasets": self.datasets,
            "config": _LOOKS,
        }
        return made


_LOOKS = {
    "font": FONT,
    "background": PAPER,
    "aria": False,
    "view": {"stroke": None},
    "axis": {
        "labelFontSize": 13,
        "labelColor": INK,
        "gridColor": GRID,
        "domainColor": GREY,
        "tickColor": GREY,
        "labelFontWeight": "normal",
    },
    "legend": {"labelFontSize": 13, "labelColor": INK},
}


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
    sheet: _Sheet, rows: list[dict[str, Any]], along: str, place: Any, colour: str, *, caps: bool = True
) -> list[Any]:
    """The interval of each row that has one. `along` is the axis of the rows."""
    having = [row for row in rows if row["lower"] is not None]
    if not having:
        return []
    value = "y" if along == "x" else "x"
    of = sheet.data(having)
    rule = sheet.alt.Chart(of).mark_rule(color=colour, strokeWidth=1.5)
    layers = [rule.encode(**{along: place, value: "lower:Q", f"{value}2": "upper:Q"})]
    if caps:
        for end in ("lower", "upper"):
            tick = sheet.alt.Chart(of).mark_tick(
                color=colour, thickness=1.5, size=9, orient="horizontal" if value == "y" else "vertical"
            )
            layers.append(tick.encode(**{along: place, value: f"{end}:Q"}))
    return layers


def _line(sheet: _Sheet, line: Line | None, value: str) -> list[Any]:
    if line is None:
        return []
    at = sheet.data([{"at": line.value, "words": line.label}])
    return [
        sheet.alt.Chart(at)
        .mark_rule(color=INK, strokeDash=[6, 3], strokeWidth=1.5)
        .encode(**{value: sheet.alt.X("at:Q")}),
        sheet.alt.Chart(at)
        .mark_text(align="center", baseline="bottom", dy=-4, color=INK, fontSize=13)
        .encode(x=sheet.alt.X("at:Q"), y=sheet.alt.value(0), text="words:N"),
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
