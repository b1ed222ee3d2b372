"""Checking results in September: a school's figures pupil by pupil, what may be wrong, and what each correction would do.

    rows = checking_rows(store, 2023)
    figures(rows, 2023)                    # a row a school and measure
    candidates(rows, store, 2023)          # what may be wrong
    effects(rows, 2023, found, areas)      # what each would do to its schools and their authority

But for `checking_rows` all functions are pure: rows in, rows out. A pupil's part in a figure is counted by the very code
that counts a run (`counts.school_sums`, each pupil as a school of one), so what is shown here is what a run says; sums
are additive, so the effect of a correction is what the pupil adds after it less what the pupil added before.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import narwhals as nw
import polars as pl

from headway.figures import matching
from headway.figures.cohorts import OUT_OF_FIGURES
from headway.figures.correction_rules import Rule, rules
from headway.figures.counts import school_sums
from headway.figures.measures import Measure, registry
from headway.figures.measures.groups import GROUPS
from headway.figures.models import progress
from headway.figures.tables import TABLES

SUBJECTS = ("reading", "mathematics", "gps")
KS1_SUBJECTS = ("reading", "writing", "mathematics")
PROGRESS: tuple[progress.Subject, ...] = ("reading", "writing", "mathematics")
HEADLINES = ("ks2_rwm_expected", "ks2_reading_expected", "ks2_mathematics_expected", "ks2_gps_expected")
"""The first of these that changes is the effect that a list shows."""
AGREEING = 3
"""So many pupils must share a mark and its score before another score is called wrong."""


class Tables(Protocol):
    """Where the rows of a table lie, and their pupils' keys; a `store.Store` or a snapshot of one."""

    @property
    def folder(self) -> Any:
        """Where the tables lie."""

    def frame(self, table: str, year: int | None = None) -> pl.LazyFrame:
        """The current rows of a table, or of one year of it."""

    def pupil_keys(self, upns: pl.Series) -> pl.Series:
        """The key of each UPN."""


@dataclass(frozen=True)
class Candidate:
    """Something that may be wrong about one pupil's record: by which rule, why (`evidence`, without names), and what would
    change. `changes` are columns of the checking rows with the value that they would take; empty where the outcome of the
    correction is not known. `schools` are those whose figures it touches."""

    rule: str
    pupil: int
    organisation: str
    evidence: str
    changes: Mapping[str, object] = field(default_factory=dict)
    to: str = ""

    @property
    def key(self) -> str:
        """What names it from one day to the next: rule, pupil and, where it matters, the subject."""
        subject = next((name.removesuffix("_score") for name in self.changes if name.endswith("_score")), "")
        return ":".join(part for part in (self.rule, str(self.pupil), subject) if part)

    @property
    def about(self) -> Rule:
        """The rule."""
        return rules()[self.rule]


def checking_rows(tables: Tables, year: int, *, schools: Collection[str] | None = None) -> pl.DataFrame:
    """A row a pupil in the key stage 2 file of a year: school, inclusion, characteristics and results as DfE sent them.

    Those who count in no figure are there too (`counts` false). Beside them stands what else the store knows of the pupil:
    `roll` (the school on whose roll of that year they stand), `known_from` (the first year in which an
    earlier assessment knows them), `own_ks1_reading` … (the outcomes of the authority's own key stage 1 file). A pupil
    under two keys counts once, as in a run. Empty where no file of that year is loaded. `schools` limits it to these.
    """
    links = matching.joined_keys(tables)
    file = tables.frame("pupils", year).filter(pl.col("collection") == "ks2")
    if schools is not None:  # and whoever may be there under another key too
        here = pl.col("organisation").is_in(list(schools))
        file = file.filter(here | pl.col("pupil").is_in(links["pupil"].implode()))
    pupils = file.collect()
    theirs = pl.col("pupil").is_in(pupils["pupil"].implode())
    results = (
        tables.frame("assessments_ks2", year).filter(theirs).drop("year", "receipt", "row", "scope").collect()
    )
    pupils = pupils.filter(pl.col("pupil").is_in(results["pupil"].implode()))
    kept, _ = matching.counted_once(pupils, links)
    if schools is not None:
        kept = kept.filter(pl.col("organisation").is_in(list(schools)))
    rows = kept.drop("collection").join(results, on="pupil", how="inner")
    known = _Known(links, kept["canonical"])
    for beside in (
        _roll(tables, year, known),
        _first_known(tables, year, known),
        _own_ks1(tables, year, known),
    ):
        rows = rows.join(beside, on="canonical", how="left")
    counts = pl.col("inclusion").is_null() | ~pl.col("inclusion").is_in(OUT_OF_FIGURES)
    return rows.with_columns(counts.alias("counts")).sort("organisation", "pupil")


