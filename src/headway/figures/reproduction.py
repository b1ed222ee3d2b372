"""A school's figures counted again beside those of DfE, pupil by pupil, with what explains a difference."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from headway.figures.cohorts import REMOVED
from headway.figures.corrections import PROGRESS, checked_measures, contributions, figures
from headway.figures.measures import registry
from headway.figures.models import progress
from headway.figures.models.terms import ModelError
from headway.figures.outcome_codes import decisions
from headway.figures.publishing import DATASETS, RELEASES

_REASONS = {
    "202": "not at the end of key stage 2: counts in no figure",
    REMOVED: "removed at the school's request: counts in no figure",
}
_RESULTS = (
    ("reading", "reading_outcome", "ks2_test_expected"),
    ("writing", "writing_assessment", "ks2_assessment_expected"),
    ("mathematics", "mathematics_outcome", "ks2_test_expected"),
)
_TOLERANCE = 0.0051
"""DfE prints progress to two decimals."""


@dataclass(frozen=True)
class Reproduced:
    """One figure of a school: as counted here (`numerator`, `denominator`, `value`), as DfE's own marks in the pupil file
    give it (`dfe`), as published (`published`, with who and which release), the difference from whichever of the
    two there is, the published first, and what explains it. None is missing, never zero."""

    measure: str
    title: str
    unit: str
    numerator: int | None
    denominator: int
    value: float | None
    dfe: float | None
    published: float | None
    published_by: str
    difference: float | None
    agrees: bool | None
    because: str


def reproduced(
    rows: pl.DataFrame, year: int, school: str, published: pl.DataFrame | None = None
) -> list[Reproduced]:
    """The figures of one school counted again, in the order of the registry.

    `rows` are those of `corrections.checking_rows`, of all schools (the means of the prior attainment groups come from
    them); `published` those of `published_results` of the school.
    """
    own = rows.filter(pl.col("organisation") == school)
    ours = {row["measure"]: row for row in figures(own, year).iter_rows(named=True)}
    before = {
        row["measure"]: row["value"] for row in figures(_before_removals(own), year).iter_rows(named=True)
    }
    again = _progress_again(rows, year, school)
    marks = _dfe_marks(own)
    theirs = _published(published, school, year)
    keys = [one.key for one in checked_measures(year)] + [f"ks2_{subject}_progress" for subject in PROGRESS]
    found = []
    for key in keys:
        if key not in ours:
            continue
        dfe = marks.get(key)
        if key in again:
            dfe = ours[key]["value"]
        value = again.get(key, ours[key]["value"])
        said = theirs.get(key)
        found.append(_compared(key, ours[key], value, dfe, said, before.get(key), own))
    return found


def pupils_again(rows: pl.DataFrame, year: int, school: str) -> pl.DataFrame:
    """A row a pupil of the school: `pupil`, `counts`, their outcomes, `counted` and `reached` in reading, writing and
    mathematics as counted here, `dfe_counted` and `dfe_reached` as DfE's file marks them (null without marks), `agrees`, and
    `because`: why the pupil does not count, or has not reached the standard."""
    own = rows.filter(pl.col("organisation") == school)
    if own.is_empty():
        return pl.DataFrame(schema=_PUPIL)
    combined = "ks2_rwm_expected" if year >= 2016 else None
    parts = contributions(own, year)
    if combined is None or f"d__{combined}" not in parts.columns:
        parts = parts.select("pupil", d=pl.lit(None, pl.Int64), n=pl.lit(None, pl.Int64))
    else:
        parts = parts.select("pupil", d=pl.col(f"d__{combined}"), n=pl.col(f"n__{combined}"))
    joined = own.join(parts, on="pupil", how="left", maintain_order="left").with_columns(
        (pl.col("d") == 1).fill_null(False).alias("counted"),
        pl.when(pl.col("d") == 1).then(pl.col("n") == 1).alias("reached"),
        pl.col("rwm_eligible").alias("dfe_counted"),
        pl.when(pl.col("rwm_eligible")).then(pl.col("rwm_expected")).alias("dfe_reached"),
    )
    agrees = (
        pl.when(~pl.col("counts") | pl.col("dfe_counted").is_null())
        .then(None)
        .otherwise(
            (pl.col("counted") == pl.col("dfe_counted")) & pl.col("reached").eq_missing(pl.col("dfe_reached"))
        )
    )
    because = [_because(row, year) for row in joined.iter_rows(named=True)]
    return joined.with_columns(agrees.alias("agrees"), pl.Series("because", because, dtype=pl.String)).select(
        *_PUPIL
    )


_PUPIL = {
    "pupil": pl.Int64,
    "counts": pl.Boolean,
    "reading_outcome": pl.String,
    "reading_score": pl.Float64,
    "writing_assessment": pl.String,
    "mathematics_outcome": pl.String,
    "mathematics_score": pl.Float64,
    "gps_outcome": pl.String,
    "gps_score": pl.Float64,
    "counted": pl.Boolean,
    "reached": pl.Boolean,
    "dfe_counted": pl.Boolean,
    "dfe_reached": pl.Boolean,
    "agrees": pl.Boolean,
    "because": pl.String,
}


def _before_removals(own: pl.DataFrame) -> pl.DataFrame:
    """With the pupils whom the school asked to have removed."""
    return own.with_columns(
        (pl.col("counts") | (pl.col("inclusion") == REMOVED).fill_null(False)).alias("counts")
    )


def _dfe_marks(own: pl.DataFrame) -> dict[str, float]:
    """What DfE's own marks in the pupil file come to: whether a pupil counts in, and reached, the three together."""
    marked = own.filter(pl.col("counts") & pl.col("rwm_eligible"))
    if marked.is_empty() or marked["rwm_expected"].null_count():
        return {}
    return {"ks2_rwm_expected": 100.0 * int(marked["rwm_expected"].sum()) / marked.height}


