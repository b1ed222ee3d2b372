"""One decision for a release and an audience: what is hidden, why, and that it holds."""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from functools import reduce
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from headway.figures.disclosure.counts import as_counts
from headway.figures.disclosure.gathering import relate
from headway.figures.disclosure.knowledge import State, looser
from headway.figures.disclosure.primary import blank, too_small, without_counts
from headway.figures.disclosure.protect import Progress, Protector
from headway.figures.disclosure.relations import Relations, reported
from headway.figures.disclosure.report import Report, report_of
from headway.figures.disclosure.rules import Rule, Settings, settings
from headway.figures.tables import FIGURE_KEY, Status

Flags = npt.NDArray[np.bool_]
_KEY = list(FIGURE_KEY)
_PUBLIC_KEY = [name for name in FIGURE_KEY if name != "basis"]

CELLS = {
    "organisation": pl.String,
    "year": pl.Int64,
    "years_pooled": pl.Int64,
    "measure": pl.String,
    "group": pl.String,
    "basis": pl.String,
    "hidden": pl.Boolean,
    "primary": pl.Boolean,
    "why": pl.String,
    "numerator": pl.Int64,
    "denominator": pl.Int64,
}
"""A decided figure. Restricted: it holds the counts that are hidden, so that a later release can be compared."""


@dataclass(frozen=True)
class Release:
    """Everything that is published together, made before anything is shown.

    `results` has the columns of table `results`: all measures, groups, organisations and years of the release,
    pooled years and totals included. `memberships` has organisation and group: which schools lie in which
    authority, trust or cluster that the release shows. `earlier` are decisions whose figures the audience
    already holds (the last release, or that of another audience). `published` are figures that somebody else
    (DfE) has published: columns organisation, year, years_pooled, measure, group and, optionally, `part`,
    which is "figure" or "cohort" where only the number of pupils is known, and `basis`, where only the figure of
    that basis is theirs. They appear as published, and the attackers are taken to hold them. `memberships` may
    have `year`, for schools that moved; without it, or where it is null, a membership holds for every year.
    """

    name: str
    results: pl.DataFrame
    memberships: pl.DataFrame = field(
        default_factory=lambda: pl.DataFrame(schema={"organisation": pl.String, "group": pl.String})
    )
    earlier: tuple[Decision, ...] = ()
    published: pl.DataFrame | None = None


