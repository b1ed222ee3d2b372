"""The report of a release that a data officer can sign."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from headway.figures.disclosure.knowledge import State
from headway.figures.disclosure.protect import Protector
from headway.figures.disclosure.relations import Relations
from headway.figures.disclosure.rules import Audience, Rule

ASSUMPTIONS = (
    "The reader holds every figure shown in this release, knows this rule and how figures were chosen to be hidden.",
    "The reader knows that groups of one kind add up to all pupils wherever nobody's characteristic is unknown, that "
    "schools add up to their authority, trust or cluster wherever no other school belongs to it, that pupils who met "
    "a standard and those who did not make the cohort, and that pooled years are the sum of the years.",
    "Wherever cohorts of measures of one stage are equal, the reader knows that they are.",
    "The reader may be any one school that adds its own figures, where the rule says so.",
    "While a block of schools is attacked, the reader is taken to know every figure of all other schools.",
    "A mean of whose values the range is known hides its sum at least as well as its cohort; a rounded mean is taken "
    "to be exact.",
)
LIMITS = (
    "Two schools that put their own figures together are not among the attackers.",
    "A difference of a few pupils between a figure of an earlier release and its corrected value is not hidden.",
    "What a reader knows of single pupils from elsewhere is not considered.",
    "A count must keep as many possible values as the rule asks; that some are likelier than others is not measured.",
)


MANY_HEADLINES = 0.15
"""Share of all-pupils figures lost to protect others from which the report says why."""


@dataclass(frozen=True)
class Report:
    """What a decision hides, and whether it holds. Counts are of figures unless they say otherwise.

    `by_group` has rows (measure, group, figures, primary, secondary); `attackers` has, for each, how many
    counts were to be protected; how many have all the values that the rule asks; how many are public, being fixed by
    figures that others have published or that this attacker holds from elsewhere; how many have fewer because
    even hiding everything would leave no more; and how many are unsafe, which must be nought.
    """

    release: str
    audience: str
    rule: str
    rule_source: str
    figures: int
    primary: int
    secondary: int
    by_group: list[dict[str, Any]] = field(default_factory=list)
    by_reason: list[dict[str, Any]] = field(default_factory=list)
    schools: int = 0
    headlines: int = 0
    headlines_lost_primary: int = 0
    headlines_lost_secondary: int = 0
    published_by_others: int = 0
    attackers: list[dict[str, Any]] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)

    @staticmethod
    def whole(release: str, audience: Audience, cells: pl.DataFrame) -> Report:
        """The report for an audience that sees everything."""
        return Report(release, audience.key, "every figure is shown", audience.source, cells.height, 0, 0)

    @property
    def holds(self) -> bool:
        """Whether every count that could be protected has as many possible values as the rule asks."""
        return all(found["unsafe"] == 0 for found in self.attackers)

    @property
    def share_of_headlines_lost_to_secondary(self) -> float | None:
        """Of the schools' figures for all pupils, the share hidden only to protect others; None without any."""
        return self.headlines_lost_secondary / self.headlines if self.headlines else None

    def as_dict(self) -> dict[str, Any]:
        """Everything, for JSON."""
        return asdict(self)

    @staticmethod
    def from_dict(contents: dict[str, Any]) -> Report:
        """The report that `as_dict` gave."""
        return Report(**contents)

    def to_json(self) -> str:
        """The report, with the assumptions, as JSON."""
        extra = {"holds": self.holds, "assumptions": list(ASSUMPTIONS), "limits": list(LIMITS)}
        return json.dumps(self.as_dict() | extra, indent=1, sort_keys=True)

    def to_text(self) -> str:
        """The report as plain text, to be read and signed."""
        hidden = self.primary + self.secondary
        lines = [
            f"Disclosure control: {self.release}, for {self.audience}",
            f"Rule: {self.rule}. Source: {self.rule_source}",
            "",
            f"{self.figures:,} figures; {hidden:,} hidden: {self.primary:,} small, "
            f"{self.secondary:,} to protect them. Both carry one symbol.",
        ]
        if self.published_by_others:
            lines.append(f"{self.published_by_others:,} figures appear as others have published them.")
        if self.headlines:
            lines.append(
                f"All-pupils figures of {self.schools:,} schools: {self.headlines:,}; "
                f"{self.headlines_lost_primary:,} hidden as small, {self.headlines_lost_secondary:,} to protect "
                f"others ({100 * self.headlines_lost_secondary / self.headlines:.1f} %)."
            )
        share = self.share_of_headlines_lost_to_secondary
        if share is not None and share >= MANY_HEADLINES:
            lines.append(
                "That is many. The more kinds of groups are shown of each school, the more of them are small, and the "
                "fewer other figures are left to hide behind: show fewer groups a school, and more for the authority."
            )
        lines += ["", *_table(self.by_group, ("measure", "group", "figures", "primary", "secondary"))]
        lines += ["", *_table(self.by_reason, ("why", "figures"))]
        lines += ["", "Audit: possible values left for each small count"]
        for found in self.attackers:
            lines.append(
                f"  A reader {found['attacker']}: {found['protected']:,} small counts; {found['safe']:,} keep "
                f"as many values as the rule asks; {found['public']:,} are public already; {found['fewer']:,} keep "
                f"fewer because what is known from outside the release or cannot be hidden leaves no more; "
                f"{found['unsafe']:,} unsafe."
            )
        if self.left_out:
            lines += ["", f"Relations that do not hold in the figures, not used ({len(self.left_out):,}):"]
            lines += [f"  {what}" for what in self.left_out[:20]]
        lines += ["", "What the reader is taken to know:", *(f"  {one}" for one in ASSUMPTIONS)]
        lines += ["", "What is not covered:", *(f"  {one}" for one in LIMITS)]
        lines += ["", "Signed: ______________________  Date: ______________"]
        return "\n".join(lines)


