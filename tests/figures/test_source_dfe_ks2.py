"""DfE's key stage 2 performance tables since 2016."""

import csv
from pathlib import Path

import polars as pl
import pytest
from published_frames import keeps_the_contract, one, results, written

from headway.figures.reading import received
from headway.figures.sources import Reading, Unreadable, dfe_ks2, ks2_columns
from headway.figures.sources import published as cells
from headway.figures.tables import Status

REAL = {2017: ("2016-2017", 235, 290), 2018: ("2017-2018", 238, 326), 2019: ("2018-2019", 242, 318)}
SCHOOL = {
    "RECTYPE": "1", "ALPHAIND": "1", "LEA": "936", "ESTAB": "2014", "URN": "100001", "SCHNAME": "A Primary School",
    "URN_AC": "0", "SCHNAME_AC": "", "OPEN_AC": "", "NFTYPE": "CY", "ICLOSE": "0", "AGERANGE": "4-11",
    "TOTPUPS": "210", "TELIG": "30", "BELIG": "14", "PTRWM_EXP": "63%", "PTRWM_EXP_B": "50%", "READ_AVERAGE": "104",
    "READPROG": "1.2", "READPROG_LOWER": "-0.5", "READPROG_UPPER": "2.9", "READPROG_DESCR": "3",
    "TELIG_3YR": "88", "PTRWM_EXP_3YR": "66%", "PTRWM_EXP_18": "70%", "PTRWM_EXP_17": "68%", "DIFFN_RWM_EXP": "-8",
}  # fmt: skip


@pytest.fixture(scope="module")
def readings(shared_data: Path) -> dict[int, Reading]:
    found = {}
    for year, (name, _, _) in REAL.items():
        (file,) = received(shared_data / "ks2" / f"{name}_936_ks2final.csv")
        found[year] = dfe_ks2.source.read(file)
    return found


def read(tmp_path: Path, *rows: dict[str, str], name: str = "2018-2019_ks2.csv") -> Reading:
    return dfe_ks2.source.read(written(tmp_path, name, rows))


@pytest.mark.real_data
@pytest.mark.parametrize("year", REAL)
def test_the_surrey_files_have_the_rows_and_columns_that_provenance_says(
    shared_data: Path, year: int
) -> None:
    name, rows, columns = REAL[year]
    (file,) = received(shared_data / "ks2" / f"{name}_936_ks2final.csv")
    assert len(file.header) == columns
    recognised = dfe_ks2.source.recognise(file)
    assert recognised is not None
    assert recognised.certainty == 1
    reading = dfe_ks2.source.read(file)
    assert reading.rows_read == rows
    assert reading.scope == f"dfe_ks2:{year}:936"
    assert reading.complete
    assert reading.tables["organisations"].lazy().collect().height == rows
    assert keeps_the_contract(reading)
    assert not [finding for finding in reading.findings if finding.severity == "error"]


@pytest.mark.real_data
def test_england_is_61_64_and_65_per_cent_of_its_own_cohorts(readings: dict[int, Reading]) -> None:
    found = {
        year: [
            one(results(reading), organisation=nation, years_pooled=1, group="all", measure=measure)["value"]
            for nation in ("nation:england", "nation:england-state-funded")
            for measure in ("ks2_rwm_expected", "ks2_cohort")
        ]
        for year, reading in readings.items()
    }
    assert found == {
        2017: [61, 604552, 61, 599728],
        2018: [64, 624151, 64, 619703],
        2019: [65, 649249, 65, 644967],
    }


@pytest.mark.real_data
def test_surrey_and_a_school_of_2019_are_as_published(readings: dict[int, Reading]) -> None:
    figures = results(readings[2019])
    surrey = one(
        figures, organisation="authority:936", measure="ks2_rwm_expected", group="all", years_pooled=1
    )
    assert (surrey["value"], surrey["denominator"], surrey["numerator"]) == (70, 12400, None)
    progress = one(figures, organisation="authority:936", measure="ks2_reading_progress", group="all")
    assert (progress["value"], progress["lower"], progress["upper"]) == (0.3, 0.2, 0.4)
    assert (progress["description"], progress["rounded_to"]) == ("above average", 0.1)
    pooled = one(
        figures, organisation="authority:936", measure="ks2_rwm_expected", group="all", years_pooled=3
    )
    assert (pooled["value"], pooled["denominator"]) == (69, 35917)


