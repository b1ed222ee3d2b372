"""Gathering what a scheme needs of every school: rows of results, comparisons and inspections become profiles.

Frames come in and profiles go out, for the command line and the web alike; nothing is read from disk but through
the lazy frames given.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import date

import polars as pl

from headway.policy.criteria import Needs
from headway.policy.criteria.wording import title
from headway.policy.profiles import (
    BASES,
    Comparison,
    Entered,
    Figure,
    Inspection,
    Profile,
    figure_of,
    step_of,
)
from headway.policy.schemes import Scheme


def needed(scheme: Scheme, years: Collection[int]) -> Needs:
    """All that the scheme's rules read for these years."""
    figures: dict[tuple[str, int], None] = {}
    comparisons: dict[tuple[str, int, str], None] = {}
    inspections = False
    for year in years:
        for criterion in scheme.criteria:
            for rule in criterion.rules:
                if (rule.first_year or year) <= year <= (rule.last_year or year):
                    found = rule.kind.needs(rule.settings, year)
                    figures.update(dict.fromkeys(found.figures))
                    comparisons.update(dict.fromkeys(found.comparisons))
                    inspections = inspections or found.inspections
    return Needs(tuple(figures), tuple(comparisons), inspections)


def figure_rows(results: pl.LazyFrame, needs: Needs, schools: Collection[str] | None) -> pl.DataFrame:
    """The rows of `results` that the needs name: one year pooled, all pupils, the best basis of each figure."""
    if not needs.figures:
        return results.head(0).collect()
    measures = {measure for measure, _ in needs.figures}
    years = {year for _, year in needs.figures}
    wanted = pl.DataFrame(needs.figures, schema={"measure": pl.String, "year": pl.Int64}, orient="row")
    rows = results.filter(
        pl.col("measure").is_in(list(measures))
        & pl.col("year").is_in(list(years))
        & (pl.col("group") == "all")
        & (pl.col("years_pooled") == 1)
        & _about(schools)
    ).join(wanted.lazy(), on=["measure", "year"], how="semi")
    return _best(rows, ["organisation", "measure", "year"]).collect()


def comparison_rows(comparisons: pl.LazyFrame, needs: Needs, schools: Collection[str] | None) -> pl.DataFrame:
    """The rows of `comparisons` that the needs name."""
    if not needs.comparisons:
        return comparisons.head(0).collect()
    wanted = pl.DataFrame(
        needs.comparisons,
        schema={"measure": pl.String, "year": pl.Int64, "comparator": pl.String},
        orient="row",
    )
    rows = comparisons.filter(
        pl.col("measure").is_in(wanted["measure"].unique().to_list())
        & pl.col("year").is_in(wanted["year"].unique().to_list())
        & pl.col("comparator").is_in(wanted["comparator"].unique().to_list())
        & (pl.col("group") == "all")
        & (pl.col("years_pooled") == 1)
        & _about(schools)
    ).join(wanted.lazy(), on=["measure", "year", "comparator"], how="semi")
    return _best(rows, ["organisation", "measure", "year", "comparator"]).collect()


def _about(schools: Collection[str] | None) -> pl.Expr:
    if schools is None:
        return pl.col("organisation").str.starts_with("school:")
    return pl.col("organisation").is_in(list(schools))


def _best(rows: pl.LazyFrame, key: list[str]) -> pl.LazyFrame:
    """One row a key: the one counted from pupils, else the published one, else the one pooled from schools."""
    rank = pl.col("basis").replace_strict(
        {basis: at for at, basis in enumerate(BASES)}, default=len(BASES), return_dtype=pl.Int64
    )
    return (
        rows.with_columns(_rank=rank)
        .sort("_rank")
        .unique(key, keep="first", maintain_order=True)
        .drop("_rank")
    )


