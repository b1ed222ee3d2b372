"""Figures: rows of `results` made from sums.

A percentage is 100 * numerator / denominator, unrounded, with its Wilson interval; a mean has its t
interval; a ratio a linearised one. A group without pupils has no row, for 0 of 0 is not 0 %. An
organisation that has pupils in the cohort, but none with a result (a school that boycotted the tests of 2010),
has one row that says "not available".
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import polars as pl

from headway.figures.counts import WHOLE, columns_of
from headway.figures.intervals import ratio_half_width, t_half_width, wilson_lower, wilson_upper
from headway.figures.measures import Measure
from headway.figures.phrases import phrase
from headway.figures.tables import RESULTS, Status

COLUMNS = [column.name for column in RESULTS.columns]
"""The columns of `results`, in order, without provenance."""

_TYPES = {column.name: column.polars for column in RESULTS.columns}


def results_frame(rows: pl.DataFrame | pl.LazyFrame) -> pl.LazyFrame:
    """`rows` with exactly the columns of `results`; those that it lacks are null."""
    there = rows.lazy().collect_schema().names()
    return rows.lazy().select(
        (pl.col(name) if name in there else pl.lit(None)).cast(kind).alias(name)
        for name, kind in _TYPES.items()
    )


def figures_of_sums(sums: pl.DataFrame, measures: Iterable[Measure], year: int) -> pl.LazyFrame:
    """`results` rows (basis pupils) from the frame of `counts.school_sums`, schools or sums of schools.

    `sums` may carry a `label`. Every figure has at least one pupil. Measures of a kind are made together: a plan for
    each measure would take longer to make than to run.
    """
    by_kind: dict[str, list[Measure]] = {}
    for measure in measures:
        if f"d__{measure.key}" in sums.columns:
            by_kind.setdefault(measure.kind, []).append(measure)
    made = [_figures_of(sums, kind, found, year) for kind, found in by_kind.items()]
    return pl.concat(made) if made else results_frame(pl.DataFrame(schema={"organisation": pl.String}))


def _figures_of(sums: pl.DataFrame, kind: str, measures: list[Measure], year: int) -> pl.LazyFrame:
    told = [name for name in ("label", "files") if name in sums.columns]
    frame = pl.concat([_counted(sums, measure, told, year) for measure in measures]).lazy()
    counted = pl.coalesce(phrase("{} pupil rows", "d"), pl.lit("no pupil with a result among the pupil rows"))
    source = [counted, pl.col("files")] if "files" in told else [counted]
    return results_frame(
        frame.with_columns(
            year=pl.lit(year),
            years_pooled=pl.lit(1),
            basis=pl.lit("pupils"),
            status=pl.when(pl.col("d").is_not_null())
            .then(pl.lit(Status.REPORTED.value))
            .otherwise(pl.lit(Status.NOT_AVAILABLE.value)),
            denominator=pl.col("d"),
            source=pl.concat_str(source, separator=" of ", ignore_nulls=True),
            **_values(kind),
        )
    )


def _counted(sums: pl.DataFrame, measure: Measure, told: Sequence[str], year: int) -> pl.DataFrame:
    """One measure's sums, by the letters of their columns, where there are pupils, or nobody in the whole cohort."""
    there = pl.col(f"d__{measure.key}") > 0
    nobody = (pl.col(f"d__{measure.key}") == 0) & (pl.col("group") == "all")
    found = sums.filter(there | nobody)
    if f"{BEFORE}d__{measure.key}" in sums.columns:
        found = found.with_columns(label=_before_removals(measure, year))
    return found.select(
        "organisation",
        "group",
        *told,
        pl.lit(measure.key).alias("measure"),
        *(pl.when(there).then(pl.col(name)).alias(name[0]) for name in columns_of(measure)),
    )


