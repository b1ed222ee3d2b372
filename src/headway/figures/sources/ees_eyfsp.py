"""Explore Education Statistics: early years foundation stage profile, by local authority, region and England.

Since 2013; the profile changed in 2021/22, so figures from 2022 are not comparable with those before. National figures
are of all early years providers.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import polars as pl

from headway.figures.sources import Finding, Reading, Recognition, ees
from headway.figures.sources import published as cells

if TYPE_CHECKING:
    from headway.figures.sources.files import ReceivedFile

NATION = "nation:england"
MEASURES = (
    "eyfsp_good_level_of_development",
    "eyfsp_all_goals",
    "eyfsp_average_points",
    "eyfsp_communication_language_literacy",
    "eyfsp_cohort",
)
"""Every measure key that this source writes."""
_COHORT = "number_of_children"
_PERCENTAGES = {
    "gld": "eyfsp_good_level_of_development",
    "elg": "eyfsp_all_goals",
    "comm_lang_lit": "eyfsp_communication_language_literacy",
}
GROUPS = {
    "total": "all",
    "all pupils": "all",
    "gender female": "girls",
    "gender male": "boys",
    "female": "girls",
    "male": "boys",
    "girls": "girls",
    "boys": "boys",
    "fsm": "fsm",
    "fsm eligible": "fsm",
    "known to be eligible for free school meals": "fsm",
    "sen support": "sen_support",
    "ehc plan": "sen_ehcp",
    "education, health and care plan": "sen_ehcp",
    "no identified sen": "no_sen",
}
"""Characteristics in small letters, and the group that each is."""


def tables(frame: pl.DataFrame) -> tuple[dict[str, pl.DataFrame], list[Finding]]:
    """Published results and places; `frame` has small-letter text columns and `row`."""
    frame, findings = ees.placed(frame, NATION)
    words = ees.first_present(frame.columns, "characteristic", "sex", "gender")
    both = [name for name in ("sex", "gender") if name in frame.columns and name != words]
    one_sex = pl.all_horizontal(
        pl.lit(True), *(cells.text(name).str.to_lowercase() == "total" for name in both)
    )
    group = ees.group_column(frame, words, GROUPS) if words else pl.lit("all")
    frame = frame.with_columns(pl.when(one_sex).then(group).alias("group"))
    left = frame.filter(pl.col("group").is_null())
    if left.height and words:
        listed = left[words].fill_null("(empty)").unique().sort().to_list()
        findings.append(
            Finding(
                "note",
                "breakdowns_not_kept",
                found=f"{left.height} rows of {', '.join(listed[:30])}",
                advice="Headway has no group for those characteristics; their rows were left out.",
                column=words,
            )
        )
    frame = frame.filter(pl.col("group").is_not_null())
    results = (
        cells.figures(frame, meanings(frame.columns), dataset=ees.DATASET, release="unknown")
        .drop("group", "release")
        .join(
            frame.select("row", "group", pl.col("stated_release").alias("release")),
            on="row",
            how="left",
            maintain_order="left",
        )
    )
    results, twice = ees.once_each(results)
    used = {meaning.column for meaning in meanings(frame.columns)} | {
        m.count for m in meanings(frame.columns)
    }
    unused = [
        name
        for name in frame.columns
        if name.endswith(("_percent", "_percentage", "score")) and name not in used
    ]
    return {"published_results": results, "organisations": ees.places(frame)}, [
        *findings,
        *twice,
        *cells.unknown_symbols(results),
        *cells.impossible_values(results, cells.units_of(meanings(frame.columns))),
        *cells.impossible_percentages(results),
        *cells.columns_not_used(unused, "Headway has no measure for them."),
    ]


def meanings(columns: Sequence[str]) -> list[cells.Meaning]:
    """What the columns of a file mean."""
    found = []
    cohort = _COHORT if _COHORT in columns else None
    for stem, measure in _PERCENTAGES.items():
        percent = ees.first_present(columns, f"{stem}_percent", f"{stem}_percentage")
        if percent:
            count = ees.first_present(columns, f"{stem}_number")
            found.append(cells.Meaning(percent, measure, cohort=cohort, count=count))
    if "average_point_score" in columns:
        found.append(cells.Meaning("average_point_score", "eyfsp_average_points", unit="points"))
    if cohort:
        found.append(cells.Meaning(cohort, "eyfsp_cohort", unit="pupils"))
    return found


class FoundationProfile:
    """The source; see the module."""

    key = "ees_eyfsp"
    title = "Explore Education Statistics: early years foundation stage profile"
    expects: Sequence[str] = ("time_period", "geographic_level", "number_of_children", "gld_percent")

    def recognise(self, file: ReceivedFile) -> Recognition | None:
        """By its columns: a good level of development, and children."""
        return ees.recognised(file, self.key, ((_COHORT,), ("gld_percent", "gld_percentage")))

    def read(self, file: ReceivedFile) -> Reading:
        """Results and places; raises Unreadable where no row is of a place that Headway keeps."""
        frame = ees.frame_of(file)
        made, findings = tables(frame)
        ees.needs_rows(file, made["published_results"])
        scope = ees.scope(self.key, file, made["published_results"])
        return Reading(self.key, scope, True, frame.height, dict(made), findings)


source = FoundationProfile()
