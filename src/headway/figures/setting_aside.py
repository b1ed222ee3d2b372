"""The file of rows that were set aside: the original header and cells, and why, in a last column.

It can be opened in a spreadsheet, mended and loaded again; the columns that begin with `headway_` are then ignored.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

import polars as pl

from headway.figures.reading import ReceivedFile
from headway.figures.reading.received import PROBLEM_COLUMN, SURPLUS_PREFIX
from headway.figures.sources import Finding


def rows_set_aside(file: ReceivedFile, rows: set[int], findings: Sequence[Finding]) -> bytes:
    """CSV (UTF-8 with byte order mark, so that Excel opens it rightly) with those rows of the file, in its order.

    Cells beyond the header stand in `headway_surplus_1`, … until they are moved below a name.
    """
    cells = {rejected.row: list(rejected.cells) for rejected in file.rejected}
    readable = sorted(rows - set(cells))
    if readable:
        wanted = pl.Series(readable, dtype=pl.Int64)
        held = file.rows().filter(pl.col("row").is_in(wanted.implode())).collect()
        cells |= {line[0]: [cell or "" for cell in line[1:]] for line in held.iter_rows()}
    problems = _problems(findings, set(cells))
    width = len(file.header)
    surplus = max((len(line) - width for line in cells.values()), default=0)
    surplus = max(surplus, 0)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow([*file.header, *(f"{SURPLUS_PREFIX}{n + 1}" for n in range(surplus)), PROBLEM_COLUMN])
    for row in sorted(cells):
        line = cells[row] + [""] * (width + surplus - len(cells[row]))
        writer.writerow([*line, f"row {row}: {'; '.join(problems.get(row, ['set aside']))}"])
    return b"\xef\xbb\xbf" + text.getvalue().encode()


def _problems(findings: Sequence[Finding], rows: set[int]) -> dict[int, list[str]]:
    problems: dict[int, list[str]] = {}
    for finding in findings:
        if finding.severity != "error":
            continue
        said = f"{finding.column}: " if finding.column else ""
        said += finding.found + (f" (expected: {finding.expected})" if finding.expected else "")
        for row in finding.rows:
            if row in rows:
                problems.setdefault(row, []).append(said)
    return problems
