"""The estimates of a run: value added of every school, by prior attainment alone and with the pupils' characteristics.

Fitted to the pupils that are loaded, year by year, and pooled over up to three comparable years. Whether these are the
nation's pupils or one authority's is said in the label of every row.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from headway.figures.belongings import belongings, is_national
from headway.figures.cohorts import SamePupils, cohort
from headway.figures.engines import Engine
from headway.figures.models.definitions import definition
from headway.figures.models.schools import (
    group_value_added,
    school_value_added,
    schools_starting_late,
    three_year_value_added,
)
from headway.figures.models.terms import ModelError
from headway.figures.register import organisations
from headway.figures.runs import NewRun
from headway.figures.tables import ESTIMATES

_COLUMNS = [column.name for column in ESTIMATES.columns]
_KEY = list(ESTIMATES.key)
AMONG_LOADED = "compared with the pupils that are loaded, not with the nation's"
DISADVANTAGE = ("disadvantaged", "other")


def write_estimates(
    new: NewRun, engine: Engine, years: Sequence[int], same: SamePupils | None = None
) -> None:
    """Write `estimates.parquet` of the run, sorted by organisation. A year without pupils, or without progress, has none."""
    late = schools_starting_late(organisations(new.inputs))
    cohorts = {year: frame for year in years if (frame := _cohort(new, engine, year, same)) is not None}
    found: list[pl.DataFrame] = []
    for year, pupils in cohorts.items():
        label = None if is_national(_authorities(new, pupils, year)) else AMONG_LOADED
        found += [_labelled(rows, label) for rows in _of_year(pupils, year, late)]
        found += [_labelled(rows, label) for rows in _pooled(cohorts, year, late)]
    if found:
        rows = pl.concat(found).with_columns(run=pl.lit(new.id)).sort(_KEY)
        rows.select(_COLUMNS).write_parquet(new.folder / "estimates.parquet")


def _cohort(new: NewRun, engine: Engine, year: int, same: SamePupils | None) -> pl.DataFrame | None:
    """The year's pupils at the end of key stage 2, where progress can be measured and some prior attainment is known."""
    if not definition(year).possible:
        return None
    frame = cohort(engine, new.inputs, table="assessments_ks2", collection="ks2", year=year, same=same)
    if frame is None:
        return None
    pupils = pl.DataFrame(engine.collect(frame))
    if (
        pupils.is_empty()
        or pupils.select(pl.col("^ks1_.*$").is_not_null().any()).sum_horizontal().item() == 0
    ):
        return None
    deprivation = (
        new.inputs.frame("pupils", year)
        .select("pupil", "idaci")
        .drop_nulls()
        .unique("pupil", keep="any")
        .collect()
    )
    return pupils.join(deprivation, on="pupil", how="left")


def subjects(year: int) -> tuple[str, ...]:
    """The subjects in which value added is told: English and mathematics to 2012, then reading, writing, mathematics."""
    return ("english", "mathematics") if year <= 2012 else ("reading", "writing", "mathematics")


def _of_year(pupils: pl.DataFrame, year: int, late: Sequence[str]) -> list[pl.DataFrame]:
    rows = []
    for model in ("value_added", "contextual_value_added"):
        try:
            rows.append(school_value_added(pupils, year, subjects(year), model=model, taught_elsewhere=late))
        except ModelError:
            continue  # one school, or no variation: there is nothing to say, and the figures stand without it
    for subject in subjects(year):
        try:
            rows.append(group_value_added(pupils, year, subject, "disadvantaged", DISADVANTAGE))
        except ModelError:
            continue
    return rows


def _pooled(cohorts: dict[int, pl.DataFrame], year: int, late: Sequence[str]) -> list[pl.DataFrame]:
    """The year pooled with up to two before it that have the same definition of progress."""
    together = [one for one in (year - 2, year - 1, year) if one in cohorts and _alike(one, year)]
    rows = []
    for subject in subjects(year) if len(together) > 1 else ():
        try:
            found, _ = three_year_value_added(
                {one: cohorts[one] for one in together}, subject, taught_elsewhere=late
            )
        except ModelError:
            continue
        rows.append(found)
    return rows


def _alike(earlier: int, later: int) -> bool:
    return definition(earlier).method == definition(later).method and (earlier < 2016) == (later < 2016)


def _authorities(new: NewRun, pupils: pl.DataFrame, year: int) -> int:
    parents = belongings(new.inputs, year).filter(pl.col("kind") == "authority")
    schools = pupils.select("organisation").unique()
    return parents.join(schools, on="organisation", how="semi")["parent"].n_unique()


def _labelled(rows: pl.DataFrame, label: str | None) -> pl.DataFrame:
    if label is None:
        return rows
    return rows.with_columns(
        label=pl.concat_str(pl.col("label"), pl.lit(label), separator="; ", ignore_nulls=True)
    )
