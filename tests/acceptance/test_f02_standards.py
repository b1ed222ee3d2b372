"""F02: the standards store, analysis and data packs."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from cli import headway
from headway.figures.comparisons import proportionate_difference
from headway.figures.intervals import wilson
from headway.figures.models.effects import FFT_WEIGHTS, pooled_value
from headway.policy.profiles import Figure, Side


@pytest.mark.real_data
def test_ac1_a_suppressed_school_is_shown_so_left_out_of_the_mean_and_not_below_the_floor(
    shared_data: Path, tmp_path: Path
) -> None:
    """Wishmore Cross Academy's figures of 2017 are SUPP in DfE's file."""
    assert headway("load", shared_data / "ks2" / "2016-2017_936_ks2final.csv").code == 0
    assert headway("run").code == 0
    shown = headway("school", 138766, "--year", 2017)
    assert "suppressed" in shown.out
    assert " 0 %" not in shown.out
    rows = headway("school", 138766, "--year", 2017, "--measure", "ks2_rwm_expected", "--json").rows
    single = {
        (row["status"], row["value"], row["numerator"])
        for row in rows
        if row["group"] == "all" and row["years_pooled"] == 1
    }
    assert single == {("suppressed", None, None)}

    (pooled,) = [
        row
        for row in headway(
            "headlines", "--authority", 936, "--year", 2017, "--measure", "ks2_rwm_expected", "--json"
        ).rows
        if (row["organisation"], row["basis"], row["group"], row["years_pooled"])
        == ("authority:936", "schools", "all", 1)
    ]
    assert "4 suppressed, with 14 pupils" in pooled["label"]

    judged = {
        row["organisation"]: row["level"]
        for row in headway("floor", "--authority", 936, "--year", 2017, "--json").rows
    }
    assert judged["school:138766"] != "below"

    path = tmp_path / "figures.csv"
    assert headway("export", "--authority", 936, "--format", "csv", "--output", path).code == 0
    with path.open(encoding="utf-8-sig", newline="") as file:
        exported = [
            row
            for row in csv.DictReader(file)
            if (row["Organisation"], row["Measure key"], row["Years pooled"], row["Group key"])
            == ("school:138766", "ks2_rwm_expected", "1", "all")
        ]
    assert exported
    assert {row["Value"] for row in exported} == {"suppressed"}


def test_ac2_26_of_30_is_printed_87_percent_and_is_below_a_median_of_87() -> None:
    figure = Figure(
        "ks2_english_two_levels_progress",
        2011,
        value=100 * 26 / 30,
        numerator=26,
        denominator=30,
        numerator_low=26,
        numerator_high=26,
    )
    assert f"{figure.value:.0f}" == "87"
    assert figure.side_of(87) is Side.BELOW
    assert figure.side_of(86) is Side.NOT_BELOW


def test_ac3_54_beside_60_percent_is_6_points_and_10_percent_less() -> None:
    assert 54 - 60 == -6
    assert proportionate_difference(54, 60) == pytest.approx(-10.0)


def test_ac4_16_of_30_is_not_statistically_below_65_percent() -> None:
    lower, upper = wilson(16, 30)
    assert (round(lower, 1), round(upper, 1)) == (36.1, 69.8)
    assert not upper < 65


def test_ac5_three_years_are_weighted_3_2_1() -> None:
    assert pooled_value([1.2, 0.6, -0.6], [30, 30, 30], FFT_WEIGHTS) == pytest.approx(0.70)
