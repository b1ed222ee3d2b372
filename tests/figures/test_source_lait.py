"""The Local Authority Interactive Tool."""

from pathlib import Path

import polars as pl
import pytest
from published_frames import keeps_the_contract, one, results, written

from headway.figures.reading import received
from headway.figures.sources import Reading, lait
from headway.figures.sources.lait import Period, period
from headway.figures.sources.lait_measures import KNOWN, other_key

ROW = {"Short Desc": "KS2RWM_Expected_STD", "Data item": "", "Years": "2025", "LA and Regions": "Medway",
       "Values": "60", "LA Number": "887", "Region": "South East"}  # fmt: skip


@pytest.fixture(scope="module")
def whole(shared_data: Path) -> Reading:
    (file,) = received(shared_data / "la" / "bds_long_0.parquet")
    assert lait.source.recognise(file) is not None
    return lait.source.read(file)


@pytest.mark.real_data
def test_every_row_is_read_and_those_without_a_year_are_set_aside(whole: Reading) -> None:
    """170 rows of CINPermExclusion have the year 0 and no value."""
    assert whole.rows_read == 641070
    (error,) = [finding for finding in whole.findings if finding.severity == "error"]
    assert len(error.rows) == 170
    assert results(whole).height == 641070 - 170
    assert keeps_the_contract(whole)


@pytest.mark.real_data
def test_expected_standard_in_england_and_four_authorities_is_as_published(whole: Reading) -> None:
    figures = results(whole).filter(pl.col("measure") == "ks2_rwm_expected", pl.col("group") == "all")
    series = {
        place: figures.filter(pl.col("organisation") == place).sort("year")["value"].to_list()
        for place in figures["organisation"].unique()
    }
    assert series["nation:england-state-funded"] == [54, 62, 65, 65, None, None, 59, 60, 61, 63]
    ends = {name: (series[f"authority:{code}"][0], series[f"authority:{code}"][-1])
            for name, code in (("Medway", 887), ("Kent", 886), ("Southwark", 210), ("Halton", 876))}  # fmt: skip
    assert ends == {"Medway": (49, 60), "Kent": (59, 62), "Southwark": (58, 70), "Halton": (47, 62)}
    assert "nation:england" not in series


@pytest.mark.real_data
def test_every_known_measure_is_in_the_file_and_every_other_keeps_its_name(whole: Reading) -> None:
    figures = results(whole)
    shorts = set(figures["column"])
    assert {known.short for known in KNOWN} <= shorts
    assert set(lait.MEASURES) <= set(figures["measure"])
    others = figures.filter(pl.col("measure").str.starts_with("lait:"))
    assert others["measure"].n_unique() == others["column"].n_unique() == len(shorts) - len(KNOWN)


@pytest.mark.real_data
def test_a_dash_is_not_available_and_never_zero(whole: Reading) -> None:
    dashes = results(whole).filter(pl.col("symbol") == "-")
    assert dashes.height == 93883 - 170
    assert set(dashes["status"]) == {"not available"}
    assert dashes["value"].null_count() == dashes.height


@pytest.mark.real_data
def test_the_dust_of_a_spreadsheet_is_wiped_off(whole: Reading) -> None:
    figure = one(
        results(whole), organisation="nation:england-state-funded", year=2016,
        measure="eyfsp_communication_and_language_expected",
    )  # fmt: skip
    assert (figure["value"], figure["rounded_to"]) == (81.6, 0.1)


@pytest.mark.real_data
def test_authorities_lie_in_their_regions(whole: Reading) -> None:
    members = whole.tables["memberships"].lazy().collect()
    assert one(members, organisation="authority:887")["group"] == "region:E12000008"
    assert one(members, organisation="authority:210")["group"] == "region:E13000001"


@pytest.mark.parametrize(
    ("label", "expected"),
    [
        ("2019", Period(2019)),
        ("2018/19", Period(2019)),
        ("2018-19", Period(2019)),
        ("2016-17 (OT)", Period(2017)),
        ("2025 (prov)", Period(2025, 1, "provisional")),
        ("2024 (Rev)", Period(2024, 1, "revised")),
        ("2020 (Final)", Period(2020, 1, "final")),
        ("2014-16", Period(2016, 3)),
        ("2013/14-15/16", Period(2016, 3)),
        ("0", None),
        ("", None),
        ("2019-18", None),
        ("twenty", None),
    ],
)
def test_a_year_is_read_in_all_its_ways(label: str, expected: Period | None) -> None:
    assert period(label) == expected


def test_names_that_differ_by_a_per_cent_sign_stay_apart() -> None:
    assert other_key("LAC_ceased_SGO") != other_key("LAC_ceased_SGO%")
    assert other_key("3&4yr_Ofsted_rating") == "lait:3_4yr_ofsted_rating"


def test_england_is_state_funded_only_where_the_measure_says_so(tmp_path: Path) -> None:
    england = ROW | {"LA Number": "970", "LA and Regions": "England", "Region": "NA"}
    rows = [ROW, england, england | {"Short Desc": "SEN_TotStat"}, england | {"Short Desc": "LAC"}]
    reading = lait.source.read(written(tmp_path, "lait.csv", rows))
    assert not reading.complete
    figures = results(reading)
    assert one(figures, organisation="nation:england-state-funded")["measure"] == "ks2_rwm_expected"
    assert set(figures.filter(pl.col("organisation") == "nation:england")["measure"]) == {
        "context_ehcp",
        "lait:lac",
    }
    medway = one(figures, organisation="authority:887")
    assert (medway["value"], medway["column"], medway["dataset"]) == (60, "KS2RWM_Expected_STD", "lait")


@pytest.mark.parametrize("label", ["", "0", "soon"])
def test_a_row_without_a_year_is_set_aside(tmp_path: Path, label: str) -> None:
    reading = lait.source.read(written(tmp_path, "lait.csv", [ROW, ROW | {"Years": label}]))
    (error,) = [finding for finding in reading.findings if finding.severity == "error"]
    assert error.rows == (3,)
    assert results(reading)["row"].to_list() == [2]
