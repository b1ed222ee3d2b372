"""DfE's key stage 2 pupil file, as schools and authorities get it to check in September and again in December.

One row a pupil, 55 columns in 2025/26 (`LAESTAB`, `URN`, `UPN`, `P_INCL` …), CSV or Excel. The two deliveries have
their columns in different places, and some headers are the supplier's, others the field's name: columns are found
by either. The later delivery replaces the earlier one by pupil. Nothing in the file says which year it is of:
the dates of birth do.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from headway.figures.sources import Finding, Reading, Recognition, Unreadable
from headway.figures.sources.files import ReceivedFile
from headway.figures.sources.pupil_values import (
    Cell,
    counted,
    disadvantage,
    disadvantage_finding,
    filled,
    listed,
    once,
    typed,
    unknown_codes,
    upn_findings,
    with_identity,
    year_of_eleven,
)
from headway.figures.tables import ASSESSMENTS_KS2, IDENTITIES, PUPILS, Column, Table

SUPPLIER_HEADERS = {"PINCL_FLAG": "P_INCL", "SEN": "SENF", "ETHNICITY": "ETHNIC"}
"""Supplier's headers, in capitals, that are not the field's own name."""

NEEDED = ("UPN", "URN", "DOB", "READOUTCOME", "MATOUTCOME")
"""Fields without which it is not this file."""

_SUBJECTS = {"READ": "reading", "MAT": "mathematics", "GPS": "gps"}
_PROGRESS = {"READ": "reading", "WRIT": "writing", "MAT": "mathematics"}
_NOT_KEPT = ("LAESTAB", "CYPMD_ID", "P_INCL_DESC", "YOUNGCARER", "READSPECCON", "MATSPECCON", "GPSSPECCON")

_BANDS = {"1": "low", "2": "middle", "3": "high"}
_EAL = {"1": "0", "2": "1"}


@dataclass(frozen=True)
class Target:
    """The column of a table that a field fills, what else means no value, and how its codes are called here."""

    table: Table
    column: str
    no_value: tuple[str, ...] = ()
    values: tuple[tuple[str, str], ...] = ()


def _targets() -> dict[str, Target]:
    found = {
        "SURNAME": Target(IDENTITIES, "surname"),
        "FORENAME": Target(IDENTITIES, "forename"),
        "DOB": Target(IDENTITIES, "date_of_birth"),
        "P_INCL": Target(PUPILS, "inclusion"),
        "SEX": Target(PUPILS, "sex"),
        "ENTRYDAT": Target(PUPILS, "entry_date"),
        "SENF": Target(PUPILS, "sen"),
        "ETHNIC": Target(PUPILS, "ethnicity"),
        "LANG1ST": Target(PUPILS, "first_language"),
        "EALGRP": Target(PUPILS, "eal", no_value=("3",), values=tuple(_EAL.items())),
        "FSM": Target(PUPILS, "fsm"),
        "FSM6_P": Target(PUPILS, "fsm6"),
        "NEWMOBILE": Target(PUPILS, "mobile"),
        "KS1READ": Target(ASSESSMENTS_KS2, "ks1_reading"),
        "KS1WRIT": Target(ASSESSMENTS_KS2, "ks1_writing"),
        "KS1MAT": Target(ASSESSMENTS_KS2, "ks1_mathematics"),
        "KS1AVERAGEPS": Target(ASSESSMENTS_KS2, "ks1_average_points", no_value=("NA",)),
        "KS1GROUP": Target(ASSESSMENTS_KS2, "ks1_band", no_value=("4", "NA"), values=tuple(_BANDS.items())),
        "KS1AVERAGE_GRP_P": Target(ASSESSMENTS_KS2, "prior_attainment_group", no_value=("NA",)),
        "ELIGRWM": Target(ASSESSMENTS_KS2, "rwm_eligible"),
        "RWMEXP": Target(ASSESSMENTS_KS2, "rwm_expected", no_value=("NA",)),
        "SCITAOUTCOME": Target(ASSESSMENTS_KS2, "science_assessment"),
    }
    for field, subject in _SUBJECTS.items():
        found[f"{field}OUTCOME"] = Target(ASSESSMENTS_KS2, f"{subject}_outcome")
        found[f"{field}SCORE"] = Target(ASSESSMENTS_KS2, f"{subject}_score", no_value=("N", "NA"))
        found[f"{field}MRK"] = Target(ASSESSMENTS_KS2, f"{subject}_mark", no_value=("NA",))
    for field, subject in _PROGRESS.items():
        kept = ("NA", "N")
        found |= {
            f"{field}TAOUTCOME": Target(ASSESSMENTS_KS2, f"{subject}_assessment"),
            f"IN{field}PROG": Target(ASSESSMENTS_KS2, f"in_{subject}_progress", no_value=("NA",)),
            f"KS2{field}SCORE": Target(ASSESSMENTS_KS2, f"{subject}_progress_attainment", no_value=kept),
            f"KS2{field}PRED_EM": Target(ASSESSMENTS_KS2, f"{subject}_progress_predicted", no_value=kept),
            f"{field}PROGSCORE_EM_ADJUSTED": Target(ASSESSMENTS_KS2, f"{subject}_progress", no_value=kept),
        }
    return found


TARGETS = _targets()
FIELDS = ("UPN", "URN", *_NOT_KEPT, *TARGETS)


@dataclass(frozen=True)
class Source:
    """DfE's key stage 2 pupil file."""

    key: str = "dfe_ks2_pupils"
    title: str = "DfE key stage 2 pupil file (September or December)"
    expects: Sequence[str] = (*NEEDED, "P_INCL", "WRITTAOUTCOME", "ELIGRWM", "RWMEXP")

    def recognise(self, file: ReceivedFile) -> Recognition | None:
        """By its fields, wherever they stand. DfE's downloads of earlier years, which name the year, are not it."""
        fields = _fields(file.header)
        if not fields or "ACADYR" in {name.upper() for name in file.header}:
            return None
        missing = tuple(name for name in self.expects if name not in fields)
        if any(name in missing for name in ("READOUTCOME", "MATOUTCOME")):
            return None
        share = sum(name in fields for name in FIELDS) / len(FIELDS)
        certainty = 0.3 * share if set(missing) & set(NEEDED) else 0.6 + 0.4 * share
        return Recognition(certainty, self.title, missing)

    def read(self, file: ReceivedFile) -> Reading:
        """Identities, pupils and their results, of the year that the dates of birth give."""
        fields = _fields(file.header)
        missing = [name for name in NEEDED if name not in fields]
        if missing:
            raise Unreadable(
                f"{file.name} looks like DfE's KS2 pupil file, but has no column {', '.join(missing)}. "
                "Load the file as DfE sent it, with its header row."
            )
        frame, findings = typed(file.rows(list(fields.values())).collect(), _cells(fields))
        frame = filled(frame)
        rows_read = frame.height
        if frame.is_empty():
            raise Unreadable(f"{file.name} has a header and no pupils below it.")
        year, about_year = _year(frame, file.name)
        findings += about_year
        frame = _described(frame, year)
        findings += upn_findings(frame, fields["UPN"])
        schooled = frame.filter(pl.col("organisation").is_not_null())
        findings += _without_school(frame, fields["URN"])
        kept, twice = once(with_identity(schooled), ("identity",), "entry_date")
        findings += twice
        findings += unknown_codes(kept, "assessments_ks2", lambda name: fields[_field_of(name)])
        if "fsm6" in kept.columns:
            findings.append(disadvantage_finding(fields["FSM6_P"]))
        findings += _about_columns(file.header, fields)
        findings += _about_inclusion(kept, fields)
        return Reading(
            kind=self.key,
            scope=_scope(kept, year),
            complete=True,
            rows_read=rows_read,
            tables=_tables(kept),
            findings=findings,
        )


