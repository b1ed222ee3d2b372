"""DfE's statistical neighbours of local authorities: ten others each, nearest first, with a word for how close.

The workbook has two rows of column numbers above its header, and writes the words in several capitals (Very Close,
Very close). It does not say its date; the list is named by the year in the file's name.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

import polars as pl

from headway.figures.sources import Finding, Reading, Recognition, Unreadable
from headway.figures.sources import published as cells

if TYPE_CHECKING:
    from headway.figures.sources.files import ReceivedFile

KIND = "statistical neighbour"
NEIGHBOURS = 10
CLOSENESS = ("extremely close", "very close", "close", "somewhat close", "not close")
"""The words, nearest first."""
MEASURES: tuple[str, ...] = ()
"""This source writes no measures."""

_DATED = re.compile(
    r"(january|february|march|april|may|june|july|august|september|october|november|december)?[\W_]*(20\d\d)",
    re.IGNORECASE,
)


def closeness_columns(header: Sequence[str]) -> list[str | None]:
    """For SN1 to SN10, the column beside each that says how close: SNP, SNP (2) … or none."""
    found: list[str | None] = []
    for rank in range(1, NEIGHBOURS + 1):
        place = list(header).index(f"SN{rank}") + 1
        beside = header[place] if place < len(header) else ""
        found.append(beside if beside.startswith("SNP") else None)
    return found


def tables(frame: pl.DataFrame, edition: str) -> tuple[dict[str, pl.DataFrame], list[Finding]]:
    """Memberships (an authority and each of its ten neighbours) and authorities, and what was noticed."""
    own = pl.coalesce(
        *(cells.whole_number(name) for name in ("LA num", "LA number") if name in frame.columns)
    )
    frame = frame.with_columns(own.alias("own"))
    # A line such as "Old SNs:" parts today's authorities from those that were abolished: it names neither.
    heading = pl.col("own").is_null() & cells.whole_number("SN1").is_null()
    frame = frame.filter(~heading)
    strangers = frame.filter(~pl.col("own").is_between(200, 999).fill_null(False))
    findings: list[Finding] = []
    if strangers.height:
        findings.append(
            Finding(
                "error",
                "row_of_no_authority",
                found=f"{strangers['LA num'][0]!r}" if "LA num" in strangers.columns else "no number",
                expected="a local authority's three-digit number",
                advice="Mend the row in the set-aside file and load that.",
                rows=tuple(strangers["row"].to_list()),
            )
        )
        frame = frame.filter(pl.col("own").is_between(200, 999))
    header = [name for name in frame.columns if name not in ("row", "own")]
    pairs = pl.concat(
        frame.select(
            pl.format("authority:{}", "own").alias("organisation"),
            pl.when(cells.whole_number(f"SN{rank}").is_between(200, 999))
            .then(pl.format("authority:{}", cells.whole_number(f"SN{rank}")))
            .alias("group"),
            pl.lit(KIND).alias("kind"),
            pl.lit(None, pl.Date).alias("joined"),
            pl.lit(rank, pl.Int64).alias("rank"),
            (cells.text(beside).str.to_lowercase() if beside else pl.lit(None, pl.String)).alias("note"),
            pl.lit(f"dfe_neighbours_{edition}").alias("source"),
            "row",
        )
        for rank, beside in enumerate(closeness_columns(header), start=1)
    )
    lacking = pairs.filter(pl.col("group").is_null())
    if lacking.height:
        findings.append(
            Finding(
                "warning",
                "neighbour_missing",
                found=f"{lacking.height} of {pairs.height} places are empty",
                expected=f"{NEIGHBOURS} neighbours for each authority",
                advice="Nothing was put in their place.",
                rows=tuple(sorted(set(lacking["row"].to_list()))[:20]),
            )
        )
    pairs = pairs.filter(pl.col("group").is_not_null())
    odd = pairs.filter(~pl.col("note").is_in(CLOSENESS) & pl.col("note").is_not_null())
    if odd.height:
        findings.append(
            Finding(
                "warning",
                "unknown_closeness",
                found=", ".join(odd["note"].unique().sort()),
                expected=", ".join(CLOSENESS),
                advice="Kept as it stands.",
                rows=tuple(sorted(set(odd["row"].to_list()))[:20]),
            )
        )
    return {"memberships": pairs.sort("row", "rank")}, findings


def edition_named(name: str) -> str | None:
    """The edition in a file's name: sn_may_2025.xlsx is 2025-05, sn_2025 is 2025."""
    found = _DATED.search(name)
    if not found:
        return None
    if not found[1]:
        return found[2]
    months = [date(2000, month, 1).strftime("%B").lower() for month in range(1, 13)]
    return f"{found[2]}-{months.index(found[1].lower()) + 1:02d}"


class Neighbours:
    """The source; see the module."""

    key = "neighbours"
    title = "DfE statistical neighbours"
    expects: Sequence[str] = ("LA num", "LA Name", *(f"SN{rank}" for rank in range(1, NEIGHBOURS + 1)))

    def recognise(self, file: ReceivedFile) -> Recognition | None:
        """By its columns SN1 to SN10."""
        missing = tuple(name for name in self.expects if name not in file.header)
        if "SN1" not in file.header or not {"LA num", "LA number"} & set(file.header):
            return None
        return Recognition(1 - len(missing) / len(self.expects) / 2, self.key, missing)

    def read(self, file: ReceivedFile) -> Reading:
        """Memberships; raises Unreadable where a neighbour's column is lacking or the edition is not named."""
        lacking = [f"SN{rank}" for rank in range(1, NEIGHBOURS + 1) if f"SN{rank}" not in file.header]
        if lacking:
            raise Unreadable(f"{file.name} has no column {', '.join(lacking)}. Nothing was loaded.")
        edition = edition_named(file.name)
        if edition is None:
            raise Unreadable(
                f"{file.name} does not say when its neighbours were drawn up. Nothing was loaded. Put the month and "
                "year into the file's name, such as sn_may_2025.xlsx, and load it again."
            )
        frame = file.rows().collect()
        made, findings = tables(frame, edition)
        return Reading(self.key, f"neighbours:{edition}", True, frame.height, dict(made), findings)


source = Neighbours()
