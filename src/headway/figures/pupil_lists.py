"""The pupils of one school and year: where they started, what they reached, and what pupils like them go on to reach.

Personal data, under pseudonymous keys: for a person entitled to it, never for publication. An estimate is not a target
(`models.estimates.NOT_A_TARGET`).
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from headway.figures.belongings import belongings, is_national
from headway.figures.corrections import checking_rows
from headway.figures.matching import joined_keys
from headway.figures.models.definitions import definition
from headway.figures.models.estimate_terms import prepared, type_a
from headway.figures.models.estimates import EstimateModel, fit_estimates
from headway.figures.models.score_ranges import RANGE, ScoreModel, fit_scores
from headway.figures.models.terms import ModelError
from headway.figures.reproduction import pupils_again
from headway.figures.store import Store
from headway.figures.upcoming import KS1_BEFORE, known_cohort, upcoming

OUTCOME = "ks2_rwm_expected"
SCORES = ("reading", "mathematics")
IN_RANGE = round(10 * RANGE)
"""Of ten pupils alike, so many get a score within the range."""

COLUMNS = {
    "pupil": pl.Int64,
    "counts": pl.Boolean,
    "sex": pl.String,
    "birth_month": pl.Int64,
    "disadvantaged": pl.Boolean,
    "eal": pl.Boolean,
    "sen": pl.String,
    "mobile": pl.Boolean,
    "ks1_reading": pl.String,
    "ks1_writing": pl.String,
    "ks1_mathematics": pl.String,
    "ks1_band": pl.String,
    "prior_points": pl.Float64,
    "reading_outcome": pl.String,
    "reading_score": pl.Float64,
    "writing_assessment": pl.String,
    "mathematics_outcome": pl.String,
    "mathematics_score": pl.Float64,
    "reached": pl.Boolean,
    "chance": pl.Float64,
    **{f"{subject}_{part}": pl.Float64 for subject in SCORES for part in ("expected", "lower", "upper")},
}
"""The columns of a list. `reached` is the expected standard in reading, writing and mathematics (null: not counted, or not
yet), `chance` that of pupils alike in percent, `reading_expected` the score that pupils alike got, `reading_lower` and
`reading_upper` between what nine in ten of them got one."""


@dataclass(frozen=True)
class Teaching:
    """What estimates of a year rest on: the models, the year whose results taught them, and of which pupils."""

    chances: EstimateModel
    scores: dict[str, ScoreModel]
    learnt_from: int
    basis: str


@dataclass(frozen=True)
class PupilList:
    """The pupils of a school and year, a row each with `COLUMNS`. `because` says why there are no estimates; empty if there
    are. `is_coming` says that their results are still to come."""

    year: int
    rows: pl.DataFrame
    is_coming: bool
    learnt_from: int | None
    basis: str
    because: str


def list_years(store: Store) -> list[int]:
    """The years of which a list can be made, the latest first: with results, or with the start of pupils still to come."""
    done = set(store.years("assessments_ks2"))
    latest = max(done, default=0)
    coming = {year + KS1_BEFORE for year in store.years("assessments_ks1") if year + KS1_BEFORE > latest}
    return sorted(done | coming, reverse=True)


def teach(store: Store, year: int) -> Teaching:
    """The models for pupils whose key stage 2 falls in a year, learnt from the latest earlier year that has results and
    starting points. Raises `ModelError`, saying what is missing."""
    if year < 2016:
        raise ModelError("Estimates are made for scaled scores, which began in 2016.")
    rule = definition(year)
    if not rule.possible:
        raise ModelError(f"No estimates for {year}: {rule.because}")
    learnt_from, known = known_cohort(store, year, [OUTCOME])
    terms = type_a(known)
    parents = belongings(store, learnt_from).filter(pl.col("kind") == "authority")
    taught = parents.join(known.select("organisation").unique(), on="organisation", how="semi")
    national = is_national(taught["parent"].n_unique())
    chances = fit_estimates(
        known, outcomes=[OUTCOME], terms=terms, basis="national" if national else "authority", check=False
    )
    scores = {one: fit_scores(known, score=f"{one}_score", terms=terms) for one in SCORES}
    return Teaching(
        chances, scores, learnt_from, "pupils nationally" if national else "pupils of this authority"
    )


def pupil_list(
    store: Store, year: int, organisation: str, teaching: Teaching | None, because: str = ""
) -> PupilList:
    """The pupils of one school and year. `teaching` is what `teach` gave for that year; without it there are no estimates,
    and `because` says why."""
    is_coming = year not in store.years("assessments_ks2")
    rows = _coming(store, year, organisation) if is_coming else _with_results(store, year, organisation)
    if rows.is_empty():
        return PupilList(year, pl.DataFrame(schema=COLUMNS), is_coming, None, "", because)
    try:
        ready = prepared(rows, year)
    except ModelError:  # a year whose pupils have no key stage 1
        ready = rows.with_columns(pl.lit(None, pl.Float64).alias("prior_points"))
    if teaching is not None and ready["prior_points"].null_count() < ready.height:
        ready = _with_estimates(ready, teaching)
        learnt_from, basis = teaching.learnt_from, teaching.basis
    else:
        because = because or "These pupils have no key stage 1 results, so there is nothing to estimate from."
        learnt_from, basis = None, ""
    absent = [
        pl.lit(None, dtype=kind).alias(name) for name, kind in COLUMNS.items() if name not in ready.columns
    ]
    shown = ready.with_columns(absent).select(pl.col(name).cast(kind) for name, kind in COLUMNS.items())
    return PupilList(year, shown.sort("pupil"), is_coming, learnt_from, basis, because)


def names_of(store: Store, pupils: pl.Series) -> dict[int, str]:
    """Forename and surname of pupils, as the latest file that names them has them. Identifying: only for a person of
    the pupils' own school."""
    named = (
        store.frame("identities")
        .filter(pl.col("pupil").is_in(pupils.implode()))
        .sort("year")
        .unique("pupil", keep="last", maintain_order=True)
        .select("pupil", pl.concat_str("forename", "surname", separator=" ", ignore_nulls=True))
        .collect()
    )
    return {pupil: name for pupil, name in named.iter_rows() if name}


