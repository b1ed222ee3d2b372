"""Ofsted's files: every era, each judgement under its own framework and scale."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from headway.figures.inspections import one_event_each
from headway.figures.loading import load
from headway.figures.sources import Reading, ofsted
from headway.figures.sources import ofsted_frameworks as frameworks
from headway.figures.sources.files import received
from headway.figures.store import Receipt, Store
from headway.figures.tables import TABLES


def read(path: Path) -> Reading:
    (file,) = received(path)
    assert ofsted.source.recognise(file) is not None
    return ofsted.source.read(file)


def written(tmp_path: Path, text: str, encoding: str = "cp1252") -> Path:
    path = tmp_path / "management_information.csv"
    path.write_bytes(text.encode(encoding))
    return path


def table(reading: Reading, name: str) -> pl.DataFrame:
    return TABLES[name].conform(reading.tables[name].lazy().collect())


def graded(reading: Reading, urn: int) -> set[tuple[str, str, str, str]]:
    """Area, value, scale and framework of a school's judgements."""
    rows = table(reading, "judgements").filter(organisation=f"school:{urn}")
    return set(rows.select("area", "value", "scale", "framework").iter_rows())


calm = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

REAL = [
    ("20180731_england_ofsted-schools.xlsx", 21_739, 21_739, 21_739),
    ("2018_ofsted_rating_history.csv.gz", 60_134, 60_130, 60_130),
    ("2019-11_ofsted_latest.csv.gz", 21_765, 21_765, 57_474),
    ("2024-08_ofsted_latest.csv.gz", 21_875, 21_875, 90_028),
    ("2026-05_ofsted_latest_one_fifth.csv.gz", 4_497, 4_497, 20_771),
]


@pytest.mark.real_data
@pytest.mark.parametrize(("name", "rows", "inspections", "judgements"), REAL)
def test_a_real_file_of_inspections_is_read_whole(
    shared_data: Path, name: str, rows: int, inspections: int, judgements: int
) -> None:
    reading = read(shared_data / "ofsted" / name)
    assert reading.rows_read == rows
    assert table(reading, "inspections").height == inspections
    assert table(reading, "judgements").height == judgements
    scales = frameworks.scales()
    for scale, values in (
        table(reading, "judgements").group_by("scale").agg(pl.col("value").unique()).iter_rows()
    ):
        assert set(values) <= set(scales[scale].values)


@pytest.mark.real_data
def test_the_grades_of_july_2018_are_those_of_the_file(shared_data: Path) -> None:
    judgements = table(read(shared_data / "ofsted" / REAL[0][0]), "judgements")
    assert dict(judgements.group_by("value").len().iter_rows()) == {
        "outstanding": 4_498,
        "good": 14_114,
        "requires improvement": 2_338,
        "inadequate": 789,
    }


@pytest.mark.real_data
def test_the_same_inspection_is_a_day_later_in_the_file_of_2018_and_counts_once(shared_data: Path) -> None:
    files = [read(shared_data / "ofsted" / name) for name, *_ in REAL[:2]]
    inspections = pl.concat([table(one, "inspections") for one in files])
    judgements = pl.concat([table(one, "judgements") for one in files])
    last = inspections.filter(date_is="last day")
    first = inspections.filter(date_is="first day")
    pairs = last.join(first, on="organisation", suffix="_first")
    apart = (pairs["date"] - pairs["date_first"]).dt.total_days()
    assert (apart.filter(apart.abs() < 15) == 1).sum() > 10_000
    together, grades = one_event_each(inspections, judgements)
    assert together.select("organisation", "date").is_unique().all()
    assert together.filter(date_is="first day").height == first.height
    assert together.height == inspections.height - (last.height - together.filter(date_is="last day").height)
    assert grades.select("organisation", "date", "area").is_unique().all()
    both = together.filter(organisation="school:100000", date=date(2013, 4, 18))
    assert both["publication_date"].to_list() == [date(2013, 5, 14)]


