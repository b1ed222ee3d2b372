"""Files of Explore Education Statistics."""

import zipfile
from pathlib import Path

import polars as pl
import pytest
from published_frames import keeps_the_contract, one, results, written

from headway.figures.loading import load
from headway.figures.reading import received
from headway.figures.sources import Reading, Unreadable, ees_absence, ees_eyfsp, ees_ks2, ees_meta
from headway.figures.store import Receipt, Store

PLACE = {
    "time_period": "202425",
    "time_identifier": "Academic year",
    "country_code": "E92000001",
    "country_name": "England",
}
SCHOOL = PLACE | {
    "geographic_level": "School", "version": "Revised", "school_urn": "100001", "school_laestab": "9362014",
    "school_name": "A Primary School", "breakdown_topic": "All pupils", "breakdown": "Total",
    "subject": "Reading, writing and maths", "expected_standard_pupil_percent": "63", "higher_standard_pupil_percent": "8",
    "average_scaled_score": "z", "progress_measure_score": "z", "progress_measure_lower_conf_interval": "z",
    "progress_measure_upper_conf_interval": "z", "absent_or_not_able_to_access_percent": "z",
    "progress_measure_unadjusted": "z", "progress_measure_description": "z",
}  # fmt: skip


@pytest.fixture(scope="module")
def profile(shared_data: Path) -> Reading:
    data, meta = received(shared_data / "la" / "EYFSP_APS_GLD_ELG_underlying_data_2013_2018.zip")
    assert ees_eyfsp.source.recognise(data) is not None
    assert ees_meta.source.recognise(meta) is not None
    assert ees_meta.source.recognise(data) is None
    return ees_eyfsp.source.read(data)


@pytest.fixture(scope="module")
def absence(shared_data: Path) -> Reading:
    data, meta = received(shared_data / "la" / "absence_by_term.zip")
    assert ees_absence.source.recognise(data) is not None
    told = ees_meta.source.read(meta)
    assert (told.tables, [note.severity for note in told.findings]) == ({}, ["note"])
    return ees_absence.source.read(data)


def ks2(tmp_path: Path, *rows: dict[str, str]) -> Reading:
    file = written(tmp_path, "ks2_school_attainment.csv", rows)
    assert ees_ks2.source.recognise(file) is not None
    return ees_ks2.source.read(file)


@pytest.mark.real_data
def test_the_foundation_profile_has_its_counts(profile: Reading) -> None:
    assert profile.rows_read == 2934
    assert profile.scope.startswith("ees_eyfsp:2013-2018:authority+nation+region:")
    assert keeps_the_contract(profile)
    figures = results(profile)
    assert set(figures["measure"]) == set(ees_eyfsp.MEASURES)
    england = one(
        figures,
        organisation="nation:england",
        year=2018,
        group="all",
        measure="eyfsp_good_level_of_development",
    )
    assert (england["value"], england["numerator"], england["denominator"]) == (71.5, 466703, 652400)
    girls = one(
        figures,
        organisation="authority:936",
        year=2018,
        group="girls",
        measure="eyfsp_good_level_of_development",
    )
    assert (girls["value"], girls["numerator"], girls["denominator"]) == (84.4, 5541, 6569)
    assert (
        one(figures, organisation="authority:936", year=2018, group="all", measure="eyfsp_average_points")[
            "value"
        ]
        == 37.1
    )
    off = (pl.col("value") - 100 * pl.col("numerator") / pl.col("denominator")).abs()
    assert figures.filter(pl.col("numerator").is_not_null(), off > 0.0501).height == 0


@pytest.mark.real_data
def test_absence_carries_its_phase_and_term(absence: Reading) -> None:
    assert absence.rows_read == 9680
    assert keeps_the_contract(absence)
    figures = results(absence)
    assert figures.height == 3 * 9680
    assert set(figures["measure"]) <= set(ees_absence.MEASURES)
    england = {
        measure: one(figures, organisation="nation:england-state-funded", year=2017, measure=measure)["value"]
        for measure in (
            "absence_overall_primary",
            "absence_overall_primary_autumn_term",
            "absence_unauthorised_primary",
        )
    }
    assert england == {
        "absence_overall_primary": 4.0,
        "absence_overall_primary_autumn_term": 3.9,
        "absence_unauthorised_primary": 1.1,
    }
    assert figures["numerator"].null_count() == figures.height


@pytest.mark.real_data
def test_a_full_stop_is_no_zero(absence: Reading) -> None:
    """Where an authority has no special school its absence is `.`, while a 0 would be a figure."""
    dots = results(absence).filter(pl.col("symbol") == ".")
    assert dots.height > 0
    assert set(dots["status"]) == {"not applicable"}