def report_of(
    release: str,
    audience: Audience,
    rule: Rule,
    relations: Relations,
    protector: Protector,
    state: State,
    wanted: npt.NDArray[np.bool_],
    cells: pl.DataFrame,
) -> Report:
    """The report on a decided release."""
    secondary = pl.col("hidden") & ~pl.col("primary")
    counts = {"figures": pl.len(), "primary": pl.col("primary").sum(), "secondary": secondary.sum()}
    headlines = cells.filter(pl.col("organisation").str.starts_with("school:") & (pl.col("group") == "all"))
    attackers = []
    for knowledge in state.knowledge[::-1]:
        spread = np.floor((knowledge.most - knowledge.least) / protector.ground.size + 1e-6) + 1
        enough = spread >= rule.possible_values
        safe = wanted & enough
        public = wanted & ~enough & protector.ground.public(knowledge, protector.exempt)
        fewer = wanted & ~enough & ~public & (spread >= knowledge.needed)
        attackers.append(
            {
                "attacker": knowledge.title,
                "protected": int(wanted.sum()),
                "safe": int(safe.sum()),
                "public": int(public.sum()),
                "fewer": int(fewer.sum()),
                "unsafe": int((wanted & ~safe & ~public & ~fewer).sum()),
            }
        )
    for index, knowledge in enumerate(state.knowledge):
        found = protector.insiders(state, index, wanted)
        if rule.schools_know_their_own:
            attackers.append(
                {
                    "attacker": f"{knowledge.title} and is one of the schools whose own figures might tell",
                    "protected": len(found),
                    "safe": sum(one.values >= rule.possible_values for one, _ in found),
                    "public": 0,
                    "fewer": sum(one.values < rule.possible_values and enough for one, enough in found),
                    "unsafe": sum(one.values < rule.possible_values and not enough for one, enough in found),
                }
            )
    return Report(
        release=release,
        audience=audience.key,
        rule=f"{rule.title} (zeros: {rule.zeros}; at least {rule.possible_values} possible values)",
        rule_source=rule.source + ("" if rule.verified else " [unverified]"),
        figures=cells.height,
        primary=int(cells["primary"].sum()),
        secondary=int(cells.select(secondary.sum()).item()),
        by_group=cells.group_by("measure", "group").agg(**counts).sort("measure", "group").to_dicts(),
        by_reason=cells.filter(pl.col("why").is_not_null())
        .group_by("why")
        .agg(figures=pl.len())
        .sort("why")
        .to_dicts(),
        schools=headlines["organisation"].n_unique(),
        headlines=headlines.height,
        headlines_lost_primary=int(headlines["primary"].sum()),
        headlines_lost_secondary=int(headlines.select(secondary.sum()).item()),
        published_by_others=int((cells["why"] == "small, but published by others").sum()),
        attackers=attackers,
        left_out=relations.left_out,
    )


def _table(rows: list[dict[str, Any]], columns: tuple[str, ...]) -> list[str]:
    """Rows as text in columns, numbers to the right."""
    cells = [
        columns,
        *(
            tuple(f"{row[name]:,}" if isinstance(row[name], int) else str(row[name]) for name in columns)
            for row in rows
        ),
    ]
    widths = [max(len(row[at]) for row in cells) for at in range(len(columns))]
    number = [bool(rows) and isinstance(rows[0][name], int) for name in columns]
    return [
        "  ".join(
            text.rjust(width) if right else text.ljust(width)
            for text, width, right in zip(row, widths, number, strict=True)
        ).rstrip()
        for row in cells
    ]