@pytest.mark.real_data
def test_contradictory_rows_of_the_history_are_set_aside_and_repetitions_kept_once(
    shared_data: Path, tmp_path: Path
) -> None:
    store = Store.open(tmp_path / "store")
    (receipt,) = load(store, [shared_data / "ofsted" / REAL[1][0]])
    assert isinstance(receipt, Receipt)
    assert (receipt.rows_read, receipt.rows_set_aside) == (60_134, 2)
    findings = {one.rule: one for one in read(shared_data / "ofsted" / REAL[1][0]).findings}
    assert "school:137699 on 2013-12-04" in findings["contradictory_inspection"].found
    assert len(findings["repeated_inspection"].rows) == 2


@pytest.mark.real_data
def test_one_fifth_of_may_2026_holds_three_eras(shared_data: Path) -> None:
    reading = read(shared_data / "ofsted" / REAL[4][0])
    assert graded(reading, 100025) == {
        (area, value, scale, "ofsted_2025")
        for area, value, scale in [
            ("safeguarding", "met", "met_not_met"),
            ("inclusion", "strong standard", "report_card"),
            ("curriculum and teaching", "strong standard", "report_card"),
            ("achievement", "strong standard", "report_card"),
            ("attendance and behaviour", "expected standard", "report_card"),
            ("personal development and wellbeing", "strong standard", "report_card"),
            ("leadership and governance", "strong standard", "report_card"),
            ("early years", "strong standard", "report_card"),
        ]
    }
    assert {(area, framework) for area, _, _, framework in graded(reading, 100045)} == {
        (area, "ofsted_2024")
        for area in (
            "quality of education",
            "behaviour and attitudes",
            "personal development",
            "leadership and management",
            "early years provision",
        )
    }
    inspections = table(reading, "inspections")
    assert dict(inspections.drop_nulls("category").group_by("category").len().iter_rows()) == {
        "none": 262,
        "SM": 5,
        "RSI": 2,
    }
    assert inspections.filter(organisation="school:100045")["category"].to_list() == [None]


MI_2024 = """Management information - state-funded schools - as at 31 August 2024
URN,LAESTAB,School name,Inspection type,Inspection start date,Publication date,Overall effectiveness,Category of concern,Quality of education,Behaviour and attitudes,Personal development,Effectiveness of leadership and management,Safeguarding is effective?,Early years provision (where applicable),Sixth form provision (where applicable),URN at time of latest full inspection,Previous full inspection overall effectiveness,Previous inspection start date,URN at time of previous full inspection,Previous category of concern,Date of latest section 8 inspection,Section 8 inspection overall outcome,URN at time of the section 8 inspection
100001,8602180,St Brigid’s,S5 Inspection,13/06/2023,14/07/2023,3,NULL,3,2,2,3,Yes,9,NULL,100001,3,14/03/2011,99001,NULL,NULL,NULL,NULL
150001,8602181,The Hill,S5 Inspection,01/10/2019,NULL,4,SM,4,4,3,4,No,3,NULL,100009,Not judged,02/02/2016,100009,SWK,21/06/2022,School remains Good (Incomplete),150001
150002,8602182,New,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL
"""  # noqa: E501


def test_a_file_of_2019_to_2024_tells_of_the_latest_the_previous_and_the_ungraded_inspection(
    tmp_path: Path,
) -> None:
    reading = read(written(tmp_path, MI_2024))
    rows = table(reading, "inspections").sort("organisation", "date")
    assert reading.rows_read == 3
    assert rows.select(
        "organisation", "date", "framework", "category", "organisation_at_the_time"
    ).rows() == [
        ("school:100001", date(2011, 3, 14), "ofsted_2009", "none", "school:99001"),
        ("school:100001", date(2023, 6, 13), "ofsted_2019", "none", "school:100001"),
        ("school:150001", date(2016, 2, 2), "ofsted_2015", "SWK", "school:100009"),
        ("school:150001", date(2019, 10, 1), "ofsted_2019", "SM", "school:100009"),
        ("school:150001", date(2022, 6, 21), "ofsted_2019", None, "school:150001"),
    ]
    assert rows["outcome"].to_list()[-1] == "School remains Good (Incomplete)"
    assert rows["incomplete"].to_list() == [None, False, None, False, True]
    assert rows["type"].to_list()[-1] == "ungraded"
    assert rows["safeguarding"].to_list() == [None, "met", None, "not met", None]


