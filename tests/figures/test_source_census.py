"""School census figures."""

from pathlib import Path

import polars as pl
import pytest
from published_frames import keeps_the_contract, one, results, written

from headway.figures.reading import received
from headway.figures.sources import Reading, Unreadable, census

ROW = {
    "URN": "100001", "LA": "936", "Estab": "2014", "SCHOOLTYPE": "State-funded primary", "NOR": "200", "NORG": "90",
    "PNORG": "45.00%", "TSENELSE": "4", "PSENELSE": "2.00%", "TSENELK": "30", "PSENELK": "15.00%", "NUMEAL": "50",
    "PNUMEAL": "25.00%", "NUMFSM": "20", "NUMFSMEVER": "40", "NORFSMEVER": "190", "PNUMFSMEVER": "21.05%",
}  # fmt: skip


@pytest.fixture(scope="module")
def england(shared_data: Path) -> Reading:
    (file,) = received(shared_data / "context" / "2024-2025_england_census.csv.gz")
    assert len(file.header) == 23
    assert census.source.recognise(file) is not None
    return census.source.read(file)


@pytest.mark.real_data
def test_the_whole_of_england_is_read(england: Reading) -> None:
    assert (england.rows_read, england.scope) == (24473, "census:2025:england")
    assert keeps_the_contract(england)
    figures = results(england)
    assert (
        figures.filter(pl.col("organisation").str.starts_with("school:"))["organisation"].n_unique() == 24470
    )
    assert set(figures["measure"]) == set(census.MEASURES)
    fsm6 = one(figures, organisation="school:100000", measure="context_fsm6")
    assert (fsm6["value"], fsm6["numerator"], fsm6["denominator"]) == (24.88, 52, 209)


@pytest.mark.real_data
def test_national_rows_are_totals_of_a_kind_of_school(england: Reading) -> None:
    figures = results(england)
    found = {
        kind: one(figures, organisation="nation:england", measure=f"context_eal_{kind}")["numerator"]
        for kind in ("primary", "secondary", "special")
    }
    assert found == {"primary": 1065551, "secondary": 703666, "special": 24309}
    assert figures.filter(
        pl.col("organisation") == "nation:england", pl.col("measure") == "context_eal"
    ).is_empty()


@pytest.mark.real_data
def test_every_percentage_agrees_with_its_own_count(england: Reading) -> None:
    """Printed to one or two places, so within half of the last; one national row prints 14.75 % as 15 %."""
    percentages = results(england).filter(pl.col("value").is_not_null(), pl.col("numerator").is_not_null())
    off = (pl.col("value") - 100 * pl.col("numerator") / pl.col("denominator")).abs()
    assert percentages.height > 110_000
    assert percentages.filter(off > pl.col("rounded_to") / 2 + 1e-6).height == 0


@pytest.mark.real_data
def test_no_per_cent_of_nobody_is_not_zero(england: Reading) -> None:
    """Independent schools' 0.00 % of NA pupils ever eligible for free school meals is no figure."""
    fsm6 = results(england).filter(pl.col("measure") == "context_fsm6")
    assert fsm6.filter(pl.col("symbol") == "NA").height == 2887
    assert set(fsm6.filter(pl.col("symbol") == "NA")["status"]) == {"not applicable"}


def test_a_percentage_of_a_count_that_is_not_there_is_no_figure(tmp_path: Path) -> None:
    rows = [ROW, ROW | {"URN": "100002", "NUMFSMEVER": "NA", "NORFSMEVER": "NA", "PNUMFSMEVER": "0.00%"},
            ROW | {"URN": "100003", "NOR": "0", "NUMEAL": "0", "PNUMEAL": "0.00%"}]  # fmt: skip
    figures = results(census.source.read(written(tmp_path, "2024-2025_census.csv", rows)))
    none = one(figures, organisation="school:100002", measure="context_fsm6")
    assert (none["status"], none["value"], none["numerator"]) == ("not applicable", None, None)
    nobody = one(figures, organisation="school:100003", measure="context_eal")
    assert (nobody["status"], nobody["value"], nobody["denominator"]) == ("not applicable", None, 0)


def test_the_year_comes_from_the_name(tmp_path: Path) -> None:
    reading = census.source.read(written(tmp_path, "2018-2019/england_census.csv", [ROW]))
    assert set(results(reading)["year"]) == {2019}
    assert reading.scope == "census:2019:936"
    with pytest.raises(Unreadable, match="does not say which year"):
        census.source.read(written(tmp_path / "plain", "census.csv", [ROW]))


def test_a_row_of_no_school_is_an_error(tmp_path: Path) -> None:
    reading = census.source.read(
        written(tmp_path, "2024-2025_census.csv", [ROW, ROW | {"URN": "NAT", "Estab": "ALL"}])
    )
    (error,) = [finding for finding in reading.findings if finding.severity == "error"]
    assert error.rows == (3,)