def _fields(header: Sequence[str]) -> dict[str, str]:
    """The field's own name of each known column, and its header in the file; the first of two counts."""
    found: dict[str, str] = {}
    for name in header:
        plain = name.strip().upper().replace(" ", "_")
        field = SUPPLIER_HEADERS.get(plain, plain)
        if field in FIELDS:
            found.setdefault(field, name)
    return found


def _field_of(column: str) -> str:
    return next(field for field, target in TARGETS.items() if target.column == column)


def _cells(fields: dict[str, str]) -> list[Cell]:
    cells = [
        Cell(fields["UPN"], IDENTITIES["upn"], "upn"),
        Cell(fields["URN"], Column("urn", "integer", "URN"), "urn"),
    ]
    for field, target in TARGETS.items():
        if field in fields:
            column = target.table[target.column]
            cells.append(
                Cell(fields[field], column, target.column, target.no_value, dict(target.values) or None)
            )
    return cells


def _described(frame: pl.DataFrame, year: int) -> pl.DataFrame:
    """With the year, the school, the month of birth and what follows from free school meals."""
    more = [
        pl.lit(year, dtype=pl.Int64).alias("year"),
        pl.lit("ks2").alias("collection"),
        pl.format("school:{}", "urn").alias("organisation"),
        pl.col("date_of_birth").dt.month().cast(pl.Int64).alias("birth_month"),
    ]
    if "eal" in frame.columns:
        more.append((pl.col("eal") == "1").alias("eal"))
    if "fsm6" in frame.columns:
        more.append(disadvantage(frame))
    return frame.with_columns(more)


