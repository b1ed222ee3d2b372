"""Charts of figures, each with the table and the sentence that say the same: trends, caterpillars, groups, comparators.

Intervals are always drawn where they are known, and where they are not the table says so. A line joins no two years
between which a measure breaks, or of which one is missing. What is missing is not drawn: its word stands in the table.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from headway.web.design import charts_drawings as drawings
from headway.web.design.drawing import Specification, drawn
from headway.web.design.numbers import interval_text, school_year, value_text

_FEW = 6
"""So many groups are told one by one; of more only the range, and the rest by the table."""
Verdict = Literal["above", "below", "not significant", "cannot say", ""]


@dataclass(frozen=True)
class Figure:
    """A figure as a chart takes it. `label` names its row or year. Where it has no value, `missing` says why (`suppressed`).
    `pupils` is None where unpublished, `link` leads to where it comes from, `verdict` is how it compares with the line
    drawn, `marked` is whether it is the one that the page is about, `whole` whether it was published as a whole number.
    A difference stands for no pupils of its own: it says so by `shows_pupils`."""

    label: str
    value: float | None
    lower: float | None = None
    upper: float | None = None
    pupils: int | None = None
    missing: str = ""
    link: str = ""
    verdict: Verdict = ""
    marked: bool = False
    whole: bool = False
    shows_pupils: bool = True


@dataclass(frozen=True)
class Cell:
    """A cell of a chart's table; a number stands to the right."""

    text: str
    number: bool = False
    link: str = ""


@dataclass(frozen=True)
class Line:
    """A value drawn right across, such as England's."""

    label: str
    value: float
    whole: bool = False


@dataclass(frozen=True)
class Break:
    """From `year` on figures may not be compared with those before, and why."""

    year: int
    reason: str


@dataclass(frozen=True)
class Chart:
    """A chart as SVG (`svg` wide, `narrow` for a narrow screen; `draw` makes them when first asked for), what it shows in
    one or two sentences, and the same as a table. `notes` say what else a reader must know, such as why a series breaks."""

    title: str
    sentence: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    notes: tuple[str, ...] = ()
    drawings: tuple[str, str] | None = field(default=None, repr=False)

    @property
    def svg(self) -> str:
        """The wide drawing; empty where there is nothing to draw."""
        return self.drawings[0] if self.drawings else ""

    @property
    def narrow(self) -> str:
        """The narrow drawing."""
        return self.drawings[1] if self.drawings else ""


def trend(
    title: str,
    points: Mapping[int, Figure],
    *,
    unit: str,
    of: str,
    breaks: Sequence[Break] = (),
    comparators: Mapping[str, Mapping[int, Figure]] | None = None,
) -> Chart:
    """The figures of `of` (a school's or the authority's name) year by year, beside comparators by name."""
    beside = {name: dict(sorted(series.items())) for name, series in (comparators or {}).items()}
    own = dict(sorted(points.items()))
    years = sorted({*own, *(year for series in beside.values() for year in series)})
    parted = tuple(found for found in breaks if years and years[0] < found.year <= years[-1])
    notes = tuple(
        f"From {school_year(found.year)} figures cannot be compared with earlier ones: {_closed(found.reason)}"
        for found in parted
    )
    sentence = _trend_sentence(own, beside, unit, of, parted)
    counted = any(figure.shows_pupils for figure in own.values())
    columns = ("Year", of, "95% interval", *(("Pupils",) if counted else ()), *beside)
    rows = tuple(
        (
            Cell(_year_label(own.get(year), year)),
            *_own_cells(own.get(year), unit, counted),
            *(_value_cell(series.get(year), unit) for series in beside.values()),
        )
        for year in years
    )
    return _chart(
        "trend",
        title,
        sentence,
        columns,
        rows,
        notes,
        (own, beside, unit, of, tuple(found.year for found in parted)),
        any(figure.value is not None for figure in own.values()),
        lambda width: drawings.trend(own, beside, unit, of, [found.year for found in parted], width),
    )


