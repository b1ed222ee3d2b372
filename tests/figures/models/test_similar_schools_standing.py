"""Who like us does this better, and how sure is that."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.stats import beta, norm

from headway.figures.figures import results_frame
from headway.figures.models.standing import (
    Counts,
    Family,
    between_variance,
    family,
    true_means,
    true_shares,
    who_does_better,
)
from headway.figures.models.terms import ModelError


def counts(rows: list[tuple[int, int, int]]) -> Counts:
    low, high, pupils = (np.array(column) for column in zip(*rows, strict=True))
    return Counts(low, high, pupils)


def test_the_probability_is_the_integral_over_both_true_values() -> None:
    spread = Family(0.6, 20.0)
    truths = true_shares(counts([(16, 16, 30), (21, 21, 30), (5, 5, 6)]), spread)
    posterior = [beta(12 + reached, 8 + pupils - reached) for reached, pupils in ((16, 30), (21, 30), (5, 6))]
    for other in (1, 2):
        by_hand, _ = quad(lambda x, o=other: posterior[o].pdf(x) * posterior[0].cdf(x), 0, 1)
        assert truths.probability_above(0)[other] == pytest.approx(by_hand, abs=1e-6)
    assert truths.probability_above(0)[0] == pytest.approx(0.5, abs=1e-9)
    assert truths.probability_above(1)[0] + truths.probability_above(0)[1] == pytest.approx(1, abs=1e-12)
    np.testing.assert_allclose(truths.means, [100 * one.mean() for one in posterior], atol=1e-3)
    np.testing.assert_allclose(truths.quantile(0.025), [100 * one.ppf(0.025) for one in posterior], atol=1e-3)


def test_a_rounded_percentage_is_weighed_over_the_numbers_it_allows() -> None:
    """188, 189 or 190 of 300: between what the least and the greatest alone would give."""
    spread = Family(0.6, 20.0)
    other = (150, 150, 300)
    ranged = true_shares(counts([(188, 190, 300), other]), spread).probability_above(1)[0]
    least, greatest = (
        true_shares(counts([(n, n, 300), other]), spread).probability_above(1)[0] for n in (188, 190)
    )
    assert least < ranged < greatest


def test_a_small_school_of_extremes_is_less_surely_better_than_a_large_one() -> None:
    """6 of 6 is 100 %, 85 of 100 is 85 %: the second is more surely above 60 of 100."""
    family_of = [
        (60, 60, 100),
        (85, 85, 100),
        (6, 6, 6),
        (55, 55, 100),
        (62, 62, 100),
        (58, 58, 100),
        (70, 70, 100),
    ]
    above = true_shares(counts(family_of)).probability_above(0)
    assert above[1] > above[2] > 0.5


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_probabilities_of_a_pair_add_to_one(seed: int) -> None:
    random = np.random.default_rng(seed)
    pupils = random.integers(1, 120, 8)
    low = random.integers(0, pupils + 1)
    truths = true_shares(Counts(low, np.minimum(low + random.integers(0, 3, 8), pupils), pupils))
    every = np.array([truths.probability_above(own) for own in range(8)])
    np.testing.assert_allclose(every + every.T, 1, atol=1e-9)


def test_the_family_s_spread_is_found_again() -> None:
    """400 schools of 60 pupils around true shares with mean 0.62 and precision 25."""
    random = np.random.default_rng(11)
    truth = random.beta(0.62 * 25, 0.38 * 25, 400)
    reached = random.binomial(60, truth)
    found = family(Counts(reached, reached, np.full(400, 60)))
    assert found.mean == pytest.approx(0.62, abs=0.015)
    assert found.precision == pytest.approx(25, rel=0.2)


def test_schools_that_differ_by_chance_alone_are_not_told_apart() -> None:
    made = true_shares(counts([(30, 30, 60)] * 10 + [(31, 31, 60)]))
    assert made.probability_above(0)[10] == pytest.approx(0.5, abs=0.02)


def test_the_probability_says_what_it_means() -> None:
    """Of pairs said to be better with probability p, p are: 40 families of 51 schools with known true shares."""
    random = np.random.default_rng(5)
    said, came = [], []
    for _ in range(40):
        pupils = random.integers(10, 90, 51)
        truth = random.beta(12, 8, 51)
        reached = random.binomial(pupils, truth)
        said.append(true_shares(Counts(reached, reached, pupils)).probability_above(0)[1:])
        came.append(truth[1:] > truth[0])
    probability, truth = np.concatenate(said), np.concatenate(came)
    for low, high in ((0.0, 0.2), (0.2, 0.4), (0.4, 0.6), (0.6, 0.8), (0.8, 1.0)):
        some = (probability >= low) & (probability < high)
        assert abs(truth[some].mean() - probability[some].mean()) < 0.08


def test_figures_with_an_interval_are_shrunken_by_the_normal_model() -> None:
    values, errors = np.array([1.0, 2.0, -3.0, 0.5, 4.0]), np.array([0.5, 1.0, 0.8, 0.3, 2.0])
    between, centre = between_variance(values, errors)
    assert ((values - centre) ** 2 / (between + errors**2)).sum() == pytest.approx(4, abs=1e-9)
    made = true_means(values, errors)
    share = between / (between + errors**2)
    mean, error = centre + share * (values - centre), np.sqrt(share) * errors
    by_hand = norm.cdf((mean - mean[0]) / np.sqrt(error**2 + error[0] ** 2))
    np.testing.assert_allclose(made.probability_above(0)[1:], by_hand[1:], atol=1e-5)


def results(rows: list[dict[str, object]], measure: str = "ks2_rwm_expected") -> pl.DataFrame:
    common = {
        "measure": measure,
        "year": 2019,
        "group": "all",
        "years_pooled": 1,
        "basis": "published",
        "status": "reported",
    }
    return results_frame(pl.DataFrame([common | row for row in rows], infer_schema_length=None)).collect()


def figure(school: int, reached: int, pupils: int, **more: object) -> dict[str, object]:
    return {
        "organisation": f"school:{school}",
        "numerator_low": reached,
        "numerator_high": reached,
        "denominator": pupils,
        "value": 100 * reached / pupils,
    } | more


NEAR = pl.DataFrame(
    {
        "organisation": "school:1",
        "neighbour": [f"school:{n}" for n in range(2, 10)],
        "rank": range(1, 9),
        "distance": [0.1 * n for n in range(1, 9)],
        "characteristics_used": 9,
    }
)
ROWS = [figure(n, reached, 40) for n, reached in ((1, 24), (2, 22), (3, 36), (4, 26), (5, 20), (6, 30))]


def test_the_most_surely_better_come_first_and_the_unknown_last() -> None:
    unknown = [
        {"organisation": "school:7", "status": "suppressed", "value": None},
        {"organisation": "school:8", "value": 100.0},
    ]
    found = who_does_better(results(ROWS + unknown), "school:1", NEAR, measure="ks2_rwm_expected", year=2019)
    assert found["organisation"].to_list()[:3] == ["school:1", "school:3", "school:6"]
    assert found["own"].to_list() == [True] + [False] * 8
    assert found["probability_better"][0] is None
    told = dict(found.select("organisation", "because").rows())
    assert told["school:3"] is None
    assert told["school:7"] == "suppressed"
    assert "cohort is unpublished" in told["school:8"]
    assert told["school:9"] == "no figure is loaded"
    assert found.filter(pl.col("organisation") == "school:3")["rank"][0] == 2
    known = found["probability_better"].drop_nulls()
    assert known.to_list() == sorted(known, reverse=True)


def test_lower_is_better_where_the_measure_says_so() -> None:
    rows = [
        {"organisation": f"school:{n}", "value": value, "lower": value - 0.4, "upper": value + 0.4}
        for n, value in ((1, 5.0), (2, 4.0), (3, 6.0), (4, 5.2), (5, 4.9))
    ]
    found = who_does_better(
        results(rows, "absence_overall"), "school:1", NEAR, measure="absence_overall", year=2019
    )
    assert found["organisation"][1] == "school:2"
    assert found["probability_better"][1] > 0.9


def test_what_cannot_be_said_is_told() -> None:
    with pytest.raises(ModelError, match="no figure is loaded"):
        who_does_better(results(ROWS[1:]), "school:1", NEAR, measure="ks2_rwm_expected", year=2019)
    with pytest.raises(ModelError, match="fewer than 5"):
        who_does_better(results(ROWS[:3]), "school:1", NEAR, measure="ks2_rwm_expected", year=2019)
    with pytest.raises(ModelError, match="no better end"):
        who_does_better(results(ROWS), "school:1", NEAR, measure="context_eal", year=2019)


def test_three_years_pooled_are_their_own_figures() -> None:
    pooled = [
        figure(n, 3 * reached, 120, years_pooled=3)
        for n, reached in ((1, 24), (2, 22), (3, 36), (4, 26), (5, 20))
    ]
    both = results(ROWS + pooled)
    one = who_does_better(both, "school:1", NEAR, measure="ks2_rwm_expected", year=2019)
    three = who_does_better(both, "school:1", NEAR, measure="ks2_rwm_expected", year=2019, years_pooled=3)
    assert three.filter(pl.col("organisation") == "school:3")["pupils"][0] == 120
    sure = [
        frame.filter(pl.col("organisation") == "school:3")["probability_better"][0] for frame in (one, three)
    ]
    assert sure[1] > sure[0]
