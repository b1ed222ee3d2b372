"""Tables that a user loads because they were not found: groups, limits, nominal scores."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from headway.figures.models import progress
from headway.figures.models.loaded_tables import grouped, read_groups, read_nominal
from headway.figures.models.terms import ModelError

RECKONER = """year,subject,prior_attainment_group,lowest_points,highest_points,mean,limit,spread,source
2019,reading,1,0,5.99,80.5,-12,6.1,Ready reckoner 2019
2019,reading,2,6,11.99,93.2,,6.1,
2019,reading,3,12,21,104.0,,6.1,
2019,mathematics,1,0,21,100,,,
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "reckoner.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_loaded_table_gives_progress_with_limits_and_intervals(tmp_path: Path) -> None:
    groups = read_groups(written(tmp_path, RECKONER), "reading", 2019)
    assert groups.spread == 6.1
    assert "Ready reckoner 2019" in groups.label
    pupils = pl.DataFrame(
        {
            "organisation": ["school:1"] * 5,
            "prior_points": [3.0, 11.99, 13.0, None, 30.0],
            "attainment": [60.0, 95.2, 103.0, 100.0, 100.0],
        }
    )
    placed = grouped(pupils, groups)
    assert placed["prior_group"].to_list() == [1.0, 2.0, 3.0, None, None]
    scored = progress.pupil_progress(placed, groups)
    assert scored["progress"].to_list() == [-12.0, pytest.approx(2.0), -1.0, None, None]
    assert scored["unadjusted"][0] == pytest.approx(-20.5)
    assert progress.school_progress(scored, groups.spread)["pupils"][0] == 3


def test_the_group_that_dfe_supplied_goes_first(tmp_path: Path) -> None:
    groups = read_groups(written(tmp_path, RECKONER), "reading", 2019)
    pupils = pl.DataFrame({"prior_points": [3.0, 13.0], "prior_attainment_group": [2, None]})
    assert grouped(pupils, groups)["prior_group"].to_list() == [2.0, 3.0]


def test_nominal_scores_may_be_loaded(tmp_path: Path) -> None:
    path = written(tmp_path, "year,subject,code,score\n2022,reading,pk1,64\n2022,reading,N,79\n")
    assert read_nominal(path, "reading", 2022).scores == {"PK1": 64.0, "N": 79.0}


@pytest.mark.parametrize(("text", "message"), [
    (RECKONER.replace("93.2", "many"), "reckoner.csv, row 3, column mean: found 'many', expected a number"),
    (RECKONER.replace("93.2", ""), "row 3, column mean: nothing there"),
    (RECKONER.replace("lowest_points", "from"), "has no column lowest_points"),
    (RECKONER.replace("2,6,11.99", "2,5,11.99"), "group 2 of reading 2019 begins before the one below it ends"),
    (RECKONER.replace("2019,reading", "2018,reading"), "nothing for reading 2019; it has reading 2018, mathematics 2019"),
    ("", "cannot be read as a CSV file"),
])  # fmt: skip
def test_a_broken_table_says_where_and_what(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(ModelError, match=message):
        read_groups(written(tmp_path, text), "reading", 2019)


def test_a_code_twice_is_an_error(tmp_path: Path) -> None:
    path = written(tmp_path, "year,subject,code,score\n2022,reading,PK1,64\n2022,reading,pk1,60\n")
    with pytest.raises(ModelError, match="PK1 stands twice"):
        read_nominal(path, "reading", 2022)