def caterpillar(
    title: str, figures: Sequence[Figure], *, unit: str, line: Line | None = None, what: str = "schools"
) -> Chart:
    """Several organisations in the order given, each with an interval made for comparing several with one another: two that
    do not overlap can be told apart. `line` is what each `verdict` is about."""
    known = [figure for figure in figures if figure.value is not None]
    missing = [figure for figure in figures if figure.value is None]
    first = "School" if what == "schools" else "Name"
    last = (f"Beside {line.label}",) if line else ()
    columns = (first, "Value", "Interval for comparing", "Pupils", *last)
    rows = tuple(
        (Cell(figure.label), *_own_cells(figure, unit), *((_verdict_cell(figure),) if line else ()))
        for figure in figures
    )
    sentence = _caterpillar_sentence(known, missing, unit, line, what)
    return _chart(
        "caterpillar",
        title,
        sentence,
        columns,
        rows,
        (),
        (tuple(known), unit, line),
        bool(known),
        lambda width: drawings.caterpillar(known, unit, line, width),
    )


def groups(
    title: str, figures: Sequence[Figure], *, unit: str, line: Line | None = None, first: str = "Group"
) -> Chart:
    """Groups of pupils, or gaps between them, as bars from zero with their 95 % intervals."""
    known = [figure for figure in figures if figure.value is not None]
    counted = any(figure.shows_pupils for figure in figures)
    columns = (first, "Value", "95% interval", *(("Pupils",) if counted else ()))
    rows = tuple((Cell(figure.label), *_own_cells(figure, unit, counted)) for figure in figures)
    return _chart(
        "groups",
        title,
        _groups_sentence(known, len(figures) - len(known), unit, line),
        columns,
        rows,
        (),
        (tuple(known), unit, line),
        bool(known),
        lambda width: drawings.bars(known, unit, line, width),
    )


def beside(title: str, own: Figure, others: Sequence[Figure], *, unit: str, first: str = "Of") -> Chart:
    """One figure with its 95 % interval above what it is compared with: a small chart."""
    everything = [own, *others]
    known = [figure for figure in everything if figure.value is not None]
    rows = tuple((Cell(figure.label), *_own_cells(figure, unit)) for figure in everything)
    words = [f"{figure.label} {_with_interval(figure, unit)}" for figure in everything]
    return _chart(
        "beside",
        title,
        "; ".join(words) + ".",
        (first, "Value", "95% interval", "Pupils"),
        rows,
        (),
        (own, tuple(others), unit),
        own.value is not None,
        lambda width: drawings.beside(known, unit, width),
    )


def _chart(
    kind: str,
    title: str,
    sentence: str,
    columns: tuple[str, ...],
    rows: tuple[tuple[Cell, ...], ...],
    notes: tuple[str, ...],
    shown: object,
    anything: bool,
    drawing: Callable[[int], Specification],
) -> Chart:
    made = drawn(kind, shown, drawing, title=title, description=sentence) if anything else None
    return Chart(title, sentence, columns, rows, notes, made)


def _own_cells(figure: Figure | None, unit: str, counted: bool = True) -> tuple[Cell, ...]:
    """Value, interval and, where they are counted, pupils."""
    if figure is None or figure.value is None:
        return (_value_cell(figure, unit), *(Cell("", number=True) for _ in range(1 + counted)))
    interval = interval_text(figure.lower, figure.upper, unit) or "no interval"
    pupils = "unpublished" if figure.pupils is None else f"{figure.pupils:,}"
    cells = (_value_cell(figure, unit), Cell(interval, number=True))
    return (*cells, Cell(pupils, number=True)) if counted else cells


def _value_cell(figure: Figure | None, unit: str) -> Cell:
    if figure is None:
        return Cell("no figure", number=True)
    return Cell(_value(figure, unit), number=True, link=figure.link)


def _verdict_cell(figure: Figure) -> Cell:
    words = {"above": "above", "below": "below", "not significant": "cannot be told apart"}
    return Cell(words.get(figure.verdict, "cannot say"))


