"""Sums of products: the same on every engine, additive, and safe for huge and tiny numbers."""

from __future__ import annotations

from pathlib import Path

import duckdb
import numpy as np
import polars as pl
import pytest
from national_cohort import national_cohort

from headway.figures.models.summing import lazy, sums
from headway.figures.models.sums import Sums
from headway.figures.models.terms import Design, ModelError, design

FIXED = ["prior", "flag1", "sex", "prior^2", "fsm"]


@pytest.fixture(scope="module")
def pupils() -> pl.DataFrame:
    """Some 2,200 pupils in 60 schools, with a category and gaps in every column."""
    made = national_cohort(60, authorities=5, covariates=3).pupils
    random = np.random.default_rng(3)

    def holes(name: str, share: float) -> pl.Expr:
        return pl.when(pl.Series(random.random(made.height) > share)).then(pl.col(name)).alias(name)

    sex = pl.Series("sex", np.where(random.random(made.height) < 0.5, "F", "M"))
    fsm = pl.Series("fsm", random.random(made.height) < 0.3)
    return made.with_columns(sex, fsm).with_columns(
        holes("prior", 0.03), holes("score", 0.02), holes("sex", 0.01), holes("school", 0.01)
    )


def made_of(frame: pl.DataFrame, slopes: tuple[str, ...] = ("prior",)) -> Design:
    return design(lazy(frame), "score", FIXED, slopes)


def assert_same(first: Sums, second: Sums) -> None:
    second = second.recentred(first.centre)
    order = first.keys.with_row_index("a").join(
        second.keys.with_row_index("b"), on=list(first.groups), maintain_order="left"
    )
    assert order.height == first.keys.height == second.keys.height
    place = order["b"].to_numpy()
    scale = np.sqrt(np.diag(first.total))
    assert np.allclose(
        first.total / np.outer(scale, scale), second.total / np.outer(scale, scale), rtol=0, atol=1e-10
    )
    assert np.allclose(first.by_group, second.by_group[:, place], rtol=1e-9, atol=1e-9)
    assert np.allclose(first.slope_products, second.slope_products[..., place], rtol=1e-9, atol=1e-8)
    assert first.missing == second.missing
    level = first.groups[0]
    assert first.coverage.sort(level).equals(second.coverage.sort(level))


def test_sums_are_those_of_a_slow_obvious_loop(pupils: pl.DataFrame) -> None:
    made = sums(pupils, made_of(pupils), ["school", "authority"])
    whole = pupils.drop_nulls(["prior", "score", "sex", "school"])
    assert made.pupils == whole.height
    assert made.rows == pupils.drop_nulls("school").height
    total = np.zeros((7, 7))
    of_school: dict[int, np.ndarray] = {}
    for row in whole.iter_rows(named=True):
        w = [
            1,
            row["prior"],
            row["flag1"],
            float(row["sex"] == "M"),
            row["prior"] ** 2,
            row["fsm"],
            row["score"],
        ]
        w = np.array(w) - np.array([0.0, *made.centre])
        total += np.outer(w, w)
        of_school[row["school"]] = of_school.get(row["school"], 0) + w
    assert np.allclose(made.total, total)
    for key, column in zip(made.keys["school"], made.by_group.T, strict=True):
        assert np.allclose(column, of_school[key])


def test_missing_rows_are_counted_by_column_and_by_school(pupils: pl.DataFrame) -> None:
    made = sums(pupils, made_of(pupils), ["school"])
    assert made.missing == {
        name: pupils[name].null_count() for name in ("school", "prior", "flag1", "sex", "fsm", "score")
    }
    counted = pupils.drop_nulls(["prior", "score", "sex", "school"]).group_by("school").len()
    joined = made.coverage.join(counted, on="school", how="left")
    assert (joined["pupils"] == joined["len"].fill_null(0)).all()


@pytest.mark.parametrize("kind", ["lazy", "pandas", "arrow", "parquet", "two parquet files", "duckdb"])
def test_every_kind_of_frame_gives_the_same_sums(pupils: pl.DataFrame, kind: str, tmp_path: Path) -> None:
    first = sums(pupils, made_of(pupils), ["school", "authority"])
    path = tmp_path / "pupils.parquet"
    pupils.write_parquet(path)
    pupils[:700].write_parquet(tmp_path / "one.parquet")
    pupils[700:].write_parquet(tmp_path / "two.parquet")
    frames = {
        "lazy": pupils.lazy,
        "pandas": pupils.to_pandas,
        "arrow": pupils.to_arrow,
        "parquet": lambda: path,
        "two parquet files": lambda: [tmp_path / "one.parquet", tmp_path / "two.parquet"],
        "duckdb": lambda: duckdb.read_parquet(str(path)),
    }
    frame = frames[kind]()
    found = design(lazy(frame), "score", FIXED, ["prior"])
    assert found == first.design
    assert_same(first, sums(frame, found, ["school", "authority"]))


