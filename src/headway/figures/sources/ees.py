"""What the tidy files of Explore Education Statistics have in common. Not a source: it defines none.

A tidy file has one row a period, a place and a group, and one column a figure. `time_period` 202425 with
`time_identifier` Academic year is 2025. Places are National, Regional, Local authority or School; an authority has an
old three-digit code and a new nine-character one, and its old one is the key here. Symbols: z not applicable, x not
available, c suppressed, low (a number that rounds to zero), `:` and blank not available.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import polars as pl

from headway.figures.sources import Finding, Recognition, Unreadable
from headway.figures.sources import published as cells

if TYPE_CHECKING:
    from headway.figures.sources.files import ReceivedFile

DATASET = "ees"
TIDY = ("time_period", "geographic_level")
LEVELS = ("National", "Regional", "Local authority", "School")
"""The geographic levels that Headway keeps."""
KEY = ("organisation", "year", "years_pooled", "measure", "group", "dataset", "release")
_RELEASES = {"provisional": "provisional", "revised": "revised", "final": "final"}


def recognised(file: ReceivedFile, kind: str, telling: Sequence[Sequence[str]]) -> Recognition | None:
    """A tidy file that has at least one of each of the telling columns."""
    here = {name.lower() for name in file.header}
    if not set(TIDY) <= here or not all(here & set(group) for group in telling):
        return None
    wanted = ("time_identifier", "country_name")
    missing = tuple(name for name in wanted if name not in here)
    return Recognition(1 - 0.1 * len(missing), kind, missing)


def frame_of(file: ReceivedFile) -> pl.DataFrame:
    """The file's rows as text with names in small letters."""
    frame = file.rows().collect()
    names: dict[str, str] = {}
    for name in frame.columns:
        names.setdefault(name.lower(), name)  # of two that differ in capitals only, the first
    return frame.select(pl.col(name).alias(small) for small, name in names.items())


def year() -> pl.Expr:
    """The year in which the academic (or calendar) year of `time_period` ends; null where it is none."""
    period = cells.text("time_period")
    start, end = period.str.extract(r"^(20\d\d)(\d\d)$", 1), period.str.extract(r"^(20\d\d)(\d\d)$", 2)
    academic = pl.when((start.cast(pl.Int64) + 1) % 100 == end.cast(pl.Int64)).then(start.cast(pl.Int64) + 1)
    return pl.coalesce(academic, period.str.extract(r"^(20\d\d)$", 1).cast(pl.Int64))


def organisation(columns: Sequence[str], nation: str) -> pl.Expr:
    """The place of a row as kind:code; null for levels that Headway does not keep and for places without a code.

    `nation` is what National means in this file; `establishment_type_group` overrules it where the file has one.
    """
    level = cells.text("geographic_level").str.to_lowercase()
    national = pl.lit(nation)
    if "establishment_type_group" in columns:
        kind = cells.text("establishment_type_group").str.to_lowercase().str.replace("-", " ", literal=True)
        national = (
            pl.when(kind == "all state funded")
            .then(pl.lit("nation:england-state-funded"))
            .when(kind.is_in(["all schools", "total"]))
            .then(pl.lit("nation:england"))
        )

    def code(column: str, pattern: str, kind: str) -> pl.Expr:
        if column not in columns:
            return pl.lit(None, pl.String)
        found = cells.text(column).str.extract(f"({pattern})", 1)
        return pl.when(found.is_not_null()).then(pl.format(kind + ":{}", found))

    return (
        pl.when(level == "national")
        .then(national)
        .when(level == "regional")
        .then(code("region_code", r"^E\d{8}$", "region"))
        .when(level == "local authority")
        .then(code("old_la_code", r"^\d{3}$", "authority"))
        .when(level == "school")
        .then(pl.coalesce(code("school_urn", r"^\d{6}$", "school"), code("urn", r"^\d{6}$", "school")))
    )


def release(columns: Sequence[str]) -> pl.Expr:
    """The release that the row itself states (`version` Provisional, Revised or Final), else unknown."""
    if "version" not in columns:
        return pl.lit("unknown")
    stated = cells.text("version").str.to_lowercase()
    return stated.replace_strict(_RELEASES, default="unknown", return_dtype=pl.String)