def keys_of_upn(store: Store, upn: str) -> frozenset[int]:
    """The pseudonymous keys of the pupil with this UPN: its own, and all that a former UPN joins to it. The UPN is
    neither kept nor logged."""
    key = int(store.pupil_keys(pl.Series([upn.strip().upper()]))[0])
    links = joined_keys(store)
    canonical = links.filter(pl.col("pupil") == key)["canonical"]
    if canonical.is_empty():
        return frozenset({key})
    return frozenset(links.filter(pl.col("canonical") == canonical[0])["pupil"])


def _coming(store: Store, year: int, organisation: str) -> pl.DataFrame:
    found = upcoming(store, year).filter(pl.col("organisation") == organisation)
    return found.with_columns(pl.lit(True).alias("counts"))


def _with_results(store: Store, year: int, organisation: str) -> pl.DataFrame:
    rows = checking_rows(store, year, schools=[organisation])
    if rows.is_empty():
        return rows
    again = pupils_again(rows, year, organisation).select("pupil", "reached")
    return rows.join(again, on="pupil", how="left", maintain_order="left")


def _with_estimates(ready: pl.DataFrame, teaching: Teaching) -> pl.DataFrame:
    chances = teaching.chances.pupils(ready).select("pupil", (100 * pl.col("probability")).alias("chance"))
    made = ready.join(chances, on="pupil", how="left", maintain_order="left")
    for subject, model in teaching.scores.items():
        scores = model.pupil_scores(ready).select(
            "pupil", *(pl.col(part).alias(f"{subject}_{part}") for part in ("expected", "lower", "upper"))
        )
        made = made.join(scores, on="pupil", how="left", maintain_order="left")
    return made