@dataclass(frozen=True)
class _Known:
    """The pupils of whom more is wanted, by canonical key, and the keys that are joined."""

    links: pl.DataFrame
    wanted: pl.Series

    def rows(self, frame: pl.LazyFrame) -> pl.DataFrame:
        """The rows of these pupils under any of their keys, with the canonical one in place of the pupil."""
        others = self.links.filter(pl.col("canonical").is_in(self.wanted.implode()))["pupil"]
        keys = pl.concat([self.wanted, others]).unique()
        mine = frame.filter(pl.col("pupil").is_in(keys.implode()))
        joined = mine.join(self.links.lazy(), on="pupil", how="left")
        return (
            joined.with_columns(pl.coalesce("canonical", "pupil").alias("canonical")).drop("pupil").collect()
        )


def _roll(tables: Tables, year: int, known: _Known) -> pl.DataFrame:
    rolls = tables.frame("pupils", year).filter(pl.col("collection") == "roll")
    found = known.rows(rolls.select("pupil", pl.col("organisation").alias("roll"), "receipt", "row"))
    last = found.sort("receipt", "row").unique("canonical", keep="last", maintain_order=True)
    return last.drop("receipt", "row")


def _first_known(tables: Tables, year: int, known: _Known) -> pl.DataFrame:
    """The first year in which an assessment before this one knows the pupil."""
    earlier = tables.frame("pupils").filter(
        pl.col("year") < year, pl.col("collection").is_in(["foundation", "phonics", "ks1", "mtc"])
    )
    found = known.rows(earlier.select("pupil", "year"))
    return found.group_by("canonical").agg(pl.col("year").min().alias("known_from"))


def _own_ks1(tables: Tables, year: int, known: _Known) -> pl.DataFrame:
    """The latest key stage 1 outcomes before the year, as the authority's own file has them."""
    outcomes = [
        pl.coalesce(f"{subject}_assessment", f"{subject}_level").alias(f"own_ks1_{subject}")
        for subject in KS1_SUBJECTS
    ]
    ks1 = tables.frame("assessments_ks1").filter(pl.col("year") < year).select("pupil", "year", *outcomes)
    found = known.rows(ks1).sort("year")
    return found.unique("canonical", keep="last", maintain_order=True).drop("year")


def checked_measures(year: int) -> list[Measure]:
    """The measures of key stage 2 that are counted from the pupil file in a year, in the order of the registry."""
    return [
        one
        for one in registry().values()
        if one.table == "assessments_ks2" and year in one.years and one.kind in ("proportion", "mean")
    ]


def contributions(rows: pl.DataFrame, year: int, *, by: str = "pupil") -> pl.DataFrame:
    """What each pupil adds to each figure: the identifier in `by`, then for each measure `d__KEY` (in the denominator) with
    `n__KEY` (reached it), or for a mean `d__KEY`, `s__KEY` (the value) and `q__KEY` (its square). Pupils who do not count
    add nothing and have no row."""
    measures = checked_measures(year)
    counted = rows.filter(pl.col("counts")).with_columns(pl.col(by).cast(pl.String).alias("organisation"))
    everybody = [group for group in GROUPS if group.dimension == "all"]
    padded = _padded(counted)
    frame = padded.lazy()
    sums: pl.DataFrame = school_sums(nw.from_native(frame), measures, year, everybody).to_native().collect()
    found = sums.drop("group").with_columns(
        pl.col("organisation").cast(pl.String).cast(rows.schema[by]).alias(by)
    )
    with_progress = _progress_parts(padded.select(by, *_progress_columns()), by)
    return found.select(by, pl.exclude(by, "organisation")).join(
        with_progress, on=by, how="left", maintain_order="left"
    )


