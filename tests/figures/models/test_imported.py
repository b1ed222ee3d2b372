"""Somebody else's coefficients on our pupils."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from national_cohort import national_cohort

from headway.figures.models import value_added
from headway.figures.models.imported import Equation, apply_equation, read_equation
from headway.figures.models.terms import ModelError

FIXED = ["prior", "prior^2", "sex", "sex:prior"]


def pupils() -> pl.DataFrame:
    made = national_cohort(40, covariates=2, seed=6).pupils
    return made.with_columns(
        sex=pl.Series(np.where(np.random.default_rng(1).random(made.height) < 0.5, "F", "M"))
    )


def test_a_models_own_equation_gives_its_own_effects() -> None:
    fit = value_added.fit(pupils(), "score", FIXED, ["school"])
    made = apply_equation(
        pupils(), "score", Equation(fit.coefficients, fit.between(), fit.residual_variance), "school"
    )
    both = fit.effects().join(made, on="group", suffix="_imported")
    assert both.height == 40
    for name in ("raw", "estimate", "reliability"):
        assert np.allclose(both[name], both[f"{name}_imported"], atol=1e-9)
    # The equation is taken as certain, so its standard errors are a little smaller.
    assert (both["comparative_se_imported"] <= both["comparative_se"]).all()


def test_without_variances_nothing_is_shrunken(tmp_path: Path) -> None:
    path = tmp_path / "cva_2008.csv"
    path.write_text("term,coefficient\nintercept,27\nprior,1.3\nsex[M],-0.2\n", encoding="utf-8")
    made = apply_equation(pupils(), "score", read_equation(path), "school")
    assert made["estimate"].null_count() == made.height
    first = pupils().filter(pl.col("school") == made["group"][0])
    left = first["score"] - 27 - 1.3 * first["prior"] + 0.2 * (first["sex"] == "M").cast(pl.Float64)
    assert made["raw"][0] == pytest.approx(left.mean())


@pytest.mark.parametrize(("text", "message"), [
    ("term,coefficient\nintercept,27\nprior,some\n", "row 3, prior: found 'some', expected a number"),
    ("term,coefficient\nprior,1\n", "no row for the intercept"),
    ("term,coefficient\nintercept,1\nintercept,2\n", "row 3: intercept stands twice"),
    ("term,value\nintercept,1\n", "needs the columns term and coefficient"),
])  # fmt: skip
def test_a_broken_file_says_where(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "equation.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ModelError, match=message):
        read_equation(path)


def test_a_column_that_the_pupils_lack_is_named() -> None:
    with pytest.raises(ModelError, match="needs the column 'idaci'"):
        apply_equation(pupils(), "score", Equation({"intercept": 1.0, "idaci": 2.0}), "school")
