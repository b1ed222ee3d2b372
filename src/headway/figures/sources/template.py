"""Headway's own pupil template: one row a pupil, its columns named as those of the tables.

For foundation, phonics, key stage 1, key stage 2, multiplication tables check and roll there is one row a pupil
and collection; for teacher assessments one row a pupil, term and subject; for absence one row a pupil and school.
Everything about the columns comes from `tables.py`: what a table can hold, the template can bring. CSV or Excel.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

import polars as pl

from headway.figures.sources import Finding, Reading, Recognition, Unreadable
from headway.figures.sources.files import ReceivedFile
from headway.figures.sources.pupil_values import (
    Cell,
    are_distinct,
    counted,
    disadvantage,
    disadvantage_finding,
    filled,
    listed,
    once,
    text,
    typed,
    unknown_codes,
    upn_findings,
    with_identity,
)
from headway.figures.tables import (
    ABSENCE,
    COLLECTIONS,
    IDENTITIES,
    PUPILS,
    TABLES,
    TEACHER_ASSESSMENTS,
    Column,
    Table,
)
from headway.figures.upn import tidied

ASSESSMENTS: dict[str, Table] = {
    collection: TABLES[f"assessments_{collection}"]
    for collection in COLLECTIONS
    if f"assessments_{collection}" in TABLES
}
"""The table of results of each collection; `roll` has none."""

LONG: dict[str, Table] = {"teacher_assessments": TEACHER_ASSESSMENTS, "absence": ABSENCE}
"""Templates with several rows a pupil, by the name under which they are asked for."""

IDENTIFYING = tuple(column.name for column in IDENTITIES.columns if column.name not in ("year", "pupil"))
_GIVEN = frozenset({"year", "pupil", "collection", "organisation"})
"""Columns of the tables that the template asks for otherwise, or that Headway makes."""

_URN = Column("urn", "integer", "Six-digit unique reference number of the school", required=True)
_NOT_KEPT = ("laestab",)


def template_columns(collection: str) -> tuple[Column, ...]:
    """The columns of the empty template of a collection, of `teacher_assessments` or of `absence`.

    Raises ValueError for another name.
    """
    first = (*(IDENTITIES[name] for name in IDENTIFYING), _URN, IDENTITIES["year"])
    if collection in LONG:
        return (*first, *_own(LONG[collection]))
    if collection not in COLLECTIONS:
        known = ", ".join((*COLLECTIONS, *LONG))
        raise ValueError(f"there is no pupil template {collection!r}; there are {known}")
    results = _own(ASSESSMENTS[collection]) if collection in ASSESSMENTS else ()
    return (*first, PUPILS["collection"], *_own(PUPILS), *results)


def template_csv(collection: str) -> str:
    """An empty template: the header row of a CSV file. Raises ValueError for an unknown collection."""
    text_of = io.StringIO()
    csv.writer(text_of, lineterminator="\n").writerow(column.name for column in template_columns(collection))
    return text_of.getvalue()


def _own(table: Table) -> tuple[Column, ...]:
    return tuple(column for column in table.columns if column.name not in _GIVEN)


@dataclass(frozen=True)
class Source:
    """Headway's pupil template, of one collection or of several."""

    key: str = "template"
    title: str = "Headway's pupil template"
    expects: Sequence[str] = ("upn", "urn", "year", "collection")

    def recognise(self, file: ReceivedFile) -> Recognition | None:
        """By `upn`, `year` and the collection, or what tells it: results, or terms."""
        names = _names(file.header)
        missing = tuple(name for name in self.expects if name not in names)
        if "upn" not in names or not {"urn", "laestab", "year", "collection"} & set(names):
            return None
        told = _kinds(names)
        if not told:
            return None
        if "urn" not in names or "year" not in names:
            return Recognition(0.4, self.title, missing)
        known = {column.name for kind in told for column in template_columns(kind)} | set(_NOT_KEPT)
        share = sum(name in known for name in names) / len(names)
        return Recognition(0.7 + 0.3 * share, self.title, () if "collection" not in missing else missing)

    def read(self, file: ReceivedFile) -> Reading:
        """Identities, pupils, results, teacher assessments and absence, as far as there are columns for them."""
        names = _names(file.header)
        missing = [name for name in ("upn", "urn", "year") if name not in names]
        if missing:
            raise Unreadable(
                f"{file.name} looks like Headway's pupil template, but has no column {', '.join(missing)}. "
                "Add it; `headway template ks2` prints the whole header."
            )
        kinds = _kinds(names)
        if not kinds:
            raise Unreadable(
                f"{file.name} does not say what it holds. Add a column collection with {', '.join(COLLECTIONS)}, "
                "or the columns term and subject (teacher assessments), or possible (absence)."
            )
        tables = [table for kind in kinds for table in _tables_of(kind)]
        frame, findings = typed(
            _dated(file.rows(list(names.values())).collect(), names["year"]), _cells(names, tables)
        )
        frame = filled(frame)
        rows_read = frame.height
        if frame.is_empty():
            raise Unreadable(f"{file.name} is an empty template: there are no pupils below its header.")
        frame = _described(frame, kinds)
        findings += _lacking(frame, names)
        if frame["year"].null_count() or frame["organisation"].null_count():
            frame = frame.filter(pl.col("year").is_not_null() & pl.col("organisation").is_not_null())
        findings += upn_findings(frame, names["upn"])
        frame = with_identity(frame)
        made, more = _made(frame, kinds, names)
        findings += more + _about_columns(names, tables)
        if (
            "disadvantaged" not in names
            and "fsm6" in names
            and "looked_after" not in names
            and "pupils" in made
        ):
            findings.append(disadvantage_finding(names["fsm6"]))
        return Reading(
            kind=self.key,
            scope=_scope(frame, kinds),
            complete=False,
            rows_read=rows_read,
            tables=made,
            findings=findings,
        )


