"""Checking results: figures counted again, what may be wrong, and what each correction would do, once more by hand."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from random import Random

import polars as pl
import pytest
from generated_pupils import SCHOOLS, rows_of
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal
from reference import figures as by_hand

from headway.figures import corrections, reproduction
from headway.figures.correction_candidates import candidates
from headway.figures.correction_rules import deadlines, rules
from headway.figures.corrections import (
    Candidate,
    checked_measures,
    checking_rows,
    corrected,
    effects,
    figures,
)
from headway.figures.outcome_codes import known_codes
from headway.figures.tables import TABLES

AREAS = {"school:1": "authority:936", "school:2": "authority:936"}
PROGRESS = {f"ks2_{subject}_progress" for subject in ("reading", "writing", "mathematics")}


class Loaded:
    """Tables in memory."""

    def __init__(self, **tables: list[dict[str, object]] | pl.DataFrame) -> None:
        self.folder = Path("/nowhere")
        self.tables = {
            name: rows if isinstance(rows, pl.DataFrame) else _conformed(name, rows)
            for name, rows in tables.items()
        }

    def frame(self, table: str, year: int | None = None) -> pl.LazyFrame:
        found = self.tables.get(table, TABLES[table].empty()).lazy()
        return found if year is None else found.filter(pl.col("year") == year)

    def pupil_keys(self, upns: pl.Series) -> pl.Series:
        return upns.cast(pl.Int64)


def _conformed(name: str, rows: list[dict[str, object]]) -> pl.DataFrame:
    schema = {column.name: column.polars for column in TABLES[name].columns}
    return TABLES[name].conform(pl.DataFrame(rows, schema=schema))


def drawn(year: int, pupils: int, seed: int) -> tuple[pl.DataFrame, list[dict[str, object]]]:
    tables, joined = rows_of("assessments_ks2", year, pupils, seed)
    codes = known_codes("ks2_test_expected", year)
    tests = [f"{subject}_outcome" for subject in corrections.SUBJECTS]
    # Codes that no table knows stand beside no mark of DfE's that the pupil counts.
    known = [pl.when(pl.col(name).is_in(codes)).then(pl.col(name)).alias(name) for name in tests]
    tables["assessments_ks2"] = tables["assessments_ks2"].with_columns(known)
    return checking_rows(Loaded(**tables), year), joined["ks2"]


def some_corrections(rows: pl.DataFrame, seed: int, count: int) -> list[Candidate]:
    """Corrections of different pupils, of every kind."""
    random = Random(seed)
    chosen = random.sample(rows["pupil"].to_list(), min(count, rows.height))
    kinds = [
        lambda: {"inclusion": "202", "counts": False},
        lambda: {"inclusion": "201", "counts": True},
        lambda: {"organisation": random.choice(SCHOOLS)},
        lambda: {"reading_score": float(random.randint(80, 120)), "reading_outcome": random.choice(["AS", "NS", "A", None])},
        lambda: {"writing_assessment": random.choice(["EXS", "GDS", "WTS", "A", "L", None])},
        lambda: {"reading_progress": random.choice([None, 1.25, -3.5]), "in_reading_progress": True},
        lambda: {"reading_level": random.choice(["4", "5", "3", "B", None])},
    ]  # fmt: skip
    own = dict(rows.select("pupil", "organisation").iter_rows())
    return [Candidate("overseas", pupil, own[pupil], "drawn", random.choice(kinds)()) for pupil in chosen]


def as_by_hand(rows: pl.DataFrame, year: int) -> dict[tuple[str, str], tuple[int, int | None, float]]:
    """Every figure of rows, slowly: by measure and organisation, the authority's schools being one school."""
    found = {}
    records = rows.to_dicts()
    theirs = [
        one | {"organisation": AREAS[one["organisation"]]} for one in records if one["organisation"] in AREAS
    ]
    for measure in checked_measures(year):
        for several in (records, theirs):
            for (school, group), answer in by_hand(measure.key, year, several).items():
                if group == "all" and answer.denominator:
                    found[measure.key, school] = (answer.denominator, answer.numerator, float(answer.value))
    for subject in ("reading", "writing", "mathematics"):
        for several in (records, theirs):
            scores: dict[str, list[float]] = {}
            for one in several:
                score = one[f"{subject}_progress"]
                if (
                    one["inclusion"] not in ("202", "203")
                    and one[f"in_{subject}_progress"] is not False
                    and score is not None
                ):
                    scores.setdefault(one["organisation"], []).append(score)
            for school, own in scores.items():
                found[f"ks2_{subject}_progress", school] = (len(own), None, sum(own) / len(own))
    return found


