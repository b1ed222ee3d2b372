"""DfE's Local Authority Interactive Tool (LAIT): one row a measure, a year and an area, as Parquet or CSV.

Areas are local authorities by number, and England (970) and the regions (980 to 990) by numbers of LAIT's own. A year
is written in nine ways (2019, 2018/19, 2018-19, 2025 (prov), 2014-16 for three years together …). `-` is not
available. Numbers carry the dust of a spreadsheet (81.599999999999994 is 81.6).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import polars as pl

from headway.figures.sources import Finding, Reading, Recognition, Unreadable
from headway.figures.sources import published as cells
from headway.figures.sources.lait_measures import KNOWN, other_key

if TYPE_CHECKING:
    from headway.figures.sources.files import ReceivedFile

DATASET = "lait"
MEASURES = tuple(sorted({known.measure for known in KNOWN}))
"""Every measure key that this source writes, beside those that begin with `lait:`."""
ENGLAND = 970
REGIONS = {
    980: "North East",
    981: "North West",
    982: "Yorkshire and The Humber",
    983: "East Midlands",
    984: "West Midlands",
    985: "East of England",
    986: "London",
    987: "Inner London",
    988: "Outer London",
    989: "South East",
    990: "South West",
}
"""LAIT's numbers of the regions."""


@dataclass(frozen=True)
class Period:
    """The year that a LAIT label means: the one in which it ends, how many are pooled, and the release it states."""

    year: int
    years_pooled: int = 1
    release: str = "unknown"


_RELEASES = {"prov": "provisional", "rev": "revised", "final": "final"}
_LABEL = re.compile(
    r"(?P<start>20\d\d)(?:[-/](?P<end>\d\d))?(?:-(?P<last>\d\d)/(?P<close>\d\d))?(?:\s*\((?P<note>[^)]*)\))?"
)


def period(label: str) -> Period | None:
    """What a label of the column Years means; None where it is no year.

    2019 is 2019; 2018/19 and 2018-19 are 2019; 2014-16 is three years to 2016, and so is 2013/14-15/16. A note in
    brackets may state the release: (prov), (Rev), (Final).
    """
    match = _LABEL.fullmatch(label.strip())
    if not match:
        return None
    release = _RELEASES.get((match["note"] or "").lower(), "unknown")
    start = int(match["start"])
    if match["close"]:
        end = start - start % 100 + int(match["close"])
        return Period(end, end - start, release) if 1 <= end - start <= 5 else None
    if match["end"]:
        end = start - start % 100 + int(match["end"])
        if end == start + 1:
            return Period(end, 1, release)
        return Period(end, end - start + 1, release) if 1 < end - start < 5 else None
    return Period(start, 1, release)


def tables(frame: pl.DataFrame) -> tuple[dict[str, pl.DataFrame], list[Finding]]:
    """Published results, areas and their regions, and what was noticed; `frame` has text columns and `row`."""
    labels = frame["Years"].drop_nulls().unique().to_list()
    periods = {label: found for label in labels if (found := period(label)) is not None}
    meaning = pl.DataFrame(
        [(k.short, k.measure, k.group, k.unit, k.state_funded) for k in KNOWN],
        schema=["Short Desc", "measure", "group", "unit", "state_funded"],
        orient="row",
    )
    years = pl.DataFrame(
        [(label, p.year, p.years_pooled, p.release) for label, p in periods.items()],
        schema={"Years": pl.String, "year": pl.Int64, "years_pooled": pl.Int64, "release": pl.String},
        orient="row",
    )
    unknown = (
        frame.select("Short Desc")
        .unique()
        .filter(~pl.col("Short Desc").is_in(meaning["Short Desc"].to_list()))
    )
    others = unknown.drop_nulls().with_columns(
        pl.col("Short Desc").map_elements(other_key, return_dtype=pl.String).alias("other")
    )
    areas = frame.with_columns(_area(pl.lit(None, pl.Boolean)).alias("area"))
    wrong = areas.filter(
        pl.col("area").is_null()
        | ~pl.col("Years").is_in(list(periods)).fill_null(False)
        | pl.col("Short Desc").is_null()
    )
    findings = _unplaced(wrong)
    # Spreadsheet dust: the shortest text of the number is the one that was typed.
    number = cells.number("Values").round(10)
    clean = number.cast(pl.String).str.strip_suffix(".0")
    results = (
        areas.filter(~pl.col("row").is_in(wrong["row"].to_list()) if wrong.height else pl.lit(True))
        .join(meaning, on="Short Desc", how="left", maintain_order="left")
        .join(years, on="Years", how="left", maintain_order="left")
        .join(others, on="Short Desc", how="left", maintain_order="left")
        .with_columns(
            _area(pl.col("state_funded")).alias("organisation"),
            pl.coalesce("measure", "other").alias("measure"),
            pl.col("group").fill_null("all"),
            pl.when(number.is_not_null()).then(clean).otherwise(pl.col("Values")).alias("cell"),
        )
        .with_columns(
            cells.status("cell").alias("status"),
            cells.number("cell").alias("value"),
            cells.symbol("cell").alias("symbol"),
            cells.decimals("cell").max().over("Short Desc", "Years").alias("places"),
        )
        .select(
            "organisation",
            "year",
            "years_pooled",
            "measure",
            "group",
            pl.lit(DATASET).alias("dataset"),
            "release",
            "status",
            "value",
            pl.when(pl.col("value").is_not_null()).then(cells.step(pl.col("places"))).alias("rounded_to"),
            "symbol",
            pl.col("Short Desc").alias("column"),
            "row",
        )
    )
    findings += cells.unknown_symbols(results)
    findings += cells.impossible_values(results, {known.measure: known.unit for known in KNOWN})
    kept = others["other"].n_unique()
    if kept:
        findings.append(
            Finding(
                "note",
                "measures_under_their_own_names",
                found=f"{kept} measures that Headway has no key for",
                advice="They are kept under their LAIT names, such as "
                + str(others["other"].sort()[0])
                + ".",
            )
        )
    return {
        "published_results": results,
        "organisations": _places(areas.filter(pl.col("area").is_not_null()), results),
        "memberships": _regions(areas),
    }, findings