def test_a_grade_3_is_satisfactory_before_september_2012_and_requires_improvement_after(
    tmp_path: Path,
) -> None:
    reading = read(written(tmp_path, MI_2024))
    overall = {one for one in graded(reading, 100001) if one[0] == "overall effectiveness"}
    assert overall == {
        ("overall effectiveness", "satisfactory", "four_grade_satisfactory", "ofsted_2009"),
        ("overall effectiveness", "requires improvement", "four_grade", "ofsted_2019"),
    }
    areas = {area for area, *_ in graded(reading, 100001)}
    assert "early years provision" not in areas, "9 means that there is none"
    assert "sixth form provision" not in areas


MI_2026 = """URN,School name,Inspection type,Inspection start date,Publication date,URN at time of latest full inspection,Category of concern,Safeguarding standards,Safeguarding standards - date of grade,Inclusion,Curriculum and teaching,Achievement,Attendance and behaviour,Personal development and wellbeing,Early years (where applicable),Post-16 provision (where applicable),Leadership and governance,Inspection start date of latest OEIF graded inspection,URN at time of latest OEIF graded inspection,Latest OEIF overall effectiveness,Latest OEIF quality of education,Latest OEIF behaviour and attitudes,Latest OEIF personal development,Latest OEIF effectiveness of leadership and management,Latest OEIF early years provision (where applicable),Date of latest ungraded inspection,Ungraded inspection overall outcome,Most recent category of concern
100001,St Brigid's,School inspection,13/01/2026,NULL,100001,RSI,Met,12/03/2026,Exceptional,Strong standard,Urgent improvement,Expected standard,Expected standard,NULL,NULL,Needs attention,01/10/2024,100001,Not judged,2,2,1,2,NULL,NULL,NULL,RSI
100002,The Hill,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,14/03/2023,99002,4,4,3,3,4,NULL,NULL,NULL,SM
100003,The Dale,School inspection,20/01/2026,NULL,100003,NULL,Met,NULL,Fine,Strong standard,Strong standard,Strong standard,Strong standard,NULL,NULL,Strong standard,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL
"""  # noqa: E501


def test_a_file_since_november_2025_holds_a_report_card_and_the_grades_before_it(tmp_path: Path) -> None:
    reading = read(written(tmp_path, MI_2026))
    rows = table(reading, "inspections").sort("organisation", "date")
    assert rows.select("organisation", "date", "framework", "category").rows() == [
        ("school:100001", date(2024, 10, 1), "ofsted_2024", None),
        ("school:100001", date(2026, 1, 13), "ofsted_2025", "RSI"),
        ("school:100002", date(2023, 3, 14), "ofsted_2019", "SM"),
        ("school:100003", date(2026, 1, 20), "ofsted_2025", "none"),
    ]
    of_2026 = {(area, value) for area, value, scale, _ in graded(reading, 100001) if scale == "report_card"}
    assert of_2026 == {
        ("inclusion", "exceptional"),
        ("curriculum and teaching", "strong standard"),
        ("achievement", "urgent improvement"),
        ("attendance and behaviour", "expected standard"),
        ("personal development and wellbeing", "expected standard"),
        ("leadership and governance", "needs attention"),
    }
    assert ("overall effectiveness", "ofsted_2024") not in {
        (one[0], one[3]) for one in graded(reading, 100001)
    }


def test_an_unknown_grade_is_named_and_nothing_is_made_of_it(tmp_path: Path) -> None:
    reading = read(written(tmp_path, MI_2026))
    (strange,) = [one for one in reading.findings if one.rule == "unknown_grade"]
    assert (strange.found, strange.column, strange.rows) == ("Fine", "Inclusion", (4,))
    assert "inclusion" not in {area for area, *_ in graded(reading, 100003)}


def test_a_report_card_grade_of_another_day_is_noted(tmp_path: Path) -> None:
    reading = read(written(tmp_path, MI_2026))
    (dated,) = [one for one in reading.findings if one.rule == "grade_of_another_day"]
    assert (dated.severity, dated.rows) == ("note", (2,))


def test_a_grade_without_a_day_is_left_out_and_said(tmp_path: Path) -> None:
    reading = read(written(tmp_path, "URN,Rating,Inspection Date\n100001,Good,\n100002,Good,20110101\n"))
    assert table(reading, "judgements")["organisation"].to_list() == ["school:100002"]
    assert [(one.rule, one.rows) for one in reading.findings] == [("grade_without_day", (2,))]