def _padded(rows: pl.DataFrame) -> pl.DataFrame:
    absent = [
        pl.lit(None, dtype=column.polars).alias(column.name)
        for table in ("pupils", "assessments_ks2")
        for column in TABLES[table].columns
        if column.name not in rows.columns
    ]
    return rows.with_columns(absent) if absent else rows


def _progress_columns() -> list[str]:
    return [f"{part}{subject}_progress" for subject in PROGRESS for part in ("", "in_")]


def _progress_parts(rows: pl.DataFrame, by: str) -> pl.DataFrame:
    """Progress as DfE's file gives it, of the pupils whom it counts (a corrected pupil's stands in the corrected row)."""
    parts = []
    for subject in PROGRESS:
        key = f"ks2_{subject}_progress"
        score = pl.when(pl.col(f"in_{subject}_progress").fill_null(True)).then(pl.col(f"{subject}_progress"))
        parts += [
            score.is_not_null().cast(pl.Int64).alias(f"d__{key}"),
            score.fill_null(0.0).alias(f"s__{key}"),
            (score.fill_null(0.0) ** 2).alias(f"q__{key}"),
        ]
    return rows.select(by, *parts)


def sums_of(parts: pl.DataFrame, by: str) -> pl.DataFrame:
    """Parts of figures (as `contributions` gives them) added up by the column `by`."""
    return parts.group_by(by).agg(pl.col("^[dnsq]__.*$").sum()).sort(by)


def figures(rows: pl.DataFrame, year: int, areas: Mapping[str, str] | None = None) -> pl.DataFrame:
    """A row a school (and authority, of `areas`: school to authority) and measure: `organisation`, `measure`, `numerator`
    (null for means), `denominator`, `value`. What nobody counts in is not there."""
    parts = _of_organisations(rows, contributions(rows, year), areas or {})
    return _values(sums_of(parts, "organisation"), ["organisation"])


def _of_organisations(rows: pl.DataFrame, parts: pl.DataFrame, areas: Mapping[str, str]) -> pl.DataFrame:
    """Each pupil's parts once for their school and once for its authority."""
    own = parts.join(rows.select("pupil", "organisation"), on="pupil", how="inner")
    area = pl.col("organisation").replace_strict(dict(areas), default=None, return_dtype=pl.String)
    theirs = own.with_columns(area.alias("organisation")).filter(pl.col("organisation").is_not_null())
    return pl.concat([own, theirs])


def _keys(sums: pl.DataFrame) -> list[str]:
    return [name.removeprefix("d__") for name in sums.columns if name.startswith("d__")]


def _values(sums: pl.DataFrame, by: list[str]) -> pl.DataFrame:
    """Sums as figures, a row a measure."""
    return pl.concat(
        [_figure(sums, key, by).filter(pl.col("denominator") > 0) for key in _keys(sums)]
        or [pl.DataFrame(schema={**dict.fromkeys(by, pl.String), **_FIGURE})]
    ).sort(*by, "measure")


_FIGURE = {"measure": pl.String, "numerator": pl.Int64, "denominator": pl.Int64, "value": pl.Float64}


def _figure(sums: pl.DataFrame, key: str, by: list[str]) -> pl.DataFrame:
    """One measure of sums; the value is null where nobody counts."""
    counted = pl.col(f"d__{key}").cast(pl.Int64)
    proportion = f"n__{key}" in sums.columns
    reached = pl.col(f"n__{key}").cast(pl.Int64) if proportion else pl.lit(None, dtype=pl.Int64)
    total = 100.0 * pl.col(f"n__{key}") if proportion else pl.col(f"s__{key}")
    return sums.select(
        *by,
        pl.lit(key).alias("measure"),
        reached.alias("numerator"),
        counted.alias("denominator"),
        pl.when(counted > 0).then(total / counted).alias("value"),
    )


