"""What was known of England's primary schools at the end of 2019, and how inspections from 2021 to 2024 came out.

From the real Ofsted files and the England panel; their quirks are in PROVENANCE.md.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
from england_panel import SERIES

from headway.figures.models.warning_evidence import evidence

AS_AT = date(2019, 12, 31)
INSPECTED = (date(2021, 9, 1), date(2024, 8, 31))
_AREAS = {
    "overall": "overall effectiveness",
    "oeif_leadership": "leadership and management",
    "oeif_eyfs": "early years provision",
}


def _school(urn: pl.Expr) -> pl.Expr:
    return pl.format("school:{}", urn)


def judgements(data: Path) -> pl.DataFrame:
    """The history to 2018 and the latest as at November 2019, as rows of the judgements table."""
    history = pl.read_csv(data / "ofsted/2018_ofsted_rating_history.csv.gz").select(
        urn="URN",
        date=pl.col("Inspection Date").cast(pl.String).str.to_date("%Y%m%d"),
        area=pl.lit("overall effectiveness"),
        value="Rating",
    )
    latest = (
        pl.read_csv(data / "ofsted/2019-11_ofsted_latest.csv.gz", try_parse_dates=True)
        .unpivot(list(_AREAS), index=["urn", "date"], variable_name="area")
        .drop_nulls("value")
        .with_columns(pl.col("area").replace_strict(_AREAS))
    )
    found = pl.concat([latest, history], how="diagonal")
    carried = (
        found.rename({"urn": "predecessor"})
        .join(_predecessors(data), on="predecessor")
        .select(found.columns)
        .join(found, on=["urn", "date", "area"], how="anti")
    )
    return pl.concat([found, carried]).with_columns(
        organisation=_school(pl.col("urn")),
        value=pl.col("value").str.to_lowercase(),
        scale=pl.lit("four_grade"),
    )


def _predecessors(data: Path) -> pl.DataFrame:
    """Schools that by 2019 had followed exactly one other: `urn` and its `predecessor`."""
    return (
        pl.read_csv(
            data / "gias/2021_england_links_edubasealldata.csv.gz",
            infer_schema_length=0,
            encoding="utf8-lossy",
        )
        .filter(pl.col("LinkType") == "Predecessor")
        .filter(
            pl.col("LinkEstablishedDate").is_null()
            | (pl.col("LinkEstablishedDate").str.slice(6).cast(pl.Int64, strict=False) <= 2019)
        )
        .select(urn=pl.col("URN").cast(pl.Int64), predecessor=pl.col("LinkURN").cast(pl.Int64))
        .filter(pl.len().over("urn") == 1)
    )


def results(data: Path) -> pl.DataFrame:
    """The panel, all years, as rows of the results table; a school carries its predecessor's history."""
    rows = pl.read_csv(
        data / "ks2/england/ks2_school_panel_england_2016_2025.csv.gz", infer_schema_length=None
    ).filter(pl.col("urn").is_not_null())
    carried = (
        rows.rename({"urn": "predecessor"})
        .join(_predecessors(data), on="predecessor")
        .select(rows.columns)
        .join(rows, on=["urn", "year"], how="anti")
    )
    return (
        pl.concat([rows, carried])
        .unpivot(list(SERIES), index=["urn", "year", "telig"], variable_name="measure")
        .drop_nulls("value")
        .select(
            organisation=_school(pl.col("urn")),
            year=pl.col("year").str.slice(5).cast(pl.Int64),
            years_pooled=pl.lit(1),
            measure=pl.col("measure").replace_strict(SERIES),
            group=pl.lit("all"),
            basis=pl.lit("published"),
            status=pl.lit("reported"),
            denominator=pl.col("telig").cast(pl.Int64),
            value="value",
        )
    )


def schools(data: Path) -> pl.DataFrame:
    """Every school of the panel with its authority, age range and whether it was an academy in 2019."""
    panel = pl.read_csv(
        data / "ks2/england/ks2_school_panel_england_2016_2025.csv.gz", infer_schema_length=None
    ).filter(pl.col("urn").is_not_null())
    authority = panel.sort("year").group_by("urn").agg(pl.col("la").drop_nulls().last())
    in_2019 = pl.read_csv(
        data / "ks2/england/2018-2019_england_ks2_progress_subset.csv.gz", infer_schema_length=0
    ).filter(pl.col("RECTYPE").is_in(["1", "2"]))
    kind = in_2019.select(
        urn=pl.col("URN").cast(pl.Int64), academy=(pl.col("SCHTYPE") == "Academy").cast(pl.Float64)
    ).unique("urn")
    # The statutory ages of a school seldom change; the register of 2022 is the only one for all of England.
    ages = pl.read_csv(
        data / "gias/2022-08_england_open_schools_37cols.csv.gz", infer_schema_length=0
    ).select(
        pl.col("urn").cast(pl.Float64, strict=False).cast(pl.Int64),
        lowest_age=pl.col("statutory_low_age").cast(pl.Float64, strict=False),
        highest_age=pl.col("statutory_high_age").cast(pl.Float64, strict=False),
    )
    trusts = (
        pl.read_csv(
            data / "gias/2022_england_group_links.csv.gz", infer_schema_length=0, encoding="utf8-lossy"
        )
        .filter(pl.col("Group Type") == "Multi-academy trust", pl.col("Joined date") <= AS_AT.isoformat())
        .select(urn=pl.col("URN").cast(pl.Int64), trust=pl.format("trust:{}", "Group UID"))
        .unique("urn")
    )
    return (
        authority.join(trusts, on="urn", how="left")
        .join(kind, on="urn", how="left")
        .join(ages.drop_nulls("urn").unique("urn"), on="urn", how="left")
        .with_columns(
            organisation=_school(pl.col("urn")),
            authority=pl.format("authority:{}", "la"),
        )
        .sort("organisation")
    )


def inspected(data: Path) -> tuple[pl.DataFrame, np.ndarray, np.ndarray]:
    """The evidence of the schools inspected from September 2021 to August 2024 that had a grade in November
    2019, whether each came out below good, and whether that was in the first of the three years."""
    outcome = (
        pl.read_csv(data / "ofsted/2024-08_ofsted_latest.csv.gz", try_parse_dates=True)
        .filter(pl.col("date").is_between(*INSPECTED))
        .select(
            organisation=_school(pl.col("urn")),
            first_year=pl.col("date") < date(2022, 9, 1),
            below_good=pl.col("overall").is_in(["Requires improvement", "Inadequate"]),
        )
    )
    graded = pl.read_csv(data / "ofsted/2019-11_ofsted_latest.csv.gz").select(
        organisation=_school(pl.col("urn"))
    )
    known = evidence(results(data), judgements(data), as_at=AS_AT, schools=schools(data))
    joined = known.join(outcome, on="organisation").join(graded, on="organisation").sort("organisation")
    found = joined.drop("below_good", "first_year")
    return found, joined["below_good"].to_numpy(), joined["first_year"].to_numpy()