def as_counted(rows: pl.DataFrame, year: int) -> dict[tuple[str, str], tuple[int, int | None, float]]:
    return {
        (one["measure"], one["organisation"]): (one["denominator"], one["numerator"], one["value"])
        for one in figures(rows, year, AREAS).iter_rows(named=True)
    }


def approximately(found: dict) -> dict:
    return {cell: (d, n, pytest.approx(value, abs=1e-9)) for cell, (d, n, value) in found.items()}


@pytest.mark.parametrize("year", [2014, 2019, 2023])
@given(seed=st.integers(0, 10_000), pupils=st.integers(0, 40))
@settings(max_examples=5, deadline=None)
def test_figures_pupil_by_pupil_are_those_counted_by_hand(year: int, seed: int, pupils: int) -> None:
    rows, _ = drawn(year, pupils, seed)
    assert as_counted(rows, year) == approximately(as_by_hand(rows, year))


@pytest.mark.parametrize("year", [2014, 2019, 2023])
@given(seed=st.integers(0, 10_000), count=st.integers(0, 6))
@settings(max_examples=5, deadline=None)
def test_the_effect_of_a_correction_is_what_counting_again_by_hand_says(
    year: int, seed: int, count: int
) -> None:
    rows, _ = drawn(year, 25, seed)
    found = some_corrections(rows, seed, count)
    said = effects(rows, year, found, AREAS)
    before = as_by_hand(rows, year)
    for one in found:
        after = as_by_hand(corrected(rows, [one]), year)
        told = {
            (row["measure"], row["organisation"]): row
            for row in said.filter(pl.col("candidate") == one.key).iter_rows(named=True)
        }
        for cell in before.keys() | after.keys():
            then, now = before.get(cell, (0, None, None)), after.get(cell, (0, None, None))
            if cell in told:
                row = told[cell]
                assert (row["denominator_before"], row["denominator_after"]) == (then[0], now[0])
                if then[0]:
                    assert (row["numerator_before"], row["value_before"]) == (then[1], pytest.approx(then[2]))
                if now[0]:
                    assert (row["numerator_after"], row["value_after"]) == (now[1], pytest.approx(now[2]))
            else:
                assert then[:2] == now[:2]
                assert then[2] == pytest.approx(now[2], abs=1e-9)


@given(seed=st.integers(0, 10_000), count=st.integers(2, 12))
@settings(max_examples=12, deadline=None)
def test_effects_of_corrections_of_different_pupils_add_up_to_what_a_run_over_all_says(
    seed: int, count: int
) -> None:
    rows, _ = drawn(2019, 30, seed)
    found = some_corrections(rows, seed, count)
    alone = (
        effects(rows, 2019, found, AREAS)
        .group_by("organisation", "measure")
        .agg(
            (pl.col("denominator_after") - pl.col("denominator_before")).sum().alias("d"),
            (pl.col("numerator_after") - pl.col("numerator_before")).sum().alias("n"),
        )
    )
    before, after = as_counted(rows, 2019), as_counted(corrected(rows, found), 2019)
    told = {
        (one["measure"], one["organisation"]): (one["d"], one["n"]) for one in alone.iter_rows(named=True)
    }
    for cell in before.keys() | after.keys():
        then, now = before.get(cell, (0, 0, 0.0)), after.get(cell, (0, 0, 0.0))
        d, n = told.get(cell, (0, 0))
        assert now[0] - then[0] == d
        assert (now[1] or 0) - (then[1] or 0) == (n or 0)


