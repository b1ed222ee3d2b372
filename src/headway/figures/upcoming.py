"""Pupils whose key stage 2 is still to come, with where they started: those for whom estimates are made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from headway.figures.belongings import belongings, is_national
from headway.figures.cohorts import CHARACTERISTICS, cohort
from headway.figures.engines import engine
from headway.figures.matching import by_canonical, joined_keys
from headway.figures.models.definitions import definition
from headway.figures.models.estimate_levels import four_levels, totals
from headway.figures.models.estimate_terms import prepared, type_a, type_b, with_outcomes
from headway.figures.models.estimates import EstimateModel, fit_estimates
from headway.figures.models.terms import ModelError
from headway.figures.store import Store

KS1_BEFORE = 4
"""Years from key stage 1 to key stage 2."""


@dataclass(frozen=True)
class Estimates:
    """What `estimates` found: a row a school, group, outcome and level (see `EstimateModel.schools`), all schools together
    as similar pupils do (see `totals`), the two models, the year whose results taught them, and how many pupils the year
    group has."""

    table: pl.DataFrame
    together: pl.DataFrame
    pupils_alike: EstimateModel
    schools_alike: EstimateModel
    learnt_from: int
    pupils: int


def upcoming(store: Store, year: int) -> pl.DataFrame:
    """The pupils who reach the end of key stage 2 in `year`: pupil, organisation (where they were last seen), their
    characteristics then, and their key stage 1 outcomes. Empty where no key stage 1 results of theirs are loaded."""
    links = joined_keys(store)
    started = by_canonical(store.frame("assessments_ks1", year - KS1_BEFORE), links)
    codes = {
        f"ks1_{subject}": pl.coalesce(f"{subject}_assessment", f"{subject}_level")
        for subject in ("reading", "writing", "mathematics")
    }
    latest = (
        by_canonical(store.frame("pupils"), links)
        .filter(pl.col("year").is_between(year - KS1_BEFORE, year))
        .sort("year")
        .group_by("pupil")
        .agg(
            "organisation",
            *(pl.col(name).drop_nulls() for name in CHARACTERISTICS),
            idaci=pl.col("idaci").drop_nulls(),
        )
        .with_columns(pl.exclude("pupil").list.last())
    )
    return (
        started.select("pupil", **codes)
        .unique("pupil", keep="last", maintain_order=True)
        .join(latest, on="pupil")
        .collect()
    )


def estimates(
    store: Store,
    *,
    year: int,
    outcomes: Sequence[str],
    schools: Sequence[str],
    target: Mapping[str, float] | None = None,
    percentiles: Sequence[float] = (20,),
) -> Estimates:
    """Estimates for the pupils of `schools` whose key stage 2 falls in `year`, at the four levels.

    Learnt from the latest earlier year whose results and starting points are loaded. `outcomes` are measures (proportions of
    key stage 2); `target` is percent by outcome over all these schools. Raises `ModelError`, saying what is missing.
    """
    rule = definition(year)
    if not rule.possible:
        raise ModelError(f"No estimates for {year}: {rule.because}")
    coming = upcoming(store, year).filter(pl.col("organisation").is_in(list(schools)))
    if coming.is_empty():
        raise ModelError(
            f"No pupils of these schools are loaded whose key stage 2 is in {year}: load their key stage 1 results of "
            f"{year - KS1_BEFORE}."
        )
    learnt_from, known = known_cohort(store, year, outcomes)
    parents = belongings(store, learnt_from).filter(pl.col("kind") == "authority")
    taught = parents.join(known.select("organisation").unique(), on="organisation", how="semi")
    basis = "national" if is_national(taught["parent"].n_unique()) else "authority"
    ready = prepared(coming, year)
    shared = [term for term in type_a(known) if term in type_a(ready)]
    wider = [term for term in type_b(known) if term in type_b(ready)]
    alike = fit_estimates(known, outcomes=outcomes, terms=shared, basis=basis)  # type: ignore[arg-type]
    similar = fit_estimates(
        known,
        outcomes=outcomes,
        terms=wider,
        basis=basis,  # type: ignore[arg-type]
        compared_with="similar schools",
        check=False,
    )
    table = four_levels(alike, similar, ready, target=target, percentiles=percentiles)
    return Estimates(table, totals(alike, ready), alike, similar, learnt_from, coming.height)


def next_year(store: Store, after: int) -> int | None:
    """The first year after `after` for which estimates can be made of the pupils loaded, or None."""
    started = [year + KS1_BEFORE for year in store.years("assessments_ks1") if year + KS1_BEFORE > after]
    return next((year for year in sorted(started) if definition(year).possible), None)


def known_cohort(store: Store, before: int, outcomes: Sequence[str]) -> tuple[int, pl.DataFrame]:
    """The latest earlier cohort whose results and starting points are known, ready for a fit."""
    chosen = engine()
    for year in sorted((one for one in store.years("assessments_ks2") if one < before), reverse=True):
        if not definition(year).possible or (year < 2016) != (before < 2016):
            continue
        frame = cohort(chosen, store, table="assessments_ks2", collection="ks2", year=year)
        if frame is None:
            continue
        pupils = pl.DataFrame(chosen.collect(frame))
        deprivation = (
            store.frame("pupils", year).select("pupil", "idaci").drop_nulls().unique("pupil", keep="any")
        )
        ready = prepared(pupils.join(deprivation.collect(), on="pupil", how="left"), year)
        if ready["prior_points"].null_count() < ready.height:
            return year, with_outcomes(ready, year, outcomes)
    raise ModelError(
        f"No year before {before} is loaded with both key stage 2 results and key stage 1 outcomes of its pupils, from "
        "which to learn. Load the key stage 2 pupil file of the last year that has them."
    )
