"""Forecasts from pupils' chances and teacher assessments."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from headway.figures.models.forecast_pupils import assessment_chances, combined, from_pupils, school_effects
from headway.figures.models.forecasts import FORECAST

MEASURE = "ks2_rwm_expected"


def _pupils(**chances: list[float | None]) -> pl.DataFrame:
    return pl.DataFrame(
        [
            {"organisation": f"school:{name[1:]}", "group": "all", "probability": chance}
            for name, listed in chances.items()
            for chance in listed
        ],
        schema={"organisation": pl.String, "group": pl.String, "probability": pl.Float64},
    )


def test_the_mean_is_the_expected_share_and_the_error_the_pupils_luck_and_the_schools_own() -> None:
    pupils = _pupils(s1=[0.5, 0.9], s2=[0.2, 0.2])
    effects = pl.DataFrame({"organisation": ["school:1"], "effect": [3.0], "effect_error": [4.0]})
    found = from_pupils(
        pupils,
        measure=MEASURE,
        year=2026,
        method="prior attainment",
        effects=effects,
        national_error=1.0,
        threshold=73,
    )
    assert found.columns == list(FORECAST)
    first, second = found.iter_rows(named=True)
    assert first["mean"] == pytest.approx(70 + 3)
    assert first["standard_error"] == pytest.approx((1e4 * (0.25 + 0.09) / 4 + 16 + 1) ** 0.5)
    assert first["probability_below"] == pytest.approx(0.5)
    assert "effect is not known" in second["label"]
    assert second["standard_error"] == pytest.approx((1e4 * 0.32 / 4 + 16 + 1) ** 0.5)


def test_a_pupil_without_an_estimate_is_counted_and_never_taken_as_zero() -> None:
    found = from_pupils(_pupils(s1=[0.8, None, 0.6]), measure=MEASURE, year=2026, method="prior attainment")
    assert found["mean"].item() == pytest.approx(70)
    assert found["pupils"].item() == 3
    assert "1 pupils have no estimate" in found["label"].item()


def test_percentages_taken_for_chances_are_refused() -> None:
    with pytest.raises(ValueError, match="shares, not percentages"):
        from_pupils(_pupils(s1=[80.0]), measure=MEASURE, year=2026, method="prior attainment")
    half = pl.DataFrame({"organisation": ["school:1"], "effect": [3.0], "effect_error": [None]})
    with pytest.raises(ValueError, match="without its standard error"):
        from_pupils(_pupils(s1=[0.8]), measure=MEASURE, year=2026, method="prior attainment", effects=half)


def test_an_assessment_means_what_it_turned_out_to_mean() -> None:
    key = {"scale": "own", "term": "spring", "subject": "reading"}
    past = pl.DataFrame(
        [{**key, "judgement": "EXS", "reached": place < 45} for place in range(50)]
        + [{**key, "judgement": "GDS", "reached": True} for _ in range(29)]
    )
    now = pl.DataFrame([{**key, "judgement": judgement} for judgement in ("EXS", "GDS", "WTS")])
    found = assessment_chances(past, now)
    assert found["probability"].to_list() == [pytest.approx(46 / 52), None, None]
    assert found["learnt_from"].to_list() == [50, 29, 0]


def test_school_effects_recover_the_truth_and_shrink() -> None:
    generator = np.random.default_rng(8)
    truth = generator.normal(0, 0.08, 400)
    chance = np.clip(generator.beta(6, 4, (400, 40)), 0.15, 0.85)
    reached = generator.random((400, 40)) < np.clip(chance + truth[:, None], 0, 1)
    past = pl.DataFrame(
        {
            "organisation": np.repeat([f"school:{place}" for place in range(400)], 40),
            "probability": chance.ravel(),
            "reached": reached.ravel(),
        }
    )
    found = school_effects(past)
    effects = found["effect"].to_numpy()
    raw = 100 * (reached - chance).mean(axis=1)
    assert np.abs(effects - 100 * truth).mean() < np.abs(raw - 100 * truth).mean()
    standardised = (effects - 100 * truth) / found["effect_error"].to_numpy()
    assert standardised.std() == pytest.approx(1.0, abs=0.1)


def test_no_pupils_no_effects() -> None:
    schema = {"organisation": pl.String, "probability": pl.Float64, "reached": pl.Boolean}
    assert school_effects(pl.DataFrame(schema=schema)).is_empty()


def test_sources_are_combined_by_precision_and_none_makes_the_luck_of_the_cohort_smaller() -> None:
    first = from_pupils(_pupils(s1=[0.5] * 25), measure=MEASURE, year=2026, method="prior attainment")
    second = from_pupils(_pupils(s1=[0.9] * 25), measure=MEASURE, year=2026, method="teacher assessment")
    found = combined([first, second], threshold=80.0)
    errors = [10.0, 6.0]
    weights = [1 / error**2 for error in errors]
    assert found["mean"].item() == pytest.approx((50 * weights[0] + 90 * weights[1]) / sum(weights))
    assert found["standard_error"].item() == pytest.approx(6.0)
    assert found["method"].item() == "prior attainment + teacher assessment"
    assert 0 < found["probability_below"].item() < 1


def test_a_source_that_cannot_say_how_sure_it_is_gives_way() -> None:
    first = from_pupils(_pupils(s1=[0.5] * 25), measure=MEASURE, year=2026, method="prior attainment")
    unsure = first.with_columns(mean=pl.lit(99.0), standard_error=pl.lit(None, dtype=pl.Float64))
    assert combined([unsure, first])["mean"].item() == pytest.approx(50)
    assert combined([unsure])["mean"].item() == pytest.approx(99)
    assert combined([unsure])["lower"].item() is None
