"""Explore Education Statistics: key stage 2 attainment by school, local authority, region and England.

Three kinds of file, all recognised here:

* attainment: a row a place, subject and breakdown (`breakdown_topic`, `breakdown`, `subject`);
* pupil characteristics: the same with a column each for sex, disadvantage, first language …, of which all but one are
  Total in the rows that are kept;
* information: a row a place with the sizes of the cohort's groups, in the column names of the performance tables.

National means all state-funded schools, unless `establishment_type_group` says all schools.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import polars as pl

from headway.figures.sources import Finding, Reading, Recognition, ees
from headway.figures.sources import ks2_columns as ks2
from headway.figures.sources import published as cells
from headway.figures.sources.dfe_ks2 import MEASURES as PERFORMANCE_TABLE_MEASURES

if TYPE_CHECKING:
    from headway.figures.sources.files import ReceivedFile

MEASURES = PERFORMANCE_TABLE_MEASURES
NATION = "nation:england-state-funded"
SUBJECTS = {
    "reading, writing and maths": "rwm",
    "reading": "reading",
    "writing": "writing",
    "maths": "mathematics",
    "mathematics": "mathematics",
    "grammar, punctuation and spelling": "gps",
    "science": "science",
}
_FIELDS: tuple[tuple[str, str, cells.Field, str], ...] = (
    ("expected_standard_pupil_percent", "expected", "value", "percent"),
    ("higher_standard_pupil_percent", "higher", "value", "percent"),
    ("average_scaled_score", "average", "value", "scaled score"),
    ("progress_measure_score", "progress", "value", "progress points"),
    ("progress_measure_lower_conf_interval", "progress", "lower", "progress points"),
    ("progress_measure_upper_conf_interval", "progress", "upper", "progress points"),
    ("progress_measure_description", "progress", "description", "progress points"),
    ("progress_measure_unadjusted", "progress_unadjusted", "value", "progress points"),
    ("absent_or_not_able_to_access_percent", "not_tested", "value", "percent"),
    ("working_towards_expected_standard_pupil_percent", "working_towards", "value", "percent"),
    ("absent_or_disapplied_percent", "absent_or_disapplied", "value", "percent"),
)
_COUNTS = {"expected": "expected_standard_pupil_count", "higher": "higher_standard_pupil_count"}
_COHORT = "eligible_pupil_count"
GROUPS = {
    "total": "all",
    "all pupils": "all",
    "3 year average": "all",
    "boys": "boys",
    "girls": "girls",
    "male": "boys",
    "female": "girls",
    "disadvantaged": "disadvantaged",
    "not known to be disadvantaged": "other",
    "disadvantaged all other": "other",
    "not disadvantaged": "other",
    "known or believed to be other than english": "eal",
    "known or believed to be english": "not_eal",
    "non mobile": "not_mobile",
    "non-mobile": "not_mobile",
    "fsm eligible": "fsm",
    "known to be eligible for free school meals": "fsm",
    "education, health and care plan": "sen_ehcp",
    "ehc plan": "sen_ehcp",
    "sen support": "sen_support",
    "no identified sen": "no_sen",
    "no sen": "no_sen",
}
"""Breakdowns in small letters, and the group that each is."""
CHARACTERISTICS = (
    "sex",
    "disadvantage_status",
    "fsm_status",
    "first_language",
    "sen_provision",
    "sen_primary_need",
    "ethnicity_major",
    "ethnicity_minor",
    "month_of_birth",
)
"""Columns of the characteristics file; a row is kept where at most one of them is not Total."""


def attainment(frame: pl.DataFrame) -> tuple[dict[str, pl.DataFrame], list[Finding]]:
    """Published results and places of a tidy file with a `subject`; `frame` has small-letter text columns and `row`."""
    frame, findings = ees.placed(frame, NATION)
    topic = cells.text("breakdown") if "breakdown" in frame.columns else _only_characteristic(frame.columns)
    words = topic.str.to_lowercase()
    pooled = words == "3 year average"
    frame = frame.with_columns(
        topic.alias("words"),
        words.replace_strict(GROUPS, default=None, return_dtype=pl.String).alias("group"),
        pl.when(pooled).then(3).otherwise(1).cast(pl.Int64).alias("years_pooled"),
        cells.text("subject")
        .str.to_lowercase()
        .replace_strict(SUBJECTS, default=None, return_dtype=pl.String)
        .alias("of"),
    )
    findings += _left_out(frame)
    frame = frame.filter(pl.col("group").is_not_null() & pl.col("of").is_not_null())
    parts = [
        cells.figures(part, _meanings(str(subject), part.columns), dataset=ees.DATASET, release="unknown")
        for (subject,), part in frame.group_by("of", maintain_order=True)
    ]
    results = pl.concat(parts) if parts else cells.figures(frame, (), dataset=ees.DATASET, release="unknown")
    side = frame.select("row", "group", "years_pooled", pl.col("stated_release").alias("release"))
    results = (
        results.drop("group", "years_pooled", "release")
        .join(side, on="row", how="left", maintain_order="left")
        .with_columns(_band())
    )
    results, twice = ees.once_each(results)
    return {"published_results": results, "organisations": ees.places(frame)}, [
        *findings,
        *twice,
        *cells.unknown_symbols(results),
        *cells.impossible_values(results, _units()),
        *cells.impossible_percentages(results),
    ]


def information(frame: pl.DataFrame) -> tuple[dict[str, pl.DataFrame], list[Finding]]:
    """Sizes of cohorts and their groups, from the file that goes with the attainment file."""
    frame, findings = ees.placed(frame, NATION)
    upper = {
        name: name.upper() for name in frame.columns if name not in _OWN
    }  # names are in small letters here
    sized = frame.rename(upper)
    meanings = [meaning for meaning in ks2.meanings(list(upper.values())) if meaning.column in sized.columns]
    results = cells.figures(sized, meanings, dataset=ees.DATASET, release="unknown")
    stated = frame.select("row", pl.col("stated_release").alias("release"))
    results = (
        results.drop("release")
        .join(stated, on="row", how="left", maintain_order="left")
        .with_columns(_band())
    )
    results, twice = ees.once_each(results)
    return {"published_results": results, "organisations": ees.places(frame)}, [
        *findings,
        *twice,
        *cells.unknown_symbols(results),
        *cells.impossible_values(results, cells.units_of(meanings)),
    ]


_OWN = ("row", "organisation", "year", "stated_release")


def _band() -> pl.Expr:
    band = pl.col("description").str.to_lowercase()
    return (
        pl.when(~band.str.to_uppercase().is_in(list(cells.SYMBOLS)))
        .then(band.replace(ks2.BANDS))
        .alias("description")
    )


def _meanings(subject: str, columns: Sequence[str]) -> list[cells.Meaning]:
    return [
        cells.Meaning(
            column,
            measure,
            field=field,
            unit=unit,
            cohort=_COHORT if part in _COUNTS and _COHORT in columns else None,
            count=_COUNTS[part] if part in _COUNTS and _COUNTS[part] in columns else None,
        )
        for column, part, field, unit in _FIELDS
        if column in columns and (measure := f"ks2_{subject}_{part}") in MEASURES
    ]


def _units() -> dict[str, str]:
    return {f"ks2_{subject}_{part}": unit for subject in SUBJECTS.values() for _, part, _, unit in _FIELDS}


def _only_characteristic(columns: Sequence[str]) -> pl.Expr:
    """The one characteristic that is not Total, Total where all are, `several` where more than one is not."""
    present = [name for name in CHARACTERISTICS if name in columns]
    if not present:
        return pl.lit("Total")
    told = [
        pl.when(cells.text(name).str.to_lowercase() != "total").then(cells.text(name)) for name in present
    ]
    many = pl.sum_horizontal(one.is_not_null().cast(pl.Int64) for one in told)
    return (
        pl.when(many > 1)
        .then(pl.lit("several characteristics"))
        .otherwise(pl.coalesce(*told, pl.lit("Total")))
    )


def _left_out(frame: pl.DataFrame) -> list[Finding]:
    left = frame.filter(pl.col("group").is_null() | pl.col("of").is_null())
    if left.is_empty():
        return []
    names = left.select(pl.coalesce(pl.when(pl.col("group").is_null()).then("words"), "subject")).to_series()
    listed = names.fill_null("(empty)").unique().sort().to_list()
    return [
        Finding(
            "note",
            "breakdowns_not_kept",
            found=f"{left.height} rows of {', '.join(listed[:30])}",
            advice="Headway has no group for those breakdowns; their rows were left out.",
            column="breakdown",
        )
    ]


class KeyStage2Statistics:
    """The source; see the module."""

    key = "ees_ks2"
    title = "Explore Education Statistics: key stage 2 attainment"
    expects: Sequence[str] = ("time_period", "geographic_level", "subject", "expected_standard_pupil_percent")

    def recognise(self, file: ReceivedFile) -> Recognition | None:
        """By its columns: subject and the expected standard, or the sizes of cohorts."""
        telling = (("subject",), ("expected_standard_pupil_percent", "average_scaled_score"))
        return ees.recognised(file, self.key, telling) or ees.recognised(file, self.key, (("telig",), _SIZES))

    def read(self, file: ReceivedFile) -> Reading:
        """Results and places; raises Unreadable where no row is of a place that Headway keeps."""
        frame = ees.frame_of(file)
        about = attainment if "subject" in frame.columns else information
        made, findings = about(frame)
        ees.needs_rows(file, made["published_results"])
        scope = ees.scope(self.key, file, made["published_results"])
        return Reading(self.key, scope, True, frame.height, dict(made), findings)


_SIZES = ("belig", "gelig", "tfsm6cla1a", "tealgrp2", "tmobn", "psenelk")

source = KeyStage2Statistics()
