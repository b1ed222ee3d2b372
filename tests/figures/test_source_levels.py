"""DfE's key stage 2 performance tables of the levels era."""

from pathlib import Path

import pytest
from published_frames import keeps_the_contract, one, results, written

from headway.figures.sources import Reading, Unreadable, dfe_ks2, dfe_ks2_levels
from headway.figures.sources.ks2_levels_columns import MEASURES, meanings

SCHOOL = {
    "RECTYPE": "1", "LEA": "887", "ESTAB": "2001", "URN": "100001", "SCHNAME": "A Primary School", "TOTPUPS": "240",
    "TELIG": "30", "PTENGMATX": "73%", "PTENGMATAX": "20%", "PTENGX": "80%", "PTENGAX": "33%", "PTMATX": "77%",
    "PTMATAX": "30%", "PTSCIX": "87%", "PTENGAT": "3%", "TAPS": "27.4", "PT2ENG12": "87%", "COVENG12": "97%",
    "PT2MATH12": "83%", "COVMATH12": "97%", "EMVAMEAS": "100.3", "EMLCONF": "99.1", "EMUCONF": "101.5", "VACOV": "97%",
}  # fmt: skip


def read(tmp_path: Path, *rows: dict[str, str], name: str = "2008-2009/england_ks2.csv") -> Reading:
    return dfe_ks2_levels.source.read(written(tmp_path, name, rows))


def test_a_row_of_2009_becomes_its_figures(tmp_path: Path) -> None:
    reading = read(tmp_path, SCHOOL)
    figures = results(reading)
    assert keeps_the_contract(reading)
    assert (reading.kind, reading.scope, reading.rows_read) == ("dfe_ks2_levels", "dfe_ks2:2009:887", 1)
    both = one(figures, measure="ks2_english_maths_level4")
    assert (both["value"], both["numerator"], both["denominator"], both["year"]) == (73, 22, 30, 2009)
    assert one(figures, measure="ks2_english_level5")["numerator"] == 10
    assert one(figures, measure="ks2_science_level4")["value"] == 87
    assert one(figures, measure="ks2_english_not_tested")["value"] == 3
    assert one(figures, measure="ks2_average_points")["value"] == 27.4
    progress = one(figures, measure="ks2_english_two_levels_progress")
    assert (progress["value"], progress["denominator"]) == (87, None)
    assert one(figures, measure="ks2_english_two_levels_progress_coverage")["value"] == 97
    added = one(figures, measure="ks2_contextual_value_added")
    assert (added["value"], added["lower"], added["upper"]) == (100.3, 99.1, 101.5)
    assert one(figures, measure="ks2_contextual_value_added_coverage")["value"] == 97
    assert set(figures["measure"]) <= set(MEASURES)


def test_the_boycott_of_2010_is_not_available_and_never_zero(tmp_path: Path) -> None:
    missing = dict.fromkeys(("PTENGMATX", "PTENGX", "PTMATX", "TAPS"), "")
    figures = results(
        read(tmp_path, SCHOOL, SCHOOL | missing | {"URN": "100002"}, SCHOOL | {"URN": "100003", "PTENGMATX": "NP"},
             name="2009-2010_ks2.csv")
    )  # fmt: skip
    for school in ("school:100002", "school:100003"):
        figure = one(figures, organisation=school, measure="ks2_english_maths_level4")
        assert (figure["status"], figure["value"], figure["numerator"]) == ("not available", None, None)


@pytest.mark.parametrize(
    ("column", "measure", "group"),
    [
        ("PTREADWRITTAMATX", "ks2_rwm_level4", "all"),
        ("PTREADWRITMATX", "ks2_rwm_level4", "all"),
        ("PTREADWRITTAMAT4B", "ks2_rwm_level4b", "all"),
        ("PTREADWRITTAMATAX", "ks2_rwm_level5", "all"),
        ("PBREADWRITTAMATX", "ks2_rwm_level4", "boys"),
        ("PGENGMATX", "ks2_english_maths_level4", "girls"),
        ("PTREADWRITTAMATX_FSM6CLA1A", "ks2_rwm_level4", "disadvantaged"),
        ("PTREADWRITTAMATX_NOTFSM6CLA1A", "ks2_rwm_level4", "other"),
        ("PTFSMCLAENGMATX", "ks2_english_maths_level4", "disadvantaged"),
        ("PTNOTFSMCLAENGMATAX", "ks2_english_maths_level5", "other"),
        ("PTENGMATX_EALY", "ks2_english_maths_level4", "eal"),
        ("PTREAD4B", "ks2_reading_level4b", "all"),
        ("PTMAT4B_H", "ks2_mathematics_level4b", "prior_high"),
        ("PTGPS4B", "ks2_gps_level4b", "all"),
        ("PTGPSAX", "ks2_gps_level5", "all"),
        ("PTWRITXTA", "ks2_writing_level4", "all"),
        ("PTSCIXTA", "ks2_science_level4", "all"),
        ("PT2READ", "ks2_reading_two_levels_progress", "all"),
        ("PT2WRITTA12", "ks2_writing_two_levels_progress", "all"),
        ("PT2MATH_FSMCLA", "ks2_mathematics_two_levels_progress", "disadvantaged"),
        ("OVAMEAS", "ks2_value_added", "all"),
    ],
)
def test_columns_of_the_era_mean_what_their_users_say(column: str, measure: str, group: str) -> None:
    (meaning,) = meanings([column])
    assert (meaning.measure, meaning.group) == (measure, group)


@pytest.mark.parametrize(
    "column", ["PTENGBX", "PTREADWRITTAMATBX", "AVGLEVEL", "PTRWM_EXP", "PTXENG", "TPUPYEAR"]
)
def test_columns_that_nobody_explains_are_left_out(column: str) -> None:
    assert meanings([column]) == []


def test_the_teacher_assessment_stands_before_the_writing_test() -> None:
    found = meanings(["PTWRITX", "PTWRITXTA"])
    assert [meaning.column for meaning in found] == ["PTWRITXTA"]


def test_the_year_comes_from_the_name_and_must_be_of_the_era(tmp_path: Path) -> None:
    reading = read(tmp_path, SCHOOL, name="2010-2011_ks2.csv")
    assert set(results(reading)["year"]) == {2011}
    assert "year_from_the_name" in {finding.rule for finding in reading.findings}
    with pytest.raises(Unreadable, match="levels, which were given to 2015"):
        read(tmp_path, SCHOOL, name="2016-2017_ks2.csv")
    with pytest.raises(Unreadable, match="Put the academic year"):
        read(tmp_path / "somewhere", SCHOOL, name="ks2.csv")


def test_it_is_told_from_the_tables_since_2016(tmp_path: Path) -> None:
    old = written(tmp_path, "2008-2009.csv", [SCHOOL])
    new = written(tmp_path, "2018-2019.csv", [SCHOOL | {"PTRWM_EXP": "60%"}])
    assert dfe_ks2_levels.source.recognise(old) is not None
    assert dfe_ks2.source.recognise(old) is None
    assert dfe_ks2_levels.source.recognise(new) is None
    assert dfe_ks2.source.recognise(new) is not None
