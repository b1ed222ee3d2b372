"""Pupils drawn at random: every column of a table, with the values that are allowed and blanks among them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from random import Random

import polars as pl
from reference import filled

from headway.figures.measures import Measure, registry
from headway.figures.outcome_codes import families, known_codes
from headway.figures.tables import TABLES, Column

SCHOOLS = ("school:1", "school:2", "school:3")

_ODD = ("", "?", "NEW")
"""Codes that no table knows."""


def measures_of(table: str, year: int) -> list[Measure]:
    """The measures counted from the table in the year."""
    return [
        measure
        for measure in registry().values()
        if measure.table == table and measure.kind != "published" and year in measure.years
    ]


def value_of(column: Column, year: int, random: Random) -> object:
    """A value that may stand in the column, or a blank."""
    if not column.required and random.random() < 0.08:
        return None
    if column.allowed:
        return random.choice(column.allowed)
    if column.type == "boolean":
        return random.random() < 0.5
    if column.type == "integer":
        low, high = int(column.minimum or 0), int(column.maximum or 10)
        return random.randint(low, high)
    if column.type == "number":
        return float(random.randint(int(column.minimum or 0), int(column.maximum or 10)))
    if column.type == "string":
        return random.choice(_codes(column.name, year))
    return None


def _codes(column: str, year: int) -> Sequence[str]:
    if column == "ethnicity":
        return ("WBRI", "WENG", "WCOR", "BCRB", "BAFR", "BSOM", "REFU")
    common = ("AS", "NS", "AS", "NS", "EXS", "GDS", "WTS", "4", "4B", "5", "3", "2", "2B", "1", "W", "B", "A")
    rare = tuple(sorted({code for family in families() for code in known_codes(family, year)}))
    return (*common, *common, *rare, *_ODD)


def rows_of(
    table: str, year: int, pupils: int, seed: int
) -> tuple[dict[str, pl.DataFrame], dict[str, list[dict[str, object]]]]:
    """Tables, and for each collection the rows of pupils as the second implementation reads them."""
    random = Random(seed)
    collections = sorted({str(measure.collection) for measure in measures_of(table, year)})
    people: list[dict[str, object]] = []
    results: list[dict[str, object]] = []
    joined: dict[str, list[dict[str, object]]] = {name: [] for name in collections}
    for pupil in range(pupils):
        identity = {"year": year, "pupil": pupil}
        own = {
            column.name: value_of(column, year, random)
            for column in TABLES[table].columns
            if column.name not in ("year", "pupil")
        }
        if "organisation" in own:
            own["organisation"] = random.choice(SCHOOLS)
        if table == "absence":
            own["terms"] = "6"
        of_this_pupil: dict[str, dict[str, object]] = {}
        for collection in collections:
            person = {
                column.name: value_of(column, year, random)
                for column in TABLES["pupils"].columns
                if column.name not in ("year", "pupil")
            }
            person |= {"collection": collection, "organisation": random.choice(SCHOOLS)}
            people.append({**identity, **person})
            if table == "absence":
                person["inclusion"] = None  # the roll's, and of no concern to absence
            of_this_pupil[collection] = {**identity, **person, **(own if table != "pupils" else {})}
        for collection, row in of_this_pupil.items():
            joined[collection].append(filled(row, of_this_pupil.get("roll", {})))
        results.append({**identity, **own})
    made = {"pupils": _frame("pupils", people)}
    if table != "pupils":
        made[table] = _frame(table, results)
    return made, joined


def _frame(table: str, rows: list[dict[str, object]]) -> pl.DataFrame:
    schema = {column.name: column.polars for column in TABLES[table].columns}
    return TABLES[table].conform(pl.DataFrame(rows, schema=schema))


class Folder:
    """A folder with one Parquet file a table."""

    def __init__(self, folder: Path, tables: dict[str, pl.DataFrame]) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        for name, rows in tables.items():
            rows.write_parquet(folder / f"{name}.parquet")

    def paths(self, table: str, year: int | None = None) -> Sequence[Path]:
        path = self.folder / f"{table}.parquet"
        return [path] if path.exists() else []

    def years(self, table: str) -> Sequence[int]:
        return []
