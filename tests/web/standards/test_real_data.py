"""Surrey's files and the panel of England: the service's figures are the command line's, to the last digit."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from cli import headway
from headway.example.people import make_people
from headway.figures.store import Store
from headway.web.schools.actions import take_register
from headway.web.standards import reading
from headway.web.standards.models import Release

pytestmark = [pytest.mark.real_data, pytest.mark.django_db]


MAPPINGS = Path(__file__).parents[3] / "docs" / "how-to" / "mappings"
ORDER = ["measure", "group", "year", "years_pooled", "basis"]


def commands(settings: Any, *lines: tuple[object, ...]) -> None:
    """Type these, in a service that lies in the store of the test."""
    settings.HOME = Path(os.environ["HEADWAY_HOME"])
    settings.SERVICE = settings.HOME / "service"
    for arguments in lines:
        answer = headway(*arguments)
        assert answer.code == 0, answer.out + answer.err


@pytest.fixture
def surrey(shared_data: Path, settings: Any) -> Release:
    """Surrey's key stage 2 files with the register, published for everybody."""
    files = [
        *sorted((shared_data / "gias").glob("202[12]*.csv.gz")),
        *(shared_data / "ks2" / f"{year - 1}-{year}_936_ks2final.csv" for year in (2018, 2019)),
    ]
    commands(
        settings,
        ("load", *files),
        ("run",),
        ("publish", "KS2 2019", "--authority", 936, "--year", 2019, "--visibility", "schools",
         "--measure", "ks2_rwm_expected", "--measure", "ks2_reading_progress", "--measure", "ks2_reading_average",
         "--audience", "data_officer", "--audience", "school", "--audience", "governors"),
    )  # fmt: skip
    return Release.objects.get(name="KS2 2019")


@pytest.mark.timeout(900)
def test_surreys_schools_have_the_figures_of_the_command_line(surrey: Release) -> None:
    take_register(Store.open())
    rows = reading.columns("results")
    schools = [key for key in surrey.organisations if key.startswith("school:")]
    assert len(schools) > 200
    chosen = schools[:: len(schools) // 6]
    people = make_people(scopes={"authority": "authority:936", "school": chosen[0]}, password="x" * 20).users
    for role, audience in (
        ("data_officer", "data_officer"),
        ("headteacher", "school"),
        ("governor", "governors"),
    ):
        for key in chosen if role == "data_officer" else chosen[:1]:
            said = headway(
                "school", key.partition(":")[2], "--release", surrey.name, "--audience", audience, "--json"
            )
            seen = reading.school_figures(people[role], key, release=surrey).results
            shared = [name for name in said.rows[0] if name in rows]
            expected = pl.DataFrame(said.rows, infer_schema_length=None).select(shared).sort(ORDER)
            assert seen.select(shared).sort(ORDER).to_dicts() == expected.to_dicts(), (role, key)
    across = reading.measure_figures(people["data_officer"], "ks2_rwm_expected", year=2019)
    assert across.filter(pl.col("organisation").str.starts_with("school:")).height > 200


@pytest.fixture
def england(shared_data: Path, settings: Any) -> Release:
    """The panel of England's schools from 2016 to 2025 with the register, published for those who see everything."""
    commands(
        settings,
        ("load", *sorted((shared_data / "gias").glob("202[12]*.csv.gz"))),
        ("load", shared_data / "ks2" / "england" / "ks2_school_panel_england_2016_2025.csv.gz",
         "--map", MAPPINGS / "england_ks2_panel.toml"),
        ("run",),
        ("publish", "England", "--national", "--visibility", "authority"),
    )  # fmt: skip
    return Release.objects.get(name="England")


@pytest.mark.long
@pytest.mark.timeout(900)
def test_the_panel_of_england_has_the_figures_of_the_command_line(england: Release) -> None:
    take_register(Store.open())
    officer = make_people(scopes={"authority": "nation:england"}, password="x" * 20).users["data_officer"]
    across = reading.measure_figures(officer, "ks2_rwm_expected", year=2018)
    schools = across.filter(
        pl.col("organisation").str.starts_with("school:") & (pl.col("status") == "reported")
    )
    assert schools.height > 13_000
    for key in schools["organisation"].to_list()[:: schools.height // 6]:
        said = headway("school", key.partition(":")[2], "--json")
        seen = reading.school_figures(officer, key, release=england).results
        shared = [name for name in said.rows[0] if name in seen.columns]
        expected = pl.DataFrame(said.rows, infer_schema_length=None).select(shared).sort(ORDER)
        measures = seen["measure"].unique().to_list()
        assert (
            seen.select(shared).sort(ORDER).to_dicts()
            == expected.filter(pl.col("measure").is_in(measures)).to_dicts()
        ), key