@given(seed=st.integers(0, 10_000))
@settings(max_examples=6, deadline=None)
def test_no_correction_changes_nothing(seed: int) -> None:
    rows, _ = drawn(2019, 20, seed)
    assert_frame_equal(corrected(rows, []), rows)
    assert effects(rows, 2019, [], AREAS).is_empty()
    as_it_is = [
        Candidate("overseas", row["pupil"], row["organisation"], "", {"reading_score": row["reading_score"]})
        for row in rows.iter_rows(named=True)
    ]
    assert effects(rows, 2019, as_it_is, AREAS).is_empty()


@given(seed=st.integers(0, 10_000))
@settings(max_examples=6, deadline=None)
def test_the_rows_of_some_schools_are_those_of_all_less_the_others(seed: int) -> None:
    tables, _ = rows_of("assessments_ks2", 2019, 30, seed)
    every, two = (checking_rows(Loaded(**tables), 2019, schools=some) for some in (None, SCHOOLS[:2]))
    assert_frame_equal(two, every.filter(pl.col("organisation").is_in(SCHOOLS[:2])))


def test_a_pupil_under_two_keys_counts_once_at_the_school_of_the_later_entry() -> None:
    people = (pupil(1), pupil(2, school=2, entry_date=date(2022, 9, 1)))
    names = [{"year": 2023, "pupil": 2, "upn": "2", "former_upn": "1"}]
    own_ks1 = [{"year": 2019, "pupil": 1, "reading_assessment": "GDS"}]
    tables = loaded(*people, identities=names, assessments_ks1=own_ks1)
    rows = checking_rows(tables, 2023)
    assert rows.select("pupil", "organisation", "own_ks1_reading").rows() == [(2, "school:2", "GDS")]
    assert checking_rows(tables, 2023, schools=["school:1"]).is_empty()
    assert checking_rows(tables, 2023, schools=["school:2"])["own_ks1_reading"].to_list() == ["GDS"]


def pupil(number: int, school: int = 1, **more: object) -> tuple[dict[str, object], dict[str, object]]:
    """A pupil's row on the file and their results: 104 in reading and mathematics, EXS in writing."""
    who: dict[str, object] = {
        "year": 2023,
        "pupil": number,
        "collection": "ks2",
        "organisation": f"school:{school}",
        "inclusion": "201",
        "eal": False,
        "entry_date": date(2016, 9, 1),
    }
    results: dict[str, object] = {
        "year": 2023,
        "pupil": number,
        "reading_outcome": "AS",
        "reading_score": 104.0,
        "reading_mark": 31,
        "mathematics_outcome": "AS",
        "mathematics_score": 104.0,
        "mathematics_mark": 70,
        "writing_assessment": "EXS",
        "ks1_reading": "EXS",
        "ks1_writing": "EXS",
        "ks1_mathematics": "EXS",
        "ks1_average_points": 8.0,
        "ks1_band": "middle",
        "prior_attainment_group": 10,
        "rwm_eligible": True,
        "rwm_expected": True,
        "in_reading_progress": True,
        "reading_progress_attainment": 104.0,
        "reading_progress_predicted": 103.0,
        "reading_progress": 1.0,
    }
    for name, value in more.items():
        (who if name in who else results)[name] = value
    return who, results


def loaded(*people: tuple[dict, dict], **more: list[dict[str, object]]) -> Loaded:
    pupils = [who for who, _ in people] + more.pop("pupils", [])
    return Loaded(pupils=pupils, assessments_ks2=[results for _, results in people], **more)


def foundation(number: int) -> dict[str, object]:
    return {"year": 2017, "pupil": number, "collection": "foundation", "organisation": "school:1"}