def _names(header: Sequence[str]) -> dict[str, str]:
    """The template's name of each column, in small letters and with underscores, and its header in the file."""
    found: dict[str, str] = {}
    for name in header:
        found.setdefault(name.strip().lower().replace(" ", "_").replace("-", "_"), name)
    return found


def _kinds(names: dict[str, str]) -> tuple[str, ...]:
    """What the file can hold: all collections where it names them by row, else that of which it has most columns."""
    long = tuple(
        kind for kind, key in (("teacher_assessments", "subject"), ("absence", "possible")) if key in names
    )
    if "collection" in names:
        return (*COLLECTIONS, *long)
    alone = {
        collection: {column.name for column in _own(table)} - {column.name for column in _own(PUPILS)}
        for collection, table in ASSESSMENTS.items()
    }
    counts = {collection: len(own & set(names)) for collection, own in alone.items()}
    most = max(counts.values())
    best = [collection for collection, count in counts.items() if count == most]
    if long and "score" in names and most == 1:
        return long
    return (*best, *long) if most and len(best) == 1 else long


def _tables_of(kind: str) -> tuple[Table, ...]:
    if kind in LONG:
        return (LONG[kind],)
    return (PUPILS, ASSESSMENTS[kind]) if kind in ASSESSMENTS else (PUPILS,)


def _place(table: Table, column: Column) -> str:
    """The name of a value: that of its column, with the table where another one has a column of another type."""
    types = {other[column.name].type for other in TABLES.values() if column.name in other}
    return column.name if len(types) == 1 else f"{table.name}.{column.name}"


def _cells(names: dict[str, str], tables: Sequence[Table]) -> list[Cell]:
    found = {_URN.name: Cell(names["urn"], _URN, "urn")}
    for name in IDENTIFYING:
        if name in names:
            found[name] = Cell(names[name], IDENTITIES[name], name)
    if "collection" in names:
        found["collection"] = Cell(names["collection"], PUPILS["collection"], "collection")
    found["year"] = Cell(names["year"], IDENTITIES["year"], "year")
    for table in tables:
        for column in _own(table):
            if column.name in names:
                place = _place(table, column)
                found.setdefault(place, Cell(names[column.name], column, place))
    return list(found.values())


