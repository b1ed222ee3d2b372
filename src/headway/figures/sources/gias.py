"""Get Information about Schools: establishments, as the register describes them on one day.

Two column sets are known: the register's own download (`EstablishmentName`, `LA (code)`,
`PhaseOfEducation (name)` …, cp1252, with or without its "(code)" columns) and reduced ones in
snake case (`establishment_name`, `la_code`, `education_phase`). Source: the register's download page,
get-information-schools.service.gov.uk.

The files carry no day of extraction. `as_at` is the greatest `LastChangedDate`: the register changes
some school on nearly every working day, so a national extract is at most a few days older than that.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date

import polars as pl

from headway.figures.sources import Finding, Reading, Recognition, Unreadable
from headway.figures.sources import register_cells as cells
from headway.figures.sources.files import ReceivedFile

Cell = Callable[[str], pl.Expr]

_FIELDS: dict[str, tuple[Cell, tuple[str, ...]]] = {
    "name": (cells.words, ("establishmentname",)),
    "authority": (lambda column: cells.code(column, 3), ("lacode",)),
    "establishment_number": (lambda column: cells.code(column, 4), ("establishmentnumber",)),
    "ukprn": (lambda column: cells.code(column, 8), ("ukprn",)),
    "type": (cells.words, ("typeofestablishmentname", "establishmenttype", "typeofestablishment")),
    "type_group": (cells.words, ("establishmenttypegroupname", "establishmenttypegroup")),
    "phase": (cells.words, ("phaseofeducationname", "educationphase", "phaseofeducation")),
    "status": (cells.words, ("establishmentstatusname", "establishmentstatus")),
    "open_date": (cells.day, ("opendate",)),
    "reason_opened": (cells.words, ("reasonestablishmentopenedname", "reasonestablishmentopened")),
    "close_date": (cells.day, ("closedate",)),
    "reason_closed": (cells.words, ("reasonestablishmentclosedname", "reasonestablishmentclosed")),
    "low_age": (cells.whole, ("statutorylowage",)),
    "high_age": (cells.whole, ("statutoryhighage",)),
    "sex_of_pupils": (cells.words, ("gendername", "gender")),
    "religious_character": (cells.words, ("religiouscharactername", "religiouscharacter")),
    "diocese": (cells.words, ("diocesename", "diocese")),
    "nursery": (cells.words, ("nurseryprovisionname", "nurseryprovision")),
    "capacity": (cells.whole, ("schoolcapacity",)),
    "pupils": (cells.whole, ("numberofpupils",)),
    "percentage_fsm": (cells.number, ("percentagefsm",)),
    "trust": (lambda column: pl.lit("trust:") + cells.whole(column).cast(pl.String), ("trustscode",)),
    "federation": (
        lambda column: pl.lit("federation:") + cells.whole(column).cast(pl.String),
        ("federationscode",),
    ),
    "sponsor": (cells.words, ("schoolsponsorsname", "schoolsponsors")),
    "street": (cells.words, ("street",)),
    "town": (cells.words, ("town",)),
    "postcode": (cells.postcode, ("postcode",)),
    "district": (cells.words, ("districtadministrativename", "administrativedistrict")),
    "region": (cells.words, ("gorname", "gor")),
    "urban_rural": (cells.words, ("urbanruralname", "urbanruralindicator")),
    "website": (cells.words, ("schoolwebsite",)),
    "telephone": (cells.words, ("telephonenum",)),
    "easting": (cells.number, ("easting",)),
    "northing": (cells.number, ("northing",)),
}
"""Column of `organisations`: how its cell is read, and the file's columns (canonical names) for it."""

_HEAD = ("headtitlename", "headfirstname", "headlastname")
_EXPECTED = {
    "authority": "a local authority code of three digits",
    "establishment_number": "an establishment number of four digits",
    "ukprn": "a number of eight digits",
    "open_date": "a day, such as 31-08-2021",
    "close_date": "a day, such as 31-08-2021",
}
_TELLING = ("establishmentname", "establishmentnumber", "statutorylowage", "lastchangeddate")
_NATIONAL = 100
"""An extract of at least so many authorities is of the whole country; there are 153."""


class _Establishments:
    """One row a school (and children's centre, college …), and one an authority named in the file."""

    key = "gias"
    title = "Get Information about Schools: establishments"
    expects = ("URN", "EstablishmentName", "EstablishmentNumber", "StatutoryLowAge", "LastChangedDate")

    def recognise(self, file: ReceivedFile) -> Recognition | None:
        """By URN, and by the columns that no other file of schools has together."""
        names = cells.columns_by_name(file.header)
        found = [column for column in _TELLING if column in names]
        if "urn" not in names or "establishmentname" not in names or len(found) < 2:
            return None
        missing = tuple(column for column in self.expects if cells.canonical(column) not in names)
        return Recognition(0.6 + 0.1 * len(found) - 0.02 * len(missing), self.title, missing)

    def read(self, file: ReceivedFile) -> Reading:
        """Organisations of register `gias`, as at the greatest day of change in the file."""
        return read_establishments(file.rows().collect(), tuple(file.header))


