"""Releases: a declared list of everything that is published together, and what each audience may see of it.

A release is a folder in the store, `releases/<name>`: the figures declared (whole, restricted), the memberships that
tie totals to schools, and a disclosure decision for each audience. Figures for anybody but those entitled to all
of them leave only through one. What the readers of an earlier release hold is taken into account by the next.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Callable, Collection, Iterable
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import polars as pl

from headway.figures import disclosure
from headway.figures.belongings import belongings, successions_of, successors
from headway.figures.runs import Run
from headway.figures.store import Store

_NAME = re.compile(r"^[A-Za-z0-9][A-Za-z0-9 ._-]{0,59}$")
NATIONS = ("nation:england", "nation:england-state-funded")
PUBLIC_DATASETS = ("dfe_performance_tables", "ees", "lait")
"""Data sets that their publishers have put before everybody."""


class ReleaseError(Exception):
    """Something about a release that the user can put right; the message says how."""


@dataclass(frozen=True)
class Opened:
    """What of a release is opened to audiences that do not see it whole: all pupils of every single year, and `groups` of
    the years from `since` on. The less is opened, the less must be hidden of it."""

    groups: tuple[str, ...]
    since: int

    def holds(self) -> pl.Expr:
        """Whether a figure is among what is opened."""
        recent = pl.col("group").is_in(list(self.groups)) & (pl.col("year") >= self.since)
        return (pl.col("years_pooled") == 1) & ((pl.col("group") == "all") | recent)


@dataclass(frozen=True)
class Declaration:
    """What a release holds: which organisations, years and measures, from which run, declared when. `opened` is what
    audiences see of it that do not see it whole; None: something of everything."""

    name: str
    authority: str
    years: tuple[int, ...]
    measures: tuple[str, ...]
    run: str
    declared_at: str
    opened: Opened | None = None


@dataclass(frozen=True)
class StoredRelease:
    """A declared release in its folder."""

    folder: Path
    declaration: Declaration

    def results(self) -> pl.DataFrame:
        """Every figure of the release, whole. Restricted."""
        return pl.read_parquet(self.folder / "results.parquet")

    def comparisons(self) -> pl.DataFrame:
        """The comparisons of its figures, whole. Restricted."""
        return pl.read_parquet(self.folder / "comparisons.parquet")

    def memberships(self) -> pl.DataFrame:
        """Which schools lie in which authority, trust or cluster of the release: organisation, group, year."""
        return pl.read_parquet(self.folder / "memberships.parquet")

    def published(self) -> pl.DataFrame:
        """Which of its figures others have published, and on which basis."""
        return pl.read_parquet(self.folder / "published.parquet")

    def decision(self, audience: str) -> disclosure.Decision | None:
        """What was decided for the audience, or None."""
        found = sorted(self.folder.glob(f"decisions/*.{audience}.parquet"))
        return disclosure.read_decision(found[0]) if found else None

    def shown(self, audience: str, *, own: str | Collection[str] | None = None) -> pl.DataFrame:
        """The figures as the audience may see them. Raises `ReleaseError` if nothing was decided for it."""
        return self.applied(audience, self.results(), own=own)

    def shown_comparisons(self, audience: str, *, own: str | Collection[str] | None = None) -> pl.DataFrame:
        """The comparisons as the audience may see them."""
        return self.applied(audience, self.comparisons(), own=own)

    def applied(
        self, audience: str, frame: pl.DataFrame, *, own: str | Collection[str] | None = None
    ) -> pl.DataFrame:
        """Results, comparisons or estimates of the release as the audience may see them. What was not opened to it is not
        there, but for `own`, where the audience sees its own whole; of several, each row as its own organisation sees it."""
        decision = self._decided(audience)
        if decision.rule is not None and self.declaration.opened is not None:
            mine = [own] if isinstance(own, str) else list(own or ())
            is_own = pl.col("organisation").is_in(mine if decision.own_whole else [])
            frame = frame.filter(self.declaration.opened.holds() | is_own)
        return decision.apply(frame, own=own)

    def _decided(self, audience: str) -> disclosure.Decision:
        decision = self.decision(audience)
        if decision is None:
            raise ReleaseError(
                f"Nothing was decided of release {self.declaration.name} for {audience}. "
                f'Type: headway disclose "{self.declaration.name}" --audience {audience}'
            )
        if not decision.report.holds:
            raise ReleaseError(
                f"What was decided of release {self.declaration.name} for {audience} does not hold: small counts can "
                "be worked out. Nothing is shown of it. Declare a release with fewer groups or measures."
            )
        return decision


def declare(
    store: Store,
    run: Run,
    name: str,
    *,
    authority: str,
    years: Iterable[int],
    measures: Iterable[str],
    opened: Opened | None = None,
) -> StoredRelease:
    """Declare a release: the authority, its schools and groups of schools, for these years and measures, pooled years
    included; `opened` where not all of it is opened to audiences with a rule.

    Raises `ReleaseError` for an unusable name, a name in use, or nothing to release."""
    if not _NAME.match(name):
        raise ReleaseError(
            f"{name!r} cannot be a release's name: use letters, digits, blanks, dots and hyphens."
        )
    folder = store.folder / "releases" / name
    if folder.exists():
        raise ReleaseError(
            f"There is a release {name} already; what was declared is not changed. Choose another name."
        )
    wanted_years, wanted = sorted(set(years)), sorted(set(measures))
    code = authority.removeprefix("authority:")
    everywhere = pl.concat(
        [
            belongings(store, year)
            .filter(pl.col("kind").is_in(["authority", "trust", "cluster", "federation"]))
            .select("organisation", pl.col("parent").alias("group"), year=pl.lit(year, pl.Int64))
            for year in wanted_years
        ]
    )
    schools = everywhere.filter(pl.col("group") == f"authority:{code}")["organisation"].unique().to_list()
    ties = _groups_within(everywhere, schools)
    held = [*schools, f"authority:{code}", *ties["group"].unique().to_list(), *NATIONS]
    chosen = (
        pl.col("organisation").is_in(held)
        & pl.col("year").is_in(wanted_years)
        & pl.col("measure").is_in(wanted)
    )
    every = run.results().filter(chosen).collect()
    results = _one_school(_one_basis(every), store, wanted_years)
    if results.filter(~pl.col("organisation").is_in(NATIONS)).is_empty():
        raise ReleaseError(
            f"There are no such figures of authority {code} in {run.id} for {', '.join(map(str, wanted_years))}."
        )
    declaration = Declaration(
        name,
        f"authority:{code}",
        tuple(wanted_years),
        tuple(wanted),
        run.id,
        datetime.now(UTC).isoformat(),
        opened,
    )
    making = folder.with_name(f".{name}.making")
    shutil.rmtree(making, ignore_errors=True)
    making.mkdir(parents=True)
    results.write_parquet(making / "results.parquet")
    shown = results.select("organisation", "year", "years_pooled", "measure", "group", "basis")
    comparisons = run.comparisons().filter(chosen).collect().join(shown, on=shown.columns, how="semi")
    comparisons.write_parquet(making / "comparisons.parquet")
    ties.write_parquet(making / "memberships.parquet")
    published(every).write_parquet(making / "published.parquet")
    (making / "declaration.json").write_text(json.dumps(asdict(declaration), indent=1), encoding="utf-8")
    os.replace(making, folder)
    return StoredRelease(folder, declaration)


BASES = ("pupils", "published", "schools")
"""The bases of a figure, the best first."""


def _one_basis(results: pl.DataFrame) -> pl.DataFrame:
    """Each figure once, on its best basis: two slightly different counts of the same pupils would tell more than either."""
    rank = pl.col("basis").replace_strict(
        {basis: rank for rank, basis in enumerate(BASES)}, return_dtype=pl.Int64
    )
    figure = ["organisation", "year", "years_pooled", "measure", "group"]
    return results.sort(*figure, rank).unique(figure, keep="first", maintain_order=True)


def _one_school(results: pl.DataFrame, store: Store, years: Iterable[int]) -> pl.DataFrame:
    """Each pupil in one school: where a school carries its predecessor's figure (its label says so), it stands for both."""
    carried = successions_of(store)
    pairs = [
        successors(carried, year).select("organisation", "parent", year=pl.lit(year, pl.Int64))
        for year in years
    ]
    figure = ["year", "years_pooled", "measure", "group"]
    heirs = results.filter(pl.col("label").str.contains("predecessor")).select(
        *figure, pl.col("organisation").alias("parent")
    )
    twice = pl.concat(pairs).join(heirs, on=["parent", "year"], how="inner")
    return results.join(twice, on=["organisation", *figure], how="anti", maintain_order="left")


