"""Mapping files: TOML that says which column of somebody's own spreadsheet is which field of which table.

A mistake in one names its key, what was expected and the nearest that is allowed.
"""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Iterable
from collections.abc import Mapping as Dictionary
from dataclasses import dataclass
from dataclasses import field as field_of
from datetime import date
from pathlib import Path
from typing import Any

from headway.figures.measures import groups
from headway.figures.sources import Unreadable
from headway.figures.tables import LOADED, TABLES, Status

ORGANISATION_KINDS = {
    "urn": "six digits of a school",
    "laestab": "seven digits, authority and establishment, looked up in a list",
    "authority": "three digits of a local authority",
    "trust": "the number (UID) of a trust",
    "key": "as Headway writes it, such as school:125025",
    "name": "a name, looked up in a list",
}
UNITS = {"percent": 1.0, "fraction": 100.0, "number": 1.0}
RELEASES = TABLES["published_results"]["release"].allowed


@dataclass(frozen=True)
class Lookup:
    """A list in which organisations are found: its file, and its columns. `only` keeps some of its rows."""

    file: str
    urn: str
    name: str | None = None
    authority: str | None = None
    laestab: str | None = None
    only: Dictionary[str, str] = field_of(default_factory=dict)


@dataclass(frozen=True)
class Organisation:
    """Where the organisation of a row stands. `authority` is the column with the authority of a school's name."""

    column: str
    kind: str = "urn"
    authority: str | None = None
    lookup: Lookup | None = None


@dataclass(frozen=True)
class Year:
    """The year of a row: one for the whole file, or a column (2019, 2018/19, 2018-2019 and 201819 are all read)."""

    value: int | None = None
    column: str | None = None


@dataclass(frozen=True)
class MappedFigure:
    """A column that holds a figure: of which measure and group, in which unit, of which cohort."""

    column: str
    measure: str
    group: str = "all"
    unit: str = "percent"
    years_pooled: int = 1
    denominator: str | None = None
    numerator: str | None = None
    lower: str | None = None
    upper: str | None = None
    description: str | None = None
    descriptions: Dictionary[str, str] = field_of(default_factory=dict)

    @property
    def columns(self) -> list[str]:
        """Every column that it names."""
        named = (self.column, self.denominator, self.numerator, self.lower, self.upper, self.description)
        return [name for name in named if name]


@dataclass(frozen=True)
class MappedField:
    """A column that holds a field of a table other than `published_results`; `values` translates its codes."""

    column: str
    table: str
    field: str
    values: Dictionary[str, str] = field_of(default_factory=dict)


