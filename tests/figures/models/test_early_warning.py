"""Early warning: the ranking, its reasons, and how it did on real inspections."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from england_inspections import inspected
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize

from headway.figures.models.early_warning import EarlyWarning, cross_validated, fit, report
from headway.figures.models.warning_evidence import FACTORS, evidence
from headway.figures.models.warning_logistic import (
    area_under_curve,
    chosen_penalty,
    fitted,
    folds_of,
    share_held,
)


@given(st.lists(st.tuples(st.integers(0, 4), st.booleans()), min_size=2, max_size=30))
def test_the_area_under_the_curve_is_the_share_of_pairs_in_the_right_order(
    cases: list[tuple[int, bool]],
) -> None:
    score = np.array([float(value) for value, _ in cases])
    outcome = np.array([flag for _, flag in cases])
    if outcome.all() or not outcome.any():
        with pytest.raises(ValueError, match="with the outcome and without"):
            area_under_curve(score, outcome)
        return
    pairs = [(a > b) + 0.5 * (a == b) for a in score[outcome] for b in score[~outcome]]
    assert area_under_curve(score, outcome) == pytest.approx(sum(pairs) / len(pairs))


def test_ties_across_the_edge_of_the_first_tenth_are_shared_out() -> None:
    outcome = np.array([True, False, True, False, False] * 4)
    assert share_held(np.zeros(20), outcome) == pytest.approx(0.1)
    assert share_held(outcome.astype(float), outcome) == pytest.approx(2 / 8)
    assert share_held(-outcome.astype(float), outcome) == 0


def test_the_fit_is_the_penalised_maximum_likelihood_found_independently() -> None:
    generator = np.random.default_rng(2)
    columns = generator.normal(size=(400, 4))
    outcome = generator.random(400) < 1 / (1 + np.exp(1 - columns @ [1.0, -0.5, 0.0, 0.2]))
    found = fitted(columns, outcome, 7.0)

    def surprise(b: np.ndarray) -> float:
        log_odds = b[0] + columns @ b[1:]
        return float(np.logaddexp(0, np.where(outcome, -log_odds, log_odds)).sum() + 3.5 * (b[1:] ** 2).sum())

    expected = minimize(surprise, np.zeros(5), method="BFGS", options={"gtol": 1e-8}).x
    assert [found.intercept, *found.coefficients] == pytest.approx(expected.tolist(), abs=1e-5)
    assert found.chance(columns).mean() == pytest.approx(outcome.mean())


def test_outcomes_all_alike_teach_nothing() -> None:
    with pytest.raises(ValueError, match="same outcome"):
        fitted(np.zeros((5, 1)), np.ones(5, dtype=bool), 1.0)


def test_noise_is_given_the_strongest_penalty_and_folds_are_even() -> None:
    generator = np.random.default_rng(4)
    outcome = generator.random(600) < 0.2
    assert chosen_penalty(generator.normal(size=(600, 30)), outcome) == 320.0
    fold = folds_of(outcome, 5)
    assert np.ptp([outcome[fold == each].sum() for each in range(5)]) <= 1


def _evidence(schools: int, seed: int = 1) -> tuple[pl.DataFrame, np.ndarray]:
    """Schools of which only low progress tells, and half of whom have no early years grade."""
    generator = np.random.default_rng(seed)
    values = {factor.key: generator.normal(size=schools) for factor in FACTORS}
    values["early_years_below_overall"][::2] = np.nan
    log_odds = -1.5 - 1.2 * values["mathematics_progress"]
    outcome = generator.random(schools) < 1 / (1 + np.exp(-log_odds))
    names = [f"school:{100000 + place}" for place in range(schools)]
    frame = pl.DataFrame({"organisation": names, "grade": [2] * schools, **values})
    return frame.with_columns(pl.col("early_years_below_overall").fill_nan(None)), outcome


def test_what_the_themes_add_comes_to_the_whole_and_the_reason_is_the_true_one() -> None:
    frame, outcome = _evidence(2000)
    found = fit(frame, outcome)
    parts = found.contributions(frame)
    whole = found.equation.log_odds(
        found.columns.of(frame.select(f.key for f in FACTORS).to_numpy().astype(float))
    )
    summed = parts.drop("organisation").sum_horizontal().to_numpy()
    assert whole - summed == pytest.approx(np.full(2000, (whole - summed)[0]))
    due = found.due(frame)
    assert due["place"].to_list() == list(range(1, 2001))
    assert due["chance"].is_sorted(descending=True)
    assert (
        due["because"].list.first().head(100).to_list()
        == ["its progress scores stand low among schools"] * 100
    )
    assert found.drivers()["factor"][0] == "mathematics_progress"


def test_it_never_speaks_of_a_grade_to_come() -> None:
    frame, outcome = _evidence(1000)
    texts = fit(frame, outcome).due(frame)["text"]
    assert texts.str.contains("^(due a closer look, because: |nothing here asks)").all()
    assert not texts.str.contains("(?i)predict|will be|inadequate|requires improvement").any()


def test_too_few_inspected_schools_teach_nothing() -> None:
    frame, outcome = _evidence(100)
    with pytest.raises(ValueError, match="needs 300 inspected schools"):
        fit(frame, outcome)
    with pytest.raises(ValueError, match="100 schools, but 99 outcomes"):
        fit(frame, outcome[1:])


def test_nothing_after_the_day_is_looked_at() -> None:
    results = pl.DataFrame(
        {
            "organisation": ["school:1", "school:2"] * 3,
            "year": [2018, 2018, 2019, 2019, 2020, 2020],
            "years_pooled": 1,
            "measure": "ks2_rwm_expected",
            "group": "all",
            "status": "reported",
            "denominator": 30,
            "value": [60.0, 70.0, 65.0, 75.0, 5.0, 6.0],
        }
    )
    judgements = pl.DataFrame(
        {
            "organisation": "school:1",
            "date": [date(2012, 5, 1), date(2017, 3, 1), date(2019, 9, 10)],
            "area": "overall effectiveness",
            "scale": "four_grade",
            "value": ["satisfactory", "good", "inadequate"],
        }
    )
    schools = pl.DataFrame({"organisation": ["school:1", "school:2"], "authority": "authority:936"})
    known = evidence(results, judgements, as_at=date(2019, 8, 31), schools=schools)
    later = results.with_columns(value=pl.when(pl.col("year") >= 2019).then(99.0).otherwise("value"))
    earlier = judgements.filter(pl.col("date") < date(2019, 9, 1))
    assert known.equals(evidence(later, earlier, as_at=date(2019, 8, 31), schools=schools))
    first = known.row(0, named=True)
    assert (first["grade"], first["grade_before"], first["inspections_below_good"]) == (2, 3, 1)
    assert first["years_since"] == pytest.approx((date(2019, 8, 31) - date(2017, 3, 1)).days / 365.25)
    assert known.row(1, named=True)["grade"] is None


@pytest.fixture(scope="module")
def real(shared_data: Path) -> tuple[pl.DataFrame, np.ndarray, np.ndarray]:
    return inspected(shared_data)


@pytest.mark.real_data
def test_it_finds_more_of_the_schools_below_good_than_grade_or_results_alone(
    real: tuple[pl.DataFrame, np.ndarray, np.ndarray],
) -> None:
    found = cross_validated(*real[:2])
    made, grade, results = found.rankings
    assert (made.schools, made.below_good) == (5_942, 1_022)
    assert grade.area == pytest.approx(0.544, abs=0.003)
    assert results.area == pytest.approx(0.617, abs=0.005)
    assert made.area == pytest.approx(0.669, abs=0.006)
    assert made.top_tenth == pytest.approx(18.4, abs=1.0)
    assert grade.top_tenth < 12
    for said, came, _ in found.calibration:
        assert said == pytest.approx(came, abs=2.5)
    assert "AUC" in found.to_text()


@pytest.mark.real_data
def test_low_progress_and_an_untested_good_grade_drive_it(
    real: tuple[pl.DataFrame, np.ndarray, np.ndarray],
) -> None:
    found: EarlyWarning = fit(*real[:2])
    drivers = {
        row["factor"]: row["log_odds"] for row in found.drivers().iter_rows(named=True) if not row["missing"]
    }
    assert drivers["mathematics_progress"] < -0.1
    assert drivers["expected_latest"] < -0.05
    assert drivers["outstanding"] < -0.1


@pytest.mark.real_data
def test_learnt_from_one_year_of_inspections_it_ranks_the_two_years_after(
    real: tuple[pl.DataFrame, np.ndarray, np.ndarray],
) -> None:
    known, below_good, first = real
    learnt = fit(known.filter(pl.Series(first)), below_good[first])
    later = known.filter(pl.Series(~first))
    made, grade, results = report(later, below_good[~first], learnt.chance(later), "early warning").rankings
    assert (learnt.schools, made.schools) == (1_236, 4_706)
    assert made.area == pytest.approx(0.651, abs=0.006)
    assert made.area > max(grade.area, results.area)
