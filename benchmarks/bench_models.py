"""How fast the multilevel models are beside their peers, and whether they agree: `python benchmarks/bench_models.py`.

600,000 pupils in 16,000 schools in 150 authorities, 14 covariates and an intercept. Headway's time runs from
Parquet to shrunken estimates with their standard errors; the peers' is their fit alone, on data in memory.
Peers: R's lme4 where R is installed (`apt-get install r-base-core r-cran-lme4`), statsmodels (on a tenth of
the pupils, unless `--whole`: it takes minutes), and pandas, which computes the same sums.
"""

from __future__ import annotations

import argparse
import json
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "figures" / "models"))
from national_cohort import national_cohort

from headway.figures.models import value_added

FIXED = ["prior", *(f"flag{index}" for index in range(1, 14))]
MODELS: dict[str, tuple[list[str], list[str], str]] = {
    "random intercept": (["school"], [], "(1|school)"),
    "random slope": (["school"], ["prior"], "(prior|school)"),
    "three levels": (["school", "authority"], [], "(1|school)+(1|authority)"),
}
SUBJECTS = ["reading", "writing", "mathematics"]
WANTED = {"random intercept": 30, "random slope": 40, "three levels": 40}

LMER = """
suppressMessages({library(lme4)})
frame <- read.csv("%(csv)s"); frame$school <- factor(frame$school); frame$authority <- factor(frame$authority)
for (spec in strsplit("%(specs)s", ";")[[1]]) {
  formula <- as.formula(paste("score ~ %(fixed)s +", spec))
  spent <- replicate(%(times)d, system.time(default <- lmer(formula, frame))["elapsed"])
  tight <- lmer(formula, frame, control = lmerControl(optimizer = "bobyqa", calc.derivs = FALSE,
                optCtrl = list(rhoend = 1e-12, maxfun = 1e5)))
  write.csv(data.frame(seconds = spent), file.path("%(out)s", paste0("seconds-", gsub("[^a-z1]", "", spec), ".csv")))
  write.csv(data.frame(value = c(REMLcrit(tight), fixef(tight))),
            file.path("%(out)s", paste0("fixed-", gsub("[^a-z1]", "", spec), ".csv")))
  write.csv(as.data.frame(VarCorr(tight)), file.path("%(out)s", paste0("var-", gsub("[^a-z1]", "", spec), ".csv")))
  write.csv(ranef(tight)$school, file.path("%(out)s", paste0("ranef-", gsub("[^a-z1]", "", spec), ".csv")))
  # The same likelihood at Headway's minimum: where lme4's optimiser stops short, this tells whose numbers are right.
  theta <- scan(file.path("%(out)s", paste0("theta-", gsub("[^a-z1]", "", spec), ".txt")), quiet = TRUE)
  parts <- lFormula(formula, frame); deviance <- do.call(mkLmerDevfun, parts); value <- deviance(theta)
  there <- mkMerMod(environment(deviance), list(par = theta, fval = value, conv = 0, message = ""),
                     parts$reTrms, fr = parts$fr)
  write.csv(data.frame(value = c(value - REMLcrit(tight), sigma(there)^2, fixef(there))),
            file.path("%(out)s", paste0("there-", gsub("[^a-z1]", "", spec), ".csv")))
  write.csv(ranef(there)$school, file.path("%(out)s", paste0("thereranef-", gsub("[^a-z1]", "", spec), ".csv")))
}
"""


