"""DfE's progress scores, recomputed from pupils: 2016 to 2019, 2022, 2023, and 2026 onward.

A pupil's progress is the key stage 2 score less the national mean score of pupils with the same prior
attainment at key stage 1; a school's is the mean of its pupils'. From 2018 extremely negative scores are limited,
at as many standard deviations below the mean of the pupil's group as let one pupil in a hundred be
limited. Sources: `definitions`. The means of the groups are derived from pupils: DfE's own where
DfE's pupil file is loaded, the loaded pupils' own otherwise (and then labelled so).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import polars as pl

from headway.figures.models.definitions import Definition, definition
from headway.figures.models.terms import ModelError
from headway.figures.outcome_codes import points

Subject = Literal["reading", "writing", "mathematics"]
Basis = Literal["dfe", "national", "loaded"]

LIMITED_SHARE = 0.01
"""About one pupil in a hundred nationally is limited (naht.org.uk, Progress scores 2018)."""
Z95 = 1.959963984540054
AGREEMENT = 0.0051
"""DfE prints two decimals: half a unit of the second is agreement."""
ENGLISH_HALF = {"reading": 0.25, "writing": 0.25, "mathematics": 0.5}
"""Weights of the key stage 1 average since 2016: mean of (mean of reading and writing) and mathematics."""


@dataclass(frozen=True)
class Groups:
    """Prior attainment groups of a year and subject.

    `table`: prior_group, pupils, mean (of key stage 2 scores), deviation (standard, of progress), limit (the least
    progress score that counts; null: none). `basis`: DfE's own means, a national file's, or only of the loaded
    pupils. `spread` is the standard deviation of pupils' progress, for intervals; null where it is not national.
    """

    year: int
    subject: Subject
    table: pl.DataFrame
    basis: Basis
    spread: float | None = None
    multiple: float | None = None
    label: str = ""


@dataclass(frozen=True)
class Nominal:
    """Scores of pupils who earned none on the test, by code; `unverified` codes are not DfE's own words."""

    scores: Mapping[str, float]
    unverified: frozenset[str] = field(default_factory=frozenset)


def prior_attainment(pupils: pl.DataFrame, year: int) -> pl.DataFrame:
    """`pupils` with `prior_points` (key stage 1 average) and `prior_group`; null where any subject is missing.

    What DfE supplied (`ks1_average_points`, `prior_attainment_group`) goes first; otherwise the average is worked out
    from the three outcomes with the points of their year, and pupils of one average are one group.
    """
    rule = _possible(year)
    worked_out = _average(pupils, year, rule)
    supplied = _column(pupils, "ks1_average_points", pl.Float64)
    group = _column(pupils, "prior_attainment_group", pl.Float64)
    made = pupils.with_columns(pl.coalesce(supplied, worked_out).alias("prior_points"))
    return made.with_columns(pl.coalesce(group, pl.col("prior_points").round(4)).alias("prior_group"))


def _average(pupils: pl.DataFrame, year: int, rule: Definition) -> pl.Expr:
    # The year of key stage 1 is four years before; 2026 and 2027 are no exception (2022, 2023).
    try:
        of_code = points("ks1", year - 4)
    except LookupError:
        return pl.lit(None, dtype=pl.Float64)
    weights = (
        ENGLISH_HALF
        if rule.prior_average == "English half, mathematics half"
        else dict.fromkeys(ENGLISH_HALF, 1 / 3)
    )
    total = pl.lit(0.0)
    for subject, weight in weights.items():
        code = _column(pupils, f"ks1_{subject}", pl.String).str.to_uppercase()
        total = total + weight * code.replace_strict(of_code, default=None, return_dtype=pl.Float64)
    return total


def attainment(
    pupils: pl.DataFrame, subject: Subject, year: int, nominal: Nominal | None = None
) -> pl.DataFrame:
    """`pupils` with `attainment`, the score that counts for progress, and `attainment_basis`.

    The basis is supplied (DfE's own figure), score (scaled score), nominal (a pupil below the test, or who earned no
    scaled score; from 2017), unverified (nominal, from a value that could not be verified) or null.
    Another table of nominal scores may be given, such as one that a user has loaded.
    """
    table = nominal or nominal_scores(subject, year)
    supplied = _column(pupils, f"{subject}_progress_attainment", pl.Float64)
    score = _column(pupils, f"{subject}_score", pl.Float64)
    outcome = _column(pupils, f"{subject}_outcome", pl.String).str.to_uppercase()
    judged = _column(pupils, f"{subject}_assessment", pl.String).str.to_uppercase()
    # Below the test (B) it is the teacher's judgement that carries the nominal score; NS earned no score.
    tested = pl.when(outcome == "NS").then(pl.lit("N")).when(outcome == "B").then(judged)
    code = judged if subject == "writing" else tested
    given = code.replace_strict(dict(table.scores), default=None, return_dtype=pl.Float64)
    doubtful = code.is_in(list(table.unverified)).fill_null(False)
    basis = (
        pl.when(supplied.is_not_null()).then(pl.lit("supplied"))
        .when(score.is_not_null()).then(pl.lit("score"))
        .when(given.is_not_null() & doubtful).then(pl.lit("unverified"))
        .when(given.is_not_null()).then(pl.lit("nominal"))
    )  # fmt: skip
    return pupils.with_columns(
        pl.coalesce(supplied, score, given).alias("attainment"), basis.alias("attainment_basis")
    )


