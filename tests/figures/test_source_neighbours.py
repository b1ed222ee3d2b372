"""DfE's statistical neighbours."""

from pathlib import Path

import polars as pl
import pytest
from published_frames import keeps_the_contract, one, written

from headway.figures.reading import received
from headway.figures.sources import Reading, Unreadable, neighbours


@pytest.fixture(scope="module")
def readings(shared_data: Path) -> dict[str, Reading]:
    found = {}
    for name in ("sn_april_2021", "sn_may_2025"):
        (file,) = received(shared_data / "la" / f"{name}.xlsx")
        assert file.header_row == 3
        assert neighbours.source.recognise(file) is not None
        found[name] = neighbours.source.read(file)
    return found


@pytest.mark.real_data
@pytest.mark.parametrize("name", ["sn_april_2021", "sn_may_2025"])
def test_kent_s_first_neighbour_is_essex_and_medway_s_is_swindon(
    readings: dict[str, Reading], name: str
) -> None:
    reading = readings[name]
    assert keeps_the_contract(reading)
    members = reading.tables["memberships"].lazy().collect()
    for own, first in ((886, 881), (887, 866)):
        nearest = one(members, organisation=f"authority:{own}", rank=1)
        assert nearest["group"] == f"authority:{first}"
        assert nearest["kind"] == "statistical neighbour"
        ten = members.filter(pl.col("organisation") == f"authority:{own}")
        assert ten["rank"].to_list() == list(range(1, 11))
        assert ten["group"].n_unique() == 10
    assert not [finding for finding in reading.findings if finding.severity == "error"]


@pytest.mark.real_data
def test_closeness_is_in_one_spelling(readings: dict[str, Reading]) -> None:
    for reading in readings.values():
        notes = set(reading.tables["memberships"].lazy().collect()["note"])
        assert notes == set(neighbours.CLOSENESS)


@pytest.mark.real_data
def test_empty_places_are_told_and_not_filled(readings: dict[str, Reading]) -> None:
    """In April 2021 Cumberland and Westmorland and Furness had no neighbours yet."""
    reading = readings["sn_april_2021"]
    (warning,) = [finding for finding in reading.findings if finding.rule == "neighbour_missing"]
    assert warning.found.startswith("20 of ")
    members = reading.tables["memberships"].lazy().collect()
    assert members.filter(pl.col("organisation").is_in(["authority:942", "authority:943"])).is_empty()


@pytest.mark.parametrize(
    ("name", "edition"),
    [
        ("sn_may_2025.xlsx", "2025-05"),
        ("SN April 2021.csv", "2021-04"),
        ("sn_2025.csv", "2025"),
        ("sn.xlsx", None),
    ],
)
def test_the_edition_comes_from_the_name(name: str, edition: str | None) -> None:
    assert neighbours.edition_named(name) == edition


def test_a_file_without_an_edition_is_refused(tmp_path: Path) -> None:
    row = {"LA num": "887", "LA Name": "Medway"} | {f"SN{rank}": str(300 + rank) for rank in range(1, 11)}
    with pytest.raises(Unreadable, match="does not say when"):
        neighbours.source.read(written(tmp_path, "neighbours.csv", [row]))
    reading = neighbours.source.read(written(tmp_path, "sn_may_2025.csv", [row, row | {"LA num": "9"}]))
    assert reading.tables["memberships"].lazy().collect().height == 10
    (error,) = [finding for finding in reading.findings if finding.severity == "error"]
    assert error.rows == (3,)
