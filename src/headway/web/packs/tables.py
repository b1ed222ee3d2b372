"""Figures as tables of a document."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from headway.web.design.charts import Chart
from headway.web.design.documents import Block, Cell, Column, Paragraph, Picture, Table, number, word
from headway.web.design.numbers import school_year
from headway.web.packs.material import Material
from headway.web.standards.lines import Compared, Line, title_of

NONE = "–"
"""Where there is nothing to say of a figure."""
COMPARATORS = {
    "nation": "England",
    "authority": "Authority",
    "others": "Others in the school",
    "others_nationally": "Others in England",
    "before": "Year before",
    "average": "Average",
}
_BESIDE = {
    "nation": "Beside England",
    "authority": "Beside the authority",
    "others": "Beside others here",
    "others_nationally": "Beside others in England",
    "before": "Beside year before",
    "average": "Beside the average",
}
_STARTS = ("Key stage 2 ", "Key stage 1 ", "Early years: ", "Early years, ")
_NAMES = {"others": "other", "others_nationally": "nation_other", "before": "previous_year"}


def short_title(one: Line) -> str:
    """What a figure is, below a caption that says of which stage."""
    for start in _STARTS:
        if one.title.startswith(start):
            rest = one.title.removeprefix(start)
            return rest[:1].upper() + rest[1:]
    return one.title


def value(one: Line) -> Cell:
    """A figure, or the word that stands for it."""
    if one.raw is None:
        return word(one.text)
    return number(one.raw, one.unit, whole=one.basis == "published")


def pupils(one: Line) -> Cell:
    """How many pupils it is of."""
    if one.pupils is not None:
        return number(float(one.pupils), "pupils")
    return word(one.pupils_text or NONE)


def compared(one: Line, name: str) -> Compared:
    """The figure beside a comparator, by the comparator's name."""
    found: Compared = getattr(one, name)
    return found


def figures_table(
    material: Material,
    caption: str,
    shown: Sequence[Line],
    *,
    first: str = "Measure",
    label: Callable[[Line], str] = lambda one: short_title(one),
    beside: Sequence[str] = ("nation", "authority"),
    said: Sequence[str] = ("nation",),
    sheet: str = "",
) -> Table:
    """Figures with their pupils and intervals; a column for each comparator in `beside`, and for each in `said` how the
    figure lies to it."""
    columns = [
        Column(first, share=1.4 if first == "Year" else 3.1),
        Column("Value", numbers=True, share=1.3),
        Column("Pupils", numbers=True, share=0.95),
        Column("95% interval", numbers=True, share=1.75),
        *(_beside(material, name) for name in beside),
        *(Column(_BESIDE[name], share=1.9) for name in said),
    ]
    rows = [
        (
            word(label(one)),
            value(one),
            pupils(one),
            word(one.interval or NONE),
            *(_comparator(material, one, name) for name in beside),
            *(word(_said(one, name)) for name in said),
        )
        for one in shown
    ]
    return Table(caption, tuple(columns), tuple(rows), sheet=sheet or caption)


def years_table(caption: str, shown: Iterable[Line], *, sheet: str = "", most: int = 8) -> Table | None:
    """Measures by year, the latest years; None where there is nothing."""
    found = list(shown)
    years = sorted({one.year for one in found})[-most:]
    if not years:
        return None
    by_measure: dict[str, dict[int, Line]] = {}
    for one in found:
        by_measure.setdefault(one.measure, {})[one.year] = one
    kept = {measure: of for measure, of in by_measure.items() if not years or set(of) & set(years)}
    columns = (
        Column("Measure", share=3.2),
        *(Column(school_year(year), numbers=True, share=1.1) for year in years),
    )
    rows = tuple(
        (
            word(short_title(next(iter(of.values())))),
            *(value(of[year]) if year in of else word(NONE) for year in years),
        )
        for measure, of in kept.items()
    )
    return Table(caption, columns, rows, sheet=sheet or caption)


def chart(made: Chart | None, *, share: float = 1.0) -> list[Block]:
    """A chart with the sentence that says what it shows; its figures stand in a table beside it."""
    if made is None or not made.svg:
        return []
    said: list[Block] = [Paragraph(made.sentence), Picture(made.svg, f"{made.title}. {made.sentence}", share)]
    return [*said, *(Paragraph(note, "note") for note in made.notes)]


def trend_table(material: Material, measure: str) -> Table:
    """A measure year by year for all pupils, the latest first: the figures of its chart."""
    shown = list(reversed(material.of([measure])))
    return figures_table(
        material,
        f"{title_of(measure)}, year by year",
        shown,
        first="Year",
        label=lambda one: one.year_text,
        said=("nation", "before"),
        sheet="Trend",
    )


def _beside(material: Material, name: str) -> Column:
    """The column of a comparator, wide enough for its name and for a word in the place of a figure."""
    words = _name(material, name)
    longest = max(len(part) for part in words.split())
    return Column(words, numbers=True, share=max(1.35, 0.17 * longest))


def _name(material: Material, name: str) -> str:
    if name == "authority":
        return material.names.authority
    return material.names.nation if name == "nation" else COMPARATORS[name]


def _comparator(material: Material, one: Line, name: str) -> Cell:
    found, missing = material.comparator(one, _NAMES.get(name, name))
    return number(found, one.unit, missing=missing)


def _said(one: Line, name: str) -> str:
    found = compared(one, name)
    text = found.text.replace(" percentage points", " points").replace(
        "no significant difference", "not significant"
    )
    return text or NONE