def main() -> None:
    """Runs the benchmark and prints one line a figure; `--json FILE` keeps them."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--pupils", type=int, default=600_000)
    options.add_argument("--schools", type=int, default=16_000)
    options.add_argument("--times", type=int, default=7, help="how often Headway is timed")
    options.add_argument("--peer-times", type=int, default=1, help="how often lmer is timed")
    options.add_argument("--whole", action="store_true", help="statsmodels on all pupils")
    options.add_argument("--without-peers", action="store_true")
    options.add_argument("--json", type=Path)
    asked = options.parse_args()
    figures: dict[str, Any] = {"pupils": asked.pupils, "schools": asked.schools}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "pupils.parquet"
        cohort = national_cohort(asked.schools, asked.pupils, between_authorities=0.47, slope=0.2)
        cohort.pupils.write_parquet(path)
        fits = {}
        for name, (groups, slopes, _) in MODELS.items():

            def whole(groups: list[str] = groups, slopes: list[str] = slopes) -> value_added.Fit:
                made = value_added.fit(path, "score", FIXED, groups, slopes)
                made.effects()
                return made

            fits[name] = whole()
            figures[f"headway {name} seconds"] = timed(whole, asked.times)
        three = national_subjects(cohort.pupils, Path(folder) / "subjects.parquet")
        figures["headway three subjects together seconds"] = timed(
            lambda: [
                each.effects() for each in value_added.fits(three, SUBJECTS, FIXED, ["school"]).values()
            ],
            asked.times,
        )
        figures["headway peak MiB"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        figures["adding a year seconds"] = timed(lambda: add_a_year(fits["random intercept"]), asked.times)
        if not asked.without_peers:
            frame = cohort.pupils.to_pandas()
            figures["pandas sums seconds"] = timed(lambda: pandas_sums(frame), 3)
            beside_lmer(Path(folder), cohort.pupils, fits, asked.peer_times, figures)
            beside_statsmodels(cohort.pupils, figures, asked.whole)
    for name, value in figures.items():
        print(f"{name:48} {value:,.6g}" if isinstance(value, int | float) else f"{name:48} {value}")
    if asked.json:
        asked.json.write_text(json.dumps(figures, indent=1))


def timed(work: Callable[[], object], times: int) -> float:
    """Median seconds."""
    spent = []
    for _ in range(times):
        start = time.perf_counter()
        work()
        spent.append(time.perf_counter() - start)
    return statistics.median(spent)


def national_subjects(pupils: pl.DataFrame, path: Path) -> Path:
    """The same pupils with three outcomes."""
    more = {
        name: pl.col("score") * (1 + place / 10) + pl.col("flag1") * place
        for place, name in enumerate(SUBJECTS)
    }
    pupils.with_columns(**more).write_parquet(path)
    return path


def add_a_year(fit: value_added.Fit) -> value_added.Fit:
    """What another year costs once its sums are there: the addition and the fit."""
    return value_added.fit_sums(fit.sums + fit.sums)


def pandas_sums(frame: pd.DataFrame) -> tuple[pd.DataFrame, np.ndarray[Any, Any]]:
    """The same sums of products in pandas."""
    columns = [*FIXED, "score"]
    centred = frame[columns] - frame[columns].mean()
    by_school = centred.assign(n=1.0).groupby(frame["school"]).sum()
    return by_school, (centred.T @ centred).to_numpy()


def beside_lmer(
    folder: Path, pupils: pl.DataFrame, fits: dict[str, value_added.Fit], times: int, figures: dict[str, Any]
) -> None:
    """Times lme4's lmer on the same pupils, and the differences from it with its optimiser tightened."""
    if shutil.which("Rscript") is None:
        figures["lmer"] = "R is not installed"
        return
    pupils.write_csv(folder / "pupils.csv")
    for name, (_, _, spec) in MODELS.items():
        (folder / f"theta-{key_of(spec)}.txt").write_text(" ".join(map(repr, map(float, theta(fits[name])))))
    script = LMER % {
        "csv": folder / "pupils.csv", "out": folder, "times": times, "fixed": " + ".join(FIXED),
        "specs": ";".join(spec for *_, spec in MODELS.values()),
    }  # fmt: skip
    subprocess.run(["Rscript", "-e", script], check=True)
    for name, (_, slopes, spec) in MODELS.items():
        key = key_of(spec)
        seconds = float(pl.read_csv(folder / f"seconds-{key}.csv")["seconds"].median())  # type: ignore[arg-type]
        figures[f"lmer {name} seconds (fit only)"] = seconds
        ratio = seconds / figures[f"headway {name} seconds"]
        figures[f"lmer / headway, {name} (wanted {WANTED[name]})"] = ratio
        fit = fits[name]
        values = pl.read_csv(folder / f"fixed-{key}.csv")["value"].to_numpy()
        figures[f"{name}: deviance less lmer's"] = fit.deviance - values[0]
        ours = np.array(list(fit.coefficients.values()))
        figures[f"{name}: largest difference of coefficients"] = float(np.abs(ours - values[1:]).max())
        there = pl.read_csv(folder / f"there-{key}.csv")["value"].to_numpy()
        figures[f"{name}: lmer's deviance at our minimum less at its own"] = there[0]
        figures[f"{name}: largest difference of coefficients at our minimum"] = float(
            np.abs(ours - there[2:]).max()
        )
        figures[f"{name}: difference of residual variance at our minimum"] = abs(
            fit.residual_variance - there[1]
        )
        figures[f"{name}: largest difference of estimates at our minimum"] = apart(
            folder / f"thereranef-{key}.csv", fit
        )
        variances = pl.read_csv(folder / f"var-{key}.csv", null_values="NA")
        theirs = {
            (row["grp"], row["var1"], row["var2"]): row["vcov"] for row in variances.iter_rows(named=True)
        }
        worst = abs(theirs["Residual", None, None] - fit.residual_variance)
        for level in fit.groups:
            worst = max(worst, abs(theirs[level, "(Intercept)", None] - fit.between(level)))
        if slopes:
            worst = max(worst, abs(theirs["school", "prior", None] - fit.between(term="prior")))
        figures[f"{name}: largest difference of variances"] = worst
        figures[f"{name}: largest difference of estimates"] = apart(folder / f"ranef-{key}.csv", fit)


