"""How fast estimates are on 600,000 pupils, and how good beside their rivals: `python benchmarks/bench_estimates.py`.

Rivals, all fitted on half the schools and judged on the other half (methods.md, B): a table of cells (prior attainment x sex
x month, as FFT's type A is often imitated), and a multilevel model's mean turned into a probability by a normal curve.
"""

from __future__ import annotations

import argparse
import json
import resource
import time
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from scipy.special import ndtr

from headway.example.nation import national_cohort
from headway.figures.models import value_added
from headway.figures.models.calibration import quality
from headway.figures.models.estimate_levels import compared
from headway.figures.models.estimate_terms import prepared, type_a, type_b, with_outcomes
from headway.figures.models.estimates import EstimateModel, fit_estimates

YEAR = 2019
SUBJECTS, STANDARDS = ("reading", "writing", "mathematics", "rwm"), ("expected", "higher")
OUTCOMES = [f"ks2_{subject}_{standard}" for subject in SUBJECTS for standard in STANDARDS]
JUDGED = "ks2_reading_expected"


def main() -> None:
    """Runs the benchmark and prints one line a figure; `--json FILE` keeps them."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--pupils", type=int, default=600_000)
    options.add_argument("--schools", type=int, default=16_000)
    options.add_argument("--json", type=Path)
    asked = options.parse_args()
    figures: dict[str, Any] = {}
    drawn = national_cohort(YEAR, asked.pupils, asked.schools)
    start = time.perf_counter()
    cohort = with_outcomes(prepared(drawn, YEAR, school="school"), YEAR, OUTCOMES)
    figures["prepare seconds"] = time.perf_counter() - start
    models = {}
    for name, terms, against in (
        ("A", type_a(cohort), "pupils"),
        ("B", type_b(cohort), "similar schools"),
    ):
        start = time.perf_counter()
        models[name] = fit(cohort, terms, against, check=False)
        figures[f"type {name}: fit {len(OUTCOMES)} outcomes, seconds"] = time.perf_counter() - start
        start = time.perf_counter()
        models[name].pupils(cohort)
        figures[f"type {name}: every pupil's probabilities, seconds"] = time.perf_counter() - start
    start = time.perf_counter()
    models["A"].schools(cohort)
    figures["every school's numbers and ranges, seconds"] = time.perf_counter() - start
    judge(cohort, figures)
    covered(cohort, figures)
    one_authority(cohort, figures)
    figures["peak MiB"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    for name, value in figures.items():
        print(f"{name:72} {value:,.5g}")
    if asked.json:
        asked.json.write_text(json.dumps(figures, indent=1))


def fit(
    cohort: pl.DataFrame, terms: tuple[str, ...], against: Any, *, basis: Any = "national", check: bool
) -> EstimateModel:
    """A model of every outcome."""
    return fit_estimates(
        cohort,
        outcomes=OUTCOMES,
        terms=terms,
        compared_with=against,
        basis=basis,
        school="school",
        check=check,
    )


def halves(cohort: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The even schools, to fit on, and the odd ones, to judge on."""
    even = pl.col("school") % 2 == 0
    return cohort.filter(even), cohort.filter(~even)


def judge(cohort: pl.DataFrame, figures: dict[str, Any]) -> None:
    """Brier score, log loss and calibration error of Headway's probabilities and of the rivals', on schools left out."""
    used, judged = halves(cohort)
    known = judged[JUDGED].cast(pl.Float64).to_numpy()
    chances = {
        "cell lookup": cell_lookup(used, judged),
        "multilevel mean, normal curve": normal_curve(used, judged),
    }
    for name, terms in (("A", type_a(cohort)), ("B", type_b(cohort))):
        model = fit(used, terms, "pupils", check=False)
        wide = model.pupils(judged)
        chances[f"Headway type {name}"] = wide.filter(pl.col("outcome") == JUDGED)["probability"].to_numpy()
        worst = max(
            quality(
                wide.filter(pl.col("outcome") == key)["probability"].to_numpy(),
                judged[key].cast(pl.Float64).to_numpy(),
            ).calibration_error
            for key in OUTCOMES
        )
        figures[f"Headway type {name}: worst calibration error of {len(OUTCOMES)} outcomes"] = worst
    for name, chance in chances.items():
        found = quality(chance, known)
        figures[f"{name}: Brier"] = found.brier
        figures[f"{name}: log loss"] = found.log_loss
        figures[f"{name}: calibration error"] = found.calibration_error