@dataclass(frozen=True)
class Mapping:
    """What a mapping file says. `name` and the years make the scope of what is loaded with it."""

    name: str
    title: str
    organisation: Organisation | None
    year: Year
    figures: tuple[MappedFigure, ...] = ()
    fields: tuple[MappedField, ...] = ()
    constants: Dictionary[str, Dictionary[str, Any]] = field_of(default_factory=dict)
    symbols: Dictionary[str, str] = field_of(default_factory=dict)
    without: Dictionary[str, tuple[str, ...]] = field_of(default_factory=dict)
    dataset: str = "user"
    release: str = "unknown"
    complete: bool = False
    folder: Path = Path()

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column of the file that the mapping names, once each."""
        named = [
            *([self.organisation.column] if self.organisation else []),
            *([self.organisation.authority] if self.organisation and self.organisation.authority else []),
            *([self.year.column] if self.year.column else []),
            *(name for figure in self.figures for name in figure.columns),
            *(one.column for one in self.fields),
            *self.without,
        ]
        return tuple(dict.fromkeys(named))


def read_mapping(path: Path) -> Mapping:
    """The mapping in a file. Raises `Unreadable` with the key that is wrong and what it may be."""
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise Unreadable(
            f"There is no mapping file {path}. Draft one with: headway map FILE > {path.name}"
        ) from None
    except (OSError, UnicodeDecodeError) as problem:
        raise Unreadable(
            f"The mapping file {path.name} cannot be read: {problem}. It should be TOML in UTF-8."
        ) from None
    except tomllib.TOMLDecodeError as problem:
        raise Unreadable(f"The mapping file {path.name} is not sound TOML: {problem}.") from None
    return parse_mapping(document, path.name, path.resolve().parent)


def parse_mapping(document: Dictionary[str, Any], file: str, folder: Path = Path()) -> Mapping:
    """The mapping that a TOML document describes. Raises `Unreadable`."""
    top = _Section(document, file, "")
    top.only(
        "name",
        "title",
        "complete",
        "organisation",
        "year",
        "published_results",
        "figure",
        "field",
        "constants",
        "symbols",
        "rows",
    )
    name = top.text("name")
    published = top.section("published_results")
    published.only("dataset", "release")
    rows = top.section("rows")
    rows.only("without")
    constants = top.section("constants")
    constants.only(*LOADED)
    symbols = {str(text): str(status) for text, status in top.section("symbols").values.items()}
    for text, status in symbols.items():
        top.one_of(
            f"symbols.{text}", status, [status.value for status in Status if status is not Status.REPORTED]
        )
    mapping = Mapping(
        name=name,
        title=top.text("title", default=name),
        complete=top.flag("complete"),
        organisation=_organisation(top.section("organisation")) if "organisation" in top.values else None,
        year=_year(top.section("year")),
        figures=tuple(_figure(section) for section in top.sections("figure")),
        fields=tuple(_field(section) for section in top.sections("field")),
        constants={table: _constants(constants.section(table), table) for table in constants.values},
        symbols=symbols,
        without={
            column: tuple(str(value) for value in (values if isinstance(values, list) else [values]))
            for column, values in rows.section("without").values.items()
        },
        dataset=published.text("dataset", default=f"user:{name}"),
        release=published.choice("release", RELEASES, default="unknown"),
        folder=folder,
    )
    if not mapping.figures and not mapping.fields:
        raise top.wrong(
            "figure", "nothing", "at least one [[figure]] or [[field]] that says what a column is"
        )
    if mapping.organisation is None and (mapping.figures or _needs_organisation(mapping)):
        raise top.wrong(
            "organisation", "nothing", "[organisation] with the column that says which school it is"
        )
    return mapping


def _needs_organisation(mapping: Mapping) -> bool:
    tables = {one.table for one in mapping.fields}
    given = {(one.table, one.field) for one in mapping.fields}
    return any("organisation" in TABLES[table] and (table, "organisation") not in given for table in tables)


def _organisation(section: _Section) -> Organisation:
    section.only("column", "kind", "authority", "lookup")
    kind = section.choice("kind", ORGANISATION_KINDS, default="urn")
    lookup = None
    if "lookup" in section.values:
        listed = section.section("lookup")
        listed.only("file", "urn", "name", "authority", "laestab", "only")
        lookup = Lookup(
            file=listed.text("file"),
            urn=listed.text("urn"),
            name=listed.optional("name"),
            authority=listed.optional("authority"),
            laestab=listed.optional("laestab"),
            only={column: str(value) for column, value in listed.section("only").values.items()},
        )
    if kind in ("name", "laestab") and (lookup is None or getattr(lookup, kind) is None):
        raise section.wrong(
            "lookup",
            "nothing" if lookup is None else f"no column for {kind}",
            f'a list that gives the URN of each {kind}: lookup = {{ file = "schools.csv", urn = "URN", {kind} = "…" }}',
        )
    return Organisation(section.text("column"), kind, section.optional("authority"), lookup)


def _year(section: _Section) -> Year:
    section.only("value", "column")
    value, column = section.values.get("value"), section.optional("column")
    if (value is None) == (column is None):
        raise section.wrong(
            "value", "both or neither", 'either value = 2019 or column = "the column with the year"'
        )
    if value is not None and (not isinstance(value, int) or not 1990 <= value <= 2100):
        raise section.wrong(
            "value", repr(value), "the calendar year in which the academic year ends, such as 2019"
        )
    return Year(value, column)


def _figure(section: _Section) -> MappedFigure:
    section.only(
        "column",
        "measure",
        "group",
        "unit",
        "years_pooled",
        "denominator",
        "numerator",
        "lower",
        "upper",
        "description",
        "descriptions",
    )
    return MappedFigure(
        column=section.text("column"),
        measure=section.text("measure"),
        group=section.choice("group", groups.BY_KEY, default="all"),
        unit=section.choice("unit", UNITS, default="percent"),
        years_pooled=section.whole("years_pooled", default=1),
        denominator=section.optional("denominator"),
        numerator=section.optional("numerator"),
        lower=section.optional("lower"),
        upper=section.optional("upper"),
        description=section.optional("description"),
        descriptions={str(code): str(word) for code, word in section.section("descriptions").values.items()},
    )


def _field(section: _Section) -> MappedField:
    section.only("column", "table", "field", "values")
    table = section.choice("table", [name for name in LOADED if name != "published_results"])
    allowed = [column.name for column in TABLES[table].columns] + (
        ["upn"] if "pupil" in TABLES[table] else []
    )
    return MappedField(
        column=section.text("column"),
        table=table,
        field=section.choice("field", allowed),
        values={str(code): str(value) for code, value in section.section("values").values.items()},
    )


def _constants(section: _Section, table: str) -> dict[str, Any]:
    section.only(*(column.name for column in TABLES[table].columns))
    for name, value in section.values.items():
        if not isinstance(value, (str, int, float, bool, date)):
            raise section.wrong(name, repr(value), f"a {TABLES[table][name].type}")
    return dict(section.values)


def nearest(word: str, allowed: Iterable[str]) -> str:
    """The nearest of the allowed words, as a hint; nothing where none is near."""
    close = difflib.get_close_matches(word, list(allowed), n=1, cutoff=0.6)
    return f" Did you mean {close[0]}?" if close else ""


@dataclass(frozen=True)
class _Section:
    """A part of a mapping file, which knows what it is called when something in it is wrong."""

    values: Dictionary[str, Any]
    file: str
    where: str

    def wrong(self, key: str, found: str, expected: str) -> Unreadable:
        place = f"{self.where}.{key}" if self.where else key
        return Unreadable(f"The mapping file {self.file}: {place} is {found}. Expected: {expected}.")

    def only(self, *allowed: str) -> None:
        for key in self.values:
            if key not in allowed:
                place = f"{self.where}.{key}" if self.where else key
                raise Unreadable(
                    f"The mapping file {self.file}: there is no key {place}.{nearest(key, allowed)} "
                    f"Allowed: {', '.join(allowed[:20])}{' …' if len(allowed) > 20 else ''}."
                )

    def text(self, key: str, default: str | None = None) -> str:
        value = self.values.get(key, default)
        if not isinstance(value, str) or not value.strip():
            raise self.wrong(key, "missing" if value is None else repr(value), "a text in quotation marks")
        return value

    def optional(self, key: str) -> str | None:
        return self.text(key) if key in self.values else None

    def whole(self, key: str, default: int) -> int:
        value = self.values.get(key, default)
        if not isinstance(value, int) or isinstance(value, bool):
            raise self.wrong(key, repr(value), "a whole number")
        return value

    def flag(self, key: str) -> bool:
        value = self.values.get(key, False)
        if not isinstance(value, bool):
            raise self.wrong(key, repr(value), "true or false")
        return value

    def choice(self, key: str, allowed: Iterable[str], default: str | None = None) -> str:
        value = self.text(key, default)
        self.one_of(f"{self.where}.{key}" if self.where else key, value, allowed)
        return value

    def one_of(self, place: str, value: str, allowed: Iterable[str]) -> None:
        options = list(allowed)
        if value not in options:
            raise Unreadable(
                f"The mapping file {self.file}: {place} is {value!r}.{nearest(value, options)} "
                f"Allowed: {', '.join(options[:30])}{' …' if len(options) > 30 else ''}."
            )

    def section(self, key: str) -> _Section:
        value = self.values.get(key, {})
        if not isinstance(value, dict):
            raise self.wrong(key, repr(value), f"a section [{key}]")
        return _Section(value, self.file, f"{self.where}.{key}" if self.where else key)

    def sections(self, key: str) -> list[_Section]:
        value = self.values.get(key, [])
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            raise self.wrong(key, "one section", f"sections that begin with [[{key}]]")
        return [_Section(item, self.file, f"{key} {number}") for number, item in enumerate(value, start=1)]