def test_a_school_row_of_today_s_releases(tmp_path: Path) -> None:
    reading = ks2(
        tmp_path,
        SCHOOL,
        SCHOOL | {"breakdown_topic": "Sex", "breakdown": "Girls", "expected_standard_pupil_percent": "c"},
        SCHOOL
        | {
            "breakdown_topic": "Average (2023 to 2025)",
            "breakdown": "3 year average",
            "expected_standard_pupil_percent": "61",
        },
        SCHOOL | {"subject": "Maths", "average_scaled_score": "104", "expected_standard_pupil_percent": "x"},
        SCHOOL | {"breakdown_topic": "Disadvantaged status", "breakdown": "Disadvantaged all other"},
        SCHOOL
        | {"breakdown_topic": "First language", "breakdown": "Known or believed to be other than English"},
        SCHOOL | {"breakdown_topic": "Mobility status", "breakdown": "Non mobile"},
    )
    assert keeps_the_contract(reading)
    figures = results(reading)
    rwm = {"organisation": "school:100001", "measure": "ks2_rwm_expected"}
    everyone = one(figures, **rwm, group="all", years_pooled=1)
    assert (everyone["value"], everyone["year"], everyone["release"], everyone["dataset"]) == (
        63,
        2025,
        "revised",
        "ees",
    )
    assert (everyone["denominator"], everyone["numerator"], everyone["rounded_to"]) == (None, None, 1)
    assert one(figures, **rwm, group="all", years_pooled=3)["value"] == 61
    girls = one(figures, **rwm, group="girls")
    assert (girls["status"], girls["value"], girls["symbol"]) == ("suppressed", None, "c")
    assert set(figures.filter(pl.col("measure") == "ks2_rwm_expected")["group"]) == {
        "all",
        "girls",
        "other",
        "eal",
        "not_mobile",
    }
    assert one(figures, measure="ks2_mathematics_average")["value"] == 104
    assert one(figures, measure="ks2_mathematics_expected")["status"] == "not available"
    assert "ks2_rwm_average" not in set(figures["measure"])
    assert (
        one(reading.tables["organisations"].lazy().collect(), organisation="school:100001")["laestab"]
        == "9362014"
    )


@pytest.mark.parametrize(
    ("cell", "status"),
    [
        ("z", "not applicable"),
        ("x", "not available"),
        ("c", "suppressed"),
        (":", "not available"),
        ("low", "suppressed"),
        ("", "not available"),
    ],
)
def test_a_symbol_is_a_status_and_never_a_number(tmp_path: Path, cell: str, status: str) -> None:
    figure = one(
        results(ks2(tmp_path, SCHOOL | {"expected_standard_pupil_percent": cell})), measure="ks2_rwm_expected"
    )
    assert (figure["status"], figure["value"]) == (status, None)


def test_progress_scores_have_their_limits_and_band(tmp_path: Path) -> None:
    reading = ks2(
        tmp_path,
        SCHOOL | {"subject": "Reading", "time_period": "202223", "progress_measure_score": "-1.3",
                  "progress_measure_lower_conf_interval": "-2.9", "progress_measure_upper_conf_interval": "0.3",
                  "progress_measure_description": "Average"},
    )  # fmt: skip
    progress = one(results(reading), measure="ks2_reading_progress")
    assert (progress["value"], progress["lower"], progress["upper"], progress["description"]) == (
        -1.3,
        -2.9,
        0.3,
        "average",
    )


def test_areas_are_of_all_their_state_funded_schools(tmp_path: Path) -> None:
    area = {key: cell for key, cell in SCHOOL.items() if not key.startswith("school")}
    medway = area | {
        "geographic_level": "Local authority",
        "old_la_code": "887",
        "new_la_code": "E06000035",
        "la_name": "Medway",
    }
    rows = [
        medway | {"establishment_type_group": "All state funded"},
        medway | {"establishment_type_group": "Academies", "expected_standard_pupil_percent": "70"},
        area
        | {
            "geographic_level": "National",
            "establishment_type_group": "All state funded",
            "expected_standard_pupil_percent": "62",
        },
        area
        | {
            "geographic_level": "National",
            "establishment_type_group": "All schools",
            "expected_standard_pupil_percent": "61",
        },
        area
        | {
            "geographic_level": "Regional",
            "region_code": "E12000008",
            "region_name": "South East",
            "establishment_type_group": "All state funded",
        },
        area
        | {"geographic_level": "Parliamentary constituency", "establishment_type_group": "All state funded"},
    ]
    reading = ks2(tmp_path, *rows)
    figures = results(reading).filter(pl.col("measure") == "ks2_rwm_expected")
    assert dict(figures.select("organisation", "value").iter_rows()) == {
        "authority:887": 63,
        "nation:england-state-funded": 62,
        "nation:england": 61,
        "region:E12000008": 63,
    }
    assert {finding.rule for finding in reading.findings} >= {"levels_not_kept", "figures_of_some_schools"}


