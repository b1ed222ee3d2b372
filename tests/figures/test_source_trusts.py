"""DfE's key stage 2 tables of multi-academy trusts."""

from pathlib import Path

import polars as pl
import pytest
from published_frames import keeps_the_contract, one, results, written

from headway.figures.reading import received
from headway.figures.sources import Reading, dfe_trusts


@pytest.fixture(scope="module")
def readings(shared_data: Path) -> dict[int, Reading]:
    found = {}
    for year in (2024, 2025):
        (file,) = received(
            shared_data / "ks2" / "england" / f"{year - 1}-{year}_england_ks2-mats-performance.csv"
        )
        assert len(file.header) == 33
        assert dfe_trusts.source.recognise(file) is not None
        found[year] = dfe_trusts.source.read(file)
    return found


@pytest.mark.real_data
@pytest.mark.parametrize(("year", "trusts", "expected"), [(2024, 649, 72), (2025, 657, 74)])
def test_trusts_and_their_figures_are_as_published(
    readings: dict[int, Reading], year: int, trusts: int, expected: int
) -> None:
    reading = readings[year]
    assert reading.rows_read == trusts
    assert reading.scope == f"dfe_trusts:{year}"
    assert keeps_the_contract(reading)
    figures = results(reading)
    assert figures["organisation"].n_unique() == trusts
    assert set(figures["year"]) == {year}
    abbey = one(figures, organisation="trust:2044", measure="ks2_rwm_expected", group="all")
    assert (abbey["value"], abbey["status"], abbey["numerator"]) == (expected, "reported", None)
    for group in ("disadvantaged", "other"):
        hidden = one(figures, organisation="trust:2044", measure="ks2_rwm_expected", group=group)
        assert (hidden["value"], hidden["status"], hidden["symbol"]) == (None, "suppressed", "SUPPMAT")
    assert set(figures["measure"]) == set(dfe_trusts.MEASURES)


@pytest.mark.real_data
def test_every_suppmat_is_suppressed(readings: dict[int, Reading]) -> None:
    for reading in readings.values():
        hidden = results(reading).filter(pl.col("symbol") == "SUPPMAT")
        assert hidden.height > 400
        assert set(hidden["status"]) == {"suppressed"}


def test_a_row_without_a_trust_is_an_error(tmp_path: Path) -> None:
    row = dict.fromkeys(
        ("TRUST_NAME", "TRUST_UKPRN", "TRUST_LEADREGION", "TELIG_MATPTINC", "PRWM_EXP_WGTAVG"), "60"
    ) | {"TIME_PERIOD": "202425", "TRUST_UID": "2044"}
    reading = dfe_trusts.source.read(written(tmp_path, "mats.csv", [row, row | {"TRUST_UID": "NA"}]))
    (error,) = [finding for finding in reading.findings if finding.severity == "error"]
    assert error.rows == (3,)
    assert set(results(reading)["organisation"]) == {"trust:2044"}