def read_establishments(frame: pl.DataFrame, header: tuple[str, ...]) -> Reading:
    """The register's rows, all text and with `row`, as organisations."""
    names = cells.columns_by_name(header)
    number = names["urn"]
    findings = cells.without_urn(frame, number)
    schools_rows = frame.filter(cells.urn(number).is_not_null())
    as_at, how = _as_at(schools_rows, names)
    if as_at is None:
        raise Unreadable(
            "The file says nowhere for which day it speaks: there is no LastChangedDate, OpenDate or "
            "CloseDate with a day in it. Download the extract again with all columns."
        )
    findings += how
    fields = {
        field: (read, column)
        for field, (read, candidates) in _FIELDS.items()
        if (column := cells.first_of(names, candidates)) is not None
    }
    for field, (read, column) in fields.items():
        if field not in ("trust", "federation"):
            expected = _EXPECTED.get(field, "a number")
            findings += cells.unread(schools_rows, column, read(column), expected)
    schools = schools_rows.select(
        "row",
        organisation=cells.school_key(number),
        register=pl.lit("gias"),
        as_at=pl.lit(as_at),
        kind=pl.lit("school"),
        head=_head(names),
        **{field: read(column) for field, (read, column) in fields.items()},
    )
    schools = _academy_trusts_only(schools, schools_rows, names)
    schools, doubts = _within_range(schools)
    findings += doubts
    if {"authority", "establishment_number"} <= set(schools.columns):
        schools = schools.with_columns(laestab=pl.col("authority") + pl.col("establishment_number"))
    codes = schools["authority"].drop_nulls().unique().to_list() if "authority" in schools.columns else []
    area = "england" if len(codes) >= _NATIONAL else "+".join(sorted(codes)[:5]) or "unknown"
    organisations = pl.concat([schools, _authorities(schools_rows, names, as_at)], how="diagonal")
    return Reading(
        kind=_Establishments.title,
        scope=f"gias:{as_at.isoformat()}:{area}",
        complete=False,
        rows_read=frame.height,
        tables={"organisations": organisations},
        findings=findings,
    )


def _academy_trusts_only(
    schools: pl.DataFrame, frame: pl.DataFrame, names: Mapping[str, str]
) -> pl.DataFrame:
    """The trust column without the foundation trusts of maintained schools, which the register mixes in."""
    flag = cells.first_of(names, ("trustschoolflagname", "trustschoolflag"))
    if flag is None or "trust" not in schools.columns:
        return schools
    foundation = frame.select(cells.words(flag).str.to_lowercase() == "supported by a trust").to_series()
    own = pl.when(foundation.fill_null(value=False)).then(None).otherwise(pl.col("trust"))
    return schools.with_columns(own.alias("trust"))


def _as_at(frame: pl.DataFrame, names: Mapping[str, str]) -> tuple[date | None, list[Finding]]:
    changed = cells.first_of(names, ("lastchangeddate",))
    if changed and (found := cells.latest(frame, [cells.day(changed)])):
        return found, []
    others = [column for name in ("opendate", "closedate") if (column := names.get(name))]
    found = cells.latest(frame, [cells.day(column) for column in others])
    if found is None:
        return None, []
    doubt = Finding(
        "warning",
        "no_day_of_extraction",
        found=f"no LastChangedDate; the latest day in the file is {found.isoformat()}",
        expected="a column LastChangedDate, from which the day of the extract is taken",
        advice="Download the extract with all columns, or take the day with care.",
    )
    return found, [doubt]


def _head(names: Mapping[str, str]) -> pl.Expr:
    parts = [cells.words(names[name]) for name in _HEAD if name in names]
    if not parts:
        return pl.lit(None, dtype=pl.String)
    together = pl.concat_str(parts, separator=" ", ignore_nulls=True)
    return pl.when(together == "").then(None).otherwise(together)


def _within_range(schools: pl.DataFrame) -> tuple[pl.DataFrame, list[Finding]]:
    """Ages, places and shares that cannot be are left empty, with a warning; the school stays."""
    findings = []
    for column, least, greatest in (
        ("low_age", 0, 25),
        ("high_age", 0, 99),
        ("capacity", 0, 100_000),
        ("pupils", 0, 100_000),
        ("percentage_fsm", 0, 100),
    ):
        if column not in schools.columns:
            continue
        outside = schools.filter(~pl.col(column).is_between(least, greatest))
        if outside.is_empty():
            continue
        findings.append(
            Finding(
                "warning",
                "out_of_range",
                found=", ".join(str(value) for value in sorted(set(outside[column].to_list()))[:5]),
                expected=f"{least} to {greatest}",
                advice="The school is kept and the cell left empty.",
                column=column,
                rows=tuple(outside["row"].to_list()),
            )
        )
        within = pl.when(pl.col(column).is_between(least, greatest)).then(pl.col(column))
        schools = schools.with_columns(within.alias(column))
    return schools, findings


def _authorities(frame: pl.DataFrame, names: Mapping[str, str], as_at: date) -> pl.DataFrame:
    """The authorities whose code and name stand beside the schools: the commonest name of each code."""
    code, name = cells.first_of(names, ("lacode",)), cells.first_of(names, ("laname",))
    if code is None or name is None:
        return pl.DataFrame(schema={"row": pl.Int64})
    region = cells.first_of(names, _FIELDS["region"][1])
    return (
        frame.select(
            "row",
            authority=cells.code(code, 3),
            name=cells.words(name),
            region=cells.words(region) if region else pl.lit(None, dtype=pl.String),
        )
        .drop_nulls(["authority", "name"])
        .group_by("authority", "name")
        .agg(pl.col("row").min(), pl.len(), pl.col("region").drop_nulls().mode().sort().first())
        .sort("authority", "len", "name", descending=[False, True, False])
        .unique("authority", keep="first", maintain_order=True)
        .select(
            "row",
            "authority",
            "name",
            "region",
            organisation=pl.lit("authority:") + pl.col("authority"),
            register=pl.lit("gias"),
            as_at=pl.lit(as_at),
            kind=pl.lit("authority"),
        )
    )


source = _Establishments()
