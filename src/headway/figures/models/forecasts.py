"""Next summer's results before the tests: a distribution for each school, group and authority.

From past results: each school is drawn towards the mean of schools like it, the more the smaller it is and
the less results have lasted (`forecast_relations`); the interval is as wide as the errors that the same
forecaster made at an earlier origin (`forecast_certainty`). `backtest` says how good that was; pupils' prior
attainment and teacher assessments come in through `forecast_pupils`.

    forecast(results, measure="ks2_rwm_expected", year=2026)
    forecast_together(school_forecasts, members)      # an authority, a trust, any list of schools
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import polars as pl

from headway.figures.measures import Measure, registry
from headway.figures.models.forecast_certainty import SHARED_80, SHARED_90
from headway.figures.models.forecast_relations import Predictor
from headway.figures.models.forecast_series import SeriesForecast, forecast_panel
from headway.figures.models.panel import Panel, results_panel

FORECAST: dict[str, pl.DataType] = {
    "organisation": pl.String(),
    "year": pl.Int64(),
    "measure": pl.String(),
    "group": pl.String(),
    "pupils": pl.Float64(),
    "mean": pl.Float64(),
    "lower": pl.Float64(),
    "upper": pl.Float64(),
    "lower80": pl.Float64(),
    "upper80": pl.Float64(),
    "standard_error": pl.Float64(),
    "area_error": pl.Float64(),
    "national_error": pl.Float64(),
    "probability_below": pl.Float64(),
    "method": pl.String(),
    "based_on": pl.String(),
    "label": pl.String(),
}
"""The columns of a forecast, in the measure's unit.

