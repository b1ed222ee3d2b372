"""What a rounded percentage says about the pupils behind it."""

from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from fractions import Fraction

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headway.figures.rounding import numerator_if_unique, numerator_range, numerator_range_expressions


def _printed(pupils: int, cohort: int, places: int, rule: str) -> Decimal:
    """Slow and obvious: the percentage rounded as a decimal."""
    exact = Fraction(100 * pupils, cohort)
    scaled = exact * 10**places
    whole, rest = divmod(scaled.numerator, scaled.denominator)
    half = Fraction(rest, scaled.denominator)
    if half == Fraction(1, 2):
        whole += 1 if rule == ROUND_HALF_UP else whole % 2
    elif half > Fraction(1, 2):
        whole += 1
    return Decimal(whole).scaleb(-places)


def _possible(percent: Decimal, cohort: int, places: int) -> list[int]:
    return [
        pupils
        for pupils in range(cohort + 1)
        if percent in {_printed(pupils, cohort, places, rule) for rule in (ROUND_HALF_UP, ROUND_HALF_EVEN)}
    ]


def test_every_whole_percentage_of_every_cohort_up_to_150_is_exactly_what_rounding_allows() -> None:
    for cohort in range(1, 151):
        by_percent: dict[int, list[int]] = {percent: [] for percent in range(101)}
        for pupils in range(cohort + 1):
            for rule in (ROUND_HALF_UP, ROUND_HALF_EVEN):
                printed = int(_printed(pupils, cohort, 0, rule))
                if pupils not in by_percent[printed]:
                    by_percent[printed].append(pupils)
        for percent, pupils_of in by_percent.items():
            expected = (pupils_of[0], pupils_of[-1]) if pupils_of else None
            assert numerator_range(percent, 1, cohort) == expected, (percent, cohort)


def test_the_expression_agrees_with_the_plain_function() -> None:
    rows = [
        (float(percent), 1.0, cohort)
        for cohort in (1, 2, 7, 8, 40, 99, 100, 101, 200, 400, 12400)
        for percent in range(101)
    ]
    rows += [(percent / 10, 0.1, cohort) for cohort in (3, 16, 250, 1000, 2000) for percent in range(1001)]
    frame = pl.DataFrame(rows, schema=["percent", "step", "cohort"], orient="row")
    low, high = numerator_range_expressions(pl.col("percent"), pl.col("step"), pl.col("cohort"))
    for percent, step, cohort, least, most in frame.with_columns(low=low, high=high).rows():
        assert numerator_range(percent, step, cohort) == (None if least is None else (least, most))


@given(st.integers(1, 3000), st.data(), st.sampled_from([0, 1]))
def test_the_true_number_of_pupils_is_always_in_the_range(
    cohort: int, data: st.DataObject, places: int
) -> None:
    pupils = data.draw(st.integers(0, cohort))
    rule = data.draw(st.sampled_from([ROUND_HALF_UP, ROUND_HALF_EVEN]))
    printed = _printed(pupils, cohort, places, rule)
    found = numerator_range(float(printed), 10.0**-places, cohort)
    assert found is not None
    assert found[0] <= pupils <= found[1]


@given(st.integers(1, 120), st.integers(0, 1000))
def test_tenths_of_a_percent_agree_with_the_slow_reference(cohort: int, tenths: int) -> None:
    possible = _possible(Decimal(tenths).scaleb(-1), cohort, 1)
    expected = (possible[0], possible[-1]) if possible else None
    assert numerator_range(tenths / 10, 0.1, cohort) == expected


def test_known_cases() -> None:
    assert numerator_range(63, 1, 27) == (17, 17)
    assert numerator_range(63, 1, 300) == (188, 190)  # 187.5 and 190.5 are no pupils; 62.5 would need 187.5
    assert numerator_range(12, 1, 8) == (1, 1)  # 12.5 rounded to even
    assert numerator_range(13, 1, 8) == (1, 1)  # 12.5 rounded up
    assert numerator_range(50, 1, 3) is None  # no number of 3 pupils is 50 %
    assert numerator_range(0, 1, 199) == (0, 0)
    assert numerator_range(0, 1, 200) == (0, 1)
    assert numerator_range(100, 1, 30) == (30, 30)


def test_a_numerator_is_given_only_when_it_is_unique() -> None:
    frame = pl.DataFrame({"percent": [63.0, 63.0, 50.0, None, 63.0], "cohort": [27, 300, 3, 30, 0]})
    found = frame.select(numerator_if_unique(pl.col("percent"), pl.lit(1.0), pl.col("cohort")).alias("n"))[
        "n"
    ]
    assert found.to_list() == [17, None, None, None, None]


@pytest.mark.parametrize(("step", "cohort"), [(1, 0), (1, -3), (0.3, 10)])
def test_a_cohort_or_step_without_meaning_is_refused(step: float, cohort: int) -> None:
    with pytest.raises(ValueError, match="percentage"):
        numerator_range(50, step, cohort)
