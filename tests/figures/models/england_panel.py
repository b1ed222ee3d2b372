"""The real England panel (2016 to 2025) as Headway's own, for back-tests. Its quirks are in PROVENANCE.md."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl

from headway.figures.models.panel import Panel

SERIES = {
    "rwm_exp": "ks2_rwm_expected",
    "rwm_high": "ks2_rwm_higher",
    "read_prog": "ks2_reading_progress",
    "writ_prog": "ks2_writing_progress",
    "mat_prog": "ks2_mathematics_progress",
    "read_avg": "ks2_reading_average",
    "mat_avg": "ks2_mathematics_average",
    "gps_avg": "ks2_gps_average",
}
TARGET = "ks2_rwm_expected"
_SPECIAL = "(?i)special|referral|alternative"
_CENSUS = {
    "PSENELSE": "context_ehcp",
    "PSENELK": "context_sen_support",
    "PNUMEAL": "context_eal",
    "PNUMFSMEVER": "context_fsm6",
}


def england_panel(data: Path) -> Panel:
    """Every mainstream school with a URN, its authority, results by year, census of January 2025, register of 2022."""
    rows = (
        pl.read_csv(data / "ks2/england/ks2_school_panel_england_2016_2025.csv.gz", infer_schema_length=None)
        .filter(pl.col("urn").is_not_null())
        .with_columns(year=pl.col("year").str.slice(5).cast(pl.Int64))
        .unique(["urn", "year"], keep="first", maintain_order=True)
    )
    schools = rows.sort("year").group_by("urn", maintain_order=True).agg(pl.col("la").drop_nulls().last())
    schools = schools.sort("urn")

    def column(frame: pl.DataFrame, name: str) -> np.ndarray:
        joined = schools.join(
            frame.select("urn", value=pl.col(name)), on="urn", how="left", maintain_order="left"
        )
        return joined["value"].cast(pl.Float64).fill_null(np.nan).to_numpy()

    results = {}
    sizes = {}
    for (year,), part in rows.group_by("year"):
        for name, series in SERIES.items():
            if part[name].is_not_null().any():
                results[series, year] = column(part, name)
        if part["telig"].is_not_null().any():
            sizes[year + 1] = column(part, "telig")
    census = pl.read_csv(data / "context/2024-2025_england_census.csv.gz", infer_schema_length=0).select(
        pl.col("URN").cast(pl.Int64, strict=False).alias("urn"),
        *(pl.col(name).str.strip_suffix("%").cast(pl.Float64, strict=False) for name in ("NOR", *_CENSUS)),
    )
    census = census.drop_nulls("urn").unique("urn")
    context = {(kind, 2025): column(census, name) for name, kind in _CENSUS.items()}
    register = pl.read_csv(
        data / "gias/2022-08_england_open_schools_37cols.csv.gz", infer_schema_length=0
    ).select(
        pl.col("urn").cast(pl.Float64, strict=False).cast(pl.Int64),
        "establishment_type",
        *(pl.col(name).cast(pl.Float64, strict=False) for name in ("number_of_pupils", "percentage_fsm")),
    )
    register = register.drop_nulls("urn").unique("urn")
    context["context_fsm", 2023] = column(register, "percentage_fsm")
    # A year group is the cohort of 2018, moved with the roll where both are known; otherwise the usual share.
    cohort = sizes[2019]
    for year, roll in ((2023, column(register, "number_of_pupils")), (2025, column(census, "NOR"))):
        both = np.isfinite(cohort) & (roll > 0)
        share = float(np.median(cohort[both] / roll[both]))
        groups = np.where(roll > 0, roll * share, np.nan)
        sizes[year] = np.where(both, np.sqrt(np.where(both, groups * cohort, 1.0)), groups)
    special = register.filter(pl.col("establishment_type").str.contains(_SPECIAL))["urn"].to_list()
    tested = pl.read_csv(
        data / "ks2/england/2018-2019_england_ks2_progress_subset.csv.gz", infer_schema_length=0
    ).filter(pl.col("RECTYPE") == "2")
    special += tested["URN"].cast(pl.Int64).to_list()
    panel = Panel(
        np.array([f"school:{urn}" for urn in schools["urn"]]),
        np.array(["" if la is None else f"authority:{la}" for la in schools["la"]]),
        results,
        context,
        dict(sorted(sizes.items())),
    )
    return panel.of(~np.isin(schools["urn"].to_numpy(), special))
