"""Rows of results and published results for tests, with what is not said filled in."""

from __future__ import annotations

from typing import Any

import polars as pl

from headway.figures.figures import results_frame
from headway.figures.intervals import wilson
from headway.figures.tables import TABLES

MEASURE = "ks2_rwm_expected"


def result(organisation: str = "school:1", **more: Any) -> dict[str, Any]:
    """One figure; a numerator and denominator bring the value and its interval."""
    row: dict[str, Any] = {
        "organisation": organisation,
        "year": 2019,
        "years_pooled": 1,
        "measure": MEASURE,
        "group": "all",
        "basis": "pupils",
        "status": "reported",
    } | more
    if row.get("numerator") is not None and row.get("denominator"):
        lower, upper = wilson(row["numerator"], row["denominator"])
        row = {
            "value": 100 * row["numerator"] / row["denominator"],
            "lower": lower,
            "upper": upper,
            "numerator_low": row["numerator"],
            "numerator_high": row["numerator"],
        } | row
    return row


def results(*rows: dict[str, Any]) -> pl.LazyFrame:
    return results_frame(pl.DataFrame(list(rows), infer_schema_length=None))


def published(*rows: dict[str, Any]) -> pl.LazyFrame:
    """Rows of published_results; the status is reported, the dataset DfE's and final unless said."""
    common = {
        "year": 2019,
        "years_pooled": 1,
        "measure": MEASURE,
        "group": "all",
        "dataset": "dfe_performance_tables",
        "release": "final",
        "status": "reported",
        "receipt": "R00001",
    }
    whole = [common | {"row": number} | row for number, row in enumerate(rows, start=2)]
    return TABLES["published_results"].conform(pl.DataFrame(whole, infer_schema_length=None)).lazy()