def _year(frame: pl.DataFrame, name: str) -> tuple[int, list[Finding]]:
    """The year of the file: that in which most of its pupils are eleven on 31 August."""
    years = frame.select(year_of_eleven(pl.col("date_of_birth")).alias("year")).drop_nulls()
    counted = years.group_by("year").len().sort("len", "year")
    if counted.is_empty():
        raise Unreadable(
            f"{name} does not say which year it is of, and has no date of birth that could be read to tell. "
            "Expected dates such as 31/12/14 in column DOB."
        )
    year, pupils = counted.row(-1)
    share = 100 * pupils / years.height
    if counted.height > 1 and counted.row(-2)[1] == pupils:
        raise Unreadable(
            f"{name} does not say which year it is of, and its dates of birth fit {counted.row(-2)[0]} as well as "
            f"{year}. Load the pupils of one year at a time."
        )
    said = f"{year - 1}/{year % 100:02d}: {pupils} of {years.height} pupils ({share:.1f} %) are eleven on its 31 August"
    if share < 90:
        return year, [
            Finding(
                "warning",
                "year from dates of birth",
                said,
                "at least 90 % of the pupils of the age of one Year 6",
                "check that the file holds one year only; if the year is wrong, take the load back",
                "DOB",
            )
        ]
    return year, [
        Finding(
            "note",
            "year from dates of birth",
            said,
            "the file does not name its year",
            "if the year is wrong, take the load back",
            "DOB",
        )
    ]


def _without_school(frame: pl.DataFrame, header: str) -> list[Finding]:
    rows = frame.filter(pl.col("organisation").is_null())["row"]
    if rows.is_empty():
        return []
    return [
        Finding(
            "error",
            "no school",
            f"{counted(len(rows), 'pupil')} without a URN",
            "the school's six-digit URN",
            "write the URN into these rows and load them",
            header,
            tuple(rows),
        )
    ]


def _about_columns(header: Sequence[str], fields: dict[str, str]) -> list[Finding]:
    """Which expected columns are absent, and which present ones are not kept."""
    found: list[Finding] = []
    absent = [name for name in TARGETS if name not in fields]
    if absent:
        found.append(
            Finding(
                "warning",
                "missing columns",
                listed(absent),
                "all fields of DfE's file",
                "figures that need them will not be available; load DfE's whole file if you have it",
            )
        )
    used = {fields[name] for name in fields if name not in _NOT_KEPT}
    ignored = [name for name in header if name not in used]
    if ignored:
        found.append(
            Finding("note", "columns not kept", listed(ignored), "", "nothing; no figure needs them")
        )
    return found


def _about_inclusion(frame: pl.DataFrame, fields: dict[str, str]) -> list[Finding]:
    """How many pupils are out of the school's figures, and why."""
    if "inclusion" not in frame.columns:
        return []
    said = {
        "202": "not at the end of key stage 2: they count in no figure",
        "203": "removed at the school's request: they count in the figures before removals only",
    }
    return [
        Finding(
            "note",
            f"inclusion {code}",
            f"{counted(len(rows), 'pupil')} {why}",
            "201 for pupils who are included",
            "",
            fields["P_INCL"],
            tuple(rows),
        )
        for code, why in said.items()
        if len(rows := frame.filter(pl.col("inclusion") == code)["row"])
    ]


def _scope(frame: pl.DataFrame, year: int) -> str:
    """One school, or exactly these schools: a file of other schools says nothing about the pupils of these."""
    schools = sorted(frame["organisation"].unique())
    if len(schools) == 1:
        return f"dfe_ks2_pupils:{year}:{schools[0]}"
    mark = hashlib.sha256("|".join(schools).encode()).hexdigest()[:10]
    return f"dfe_ks2_pupils:{year}:{len(schools)} schools {mark}"


def _tables(frame: pl.DataFrame) -> dict[str, pl.DataFrame | pl.LazyFrame]:
    def of(table: Table) -> pl.DataFrame:
        kept = [column.name for column in table.columns if column.name in frame.columns]
        return frame.select("row", "identity", *kept)

    return {table.name: of(table) for table in (IDENTITIES, PUPILS, ASSESSMENTS_KS2)}


source = Source()