def placed(frame: pl.DataFrame, nation: str) -> tuple[pl.DataFrame, list[Finding]]:
    """The rows with `organisation`, `year` and `stated_release`; those that have no place or year are left out.

    Rows of a level that Headway does not keep (parliamentary constituencies, districts), and figures of part of an
    area's schools, are named in a note; rows of a kept level without a code or year are errors.
    """
    columns = frame.columns
    frame = frame.with_columns(
        year().alias("year"),
        organisation(columns, nation).alias("organisation"),
        release(columns).alias("stated_release"),
    )
    level = cells.text("geographic_level")
    kept = level.str.to_lowercase().is_in([name.lower() for name in LEVELS])
    others = frame.filter(~kept.fill_null(False))
    frame = frame.filter(kept)
    findings: list[Finding] = []
    if others.height:
        names = others["geographic_level"].fill_null("(empty)").unique().sort().to_list()
        findings.append(
            Finding(
                "note",
                "levels_not_kept",
                found=f"{others.height} rows of {', '.join(names)}",
                expected=", ".join(LEVELS),
                advice="Those rows were left out.",
                column="geographic_level",
            )
        )
    if "establishment_type_group" in columns:
        kind = cells.text("establishment_type_group").str.to_lowercase().str.replace("-", " ", literal=True)
        whole = kind.is_in(["all state funded", "all schools", "total"]).fill_null(True)
        area_of_all = (level.str.to_lowercase() != "national") & (kind == "all schools")
        part = frame.filter(~whole | area_of_all)
        if part.height:
            findings.append(
                Finding(
                    "note",
                    "figures_of_some_schools",
                    found=f"{part.height} rows of {', '.join(part['establishment_type_group'].unique().sort())}",
                    expected="All state-funded, and for England All schools",
                    advice="Figures of part of an area's schools are no figures of the area: they were left out.",
                    column="establishment_type_group",
                )
            )
        frame = frame.filter(whole & ~area_of_all)
    lost = frame.filter(pl.col("organisation").is_null() | pl.col("year").is_null())
    if lost.height:
        first = lost.row(0, named=True)
        findings.append(
            Finding(
                "error",
                "row_without_place_or_year",
                found=f"time_period {first['time_period']!r}, {first['geographic_level']!r} without a usable code",
                expected="a period such as 202425, and region_code, old_la_code or school_urn for its level",
                advice="Mend the rows in the set-aside file and load that.",
                column="geographic_level",
                rows=tuple(lost["row"].to_list()),
            )
        )
        frame = frame.filter(pl.col("organisation").is_not_null() & pl.col("year").is_not_null())
    return frame, findings


def once_each(results: pl.DataFrame) -> tuple[pl.DataFrame, list[Finding]]:
    """The first row of every key; a warning where a later one says something else."""
    later = results.filter(~pl.struct(KEY).is_first_distinct())
    first = results.unique(KEY, keep="first", maintain_order=True)
    if later.is_empty():
        return first, []
    differing = later.join(
        first.select(*KEY, "value", "status"), on=KEY, suffix="_first", nulls_equal=True
    ).filter(
        ~pl.col("value").eq_missing(pl.col("value_first")) | (pl.col("status") != pl.col("status_first"))
    )
    if differing.is_empty():
        return first, []
    return first, [
        Finding(
            "warning",
            "figure_given_twice",
            found=f"{differing.height} figures stand twice with different values, such as {differing['measure'][0]} of "
            f"{differing['organisation'][0]}",
            expected="one figure each",
            advice="The first of them was taken. See whether the file has a column that tells them apart.",
            rows=tuple(differing["row"].to_list()[:20]),
        )
    ]


def places(frame: pl.DataFrame) -> pl.DataFrame:
    """The authorities, regions and schools of the file by name, each as in its newest year."""
    newest = frame.sort("year", descending=True).unique("organisation", keep="first", maintain_order=True)
    newest = newest.filter(~pl.col("organisation").str.starts_with("nation:"))

    def named(column: str) -> pl.Expr:
        return cells.text(column) if column in frame.columns else pl.lit(None, pl.String)

    kind = pl.col("organisation").str.extract(r"^(\w+):")
    return newest.select(
        "organisation",
        pl.lit("ees").alias("register"),
        pl.date(pl.col("year"), 8, 31).alias("as_at"),
        kind.alias("kind"),
        pl.when(kind == "school")
        .then(named("school_name"))
        .when(kind == "authority")
        .then(named("la_name"))
        .otherwise(named("region_name"))
        .alias("name"),
        pl.when(kind.is_in(["authority", "school"]))
        .then(named("old_la_code").str.extract(r"^(\d{3})$"))
        .alias("authority"),
        pl.when(kind == "school").then(named("school_laestab").str.extract(r"^(\d{7})$")).alias("laestab"),
        "row",
    )


def scope(kind: str, file: ReceivedFile, results: pl.DataFrame) -> str:
    """The part of the world for which the file speaks: its kind, years, levels and columns.

    Several data sets of one kind are published, of other places and breakdowns; the columns tell them apart, so that
    one never counts as a correction of another.
    """
    years = [int(value) for value in results["year"].drop_nulls().unique().to_list()]
    levels = sorted({str(key).split(":")[0] for key in results["organisation"].drop_nulls().unique()})
    span = f"{min(years)}-{max(years)}" if years else "none"
    columns = hashlib.sha256("\n".join(sorted(file.header)).encode()).hexdigest()[:8]
    return f"{kind}:{span}:{'+'.join(levels)}:{columns}"


def needs_rows(file: ReceivedFile, frame: pl.DataFrame) -> None:
    """Raises Unreadable where nothing is left of the file."""
    if frame.is_empty():
        raise Unreadable(
            f"{file.name} is an Explore Education Statistics file without a row for England, a region, an authority or "
            "a school. Nothing was loaded."
        )


def first_present(columns: Sequence[str], *candidates: str) -> str | None:
    """The first of the candidate columns that the file has."""
    return next((name for name in candidates if name in columns), None)


def group_column(frame: pl.DataFrame, column: str, groups: Mapping[str, str]) -> pl.Expr:
    """The Headway group of a breakdown's words, compared in small letters; null where it has none."""
    return (
        cells.text(column)
        .str.to_lowercase()
        .replace_strict(dict(groups), default=None, return_dtype=pl.String)
    )
