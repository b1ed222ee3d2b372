"""What a document holds, whatever it is written as."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from headway.web.design.numbers import value_text


@dataclass(frozen=True)
class Cell:
    """A cell: its text, and the number behind it where it is one. `unit` is the number's, as in `design.numbers`; `whole`
    whether it is no more exact than a whole number."""

    text: str
    value: float | None = None
    unit: str = ""
    whole: bool = False


def word(text: object) -> Cell:
    """A cell of words."""
    return Cell(str(text))


def number(value: float | None, unit: str, *, missing: str = "", whole: bool = False) -> Cell:
    """A cell of a number in its unit (see `design.numbers`); where there is none, the word that says why."""
    if value is None:
        return Cell(missing)
    return Cell(value_text(value, unit, whole=whole), value, unit, whole)


@dataclass(frozen=True)
class Heading:
    """A heading; level 1 is the highest below the title. Levels are never skipped."""

    text: str
    level: Literal[1, 2, 3] = 1


@dataclass(frozen=True)
class Paragraph:
    """A paragraph. A `lead` opens a document, a `note` is in smaller print."""

    text: str
    kind: Literal["body", "lead", "note"] = "body"


@dataclass(frozen=True)
class Bullets:
    """A list, with bullets or numbered."""

    items: tuple[str, ...]
    numbered: bool = False


@dataclass(frozen=True)
class Column:
    """A column of a table. `numbers` stand to the right; `share` is its share of the width beside the others'."""

    text: str
    numbers: bool = False
    share: float = 1.0


@dataclass(frozen=True)
class Table:
    """A table with its caption and a header row, repeated on every page that it covers. The first cell of a row names it."""

    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    sheet: str = ""

    def __post_init__(self) -> None:
        if any(len(row) != len(self.columns) for row in self.rows):
            raise ValueError(f"a row of {self.caption!r} has not as many cells as the table has columns")


@dataclass(frozen=True)
class Picture:
    """A chart as SVG. `alternative` says what it shows to who cannot see it; `share` is how much of the width it takes."""

    svg: str
    alternative: str
    share: float = 1.0

    def __post_init__(self) -> None:
        if not self.alternative.strip():
            raise ValueError("a picture needs its alternative text")


@dataclass(frozen=True)
class KeyFigure:
    """One figure that stands out: what it is, its value, and what to know with it."""

    label: str
    cell: Cell
    note: str = ""


@dataclass(frozen=True)
class KeyFigures:
    """A few figures side by side."""

    figures: tuple[KeyFigure, ...]
    caption: str = "Key figures"


@dataclass(frozen=True)
class PageBreak:
    """From here on a new page."""


Block = Heading | Paragraph | Bullets | Table | Picture | KeyFigures | PageBreak


@dataclass(frozen=True)
class Imprint:
    """What stands on every page: for whom it is, from which release in which state, as at when, of how many pupils, and
    whose document it is."""

    audience: str
    release: str
    state: str
    as_at: str
    pupils: str
    organisation: str = ""

    @property
    def line(self) -> str:
        """The words at the foot of every page."""
        said = (f"For {self.audience}", f"{self.release}, {self.state}", f"as at {self.as_at}", self.pupils)
        return " · ".join(part for part in said if part)


@dataclass(frozen=True)
class Document:
    """A document: title, what it holds in order, and its imprint. A `compact` one is set small, to fit on few pages.
    `notes` say what a reader of the figures must know; a spreadsheet carries them on a sheet of their own."""

    title: str
    imprint: Imprint
    blocks: tuple[Block, ...]
    subtitle: str = ""
    subject: str = ""
    notes: tuple[str, ...] = ()
    language: str = "en-GB"
    colour: str = "#00575d"
    compact: bool = False
    made_at: datetime | None = field(default=None, compare=False)

    @property
    def tables(self) -> list[Table]:
        """Its tables in order; key figures are one too."""
        return [
            key_table(block) if isinstance(block, KeyFigures) else block
            for block in self.blocks
            if isinstance(block, Table | KeyFigures)
        ]


def key_table(block: KeyFigures) -> Table:
    """Key figures as a table, where a format has nothing better."""
    columns = (
        Column("Figure", share=3.0),
        Column("Value", numbers=True),
        Column("To know with it", share=3.0),
    )
    rows = tuple((Cell(one.label), one.cell, Cell(one.note)) for one in block.figures)
    return Table(block.caption, columns, rows, sheet=block.caption)