def cell_lookup(used: pl.DataFrame, judged: pl.DataFrame) -> np.ndarray[Any, Any]:
    """The share of the pupils of the same prior attainment, sex and month who got there."""
    cell = ["prior_points", "sex", "months_younger"]
    table = used.group_by(cell).agg(pl.col(JUDGED).mean().alias("share"))
    found = judged.join(table, on=cell, how="left", maintain_order="left")["share"]
    return found.fill_null(used[JUDGED].mean()).to_numpy()


def normal_curve(used: pl.DataFrame, judged: pl.DataFrame) -> np.ndarray[Any, Any]:
    """P(score of 100 or more) by a normal curve about the mean that a multilevel model expects."""
    terms = ["prior_points", "prior_points^2", "sex", "months_younger"]
    fitted = value_added.fit(used, "reading_score", terms, ["school"])
    made = judged.select(
        (pl.col("prior_points")).alias("a"),
        (pl.col("prior_points") ** 2).alias("b"),
        (pl.col("sex") == "M").cast(pl.Float64).alias("c"),
        pl.col("months_younger").cast(pl.Float64).alias("d"),
    )
    values = np.array(
        [fitted.coefficients[name] for name in ("prior_points", "prior_points^2", "sex[M]", "months_younger")]
    )
    mean = fitted.coefficients["intercept"] + made.to_numpy() @ values
    spread = (fitted.between() + fitted.residual_variance) ** 0.5
    return np.asarray(1 - ndtr((99.5 - mean) / spread))


def covered(cohort: pl.DataFrame, figures: dict[str, Any]) -> None:
    """How often schools' ranges hold what schools left out went on to get: with the school's own effect, and without."""
    used, judged = halves(cohort)
    model = fit(used, type_a(cohort), "pupils", check=False)
    figures["95 % ranges hold the truth, %"] = 100 * share_within(model, judged)
    alone = share_within(model, judged, "chance_")
    figures["the same by chance alone (school's own effect left out), %"] = 100 * alone


def share_within(model: EstimateModel, judged: pl.DataFrame, which: str = "") -> float:
    """The share of schools' results that lie in their ranges."""
    actual = (
        judged.unpivot(OUTCOMES, index="school", variable_name="outcome")
        .group_by(pl.col("school").alias("organisation"), "outcome")
        .agg(pl.col("value").sum().alias("actual"))
    )
    both = model.schools(judged).join(actual, on=["organisation", "outcome"])
    return float(both["actual"].is_between(both[f"{which}lower"], both[f"{which}upper"]).mean() or 0)


def one_authority(cohort: pl.DataFrame, figures: dict[str, Any]) -> None:
    """What an authority's own data alone change, over ten authorities: fitted on half its schools, used on the rest."""
    used, judged = halves(cohort)
    nation = fit(used, type_a(cohort), "pupils", check=False)
    rows, errors, inside = [], [], []
    for authority in range(0, 150, 15):
        own = used.filter(pl.col("authority") == authority)
        model = fit(own, type_a(own), "pupils", basis="authority", check=False)
        coming = judged.filter(pl.col("authority") == authority)
        rows.append(compared(nation, model, coming))
        inside += [share_within(each, coming) for each in (model, nation)]
        for name, each in (("national", nation), ("own", model)):
            chance = each.pupils(coming).filter(pl.col("outcome") == JUDGED)["probability"].to_numpy()
            found = quality(chance, coming[JUDGED].cast(pl.Float64).to_numpy(), bins=10)
            errors.append((name, found.brier))
    table = pl.concat(rows)
    figures["one authority: pupils' probabilities differ from the nation's, points"] = 100 * float(
        table["difference"].mean() or 0
    )
    figures["one authority: ranges of schools, times as wide"] = float(table["wider"].mean() or 0)
    figures["one authority: standard error of its own level, points"] = float(table["unsure"].mean() or 0)
    figures["one authority: ranges hold the truth, %"] = 100 * float(np.mean(inside[::2]))
    figures["the same schools by national data, %"] = 100 * float(np.mean(inside[1::2]))
    briers = pl.DataFrame(errors, schema=["basis", "brier"], orient="row").group_by("basis").mean()
    for name, value in briers.iter_rows():
        figures[f"one authority: Brier by {name} data"] = value


if __name__ == "__main__":
    main()
