"""The school census figures that DfE publishes with its performance tables: one row a school, national totals last.

The percentages are recomputed by nobody: where the file has the count and the roll, both are kept beside the
percentage as it is printed. Where the count is NA the percentage is printed 0.00 % (independent schools' free school
meals): that zero is no figure, and is not applicable. The file does not say its year.

The national rows (URN `NAT`) are totals of a kind of school, not of all schools, so their measures carry the kind:
`context_eal_primary` and so on.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

import polars as pl

from headway.figures.sources import Finding, Reading, Recognition, Unreadable
from headway.figures.sources import published as cells
from headway.figures.sources.dfe_ks2 import in_capitals
from headway.figures.tables import Status

if TYPE_CHECKING:
    from headway.figures.sources.files import ReceivedFile

DATASET = "census"
MEANINGS = (
    cells.Meaning("NOR", "context_pupils_on_roll", unit="pupils"),
    cells.Meaning("PNORG", "context_girls", cohort="NOR", count="NORG"),
    cells.Meaning("PSENELSE", "context_ehcp", cohort="NOR", count="TSENELSE"),
    cells.Meaning("PSENELK", "context_sen_support", cohort="NOR", count="TSENELK"),
    cells.Meaning("PNUMEAL", "context_eal", cohort="NOR", count="NUMEAL"),
    cells.Meaning("PNUMFSMEVER", "context_fsm6", cohort="NORFSMEVER", count="NUMFSMEVER"),
)
"""What the columns mean. `NUMFSM`, pupils eligible now, has no percentage in the file and gives none here."""
NATIONAL = {"PRI": "primary", "SEC": "secondary", "SPE": "special"}
"""The kind of school of a national row, from its establishment number."""
MEASURES = tuple(
    f"{meaning.measure}{part}"
    for meaning in MEANINGS
    for part in ("", *(f"_{kind}" for kind in NATIONAL.values()))
)
"""Every measure key that this source writes."""
_UNITS = {
    f"{meaning.measure}{part}": meaning.unit
    for meaning in MEANINGS
    for part in ("", *(f"_{kind}" for kind in NATIONAL.values()))
}
_COUNTED = {meaning.column: meaning.count for meaning in MEANINGS if meaning.count}
_NEEDED = ("URN", "LA", "ESTAB", "SCHOOLTYPE", "NOR")


def tables(frame: pl.DataFrame, year: int) -> tuple[dict[str, pl.DataFrame], list[Finding]]:
    """Context figures and schools of a census file, and what was noticed; `frame` has text columns and `row`."""
    frame = in_capitals(frame)
    urn, kind = cells.whole_number("URN"), cells.text("ESTAB").str.to_uppercase()
    national = (cells.text("URN").str.to_uppercase() == "NAT") & kind.is_in(list(NATIONAL))
    frame = frame.with_columns(
        pl.when(urn.is_between(100000, 999999))
        .then(pl.format("school:{}", urn))
        .when(national)
        .then(pl.lit("nation:england"))
        .alias("organisation"),
        pl.when(national)
        .then(kind.replace_strict(NATIONAL, default=None, return_dtype=pl.String))
        .alias("phase"),
        pl.lit(year, pl.Int64).alias("year"),
        # A percentage of a count that is not there says nothing, whatever number is printed.
        *(
            pl.when(cells.number(count).is_null())
            .then(pl.col(count))
            .otherwise(pl.col(percent))
            .alias(percent)
            for percent, count in _COUNTED.items()
            if percent in frame.columns and count in frame.columns
        ),
    )
    findings: list[Finding] = []
    lost = frame.filter(pl.col("organisation").is_null())
    if lost.height:
        findings.append(
            Finding(
                "error",
                "row_of_no_organisation",
                found=f"URN {lost['URN'][0]!r}",
                expected="a six-digit URN, or NAT with PRI, SEC or SPE as its establishment",
                advice="Mend the row in the set-aside file and load that.",
                column="URN",
                rows=tuple(lost["row"].to_list()),
            )
        )
    frame = frame.filter(pl.col("organisation").is_not_null())
    phases = frame.select("row", "phase")
    results = (
        cells.figures(frame, MEANINGS, dataset=DATASET, release="unknown")
        .join(phases, on="row", how="left", maintain_order="left")
        .with_columns(
            pl.concat_str(
                "measure", pl.when(pl.col("phase").is_not_null()).then("_" + pl.col("phase")).fill_null("")
            ).alias("measure")
        )
        .drop("phase")
    )
    results = _zero_per_cent_of_nobody(results)
    used = {*_NEEDED, *(m.column for m in MEANINGS), *(m.cohort for m in MEANINGS), *_COUNTED.values()}
    columns = [name for name in frame.columns if name not in ("row", "organisation", "phase", "year")]
    findings += [
        *cells.unknown_symbols(results),
        *cells.impossible_values(results, _UNITS),
        *cells.columns_not_used(
            [name for name in columns if name not in used],
            "They follow from the others, or have no percentage.",
        ),
    ]
    return {"published_results": results, "organisations": _schools(frame, year)}, findings


def _zero_per_cent_of_nobody(results: pl.DataFrame) -> pl.DataFrame:
    """A percentage of a roll of no pupils has no meaning."""
    nobody = (pl.col("denominator") == 0) & (pl.col("status") == Status.REPORTED.value)
    emptied = ("value", "rounded_to", "numerator")
    return results.with_columns(
        pl.when(nobody).then(pl.lit(Status.NOT_APPLICABLE.value)).otherwise("status").alias("status"),
        *(pl.when(~nobody.fill_null(False)).then(name).alias(name) for name in emptied),
    )


def _schools(frame: pl.DataFrame, year: int) -> pl.DataFrame:
    authority = cells.whole_number("LA").cast(pl.String)
    establishment = cells.whole_number("ESTAB").cast(pl.String).str.zfill(4)
    return frame.filter(pl.col("organisation") != "nation:england").select(
        "organisation",
        "row",
        pl.lit("census").alias("register"),
        pl.lit(date(year, 1, 31)).alias("as_at"),  # the spring census is taken in January
        pl.lit("school").alias("kind"),
        authority.alias("authority"),
        establishment.alias("establishment_number"),
        (authority + establishment).alias("laestab"),
        cells.text("SCHOOLTYPE").alias("type"),
        cells.whole_number("NOR").alias("pupils"),
    )


class Census:
    """The source; see the module."""

    key = "census"
    title = "School census figures with the performance tables"
    expects: Sequence[str] = ("URN", "LA", "ESTAB", "SCHOOLTYPE", "NOR", "TSENELK", "NUMEAL", "NUMFSMEVER")

    def recognise(self, file: ReceivedFile) -> Recognition | None:
        """By its columns: URN, the roll and the counts of pupils with English as an additional language."""
        here = {name.upper() for name in file.header}
        if not {"URN", "NOR"} <= here or not {"NUMEAL", "TSENELK", "NUMFSMEVER"} & here:
            return None
        missing = tuple(name for name in self.expects if name not in here)
        return Recognition(1 - len(missing) / len(self.expects) / 2, self.key, missing)

    def read(self, file: ReceivedFile) -> Reading:
        """Context figures and schools; raises Unreadable where columns are lacking or the year is not named."""
        here = {name.upper() for name in file.header}
        lacking = [name for name in _NEEDED if name not in here]
        if lacking:
            raise Unreadable(
                f"{file.name} looks like school census figures, but has no column {', '.join(lacking)}. "
                "Nothing was loaded. Use the file as DfE publishes it, or describe yours in a mapping file."
            )
        year = cells.year_named(file.name, file.path.parent.name)
        if year is None:
            raise cells.year_missing(file.name)
        frame = file.rows().collect()
        made, findings = tables(frame, year)
        findings.append(
            Finding(
                "warning",
                "year_from_the_name",
                found=f"the file's name says {year}",
                advice="Census files do not say their year. If it is wrong, undo this load and rename the file.",
            )
        )
        codes = made["organisations"]["authority"].to_list()
        scope = f"census:{year}:{cells.scope_of_authorities(codes)}"
        return Reading(self.key, scope, True, frame.height, dict(made), findings)


source = Census()