def _groups_within(everywhere: pl.DataFrame, schools: list[str]) -> pl.DataFrame:
    """The authority and the groups that lie wholly within it, with their schools. The total of a trust that has schools
    elsewhere would tell of those by subtraction, and they are not in the release."""
    elsewhere = everywhere.filter(~pl.col("organisation").is_in(schools))["group"].unique().to_list()
    return (
        everywhere.filter(pl.col("organisation").is_in(schools) & ~pl.col("group").is_in(elsewhere))
        .unique()
        .sort("organisation", "group", "year")
    )


def release(store: Store, name: str) -> StoredRelease:
    """The release of that name. Raises `ReleaseError` with the names there are."""
    folder = store.folder / "releases" / name
    path = folder / "declaration.json"
    if not _NAME.match(name) or not path.exists():
        known = ", ".join(one.declaration.name for one in releases(store)) or "none yet"
        raise ReleaseError(f"There is no release {name}. Releases: {known}.")
    return _read(folder)


def releases(store: Store) -> list[StoredRelease]:
    """Every release, oldest first."""
    found = [_read(path.parent) for path in (store.folder / "releases").glob("[!.]*/declaration.json")]
    return sorted(found, key=lambda one: one.declaration.declared_at)


def _read(folder: Path) -> StoredRelease:
    about = json.loads((folder / "declaration.json").read_text(encoding="utf-8"))
    about["years"], about["measures"] = tuple(about["years"]), tuple(about["measures"])
    if about.get("opened"):
        about["opened"] = Opened(tuple(about["opened"]["groups"]), about["opened"]["since"])
    return StoredRelease(folder, Declaration(**about))


