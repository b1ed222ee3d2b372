"""Published results of multilevel models, on the real data that they were computed from."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from headway.figures.models import value_added

pytestmark = pytest.mark.real_data


@pytest.fixture(scope="module")
def exam(shared_data: Path) -> pl.DataFrame:
    """Goldstein's London exam data: 4,059 pupils in 65 schools (R package mlmRev)."""
    found = pl.read_csv(shared_data / "pupils" / "mlmRev_Exam.csv.gz")
    assert (found.height, found["school"].n_unique()) == (4059, 65)
    return found


def test_the_mlmrev_vignette_model_of_school_gender_comes_out(exam: pl.DataFrame) -> None:
    # mlmRev vignette MlmSoftRev.pdf, section 2.2: REML 9347.674; SD 0.293, 0.750
    fit = value_added.fit(
        exam,
        outcome="normexam",
        fixed=["standLRT", "sex", "schgend vs mixed"],
        groups=["school"],
        method="reml",
    )
    assert fit.converged
    assert fit.deviance == pytest.approx(9347.674, abs=6e-4)
    assert fit.coefficients == pytest.approx(
        {"intercept": -0.001049, "standLRT": 0.559754, "sex[M]": -0.167392, "schgend[boys]": 0.177691,
         "schgend[girls]": 0.158997}, abs=6e-7,
    )  # fmt: skip
    assert fit.between() ** 0.5 == pytest.approx(0.293, abs=5e-4)
    assert fit.residual_variance**0.5 == pytest.approx(0.750, abs=5e-4)


def test_the_mlmrev_vignette_em3_comes_out(exam: pl.DataFrame) -> None:
    # the same vignette, Em3: REML 9345.384; SD 0.2905, 0.7500 (its sex is F against M)
    fit = value_added.fit(exam, outcome="normexam", fixed=["standLRT", "sex vs M", "type"], groups=["school"])
    assert fit.deviance == pytest.approx(9345.384, abs=6e-4)
    assert fit.coefficients == pytest.approx(
        {"intercept": -0.1677, "standLRT": 0.5598, "sex[F]": 0.1660, "type[Sngl]": 0.1655}, abs=6e-5
    )
    assert fit.between() ** 0.5 == pytest.approx(0.2905, abs=6e-5)
    assert fit.residual_variance**0.5 == pytest.approx(0.7500, abs=6e-5)


def test_the_mlmrev_vignette_em4_with_a_random_slope_comes_out(exam: pl.DataFrame) -> None:
    # the same vignette, Em4: REML 9300.573; SD 0.2872, 0.1228, correlation 0.58, residual 0.7418
    fit = value_added.fit(
        exam,
        outcome="normexam",
        fixed=["standLRT", "sex vs M", "type"],
        groups=["school"],
        slopes=["standLRT"],
    )
    assert fit.converged
    assert fit.deviance == pytest.approx(9300.573, abs=6e-4)
    assert list(fit.coefficients.values()) == pytest.approx([-0.1887, 0.5541, 0.1680, 0.1764], abs=6e-5)
    intercepts, slopes = fit.between() ** 0.5, fit.between(term="standLRT") ** 0.5
    assert (intercepts, slopes) == pytest.approx((0.2872, 0.1228), abs=6e-5)
    assert fit.variances["school"][0, 1] / intercepts / slopes == pytest.approx(0.58, abs=5e-3)
    assert fit.residual_variance**0.5 == pytest.approx(0.7418, abs=6e-5)


def test_a_random_slope_is_worth_the_published_likelihood_ratio(exam: pl.DataFrame) -> None:
    # the same vignette: ML deviances 9325.5 and 9281.1, chi-squared 44.327 on 2 degrees of freedom
    def deviance(*slopes: str) -> float:
        return value_added.fit(
            exam, "normexam", ["standLRT", "sex", "type"], ["school"], slopes=slopes, method="ml"
        ).deviance

    assert deviance() == pytest.approx(9325.5, abs=0.06)
    assert deviance("standLRT") == pytest.approx(9281.1, abs=0.06)
    assert deviance() - deviance("standLRT") == pytest.approx(44.327, abs=6e-4)


def test_maximum_likelihood_agrees_with_lme4_on_the_random_intercept(exam: pl.DataFrame) -> None:
    # lme4 1.1-31 on the same rows
    fit = value_added.fit(exam, "normexam", ["standLRT"], ["school"], method="ml")
    assert fit.coefficients == pytest.approx({"intercept": 0.00239, "standLRT": 0.56337}, abs=6e-6)
    assert fit.standard_errors == pytest.approx({"intercept": 0.04002, "standLRT": 0.01247}, abs=6e-6)
    assert fit.variances == pytest.approx({"school": 0.092129, "residual": 0.565731}, abs=6e-7)
    assert fit.deviance == pytest.approx(9357.2432, abs=6e-5)


