"""A run over a store: from loaded tables to figures and comparisons, on any engine."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl
import pytest

from headway.figures.run import run
from headway.figures.store import Store
from headway.figures.tables import COMPARISONS, RESULTS

SUBJECTS = ("reading", "mathematics")


def pupils_of(school: str, year: int, outcomes: str, first: int = 0) -> tuple[list[dict[str, object]], ...]:
    """Pupils of a school: `x` reached the expected standard in reading, `.` did not, `-` has no result."""
    people, results = [], []
    for position, mark in enumerate(outcomes):
        identity = {"year": year, "pupil": first + position, "row": position + 2}
        people.append(
            {
                **identity,
                "collection": "ks2",
                "organisation": school,
                "sex": "FM"[position % 2],
                "disadvantaged": position % 3 == 0,
            }
        )
        results.append({**identity, "reading_outcome": {"x": "AS", ".": "NS", "-": None}[mark]})
    return people, results


def add(store: Store, name: str, **tables: list[dict[str, object]]) -> None:
    frames = {key: pl.DataFrame(rows, infer_schema_length=None) for key, rows in tables.items()}
    store.add(
        file_name=name, file_hash=name, kind="test", scope=name, complete=True, rows_read=1, tables=frames
    )


def register(*schools: tuple[str, str]) -> list[dict[str, object]]:
    return [
        {
            "organisation": school,
            "register": "gias",
            "as_at": date(2017, 1, 1),
            "kind": "school",
            "authority": authority,
            "row": row,
        }
        for row, (school, authority) in enumerate(schools, start=2)
    ]


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """Two schools of Surrey over three years, one of Kent, and a nation as published."""
    store = Store.open(tmp_path / "store")
    people, results = [], []
    stories = {
        ("school:1", 2017): "xx..",
        ("school:1", 2018): "xxx.",
        ("school:1", 2019): "xxxx",
        ("school:2", 2019): "x.....",
        ("school:3", 2019): "--",
        ("school:886", 2019): "x.",
    }
    for number, ((school, year), outcomes) in enumerate(stories.items()):
        some, of_them = pupils_of(school, year, outcomes, 100 * number)
        people, results = people + some, results + of_them
    add(store, "pupils.csv", pupils=people, assessments_ks2=results)
    places = register(("school:1", "936"), ("school:2", "936"), ("school:3", "936"), ("school:886", "886"))
    add(store, "edubase.csv", organisations=places)
    nation = {
        "organisation": "nation:england",
        "year": 2019,
        "years_pooled": 1,
        "measure": "ks2_reading_expected",
        "group": "all",
        "dataset": "dfe_performance_tables",
        "release": "final",
        "status": "reported",
        "value": 73.0,
        "rounded_to": 1.0,
        "row": 7,
    }
    add(store, "ks2.csv", published_results=[nation])
    return store


def figure(rows: pl.LazyFrame, **wanted: object) -> dict[str, object]:
    defaults: dict[str, object] = {
        "measure": "ks2_reading_expected",
        "group": "all",
        "year": 2019,
        "years_pooled": 1,
    }
    found = rows.filter(**(defaults | wanted)).collect()
    assert found.height == 1, found
    return found.row(0, named=True)


def test_a_figure_has_its_pupils_interval_and_files(store: Store) -> None:
    found = figure(run(store).results(), organisation="school:2")
    assert (found["numerator"], found["denominator"], found["basis"]) == (1, 6, "pupils")
    assert found["value"] == pytest.approx(100 / 6)
    assert found["source"] == "6 pupil rows of pupils.csv"
    assert found["lower"] < found["value"] < found["upper"]


def test_an_authority_counts_the_pupils_of_its_schools(store: Store) -> None:
    found = figure(run(store).results(), organisation="authority:936", basis="pupils")
    assert (found["numerator"], found["denominator"]) == (5, 10)


def test_pupils_of_two_authorities_are_not_the_nation(store: Store) -> None:
    found = figure(run(store).results(), organisation="nation:england")
    assert (found["basis"], found["value"]) == ("published", 73.0)


def test_a_school_without_results_is_not_available(store: Store) -> None:
    found = figure(run(store).results(), organisation="school:3")
    assert (found["status"], found["value"], found["denominator"]) == ("not available", None, None)


def test_three_years_are_pooled_where_there_are_three(store: Store) -> None:
    results = run(store).results()
    found = figure(results, organisation="school:1", years_pooled=3)
    assert (found["numerator"], found["denominator"]) == (9, 12)
    assert results.filter(organisation="school:2", years_pooled=3).collect().is_empty()


def test_comparisons_stand_beside_nation_authority_year_and_complement(store: Store) -> None:
    rows = run(store).comparisons().filter(organisation="school:1", measure="ks2_reading_expected", year=2019)
    found = set(rows.filter(years_pooled=1).select("group", "comparator").collect().rows())
    assert {("all", "nation"), ("all", "authority"), ("all", "previous_year")} <= found
    assert {("girls", "other"), ("disadvantaged", "other")} <= found
    assert not {one for one in found if one[0] == "all" and one[1] == "other"}


def test_results_are_sorted_and_keep_the_contract(store: Store) -> None:
    done = run(store)
    results = done.results().collect()
    assert results["organisation"].is_sorted()
    assert results.select(RESULTS.key).is_duplicated().sum() == 0
    assert set(results["run"]) == {done.id}
    comparisons = done.comparisons().collect()
    assert comparisons.select(COMPARISONS.key).is_duplicated().sum() == 0
    for table, rows in ((RESULTS, results), (COMPARISONS, comparisons)):
        for column in table.columns:
            assert not column.required or rows[column.name].null_count() == 0, column.name
            assert not column.allowed or set(rows[column.name].drop_nulls()) <= set(column.allowed)


def test_every_engine_makes_the_same_run(store: Store) -> None:
    first = run(store, engine="polars").results().drop("run").collect()
    second = run(store, engine="duckdb").results().drop("run").collect()
    assert first.equals(second)


def test_blocks_make_the_same_run(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = run(store)
    monkeypatch.setattr("headway.figures.run.BLOCK", 1)
    small = run(store)
    for table in ("results", "comparisons"):
        assert small.table(table).drop("run").collect().equals(whole.table(table).drop("run").collect())


def test_a_run_of_one_year_has_only_that_year(store: Store) -> None:
    assert set(run(store, years=[2018]).results().collect()["year"]) == {2018}


def test_an_empty_store_gives_an_empty_run(tmp_path: Path) -> None:
    done = run(Store.open(tmp_path / "empty"))
    assert done.results().collect().is_empty()
    assert done.comparisons().collect().is_empty()


def test_a_failed_run_leaves_nothing(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*arguments: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr("headway.figures.run._write_comparisons", broken)
    with pytest.raises(OSError, match="disk full"):
        run(store)
    assert store.runs() == []
    assert list((store.folder / "runs").glob("*")) == []


def test_an_unknown_engine_is_refused(store: Store) -> None:
    with pytest.raises(ValueError, match="it may be polars, duckdb"):
        run(store, engine="abacus")


def test_an_academy_keeps_its_history_through_its_predecessor(tmp_path: Path) -> None:
    """School 100001 closes on 31 August 2018 and opens as 150001 the next day (domain.md, F01)."""
    store = Store.open(tmp_path / "store")
    people, results = [], []
    for number, (school, year) in enumerate(
        [("school:100001", 2017), ("school:100001", 2018), ("school:150001", 2019)]
    ):
        some, of_them = pupils_of(school, year, "xxx.", 100 * number)
        people, results = people + some, results + of_them
    add(store, "pupils.csv", pupils=people, assessments_ks2=results)
    common = {"kind": "school", "authority": "936", "register": "gias", "as_at": date(2019, 9, 1)}
    schools = [
        {"organisation": "school:100001", "close_date": date(2018, 8, 31), "status": "Closed", "row": 2},
        {"organisation": "school:150001", "open_date": date(2018, 9, 1), "status": "Open", "row": 3},
    ]
    add(store, "edubase.csv", organisations=[common | school for school in schools])
    links = [
        {
            "organisation": "school:150001",
            "linked_organisation": "school:100001",
            "link": "predecessor",
            "link_type": "Predecessor",
            "date": date(2018, 9, 1),
            "row": 2,
        },
        {
            "organisation": "school:100001",
            "linked_organisation": "school:150001",
            "link": "successor",
            "link_type": "Successor",
            "date": date(2018, 9, 1),
            "row": 3,
        },
    ]
    add(store, "links.csv", links=links)
    rows = run(store).results()
    before = figure(rows, organisation="school:150001", year=2018)
    assert (before["numerator"], before["denominator"]) == (3, 4)
    assert "predecessor 100001" in str(before["label"])
    pooled = figure(rows, organisation="school:150001", years_pooled=3)
    assert (pooled["numerator"], pooled["denominator"]) == (9, 12)
    assert "predecessor 100001" in str(pooled["label"])
    area = figure(rows, organisation="authority:936", year=2018)
    assert area["denominator"] == 4, "a predecessor's pupils count once"


@pytest.mark.parametrize("cluster", ["cluster:east"])
def test_any_list_of_schools_is_an_area_back_cast(store: Store, cluster: str) -> None:
    member = {
        "organisation": "school:1",
        "group": cluster,
        "kind": "cluster",
        "joined": date(2018, 9, 1),
        "source": "county",
        "row": 2,
    }
    add(store, "east.csv", memberships=[member])
    rows = run(store).results()
    assert figure(rows, organisation=cluster, year=2019)["label"] == "pupils of 1 schools"
    assert figure(rows, organisation=cluster, year=2017)["label"] == "pupils of 1 schools; back-cast"


SURREY = ("2016-2017", "2017-2018", "2018-2019")


@pytest.mark.real_data
def test_surrey_from_its_schools_agrees_with_dfe_s_own_row(shared_data: Path, tmp_path: Path) -> None:
    """DfE's percentage of Surrey lies within what its schools' rounding and the schools left out allow.

    For all pupils the schools with a figure have at least 99.8 % of the eligible pupils, and the pooled figure is
    within 0.5 points of DfE's; for disadvantaged pupils about a tenth are in schools that are suppressed.
    """
    from headway.figures.loading import load

    store = Store.open(tmp_path / "store")
    load(store, [shared_data / "ks2" / f"{years}_936_ks2final.csv" for years in SURREY])
    rows = run(store).results().filter(years_pooled=1, organisation="authority:936")
    cells = rows.filter(pl.col("measure").is_in(["ks2_rwm_expected", "ks2_rwm_higher"])).collect()
    for year in (2017, 2018, 2019):
        for measure in ("ks2_rwm_expected", "ks2_rwm_higher"):
            for group, most, apart in (("all", 0.002, 0.5), ("disadvantaged", 0.12, 1.0)):
                cell = {"year": year, "measure": measure, "group": group}
                ours = cells.filter(**cell, basis="schools").row(0, named=True)
                dfe = cells.filter(**cell, basis="published").row(0, named=True)
                left_out = dfe["denominator"] - ours["denominator"]
                assert 0 <= left_out <= most * dfe["denominator"], cell
                assert ours["numerator_low"] <= dfe["numerator_high"], cell
                assert dfe["numerator_low"] <= ours["numerator_high"] + left_out, cell
                assert abs(ours["value"] - dfe["value"]) <= apart, cell


@pytest.mark.real_data
def test_england_is_61_64_and_65_per_cent(shared_data: Path, tmp_path: Path) -> None:
    from headway.figures.loading import load

    store = Store.open(tmp_path / "store")
    load(store, [shared_data / "ks2" / f"{years}_936_ks2final.csv" for years in SURREY])
    rows = run(store).results()
    england = [
        figure(rows, organisation="nation:england", year=year, measure="ks2_rwm_expected")
        for year in (2017, 2018, 2019)
    ]
    assert [one["value"] for one in england] == [61, 64, 65]
    assert [one["denominator"] for one in england] == [604_552, 624_151, 649_249]