def decide(
    store: Store,
    chosen: StoredRelease,
    audience: str,
    *,
    what_if: str | None = None,
    progress: Callable[[float, str], None] | None = None,
) -> disclosure.Decision:
    """Decide what the audience may see of the release, and keep the decision if it holds. Decided once, it stands.

    `what_if` asks what another rule would hide, and keeps nothing. The audience is taken to hold every earlier release
    decided for it, and what DfE and others have published. Raises ValueError for an unknown audience or rule.
    """
    known = None if what_if else chosen.decision(audience)
    if known is not None:
        return known
    earlier = _earlier(store, chosen, audience)
    if not what_if and (same := _decided_alike(store, chosen, audience, earlier)) is not None:
        same.save(chosen.folder / "decisions")
        return same
    opened = chosen.declaration.opened
    results = chosen.results()
    if opened is not None and disclosure.settings().audience(audience).rule is not None:
        results = results.filter(opened.holds())
    whole = disclosure.Release(
        name=chosen.declaration.name,
        results=results,
        memberships=chosen.memberships(),
        earlier=tuple(earlier),
        published=chosen.published(),
    )
    rule = disclosure.settings().rule(what_if) if what_if else None
    decision = disclosure.decide_in_parts(whole, audience, rule, progress=progress)
    if not what_if and decision.report.holds:
        decision.save(chosen.folder / "decisions")
    return decision


def _earlier(store: Store, chosen: StoredRelease, audience: str) -> list[disclosure.Decision]:
    """What was decided for the audience of earlier releases of the authority."""
    return [
        decision
        for one in releases(store)
        if one.declaration.declared_at < chosen.declaration.declared_at
        and one.declaration.authority == chosen.declaration.authority
        and (decision := one.decision(audience)) is not None
    ]


def _decided_alike(
    store: Store, chosen: StoredRelease, audience: str, earlier: list[disclosure.Decision]
) -> disclosure.Decision | None:
    """A decision for another audience of the same rule whose readers hold the same already: it would come out the same."""
    reader = disclosure.settings().audience(audience)
    for other in disclosure.settings().audiences.values():
        decision = chosen.decision(other.key) if reader.rule is not None and other.key != audience else None
        if decision is None or decision.rule != reader.rule:
            continue
        before = _earlier(store, chosen, other.key)
        if len(before) == len(earlier) and all(
            one.cells.equals(two.cells) for one, two in zip(before, earlier, strict=True)
        ):
            report = replace(decision.report, audience=audience)
            return replace(decision, audience=audience, own_whole=reader.own_whole, report=report)
    return None


def published(results: pl.DataFrame) -> pl.DataFrame:
    """The figures that DfE or another has published, which anybody may hold."""
    everybody = pl.any_horizontal(
        *(pl.col("source").str.starts_with(dataset) for dataset in PUBLIC_DATASETS)
    ).fill_null(False)
    return results.filter((pl.col("basis") == "published") & everybody).select(
        "organisation", "year", "years_pooled", "measure", "group", "basis"
    )