def corrected(rows: pl.DataFrame, corrections: Iterable[Candidate]) -> pl.DataFrame:
    """The rows as they would be if all these corrections were made, in their order; without any, the rows as they are.

    Of two corrections of one pupil the later is made on top of the earlier: their effects do not simply add up.
    """
    made = rows
    for one in corrections:
        mine = pl.col("pupil") == one.pupil
        made = made.with_columns(
            pl.when(mine).then(pl.lit(value, dtype=rows.schema[name])).otherwise(pl.col(name)).alias(name)
            for name, value in one.changes.items()
        )
    return made


def effects(
    rows: pl.DataFrame, year: int, found: Sequence[Candidate], areas: Mapping[str, str]
) -> pl.DataFrame:
    """What each correction alone would do: `candidate` (its key), `organisation` (school or authority), `measure`, the
    figure before and after (`numerator`, `denominator`, `value`, each with `_before` and `_after`) and `difference`.

    Only what would change is there. A candidate of whom the outcome is not known has no row.
    """
    known = [one for one in found if one.changes]
    if not known:
        return pl.DataFrame(schema=_EFFECT)
    every = contributions(rows, year)
    before = sums_of(_of_organisations(rows, every, areas), "organisation")
    changed = pl.concat(
        [
            corrected(rows.filter(pl.col("pupil") == one.pupil), [one]).with_columns(
                pl.lit(number, dtype=pl.Int64).alias("candidate")
            )
            for number, one in enumerate(known)
        ]
    )
    gained = contributions(changed, year, by="candidate").join(
        changed.select("candidate", "pupil", "organisation"), on="candidate"
    )
    pupils = pl.DataFrame({"candidate": range(len(known)), "pupil": [one.pupil for one in known]})
    lost = pupils.join(every, on="pupil").join(rows.select("pupil", "organisation"), on="pupil")
    lost = lost.with_columns(-pl.col("^[dnsq]__.*$"))
    own = pl.concat(
        [gained.select(sorted(gained.columns)), lost.select(sorted(lost.columns))], how="diagonal"
    )
    area = pl.col("organisation").replace_strict(dict(areas), default=None, return_dtype=pl.String)
    theirs = own.with_columns(area.alias("organisation")).filter(pl.col("organisation").is_not_null())
    change = (
        pl.concat([own, theirs])
        .group_by("candidate", "organisation")
        .agg(pl.col("^[dnsq]__.*$").sum())
        .sort("candidate", "organisation")
    )
    made = pl.concat([_changed(change, before, key) for key in _keys(change)])
    names = pl.DataFrame({"candidate": range(len(known)), "key": [one.key for one in known]})
    return (
        made.join(names, on="candidate")
        .with_columns(pl.col("key").alias("candidate"))
        .select(*_EFFECT)
        .sort("candidate", "organisation", "measure")
    )


_EFFECT = {
    "candidate": pl.String,
    "organisation": pl.String,
    "measure": pl.String,
    **{f"{name}_before": kind for name, kind in list(_FIGURE.items())[1:]},
    **{f"{name}_after": kind for name, kind in list(_FIGURE.items())[1:]},
    "difference": pl.Float64,
}


def _changed(change: pl.DataFrame, before: pl.DataFrame, key: str) -> pl.DataFrame:
    """One measure before and after, where it changes."""
    parts = [name for name in change.columns if name.endswith(f"__{key}")]
    mine = change.select("candidate", "organisation", *parts).filter(
        pl.any_horizontal(pl.col(part).abs() > _NOTHING for part in parts)
    )
    stood = mine.select("candidate", "organisation").join(
        before.select("organisation", *parts), on="organisation", how="left", maintain_order="left"
    )
    stood = stood.with_columns(pl.col(part).fill_null(0) for part in parts)
    after = stood.with_columns((stood[part] + mine[part]).alias(part) for part in parts)
    by = ["candidate", "organisation"]
    joined = _figure(stood, key, by).join(
        _figure(after, key, by).drop("measure"), on=by, suffix="_after", maintain_order="left"
    )
    renamed = {name: f"{name}_before" for name in ("numerator", "denominator", "value")}
    return joined.rename(renamed).with_columns(
        (pl.col("value_after") - pl.col("value_before")).alias("difference")
    )


_NOTHING = 1e-9
"""A sum that changes by less has not changed: sums of floats differ in the last bits."""
