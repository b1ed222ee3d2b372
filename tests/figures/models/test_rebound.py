"""The rebound test: low schools rise anyway, and Headway does not call it an effect."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from headway.figures.models.rebound import rebound
from headway.figures.models.terms import ModelError


def panel(seed: int, effect: float = 0.0, schools: int = 800) -> tuple[pl.DataFrame, list[int]]:
    random = np.random.default_rng(seed)
    true = 65 + 8 * random.standard_normal(schools)
    earlier = true + 7 * random.standard_normal(schools)
    picked = np.argsort(earlier)[:60]
    later = true + 7 * random.standard_normal(schools) + 1.0
    later[picked] += effect
    return pl.DataFrame(
        {"organisation": np.arange(schools), "earlier": earlier, "later": later}
    ), picked.tolist()


def test_low_schools_rise_without_help_and_the_test_says_so() -> None:
    wrong = 0
    for seed in range(200):
        frame, picked = panel(seed)
        found = rebound(frame, picked)
        assert found.seen > 3
        wrong += found.beyond_chance
    assert 2 <= wrong <= 20  # 5 % of 200 is 10


def test_a_true_effect_is_found_beyond_the_rebound() -> None:
    frame, picked = panel(1, effect=8.0)
    found = rebound(frame, picked)
    assert found.beyond_chance
    assert found.lower < 8.0 < found.upper
    assert "more than regression to the mean explains" in found.sentence()
    assert "does not show why" in found.sentence()


def test_the_sentence_gives_no_effect_where_there_is_none() -> None:
    frame, picked = panel(3)
    assert "no more than chance and regression to the mean explain" in rebound(frame, picked).sentence()


def test_the_numbers_are_those_of_a_plain_regression_on_the_other_schools() -> None:
    frame, picked = panel(5, schools=100)
    others = frame.filter(~pl.col("organisation").is_in(picked))
    low = frame.filter(pl.col("organisation").is_in(picked))
    slope, level = np.polyfit(others["earlier"], others["later"], 1)
    found = rebound(frame, picked)
    start = float(low["earlier"].mean())  # type: ignore[arg-type]
    assert found.expected == pytest.approx(level + slope * start - start)
    assert found.seen == pytest.approx(float((low["later"] - low["earlier"]).mean()))  # type: ignore[arg-type]
    assert found.difference == pytest.approx(found.seen - found.expected)


def test_equal_numbers_of_pupils_change_nothing() -> None:
    frame, picked = panel(6)
    plain, weighted = rebound(frame, picked), rebound(frame.with_columns(n=pl.lit(30)), picked, pupils="n")
    assert (weighted.expected, weighted.lower, weighted.upper) == pytest.approx(
        (plain.expected, plain.lower, plain.upper)
    )


def test_what_cannot_be_tested_is_said() -> None:
    frame, picked = panel(7, schools=70)
    with pytest.raises(ModelError, match="only 10 other schools"):
        rebound(frame, picked)
    with pytest.raises(ModelError, match="names 9999"):
        rebound(frame, [9999])
    with pytest.raises(ModelError, match="none of the schools picked"):
        rebound(
            frame.with_columns(
                later=pl.when(pl.col("organisation").is_in(picked)).then(None).otherwise(pl.col("later"))
            ),
            picked,
        )