@dataclass(frozen=True)
class Decision:
    """What a release shows to an audience. `cells` has the columns of `CELLS`, one row a figure."""

    release: str
    audience: str
    rule: Rule | None
    own_whole: bool
    cells: pl.DataFrame
    report: Report

    @property
    def hidden(self) -> pl.DataFrame:
        """The keys of the hidden figures."""
        return self.cells.filter("hidden").select(_KEY)

    def apply(self, frame: pl.DataFrame, *, own: str | Collection[str] | None = None) -> pl.DataFrame:
        """Results, comparisons or estimates as the audience may see them.

        `own` is the organisation of a reader who sees its own figures whole, where the audience allows that; of
        several, each row is given as its own organisation sees it.
        A comparison goes when either side of it is hidden; that of one's own figure when the authority's is.
        A reported figure that the decision does not know is hidden too: nothing is shown on which nothing was decided.
        """
        if self.rule is None:
            return frame
        hidden = self._hides(frame)
        others = pl.Series([True] * frame.height, dtype=pl.Boolean)
        if self.own_whole and own is not None:
            mine = [own] if isinstance(own, str) else list(own)
            others = ~frame["organisation"].is_in(mine)
            hidden = hidden & others
        if "comparator" in frame.columns:
            # Nobody's own: the authority has other schools' pupils too.
            of_others = others | (frame["comparator"] == "authority")
            hidden = hidden | (self._hides_comparator(frame) & of_others)
        if "label" in frame.columns:
            label = pl.when(pl.lit(others)).then(without_counts(pl.col("label"))).otherwise("label")
            frame = frame.with_columns(label=label)
        if "status" in frame.columns:
            return blank(frame, pl.lit(hidden))
        return _blank_numbers(frame, hidden)

    def _hides(self, frame: pl.DataFrame) -> pl.Series:
        """Whether each row's figure is hidden, or was never decided though it has a count."""
        key = [name for name in _KEY if name in frame.columns]
        decided = self.cells.group_by(key).agg(pl.col("hidden").any())
        found = frame.select(key).join(decided, on=key, how="left", maintain_order="left")["hidden"]
        counted = pl.Series([True] * frame.height, dtype=pl.Boolean)
        if "denominator" in frame.columns:
            cohort = as_counts(frame)["denominator"]
            counted = cohort.is_not_null() & (frame["status"] == Status.REPORTED.value)
        return found.fill_null(True) & counted

    def _hides_comparator(self, frame: pl.DataFrame) -> pl.Series:
        """Whether the figure that a row is compared with is hidden, or one on which nothing was decided.

        What the nation is taken for is published by others.
        """
        hidden = {key[:5] for key in self.hidden.rows()}
        decided = set(self.cells.select(_PUBLIC_KEY).rows())
        authorities = {key[1:] for key in decided - hidden if key[0].startswith("authority:")}
        hidden_authorities = {key[1:] for key in hidden if key[0].startswith("authority:")}
        dimensions, dimension_of = settings().dimensions, settings().dimension_of

        def is_hidden(
            organisation: str, year: int, pooled: int, measure: str, group: str, comparator: str
        ) -> bool:
            if comparator == "other":
                others = dimensions.get(dimension_of.get(group, ""), ())
                return any((organisation, year, pooled, measure, one) in hidden for one in others)
            if comparator == "previous_year":
                before = (organisation, year - 1, pooled, measure, group)
                return before in hidden or before not in decided
            at = (year, pooled, measure, group)
            return comparator == "authority" and (at in hidden_authorities or at not in authorities)

        rows = frame.select("organisation", "year", "years_pooled", "measure", "group", "comparator").rows()
        return pl.Series([is_hidden(*row) for row in rows], dtype=pl.Boolean)

    def save(self, folder: Path) -> Path:
        """Write the decision into `folder`: the decided cells and the report, whole or not at all.

        Returns the path of the cells; the report lies beside it as JSON. Both are restricted.
        """
        folder.mkdir(parents=True, exist_ok=True)
        stem = folder / f"{_file_name(self.release)}.{self.audience}"
        about = {
            "release": self.release,
            "audience": self.audience,
            "rule": None if self.rule is None else self.rule.__dict__,
            "own_whole": self.own_whole,
            "report": self.report.as_dict(),
        }
        cells, notes = stem.with_name(f"{stem.name}.parquet"), stem.with_name(f"{stem.name}.json")
        # The cells last: whoever finds them finds the notes as well.
        for path in (notes, cells):
            unfinished = path.with_name(f"{path.name}.unfinished")
            if path is cells:
                self.cells.write_parquet(unfinished)
            else:
                unfinished.write_text(json.dumps(about, indent=1, sort_keys=True), encoding="utf-8")
            os.replace(unfinished, path)
        return cells


def read_decision(path: Path) -> Decision:
    """The decision whose cells were saved at `path`. Raises ValueError where that is none."""
    notes = path.with_suffix(".json")
    try:
        about = json.loads(notes.read_text(encoding="utf-8"))
        cells = pl.read_parquet(path)
        if dict(cells.schema) != CELLS:
            raise ValueError(f"its columns are {', '.join(cells.columns)}")
        return Decision(
            about["release"],
            about["audience"],
            None if about["rule"] is None else Rule(**about["rule"]),
            about["own_whole"],
            cells,
            Report.from_dict(about["report"]),
        )
    except (OSError, ValueError, KeyError, TypeError, pl.exceptions.PolarsError) as trouble:
        raise ValueError(
            f"{path.name} is not a disclosure decision of Headway: {trouble}; decide the release again"
        ) from trouble


