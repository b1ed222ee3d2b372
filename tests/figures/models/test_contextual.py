"""Contextual value added: nine factors, what the data lack, and the equation in words."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from headway.figures.models import contextual
from headway.figures.models.terms import ModelError
from headway.figures.models.threshold import threshold_value_added


def cohort(pupils: int = 6000, schools: int = 120, seed: int = 3) -> pl.DataFrame:
    random = np.random.default_rng(seed)
    school = random.integers(0, schools, pupils)
    poor = random.beta(2, 5, schools)
    fsm = random.random(pupils) < poor[school]
    sen = random.choice(["N", "K", "E"], pupils, p=[0.83, 0.14, 0.03])
    ethnicity = random.choice(
        ["WBRI", "WOTH", "APKN", "BAFR", "CHNE", "NOBT"], pupils, p=[0.7, 0.1, 0.08, 0.07, 0.02, 0.03]
    )
    month = random.integers(1, 13, pupils)
    prior = np.round(np.clip(15 - 2 * fsm + 3 * random.standard_normal(pupils), 3, 21))
    effect = 1.0 * random.standard_normal(schools)
    score = 60 + 2.6 * prior - 1.5 * fsm - 3.0 * (sen == "K") - 6.0 * (sen == "E") + 0.05 * ((month + 3) % 12)
    score = score + effect[school] + 5 * random.standard_normal(pupils)
    return pl.DataFrame(
        {
            "organisation": [f"school:{100000 + s}" for s in school], "sex": random.choice(["F", "M"], pupils), "sen": sen,
            "ethnicity": ethnicity, "fsm": fsm, "eal": random.random(pupils) < 0.2, "mobile": random.random(pupils) < 0.08,
            "birth_month": month, "looked_after": random.random(pupils) < 0.02,
            "idaci": poor[school] + 0.05 * random.random(pupils),
            "ks1_average_points": prior, "score": score, "reached": score > 98,
        }
    )  # fmt: skip


def test_all_nine_factors_are_in_the_model_and_their_effects_are_found() -> None:
    made = contextual.fit(cohort(), "score")
    assert made.fit.converged
    assert made.lacking == ()
    found = made.fit.coefficients
    for term, true in (
        ("fsm", -1.5),
        ("sen_stage[support]", -3.0),
        ("sen_stage[plan]", -6.0),
        ("months_younger", 0.05),
    ):
        assert abs(found[term] - true) < 3.5 * made.fit.standard_errors[term]
    assert {
        "sex[M]",
        "ethnic_group[Asian]",
        "ethnic_group[Unclassified]",
        "eal",
        "mobile",
        "looked_after",
        "idaci",
    } <= set(found)


def test_a_factor_that_the_data_lack_is_left_out_and_named() -> None:
    without = cohort().drop("idaci").with_columns(looked_after=pl.lit(None, dtype=pl.Boolean))
    made = contextual.fit(without, "score")
    assert made.lacking == ("care", "deprivation of the neighbourhood")
    assert "Not allowed for, because the data do not say: care" in contextual.sentences(made, "points")[-1]


def test_the_schools_mean_prior_attainment_may_be_allowed_for() -> None:
    made = contextual.fit(cohort(), "score", school_prior=True)
    assert contextual.SCHOOL_PRIOR in made.fit.coefficients


def test_contextual_attainment_does_without_prior_attainment() -> None:
    made = contextual.fit(cohort(), "score", prior=False)
    assert not any("ks1" in term for term in made.terms)
    assert made.fit.coefficients["fsm"] < -1.5


def test_the_equation_in_words_says_effects_doubt_and_what_lies_between_schools() -> None:
    said = contextual.sentences(contextual.fit(cohort(), "score"), "scaled score points")
    assert "rests on 6,000 pupils" in said[0]
    assert any(line.startswith("eligible for free school meals: ") and "fewer" in line for line in said)
    assert any("which may be chance" in line for line in said)
    assert "of the variation lies between them" in said[-1]


def test_as_published_it_stands_around_100() -> None:
    table = contextual.as_published(contextual.fit(cohort(), "score").fit.effects())
    assert table["value"].mean() == pytest.approx(100, abs=0.1)
    assert ((table["upper"] + table["lower"]) / 2 - table["value"]).abs().max() < 1e-9  # type: ignore[operator]


def test_threshold_value_added_sets_the_share_beside_what_was_to_be_expected() -> None:
    pupils = cohort()
    made = threshold_value_added(pupils, "reached", ["ks1_average_points", "fsm"], "organisation")
    assert made.converged
    import statsmodels.api as sm

    design = np.column_stack(
        [np.ones(pupils.height), pupils["ks1_average_points"], pupils["fsm"].cast(float)]
    )
    theirs = sm.Logit(pupils["reached"].to_numpy().astype(float), design).fit(disp=0)
    assert list(made.coefficients.values()) == pytest.approx(list(theirs.params), rel=1e-7)
    table = made.schools
    assert np.allclose(table["actual"] - table["expected"], table["raw"])
    assert (table["estimate"].abs() <= table["raw"].abs() + 0.5).all()
    counted = pupils.group_by("organisation").agg((100 * pl.col("reached").mean()).alias("share"))
    both = table.join(counted, left_on="group", right_on="organisation")
    assert np.allclose(both["actual"], both["share"])


def test_a_threshold_that_everybody_reached_says_so() -> None:
    with pytest.raises(ModelError, match="everybody or nobody"):
        threshold_value_added(
            cohort(500, 20).with_columns(reached=pl.lit(True)), "reached", ["fsm"], "organisation"
        )
