"""The September checking exercise on the command line, on the example authority."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import polars as pl
import pytest

from cli import headway
from headway.figures import reproduction
from headway.figures.belongings import belongings
from headway.figures.corrections import checking_rows, figures
from headway.figures.store import Store


def test_every_figure_counted_pupil_by_pupil_is_the_runs_and_agrees_with_dfes_marks(example: Path) -> None:
    store = Store.open(example)
    for year in (2018, 2019, 2022, 2023):
        rows = checking_rows(store, year)
        areas = belongings(store, year).filter(pl.col("kind") == "authority").select("organisation", "parent")
        again = figures(rows, year, dict(areas.iter_rows()))
        run = store.latest_run()
        assert run is not None
        said = run.results().filter(year=year, years_pooled=1, group="all", basis="pupils").collect()
        counted = again.filter(~pl.col("measure").str.contains("progress"))
        joined = counted.join(said, on=["organisation", "measure"], suffix="_of_run")
        assert joined.height == counted.height > 1000
        assert joined.filter(pl.col("denominator") != pl.col("denominator_of_run")).is_empty()
        assert joined.filter(pl.col("numerator").ne_missing(pl.col("numerator_of_run"))).is_empty()
        assert joined.filter((pl.col("value") - pl.col("value_of_run")).abs() > 1e-9).is_empty()
        told = [
            (school, one.measure, one.agrees)
            for school in rows["organisation"].unique()
            for one in reproduction.reproduced(rows, year, school)
            if one.dfe is not None
        ]
        assert len(told) >= 4 * 70
        # The example's file of 2019 has a mistake in it on purpose: the outcome PASS.
        wrong = [("school:900114", "ks2_rwm_expected", False)] if year == 2019 else []
        assert [one for one in told if not one[2]] == wrong


@pytest.mark.usefixtures("example")
def test_candidates_of_the_authority_are_counted_by_school() -> None:
    answer = headway("check-results", "--authority", 999, "--year", 2023)
    assert answer.code == 0
    assert "442 candidates in 73 schools." in answer.out
    assert "22 September 2023, 5pm" in answer.out
    rows = headway("check-results", "--authority", 999, "--year", 2023, "--json").rows
    assert Counter(row["rule"] for row in rows) == {"near_standard": 442}
    assert all(row["pupil"].startswith("p") and len(row["pupil"]) == 17 for row in rows)
    (school,) = {
        (effect["numerator_before"], effect["denominator_before"], effect["numerator_after"])
        for row in rows
        if row["organisation"] == "school:900115"
        for effect in row["effects"]
        if (effect["organisation"], effect["measure"]) == ("school:900115", "ks2_rwm_expected")
    }
    assert school == (20, 58, 21)


@pytest.mark.usefixtures("example")
def test_the_mistake_in_the_examples_file_is_found_and_its_effect_said() -> None:
    rows = headway("check-results", "--authority", 999, "--year", 2019, "--school", 900114, "--json").rows
    (one,) = [row for row in rows if row["rule"] != "near_standard"]
    assert one["evidence"] == "Mathematics: outcome PASS with a scaled score of 114"
    effects = {(row["organisation"], row["measure"]): row for row in one["effects"]}
    school, authority = (effects[key, "ks2_rwm_expected"] for key in ("school:900114", "authority:999"))
    assert (school["numerator_before"], school["numerator_after"], school["denominator_after"]) == (
        37,
        38,
        51,
    )
    assert (authority["numerator_after"] - authority["numerator_before"], authority["denominator_after"]) == (
        1,
        2695,
    )


@pytest.mark.usefixtures("example")
def test_one_schools_figures_stand_beside_dfes() -> None:
    answer = headway("check-results", "--authority", 999, "--year", 2023, "--school", 900115)
    assert answer.code == 0
    (combined,) = [
        line for line in answer.out.splitlines() if "reading, writing and mathematics: expected" in line
    ][:1]
    assert "20 of 58" in combined
    assert "agrees" in combined
    assert "no source was read for 2022/23" in answer.out


@pytest.mark.usefixtures("example")
@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--authority", 936, "--year", 2023), "No key stage 2 pupils"),
        (("--authority", 999, "--year", 2030), "No key stage 2 pupils"),
        (("--authority", 999, "--year", 2023, "--school", 900101), "has no pupils in the file"),
        (("--authority", "Surrey", "--year", 2023), "three-digit code"),
    ],
)
def test_what_is_not_there_is_said_kindly(arguments: tuple[object, ...], said: str) -> None:
    answer = headway("check-results", *arguments)
    assert answer.code != 0
    assert said in answer.err
