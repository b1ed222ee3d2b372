"""Specifications of measures: a title, a small table of pupils, the expected answer.

Each runs on every engine (`test_measures.py`) and can be shown to a reader (`rendered`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import polars as pl

from headway.figures.cohorts import CHARACTERISTICS
from headway.figures.measures import registry
from headway.figures.tables import TABLES, Column


@dataclass(frozen=True)
class Spec:
    """What a measure makes of some pupils of one year.

    `pupils` is a table of text: a header, then a row a pupil, cells between bars, blank for missing. Columns
    are those of `pupils` and of the measure's own table; `school` is short for the organisation (1 where it
    is left out). `answer` has `school` (1), `group` (all) and numerator, denominator, value, lower and
    upper as far as they matter; what is not listed must not be there, except the groups that it does not mention at all.
    """

    title: str
    measure: str
    year: int
    pupils: str
    answer: str

    @property
    def rows(self) -> list[dict[str, str]]:
        return _parsed(self.pupils)

    @property
    def answers(self) -> list[dict[str, str]]:
        return _parsed(self.answer)

    @property
    def groups(self) -> set[str]:
        return {row.get("group") or "all" for row in self.answers} | {"all"}


def _parsed(text: str) -> list[dict[str, str]]:
    lines = [[cell.strip() for cell in line.split("|")] for line in text.strip().splitlines()]
    header, *rows = lines
    return [dict(zip(header, row, strict=True)) for row in rows]


_KNOWN = ("inclusion", "year_group", *CHARACTERISTICS)


def tables_of(specs: Iterable[tuple[int, Spec]]) -> dict[str, pl.DataFrame]:
    """The tables of several specs of one year, table and collection; schools are kept apart by the spec's number."""
    made: dict[str, list[dict[str, object]]] = {"pupils": []}
    for number, spec in specs:
        measure = registry()[spec.measure]
        assert measure.table is not None
        for position, row in enumerate(spec.rows):
            identity = {
                "year": spec.year,
                "pupil": number * 1000 + position,
                "organisation": f"school:{number * 100 + int(row.get('school') or 1)}",
            }
            cells = {name: value for name, value in row.items() if name != "school"}
            own = {name: _value(TABLES["pupils"][name], cells.pop(name)) for name in _KNOWN if name in cells}
            made["pupils"].append({**identity, **own, "collection": measure.collection})
            if measure.table != "pupils":
                table = TABLES[measure.table]
                results = {name: _value(table[name], value) for name, value in cells.items()}
                there = identity if "organisation" in table else {k: identity[k] for k in ("year", "pupil")}
                made.setdefault(measure.table, []).append({**there, **results})
    return {
        name: TABLES[name].conform(pl.DataFrame(rows, schema=_schema(name, rows), strict=False))
        for name, rows in made.items()
    }


def _schema(name: str, rows: list[dict[str, object]]) -> dict[str, pl.DataType]:
    used = {column for row in rows for column in row}
    return {column.name: column.polars for column in TABLES[name].columns if column.name in used}


def _value(column: Column, text: str) -> object:
    if not text:
        return None
    if column.type == "boolean":
        return text == "yes"
    return {"integer": int, "number": float, "string": str}[column.type](text)


def rendered(specs: Iterable[Spec]) -> str:
    """The specifications as Markdown, measure by measure, for the reference pages."""
    parts: list[str] = []
    by_measure: dict[str, list[Spec]] = {}
    for spec in specs:
        by_measure.setdefault(spec.measure, []).append(spec)
    for key, several in sorted(by_measure.items()):
        measure = registry()[key]
        parts += [f"## {measure.title}\n", f"`{key}`. {measure.definition}.\n"]
        for spec in several:
            parts += [f"### {spec.title}\n", f"In {spec.year}, of these pupils\n", _markdown(spec.rows)]
            parts += ["the answer is\n", _markdown(spec.answers)]
    return "\n".join(parts)


def _markdown(rows: list[dict[str, str]]) -> str:
    header = list(rows[0])
    lines = [header, ["---"] * len(header), *([row[name] for name in header] for row in rows)]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"