def test_characteristics_are_kept_one_at_a_time_with_their_counts(tmp_path: Path) -> None:
    area = PLACE | {
        "geographic_level": "Local authority", "old_la_code": "887", "la_name": "Medway", "version": "Final",
        "subject": "Reading, writing and maths", "sex": "Total", "disadvantage_status": "Total", "first_language": "Total",
        "eligible_pupil_count": "3500", "expected_standard_pupil_count": "2100", "expected_standard_pupil_percent": "60",
    }  # fmt: skip
    reading = ks2(
        tmp_path,
        area,
        area
        | {
            "sex": "Girls",
            "eligible_pupil_count": "1700",
            "expected_standard_pupil_count": "1100",
            "expected_standard_pupil_percent": "65",
        },
        area | {"sex": "Girls", "disadvantage_status": "Disadvantaged"},
        area | {"disadvantage_status": "Not known to be disadvantaged", "expected_standard_pupil_count": "z"},
    )
    figures = results(reading)
    assert set(figures["group"]) == {"all", "girls", "other"}
    girls = one(figures, group="girls")
    assert (girls["numerator"], girls["denominator"], girls["release"]) == (1100, 1700, "final")
    assert one(figures, group="other")["numerator"] is None  # 60 % of 3,500 is not one number of pupils
    assert "breakdowns_not_kept" in {finding.rule for finding in reading.findings}


def test_the_information_file_gives_cohorts(tmp_path: Path) -> None:
    row = PLACE | {"geographic_level": "School", "school_urn": "100001", "telig": "30", "belig": "14", "gelig": "16",
                   "tfsm6cla1a": "c", "psenelk": "20", "tsenelk": "6", "telig_24": "28", "telig_3yr": "88"}  # fmt: skip
    reading = ks2(tmp_path, row)
    assert keeps_the_contract(reading)
    figures = results(reading)
    assert one(figures, measure="ks2_cohort", group="all", years_pooled=1)["value"] == 30
    assert one(figures, measure="ks2_cohort", years_pooled=3)["value"] == 88
    assert one(figures, measure="ks2_cohort", group="disadvantaged")["status"] == "suppressed"
    share = one(figures, measure="ks2_cohort_share", group="sen_support")
    assert (share["value"], share["numerator"], share["denominator"]) == (20, 6, 30)


def test_two_data_sets_never_correct_each_other(tmp_path: Path) -> None:
    first, second = ks2(tmp_path, SCHOOL), ks2(tmp_path, SCHOOL | {"another_column": "1"})
    assert first.scope != second.scope


def test_a_figure_given_twice_with_two_values_is_told(tmp_path: Path) -> None:
    reading = ks2(tmp_path, SCHOOL, SCHOOL | {"expected_standard_pupil_percent": "64"})
    assert one(results(reading), measure="ks2_rwm_expected")["value"] == 63
    (warning,) = [finding for finding in reading.findings if finding.rule == "figure_given_twice"]
    assert warning.rows == (3,)


def test_a_school_s_absence_has_no_phase_and_persistent_absence_has_its_pupils(tmp_path: Path) -> None:
    row = PLACE | {"geographic_level": "School", "school_urn": "100001", "education_phase": "State-funded primary",
                   "enrolments": "200", "sess_overall_percent": "6.12", "enrolments_pa_10_exact": "31",
                   "enrolments_pa_10_exact_percent": "15.5"}  # fmt: skip
    file = written(tmp_path, "absence.csv", [row])
    assert ees_absence.source.recognise(file) is not None
    figures = results(ees_absence.source.read(file))
    assert one(figures, measure="absence_overall")["value"] == 6.12
    persistent = one(figures, measure="absence_persistent")
    assert (persistent["value"], persistent["numerator"], persistent["denominator"]) == (15.5, 31, 200)


def test_a_row_without_a_usable_period_or_code_is_an_error(tmp_path: Path) -> None:
    reading = ks2(tmp_path, SCHOOL, SCHOOL | {"time_period": "202427"}, SCHOOL | {"school_urn": "z"})
    (error,) = [finding for finding in reading.findings if finding.severity == "error"]
    assert error.rows == (3, 4)


def test_a_file_with_no_place_that_is_kept_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match="without a row for England"):
        ks2(tmp_path, SCHOOL | {"geographic_level": "Ward"})


def test_a_download_with_its_meta_file_loads_and_the_meta_file_has_a_receipt_without_rows(
    tmp_path: Path,
) -> None:
    data, meta = tmp_path / "ks2.csv", tmp_path / "ks2.meta.csv"
    pl.DataFrame([SCHOOL]).write_csv(data)
    meta.write_text(
        "col_name,col_type,label,indicator_grouping,filter_grouping_column\nsubject,Filter,Subject,,\n"
    )
    packed = tmp_path / "release.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        archive.write(data, "data/ks2.csv")
        archive.write(meta, "data/ks2.meta.csv")
    store = Store.open(tmp_path / "store")
    loaded = [answer for answer in load(store, [packed]) if isinstance(answer, Receipt)]
    assert [(receipt.kind, receipt.rows_read, receipt.rows_set_aside) for receipt in loaded] == [
        ("ees_ks2", 1, 0),
        ("ees_meta", 0, 0),
    ]
    assert loaded[1].tables == {}
    assert store.undo(loaded[1].id).state == "undone"
    assert all(answer.already_loaded for answer in load(store, [data]) if isinstance(answer, Receipt))
