"""Gaps: the index over a whole distribution, within schools and between them."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headway.figures.comparisons import newcombe
from headway.figures.figures import results_frame
from headway.figures.models.gaps import (
    counted_groups,
    decomposed,
    gap_index,
    published_gap_index,
    within_schools,
)
from headway.figures.models.terms import ModelError


def pupils(group: list[float], others: list[float]) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "reading_score": [*group, *others],
            "mathematics_score": [100.0] * (len(group) + len(others)),
            "disadvantaged": [True] * len(group) + [False] * len(others),
        }
    )


def test_the_same_distribution_has_no_gap() -> None:
    assert gap_index(pupils([90, 100, 110], [90, 100, 110])).index == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize(("group", "others"), [(1, 1), (3, 9), (40, 10)])
def test_perfect_separation_is_ten_either_way(group: int, others: int) -> None:
    low, high = [90.0 + n / 100 for n in range(group)], [100.0 + n / 100 for n in range(others)]
    assert gap_index(pupils(low, high)).index == pytest.approx(10, abs=1e-12)
    assert gap_index(pupils(high, low)).index == pytest.approx(-10, abs=1e-12)


@settings(max_examples=80, deadline=None)
@given(
    st.lists(st.integers(80, 120), min_size=1, max_size=25),
    st.lists(st.integers(80, 120), min_size=1, max_size=25),
)
def test_the_index_is_twenty_times_the_chance_of_being_above_less_a_half(
    group: list[int], others: list[int]
) -> None:
    chance = np.mean([(b > a) + 0.5 * (b == a) for a in group for b in others])
    found = gap_index(pupils([float(a) for a in group], [float(b) for b in others]))
    assert found.index == pytest.approx(20 * (chance - 0.5), abs=1e-10)
    assert found.lower <= found.index + 1e-12
    assert found.upper >= found.index - 1e-12
    swapped = gap_index(pupils([float(b) for b in others], [float(a) for a in group]))
    assert swapped.index == pytest.approx(-found.index, abs=1e-10)


def test_the_interval_covers_the_true_index() -> None:
    """Two normal distributions 0.5 apart: P = Phi(0.5 / sqrt 2); 400 samples."""
    from scipy.stats import norm

    truth = 20 * (norm.cdf(0.5 / np.sqrt(2)) - 0.5)
    random = np.random.default_rng(3)
    covered = 0
    for _ in range(400):
        found = gap_index(pupils(random.normal(-0.5, 1, 60).tolist(), random.normal(0, 1, 140).tolist()))
        covered += found.lower <= truth <= found.upper
    assert 0.92 < covered / 400 < 0.975


def test_pupils_below_the_test_count_only_with_a_notional_score() -> None:
    frame = pl.DataFrame(
        {
            "reading_score": [None, 100.0, 105.0],
            "mathematics_score": [95.0, 100.0, 105.0],
            "reading_assessment": ["BLW", None, None],
            "mathematics_assessment": [None, None, None],
            "disadvantaged": [True, True, False],
        },
        schema_overrides={"mathematics_assessment": pl.String},
    )
    assert gap_index(frame).left_out == 1
    given_one = gap_index(
        frame, notional={"reading_assessment": {"BLW": 70.0}, "mathematics_assessment": {"BLW": 70.0}}
    )
    assert (given_one.left_out, given_one.disadvantaged, given_one.verified) == (0, 2, False)
    with pytest.raises(ModelError, match="1 disadvantaged and 0 others"):
        gap_index(frame.filter(pl.col("disadvantaged")))


def test_the_published_series_is_shown_as_published() -> None:
    assert published_gap_index().select("year", "index").rows() == [
        (2011, 3.3408), (2012, 3.2339), (2013, 3.1588), (2014, 3.1534), (2015, 3.103),
    ]  # fmt: skip
    # Its form: all lie within the range, and the counts are of a nation.
    assert published_gap_index().filter((pl.col("disadvantaged") + pl.col("others")) < 500_000).is_empty()


def counts(rows: list[tuple[int, int, int, int]]) -> pl.DataFrame:
    columns = ["group_reached", "group_pupils", "other_reached", "other_pupils"]
    return pl.DataFrame(rows, schema=columns, orient="row").with_columns(
        pl.Series("organisation", [f"school:{n}" for n in range(len(rows))])
    )


def test_a_gap_wholly_between_schools_and_one_wholly_within() -> None:
    between = decomposed(counts([(5, 10, 10, 20), (8, 10, 80, 100)]))
    assert between.within.value == pytest.approx(0, abs=1e-12)
    assert between.between.value == pytest.approx(between.whole.value)
    assert between.whole.value == pytest.approx(100 * (13 / 20 - 90 / 120))
    within = decomposed(counts([(5, 10, 14, 20), (10, 20, 28, 40)]))
    assert within.between.value == pytest.approx(0, abs=1e-12)
    assert within.within.value == pytest.approx(-20)
    assert (within.typical.value, within.spread) == (pytest.approx(-20), 0)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(3, 30))
def test_within_is_the_regression_on_schools_and_the_parts_add_up(seed: int, schools: int) -> None:
    random = np.random.default_rng(seed)
    n1, n0 = random.integers(0, 12, schools), random.integers(0, 25, schools)
    n1[0], n0[0] = 4, 9
    y1, y0 = random.binomial(n1, 0.5), random.binomial(n0, 0.7)
    found = decomposed(counts(list(zip(y1.tolist(), n1.tolist(), y0.tolist(), n0.tolist(), strict=True))))
    assert found.within.value + found.between.value == pytest.approx(found.whole.value, abs=1e-9)
    outcome, group, school = [], [], []
    for j in range(schools):
        for reached, all_, member in ((y1[j], n1[j], 1), (y0[j], n0[j], 0)):
            outcome += [1] * reached + [0] * (all_ - reached)
            group += [member] * all_
            school += [j] * all_
    columns = np.column_stack([group, np.eye(schools)[school]])
    fitted = np.linalg.lstsq(columns, np.array(outcome), rcond=None)[0]
    assert found.within.value == pytest.approx(100 * fitted[0], abs=1e-8)


def test_intervals_of_the_parts_cover_the_truth() -> None:
    """Schools of different intakes and levels: the gap within is -12, drawn anew 300 times."""
    random = np.random.default_rng(9)
    covered = 0
    for _ in range(300):
        level = random.normal(0.7, 0.08, 80)
        n1, n0 = random.integers(2, 20, 80), random.integers(10, 40, 80)
        y1, y0 = random.binomial(n1, np.clip(level - 0.12, 0, 1)), random.binomial(n0, np.clip(level, 0, 1))
        part = decomposed(
            counts(list(zip(y1.tolist(), n1.tolist(), y0.tolist(), n0.tolist(), strict=True)))
        ).within
        covered += part.lower <= -12 <= part.upper
    assert 0.91 < covered / 300 < 0.98


def test_schools_gaps_are_shrunken_towards_the_typical_one() -> None:
    frame = counts(
        [(2, 10, 18, 20), (9, 10, 18, 20), (30, 60, 45, 60), (20, 60, 50, 60), (1, 2, 3, 3), (0, 0, 5, 9)]
    )
    found = within_schools(frame)
    assert found.height == 5
    raw = found.filter(pl.col("organisation") == "school:0").row(0, named=True)
    assert raw["gap"] == pytest.approx(-70)
    assert -70 < raw["estimate"] < 0
    small = found.filter(pl.col("organisation") == "school:4")["reliability"][0]
    assert small == found["reliability"].min()
    low, high = newcombe(2, 10, 18, 20)
    # Of small counts the two intervals differ by some points; both are of chance alone.
    assert raw["upper"] - raw["lower"] == pytest.approx(high - low, rel=0.2)


def test_a_suppressed_side_leaves_the_school_out_and_is_never_zero() -> None:
    def row(school: int, group: str, status: str, reached: int | None, all_: int | None) -> dict[str, object]:
        return {
            "organisation": f"school:{school}", "group": group, "status": status, "numerator": reached, "denominator": all_,
            "measure": "ks2_rwm_expected", "year": 2019, "years_pooled": 1, "basis": "published",
        }  # fmt: skip

    rows = [
        row(1, "disadvantaged", "reported", 5, 10),
        row(1, "other", "reported", 9, 12),
        row(2, "disadvantaged", "suppressed", None, None),
        row(2, "other", "reported", 20, 24),
        row(3, "disadvantaged", "not applicable", None, None),
        row(3, "other", "reported", 12, 15),
        row(4, "disadvantaged", "reported", None, 300),
        row(4, "other", "reported", 9, 12),
        row(5, "other", "reported", 9, 12),
    ]
    frame = results_frame(pl.DataFrame(rows, infer_schema_length=None))
    counted, out = counted_groups(frame, "ks2_rwm_expected", 2019)
    assert counted.rows() == [
        ("school:1", 5, 10, 9, 12),
        ("school:3", 0, 0, 12, 15),
        ("school:5", 0, 0, 9, 12),
    ]
    assert out.rows() == [
        ("school:2", "suppressed"),
        ("school:4", "the number of pupils is not known exactly"),
    ]
    with pytest.raises(ModelError, match="both sides"):
        decomposed(counted.tail(1))