@pytest.mark.real_data
@pytest.mark.parametrize("year", REAL)
def test_every_cell_of_the_raw_file_is_the_figure_or_the_status_it_should_be(
    shared_data: Path, readings: dict[int, Reading], year: int
) -> None:
    """A slow second reading of every value cell with Python's csv, in both directions."""
    with (shared_data / "ks2" / f"{REAL[year][0]}_936_ks2final.csv").open(
        encoding="utf-8-sig", newline=""
    ) as file:
        header, *rows = list(csv.reader(file))
    figures = {(row["row"], row["column"]): row for row in results(readings[year]).iter_rows(named=True)}
    values = {meaning.column for meaning in ks2_columns.meanings([name.upper() for name in header])
              if meaning.field == "value"}  # fmt: skip
    columns = {name.upper(): place for place, name in enumerate(header) if name.upper() in values}
    suppressed = 0
    for number, raw in enumerate(rows, start=2):
        for column, place in columns.items():
            cell = raw[place].strip() if place < len(raw) else ""
            figure = figures.pop((number, column), None)
            if figure is None:
                assert all((row[place].strip() if place < len(row) else "") == "" for row in rows), column
            elif cell.strip("%").replace(".", "").replace("-", "").isdigit():
                assert figure["value"] == float(cell.strip("%")), (number, column)
                assert figure["status"] == Status.REPORTED
            else:
                assert figure["value"] is None
                assert figure["numerator"] is None
                assert figure["status"] == cells.SYMBOLS[cell.upper()]
                suppressed += cell == "SUPP"
    assert not figures, "figures from nowhere"
    assert suppressed > 4000


@pytest.mark.real_data
def test_a_school_with_supp_is_suppressed_and_never_zero(readings: dict[int, Reading]) -> None:
    figures = results(readings[2019]).filter(pl.col("symbol") == "SUPP")
    assert figures.height > 5000
    assert set(figures["status"]) == {"suppressed"}
    assert figures["value"].null_count() == figures.height