def key_of(spec: str) -> str:
    """A model's random part as a file name, as the R script makes it."""
    return "".join(letter for letter in spec if letter.islower() or letter == "1")


def theta(fit: value_added.Fit) -> list[float]:
    """The variances in lme4's parameters: Cholesky factors relative to the residual, the level of most groups first."""
    school = np.atleast_2d(np.asarray(fit.variances["school"])) / fit.residual_variance
    factor = np.linalg.cholesky(school)
    found = [factor[row, column] for column in range(len(factor)) for row in range(column, len(factor))]
    if "authority" in fit.groups:
        found.append((fit.between("authority") / fit.residual_variance) ** 0.5)
    return found


def apart(path: Path, fit: value_added.Fit) -> float:
    """The largest difference of schools' estimates from those in an R file."""
    effects = pl.read_csv(path).rename({"": "group", "(Intercept)": "lmer"}, strict=False)
    both = fit.effects().join(effects.cast({"group": pl.Int64}), on="group")
    return float((both["estimate"] - both["lmer"]).abs().max())  # type: ignore[arg-type]


def beside_statsmodels(pupils: pl.DataFrame, figures: dict[str, Any], whole: bool) -> None:
    """Times statsmodels' MixedLM with a random intercept, by default on a tenth of the schools."""
    import warnings

    import statsmodels.api as sm

    part = pupils if whole else pupils.filter(pl.col("school") % 10 == 0)
    frame = part.to_pandas()
    design = sm.add_constant(frame[FIXED])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        start = time.perf_counter()
        fitted = sm.MixedLM(frame["score"], design, groups=frame["school"]).fit(reml=True)
        spent = time.perf_counter() - start
    ours = timed(lambda: value_added.fit(part, "score", FIXED, ["school"]).effects(), 5)
    figures["statsmodels pupils"] = part.height
    figures["statsmodels random intercept seconds"] = spent
    figures["statsmodels converged"] = str(bool(fitted.converged))
    figures["statsmodels / headway on the same pupils"] = spent / ours


if __name__ == "__main__":
    main()