def decide(
    release: Release,
    audience: str,
    rule: Rule | None = None,
    *,
    using: Settings | None = None,
    progress: Progress | None = None,
) -> Decision:
    """What of the release the audience may see, so that nothing small can be worked out.

    `rule` overrides the audience's own (to ask what another would hide). `progress` is told how much is done
    (0 to 1) and what. The same release gives the same decision, whatever the order of its rows.
    Raises ValueError for an unknown audience.
    """
    chosen = using or settings()
    reader = chosen.audience(audience)
    rule = rule or reader.rule
    if rule is None:
        cells = _cells(reported(release.results), None, None, None)
        return Decision(
            release.name, audience, None, reader.own_whole, cells, Report.whole(release.name, reader, cells)
        )
    tell = progress or (lambda share, what: None)
    tell(0.0, "gathering what can be added up")
    relations = relate(release.results, release.memberships, chosen)
    exempt = _published(relations, release.published)
    weights = _weights(relations, chosen)
    protector = Protector(relations, weights, exempt)
    steps = _Steps(protector, relations, [one.smallest_count for one in chosen.rules.values()], tell)
    start = protector.start(_attackers(relations, release))
    state, wanted = steps.reach(rule, start)
    reasons = relations.figures.select(why=too_small(rule))["why"]
    cells = _cells(relations.figures, state.shown, reasons, exempt)
    report = report_of(release.name, reader, rule, relations, protector, state, wanted, cells)
    tell(1.0, "decided")
    return Decision(release.name, audience, rule, reader.own_whole, cells, report)


class _Steps:
    """Goes from the loosest rule to the one wanted, each starting from all that looser ones hide."""

    def __init__(
        self, protector: Protector, relations: Relations, smallest_counts: Sequence[int], tell: Progress
    ) -> None:
        self.protector = protector
        self.relations = relations
        self.smallest_counts = smallest_counts
        self.tell = tell
        self.known: dict[tuple[int, str], tuple[State, Flags]] = {}

    def reach(self, rule: Rule, start: State) -> tuple[State, Flags]:
        key = (rule.smallest_count, rule.zeros)
        if key not in self.known:
            before = [self.reach(one, start)[0] for one in looser(rule, self.smallest_counts)]
            state = reduce(State.join, before, start).copy()
            small = self.relations.figures.select(small=too_small(rule).is_not_null())["small"]
            hidden = np.flatnonzero(small.to_numpy())
            wanted = self.protector.protect(state, rule, hidden, self.tell)
            self.known[key] = state, wanted
        return self.known[key]


def _weights(relations: Relations, chosen: Settings) -> npt.NDArray[np.float64]:
    """What it costs to hide each figure: its group and kind of organisation, then its size, then its place."""
    rows = relations.figures.select("organisation", "group", "denominator").rows()
    kinds = np.array([chosen.weight(name.split(":")[0], group) for name, group, _ in rows])
    sizes = np.log10(1.0 + np.array([pupils for _, _, pupils in rows], dtype=np.float64))
    return kinds * (1.0 + 0.1 * sizes)


def _published(relations: Relations, published: pl.DataFrame | None) -> Flags:
    """The figures that somebody else has published whole."""
    if published is None:
        return np.zeros(relations.figures.height, dtype=np.bool_)
    if "part" in published.columns:
        published = published.filter(pl.col("part") == "figure")
    key = _KEY if "basis" in published.columns else _PUBLIC_KEY
    known = published.select(key).unique().with_columns(known=pl.lit(True))
    found = relations.figures.join(known, on=key, how="left", maintain_order="left")["known"]
    return found.fill_null(False).to_numpy()