@pytest.mark.spark
@pytest.mark.xdist_group("spark")
@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
def test_spark_gives_the_same_sums(pupils: pl.DataFrame, tmp_path: Path) -> None:
    pytest.importorskip("pyspark")
    from headway.figures.engines.spark import session

    try:
        spark = session("local[2]")
    except ValueError as absent:
        pytest.skip(str(absent))
    path = tmp_path / "pupils.parquet"
    pupils.write_parquet(path)
    frame = spark.read.parquet(str(path))
    found = design(lazy(frame), "score", FIXED, ["prior"])
    first = sums(pupils, made_of(pupils), ["school", "authority"])
    assert_same(first, sums(frame, found, ["school", "authority"]))


def test_the_sums_of_two_files_add_to_those_of_the_whole(pupils: pl.DataFrame) -> None:
    of = made_of(pupils)
    parts = [sums(part, of, ["school", "authority"]) for part in (pupils[:900], pupils[900:])]
    assert_same(sums(pupils, of, ["school", "authority"]), parts[0] + parts[1])


def test_sums_of_different_models_do_not_add(pupils: pl.DataFrame) -> None:
    first = sums(pupils, made_of(pupils), ["school"])
    with pytest.raises(ModelError, match="different models"):
        first + sums(pupils, made_of(pupils, slopes=()), ["school"])


def test_a_school_in_two_authorities_is_an_error_that_names_it(pupils: pl.DataFrame) -> None:
    school = pupils["school"].drop_nulls()[0]
    rows = np.flatnonzero((pupils["school"] == school).fill_null(False).to_numpy())
    moved = pupils.with_row_index().with_columns(
        pl.when(pl.col("index") == int(rows[-1])).then(999).otherwise(pl.col("authority")).alias("authority")
    )
    whole = moved.with_columns(pl.col("prior", "score").fill_null(0.0), pl.col("sex").fill_null("F"))
    with pytest.raises(ModelError, match=f"school {school} lies in more than one authority"):
        sums(whole, made_of(whole), ["school", "authority"])
    with pytest.raises(ModelError, match=f"school {school} lies in more than one authority"):
        sums(duckdb.from_arrow(whole.to_arrow()), made_of(whole), ["school", "authority"])


def test_nobody_left_says_what_is_missing(pupils: pl.DataFrame) -> None:
    nobody = pupils.with_columns(prior=pl.lit(None, dtype=pl.Float64))
    with pytest.raises(ModelError, match=r"missing are .*prior in"):
        sums(nobody, made_of(pupils), ["school"])


def test_keys_may_be_text(pupils: pl.DataFrame) -> None:
    named = pupils.with_columns(pl.format("school:{}", "school").alias("school"))
    first, second = sums(pupils, made_of(pupils), ["school"]), sums(named, made_of(pupils), ["school"])
    numbered = {
        f"school:{key}": column for key, column in zip(first.keys["school"], first.by_group.T, strict=True)
    }
    assert second.keys.height == first.keys.height
    for key, column in zip(second.keys["school"], second.by_group.T, strict=True):
        assert np.array_equal(column, numbered[key])


def test_terms_that_cannot_be_read_are_named() -> None:
    frame = pl.DataFrame(
        {"y": [1.0, 2.0], "x": [1.0, 3.0], "sex": ["F", "M"], "one": ["a", "a"], "s": [1, 2]}
    )
    for fixed, message in (
        (["z"], "no column 'z'"),
        (["x", "x"], "x stands twice"),
        (["sex vs B"], "has no value 'B'; it has F, M"),
        (["x vs 1"], "'x' is a number"),
        (["sex^2"], "which is a category"),
        (["one"], "only the value 'a'"),
    ):
        with pytest.raises(ModelError, match=message):
            design(lazy(frame), "y", fixed)
    with pytest.raises(ModelError, match="is not among the fixed terms"):
        design(lazy(frame), "y", ["sex"], ["x"])
    with pytest.raises(ModelError, match="not a number"):
        design(lazy(frame), "sex", ["x"])


def test_products_and_references_make_the_columns_they_say() -> None:
    frame = pl.DataFrame(
        {"y": [1.0, 2.0, 4.0], "x": [1.0, 3.0, 5.0], "sex": ["F", "M", "F"], "fsm": [True, False, True]}
    )
    made = design(lazy(frame), "y", ["x^3", "sex vs M", "sex:x", "fsm"])
    assert made.names == ("intercept", "x^3", "sex[F]", "sex[M]:x", "fsm")
    values = lazy(frame).select(*(c.expression().alias(c.name) for c in made.columns)).collect().to_native()
    assert values.rows() == [(1.0, 1.0, 0.0, 1.0), (27.0, 0.0, 3.0, 0.0), (125.0, 1.0, 0.0, 1.0)]