def _value(figure: Figure, unit: str) -> str:
    return value_text(figure.value, unit, whole=figure.whole) or figure.missing or "no figure"


def _with_interval(figure: Figure, unit: str) -> str:
    interval = interval_text(figure.lower, figure.upper, unit) if figure.value is not None else ""
    return f"{_value(figure, unit)}{f' (95% interval {interval})' if interval else ''}"


def _year_label(figure: Figure | None, year: int) -> str:
    return figure.label if figure is not None and figure.label else school_year(year)


def _closed(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else f"{text}."


def _trend_sentence(
    own: Mapping[int, Figure],
    beside: Mapping[str, Mapping[int, Figure]],
    unit: str,
    of: str,
    breaks: Sequence[Break],
) -> str:
    known = [year for year, figure in own.items() if figure.value is not None]
    if not known:
        return f"There is no figure of {of} to show."
    last = known[-1]
    comparable = [year for year in known if not any(year < found.year <= last for found in breaks)]
    said = f"{of}: {_with_interval(own[last], unit)} in {_year_label(own[last], last)}"
    first = comparable[0]
    if first != last:
        said += f", {_value(own[first], unit)} in {_year_label(own[first], first)}"
    for name, series in beside.items():
        if last in series and series[last].value is not None:
            said += f"; {name} {_value(series[last], unit)} in {_year_label(own[last], last)}"
    said += "."
    if breaks:
        many = [school_year(found.year) for found in breaks]
        said += f" The series breaks in {_listed(many)}; years on either side of a break are not comparable."
    return said


def _caterpillar_sentence(
    known: Sequence[Figure], missing: Sequence[Figure], unit: str, line: Line | None, what: str
) -> str:
    if not known:
        return f"None of the {what} listed has a figure to show."
    lowest = min(known, key=lambda figure: figure.value or 0)
    highest = max(known, key=lambda figure: figure.value or 0)
    said = (
        f"{len(known)} {what if len(known) != 1 else what.removesuffix('s')}, from {_value(lowest, unit)} ({lowest.label}) "
        f"to {_value(highest, unit)} ({highest.label})."
    )
    if line:
        count = {
            word: sum(figure.verdict == word for figure in known)
            for word in ("above", "below", "not significant")
        }
        unsaid = len(known) - sum(count.values())
        at = f"{line.label} ({value_text(line.value, unit, whole=line.whole)})"
        said += f" Beside {at}, {count['above']} {'lies' if count['above'] == 1 else 'lie'} above, {count['below']} below"
        said += f" and {count['not significant']} cannot be told apart from it."
        said += f" Of {unsaid} it cannot be said." if unsaid else ""
    if missing:
        said += f" {len(missing)} {'has' if len(missing) == 1 else 'have'} no figure to show."
    return said


def _groups_sentence(known: Sequence[Figure], missing: int, unit: str, line: Line | None) -> str:
    if not known:
        return "None of these has a figure to show."
    if len(known) > _FEW:
        lowest = min(known, key=lambda figure: figure.value or 0)
        highest = max(known, key=lambda figure: figure.value or 0)
        ends = [f"{one.label} ({_value(one, unit)}{_of_pupils(one)})" for one in (lowest, highest)]
        said = f"{len(known)} groups, from {ends[0]} to {ends[1]}."
    else:
        said = "; ".join(f"{figure.label} {_with_interval(figure, unit)}" for figure in known) + "."
    if line:
        said += f" {line.label}: {value_text(line.value, unit, whole=line.whole)}."
    if missing:
        said += f" {missing} {'has' if missing == 1 else 'have'} no figure to show."
    return said


def _of_pupils(figure: Figure) -> str:
    """The groups at either end are often the smallest: without their pupils the sentence would say too much."""
    if figure.pupils is None or not figure.shows_pupils:
        return ""
    return f" of {figure.pupils:,} {'pupil' if figure.pupils == 1 else 'pupils'}"


def _listed(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
