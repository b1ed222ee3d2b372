"""The one door through which numbers leave.

Decides, for a release and an audience, which figures are hidden, so that no small count of pupils is
shown or can be worked out from what is.
"""

from __future__ import annotations

import polars as pl

from headway.figures.disclosure.counts import as_counts
from headway.figures.disclosure.decision import Decision, Release, decide, read_decision
from headway.figures.disclosure.parts import decide_in_parts
from headway.figures.disclosure.primary import blank, too_small, without_counts
from headway.figures.disclosure.report import Report
from headway.figures.disclosure.rules import Audience, Rule, Settings, read_settings, settings

__all__ = [
    "Audience",
    "Decision",
    "Release",
    "Report",
    "Rule",
    "Settings",
    "decide",
    "decide_in_parts",
    "hidden_and_why",
    "read_decision",
    "read_settings",
    "settings",
    "suppress",
]


def suppress(
    results: pl.DataFrame, audience: str, *, rule: Rule | None = None, own: str | None = None
) -> pl.DataFrame:
    """Results as the audience may see them by the primary rule alone, each figure looked at by itself.

    `results` has the columns of table `results`. Hidden figures keep their row with status `suppressed`
    and no numbers. `own` is the organisation whose figures the audience may see whole (a school its own).
    Raises ValueError for an unknown audience.
    """
    reader = settings().audience(audience)
    chosen = rule or reader.rule
    if chosen is None:
        return results
    hidden = pl.lit(as_counts(results).select(small=too_small(chosen).is_not_null())["small"])
    others = pl.lit(True)
    if reader.own_whole and own is not None:
        others = pl.col("organisation") != own
    label = pl.when(others).then(without_counts(pl.col("label"))).otherwise("label")
    return blank(results, hidden & others).with_columns(label=label)


def hidden_and_why(results: pl.DataFrame, audience: str, *, rule: Rule | None = None) -> pl.DataFrame:
    """How many figures the primary rule hides from the audience: measure, group, why, figures."""
    chosen = rule or settings().audience(audience).rule
    if chosen is None:
        return pl.DataFrame(
            schema={"measure": pl.String, "group": pl.String, "why": pl.String, "figures": pl.Int64}
        )
    return (
        as_counts(results)
        .with_columns(why=too_small(chosen))
        .filter(pl.col("why").is_not_null())
        .group_by("measure", "group", "why")
        .agg(figures=pl.len().cast(pl.Int64))
        .sort("measure", "group", "why")
    )