def _attackers(relations: Relations, release: Release) -> list[tuple[str, Flags]]:
    """What attackers hold beside the release, the one who knows most first.

    Each is the release's reader with nothing else; with what others have published; with the earlier
    releases where these agree with this one; and with the earlier releases and each correction since.
    """
    nothing = np.zeros(len(relations.truth), dtype=np.bool_)
    attackers = [("who holds this release alone", nothing)]
    outside = nothing.copy()
    if release.published is not None and release.published.height:
        cohorts_only = pl.col("part") == "cohort" if "part" in release.published.columns else pl.lit(False)
        keys = release.published.select(*_PUBLIC_KEY, cohorts_only.alias("cohort_only")).rows()
        _hold(relations, outside, {key[:5]: key[5] for key in sorted(keys, reverse=True)})
        attackers.append(("who also holds what others have published", outside))
    if release.earlier:
        seen = pl.concat([decision.cells for decision in release.earlier]).filter(~pl.col("hidden"))
        compared = seen.join(relations.figures, on=_PUBLIC_KEY, how="inner", suffix="_now").with_columns(
            same=pl.col("numerator").eq_missing(pl.col("numerator_now"))
            & pl.col("denominator").eq_missing(pl.col("denominator_now"))
        )
        unchanged = outside.copy()
        _hold(relations, unchanged, dict.fromkeys(compared.filter("same").select(_PUBLIC_KEY).rows(), False))
        attackers.append(("who also holds the earlier releases", unchanged))
        corrected = unchanged.copy()
        _hold(relations, corrected, dict.fromkeys(seen.select(_PUBLIC_KEY).rows(), False))
        attackers.append(("who also knows every correction since", corrected))
    return attackers[::-1]


def _hold(relations: Relations, held: Flags, keys: dict[tuple[object, ...], bool]) -> None:
    """Mark the variables of these figures as known; only the cohort where the flag is true."""
    for figure, key in enumerate(relations.figures.select(_PUBLIC_KEY).rows()):
        if key in keys:
            variables = relations.reveals[figure]
            held[list(variables[:1] if keys[key] else variables)] = True


def _cells(
    figures: pl.DataFrame, shown: Flags | None, reasons: pl.Series | None, exempt: Flags | None
) -> pl.DataFrame:
    """The decided figures, with why each hidden one is hidden."""
    if shown is None or reasons is None or exempt is None:
        return figures.select(
            *_KEY,
            hidden=pl.lit(False),
            primary=pl.lit(False),
            why=pl.lit(None, pl.String),
            numerator="numerator",
            denominator="denominator",
        )
    hidden = pl.Series("hidden", ~shown)
    primary = hidden & reasons.is_not_null()
    return figures.select(
        *_KEY,
        hidden=pl.lit(hidden),
        primary=pl.lit(primary),
        why=pl.when(pl.lit(primary))
        .then(pl.lit(reasons))
        .when(pl.lit(hidden))
        .then(pl.lit("protects another figure"))
        .when(pl.lit(pl.Series(exempt)) & pl.lit(reasons).is_not_null())
        .then(pl.lit("small, but published by others"))
        .otherwise(None),
        numerator="numerator",
        denominator="denominator",
    )


def _blank_numbers(frame: pl.DataFrame, hidden: pl.Series) -> pl.DataFrame:
    """A comparison or an estimate without its numbers where hidden."""
    kept = {*FIGURE_KEY, "comparator", "model", "run", "significance", "because"}
    blanked = [
        pl.when(pl.lit(hidden)).then(None).otherwise(pl.col(name)).alias(name)
        for name in frame.columns
        if name not in kept
    ]
    if "significance" in frame.columns:
        for name, said in (("significance", "cannot say"), ("because", Status.SUPPRESSED.value)):
            blanked.append(pl.when(pl.lit(hidden)).then(pl.lit(said)).otherwise(pl.col(name)).alias(name))
    return frame.with_columns(blanked)


def _file_name(release: str) -> str:
    return "".join(letter if letter.isalnum() or letter in "-_" else "-" for letter in release)
