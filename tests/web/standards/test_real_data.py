"""Surrey's own files beside England's: the service's figures are the command line's, to the last digit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from cli import headway
from headway.web.standards import reading
from headway.web.standards.models import Release

pytestmark = [pytest.mark.real_data, pytest.mark.django_db]


@pytest.fixture
def surrey(shared_data: Path, settings: Any) -> Release:
    """Surrey's key stage 2 files with the register, published for everybody."""
    import os

    files = [
        *sorted((shared_data / "gias").glob("202[12]*.csv.gz")),
        *(shared_data / "ks2" / f"{year - 1}-{year}_936_ks2final.csv" for year in (2018, 2019)),
        *sorted((shared_data / "ks2").glob("*england*.csv*"))[:2],
    ]
    settings.HOME = Path(os.environ["HEADWAY_HOME"])
    settings.SERVICE = settings.HOME / "service"
    for arguments in (
        ("load", *files),
        ("run",),
        ("publish", "KS2 2019", "--authority", 936, "--year", 2019, "--visibility", "schools",
         "--measure", "ks2_rwm_expected", "--measure", "ks2_reading_progress", "--measure", "ks2_reading_average",
         "--audience", "data_officer", "--audience", "school", "--audience", "governors"),
    ):  # fmt: skip
        answer = headway(*arguments)
        assert answer.code == 0, answer.out + answer.err
    return Release.objects.get(name="KS2 2019")


@pytest.mark.timeout(900)
def test_surreys_schools_have_the_figures_of_the_command_line(surrey: Release) -> None:
    from headway.example.people import make_people
    from headway.figures.store import Store
    from headway.web.schools.actions import take_register

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
            order = ["measure", "group", "year", "years_pooled", "basis"]
            expected = pl.DataFrame(said.rows, infer_schema_length=None).select(shared).sort(order)
            assert seen.select(shared).sort(order).to_dicts() == expected.to_dicts(), (role, key)
    across = reading.measure_figures(people["data_officer"], "ks2_rwm_expected", year=2019)
    assert across.filter(pl.col("organisation").str.starts_with("school:")).height > 200