def _progress_again(rows: pl.DataFrame, year: int, school: str) -> dict[str, float]:
    """The school's progress counted again from prior attainment and scores, where DfE's file lets it be."""
    counted = rows.filter(pl.col("counts"))
    found = {}
    for subject in PROGRESS:
        try:
            groups = progress.groups_from_dfe(counted, subject, year)
            ready = progress.attainment(progress.prior_attainment(counted, year), subject, year)
        except ModelError:
            continue
        scored = progress.pupil_progress(ready.filter(pl.col("organisation") == school), groups)["progress"]
        mean = scored.mean()
        if isinstance(mean, float):
            found[f"ks2_{subject}_progress"] = mean
    return found


def _published(published: pl.DataFrame | None, school: str, year: int) -> Mapping[str, dict[str, object]]:
    """The published figure of each measure that a reader would be shown first."""
    if published is None or published.is_empty():
        return {}
    wanted = published.filter(
        (pl.col("organisation") == school)
        & (pl.col("year") == year)
        & (pl.col("group") == "all")
        & (pl.col("years_pooled") == 1)
        & (pl.col("status") == "reported")
    )
    order = [
        pl.col(name).replace_strict(
            list(known), list(range(len(known))), default=len(known), return_dtype=pl.Int8
        )
        for name, known in (("dataset", DATASETS), ("release", RELEASES))
    ]
    chosen = wanted.sort(*order).unique("measure", keep="first", maintain_order=True)
    return {row["measure"]: row for row in chosen.iter_rows(named=True)}


def _compared(
    key: str,
    ours: dict[str, object],
    value: float | None,
    dfe: float | None,
    said: dict[str, object] | None,
    before: float | None,
    own: pl.DataFrame,
) -> Reproduced:
    measure = registry().get(key)
    public = said["value"] if said else None
    step = said["rounded_to"] if said else None
    half = _TOLERANCE if key.endswith("_progress") else 0.5 * float(str(step)) + 1e-9 if step else 1e-6
    other = public if isinstance(public, float) else dfe
    difference = None if other is None or value is None else value - other
    agrees = None if difference is None else abs(difference) <= (half if said else _TOLERANCE)
    because = ""
    if difference is None:
        because = "DfE's figure is not loaded"
    elif agrees:
        because = "agrees" if not step or not difference else "agrees: published as a rounded figure"
    elif isinstance(public, float) and before is not None and abs(before - public) <= half:
        removed = own.filter(pl.col("inclusion") == REMOVED).height
        who = "1 pupil was" if removed == 1 else f"{removed} pupils were"
        because = f"published before {who} removed at the school's request"
    elif isinstance(public, float) and dfe is not None and abs(dfe - public) <= half:
        because = (
            "the figure is DfE's own marks in the pupil file; the pupils below whose marks differ explain it"
        )
    elif isinstance(public, float):
        because = "not explained by the pupil file: ask which pupils DfE counted"
    else:
        because = "DfE's marks and the outcomes in its file differ for the pupils below"
    return Reproduced(
        key,
        measure.title if measure else key,
        measure.unit if measure else "progress points",
        _whole(ours["numerator"]),
        int(str(ours["denominator"])),
        value,
        dfe,
        public if isinstance(public, float) else None,
        f"{said['dataset']} ({said['release']})" if said else "",
        difference,
        agrees,
        because,
    )


def _whole(value: object) -> int | None:
    return value if isinstance(value, int) else None


def _because(row: dict[str, object], year: int) -> str:
    """Why a pupil does not count, or has not reached the standard in the three together."""
    if not row["counts"]:
        return _REASONS.get(str(row["inclusion"]), "counts in no figure")
    if row["reached"]:
        return ""
    lacking = []
    for subject, column, family in _RESULTS:
        code = row[column]
        if code is None:
            lacking.append(f"no result in {subject}")
        elif not _has_reached(family, str(code), year):
            lacking.append(f"{code} in {subject}")
    return ", ".join(lacking)


def _has_reached(family: str, code: str, year: int) -> bool:
    return any(
        one.numerator
        for one in decisions()
        if one.family == family and one.code == code and one.holds_in(year)
    )