def events(
    inspections: pl.DataFrame, judgements: pl.DataFrame, as_at: date, schools: Collection[str] | None = None
) -> dict[str, tuple[Inspection, ...]]:
    """Each school's inspections known on the day, the earliest first. Incomplete ones count from their completion."""
    graded: dict[tuple[str, date], dict[str, str]] = {}
    frameworks: dict[tuple[str, date], tuple[str, str | None]] = {}
    about = judgements.filter(_about(schools) & (pl.col("date") <= as_at))
    for organisation, day, framework, area, value, other in about.select(
        "organisation", "date", "framework", "area", "value", "organisation_at_the_time"
    ).iter_rows():
        graded.setdefault((organisation, day), {})[area] = value
        frameworks[organisation, day] = (framework, other)
    found: dict[str, list[Inspection]] = {}
    seen: set[tuple[str, date]] = set()
    rows = inspections.filter(_about(schools) & (pl.col("date") <= as_at))
    for row in rows.iter_rows(named=True):
        key = (row["organisation"], row["date"])
        seen.add(key)
        event = Inspection(
            day=row["date"],
            framework=row["framework"],
            judgements=graded.get(key, {}),
            category=row["category"],
            safeguarding=row["safeguarding"],
            type=row["type"] or "",
            outcome=row["outcome"] or "",
            published=row["publication_date"],
            predecessor=_other(row["organisation_at_the_time"], row["organisation"]),
            incomplete=bool(row["incomplete"]),
        )
        if event.known_on <= as_at:
            found.setdefault(row["organisation"], []).append(event)
    for (organisation, day), values in graded.items():
        if (organisation, day) not in seen:
            framework, other = frameworks[organisation, day]
            found.setdefault(organisation, []).append(
                Inspection(day, framework, values, predecessor=_other(other, organisation))
            )
    return {key: tuple(sorted(value, key=lambda one: one.day)) for key, value in found.items()}


def _other(school: str | None, own: str) -> str | None:
    return None if school in (None, own) else school


def profiles_for(
    schools: pl.DataFrame,
    year: int,
    *,
    figures: pl.DataFrame,
    comparisons: pl.DataFrame | None = None,
    inspections: Mapping[str, tuple[Inspection, ...]] | None = None,
    entered: Iterable[tuple[str, Entered]] = (),
    context: Mapping[str, tuple[str, ...]] | None = None,
    as_at: date | None = None,
) -> list[Profile]:
    """A profile for each row of `schools` (`organisation`, and `name`, `kind_of_school`, `responsible` where known).

    `inspections` None means that none are loaded at all. `figures` and `comparisons` are rows as gathered above.
    """
    by_school = _figures(figures)
    beside = _comparisons(comparisons) if comparisons is not None else {}
    said: dict[str, dict[str, Entered]] = {}
    for organisation, one in entered:
        said.setdefault(organisation, {})[one.criterion] = one
    columns = [
        name if name in schools.columns else None
        for name in ("organisation", "name", "kind_of_school", "responsible")
    ]
    found = []
    for row in schools.select(
        pl.col(name) if name else pl.lit(None, pl.String).alias(f"_{at}") for at, name in enumerate(columns)
    ).iter_rows():
        organisation, name, kind, responsible = row
        found.append(
            Profile(
                organisation=organisation,
                year=year,
                name=name or "",
                kind=kind,
                figures=by_school.get(organisation, {}),
                comparisons=beside.get(organisation, {}),
                inspections=(inspections or {}).get(organisation, ()),
                entered=said.get(organisation, {}),
                responsible=responsible,
                as_at=as_at,
                context=(context or {}).get(organisation, ()),
                inspections_loaded=inspections is not None,
            )
        )
    return found


_FIGURE = (
    "organisation", "measure", "year", "group", "status", "value", "numerator", "denominator", "numerator_low",
    "numerator_high", "lower", "upper", "source", "basis",
)  # fmt: skip


def _figures(rows: pl.DataFrame) -> dict[str, dict[tuple[str, int, str], Figure]]:
    found: dict[str, dict[tuple[str, int, str], Figure]] = {}
    if rows.is_empty():
        return found
    present = [pl.col(name) if name in rows.columns else pl.lit(None).alias(name) for name in _FIGURE]
    steps: dict[str, float | None] = {}
    for (
        school,
        measure,
        year,
        group,
        status,
        value,
        numerator,
        denominator,
        low,
        high,
        lower,
        upper,
        source,
        basis,
    ) in rows.select(present).iter_rows():
        rounded = basis == "published" and low is None
        if rounded and measure not in steps:
            steps[measure] = step_of(measure)
        figure = Figure(
            measure, year, group, status, value, numerator, denominator, low, high, lower, upper,
            steps[measure] if rounded else None, source or "",
        )  # fmt: skip
        mine = found.get(school)
        if mine is None:
            mine = found[school] = {}
        mine[measure, year, group] = figure
    return found


def _comparisons(rows: pl.DataFrame) -> dict[str, dict[tuple[str, int, str], Comparison]]:
    found: dict[str, dict[tuple[str, int, str], Comparison]] = {}
    if rows.is_empty():
        return found
    for school, measure, year, comparator, significance, value, difference, lower, upper, because, source in rows.select(
        "organisation", "measure", "year", "comparator", "significance", "comparator_value", "difference", "lower",
        "upper", "because", "comparator_source",
    ).iter_rows():  # fmt: skip
        mine = found.setdefault(school, {})
        mine[measure, year, comparator] = Comparison(
            measure, year, comparator, significance, None, value, difference, lower, upper, None,
            because or "", source or "",
        )  # fmt: skip
    return found