def _area(state_funded: pl.Expr) -> pl.Expr:
    """The organisation of LAIT's number; England is its state-funded schools where the measure says so."""
    code = cells.whole_number("LA Number")
    regions = {number: f"region:{cells.REGIONS[name]}" for number, name in REGIONS.items()}
    return (
        pl.when((code == ENGLAND) & state_funded.fill_null(False))
        .then(pl.lit("nation:england-state-funded"))
        .when(code == ENGLAND)
        .then(pl.lit("nation:england"))
        .when(code.is_between(200, 969))
        .then(pl.format("authority:{}", code))
        .otherwise(code.replace_strict(regions, default=None, return_dtype=pl.String))
    )


def _unplaced(wrong: pl.DataFrame) -> list[Finding]:
    if wrong.is_empty():
        return []
    first = wrong.row(0, named=True)
    return [
        Finding(
            "error",
            "row_without_area_or_year",
            found=f"LA Number {first['LA Number']!r}, Years {first['Years']!r} ({wrong.height} such rows)",
            expected="a local authority, region or England, and a year such as 2019 or 2018/19",
            advice="If you know the year, write it into the rows of the set-aside file and load that.",
            column="Years",
            rows=tuple(wrong["row"].to_list()),
        )
    ]


def _places(areas: pl.DataFrame, results: pl.DataFrame) -> pl.DataFrame:
    """The areas by name, as LAIT has them at the end of the newest year in the file."""
    newest = results["year"].max()
    as_at = date(newest if isinstance(newest, int) else 2000, 8, 31)
    return (
        areas.filter(~pl.col("area").str.starts_with("nation"))
        .unique("area", keep="first", maintain_order=True)
        .select(
            pl.col("area").alias("organisation"),
            pl.lit("lait").alias("register"),
            pl.lit(as_at).alias("as_at"),
            pl.col("area").str.extract(r"^(\w+):").alias("kind"),
            cells.text("LA and Regions").alias("name"),
            pl.when(pl.col("area").str.starts_with("authority"))
            .then(cells.whole_number("LA Number").cast(pl.String))
            .alias("authority"),
            "row",
        )
    )


def _regions(areas: pl.DataFrame) -> pl.DataFrame:
    if "Region" not in areas.columns:
        areas = areas.with_columns(pl.lit(None, pl.String).alias("Region"))
    codes = {name.lower(): f"region:{code}" for name, code in cells.REGIONS.items()}
    region = cells.text("Region").str.to_lowercase()
    return (
        areas.filter(pl.col("area").str.starts_with("authority") & region.is_in(list(codes)))
        .unique("area", keep="first", maintain_order=True)
        .select(
            pl.col("area").alias("organisation"),
            region.replace_strict(codes, default=None, return_dtype=pl.String).alias("group"),
            pl.lit("region").alias("kind"),
            pl.lit(None, pl.Date).alias("joined"),
            pl.lit("lait").alias("source"),
            "row",
        )
    )


class InteractiveTool:
    """The source; see the module."""

    key = "lait"
    title = "DfE Local Authority Interactive Tool"
    expects: Sequence[str] = ("Short Desc", "Years", "LA and Regions", "LA Number", "Values")

    def recognise(self, file: ReceivedFile) -> Recognition | None:
        """By its columns Short Desc, Years and Values."""
        missing = tuple(name for name in self.expects if name not in file.header)
        if not {"Short Desc", "Years"} <= set(file.header):
            return None
        return Recognition(1 - len(missing) / len(self.expects) / 2, self.key, missing)

    def read(self, file: ReceivedFile) -> Reading:
        """Results, areas and regions. A download may hold some measures only, so nothing absent is a removal."""
        lacking = [name for name in self.expects if name not in file.header]
        if lacking:
            raise Unreadable(
                f"{file.name} looks like a download of the Local Authority Interactive Tool, but has no column "
                f"{', '.join(lacking)}. Nothing was loaded."
            )
        wanted = [name for name in (*self.expects, "Region") if name in file.header]
        frame = file.rows(wanted).collect()
        made, findings = tables(frame)
        return Reading(self.key, "lait", False, frame.height, dict(made), findings)


source = InteractiveTool()
