"""DfE's key stage 2 performance tables: one row a school, an authority or England, one column a figure.

All column sets since 2016/17. RECTYPE says what a row is: 1 a mainstream school, 2 a special school, 3 a local
authority, 4 England (all schools), 5 England (state-funded schools only).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import TYPE_CHECKING

import polars as pl

from headway.figures.sources import Finding, Reading, Recognition, Unreadable
from headway.figures.sources import ks2_columns as ks2
from headway.figures.sources import published as cells

if TYPE_CHECKING:
    from headway.figures.sources.files import ReceivedFile

DATASET = "dfe_performance_tables"
RECORD_TYPES = {
    "1": "mainstream school",
    "2": "special school",
    "3": "authority",
    "4": "england",
    "5": "state-funded",
}
_NATIONS = {"4": "nation:england", "5": "nation:england-state-funded"}
_LAST_BEFORE_THE_PANDEMIC, _FIRST_AFTER_IT = 2019, 2023

MEASURES: tuple[str, ...] = (
    *(
        f"ks2_{subject}_expected"
        for subject in ("rwm", "reading", "writing", "mathematics", "gps", "science")
    ),
    *(f"ks2_{subject}_higher" for subject in ("rwm", "reading", "writing", "mathematics", "gps")),
    *(f"ks2_{subject}_average" for subject in ("reading", "mathematics", "gps")),
    *(
        f"ks2_{subject}_progress{part}"
        for subject in ("reading", "writing", "mathematics")
        for part in ("", "_unadjusted", "_coverage")
    ),
    *(f"ks2_{subject}_not_tested" for subject in ("reading", "mathematics", "gps")),
    *("ks2_writing_working_towards", "ks2_writing_absent_or_disapplied", "ks2_science_absent_or_disapplied"),
    *("ks2_cohort", "ks2_cohort_share", "ks2_cohort_prior_attainment"),
    *("context_pupils_on_roll", "context_pupils_aged_11"),
)
"""Every measure key that this source writes."""


def year_of(columns: Sequence[str]) -> int | None:
    """The year of a file, from the suffixes of the earlier years that it repeats: …_18 and …_17 make it 2019.

    Nothing was published by school for 2020, 2021 and 2022, so a file whose newest earlier year is 2019, 2020, 2021 or
    2022 is that of 2023. None where no column repeats an earlier year (2015/16).
    """
    earlier = {int(f"20{found['year']}") for name in columns if (found := ks2.PRIOR_YEAR.search(name))}
    if not earlier:
        return None
    year = max(earlier) + 1
    return _FIRST_AFTER_IT if _LAST_BEFORE_THE_PANDEMIC < year < _FIRST_AFTER_IT else year


def organisation(frame: pl.DataFrame) -> pl.DataFrame:
    """The rows with `organisation`; null where the row says neither what it is nor which."""
    record, urn, authority = cells.text("RECTYPE"), cells.whole_number("URN"), cells.whole_number("LEA")
    return frame.with_columns(
        pl.when(record.is_in(["1", "2"]) & urn.is_between(100000, 999999))
        .then(pl.format("school:{}", urn))
        .when((record == "3") & authority.is_between(200, 999))
        .then(pl.format("authority:{}", authority))
        .otherwise(record.replace_strict(_NATIONS, default=None, return_dtype=pl.String))
        .alias("organisation")
    )


def tables(
    frame: pl.DataFrame,
    year: int,
    release: str,
    meanings_of: Callable[[Sequence[str]], list[cells.Meaning]] = ks2.meanings,
) -> tuple[dict[str, pl.DataFrame], list[Finding]]:
    """Published results, organisations and links of a performance table, and what was noticed.

    `frame` has the file's columns as text and `row`, its row in the file; `meanings_of` says what its columns mean.
    """
    frame, findings = _without_rows_of_nobody(organisation(in_capitals(frame)))
    columns = [name for name in frame.columns if name not in ("row", "organisation")]
    empty = [name for name in columns if frame.select((cells.text(name).fill_null("") == "").all()).item()]
    meanings = [found for found in meanings_of(columns) if found.column not in empty]
    groups = [
        frame.get_column(name) for name in ("TKS1GROUP_L", "TKS1GROUP_M", "TKS1GROUP_H") if name in columns
    ]
    if len(groups) == 3:
        low, middle, high = (cells.whole_number(group.name) for group in groups)
        frame = frame.with_columns((low + middle + high).cast(pl.String).alias(ks2.KS1_CALCULABLE))
    results = cells.figures(
        frame.with_columns(pl.lit(year, pl.Int64).alias("year")), meanings, dataset=DATASET, release=release
    ).with_columns(pl.col("description").str.to_lowercase().replace(ks2.BANDS))
    results = results.with_columns(
        # NA beside a score says that it has no band, which is not a band.
        pl.when(~pl.col("description").str.to_uppercase().is_in(list(cells.SYMBOLS))).then(
            pl.col("description")
        )
    )
    used = {meaning.column for meaning in meanings} | _REGISTER_COLUMNS | set(empty)
    findings += [
        *cells.unknown_symbols(results),
        *cells.impossible_values(results, cells.units_of(meanings)),
        *cells.impossible_percentages(results),
        *cells.columns_not_used(
            [name for name in columns if name not in used],
            "Figures of earlier years are in those years' own files; gaps to pupils nationally are computed here.",
        ),
    ]
    if empty:
        findings.append(
            Finding("note", "columns_without_a_value", found=", ".join(empty), advice="Nothing to load.")
        )
    return {
        "published_results": results,
        "organisations": _organisations(frame, year),
        "links": _links(frame),
    }, findings


_REGISTER_COLUMNS = {
    *(
        "RECTYPE",
        "LEA",
        "ESTAB",
        "URN",
        "SCHNAME",
        "ADDRESS1",
        "ADDRESS2",
        "ADDRESS3",
        "TOWN",
        "PCODE",
        "TELNUM",
    ),
    *("URN_AC", "SCHNAME_AC", "OPEN_AC", "NFTYPE", "ICLOSE", "RELDENOM", "AGERANGE"),
}


def in_capitals(frame: pl.DataFrame) -> pl.DataFrame:
    """The columns by their names in capitals; of two that differ in capitals only, the first."""
    names: dict[str, str] = {}
    for name in frame.columns:
        names.setdefault(name if name in ("row", "organisation") else name.upper(), name)
    return frame.select(pl.col(name).alias(capitals) for capitals, name in names.items())


def _without_rows_of_nobody(frame: pl.DataFrame) -> tuple[pl.DataFrame, list[Finding]]:
    nobody = frame.filter(pl.col("organisation").is_null())
    if nobody.is_empty():
        return frame, []
    first = nobody.row(0, named=True)
    finding = Finding(
        "error",
        "row_of_no_organisation",
        found=f"RECTYPE {first['RECTYPE']!r}, URN {first['URN']!r}, LEA {first['LEA']!r}",
        expected="RECTYPE 1 or 2 with a six-digit URN, 3 with a three-digit LEA, 4 or 5",
        advice="Mend the row in the set-aside file and load that.",
        column="RECTYPE",
        rows=tuple(nobody["row"].to_list()),
    )
    return frame.filter(pl.col("organisation").is_not_null()), [finding]


def _organisations(frame: pl.DataFrame, year: int) -> pl.DataFrame:
    school = cells.text("RECTYPE").is_in(["1", "2"])

    def said(column: str) -> pl.Expr:
        if column not in frame.columns:
            return pl.lit(None, pl.String)
        return pl.when(cells.text(column) != "").then(cells.text(column))

    authority = cells.whole_number("LEA").cast(pl.String)
    number = cells.whole_number("ESTAB") if "ESTAB" in frame.columns else pl.lit(None, pl.Int64)
    establishment = number.cast(pl.String).str.zfill(4)
    kind = said("NFTYPE").str.to_uppercase()
    ages = said("AGERANGE").str.extract_groups(r"^(\d+)\s*-\s*(\d+)$")
    return frame.select(
        "organisation",
        "row",
        pl.lit("performance_tables").alias("register"),
        pl.lit(date(year, 8, 31)).alias("as_at"),
        pl.when(school)
        .then(pl.lit("school"))
        .when(cells.text("RECTYPE") == "3")
        .then(pl.lit("authority"))
        .otherwise(pl.lit("nation"))
        .alias("kind"),
        pl.coalesce(
            said("SCHNAME"),
            pl.when(cells.text("RECTYPE") == "4").then(pl.lit("England (all schools)")),
            pl.when(cells.text("RECTYPE") == "5").then(pl.lit("England (state-funded schools)")),
        ).alias("name"),
        authority.alias("authority"),
        pl.when(school).then(establishment).alias("establishment_number"),
        pl.when(school).then(authority + establishment).alias("laestab"),
        kind.replace_strict({k: v[0] for k, v in ks2.TYPES.items()}, default=kind).alias("type"),
        kind.replace_strict(
            {k: v[1] for k, v in ks2.TYPES.items()}, default=None, return_dtype=pl.String
        ).alias("type_group"),
        said("ICLOSE")
        .replace_strict({"0": "Open", "1": "Closed"}, default=None, return_dtype=pl.String)
        .alias("status"),
        ages.struct.field("1").cast(pl.Int64).alias("low_age"),
        ages.struct.field("2").cast(pl.Int64).alias("high_age"),
        said("RELDENOM").alias("religious_character"),
        (cells.whole_number("TOTPUPS") if "TOTPUPS" in frame.columns else pl.lit(None, pl.Int64)).alias(
            "pupils"
        ),
        said("ADDRESS1").alias("street"),
        said("TOWN").alias("town"),
        said("PCODE").alias("postcode"),
        said("TELNUM").alias("telephone"),
    )


_LINK_TYPE = "Converter academy (performance tables)"


def _links(frame: pl.DataFrame) -> pl.DataFrame:
    """The academy that a school became in the year, from both sides."""
    if "URN_AC" not in frame.columns:
        return pl.DataFrame(
            schema={"organisation": pl.String, "linked_organisation": pl.String, "row": pl.Int64}
        )
    name = cells.text("SCHNAME_AC") if "SCHNAME_AC" in frame.columns else pl.lit(None, pl.String)
    opened = cells.text("OPEN_AC") if "OPEN_AC" in frame.columns else pl.lit(None, pl.String)
    became = frame.filter(
        cells.whole_number("URN_AC").is_between(100000, 999999) & cells.text("RECTYPE").is_in(["1", "2"])
    ).select(
        pl.col("organisation").alias("before"),
        pl.format("school:{}", cells.whole_number("URN_AC")).alias("after"),
        pl.lit(_LINK_TYPE).alias("link_type"),
        opened.str.to_date("%Y%m%d", strict=False).alias("date"),
        cells.text("SCHNAME").alias("before_name"),
        name.alias("after_name"),
        "row",
    )
    sides = (("before", "after", "successor"), ("after", "before", "predecessor"))
    return pl.concat(
        became.select(
            pl.col(one).alias("organisation"),
            pl.col(other).alias("linked_organisation"),
            pl.lit(link).alias("link"),
            "link_type",
            "date",
            pl.col(f"{other}_name").alias("linked_name"),
            "row",
        )
        for one, other, link in sides
    ).unique(["organisation", "linked_organisation"], keep="first", maintain_order=True)


class KeyStage2Tables:
    """The source; see the module."""

    key = "dfe_ks2"
    title = "DfE key stage 2 performance tables (2016 onwards)"
    expects: Sequence[str] = (
        "RECTYPE",
        "LEA",
        "ESTAB",
        "URN",
        "SCHNAME",
        "TELIG",
        "PTRWM_EXP",
        "READ_AVERAGE",
    )

    def recognise(self, file: ReceivedFile) -> Recognition | None:
        """By its columns: RECTYPE, URN and the expected standard."""
        here = {name.upper() for name in file.header}
        missing = tuple(name for name in self.expects if name not in here)
        if not {"RECTYPE", "URN"} <= here or not any(name.startswith("PTRWM_EXP") for name in here):
            return None
        return Recognition(1 - len(missing) / len(self.expects) / 2, self.key, missing)

    def read(self, file: ReceivedFile) -> Reading:
        """Results, organisations and links; raises Unreadable where the year cannot be told."""
        lacking = [
            name
            for name in ("RECTYPE", "LEA", "URN", "SCHNAME", "TELIG")
            if name not in _capitals(file.header)
        ]
        if lacking:
            raise Unreadable(
                f"{file.name} looks like a key stage 2 performance table, but has no column {', '.join(lacking)}. "
                "Nothing was loaded. Use the file as DfE publishes it, or describe yours in a mapping file."
            )
        told, named = year_of(file.header), cells.year_named(file.name, file.path.parent.name)
        year = told or named
        if year is None:
            raise cells.year_missing(file.name)
        findings = _about_the_year(told, named)
        frame = file.rows().collect()
        made, noticed = tables(frame, year, cells.release_named(file.name))
        authorities = (
            in_capitals(frame).select(cells.whole_number("LEA").cast(pl.String)).to_series().to_list()
        )
        scope = f"dfe_ks2:{year}:{cells.scope_of_authorities(authorities)}"
        return Reading(self.key, scope, True, frame.height, dict(made), [*findings, *noticed])


def _capitals(header: Sequence[str]) -> set[str]:
    return {name.upper() for name in header}


def _about_the_year(told: int | None, named: int | None) -> list[Finding]:
    if told is None:
        return [
            Finding(
                "warning",
                "year_from_the_name",
                found=f"no column of an earlier year; the file's name says {named}",
                expected="columns such as PTRWM_EXP_18, which tell the year",
                advice="Check that the name has the right academic year; if not, undo this load and rename the file.",
            )
        ]
    if named is not None and named != told:
        return [
            Finding(
                "warning",
                "year_disagrees_with_name",
                found=f"columns of {told}, a name of {named}",
                expected="the same year in both",
                advice="The columns were believed. If the name is right, undo this load and check the file.",
            )
        ]
    return []


source = KeyStage2Tables()