def _dated(raw: pl.DataFrame, header: str) -> pl.DataFrame:
    """With the year as four digits: 2019, 2018/19, 2018-19 and 201819 are all 2019."""
    years = raw[header].str.len_bytes()
    if years.is_empty() or (years.min() == years.max() == 4):
        return raw
    cell = text(header)
    later = (cell.str.slice(0, 4).cast(pl.Int64, strict=False) + 1).cast(pl.String)
    span = cell.str.contains(r"^\d{4}[/-]?\d{2}$") & (later.str.slice(2, 2) == cell.str.slice(-2))
    return raw.with_columns(pl.when(span).then(later).otherwise(cell).alias(header))


def _described(frame: pl.DataFrame, kinds: tuple[str, ...]) -> pl.DataFrame:
    """With the UPNs in capitals, the school, and what follows from other columns."""
    more: list[pl.Expr | pl.Series] = [_schools(frame["urn"])]
    if "former_upn" in frame.columns:
        more.append(tidied("former_upn"))
    if "collection" not in frame.columns:
        alone = next((kind for kind in kinds if kind in COLLECTIONS), None)
        more.append(pl.lit(alone, dtype=pl.String).alias("collection"))
    if "birth_month" not in frame.columns and "date_of_birth" in frame.columns:
        more.append(pl.col("date_of_birth").dt.month().cast(pl.Int64).alias("birth_month"))
    if "disadvantaged" not in frame.columns and "fsm6" in frame.columns:
        more.append(disadvantage(frame))
    return frame.with_columns(more)


def _schools(urns: pl.Series) -> pl.Series:
    """Each school's `organisation`. Its name is made once a school, where there are fewer URNs than pupils."""
    least, most = urns.drop_nulls().min(), urns.drop_nulls().max()
    if not isinstance(least, int) or not isinstance(most, int) or most - least > len(urns):
        return urns.to_frame("urn").select(organisation=pl.format("school:{}", "urn")).to_series()
    every = pl.int_range(least, most + 1, eager=True).cast(pl.String)
    return ("school:" + every).gather(urns - least).alias("organisation")


def _lacking(frame: pl.DataFrame, names: dict[str, str]) -> list[Finding]:
    """Errors for rows without a school or year."""
    wanted = {
        "organisation": ("no school", "urn", "the school's six-digit URN"),
        "year": ("no year", "year", "the year in which the school year ends, such as 2019"),
    }
    return [
        Finding(
            "error",
            rule,
            f"{counted(len(rows), 'row')} without it",
            expected,
            "fill it in and load these rows",
            names[header],
            tuple(rows),
        )
        for column, (rule, header, expected) in wanted.items()
        if frame[column].null_count() and len(rows := frame.filter(pl.col(column).is_null())["row"])
    ]


def _made(
    frame: pl.DataFrame, kinds: tuple[str, ...], names: dict[str, str]
) -> tuple[dict[str, pl.DataFrame | pl.LazyFrame], list[Finding]]:
    """The frames of the tables, a pupil once in each, and findings on pupils who stand twice and on codes."""
    made: dict[str, pl.DataFrame | pl.LazyFrame] = {}
    findings: list[Finding] = []
    collected, unnamed = _collected(frame, kinds, names)
    distinct = are_distinct(frame["identity"])
    kept, twice = once(collected, ("year", "identity", "collection"), "entry_date", distinct=distinct)
    findings += unnamed + twice
    if kept.height:
        made["pupils"] = _of(PUPILS, kept)
    held = set(kept["collection"].unique())
    for collection, table in ASSESSMENTS.items():
        if collection in held:
            own = kept if len(held) == 1 else kept.filter(pl.col("collection") == collection)
            results = _of(table, own)
            made[table.name] = results
            findings += unknown_codes(results, table.name, lambda name: names[name])
    for kind in kinds:
        if kind in LONG:
            made[kind], more = _long(frame, LONG[kind])
            findings += more
    named = _of(IDENTITIES, frame)
    made["identities"] = named if distinct else _last_of_each(named)
    return made, findings


