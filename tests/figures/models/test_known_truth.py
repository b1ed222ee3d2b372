"""On a generated national cohort whose truth is known: intervals cover, shrinking pays, the list finds the lowest."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
import pytest
from national_cohort import Cohort, national_cohort

from headway.figures.models import effects, value_added
from headway.figures.models.comparing import likely_lowest

FIXED = ["prior", *(f"flag{index}" for index in range(1, 14))]
SIZES = ((1, 10), (11, 15), (16, 30), (31, 60), (61, 1000))


@dataclass(frozen=True)
class Judged:
    """A cohort, its fit, and a row a school: estimate, truth and the score that DfE's method would give."""

    cohort: Cohort
    fit: value_added.Fit
    table: pl.DataFrame


@pytest.fixture(scope="module")
def nation() -> list[Judged]:
    return [judged(national_cohort(seed=seed)) for seed in (2026, 2027, 2028)]


def judged(cohort: Cohort) -> Judged:
    fit = value_added.fit(cohort.pupils, "score", FIXED, ["school"])
    by_group = cohort.pupils.with_columns(
        progress=pl.col("score") - pl.col("score").mean().over("prior")
    ).group_by("school")
    as_dfe = by_group.agg(pl.col("progress").mean().alias("dfe"))
    table = (
        fit.effects()
        .join(cohort.schools, left_on="group", right_on="school")
        .join(as_dfe, left_on="group", right_on="school")
    )
    return Judged(cohort, fit, table)


def test_the_variances_are_found_again(nation: list[Judged]) -> None:
    for one in nation:
        assert one.cohort.pupils.height > 500_000
        assert one.fit.between() == pytest.approx(one.cohort.between, rel=0.03)
        assert one.fit.residual_variance == pytest.approx(one.cohort.residual, rel=0.01)


def test_95_percent_intervals_cover_the_truth_94_to_96_times_in_a_hundred(nation: list[Judged]) -> None:
    for one in nation:
        error = one.table["estimate"] - one.table["effect"]
        covered = error.abs() <= 1.96 * one.table["comparative_se"]
        assert 0.94 <= float(covered.mean() or 0) <= 0.96
        for low, high in SIZES:
            band = covered.filter(one.table["n"].is_between(low, high))
            assert 0.93 <= float(band.mean() or 0) <= 0.97


def test_the_shrunken_estimate_beats_dfe_style_value_added_for_every_cohort_size(
    nation: list[Judged],
) -> None:
    for one in nation:
        for low, high in SIZES:
            band = one.table.filter(pl.col("n").is_between(low, high))
            assert band.height > 100
            error = {
                name: float(((band[name] - band["effect"]) ** 2).mean() or 0) ** 0.5
                for name in ("estimate", "raw", "dfe")
            }
            assert error["estimate"] < error["raw"] < error["dfe"]


def test_the_probability_list_finds_more_of_the_truly_lowest_than_either_ranking(
    nation: list[Judged],
) -> None:
    found = {"raw": 0, "estimate": 0, "dfe": 0, "probability": 0}
    for one in nation:
        count = round(0.05 * one.table.height)
        truly = set(one.table.sort("effect").head(count)["group"])
        for name in ("raw", "estimate", "dfe"):
            found[name] += len(truly & set(one.table.sort(name).head(count)["group"]))
        threshold = -1.6448536 * one.fit.between() ** 0.5  # the fifth percentile of schools' true effects
        listed = likely_lowest(one.table, threshold, count)
        found["probability"] += len(truly & set(listed["group"]))
        same = one.fit.probability_below(threshold).join(listed, on="group", suffix="_listed")
        assert np.allclose(same["probability"], same["probability_listed"])
    assert found["probability"] > found["estimate"] > found["raw"] > found["dfe"]


def test_the_probability_of_being_below_is_as_often_right_as_it_says(nation: list[Judged]) -> None:
    one = nation[0]
    threshold = -1.0
    table = one.fit.probability_below(threshold).join(one.table.select("group", "effect"), on="group")
    gaps, weights = [], []
    for decile in range(10):
        band = table.filter(pl.col("probability").is_between(decile / 10, (decile + 1) / 10, closed="left"))
        gaps.append(
            abs(float((band["effect"] < threshold).mean() or 0) - float(band["probability"].mean() or 0))
        )  # type: ignore[arg-type]
        weights.append(band.height)
    assert np.average(gaps, weights=weights) < 0.015
    ours = float(table["probability"].sum())
    assert ours == pytest.approx(float((table["effect"] < threshold).sum()), rel=0.05)


def test_comparative_intervals_at_low_and_high_prior_attainment_cover_too() -> None:
    cohort = national_cohort(schools=4000, slope=0.4, seed=7)
    fit = value_added.fit(cohort.pupils, "score", FIXED, ["school"], ["prior"])
    table = effects.differential(fit, "prior", -2.0, 2.0).join(
        cohort.schools, left_on="group", right_on="school"
    )
    for name, value in (("low", -2.0), ("high", 2.0)):
        true = table["effect"] + value * table["slope"]
        assert 0.94 <= float(((table[name] - true).abs() <= 1.96 * table[f"{name}_se"]).mean() or 0) <= 0.96
    apart = (table["difference"] - 4.0 * table["slope"]).abs() <= 1.96 * table["difference_se"]
    assert 0.94 <= float(apart.mean() or 0) <= 0.96