def nominal_scores(subject: Subject, year: int) -> Nominal:
    """The nominal scores of a year as far as they are known, for writing with those of the standards."""
    from headway.figures.outcome_codes import points_tables

    scores: dict[str, float] = {}
    doubtful: set[str] = set()
    for table in points_tables():
        wanted = table.table == "ks2_nominal" or (table.table == "ks2_writing" and subject == "writing")
        if wanted and table.holds_in(year):
            scores.update(table.values)
            doubtful.update(table.unverified)
    return Nominal(scores, frozenset(doubtful))


def groups_from_dfe(pupils: pl.DataFrame, subject: Subject, year: int) -> Groups:
    """The means (and limits) of the prior attainment groups, as they stand in DfE's loaded pupil file.

    `pupils` has `prior_attainment_group`, `{subject}_progress_attainment`, `_predicted` and `{subject}_progress`.
    Raises `ModelError` if the file gives one group two means, or holds none.
    """
    _possible(year)
    needed = (
        "prior_attainment_group",
        *(f"{subject}_progress{part}" for part in ("_attainment", "_predicted", "")),
    )
    lacking = [name for name in needed if name not in pupils.columns]
    if lacking:
        raise ModelError(
            f"the means of the groups need {', '.join(lacking)}: load DfE's key stage 2 pupil file"
        )
    known = pupils.select(
        pl.col("prior_attainment_group").cast(pl.Float64).alias("prior_group"),
        pl.col(f"{subject}_progress_predicted").alias("mean"),
        (pl.col(f"{subject}_progress_attainment") - pl.col(f"{subject}_progress_predicted")).alias("plain"),
        pl.col(f"{subject}_progress").alias("adjusted"),
    ).drop_nulls(["prior_group", "mean"])
    if known.is_empty():
        raise ModelError(
            f"DfE's pupil file holds no {subject} prediction for {year}: it is the September file or later"
        )
    raised = pl.col("adjusted") - pl.col("plain") > AGREEMENT
    table = (
        known.group_by("prior_group")
        .agg(
            pl.len().cast(pl.Int64).alias("pupils"),
            pl.col("mean").median(),
            (pl.col("mean").max() - pl.col("mean").min()).alias("apart"),
            pl.col("plain").std().alias("deviation"),
            pl.col("adjusted").filter(raised).median().alias("limit"),
        )
        .sort("prior_group")
    )
    torn = table.filter(pl.col("apart") > 2 * AGREEMENT)
    if torn.height:
        raise ModelError(
            f"DfE's pupil file gives prior attainment group {torn['prior_group'][0]:.0f} more than one mean in {subject} "
            f"({year}): files of different releases are mixed; load one release"
        )
    return Groups(year, subject, table.drop("apart"), "dfe", label="means of DfE's pupil file")


def groups_from_pupils(pupils: pl.DataFrame, subject: Subject, year: int, *, national: bool) -> Groups:
    """The means of the prior attainment groups of these pupils, and from 2018 the limits.

    `pupils` has `attainment` and `prior_group` (see above). Say `national` if they are all of England's mainstream
    pupils; if not, the scores compare with the loaded pupils only, and no national interval is given.
    """
    rule = _possible(year)
    known = pupils.select("prior_group", "attainment").drop_nulls()
    if known.is_empty():
        raise ModelError(f"no pupil has both prior attainment and a {subject} score in {year}")
    table = (
        known.group_by("prior_group")
        .agg(
            pl.len().cast(pl.Int64).alias("pupils"),
            pl.col("attainment").mean().alias("mean"),
            pl.col("attainment").std().fill_null(0.0).alias("deviation"),
        )
        .sort("prior_group")
    )
    multiple = _multiple(known.join(table, on="prior_group")) if rule.limit else None
    limit = -multiple * pl.col("deviation") if multiple is not None else pl.lit(None, dtype=pl.Float64)
    table = table.with_columns(limit.alias("limit"))
    scored = pupil_progress(pupils, Groups(year, subject, table, "loaded"))
    spread = scored["progress"].std()
    basis: Basis = "national" if national else "loaded"
    label = (
        "means of the national pupils loaded" if national else "beside the loaded pupils only, not the nation"
    )
    return Groups(year, subject, table, basis, float(str(spread)) if national else None, multiple, label)