def _collected(
    frame: pl.DataFrame, kinds: tuple[str, ...], names: dict[str, str]
) -> tuple[pl.DataFrame, list[Finding]]:
    """The rows of a collection, and errors on those of none, unless they are of a template with terms."""
    named = pl.col("collection").is_in(COLLECTIONS).fill_null(False)
    if set(frame["collection"].unique()) <= set(COLLECTIONS):
        return frame, []
    inside = frame.filter(named)
    if inside.height == frame.height or not set(kinds) & set(COLLECTIONS):
        return inside, []
    keys = [_key_of(LONG[kind]) for kind in kinds if kind in LONG]
    long = pl.any_horizontal(pl.lit(False), *(pl.col(key).is_not_null() for key in keys))
    strange = frame.filter(~named & ~(pl.col("collection").is_null() & long))
    if strange.is_empty():
        return inside, []
    found = listed(str(value) for value in strange["collection"].fill_null("nothing").unique().sort())
    return inside, [
        Finding(
            "error",
            "unknown collection",
            found,
            f"one of {', '.join(COLLECTIONS)}",
            "correct the cell and load these rows",
            names.get("collection"),
            tuple(strange["row"]),
        )
    ]


def _key_of(table: Table) -> str:
    return "subject" if table is TEACHER_ASSESSMENTS else "possible"


def _long(frame: pl.DataFrame, table: Table) -> tuple[pl.DataFrame, list[Finding]]:
    """Rows that tell a term and subject, or sessions; a pupil once in each."""
    rows = frame.filter(pl.col(_key_of(table)).is_not_null())
    if "subject" in rows.columns and table is TEACHER_ASSESSMENTS:
        rows = rows.with_columns(pl.col("subject").str.to_lowercase())
    key = [name if name != "pupil" else "identity" for name in table.key]
    lacking = [name for name in key if name not in rows.columns]
    kept, twice = once(rows, key, None, distinct=False) if not lacking else (rows, [])
    if lacking or any(column.required and column.name not in kept.columns for column in _own(table)):
        wanted = [column.name for column in _own(table) if column.required]
        raise Unreadable(
            f"the file has {_key_of(table)} but not {listed(name for name in wanted if name not in kept.columns)}; "
            f"{table.name.replace('_', ' ')} need {', '.join(wanted)}."
        )
    return _of(table, kept), twice


def _of(table: Table, frame: pl.DataFrame) -> pl.DataFrame:
    """The columns of a table, by their own names."""
    chosen = [
        pl.col(place).alias(column.name)
        for column in table.columns
        for place in (_place(table, column) if column.name not in frame.columns else column.name,)
        if place in frame.columns
    ]
    return frame.select("row", "identity", *chosen)


def _last_of_each(named: pl.DataFrame) -> pl.DataFrame:
    """Each pupil once a year; of several rows the last one names it."""
    return named.unique(subset=["year", "identity"], keep="last", maintain_order=True)


def _about_columns(names: dict[str, str], tables: Sequence[Table]) -> list[Finding]:
    """Warnings on columns that the template does not have, with the nearest that it has."""
    known = {*IDENTIFYING, *_NOT_KEPT, "urn", "year", "collection"}
    known |= {column.name for table in tables for column in _own(table)}
    return [
        Finding(
            "warning",
            "unknown column",
            header,
            f"perhaps {near[0]}"
            if (near := get_close_matches(name, known, 1))
            else "a column of the template",
            "rename it if it matters; it was not read. `headway template` prints the names",
            header,
        )
        for name, header in names.items()
        if name not in known
    ]


def _scope(frame: pl.DataFrame, kinds: tuple[str, ...]) -> str:
    """The years, collections and schools of the file. It adds and replaces, and removes nothing."""
    return "template:" + ":".join(_scope_parts(frame, kinds))


def _scope_parts(frame: pl.DataFrame, kinds: tuple[str, ...]) -> Iterator[str]:
    years = frame["year"].unique().sort()
    yield str(years[0]) if len(years) == 1 else f"{years[0]}-{years[-1]}" if len(years) else "no year"
    held = frame["collection"].drop_nulls().unique().sort().to_list() if "collection" in frame.columns else []
    yield "+".join(held or [kind for kind in kinds if kind in LONG] or ["nothing"])
    schools = frame["urn"].unique()
    yield f"school:{schools[0]}" if len(schools) == 1 else f"{len(schools)} schools"


source = Source()