@pytest.mark.parametrize(
    ("day", "key"),
    [
        (date(2005, 8, 31), None),
        (date(2005, 9, 1), "ofsted_2005"),
        (date(2009, 8, 31), "ofsted_2005"),
        (date(2009, 9, 1), "ofsted_2009"),
        (date(2011, 12, 31), "ofsted_2009"),
        (date(2012, 1, 1), "ofsted_2012"),
        (date(2015, 9, 1), "ofsted_2015"),
        (date(2019, 9, 1), "ofsted_2019"),
        (date(2024, 8, 31), "ofsted_2019"),
        (date(2024, 9, 1), "ofsted_2024"),
        (date(2025, 11, 9), "ofsted_2024"),
        (date(2025, 11, 10), "ofsted_2025"),
    ],
)
def test_a_framework_holds_from_its_day_until_the_next(day: date, key: str | None) -> None:
    found = frameworks.framework_on(day)
    assert (found.key if found else None) == key
    assert pl.select(frameworks.framework_key(pl.lit(day))).item() == key


def test_every_area_that_a_file_can_give_stands_in_a_framework() -> None:
    from headway.figures.sources.ofsted_layouts import LAYOUTS

    known = {area for framework in frameworks.frameworks() for area in framework.areas}
    assert {area for layout in LAYOUTS for area in layout.areas} <= known


@calm
@given(
    st.lists(
        st.tuples(st.integers(0, 2), st.integers(0, 60), st.sampled_from(["first day", "last day"])),
        max_size=25,
    )
)
def test_no_inspection_is_lost_or_doubled_when_files_are_put_together(
    events: list[tuple[int, int, str]],
) -> None:
    rows = {
        (f"school:{100_000 + school}", date(2018, 1, 1) + timedelta(days=day)): which
        for school, day, which in events
    }
    inspections = TABLES["inspections"].conform(
        pl.DataFrame(
            [(*key, which, "ofsted_2015") for key, which in rows.items()],
            schema={"organisation": pl.String, "date": pl.Date, "date_is": pl.String, "framework": pl.String},
            orient="row",
        )
    )
    judgements = TABLES["judgements"].empty()
    together, _ = one_event_each(inspections, judgements)
    kept = set(together.select("organisation", "date").iter_rows())
    assert together.select("organisation", "date").is_unique().all()
    assert {key for key, which in rows.items() if which == "first day"} <= kept
    for (school, day), which in rows.items():
        near = any((school, day - timedelta(days=gap)) in kept for gap in range(10))
        assert near
        if which == "last day" and (school, day) not in kept:
            assert any(rows.get((school, day - timedelta(days=gap))) == "first day" for gap in range(10))


CELL = st.sampled_from(
    [
        "",
        "NULL",
        "1",
        "3",
        "9",
        "Good",
        "Strong standard",
        "SM",
        "13/06/2023",
        "2011-03-14",
        "31/31/2020",
        "100001",
    ]
) | st.text(max_size=8)
HEADERS = (MI_2024.splitlines()[1], MI_2026.splitlines()[0], "URN,Rating,Inspection Date")


@calm
@given(st.sampled_from(HEADERS), st.data())
def test_whatever_stands_in_the_cells_the_tables_keep_their_contract(
    header: str, data: st.DataObject
) -> None:
    names = tuple(header.split(","))
    rows = data.draw(st.lists(st.tuples(*[CELL] * len(names)), max_size=4))
    frame = pl.DataFrame(rows, schema=dict.fromkeys(names, pl.String), orient="row").with_columns(
        row=pl.int_range(2, 2 + len(rows), dtype=pl.Int64)
    )
    reading = ofsted.read_inspections(frame, names)
    scales = frameworks.scales()
    for name in ("inspections", "judgements"):
        found = TABLES[name].conform(reading.tables[name].lazy().collect())
        assert found.select(TABLES[name].key).is_unique().all()
        for column in TABLES[name].columns:
            assert not (column.required and found[column.name].null_count())
            assert not column.allowed or set(found[column.name].drop_nulls().unique()) <= set(column.allowed)
    for scale, value in table(reading, "judgements").select("scale", "value").iter_rows():
        assert value in scales[scale].values