@pytest.mark.real_data
@pytest.mark.parametrize(("year", "short"), [(2017, 22), (2018, 10), (2019, 12)])
def test_rows_that_are_short_at_the_end_are_accepted(
    shared_data: Path, readings: dict[int, Reading], year: int, short: int
) -> None:
    name, _, columns = REAL[year]
    with (shared_data / "ks2" / f"{name}_936_ks2final.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = [number for number, row in enumerate(csv.reader(file), start=1) if len(row) < columns]
    assert len(rows) == short
    figures = results(readings[year]).filter(pl.col("row").is_in(rows))
    assert figures["row"].n_unique() == short
    new = figures.filter(pl.col("row") == rows[0])
    assert set(new.filter(pl.col("measure") == "ks2_rwm_expected")["status"]) == {"not available"}


@pytest.mark.real_data
def test_the_academy_that_a_school_became_is_linked_from_both_sides(readings: dict[int, Reading]) -> None:
    links = readings[2017].tables["links"].lazy().collect()
    before = one(links, organisation="school:125471")
    assert (before["linked_organisation"], before["link"]) == ("school:141843", "successor")
    assert str(before["date"]) == "2017-04-01"
    after = one(links, organisation="school:141843")
    assert (after["linked_organisation"], after["link"]) == ("school:125471", "predecessor")
    assert links.height == 42


@pytest.mark.real_data
def test_bands_follow_the_progress_scores(readings: dict[int, Reading]) -> None:
    order = list(ks2_columns.BANDS.values())
    figures = results(readings[2019]).filter(
        pl.col("measure") == "ks2_mathematics_progress", pl.col("description").is_not_null()
    )
    assert set(figures["description"]) == set(order)
    for band in ("above average", "well above average"):
        assert figures.filter(pl.col("description") == band)["lower"].min() > 0  # type: ignore[operator]
    for band in ("below average", "well below average"):
        assert figures.filter(pl.col("description") == band)["upper"].max() < 0  # type: ignore[operator]


@pytest.mark.real_data
def test_percentages_of_another_cohort_are_told_and_have_no_numerator(readings: dict[int, Reading]) -> None:
    """Of about 16,000 percentages with a cohort a file, these are impossible for the cohort printed beside them."""
    counted = {
        year: [
            finding.found for finding in reading.findings if finding.rule == "percentage_of_another_cohort"
        ]
        for year, reading in readings.items()
    }
    assert counted == {
        2017: ["26 % of 28 pupils (7 such cells)"],
        2018: ["41 % of 28 pupils (6 such cells)"],
        2019: ["40 % of 49 pupils (17 such cells)"],
    }


@pytest.mark.real_data
@pytest.mark.parametrize(
    ("dictionary", "year"),
    [("2016-2017", 2017), ("2017-2018", 2018), ("2018-2019", 2019), ("2024-2025", 2025)],
)
def test_the_year_of_every_column_set_is_told_by_the_years_it_repeats(
    shared_data: Path, dictionary: str, year: int
) -> None:
    with (shared_data / "ks2" / "meta" / f"{dictionary}_ks2_meta.csv").open(
        encoding="utf-8-sig", newline=""
    ) as file:
        columns = [row[1].strip() for row in list(csv.reader(file))[1:]]
    assert dfe_ks2.year_of(columns) == year
    known = {meaning.column for meaning in ks2_columns.meanings(columns)}
    results_of = ("PTRWM", "PTREAD_", "PTMAT_", "PTGPS", "PTWRITTA", "READ", "WRIT", "MAT", "GPS")
    mine = [name for name in columns if not ks2_columns.PRIOR_YEAR.search(name)]
    unknown = [name for name in mine if name not in known and name.startswith(results_of)]
    assert unknown == [], "result columns without a meaning"


def test_nothing_was_published_by_school_between_2019_and_2023() -> None:
    assert dfe_ks2.year_of(["PTRWM_EXP", "PTRWM_EXP_19", "PTRWM_EXP_18"]) == 2023
    assert dfe_ks2.year_of(["PTRWM_EXP", "PTRWM_EXP_22"]) == 2023
    assert dfe_ks2.year_of(["PTRWM_EXP", "PTRWM_EXP_23", "PTRWM_EXP_19"]) == 2024
    assert dfe_ks2.year_of(["PTRWM_EXP", "READPROG_LOWER", "PTRWM_EXP_3YR"]) is None


def test_a_row_becomes_its_figures(tmp_path: Path) -> None:
    reading = read(tmp_path, SCHOOL)
    figures = results(reading)
    assert keeps_the_contract(reading)
    rwm = one(figures, measure="ks2_rwm_expected", group="all", years_pooled=1)
    assert (rwm["organisation"], rwm["year"], rwm["row"], rwm["column"]) == (
        "school:100001",
        2019,
        2,
        "PTRWM_EXP",
    )
    assert (rwm["value"], rwm["rounded_to"], rwm["numerator"], rwm["denominator"]) == (63, 1, 19, 30)
    boys = one(figures, measure="ks2_rwm_expected", group="boys")
    assert (boys["numerator"], boys["denominator"]) == (7, 14)
    pooled = one(figures, measure="ks2_rwm_expected", years_pooled=3)
    assert (pooled["value"], pooled["numerator"], pooled["denominator"]) == (66, 58, 88)
    average = one(figures, measure="ks2_reading_average")
    assert (average["value"], average["rounded_to"], average["numerator"], average["denominator"]) == (
        104,
        1,
        None,
        None,
    )
    progress = one(figures, measure="ks2_reading_progress")
    assert (progress["value"], progress["lower"], progress["upper"], progress["description"]) == (
        1.2,
        -0.5,
        2.9,
        "average",
    )
    cohort = one(figures, measure="ks2_cohort", group="all", years_pooled=1)
    assert (cohort["value"], cohort["rounded_to"], cohort["numerator"]) == (30, None, None)


def test_figures_of_earlier_years_and_gaps_are_not_taken_and_are_named(tmp_path: Path) -> None:
    reading = read(tmp_path, SCHOOL)
    assert set(results(reading)["year"]) == {2019}
    (note,) = [finding for finding in reading.findings if finding.rule == "columns_not_used"]
    for column in ("PTRWM_EXP_18", "PTRWM_EXP_17", "DIFFN_RWM_EXP", "ALPHAIND"):
        assert column in note.found.split(", ")


@pytest.mark.parametrize(
    ("cell", "status"),
    [("SUPP", "suppressed"), ("NE", "not available"), ("NP", "not available"), ("NA", "not applicable"),
     ("LOWCOV", "low coverage"), ("NEW", "not available"), ("", "not available"), (" ", "not available"),
     ("x", "not available"), ("z", "not applicable"), ("c", "suppressed"), ("SP", "suppressed")],
)  # fmt: skip
def test_a_symbol_is_a_status_and_never_a_number(tmp_path: Path, cell: str, status: str) -> None:
    reading = read(tmp_path, SCHOOL, SCHOOL | {"URN": "100002", "PTRWM_EXP": cell})
    figure = one(
        results(reading),
        organisation="school:100002",
        measure="ks2_rwm_expected",
        group="all",
        years_pooled=1,
    )
    assert (figure["status"], figure["value"], figure["numerator"], figure["rounded_to"]) == (
        status,
        None,
        None,
        None,
    )


def test_an_unknown_text_is_an_error_that_sets_its_row_aside_and_never_a_number(tmp_path: Path) -> None:
    reading = read(tmp_path, SCHOOL, SCHOOL | {"URN": "100002", "PTRWM_EXP": "?!"})
    figure = one(
        results(reading),
        organisation="school:100002",
        measure="ks2_rwm_expected",
        group="all",
        years_pooled=1,
    )
    assert (figure["value"], figure["symbol"]) == (None, "?!")
    (finding,) = [finding for finding in reading.findings if finding.rule == "unknown_symbol"]
    assert (finding.severity, finding.column, finding.rows) == ("error", "PTRWM_EXP", (3,))


def test_a_row_of_no_school_is_an_error(tmp_path: Path) -> None:
    reading = read(tmp_path, SCHOOL, SCHOOL | {"URN": "12"}, SCHOOL | {"RECTYPE": "9"})
    (error,) = [finding for finding in reading.findings if finding.severity == "error"]
    assert error.rows == (3, 4)
    assert set(results(reading)["row"]) == {2}


def test_a_file_without_a_year_is_refused_with_what_to_do(tmp_path: Path) -> None:
    row = {key: value for key, value in SCHOOL.items() if not ks2_columns.PRIOR_YEAR.search(key)}
    with pytest.raises(Unreadable, match="Put the academic year into the file's name"):
        read(tmp_path / "here", row, name="ks2.csv")
    reading = read(tmp_path / "2015-2016", row, name="england_ks2.csv")
    assert set(results(reading)["year"]) == {2016}
    assert "year_from_the_name" in {finding.rule for finding in reading.findings}


def test_content_is_believed_against_the_name_and_the_release_is_the_name_s(tmp_path: Path) -> None:
    reading = read(tmp_path, SCHOOL, name="2016-2017_england_ks2revised.csv")
    assert set(results(reading)["year"]) == {2019}
    assert set(results(reading)["release"]) == {"revised"}
    assert "year_disagrees_with_name" in {finding.rule for finding in reading.findings}
    assert set(results(read(tmp_path, SCHOOL, name="surrey.csv"))["release"]) == {"unknown"}


def test_statements_and_plans_are_counted_together_while_there_were_both(tmp_path: Path) -> None:
    reading = read(tmp_path, SCHOOL | {"TSENELSE": "3", "PSENELSE": "10%", "TSENELE": "1", "PSENELE": "3%"})
    share = one(results(reading), measure="ks2_cohort_share", group="sen_ehcp")
    assert (share["value"], share["numerator"], share["denominator"], share["column"]) == (
        10,
        3,
        30,
        "PSENELSE",
    )
    assert one(results(reading), measure="ks2_cohort", group="sen_ehcp")["value"] == 3


def test_many_authorities_are_england_and_few_are_named(tmp_path: Path) -> None:
    two = read(tmp_path, SCHOOL, SCHOOL | {"URN": "100002", "LEA": "886"})
    assert two.scope == "dfe_ks2:2019:886+936"
    many = [SCHOOL | {"URN": str(100002 + code), "LEA": str(code)} for code in range(301, 310)]
    assert read(tmp_path, *many).scope == "dfe_ks2:2019:england"


def test_every_measure_written_is_declared(tmp_path: Path) -> None:
    assert set(results(read(tmp_path, SCHOOL))["measure"]) <= set(dfe_ks2.MEASURES)