def gathered(
    scheme: Scheme,
    year: int,
    schools: pl.DataFrame,
    *,
    results: pl.LazyFrame,
    comparisons: pl.LazyFrame,
    inspected: tuple[pl.DataFrame, pl.DataFrame] | None,
    as_at: date,
    entered: Iterable[tuple[str, Entered]] = (),
    everywhere: bool = False,
) -> list[Profile]:
    """A profile for each row of `schools` (as the register describes them), with what the scheme needs for the year.

    `inspected` are inspections and judgements, each inspection once (`figures.inspections.one_event_each`); None where
    none are loaded. With `everywhere` the frames are not narrowed to these schools first, which is faster where they are
    most of the nation's.
    """
    needs = needed(scheme, [year])
    known = None if everywhere else schools["organisation"].to_list()
    figures = figure_rows(results, needs, known)
    happened = events(*inspected, as_at, known) if needs.inspections and inspected else {}
    return profiles_for(
        schools,
        year,
        figures=figures,
        comparisons=comparison_rows(comparisons, needs, known),
        inspections=None if inspected is None else happened,
        entered=entered,
        context=linked_juniors(schools, figures),
        as_at=as_at,
    )


_KIND_WORDS = (
    "infants",
    "infant",
    "juniors",
    "junior",
    "school",
    "first",
    "academy",
    "and",
    "nursery",
    "the",
    "&",
)


def open_on(schools: pl.DataFrame, day: date) -> pl.DataFrame:
    """The schools of `register.organisations` that were open on a day, by their dates, or else by their status."""
    status = pl.col("status").fill_null("Open")
    return schools.filter(
        pl.col("open_date").is_null() | (pl.col("open_date") <= day),
        pl.col("close_date").is_null() | (pl.col("close_date") >= day),
        ~(status.str.starts_with("Closed") & pl.col("close_date").is_null()),
        ~((status == "Proposed to open") & pl.col("open_date").is_null()),
    )


OUTSIDE = ("independent", "secondary", "16 plus", "children's centre")
"""Kinds of school that a primary school improvement service does not categorise."""


def within_the_service(schools: pl.DataFrame) -> pl.DataFrame:
    """The schools that a primary service categorises: state-funded, with pupils below the age of secondary school."""
    return schools.filter(
        ~pl.col("kind_of_school").fill_null("unknown").is_in(OUTSIDE),
        pl.col("responsible").fill_null("unknown") != "independent",
    )


def linked_juniors(schools: pl.DataFrame, figures: pl.DataFrame) -> dict[str, tuple[str, ...]]:
    """For infant schools a sentence on the junior school of the same federation, or else of the same name in the same
    authority: shown beside a judgement, and never part of it."""
    columns = {"organisation", "name", "kind_of_school", "authority"}
    if not columns <= set(schools.columns):
        return {}
    rows = schools.filter(pl.col("kind_of_school").is_in(["infant", "first", "junior"])).to_dicts()
    juniors: dict[tuple[str | None, str], list[dict[str, object]]] = {}
    for row in rows:
        if row["kind_of_school"] == "junior":
            for key in _pairing(row):
                juniors.setdefault(key, []).append(row)
    told: dict[str, str] = {}
    if not figures.is_empty():
        of_ks2 = figures.filter(
            pl.col("measure").is_in(["ks2_rwm_expected", "ks2_rwm_level4", "ks2_english_maths_level4"])
        )
        told = {
            row["organisation"]: f": {title(row['measure'])} in {row['year']} is {figure_of(row).in_words()}"
            for row in of_ks2.iter_rows(named=True)
        }
    found: dict[str, tuple[str, ...]] = {}
    for row in rows:
        if row["kind_of_school"] == "junior":
            continue
        for key in _pairing(row):
            others = juniors.get(key, [])
            if len(others) == 1:
                junior = str(others[0]["organisation"])
                found[row["organisation"]] = (
                    f"For context only, its junior school {others[0]['name']}{told.get(junior, '')}.",
                )
                break
    return found


def _pairing(row: Mapping[str, object]) -> list[tuple[str | None, str]]:
    keys: list[tuple[str | None, str]] = []
    if row.get("federation"):
        keys.append((None, str(row["federation"])))
    stem = " ".join(word for word in str(row["name"] or "").casefold().split() if word not in _KIND_WORDS)
    if stem and row["authority"]:
        keys.append((str(row["authority"]), stem))
    return keys