`lower` and `upper` hold 90 %, `lower80` and `upper80` 80 %. `pupils` are those expected in the year group, null
where unknown. `standard_error` is of the whole error; `area_error` and `national_error` are the parts of it that
schools of an authority, and all schools, share. `probability_below` is that of a result below the threshold
asked for. Where nothing can be said the numbers are null and `label` says why."""

_CONTEXT = (
    "context_fsm6",
    "context_fsm",
    "context_disadvantaged",
    "context_eal",
    "context_ehcp",
    "context_sen_support",
)
_RELATED_UNITS = ("percent", "scaled score", "progress points", "points")


def forecast(
    results: pl.DataFrame,
    *,
    measure: str,
    year: int,
    national_change: float | None = None,
    threshold: float | None = None,
    areas: Mapping[str, str] | None = None,
) -> pl.DataFrame:
    """The forecast of `measure` in `year`, columns `FORECAST`, for every organisation and group in `results`.

    `results` has the columns of the results table. Nothing of `year` or later is looked at but the context
    of the January census. `national_change` is the change of the nation's figure since the latest year in
    the measure's unit; where None, no change is expected, with the spread of past changes. `threshold` asks
    for the probability of a result below it. `areas` says to which authority a school belongs (`school:…` to
    `authority:…`); authorities are then forecast from their schools, otherwise from their own past.
    Related figures of the same stage that stand in `results` help. Years before a break (`Measure.comparable`)
    are no evidence. A school without any figure in the latest year is taken to have closed, and left out.

    Raises ValueError, in plain words, for an unknown measure, a year without it, or no comparable past result.
    """
    known = _measure(measure, year)
    if national_change is not None and not np.isfinite(national_change):
        raise ValueError("the national change must be a number, in the measure's unit")
    since = max((each.year for each in known.breaks if each.year <= year), default=None)
    rows = results.filter((pl.col("year") < year) | pl.col("measure").is_in(_CONTEXT))
    own = rows.filter(pl.col("measure") == measure)
    if own.is_empty():
        raise ValueError(f"there is no result of {measure} before {year} to forecast it from")
    found: list[pl.DataFrame] = []
    reasons: list[str] = []
    kinds = own.select(kind=pl.col("organisation").str.split(":").list.first())["kind"].unique().sort()
    for kind in kinds:
        of_kind = _running(rows, own, str(kind))
        if kind == "authority" and areas and "school" in kinds:
            continue
        for group in of_kind["group"].unique().sort():
            try:
                found.append(
                    _of_group(
                        rows,
                        sorted(of_kind.filter(pl.col("group") == group)["organisation"].unique()),
                        known,
                        year,
                        str(group),
                        national_change=national_change,
                        threshold=threshold,
                        areas=dict(areas or {}) if kind == "school" else {},
                        since=since,
                    )
                )
            except ValueError as problem:
                reasons.append(str(problem))
    if not found:
        raise ValueError(_no_past(known, year, since, reasons))
    schools = pl.concat(found)
    if not areas:
        return schools
    members = pl.DataFrame({"organisation": list(areas), "member_of": list(areas.values())})
    return pl.concat([schools, forecast_together(schools, members, threshold=threshold)])


def forecast_together(
    forecasts: pl.DataFrame, members: pl.DataFrame, *, threshold: float | None = None
) -> pl.DataFrame:
    """The forecast of an authority, trust or any list of schools, from its schools' (columns `FORECAST`).

    `members` has `organisation` and `member_of`. Weighted by the pupils expected (evenly where those of
    no school are known). Schools' own errors average out; what they share (the area's and the nation's part)
    does not, and stays whole. Schools without a forecast are left out and counted in the label.
    """
    keys = ["member_of", "year", "measure", "group"]
    joined = forecasts.join(members.unique(["organisation", "member_of"]), on="organisation")
    usual = pl.col("pupils").mean().over("measure", "group").fill_null(1.0)
    own = pl.col("standard_error") ** 2 - pl.col("area_error") ** 2 - pl.col("national_error") ** 2
    weight = pl.col("weight")
    there = joined.filter(pl.col("mean").is_not_null()).with_columns(
        weight=pl.coalesce("pupils", usual), own=pl.max_horizontal(own, pl.lit(0.0))
    )
    together = (
        there.group_by(keys, maintain_order=True)
        .agg(
            pupils=pl.when(pl.col("pupils").is_not_null().all()).then(pl.col("pupils").sum()),
            mean=(weight * pl.col("mean")).sum() / weight.sum(),
            own=pl.when(pl.col("own").is_not_null().all()).then(
                (weight**2 * pl.col("own")).sum() / weight.sum() ** 2
            ),
            area_error=pl.col("area_error").max(),
            national_error=pl.col("national_error").max(),
            schools=pl.len(),
        )
        .with_columns(
            standard_error=(pl.col("own") + pl.col("area_error") ** 2 + pl.col("national_error") ** 2).sqrt()
        )
    )
    left_out = joined.group_by(keys).agg(left_out=pl.col("mean").is_null().sum())
    together = together.join(left_out, on=keys, how="left", maintain_order="left")
    percent = pl.Series(
        [registry()[key].unit == "percent" if key in registry() else False for key in together["measure"]],
        dtype=pl.Boolean,
    )
    ends = {"lower": -SHARED_90, "upper": SHARED_90, "lower80": -SHARED_80, "upper80": SHARED_80}
    mean, error = together["mean"].to_numpy(), together["standard_error"].cast(pl.Float64).to_numpy()
    below = _normal_below(threshold, mean, error) if threshold is not None else np.full(len(mean), np.nan)
    return (
        together.with_columns(
            *(
                pl.when(percent)
                .then((pl.col("mean") + width * pl.col("standard_error")).clip(0, 100))
                .otherwise(pl.col("mean") + width * pl.col("standard_error"))
                .alias(name)
                for name, width in ends.items()
            ),
            organisation=pl.col("member_of"),
            probability_below=pl.Series(below).fill_nan(None),
            method=pl.lit("schools together"),
            based_on=pl.format("the forecasts of {} schools", "schools"),
            label=pl.when(pl.col("left_out") > 0)
            .then(pl.format("{} schools without a forecast are left out", "left_out"))
            .otherwise(pl.lit("")),
        )
        .select(pl.col(name).cast(kind) for name, kind in FORECAST.items())
        .sort("organisation", "group")
    )


def _normal_below(threshold: float, mean: np.ndarray, error: np.ndarray) -> np.ndarray:
    from scipy.special import ndtr

    found: np.ndarray = ndtr((threshold - mean) / error)
    return found


def _running(rows: pl.DataFrame, own: pl.DataFrame, kind: str) -> pl.DataFrame:
    """Rows of the measure of organisations of this kind that are still there.

    Those are the ones with a figure of any measure and status in the latest year in which any of their kind
    has this measure: a school that closed, or became another, is not forecast.
    """
    of_kind = own.filter(pl.col("organisation").str.starts_with(f"{kind}:"))
    there = rows.filter(pl.col("year") >= of_kind["year"].max()).select("organisation").unique()
    return of_kind.join(there, on="organisation", how="semi")


def _measure(key: str, year: int) -> Measure:
    if key not in registry():
        raise ValueError(f"there is no measure called {key}; `headway measures` lists them")
    known = registry()[key]
    if year not in known.years:
        raise ValueError(
            f"{known.title} does not exist in {year}, so it cannot be forecast. {known.notes}".strip()
        )
    return known


def _no_past(known: Measure, year: int, since: int | None, reasons: list[str]) -> str:
    if since is None:
        return f"{known.title} cannot be forecast for {year}: {'; '.join(sorted(set(reasons)))}"
    why = "; ".join(f"{each.reason} in {each.year}" for each in known.breaks if each.year == since)
    return (
        f"{known.title} cannot be forecast for {year}: there is no result since {since}, "
        f"and earlier ones may not be compared ({why})"
    )


def _related(known: Measure, rows: pl.DataFrame) -> list[str]:
    """Other measures of the same stage in the results, by which a school's standing may be known better."""
    return [
        key
        for key in rows["measure"].unique().sort()
        if key != known.key
        and key in registry()
        and registry()[key].stage == known.stage
        and registry()[key].unit in _RELATED_UNITS
        and registry()[key].direction == "higher"
    ]


