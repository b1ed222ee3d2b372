"""Explore Education Statistics: pupil absence, by school, local authority, region and England.

Overall, authorised and unauthorised absence are percentages of the sessions that pupils could attend; persistent
absence (10 % of them missed) and severe absence (50 %) are percentages of pupils enrolled. An area's figures are of its
state-funded primary, secondary or special schools, so their measures carry the phase: `absence_overall_primary`;
a term's carry the term. Sessions are not pupils: overall absence has no numerator here.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import polars as pl

from headway.figures.sources import Finding, Reading, Recognition, ees
from headway.figures.sources import published as cells

if TYPE_CHECKING:
    from headway.figures.sources.files import ReceivedFile

NATION = "nation:england-state-funded"
_SESSIONS = ("overall", "authorised", "unauthorised")
_PUPILS = {"persistent": "enrolments_pa_10_exact", "severe": "enrolments_pa_50_exact"}
_PHASES = {
    "total": "",
    "state-funded primary": "_primary",
    "primary": "_primary",
    "state-funded secondary": "_secondary",
    "secondary": "_secondary",
    "special": "_special",
    "state-funded special": "_special",
}
_TERMS = {
    "total": "",
    "academic year": "",
    "six half terms": "",
    "autumn term": "_autumn_term",
    "spring term": "_spring_term",
    "summer term": "_summer_term",
}
MEASURES = (
    *(
        f"absence_{kind}{phase}{term}"
        for kind in _SESSIONS
        for phase in dict.fromkeys(_PHASES.values())
        for term in dict.fromkeys(_TERMS.values())
        if phase or not term  # a term's figures are kept for the schools of a phase
    ),
    *(f"absence_{kind}{phase}" for kind in _PUPILS for phase in dict.fromkeys(_PHASES.values())),
)
"""Every measure key that this source writes."""


def tables(frame: pl.DataFrame) -> tuple[dict[str, pl.DataFrame], list[Finding]]:
    """Published results and places; `frame` has small-letter text columns and `row`."""
    frame, findings = ees.placed(frame, NATION)
    phase = ees.first_present(frame.columns, "education_phase", "school_type")
    term = ees.first_present(frame.columns, "term", "time_identifier")
    school = pl.col("organisation").str.starts_with("school:")
    frame = frame.with_columns(
        # A school is of one phase; its measures do not carry it.
        pl.when(school).then(pl.lit("")).otherwise(_ending(phase, _PHASES)).alias("phase"),
        _ending(term, _TERMS).alias("term_ending"),
    )
    kept = pl.col("phase").is_not_null() & pl.col("term_ending").is_not_null()
    left = frame.filter(~kept)
    if left.height:
        listed = left.select(pl.concat_str(cells.text(name) for name in (phase, term) if name)).to_series()
        findings.append(
            Finding(
                "note",
                "breakdowns_not_kept",
                found=f"{left.height} rows of {', '.join(listed.fill_null('(empty)').unique().sort().to_list()[:30])}",
                advice="Headway keeps primary, secondary and special schools, terms and whole years; the rest was left out.",
                column=phase,
            )
        )
    frame = frame.filter(kept)
    endings = frame.select(
        "row",
        pl.concat_str("phase", "term_ending").alias("ending"),
        pl.col("stated_release").alias("release"),
    )
    results = (
        cells.figures(frame, meanings(frame.columns), dataset=ees.DATASET, release="unknown")
        .drop("release")
        .join(endings, on="row", how="left", maintain_order="left")
        .with_columns(pl.concat_str("measure", "ending").alias("measure"))
        .drop("ending")
    )
    results, others = (
        results.filter(pl.col("measure").is_in(MEASURES)),
        results.filter(~pl.col("measure").is_in(MEASURES)),
    )
    if others.height:
        findings.append(
            Finding(
                "note",
                "measures_not_kept",
                found=f"{others.height} figures of {', '.join(others['measure'].unique().sort())}",
                advice="A term's figures are kept for primary, secondary and special schools of an area only.",
            )
        )
    results, twice = ees.once_each(results)
    used = {meaning.column for meaning in meanings(frame.columns)}
    unused = [name for name in frame.columns if name.startswith(("sess_", "enrolments")) and name not in used]
    return {"published_results": results, "organisations": ees.places(frame)}, [
        *findings,
        *twice,
        *cells.unknown_symbols(results),
        *cells.impossible_values(results, dict.fromkeys(MEASURES, "percent")),
        *cells.impossible_percentages(results),
        *cells.columns_not_used(unused, "Numbers of sessions and reasons for absence are not kept."),
    ]


def _ending(column: str | None, endings: dict[str, str]) -> pl.Expr:
    if column is None:
        return pl.lit("")
    return cells.text(column).str.to_lowercase().replace_strict(endings, default=None, return_dtype=pl.String)


def meanings(columns: Sequence[str]) -> list[cells.Meaning]:
    """What the columns of a file mean."""
    sessions = [
        cells.Meaning(f"sess_{kind}_percent", f"absence_{kind}")
        for kind in _SESSIONS
        if f"sess_{kind}_percent" in columns
    ]
    cohort = ees.first_present(columns, "enrolments")
    pupils = [
        cells.Meaning(
            f"{stem}_percent", f"absence_{kind}", cohort=cohort, count=ees.first_present(columns, stem)
        )
        for kind, stem in _PUPILS.items()
        if f"{stem}_percent" in columns
    ]
    return [*sessions, *pupils]


class Absence:
    """The source; see the module."""

    key = "ees_absence"
    title = "Explore Education Statistics: pupil absence"
    expects: Sequence[str] = ("time_period", "geographic_level", "sess_possible", "sess_overall_percent")

    def recognise(self, file: ReceivedFile) -> Recognition | None:
        """By its columns: overall absence as a percentage of sessions."""
        return ees.recognised(file, self.key, (("sess_overall_percent",),))

    def read(self, file: ReceivedFile) -> Reading:
        """Results and places; raises Unreadable where no row is of a place that Headway keeps."""
        frame = ees.frame_of(file)
        made, findings = tables(frame)
        ees.needs_rows(file, made["published_results"])
        scope = ees.scope(self.key, file, made["published_results"])
        return Reading(self.key, scope, True, frame.height, dict(made), findings)


source = Absence()