def found_in(tables: Loaded) -> tuple[pl.DataFrame, list[Candidate]]:
    rows = checking_rows(tables, 2023)
    return rows, candidates(rows, tables, 2023)


ARRIVED = {
    "eal": True,
    "ks1_reading": None,
    "ks1_writing": None,
    "ks1_mathematics": None,
    "entry_date": date(2021, 11, 1),
}


LOW = {"reading_outcome": "NS", "reading_score": 88.0, "reading_mark": 12, "rwm_expected": False}


@pytest.mark.parametrize(
    ("outcome", "score", "right"),
    [
        ("PASS", 114.0, "AS"),
        ("AS", 99.0, "NS"),
        ("NS", 100.0, "AS"),
        ("AS", 100.0, None),
        ("NS", 99.0, None),
        ("A", None, None),
    ],
)
def test_an_outcome_that_does_not_fit_the_score_is_a_candidate(
    outcome: str, score: float | None, right: str | None
):
    rows, found = found_in(
        loaded(pupil(1), pupil(9, reading_outcome=outcome, reading_score=score, reading_mark=None))
    )
    found = [one for one in found if one.rule == "outcome_and_score"]
    assert [one.changes["reading_outcome"] for one in found] == ([right] if right else [])
    assert [one.key for one in found] == (["outcome_and_score:9:reading"] if right else [])
    if outcome == "PASS":
        assert found[0].evidence == "Reading: outcome PASS with a scaled score of 114"
        said = effects(rows, 2023, found, AREAS)
        reading = said.filter(
            pl.col("measure") == "ks2_reading_expected", pl.col("organisation") == "school:1"
        )
        assert reading.select("denominator_before", "denominator_after").rows() == [(1, 2)]


def test_a_pupil_recently_arrived_from_overseas_is_a_candidate_and_the_effect_is_exact():
    tables = loaded(pupil(1), pupil(2), pupil(3), pupil(4, **ARRIVED, **LOW), pupil(5, school=2))
    rows, found = found_in(tables)
    assert [(one.rule, one.pupil) for one in found] == [("overseas", 4)]
    assert "joined the school on 1 November 2021" in found[0].evidence
    said = effects(rows, 2023, found, AREAS).filter(pl.col("measure") == "ks2_rwm_expected").to_dicts()
    assert [
        (
            one["organisation"],
            one["numerator_before"],
            one["denominator_before"],
            one["numerator_after"],
            one["denominator_after"],
        )
        for one in said
    ] == [("authority:936", 4, 5, 4, 4), ("school:1", 3, 4, 3, 3)]
    assert [one["difference"] for one in said] == [pytest.approx(20.0), pytest.approx(25.0)]


@pytest.mark.parametrize(
    "more",
    [
        {"eal": False},
        {"entry_date": date(2021, 8, 31)},
        {"ks1_reading": "WTS"},
        {"inclusion": "202"},
        {"entry_date": None},
    ],
)
def test_a_pupil_who_speaks_english_came_earlier_is_known_or_does_not_count_is_none(more: dict):
    _, found = found_in(loaded(pupil(1), pupil(4, **(ARRIVED | more))))
    assert [one for one in found if one.rule == "overseas"] == []


def test_a_pupil_whom_an_earlier_assessment_knows_is_no_recent_arrival():
    _, found = found_in(loaded(pupil(1), pupil(4, **ARRIVED), pupils=[foundation(4)]))
    assert [one for one in found if one.rule == "overseas"] == []
    _, found = found_in(loaded(pupil(1), pupil(4, **ARRIVED | {"entry_date": None}), pupils=[foundation(1)]))
    assert [one.pupil for one in found if one.rule == "overseas"] == [4]
    assert "not in the file" in found[0].evidence