def _multiple(known: pl.DataFrame) -> float | None:
    """The number of standard deviations below which one pupil in a hundred lies; one number for the nation."""
    standard = (
        known.filter(pl.col("deviation") > 0)
        .select(((pl.col("attainment") - pl.col("mean")) / pl.col("deviation")).alias("z"))["z"]
        .sort()
    )
    place = round(LIMITED_SHARE * known.height)
    return -float(standard[place]) if 0 < place < standard.len() else None


def pupil_progress(pupils: pl.DataFrame, groups: Groups) -> pl.DataFrame:
    """`pupils` with `predicted`, `unadjusted` and `progress` (limited where the year says so); null where it has none.

    A pupil whom DfE's file leaves out of the measure (`in_{subject}_progress` false) has none.
    """
    table = groups.table.select("prior_group", pl.col("mean").alias("predicted"), "limit")
    flag = f"in_{groups.subject}_progress"
    counted = pl.col(flag).fill_null(True) if flag in pupils.columns else pl.lit(True)
    return (
        pupils.join(table, on="prior_group", how="left", maintain_order="left")
        .with_columns(pl.when(counted).then(pl.col("attainment") - pl.col("predicted")).alias("unadjusted"))
        .with_columns(
            pl.when(pl.col("unadjusted").is_not_null())
            .then(pl.max_horizontal("unadjusted", "limit"))
            .alias("progress")
        )
        .drop("limit")
    )


def disagreements(pupils: pl.DataFrame, subject: Subject, year: int) -> pl.DataFrame:
    """The pupils for whom our score differs from DfE's adjusted one: pupil, ours, dfe. None is what is hoped for."""
    ours = pupil_progress(
        attainment(prior_attainment(pupils, year), subject, year), groups_from_dfe(pupils, subject, year)
    )
    theirs = pl.col(f"{subject}_progress")
    apart = (pl.col("progress") - theirs).abs() > 2 * AGREEMENT
    one_sided = pl.col("progress").is_null() != theirs.is_null()
    return ours.filter(apart.fill_null(False) | one_sided).select(
        "pupil", pl.col("progress").alias("ours"), theirs.alias("dfe")
    )


def school_progress(pupils: pl.DataFrame, spread: float | None, by: str = "organisation") -> pl.DataFrame:
    """A row a school: `pupils`, `value` (mean progress), `lower`, `upper`, `coverage` (%), `significance`.

    `pupils` has `progress`; `spread` is the national standard deviation of pupils' progress. The 95 % interval is
    mean +/- 1.96 spread / root n (its form follows DfE's published intervals; the guide's text was not
    found). Without a spread there is no interval, and the significance cannot be said.
    """
    made = (
        pupils.group_by(by)
        .agg(
            pl.col("progress").count().cast(pl.Int64).alias("pupils"),
            pl.len().cast(pl.Int64).alias("cohort"),
            pl.col("progress").mean().alias("value"),
        )
        .sort(by)
        .with_columns((100 * pl.col("pupils") / pl.col("cohort")).alias("coverage"))
    )
    half = Z95 * spread / pl.col("pupils").sqrt() if spread is not None else pl.lit(None, dtype=pl.Float64)
    return made.with_columns(
        (pl.col("value") - half).alias("lower"), (pl.col("value") + half).alias("upper")
    ).with_columns(
        pl.when(pl.col("lower") > 0).then(pl.lit("above"))
        .when(pl.col("upper") < 0).then(pl.lit("below"))
        .when(pl.col("lower").is_not_null()).then(pl.lit("not significant"))
        .otherwise(pl.lit("cannot say"))
        .alias("significance")
    )  # fmt: skip


def _possible(year: int) -> Definition:
    found = definition(year)
    if not found.possible:
        raise ModelError(f"there is no progress for {year}: {found.because}")
    return found


def _column(pupils: pl.DataFrame, name: str, kind: type[pl.DataType]) -> pl.Expr:
    """A column, or nulls where the frame has none."""
    return pl.col(name).cast(kind) if name in pupils.columns else pl.lit(None, dtype=kind)
