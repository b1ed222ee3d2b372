"""DfE's key stage 2 tables of multi-academy trusts: one row a trust.

Figures are of the academies eligible for trust measures (`…_MATPTINC`), not of all in the trust (`…_INMAT`). The
percentages are averages that DfE weighted; on the 77 trusts with fewer than 100 pupils in the tables of 2024 and 2025
all but one are percentages that whole pupils can give, but DfE does not say that the weights are pupils, so no
numerator is inferred.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import polars as pl

from headway.figures.sources import Finding, Reading, Recognition, Unreadable
from headway.figures.sources import published as cells

if TYPE_CHECKING:
    from headway.figures.sources.files import ReceivedFile

DATASET = "dfe_performance_tables"
MEANINGS = (
    cells.Meaning("PRWM_EXP_WGTAVG", "ks2_rwm_expected", cohort="TELIG_MATPTINC"),
    cells.Meaning("PRWM_EXP_WGTAVG_FSM6CLA1A", "ks2_rwm_expected", "disadvantaged"),
    cells.Meaning("PRWM_EXP_WGTAVG_NOTFSM6CLA1A", "ks2_rwm_expected", "other"),
    cells.Meaning("TELIG_MATPTINC", "ks2_cohort", unit="pupils"),
    cells.Meaning("PFSM6CLA1A_MATPTINC", "ks2_cohort_share", "disadvantaged", cohort="TELIG_MATPTINC"),
    cells.Meaning("PNOTFSM6CLA1A_MATPTINC", "ks2_cohort_share", "other", cohort="TELIG_MATPTINC"),
    cells.Meaning("PEALGRP2_MATPTINC", "ks2_cohort_share", "eal", cohort="TELIG_MATPTINC"),
)
MEASURES = tuple(sorted({meaning.measure for meaning in MEANINGS}))
"""Every measure key that this source writes."""
_REGISTER_COLUMNS = ("TIME_PERIOD", "TRUST_NAME", "TRUST_UID", "TRUST_UKPRN", "TRUST_LEADREGION")


def tables(frame: pl.DataFrame, release: str) -> tuple[dict[str, pl.DataFrame], list[Finding]]:
    """Published results, trusts, and what was noticed.

    `frame` has the file's columns as text and `row`.
    """
    uid, year = cells.whole_number("TRUST_UID"), _year()
    frame = frame.with_columns(
        pl.when(uid > 0).then(pl.format("trust:{}", uid)).alias("organisation"), year.alias("year")
    )
    lost = frame.filter(pl.col("organisation").is_null() | pl.col("year").is_null())
    findings: list[Finding] = []
    if lost.height:
        first = lost.row(0, named=True)
        findings.append(
            Finding(
                "error",
                "row_of_no_organisation",
                found=f"TRUST_UID {first['TRUST_UID']!r}, TIME_PERIOD {first['TIME_PERIOD']!r}",
                expected="the trust's number and an academic year such as 202425",
                advice="Mend the row in the set-aside file and load that.",
                column="TRUST_UID",
                rows=tuple(lost["row"].to_list()),
            )
        )
    frame = frame.filter(pl.col("organisation").is_not_null() & pl.col("year").is_not_null())
    results = cells.figures(frame, MEANINGS, dataset=DATASET, release=release).with_columns(
        pl.when(pl.col("measure") != "ks2_rwm_expected").then(pl.col("numerator")).alias("numerator")
    )
    used = {meaning.column for meaning in MEANINGS} | set(_REGISTER_COLUMNS)
    columns = [name for name in frame.columns if name not in ("row", "organisation", "year")]
    findings += [
        *cells.unknown_symbols(results),
        *cells.impossible_values(results, cells.units_of(MEANINGS)),
        *cells.columns_not_used(
            [name for name in columns if name not in used],
            "Numbers of academies by kind, figures of academies outside the trust measures, and the trusts' schools, "
            "whose dates the table does not give: load groups from Get Information About Schools.",
        ),
    ]
    return {
        "published_results": results,
        "organisations": _trusts(frame),
    }, findings


def _year() -> pl.Expr:
    period = cells.text("TIME_PERIOD").str.extract(r"^(20\d\d)\d\d$", 1)
    return (period.cast(pl.Int64) + 1).alias("year")


def _trusts(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.select(
        "organisation",
        "row",
        pl.lit("performance_tables").alias("register"),
        pl.date(pl.col("year"), 8, 31).alias("as_at"),
        pl.lit("trust").alias("kind"),
        cells.text("TRUST_NAME").alias("name"),
        cells.whole_number("TRUST_UKPRN").cast(pl.String).alias("ukprn"),
        cells.text("TRUST_LEADREGION").alias("region"),
    )


class TrustTables:
    """The source; see the module."""

    key = "dfe_trusts"
    title = "DfE key stage 2 multi-academy trust tables (2023/24 onwards)"
    expects: Sequence[str] = ("TIME_PERIOD", "TRUST_UID", "TRUST_NAME", "TELIG_MATPTINC", "PRWM_EXP_WGTAVG")

    def recognise(self, file: ReceivedFile) -> Recognition | None:
        """By its columns: a trust's number and the weighted expected standard."""
        missing = tuple(name for name in self.expects if name not in file.header)
        if "TRUST_UID" not in file.header or "PRWM_EXP_WGTAVG" not in file.header:
            return None
        return Recognition(1 - len(missing) / len(self.expects) / 2, self.key, missing)

    def read(self, file: ReceivedFile) -> Reading:
        """Results and trusts; raises Unreadable where columns are lacking or no row has a year."""
        wanted = (*self.expects, "TRUST_UKPRN", "TRUST_LEADREGION")
        lacking = [name for name in wanted if name not in file.header]
        if lacking:
            raise Unreadable(
                f"{file.name} looks like a trust table, but has no column {', '.join(lacking)}. Nothing was loaded."
            )
        frame = file.rows().collect()
        made, findings = tables(frame, cells.release_named(file.name))
        years = made["published_results"]["year"].unique().sort().to_list()
        if not years:
            raise Unreadable(f"{file.name} has no row with a trust's number and a year. Nothing was loaded.")
        scope = f"dfe_trusts:{'+'.join(map(str, years))}"
        return Reading(self.key, scope, True, frame.height, dict(made), findings)


source = TrustTables()