def test_wrong_prior_attainment_changes_progress_by_the_mean_of_the_right_group():
    higher = {
        "ks1_reading": "GDS",
        "ks1_writing": "EXS",
        "ks1_mathematics": "EXS",
        "ks1_average_points": 8.5,
        "ks1_band": "high",
        "prior_attainment_group": 11,
        "reading_progress_predicted": 105.0,
        "reading_progress": -1.0,
    }
    own = [
        {
            "year": 2019,
            "pupil": 1,
            "reading_assessment": "GDS",
            "writing_assessment": "EXS",
            "mathematics_assessment": "EXS",
        }
    ]
    tables = loaded(pupil(1), pupil(2), pupil(3, school=2, **higher), assessments_ks1=own)
    rows, (one,) = found_in(tables)
    assert one.evidence == "Key stage 1 reading EXS in DfE's record and GDS in ours"
    assert one.changes["prior_attainment_group"] == 11
    assert one.changes["ks1_band"] == "high"
    assert one.changes["reading_progress"] == pytest.approx(-1.0)
    said = effects(rows, 2023, [one], AREAS).to_dicts()
    assert [
        (row["organisation"], row["measure"], row["value_before"], row["value_after"]) for row in said
    ] == [
        ("authority:936", "ks2_reading_progress", pytest.approx(1 / 3), pytest.approx(-1 / 3)),
        ("school:1", "ks2_reading_progress", pytest.approx(1.0), pytest.approx(0.0)),
    ]


def test_prior_attainment_of_a_year_that_has_none_is_never_wrong():
    none = {"ks1_reading": None, "ks1_writing": None, "ks1_mathematics": None}
    own = [{"year": 2019, "pupil": 1, "reading_assessment": "GDS"}]
    _, found = found_in(loaded(pupil(1, **none), pupil(2, **none), assessments_ks1=own))
    assert found == []


def test_a_pupil_on_another_schools_roll_moves_there_and_the_authority_stays():
    roll = [{"year": 2023, "pupil": 2, "collection": "roll", "organisation": "school:2"}]
    rows, (one,) = found_in(loaded(pupil(1), pupil(2, **LOW), pupil(3, school=2), pupils=roll))
    assert (one.rule, one.to) == ("wrong_school", "school:2")
    said = effects(rows, 2023, [one], AREAS).filter(pl.col("measure") == "ks2_rwm_expected").to_dicts()
    assert {row["organisation"]: (row["value_before"], row["value_after"]) for row in said} == {
        "school:1": (50.0, 100.0),
        "school:2": (100.0, 50.0),
    }


def test_a_pupil_in_year_6_whom_the_file_lacks_is_asked_about_without_an_effect():
    roll = [
        {"year": 2023, "pupil": 9, "collection": "roll", "organisation": "school:1", "year_group": 6},
        {"year": 2023, "pupil": 8, "collection": "roll", "organisation": "school:1", "year_group": 5},
    ]
    rows, found = found_in(loaded(pupil(1), pupils=roll))
    assert [(one.rule, one.pupil, one.changes) for one in found] == [("missing_pupil", 9, {})]
    assert effects(rows, 2023, found, AREAS).is_empty()


def test_a_score_that_does_not_fit_its_mark_is_a_candidate_only_where_enough_others_agree():
    odd = pupil(9, reading_mark=31, reading_score=99.0, reading_outcome="NS")
    _, found = found_in(loaded(pupil(1), pupil(2), odd))
    assert [one for one in found if one.rule == "mark_and_score"] == []
    rows, found = found_in(loaded(pupil(1), pupil(2), pupil(3), odd))
    (one,) = [one for one in found if one.rule == "mark_and_score"]
    assert one.evidence == "Reading: 31 marks have a scaled score of 104 elsewhere, here 99"
    assert (one.changes["reading_score"], one.changes["reading_outcome"]) == (104.0, "AS")
    said = effects(rows, 2023, [one], AREAS).filter(
        (pl.col("measure") == "ks2_rwm_expected") & (pl.col("organisation") == "school:1")
    )
    assert said["difference"].to_list() == [25.0]