def _values(kind: str) -> dict[str, pl.Expr]:
    counted = pl.col("d")
    if kind == "count":
        return {"value": counted.cast(pl.Float64)}
    if kind == "proportion":
        numerator = pl.col("n")
        return {
            "numerator": numerator,
            "numerator_low": numerator,
            "numerator_high": numerator,
            "value": 100 * numerator / counted,
            "lower": wilson_lower(numerator, counted),
            "upper": wilson_upper(numerator, counted),
        }
    total, squares = pl.col("s"), pl.col("q")
    if kind == "mean":
        mean, half = total / counted, t_half_width(total, squares, counted)
    else:
        base = pl.col("b")
        mean = 100 * total / pl.when(base > 0).then(base)
        half = ratio_half_width(total, base, squares, pl.col("x"), pl.col("z"), counted)
    made = {
        "value": mean,
        "lower": mean - half,
        "upper": mean + half,
        "total": total,
        "total_squares": squares,
    }
    return made | ({"total_base": pl.col("b")} if kind == "ratio" else {})


def rolled_up(sums: pl.DataFrame, parents: pl.DataFrame) -> pl.DataFrame:
    """The sums of every parent: its schools' sums added up. `label` says of how many schools.

    `parents` has `organisation` and `parent`, a row a belonging, and may have a `note` that each of
    the parent's labels takes over. A school that belongs to no parent adds to none.
    """
    parts = [name for name in sums.columns if name[1:3] == "__"]
    notes = [pl.col("note").drop_nulls().first().alias("note")] if "note" in parents.columns else []
    together = (
        sums.lazy()
        .join(parents.lazy(), on="organisation", how="inner")
        .group_by("parent", "group")
        .agg(*(pl.col(part).sum() for part in parts), pl.len().alias("schools"), *notes)
    )
    label = phrase("pupils of {} schools", "schools")
    if notes:
        label = pl.concat_str(label, pl.col("note"), separator="; ", ignore_nulls=True)
    return together.select(
        pl.col("parent").alias("organisation"), "group", *parts, label.alias("label")
    ).collect()


BEFORE = "before_"
"""Begins the names of sums over all pupils, those included whom the school asked to have removed."""


def with_removed(
    everyone: pl.DataFrame, schools: pl.DataFrame, before: pl.DataFrame, parents: pl.DataFrame
) -> pl.DataFrame:
    """The sums of `everyone` beside what they were before pupils were removed at the schools' request.

    `schools` are the schools' sums as they are; `before` those of the schools that had pupils removed, with them.
    The names of the sums before begin with `BEFORE`; they are null where nobody was removed.
    """
    whole = pl.concat(
        [schools.join(before, on=["organisation", "group"], how="anti"), before], how="diagonal"
    )
    concerned = pl.concat(
        [
            before.select("organisation"),
            parents.join(before, on="organisation", how="semi").select(
                pl.col("parent").alias("organisation")
            ),
        ]
    ).unique()
    sums = pl.concat([whole, rolled_up(whole, parents).select(whole.columns)])
    sums = sums.join(concerned, on="organisation", how="semi")
    named = sums.select("organisation", "group", pl.exclude("organisation", "group").name.prefix(BEFORE))
    return everyone.join(named, on=["organisation", "group"], how="left")


def _before_removals(measure: Measure, year: int) -> pl.Expr:
    """The label with the figure before removals, which only those see who see every count (`disclosure`)."""
    pupils, now = pl.col(f"{BEFORE}d__{measure.key}"), pl.col(f"d__{measure.key}")
    sums = {part[0]: pl.col(f"{BEFORE}{part}") for part in columns_of(measure)}
    if measure.kind == "count":
        told = phrase("{} pupils", pupils)
    elif measure.kind == "proportion":
        told = phrase("{} of {} pupils", sums["n"], pupils)
    else:
        value = 100 * sums["s"] / sums["b"] if measure.kind == "ratio" else sums["s"] / pupils
        told = phrase("{} for {} pupils", value.round(1), pupils)
    said = phrase("before removals at the school's request in {}: {}", pl.lit(year), told)
    return pl.concat_str(
        "label", pl.when(pupils != now).then(said), separator="; ", ignore_nulls=True
    ).replace("", None)


def small_integers(sums: pl.DataFrame) -> pl.DataFrame:
    """Counts of pupils as 32-bit integers: the frame of a nation is half the size."""
    return sums.with_columns(pl.col(f"^[{WHOLE}]__.*$").cast(pl.Int32))
