"""Text made from columns."""

from __future__ import annotations

import polars as pl
import pytest

from headway.figures.phrases import phrase


def test_a_phrase_takes_the_text_of_its_columns() -> None:
    frame = pl.DataFrame({"count": [3, None], "of": ["a.csv", "b.csv"]})
    assert frame.select(said=phrase("{} rows of {}!", "count", pl.col("of")))["said"].to_list() == [
        "3 rows of a.csv!",
        None,
    ]


def test_a_phrase_of_no_rows_is_no_rows() -> None:
    frame = pl.LazyFrame({"count": [1, 2]}).filter(pl.col("count") > 2)
    nobody = frame.with_columns(pl.when(pl.col("count") > 2).then("count").alias("count"))
    assert nobody.select(phrase("{} rows", "count")).collect().height == 0


def test_a_phrase_needs_a_column_for_each_gap() -> None:
    with pytest.raises(AssertionError):
        phrase("{} of {}", "count")