@pytest.mark.parametrize(("mark", "is_near"), [(30, True), (29, True), (28, False)])
def test_a_pupil_within_two_marks_of_the_standard_is_shown(mark: int, is_near: bool):
    near = pupil(9, reading_mark=mark, reading_score=99.0, reading_outcome="NS")
    _, found = found_in(loaded(pupil(1, reading_score=100.0), near))
    assert [one.pupil for one in found if one.rule == "near_standard"] == ([9] if is_near else [])


def test_a_schools_figures_agree_with_dfes_marks_or_say_which_pupil_differs():
    tables = loaded(pupil(1), pupil(2, reading_outcome="NS"), pupil(3, inclusion="203"))
    rows = checking_rows(tables, 2023)
    combined = next(
        one for one in reproduction.reproduced(rows, 2023, "school:1") if one.measure == "ks2_rwm_expected"
    )
    assert (combined.numerator, combined.denominator, combined.value, combined.dfe) == (1, 2, 50.0, 100.0)
    assert combined.agrees is False
    people = reproduction.pupils_again(rows, 2023, "school:1")
    assert people["agrees"].to_list() == [True, False, None]
    assert people["because"].to_list() == [
        "",
        "NS in reading",
        "removed at the school's request: counts in no figure",
    ]


def test_a_figure_published_before_removals_is_explained():
    tables = loaded(pupil(1), pupil(2), pupil(3, reading_outcome="NS", inclusion="203"))
    published = _conformed(
        "published_results",
        [
            {
                "organisation": "school:1",
                "year": 2023,
                "years_pooled": 1,
                "measure": "ks2_reading_expected",
                "group": "all",
                "dataset": "dfe_performance_tables",
                "release": "provisional",
                "status": "reported",
                "value": 67.0,
                "rounded_to": 1.0,
            }
        ],
    )
    rows = checking_rows(tables, 2023)
    found = {one.measure: one for one in reproduction.reproduced(rows, 2023, "school:1", published)}
    one = found["ks2_reading_expected"]
    assert (one.value, one.published, one.agrees) == (100.0, 67.0, False)
    assert one.because == "published before 1 pupil was removed at the school's request"
    assert found["ks2_mathematics_expected"].agrees is None
    assert found["ks2_mathematics_expected"].because == "DfE's figure is not loaded"


def test_a_rounded_figure_agrees_with_what_it_was_rounded_from():
    tables = loaded(pupil(1), pupil(2), pupil(3, reading_outcome="NS"))
    rows = checking_rows(tables, 2023)
    published = _conformed(
        "published_results",
        [
            {
                "organisation": "school:1",
                "year": 2023,
                "years_pooled": 1,
                "measure": "ks2_reading_expected",
                "group": "all",
                "dataset": "dfe_performance_tables",
                "release": "final",
                "status": "reported",
                "value": 67.0,
                "rounded_to": 1.0,
            }
        ],
    )
    found = {one.measure: one for one in reproduction.reproduced(rows, 2023, "school:1", published)}
    assert found["ks2_reading_expected"].because == "agrees: published as a rounded figure"


def test_every_rule_says_where_it_comes_from_and_a_deadline_is_known_only_where_a_source_gives_it():
    assert set(rules()) == {
        "overseas", "prior_attainment", "wrong_school", "missing_pupil", "mark_and_score", "outcome_and_score",
        "near_standard",
    }  # fmt: skip
    assert all(rule.source and rule.asks and rule.change for rule in rules().values())
    assert deadlines()[2023].day == date(2023, 9, 22)
    assert 2024 not in deadlines()
    assert rules()["overseas"].verified(2022)
    assert not rules()["overseas"].verified(2024)


def test_a_year_without_a_file_has_no_rows_and_no_figures():
    rows = checking_rows(Loaded(), 2023)
    assert rows.is_empty()
    assert figures(rows, 2023).is_empty()
    assert candidates(rows, Loaded(), 2023) == []
    assert reproduction.reproduced(rows, 2023, "school:1") == []
    assert corrections.effects(rows, 2023, [], {}).is_empty()
