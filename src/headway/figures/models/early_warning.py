"""Which schools are due a closer look, and because of what: never a predicted grade.

A logistic model of our own, learnt on schools that were inspected, ranks schools by how alike they are to those
that came out below good. It knows only what was known on a day (`warning_evidence`), and it is modest: it says
where to look first, and every line says why. `cross_validated` measures it on schools that it was not fitted to.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from headway.figures.models import warning_logistic as logistic
from headway.figures.models.panel import Numbers
from headway.figures.models.warning_evidence import FACTORS, THEMES

FEWEST = 300
"""Inspected schools, and a tenth of that below good, without which nothing is learnt."""
_SPEAKS = 0.05
"""Log odds from which a theme is named as a reason."""


@dataclass(frozen=True)
class Columns:
    """How evidence becomes standardised columns: what is missing stands at the mean, and is marked as missing."""

    mean: Numbers
    scale: Numbers
    marked: tuple[int, ...]
    """Factors that have a column saying that they are missing."""

    @property
    def themes(self) -> list[str]:
        """The theme of each column."""
        return [factor.theme for factor in FACTORS] + [FACTORS[place].theme for place in self.marked]

    def of(self, values: Numbers) -> Numbers:
        """The columns of these values (schools by factors, NaN where missing)."""
        missing = np.isnan(values)
        filled = np.where(missing, 0.0, (values - self.mean) / self.scale)
        marks = missing[:, list(self.marked)].astype(float)
        return np.column_stack([filled, marks])


def _columns(values: Numbers) -> Columns:
    missing = np.isnan(values)
    count = np.maximum((~missing).sum(axis=0), 1)
    mean = np.where(missing, 0.0, values).sum(axis=0) / count
    scale = np.sqrt(np.where(missing, 0.0, (values - mean) ** 2).sum(axis=0) / count)
    marked: list[int] = []
    for place in range(values.shape[1]):
        often = 0.005 < missing[:, place].mean() < 0.995
        if often and not any((missing[:, place] == missing[:, other]).all() for other in marked):
            marked.append(place)
    return Columns(mean, np.where(scale > 0, scale, 1.0), tuple(marked))


@dataclass(frozen=True)
class EarlyWarning:
    """A fitted model: `due` ranks schools and says why."""

    columns: Columns
    equation: logistic.Logistic
    typical: Numbers
    """The mean of each column among the schools it was learnt on: reasons are departures from it."""
    schools: int
    below_good: int

    def chance(self, evidence: pl.DataFrame) -> Numbers:
        """How often schools like each came out below good, 0 to 1."""
        return self.equation.chance(self.columns.of(_values(evidence)))

    def contributions(self, evidence: pl.DataFrame) -> pl.DataFrame:
        """What each theme adds to the log odds of each school, against the typical school."""
        parts = (self.columns.of(_values(evidence)) - self.typical) * self.equation.coefficients
        themes = np.array(self.columns.themes)
        summed = {theme: parts[:, themes == theme].sum(axis=1) for theme in dict.fromkeys(themes.tolist())}
        return evidence.select("organisation").with_columns(
            pl.Series(theme, values) for theme, values in summed.items()
        )

    def drivers(self) -> pl.DataFrame:
        """Each column's coefficient, by its size: `factor`, `theme`, `missing` and `log_odds` for one
        standard deviation (for the whole, where the column says that a figure is missing)."""
        keys = [factor.key for factor in FACTORS]
        return pl.DataFrame(
            {
                "factor": [*keys, *(keys[place] for place in self.columns.marked)],
                "theme": self.columns.themes,
                "missing": [*[False] * len(keys), *[True] * len(self.columns.marked)],
                "log_odds": self.equation.coefficients,
            }
        ).sort(pl.col("log_odds").abs(), descending=True)

    def due(self, evidence: pl.DataFrame) -> pl.DataFrame:
        """Schools by how much they are due a closer look, the most first.

        `chance` in percent, how often schools like it came out below good; `usual` the share of all;
        `place` 1 for the first; `because` the reasons, the strongest first; `text` a sentence to show.
        """
        chance = 100 * self.chance(evidence)
        parts = self.contributions(evidence)
        reasons = [_reasons(row) for row in parts.drop("organisation").iter_rows(named=True)]
        usual = 100 * self.below_good / self.schools
        return (
            evidence.select("organisation")
            .with_columns(
                chance=pl.Series(chance),
                usual=pl.lit(usual),
                because=pl.Series(reasons, dtype=pl.List(pl.String())),
            )
            .sort("chance", "organisation", descending=[True, False])
            .with_columns(
                place=pl.int_range(1, pl.len() + 1),
                text=pl.when(pl.col("because").list.len() > 0)
                .then(pl.format("due a closer look, because: {}", pl.col("because").list.join("; ")))
                .otherwise(pl.lit("nothing here asks for a closer look")),
            )
        )


def _reasons(parts: dict[str, float]) -> list[str]:
    strongest = sorted(parts.items(), key=lambda item: -item[1])[:3]
    return [THEMES[theme] for theme, value in strongest if value >= _SPEAKS]


def fit(evidence: pl.DataFrame, below_good: npt.NDArray[np.bool_]) -> EarlyWarning:
    """Learn from schools that were inspected: their `evidence` beforehand, and whether they came out below good.

    The penalty is chosen by cross-validation within these schools. Raises ValueError where there are too few.
    """
    if len(below_good) != evidence.height:
        raise ValueError(f"{evidence.height} schools, but {len(below_good)} outcomes")
    if len(below_good) < FEWEST or below_good.sum() < FEWEST / 10:
        raise ValueError(
            f"an early warning needs {FEWEST} inspected schools, {FEWEST // 10} of them below good; here are "
            f"{len(below_good)} and {int(below_good.sum())}: load the national inspection files"
        )
    values = _values(evidence)
    columns = _columns(values)
    standardised = columns.of(values)
    penalty = logistic.chosen_penalty(standardised, below_good)
    equation = logistic.fitted(standardised, below_good, penalty)
    return EarlyWarning(columns, equation, standardised.mean(axis=0), len(below_good), int(below_good.sum()))


def _values(evidence: pl.DataFrame) -> Numbers:
    missing = [factor.key for factor in FACTORS if factor.key not in evidence.columns]
    if missing:
        raise ValueError(f"the evidence lacks {', '.join(missing)}; make it with `evidence`")
    found: Numbers = (
        evidence.select(pl.col(factor.key).cast(pl.Float64).fill_null(np.nan) for factor in FACTORS)
        .to_numpy()
        .astype(np.float64)
    )
    return found


@dataclass(frozen=True)
class Ranking:
    """How well a ranking found the schools that came out below good.

    `area` under the curve (0.5 is chance); `top_tenth` the share of them, in percent, in its first tenth.
    """

    method: str
    schools: int
    below_good: int
    area: float
    top_tenth: float


@dataclass(frozen=True)
class WarningReport:
    """Rankings of schools not used to fit them, and calibration: (chance said, share found, schools) by fifth."""

    rankings: tuple[Ranking, ...]
    calibration: tuple[tuple[float, float, int], ...]

    def as_rows(self) -> list[dict[str, object]]:
        """One row a ranking."""
        return [asdict(ranking) for ranking in self.rankings]

    def to_text(self) -> str:
        """A table for people."""
        lines = [f"{'ranked by':34} schools  below good   AUC  in its first tenth"]
        lines += [
            f"{one.method:34} {one.schools:7,} {one.below_good:11,} {one.area:5.3f} {one.top_tenth:10.1f} %"
            for one in self.rankings
        ]
        lines.append(
            "chance said, share found: " + ", ".join(f"{a:.1f} {b:.1f}" for a, b, _ in self.calibration)
        )
        return "\n".join(lines)


def cross_validated(
    evidence: pl.DataFrame, below_good: npt.NDArray[np.bool_], *, folds: int = 5, seed: int = 0
) -> WarningReport:
    """Fit on all folds but one, rank that one, five times; the penalty is chosen within each fit.

    Beside it: the previous grade alone (the lower the grade, the earlier), the results alone.
    """
    fold = logistic.folds_of(below_good, folds, seed)
    chance = np.zeros(len(below_good))
    for each in range(folds):
        out = fold == each
        learnt = fit(evidence.filter(pl.Series(~out)), below_good[~out])
        chance[out] = learnt.chance(evidence.filter(pl.Series(out)))
    return report(evidence, below_good, chance, f"early warning, {folds} folds")


def report(
    evidence: pl.DataFrame, below_good: npt.NDArray[np.bool_], chance: Numbers, method: str
) -> WarningReport:
    """The report of `chance`, a ranking made without these outcomes, beside the two simple ones."""
    rivals = {
        "previous grade alone": evidence["grade"].cast(pl.Float64),
        "results alone": -evidence["expected_latest"],
    }
    rankings = [_ranking(method, chance, below_good)]
    for name, score in rivals.items():
        known = score.is_not_null().to_numpy()
        rankings.append(_ranking(name, score.fill_null(0.0).to_numpy()[known], below_good[known]))
    order = np.array_split(np.argsort(chance, kind="stable"), 5)
    calibration = tuple(
        (100 * float(chance[part].mean()), 100 * float(below_good[part].mean()), len(part)) for part in order
    )
    return WarningReport(tuple(rankings), calibration)


def _ranking(method: str, score: Numbers, outcome: npt.NDArray[np.bool_]) -> Ranking:
    return Ranking(
        method,
        len(outcome),
        int(outcome.sum()),
        logistic.area_under_curve(score, outcome),
        100 * logistic.share_held(score, outcome),
    )
