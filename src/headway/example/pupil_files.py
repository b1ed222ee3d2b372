"""Writes the example's pupil files: Headway's template, DfE's key stage 2 pupil file, and national figures."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl


def write_template(folder: Path, frame: pl.DataFrame, kind: str, year: int) -> Path:
    path = folder / f"{year}_{kind}_pupils.csv"
    frame.with_columns(pl.col(pl.Boolean).cast(pl.Int8)).write_csv(path)
    return path


def _progress_groups(frame: pl.DataFrame, national: pl.DataFrame) -> pl.DataFrame:
    """Prior attainment groups with the nation's mean score in each, and each pupil's adjusted progress.

    A group is a value of the average points; those with fewer than 50 pupils join the one below. A pupil's
    progress is floored k standard deviations below the group's mean, with the k that floors 1 %
    (NAHT, Progress scores 2018).
    """
    edges = (
        national.group_by("ks1_average_points")
        .len()
        .sort("ks1_average_points")
        .filter(pl.col("len") >= 50)["ks1_average_points"]
        .to_list()
    )

    def grouped(rows: pl.DataFrame) -> pl.DataFrame:
        index = np.searchsorted(np.array(edges), rows["ks1_average_points"].to_numpy(), side="right")
        return rows.with_columns(prior_attainment_group=pl.Series(np.clip(index, 1, None)))

    found = grouped(frame)
    nation = grouped(national)
    for subject in ("reading", "writing", "mathematics"):
        score = f"{subject}_progress_attainment"
        known = nation.filter(pl.col(score).is_not_null())
        groups = known.group_by("prior_attainment_group").agg(
            pl.col(score).mean().round(2).alias("predicted"), pl.col(score).std().alias("spread")
        )
        residuals = known.join(groups, on="prior_attainment_group").select(
            (pl.col(score) - pl.col("predicted")) / pl.col("spread")
        )
        floor = residuals.to_series().quantile(0.01) or 0.0
        found = (
            found.join(groups, on="prior_attainment_group", how="left")
            .with_columns(
                pl.max_horizontal(pl.col(score) - pl.col("predicted"), (floor * pl.col("spread")).round(2))
                .round(2)
                .alias(f"{subject}_progress"),
                pl.col("predicted").alias(f"{subject}_progress_predicted"),
            )
            .drop("predicted", "spread")
        )
    return found


_NOMINAL = {"B": 75, "NS": 79, "PKF": 75, "PKG": 79, "PK3": 75, "PK6": 79, "WTS": 91, "EXS": 103, "GDS": 113}
"""Nominal scores of this synthetic example for pupils without a scaled score, and of writing assessments."""


def with_attainment_scores(frame: pl.DataFrame) -> pl.DataFrame:
    nominal = {code: float(score) for code, score in _NOMINAL.items()}
    return frame.with_columns(
        *(
            pl.coalesce(
                pl.col(f"{subject}_score").cast(pl.Float64, strict=False),
                pl.col(f"{subject}_outcome").replace_strict(nominal, default=None, return_dtype=pl.Float64),
            ).alias(f"{subject}_progress_attainment")
            for subject in ("reading", "mathematics")
        ),
        pl.col("writing_assessment")
        .replace_strict(nominal, default=None, return_dtype=pl.Float64)
        .alias("writing_progress_attainment"),
    )


_DFE_COLUMNS = {
    "UPN": "upn", "SURNAME": "surname", "FORENAME": "forename", "Sex": "sex", "SEN": "sen", "ETHNICITY": "ethnicity",
    "LANG1ST": "first_language", "KS1READ": "ks1_reading", "KS1WRIT": "ks1_writing", "KS1MAT": "ks1_mathematics",
    "KS1AVERAGEPS": "ks1_average_points", "READOUTCOME": "reading_outcome", "MATOUTCOME": "mathematics_outcome",
    "GPSOUTCOME": "gps_outcome", "READSCORE": "reading_score", "MATSCORE": "mathematics_score", "GPSSCORE": "gps_score",
    "READMRK": "reading_mark", "MATMRK": "mathematics_mark", "GPSMRK": "gps_mark", "WRITTAOUTCOME": "writing_assessment",
    "SCITAOUTCOME": "science_assessment", "MATTAOUTCOME": "mathematics_assessment", "READTAOUTCOME": "reading_assessment",
    "KS1AVERAGE_GRP_P": "prior_attainment_group", "KS2READSCORE": "reading_progress_attainment",
    "KS2WRITSCORE": "writing_progress_attainment", "KS2MATSCORE": "mathematics_progress_attainment",
    "KS2READPRED_EM": "reading_progress_predicted", "KS2WRITPRED_EM": "writing_progress_predicted",
    "KS2MATPRED_EM": "mathematics_progress_predicted", "READPROGSCORE_EM_ADJUSTED": "reading_progress",
    "WRITPROGSCORE_EM_ADJUSTED": "writing_progress", "MATPROGSCORE_EM_ADJUSTED": "mathematics_progress",
}  # fmt: skip
_DFE_ORDER = (
    "LAESTAB", "URN", "UPN", "CYPMD_ID", "PINCL_Flag", "P_INCL_DESC", "SURNAME", "FORENAME", "Sex", "DOB",
    "ENTRYDAT", "SEN",
    "ETHNICITY", "LANG1ST", "EALGRP", "FSM", "FSM6_P", "YOUNGCARER", "NEWMOBILE", "KS1READ", "KS1WRIT",
    "KS1MAT", "KS1AVERAGEPS",
    "KS1GROUP", "READOUTCOME", "MATOUTCOME", "GPSOUTCOME", "READSCORE", "MATSCORE", "GPSSCORE", "READMRK",
    "MATMRK", "GPSMRK",
    "READSPECCON", "MATSPECCON", "GPSSPECCON", "ELIGRWM", "RWMEXP", "WRITTAOUTCOME", "SCITAOUTCOME", "MATTAOUTCOME",
    "READTAOUTCOME", "INREADPROG", "INWRITPROG", "INMATPROG", "KS1AVERAGE_GRP_P", "KS2READSCORE",
    "KS2WRITSCORE", "KS2MATSCORE",
    "KS2READPRED_EM", "KS2WRITPRED_EM", "KS2MATPRED_EM", "READPROGSCORE_EM_ADJUSTED", "WRITPROGSCORE_EM_ADJUSTED",
    "MATPROGSCORE_EM_ADJUSTED",
)  # fmt: skip


def write_ks2_pupils(folder: Path, frame: pl.DataFrame, year: int, national: pl.DataFrame) -> Path:
    """In the layout of DfE's key stage 2 pupil file, September's column order."""
    frame = with_attainment_scores(frame)
    if "ks1_average_points" in frame.columns:
        frame = _progress_groups(frame, national)
    flag = {True: "1", False: "0"}
    expected = (
        (pl.col("reading_outcome") == "AS")
        & (pl.col("mathematics_outcome") == "AS")
        & pl.col("writing_assessment").is_in(["EXS", "GDS"])
    )
    made = {
        "LAESTAB": pl.col("upn").str.slice(1, 7),
        "URN": pl.col("urn"),
        "CYPMD_ID": pl.int_range(1, pl.len() + 1),
        "PINCL_Flag": pl.lit("201"),
        "P_INCL_DESC": pl.lit("Included"),
        "DOB": pl.col("date_of_birth").dt.strftime("%d/%m/%y"),
        "ENTRYDAT": pl.lit(f"01/09/{(year - 7) % 100:02d}"),
        "EALGRP": pl.when(pl.col("eal")).then(pl.lit("2")).otherwise(pl.lit("1")),
        "FSM": pl.col("fsm").replace_strict(flag),
        "FSM6_P": pl.col("fsm6").replace_strict(flag),
        "NEWMOBILE": pl.col("mobile").replace_strict(flag),
        "ELIGRWM": pl.lit("1"),
        "RWMEXP": expected.replace_strict(flag),
    }
    if "ks1_band" in frame.columns:
        made["KS1GROUP"] = pl.col("ks1_band").replace_strict({"low": "1", "middle": "2", "high": "3"})
        for name, subject in (("READ", "reading"), ("WRIT", "writing"), ("MAT", "mathematics")):
            made[f"IN{name}PROG"] = (
                pl.col(f"{subject}_progress_attainment").is_not_null().replace_strict(flag)
            )
    made |= {name: pl.col(column) for name, column in _DFE_COLUMNS.items() if column in frame.columns}
    ordered = [made.get(name, pl.lit("")).cast(pl.String).alias(name) for name in _DFE_ORDER]
    path = folder / f"{year}_ks2_pupils_dfe.csv"
    frame.select(ordered).write_csv(path)
    return path


def write_national(folder: Path, national: dict[int, pl.DataFrame]) -> Path:
    """National figures of the simulated nation in the shape of an Explore Education Statistics file."""
    rows = []
    for year, frame in national.items():
        if year <= 2015:
            continue
        passed = {
            "Reading": pl.col("reading_outcome") == "AS",
            "Writing": pl.col("writing_assessment").is_in(["EXS", "GDS"]),
            "Maths": pl.col("mathematics_outcome") == "AS",
            "Grammar, punctuation and spelling": pl.col("gps_outcome") == "AS",
        }
        higher = {
            "Reading": pl.col("reading_score").cast(pl.Float64, strict=False).fill_null(0) >= 110,
            "Writing": pl.col("writing_assessment") == "GDS",
            "Maths": pl.col("mathematics_score").cast(pl.Float64, strict=False).fill_null(0) >= 110,
            "Grammar, punctuation and spelling": pl.col("gps_score")
            .cast(pl.Float64, strict=False)
            .fill_null(0)
            >= 110,
        }
        both = "Reading, writing and maths"
        passed[both] = passed["Reading"] & passed["Writing"] & passed["Maths"]
        higher[both] = higher["Reading"] & higher["Writing"] & higher["Maths"]
        for topic, breakdown, member in (
            ("All pupils", "Total", pl.lit(True)),
            ("Sex", "Girls", pl.col("girl")),
            ("Sex", "Boys", ~pl.col("girl")),
            ("Disadvantage status", "Disadvantaged", pl.col("disadvantaged")),
            ("Disadvantage status", "Not known to be disadvantaged", ~pl.col("disadvantaged")),
        ):
            part = frame.filter(member)
            for subject in passed:
                share, top = (part.select(chosen[subject].mean() * 100).item() for chosen in (passed, higher))
                rows.append(
                    {
                        "time_period": f"{year - 1}{year % 100:02d}",
                        "time_identifier": "Academic year",
                        "geographic_level": "National",
                        "country_code": "E92000001",
                        "country_name": "England",
                        "version": "Final",
                        "breakdown_topic": topic,
                        "breakdown": breakdown,
                        "subject": subject,
                        "pupil_count": 10 * part.height,
                        "expected_standard_pupil_percent": round(share, 1),
                        "higher_standard_pupil_percent": round(top, 1),
                    }
                )
    path = folder / "national_ks2.csv"
    pl.DataFrame(rows).write_csv(path)
    return path
