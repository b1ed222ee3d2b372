"""Transition matrices: counts, conversion rates, and the school beside the nation."""

from __future__ import annotations

import polars as pl
import pytest

from headway.figures.models.terms import ModelError
from headway.figures.models.transitions import beside_national, transitions

ORDER = ["3", "4", "5"]


def pupils(*pairs: tuple[str | None, str | None]) -> pl.DataFrame:
    return pl.DataFrame(pairs, schema={"ks1": pl.String, "ks2": pl.String}, orient="row")


SCHOOL = pupils(("2B", "4"), ("2B", "4"), ("2B", "5"), ("2B", "3"), ("3", "5"), ("3", None), (None, "4"))


def test_a_matrix_counts_every_start_and_outcome() -> None:
    table = transitions(SCHOOL, "ks1", "ks2", ORDER)
    assert table.select("prior", "outcome", "pupils").rows() == [
        ("2B", "3", 1), ("2B", "4", 2), ("2B", "5", 1), ("3", "3", 0), ("3", "4", 0), ("3", "5", 1)
    ]  # fmt: skip
    assert table["share"].to_list() == [25.0, 50.0, 25.0, 0.0, 0.0, 100.0]


def test_a_conversion_rate_is_the_share_that_reached_it_or_more() -> None:
    assert transitions(SCHOOL, "ks1", "ks2", ORDER)["conversion"].to_list() == [
        100.0,
        75.0,
        25.0,
        100.0,
        100.0,
        100.0,
    ]


def test_the_school_stands_beside_the_nation_with_what_it_would_have_had() -> None:
    nation = pupils(*[("2B", "3")] * 2, *[("2B", "4")] * 6, *[("2B", "5")] * 2)
    table = beside_national(
        transitions(SCHOOL, "ks1", "ks2", ORDER), transitions(nation, "ks1", "ks2", ORDER)
    )
    start = table.filter(pl.col("prior") == "2B")
    assert start["national_share"].to_list() == [20.0, 60.0, 20.0]
    assert start["national_conversion"].to_list() == [100.0, 80.0, 20.0]
    assert start["expected"].to_list() == pytest.approx([0.8, 2.4, 0.8])
    assert table.filter(pl.col("prior") == "3")["expected"].null_count() == 3


def test_an_outcome_out_of_order_is_named() -> None:
    with pytest.raises(ModelError, match="'6' is not in the order 3, 4, 5"):
        transitions(pupils(("3", "6")), "ks1", "ks2", ORDER)
