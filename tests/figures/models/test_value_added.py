"""The multilevel fit: against a slow obvious likelihood, and properties that any fit must have."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from national_cohort import national_cohort

from headway.figures.models import value_added
from headway.figures.models.summing import lazy, sums
from headway.figures.models.terms import design

QUICK = settings(max_examples=15, deadline=None)
seeds = st.integers(0, 10_000)


def cohort(seed: int, schools: int = 25, **more: Any) -> pl.DataFrame:
    return national_cohort(schools, authorities=6, covariates=3, seed=seed, **more).pupils


def slow_deviance(
    frame: pl.DataFrame, fixed: list[str], z: list[str], theta: np.ndarray, method: str
) -> float:
    """-2 log likelihood by writing out the whole covariance matrix: variances of intercept, slope, authority, residual."""
    y = frame["score"].to_numpy()
    x = np.column_stack([np.ones(len(y)), *(frame[name].to_numpy() for name in fixed)])
    school, authority = frame["school"].to_numpy(), frame["authority"].to_numpy()
    zs = np.column_stack([np.ones(len(y)), *(frame[name].to_numpy() for name in z)])
    g, between, residual = theta
    v = residual * np.eye(len(y)) + (school[:, None] == school) * (zs @ g @ zs.T)
    v += between * (authority[:, None] == authority)
    inverse = np.linalg.inv(v)
    information = x.T @ inverse @ x
    e = y - x @ np.linalg.solve(information, x.T @ inverse @ y)
    freedom = len(y) - (x.shape[1] if method == "reml" else 0)
    found = freedom * np.log(2 * np.pi) + np.linalg.slogdet(v)[1] + e @ inverse @ e
    return float(found + (np.linalg.slogdet(information)[1] if method == "reml" else 0.0))


@pytest.mark.parametrize("method", ["reml", "ml"])
@pytest.mark.parametrize("slopes", [[], ["prior"]])
@pytest.mark.parametrize("groups", [["school"], ["school", "authority"]])
def test_the_fit_has_the_likelihood_of_the_whole_covariance_matrix_and_nothing_near_is_better(
    method: str, slopes: list[str], groups: list[str]
) -> None:
    frame = cohort(1, schools=12, pupils=160, slope=1.0, between_authorities=2.0)
    fit = value_added.fit(frame, "score", ["prior", "flag1"], groups, slopes, method=method)
    assert fit.converged, fit.message
    g = np.atleast_2d(fit.variances["school"])
    between = fit.variances.get("authority", 0.0)

    def at(g: np.ndarray, between: Any, residual: float) -> float:
        return slow_deviance(frame, ["prior", "flag1"], slopes, (g, between, residual), method)  # type: ignore[arg-type]

    best = at(g, between, fit.residual_variance)
    assert fit.deviance == pytest.approx(best, abs=1e-7)
    for factor in (0.99, 1.01):
        assert at(g * factor, between, fit.residual_variance) > best
        assert at(g, between, fit.residual_variance * factor) > best
        if len(groups) > 1:
            assert at(g, between * factor, fit.residual_variance) > best
        if slopes:
            bent = g.copy()
            bent[0, 1] = bent[1, 0] = g[0, 1] * factor + 1e-3
            assert at(bent, between, fit.residual_variance) > best


def test_effects_are_the_best_linear_predictors_and_their_errors_come_from_the_mixed_model_equations() -> (
    None
):
    frame = cohort(9, schools=12, between_authorities=1.0).sort("school")
    fit = value_added.fit(frame, "score", ["prior"], ["school", "authority"])
    schools, authorities = sorted(set(frame["school"])), sorted(set(frame["authority"]))
    x = np.column_stack([np.ones(frame.height), frame["prior"]])
    z = np.column_stack(
        [(frame["school"] == s).to_numpy().astype(float) for s in schools]
        + [(frame["authority"] == a).to_numpy().astype(float) for a in authorities]
    )
    w = np.hstack([x, z])
    penalty = np.diag(
        [0, 0]
        + [1 / fit.between("school")] * len(schools)
        + [1 / fit.between("authority")] * len(authorities)
    )
    inverse = np.linalg.inv(w.T @ w / fit.residual_variance + penalty)
    solution = inverse @ w.T @ frame["score"].to_numpy() / fit.residual_variance
    assert list(fit.coefficients.values()) == pytest.approx(list(solution[:2]))
    assert list(fit.standard_errors.values()) == pytest.approx(list(np.sqrt(np.diag(inverse)[:2])))
    for level, place, keys in (("school", slice(2, 2 + len(schools)), schools),
                               ("authority", slice(2 + len(schools), None), authorities)):  # fmt: skip
        table = fit.effects(level).sort("group")
        assert table["group"].to_list() == keys
        assert table["estimate"].to_list() == pytest.approx(list(solution[place]), abs=1e-9)
        comparative = np.diag(inverse)[place]
        assert (table["comparative_se"] ** 2).to_list() == pytest.approx(list(comparative))
        assert (table["diagnostic_se"] ** 2).to_list() == pytest.approx(
            list(fit.between(level) - comparative)
        )


def test_slope_effects_come_from_the_mixed_model_equations_too() -> None:
    frame = cohort(5, schools=15, slope=0.6).sort("school")
    fit = value_added.fit(frame, "score", ["prior"], ["school"], slopes=["prior"])
    schools = sorted(set(frame["school"]))
    prior = frame["prior"].to_numpy()
    member = np.column_stack([(frame["school"] == s).to_numpy().astype(float) for s in schools])
    w = np.hstack([np.ones((frame.height, 1)), prior[:, None], member, member * prior[:, None]])
    penalty = np.zeros((w.shape[1],) * 2)
    penalty[2:, 2:] = np.kron(np.linalg.inv(fit.variances["school"]), np.eye(len(schools)))
    inverse = np.linalg.inv(w.T @ w / fit.residual_variance + penalty)
    solution = inverse @ w.T @ frame["score"].to_numpy() / fit.residual_variance
    count = len(schools)
    for term, place in (("intercept", slice(2, 2 + count)), ("prior", slice(2 + count, None))):
        table = fit.effects(term=term).sort("group")
        assert table["estimate"].to_list() == pytest.approx(list(solution[place]), abs=1e-8)
        assert (table["comparative_se"] ** 2).to_list() == pytest.approx(
            list(np.diag(inverse)[place]), rel=1e-7
        )
    high = fit.effects_at({"prior": 2.0}).sort("group")
    for place in range(count):
        weights = np.zeros(len(inverse))
        weights[[2 + place, 2 + count + place]] = (1.0, 2.0)
        assert high["estimate"][place] == pytest.approx(float(weights @ solution), abs=1e-8)
        assert high["comparative_se"][place] ** 2 == pytest.approx(
            float(weights @ inverse @ weights), rel=1e-7
        )
    one = frame.filter(pl.col("school") == schools[0])
    left = one["score"] - fit.coefficients["intercept"] - fit.coefficients["prior"] * one["prior"]
    own = np.polyfit(one["prior"], left, 1)[0]
    assert fit.effects(term="prior").sort("group")["raw"][0] == pytest.approx(own)


@QUICK
@given(seeds, st.floats(-1e5, 1e5), st.floats(1e-3, 1e3))
def test_shifting_and_scaling_the_outcome_shifts_and_scales_the_fit(
    seed: int, shift: float, scale: float
) -> None:
    frame = cohort(seed)
    first = value_added.fit(frame, "score", ["prior", "flag1"], ["school"])
    second = value_added.fit(
        frame.with_columns(pl.col("score") * scale + shift), "score", ["prior", "flag1"], ["school"]
    )
    assert second.coefficients["prior"] == pytest.approx(first.coefficients["prior"] * scale, rel=1e-6)
    assert second.coefficients["intercept"] == pytest.approx(
        first.coefficients["intercept"] * scale + shift, rel=1e-6, abs=1e-6 * scale
    )
    assert second.between() == pytest.approx(first.between() * scale**2, rel=1e-5, abs=1e-9 * scale**2)
    assert np.allclose(
        first.effects()["estimate"].to_numpy() * scale,
        second.effects()["estimate"].to_numpy(),
        atol=1e-5 * scale,
    )


@QUICK
@given(seeds)
def test_permuting_pupils_and_splitting_the_file_change_nothing(seed: int) -> None:
    frame = cohort(seed, slope=0.3)
    first = value_added.fit(frame, "score", ["prior", "flag1"], ["school"], ["prior"])
    shuffled = frame.sample(fraction=1.0, shuffle=True, seed=seed)
    second = value_added.fit(shuffled, "score", ["prior", "flag1"], ["school"], ["prior"])
    of = design(lazy(frame), "score", ["prior", "flag1"], ["prior"])
    halves = [sums(part, of, ["school"]) for part in (frame[: frame.height // 2], frame[frame.height // 2 :])]
    third = value_added.fit_sums(halves[0] + halves[1])
    for other in (second, third):
        assert other.deviance == pytest.approx(first.deviance, abs=1e-6)
        assert other.coefficients == pytest.approx(first.coefficients, rel=1e-6, abs=1e-6)
        both = first.effects().join(other.effects(), on="group")
        assert np.allclose(both["estimate"], both["estimate_right"], atol=1e-6)


def test_several_outcomes_share_a_pass_and_change_nothing() -> None:
    frame = cohort(5).with_row_index()
    frame = frame.with_columns(
        second=pl.col("score") + pl.col("flag1"),
        third=pl.when(pl.col("index") % 7 > 0).then(-pl.col("score")),
    )
    together = value_added.fits(frame, ["score", "second", "third"], ["prior"], ["school"], ["prior"])
    for outcome, fit in together.items():
        alone = value_added.fit(frame, outcome, ["prior"], ["school"], ["prior"])
        assert fit.deviance == pytest.approx(alone.deviance, abs=1e-7)
        assert (fit.pupils, fit.missing, fit.outcome) == (alone.pupils, alone.missing, alone.outcome)
        assert fit.coverage.sort("school").equals(alone.coverage.sort("school"))
    assert together["third"].missing["third"] == frame["third"].null_count()


def test_more_engines_give_the_same_fit() -> None:
    import duckdb

    frame = cohort(8)
    relation = duckdb.from_arrow(frame.to_arrow())
    first = value_added.fit(frame, "score", ["prior"], ["school", "authority"])
    second = value_added.fit(relation, "score", ["prior"], ["school", "authority"])
    assert second.deviance == pytest.approx(first.deviance, abs=1e-7)
    assert second.coefficients == pytest.approx(first.coefficients, rel=1e-9)


def test_schools_of_one_pupil_are_shrunken_most_and_no_error() -> None:
    frame = cohort(3)
    alone = frame.head(1).with_columns(school=pl.lit(1, pl.Int64), score=pl.lit(60.0))
    fit = value_added.fit(pl.concat([frame, alone]), "score", ["prior"], ["school"])
    table = fit.effects().sort("n")
    row = table.row(0, named=True)
    assert (row["group"], row["n"]) == (1, 1)
    share = fit.between() / (fit.between() + fit.residual_variance)
    assert row["reliability"] == pytest.approx(share)
    assert row["estimate"] == pytest.approx(share * row["raw"])


def test_the_estimate_of_a_random_intercept_is_reliability_times_raw() -> None:
    table = value_added.fit(cohort(2), "score", ["prior"], ["school"]).effects()
    assert np.allclose(table["estimate"], table["reliability"] * table["raw"])


def test_only_schools_of_one_pupil_cannot_be_fitted_and_it_says_why() -> None:
    frame = cohort(3).unique("school")
    with pytest.raises(value_added.ModelError, match="every school has one pupil"):
        value_added.fit(frame, "score", ["prior"], ["school"])


def test_a_school_whose_pupils_all_score_the_same_is_no_error() -> None:
    frame = cohort(3)
    first = frame["school"][0]
    same = frame.with_columns(
        score=pl.when(pl.col("school") == first).then(30.0).otherwise(pl.col("score")),
        prior=pl.when(pl.col("school") == first).then(1.0).otherwise(pl.col("prior")),
    )
    fit = value_added.fit(same, "score", ["prior"], ["school"], ["prior"])
    assert fit.converged
    slope = fit.effects(term="prior").filter(pl.col("group") == first)
    assert slope["raw"][0] is None
    assert np.isfinite(slope["estimate"][0])


@pytest.mark.parametrize(("add", "message"), [
    ({"again": pl.col("prior") * 2 + 1}, "'again' is collinear with 'prior'"),
    ({"again": pl.col("prior") + pl.col("flag1")}, "'again' is collinear with 'prior' and 'flag1'"),
    ({"again": pl.lit(7.5)}, "'again' is the same for every pupil"),
])  # fmt: skip
def test_collinear_terms_are_named(add: dict[str, pl.Expr], message: str) -> None:
    with pytest.raises(value_added.ModelError, match=message):
        value_added.fit(cohort(1).with_columns(**add), "score", ["prior", "flag1", "again"], ["school"])


def test_a_variance_that_is_truly_zero_is_estimated_as_zero() -> None:
    random = np.random.default_rng(1)
    # Schools more alike than chance allows: each has the same pupils' residuals.
    frame = pl.DataFrame(
        {
            "school": np.repeat(np.arange(40), 10),
            "prior": random.standard_normal(400),
            "noise": np.tile(random.standard_normal(10), 40),
        }
    ).with_columns(score=100 + 2 * pl.col("prior") + pl.col("noise"))
    fit = value_added.fit(frame, "score", ["prior"], ["school"])
    assert fit.converged
    assert fit.between() == 0
    table = fit.effects()
    assert (table["estimate"].abs().max(), table["reliability"].max(), table["comparative_se"].max()) == (
        0,
        0,
        0,
    )
    sloped = value_added.fit(frame, "score", ["prior"], ["school"], ["prior"])
    assert sloped.converged
    assert np.linalg.eigvalsh(sloped.variances["school"]).min() > -1e-12
    upper = value_added.fit(
        frame.with_columns(authority=pl.col("school") // 8), "score", ["prior"], ["school", "authority"]
    )
    assert upper.converged
    assert (upper.between("school"), upper.between("authority")) == (0, 0)


@QUICK
@given(seeds, st.booleans())
def test_the_covariance_matrix_of_slopes_is_always_a_covariance_matrix(seed: int, truly: bool) -> None:
    frame = cohort(seed, schools=15, slope=0.4 if truly else 0.0)
    fit = value_added.fit(frame, "score", ["prior", "flag1"], ["school"], ["prior", "flag1"])
    assert fit.converged, fit.message
    matrix = fit.variances["school"]
    assert np.allclose(matrix, matrix.T)
    assert np.linalg.eigvalsh(matrix).min() > -1e-9
    table = fit.effects(term="flag1")
    assert (table["reliability"].is_between(0, 1)).all()


@pytest.mark.parametrize("scale", [1e-9, 1e9])
@pytest.mark.parametrize("shift", [0.0, 1e6])
def test_huge_and_tiny_scales_give_the_same_model(scale: float, shift: float) -> None:
    frame = cohort(6, slope=0.3)
    first = value_added.fit(frame, "score", ["prior", "flag1"], ["school"], ["prior"])
    other = frame.with_columns((pl.col("prior") + shift) * scale, (pl.col("score") + shift) * scale)
    second = value_added.fit(other, "score", ["prior", "flag1"], ["school"], ["prior"])
    assert second.converged
    assert second.coefficients["prior"] == pytest.approx(first.coefficients["prior"], rel=1e-5)
    assert second.between(term="prior") == pytest.approx(first.between(term="prior"), rel=1e-4)
    assert second.residual_variance == pytest.approx(first.residual_variance * scale**2, rel=1e-6)


def test_missing_prior_attainment_leaves_pupils_out_and_says_how_many() -> None:
    frame = cohort(2)
    gone = frame.with_row_index().with_columns(
        prior=pl.when(pl.col("index") % 10 == 0).then(None).otherwise(pl.col("prior"))
    )
    fit = value_added.fit(gone, "score", ["prior"], ["school"])
    without = value_added.fit(gone.drop_nulls("prior"), "score", ["prior"], ["school"])
    assert fit.missing["prior"] == gone["prior"].null_count()
    assert fit.pupils == gone.height - gone["prior"].null_count()
    assert fit.deviance == pytest.approx(without.deviance, abs=1e-7)
    assert fit.coverage["rows"].sum() - fit.coverage["pupils"].sum() == gone["prior"].null_count()


def test_infinite_values_are_left_out_like_missing_ones() -> None:
    frame = cohort(2)
    odd = pl.concat(
        [
            frame,
            frame.head(3).with_columns(score=pl.lit(float("inf"))),
            frame.head(2).with_columns(score=pl.lit(float("nan"))),
        ]
    )
    fit = value_added.fit(odd, "score", ["prior"], ["school"])
    assert (fit.pupils, fit.missing["score"]) == (frame.height, 5)


def test_the_probability_of_being_below_is_that_of_a_normal_curve() -> None:
    fit = value_added.fit(cohort(2), "score", ["prior"], ["school"])
    table = fit.probability_below(-0.5)
    first = table.row(0, named=True)
    from statistics import NormalDist

    assert first["probability"] == pytest.approx(
        NormalDist(first["estimate"], first["comparative_se"]).cdf(-0.5)
    )
    assert fit.probability_below(-1e9)["probability"].max() == 0


@pytest.mark.parametrize(("change", "message"), [
    ({"groups": ["class"]}, "no column 'class' to group by"),
    ({"groups": ["school", "authority", "prior"]}, "one or two levels of groups, not 3"),
    ({"groups": []}, "one or two levels"),
    ({"method": "bayes"}, "may be 'reml' or 'ml'"),
    ({"fixed": ["prior", "exact"]}, "explain 'score' wholly"),
    ({"outcome": "constant"}, "same for every pupil"),
])  # fmt: skip
def test_what_cannot_be_fitted_is_said_in_plain_words(change: dict[str, Any], message: str) -> None:
    frame = cohort(1).with_columns(exact=pl.col("score") * 2, constant=pl.lit(1.0))
    asked: dict[str, Any] = {"outcome": "score", "fixed": ["prior"], "groups": ["school"], **change}
    with pytest.raises(value_added.ModelError, match=message):
        value_added.fit(frame, **asked)


def test_one_school_cannot_be_compared() -> None:
    frame = cohort(1)
    with pytest.raises(value_added.ModelError, match="only one school"):
        value_added.fit(
            frame.filter(pl.col("school") == pl.col("school").first()), "score", ["prior"], ["school"]
        )
