"""Findings of a load, kept as rows of the `findings` table."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import polars as pl

from headway.figures.parts import write_parts
from headway.figures.receipts import Part
from headway.figures.tables import TABLES


class Finding(Protocol):
    """What the store reads of a finding (see `headway.figures.sources.Finding`)."""

    @property
    def severity(self) -> str: ...
    @property
    def rule(self) -> str: ...
    @property
    def found(self) -> str: ...
    @property
    def expected(self) -> str: ...
    @property
    def advice(self) -> str: ...
    @property
    def column(self) -> str | None: ...
    @property
    def rows(self) -> tuple[int, ...]: ...


def write_findings(
    folder: Path, receipt: str, scope: str, file_name: str, findings: Sequence[Finding]
) -> list[Part]:
    """Keeps the findings of a load: one row a finding and file row, or one for the whole file."""
    if not findings:
        return []
    columns = {
        "severity": [one.severity for one in findings],
        "rule": [one.rule for one in findings],
        "file_row": [[*one.rows] if one.rows else [None] for one in findings],
        "file_column": [one.column for one in findings],
        "found": [one.found for one in findings],
        "expected": [one.expected for one in findings],
        "advice": [one.advice for one in findings],
    }
    types = {name: TABLES["findings"].schema[name] for name in columns}
    frame = pl.DataFrame(columns, schema={**types, "file_row": pl.List(pl.Int64)}).explode("file_row")
    frame = frame.with_columns(file=pl.lit(file_name), count=pl.lit(1), row=pl.col("file_row"))
    return write_parts(folder, receipt, scope, {"findings": frame}, distinct=True)


def by_severity(findings: Sequence[Finding]) -> dict[str, int]:
    """How many rows the findings of each severity concern; one for a finding on the whole file."""
    counts: dict[str, int] = {}
    for finding in findings:
        counts[finding.severity] = counts.get(finding.severity, 0) + max(1, len(finding.rows))
    return counts