def test_the_mlwin_tutorial_file_gives_its_own_likelihood(shared_data: Path) -> None:
    # R2MLwiN's tutorial file has the same pupils with other roundings: 9357.2422
    tutorial = pl.read_csv(shared_data / "pupils" / "R2MLwiN_tutorial.csv.gz")
    fit = value_added.fit(tutorial, "normexam", ["standlrt"], ["school"], method="ml")
    assert fit.deviance == pytest.approx(9357.2422, abs=6e-5)


def test_maximum_likelihood_agrees_with_lme4_on_the_random_slope(exam: pl.DataFrame) -> None:
    fit = value_added.fit(exam, "normexam", ["standLRT"], ["school"], slopes=["standLRT"], method="ml")
    assert list(fit.coefficients.values()) == pytest.approx([-0.01150, 0.55673], abs=6e-6)
    matrix = fit.variances["school"]
    assert (matrix[0, 0], matrix[1, 1], matrix[0, 1]) == pytest.approx(
        (0.090447, 0.014536, 0.018041), abs=6e-7
    )
    assert fit.residual_variance == pytest.approx(0.553657, abs=6e-7)
    assert fit.deviance == pytest.approx(9316.871, abs=6e-4)


def test_the_mlwin_chapter_6_model_agrees_with_lme4(exam: pl.DataFrame) -> None:
    # MLwiN tutorial, chapter 6, run with lme4 on mlmRev's rows: -2 log likelihood 9281.121
    fit = value_added.fit(
        exam,
        "normexam",
        ["standLRT", "sex vs M", "schgend vs mixed"],
        ["school"],
        slopes=["standLRT"],
        method="ml",
    )
    assert fit.deviance == pytest.approx(9281.121, abs=6e-4)
    named = fit.coefficients
    assert [
        named["sex[F]"],
        named["schgend[boys]"],
        named["schgend[girls]"],
        named["standLRT"],
    ] == pytest.approx([0.16826, 0.17986, 0.17482, 0.55442], abs=6e-6)
    assert (fit.variances["school"][0, 0], fit.variances["school"][1, 1]) == pytest.approx(
        (0.079548, 0.014652), abs=6e-7
    )
    assert fit.residual_variance == pytest.approx(0.550197, abs=6e-7)


@pytest.fixture(scope="module")
def junior_school_project(shared_data: Path) -> pl.DataFrame:
    """3,236 mathematics results of pupils in classes of 49 London primary schools (R package faraway)."""
    found = pl.read_csv(shared_data / "pupils" / "faraway_jsp.csv.gz")
    assert found.height == 3236
    return found.with_columns(pl.format("{}/{}", "school", "class").alias("form"))


def test_three_levels_agree_with_lme4(junior_school_project: pl.DataFrame) -> None:
    # lme4 1.1-31: math ~ raven + gender + social + (1|form) + (1|school). Its optimiser (bobyqa, rhoend 1e-10) stops
    # 7e-8 short in the standard deviations; the coefficients are lme4's at the minimum itself (devFunOnly = TRUE).
    fit = value_added.fit(junior_school_project, "math", ["raven", "gender", "social"], ["form", "school"])
    assert fit.converged
    assert fit.deviance == pytest.approx(21087.5141314, abs=1e-6)
    assert list(fit.coefficients.values()) == pytest.approx(
        [10.179197885388, 0.686010685837, 0.338466456421, -0.219966258906], abs=1e-8
    )
    assert fit.variances == pytest.approx(
        {"form": 3.8635503287, "school": 0.6117248991, "residual": 37.7955845121}, rel=2e-6
    )


def test_a_slope_below_a_third_level_agrees_with_lme4(junior_school_project: pl.DataFrame) -> None:
    # the same with (raven|form) + (1|school)
    fit = value_added.fit(
        junior_school_project, "math", ["raven", "gender", "social"], ["form", "school"], slopes=["raven"]
    )
    assert fit.converged
    assert fit.deviance == pytest.approx(21040.9190518, abs=1e-6)
    matrix = fit.variances["form"]
    found = (matrix[0, 0], matrix[1, 1], matrix[0, 1], fit.between("school"), fit.residual_variance)
    assert found == pytest.approx((38.1961716, 0.0459828744, -1.2782011, 1.25360446, 36.5554075), rel=1e-5)