def _of_group(
    rows: pl.DataFrame,
    organisations: list[str],
    known: Measure,
    year: int,
    group: str,
    *,
    national_change: float | None,
    threshold: float | None,
    areas: dict[str, str],
    since: int | None,
) -> pl.DataFrame:
    series = {(known.key, group): known.key}
    if group != "all":
        series[known.key, "all"] = f"{known.key} of all pupils"
    series |= {(key, group): key for key in _related(known, rows)}
    panel = results_panel(
        rows,
        series=series,
        context={key: key for key in _CONTEXT},
        organisations=organisations,
        areas=areas,
    )
    made = forecast_panel(
        panel,
        known.key,
        year,
        national_change=national_change,
        since=since,
        percent=known.unit == "percent",
    )
    return table(panel, made, measure=known.key, group=group, threshold=threshold)


def table(
    panel: Panel, made: SeriesForecast, *, measure: str, group: str, threshold: float | None = None
) -> pl.DataFrame:
    """A series' forecast as a table, columns `FORECAST`."""
    error = made.standard_error
    sized = np.isfinite(panel.known_before(made.year).size)
    area_error = np.minimum(np.sqrt(made.certainty.area_variance), np.sqrt(made.variance))
    numbers = {
        "pupils": np.where(sized, made.size, np.nan),
        "mean": made.mean,
        "lower": made.at(0.05),
        "upper": made.at(0.95),
        "lower80": made.at(0.10),
        "upper80": made.at(0.90),
        "standard_error": error,
        "area_error": area_error,
        "national_error": np.full(len(panel), np.sqrt(made.national_variance)),
        "probability_below": np.full(len(panel), np.nan)
        if threshold is None
        else made.probability_below(threshold),
    }
    patterns, of_pattern = np.unique(made.known, axis=0, return_inverse=True)
    said = [_based_on(made, pattern) for pattern in patterns]
    based_on = [said[index] for index in of_pattern.ravel()]
    labels = [_label(made, pattern) for pattern in patterns]
    return pl.DataFrame(
        {
            "organisation": panel.organisations.tolist(),
            "year": made.year,
            "measure": measure,
            "group": group,
            **{name: pl.Series(values).fill_nan(None) for name, values in numbers.items()},
            "method": [method for method, _ in based_on],
            "based_on": [words for _, words in based_on],
            "label": [labels[index] for index in of_pattern.ravel()],
        },
        schema=FORECAST,
    )


def _based_on(made: SeriesForecast, pattern: np.ndarray) -> tuple[str, str]:
    """How the forecast was made and of what, for organisations that have these predictors."""
    there = [one for one, known in zip(made.predictors, pattern, strict=True) if known]
    own = [one for one in there if _is_own(made, one)]
    years = ", ".join(str(one.year) for one in sorted(own, key=lambda one: one.year))
    if made.carried_on:
        return ("last result" if own else "mean"), (
            f"its result of {own[0].year}" if own else "the mean of all"
        )
    related = {one.series for one in there if one.kind == "past" and not _is_own(made, one)}
    context = {one.series for one in there if one.kind == "context"}
    parts = [f"its results of {years}"] if own else []
    parts += [f"{len(related)} other figures"] if related else []
    parts += [f"context ({len(context)} figures)"] if context else []
    parts += ["its authority's mean"] if any(one.kind == "area" for one in there) else []
    return ("past results" if own else "schools like it"), "; ".join(parts or ["the mean of all"])


def _label(made: SeriesForecast, pattern: np.ndarray) -> str:
    """What a reader must know."""
    own = [known for one, known in zip(made.predictors, pattern, strict=True) if _is_own(made, one)]
    said = []
    if not any(own):
        said.append("no past result of its own: what schools like it reach")
    elif not own[0]:
        said.append("no result of the latest year")
    if made.carried_on:
        said.append("too few organisations to learn from: the latest result carried on")
    elif made.certainty.origin is None:
        said.append("the interval is the model's own, not checked against an earlier year")
    if not made.national_given:
        said.append(
            "national change not known: none expected"
            + ("" if not made.national_variance else f", give or take {made.national_variance**0.5:.1f}")
        )
    return "; ".join(said)


def _is_own(made: SeriesForecast, one: Predictor) -> bool:
    return one.kind == "past" and one.series == made.series
