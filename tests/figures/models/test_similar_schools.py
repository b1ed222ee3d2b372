"""Similar schools: DfE's own distances, hand-worked ones, and a slow second implementation."""

from __future__ import annotations

from math import sqrt
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headway.figures.figures import results_frame
from headway.figures.models import similar_schools
from headway.figures.models.similar_schools import (
    Characteristic,
    Pack,
    characteristics,
    coverage,
    left_out,
    own_pack,
    pack,
    read_pack,
    similar,
)
from headway.figures.models.terms import ModelError

KEYS = (
    "disadvantage",
    "polar4",
    "stability",
    "sen_support",
    "eal",
    "idaci",
    "ehcp",
    "pupils_on_roll",
    "ks1_rwm",
)

# Department for Education, DFE-Digital/sap-sector, SimilarSchoolsPrimaryValuesEntry.json and
# SimilarSchoolsPrimaryGroupsEntry.json (Open Government Licence v3.0): characteristics of all-through schools and the
# distances that DfE computed from them.
DFE_VALUES = {
    "100171": (47.99733, 3.551846, 77.910238, 16.616677, 47.330534, 0.24683, 2.339532, 1667, 2.842543),
    "100590": (27.410468, 4.484038, 79.955947, 7.217767, 53.177051, 0.165692, 3.084516, 1621, 2.833099),
    "100749": (30.066603, 3.971891, 78.723404, 15.699334, 23.311132, 0.224407, 3.996194, 1051, 2.78818),
    "101193": (18.949343, 3.654135, 85.47419, 13.567839, 35.175879, 0.222054, 2.680067, 1194, 2.704954),
    "101206": (22.169249, 2.942028, 83.217753, 12.806236, 41.42539, 0.214506, 3.11804, 898, 2.580996),
    "103080": (40.107431, 3.875523, 75.538894, 16.551127, 51.819757, 0.211757, 5.719237, 1154, 2.789602),
    "135264": (39.530516, 3.962301, 79.733587, 16.338028, 28.262911, 0.235804, 1.877934, 1065, 2.8581),
    "135600": (35.670262, 4.712683, 86.279257, 9.257004, 48.355664, 0.186795, 3.349574, 1642, 2.796498),
}
DFE_DISTANCES = {
    ("100171", "103080"): 0.5439848176911305,
    ("100171", "100749"): 0.7212328676033946,
    ("100171", "100590"): 0.7696548270000896,
    ("100590", "135600"): 0.319401803913809,
    ("100590", "101193"): 0.7309811295117736,
    ("100749", "135264"): 0.3327448566221887,
    ("100749", "103080"): 0.4082853664140455,
    ("101193", "100749"): 0.46235264366789325,
    ("101193", "101206"): 0.5023883938553123,
}


def schools(values: dict[str, tuple[float | None, ...]], keys: tuple[str, ...] = KEYS) -> pl.DataFrame:
    return pl.DataFrame(
        [
            {"organisation": f"school:{name}", **dict(zip(keys, row, strict=True))}
            for name, row in values.items()
        ],
        schema={"organisation": pl.String, **dict.fromkeys(keys, pl.Float64)},
    )


def plain(*keys: str, minimum: int = 1) -> Pack:
    """Scales of 1 for hand-worked distances."""
    return Pack(
        "plain",
        "Plain",
        tuple(Characteristic(key, key, "", (key,), scale=1.0) for key in keys),
        minimum,
        "test",
    )


def test_distances_are_those_that_dfe_computed() -> None:
    found = similar(schools(DFE_VALUES))
    distances = {(a, b): d for a, b, d in found.select("organisation", "neighbour", "distance").rows()}
    for (one, other), distance in DFE_DISTANCES.items():
        # The scales in the pack have nine digits.
        assert distances[f"school:{one}", f"school:{other}"] == pytest.approx(distance, abs=1e-8)
        assert distances[f"school:{other}", f"school:{one}"] == distances[f"school:{one}", f"school:{other}"]
    assert set(found["characteristics_used"]) == {9}


def test_a_hand_worked_distance() -> None:
    frame = schools({"1": (0, 0), "2": (3, 4), "3": (6, 8)}, ("a", "b"))
    found = similar(frame, chosen=plain("a", "b"))
    assert found.rows() == [
        ("school:1", "school:2", 1, 5.0, 2),
        ("school:1", "school:3", 2, 10.0, 2),
        ("school:2", "school:1", 1, 5.0, 2),
        ("school:2", "school:3", 2, 5.0, 2),
        ("school:3", "school:2", 1, 5.0, 2),
        ("school:3", "school:1", 2, 10.0, 2),
    ]


def test_own_weights_are_standardised_by_the_loaded_schools() -> None:
    """One characteristic of values 0, 2, 4 has a standard deviation of sqrt(8/3)."""
    frame = schools({"1": (0,), "2": (2,), "3": (4,)}, ("context_eal",))
    found = similar(frame, chosen=own_pack({"context_eal": 4.0}), count=1)
    assert found["distance"][0] == pytest.approx(2 / sqrt(8 / 3) * sqrt(4), abs=1e-15)


def test_a_missing_characteristic_stretches_what_is_shared() -> None:
    """Two equal weights, one known of both: the square counts twice. Nobody is nearer for being unknown."""
    frame = schools(
        {"1": (0, 0), "2": (1, None), "3": (3, 3), "4": (None, None)}, ("context_eal", "context_fsm6")
    )
    found = similar(frame, chosen=own_pack({"context_eal": 1.0, "context_fsm6": 1.0}, minimum=1), count=1)
    scale = np.std([0, 1, 3])
    row = found.row(0, named=True)
    assert (row["neighbour"], row["characteristics_used"]) == ("school:2", 1)
    assert row["distance"] == pytest.approx(sqrt(2) / scale, abs=1e-15)
    assert "school:4" not in {*found["organisation"], *found["neighbour"]}


def test_too_few_characteristics_are_left_out_and_named() -> None:
    frame = schools({"1": (0, 0), "2": (1, None), "3": (3, 3)}, ("a", "b"))
    chosen = plain("a", "b", minimum=2)
    found = similar(frame, chosen=chosen)
    assert set(found["organisation"]) == {"school:1", "school:3"}
    out = left_out(frame, chosen)
    assert out["organisation"].to_list() == ["school:2"]
    assert out["because"][0] == "fewer than 2 characteristics are known; missing: b"


def test_a_characteristic_that_nobody_has_is_not_counted() -> None:
    values = {name: (*row[:8], None) for name, row in DFE_VALUES.items()}
    found = similar(schools(values))
    assert set(found["characteristics_used"]) == {8}
    one = {name: row[:8] for name, row in DFE_VALUES.items()}
    scales = [one.scale or 0 for one in pack().characteristics][:8]
    by_hand = sqrt(
        sum(((a - b) / s) ** 2 for a, b, s in zip(one["100590"], one["135600"], scales, strict=True))
    )
    pair = found.filter(pl.col("organisation") == "school:100590", pl.col("neighbour") == "school:135600")
    assert pair["distance"][0] == pytest.approx(by_hand, abs=1e-15)


@pytest.mark.parametrize(
    "measure", ["ks2_rwm_expected", "absence_overall", "lait:ks2rwm_expected_std", "ks2_reading_progress"]
)
def test_an_outcome_is_no_characteristic(measure: str) -> None:
    with pytest.raises(ModelError, match=measure):
        own_pack({"context_eal": 1.0, measure: 1.0})


@pytest.mark.parametrize(
    "measure", ["context_eal", "ks2_cohort_prior_attainment", "context_ks1_rwm_average", "lait:lacnum"]
)
def test_who_the_pupils_are_is_no_outcome(measure: str) -> None:
    assert not similar_schools.is_outcome(measure)


def test_neighbours_can_be_kept_to_a_kind_and_out_of_an_authority() -> None:
    frame = schools({"1": (0,), "2": (1,), "3": (2,), "4": (3,)}, ("a",)).with_columns(
        kind_of_school=pl.Series(["primary", "junior", "primary", "primary"]),
        authority=pl.Series(["886", "886", "886", "887"]),
    )
    found = similar(frame, chosen=plain("a"), alike=("kind_of_school",))
    assert found.filter(pl.col("organisation") == "school:1")["neighbour"].to_list() == [
        "school:3",
        "school:4",
    ]
    found = similar(frame, chosen=plain("a"), alike=("kind_of_school",), apart="authority")
    assert found.filter(pl.col("organisation") == "school:1")["neighbour"].to_list() == ["school:4"]
    assert found.filter(pl.col("organisation") == "school:2").is_empty()


def test_one_school_alone_is_asked_for() -> None:
    frame = schools({"1": (0,), "2": (1,), "3": (2,)}, ("a",))
    everyone = similar(frame, chosen=plain("a"))
    one = similar(frame, chosen=plain("a"), of=["school:2"])
    assert one.equals(everyone.filter(pl.col("organisation") == "school:2"))
    with pytest.raises(ModelError, match="school:9"):
        similar(frame, chosen=plain("a"), of=["school:9"])


def slow(
    values: np.ndarray, scales: np.ndarray, weights: np.ndarray, minimum: int, count: int
) -> list[list[tuple[int, float, int]]]:
    """Every pair, one after the other."""
    size, wide = values.shape
    every = []
    for i in range(size):
        found = []
        for j in range(size):
            shared = [k for k in range(wide) if not np.isnan(values[i, k]) and not np.isnan(values[j, k])]
            weight = sum(weights[k] for k in shared)
            if i == j or len(shared) < minimum or weight <= 0:
                continue
            square = sum(((values[i, k] - values[j, k]) / scales[k]) ** 2 for k in shared)
            found.append((sqrt(square * sum(weights) / weight), j, len(shared)))
        every.append([(j, d, used) for d, j, used in sorted(found)[:count]])
    return every


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_the_nearest_are_those_of_a_slow_search(data: st.DataObject) -> None:
    size, wide = data.draw(st.integers(2, 40)), data.draw(st.integers(1, 5))
    random = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    values = random.normal(size=(size, wide)) * 10.0 ** data.draw(st.integers(-3, 6))
    if data.draw(st.booleans()):
        values = np.round(values)  # ties
    values[random.random(values.shape) < data.draw(st.sampled_from([0.0, 0.2, 0.6]))] = np.nan
    keys = tuple(f"c{k}" for k in range(wide))
    minimum, count = data.draw(st.integers(1, wide)), data.draw(st.integers(1, 12))
    chosen = plain(*keys, minimum=minimum)
    frame = pl.DataFrame({"organisation": [f"school:{n:04}" for n in range(size)]}).with_columns(
        pl.Series(key, values[:, k]).fill_nan(None) for k, key in enumerate(keys)
    )
    made = similar_schools.space(frame, chosen)
    expected = slow(made.values, made.scales, made.weights, minimum, count)
    found = similar(frame, chosen=chosen, count=count)
    names = frame["organisation"].to_list()
    for place, name in enumerate(names):
        own = found.filter(pl.col("organisation") == name)
        assert [names.index(other) for other in own["neighbour"]] == [j for j, _, _ in expected[place]]
        np.testing.assert_allclose(own["distance"], [d for _, d, _ in expected[place]], rtol=1e-12)
        assert own["characteristics_used"].to_list() == [used for _, _, used in expected[place]]
        assert own["rank"].to_list() == list(range(1, own.height + 1))
    shuffled = frame.sample(fraction=1.0, shuffle=True, seed=1)
    assert similar(shuffled, chosen=chosen, count=count).equals(found)


def test_many_equal_and_huge_schools_are_told_apart_exactly() -> None:
    """Single precision alone would not do: 300 schools that differ in the seventh digit, 300 that do not differ."""
    fine = 1e6 + np.arange(300) / 10
    frame = pl.DataFrame(
        {"organisation": [f"school:{n:04}" for n in range(601)], "a": [*fine, *np.zeros(300), 1e30]}
    )
    found = similar(frame, chosen=plain("a"), count=2)
    assert found.filter(pl.col("organisation") == "school:0100")["neighbour"].to_list() == [
        "school:0099",
        "school:0101",
    ]
    assert found.filter(pl.col("organisation") == "school:0400")["neighbour"].to_list() == [
        "school:0300",
        "school:0301",
    ]
    assert found.filter(pl.col("organisation") == "school:0600")["distance"].to_list() == [1e30, 1e30]


def test_schools_that_stand_twice_are_refused() -> None:
    frame = pl.concat([schools({"1": (0,)}, ("a",)), schools({"1": (1,)}, ("a",))])
    with pytest.raises(ModelError, match="school:1 stands more than once"):
        similar(frame, chosen=plain("a"))


def results(rows: list[tuple[str, int, str, str, float | None]]) -> pl.DataFrame:
    frame = pl.DataFrame(
        rows, schema=["organisation", "year", "measure", "status", "value"], orient="row"
    ).with_columns(group=pl.lit("all"), years_pooled=1, basis=pl.lit("published"))
    return results_frame(frame).collect()


def test_characteristics_come_from_the_latest_year_that_has_them() -> None:
    rows = results(
        [
            ("school:1", 2024, "context_eal", "reported", 10.0),
            ("school:1", 2025, "context_eal", "reported", 12.0),
            ("school:2", 2025, "context_eal", "suppressed", None),
            ("school:2", 2024, "context_eal", "reported", 99.0),
            ("school:1", 2024, "context_fsm6", "reported", 20.0),
            ("school:2", 2024, "context_fsm6", "reported", 0.0),
            ("authority:886", 2025, "context_eal", "reported", 1.0),
        ]
    )
    found = characteristics(rows, 2025)
    assert found.columns == ["organisation", *pack().keys]
    assert found.select("organisation", "eal", "disadvantage", "ehcp").rows() == [
        ("school:1", 12.0, 20.0, None),
        ("school:2", None, 0.0, None),
    ]
    told = coverage(rows, 2025)
    assert told.filter(pl.col("characteristic") == "eal").row(0)[2:6] == ("context_eal", 2025, "published", 1)
    assert told.filter(pl.col("characteristic") == "ehcp").row(0)[2:6] == (None, None, None, 0)


def test_a_pack_of_one_s_own_is_read_and_its_faults_are_told(tmp_path: Path) -> None:
    good = tmp_path / "ours.toml"
    good.write_text(
        'key = "ours"\ntitle = "Ours"\nminimum = 1\nsource = "Cabinet, 3 May 2026"\n'
        '[[characteristic]]\nkey = "eal"\ntitle = "EAL"\nunit = "percent"\nmeasures = ["context_eal"]\nweight = 2\n'
    )
    assert read_pack(good).characteristics[0].weight == 2
    for text, told in (
        (good.read_text().replace("context_eal", "ks2_rwm_expected"), "ks2_rwm_expected is an outcome"),
        (good.read_text().replace("weight = 2", "weight = -1"), "above zero"),
        (good.read_text().replace("weight", "wieght"), "not as it should be"),
        (good.read_text().replace("minimum = 1", "minimum = 5"), "asks for 5 of 1"),
        (good.read_text().replace('source = "Cabinet, 3 May 2026"\n', ""), "does not say its source"),
        ("key = ", "not a TOML file"),
    ):
        bad = tmp_path / "bad.toml"
        bad.write_text(text)
        with pytest.raises(ModelError, match=told):
            read_pack(bad)
    with pytest.raises(ModelError, match="cannot be read"):
        read_pack(tmp_path / "none.toml")
    with pytest.raises(ModelError, match="dfe_2026"):
        pack("dfe_1066")


@pytest.mark.real_data
def test_the_real_census_gives_every_primary_its_fifty(shared_data: Path) -> None:
    """England, 2024/25: five of the nine characteristics are in the census; the others are missing and said to be."""
    census = pl.read_csv(shared_data / "context" / "2024-2025_england_census.csv.gz", infer_schema_length=0)
    columns = {
        "disadvantage": "PNUMFSMEVER",
        "sen_support": "PSENELK",
        "eal": "PNUMEAL",
        "ehcp": "PSENELSE",
        "pupils_on_roll": "NOR",
    }
    frame = census.filter(pl.col("SCHOOLTYPE") == "State-funded primary", pl.col("URN") != "NAT").select(
        pl.format("school:{}", "URN").alias("organisation"),
        *(
            pl.col(there).str.strip_suffix("%").cast(pl.Float64, strict=False).alias(key)
            for key, there in columns.items()
        ),
        *(pl.lit(None, pl.Float64).alias(key) for key in KEYS if key not in columns),
    )
    assert frame.height > 16_000
    found = similar(frame, of=frame["organisation"].head(500).to_list())
    known = frame.drop_nulls(list(columns))
    out = left_out(frame)
    assert out.height == frame.height - known.height
    assert found.height == 50 * (500 - frame.head(500)["organisation"].is_in(out["organisation"]).sum())
    assert set(found["characteristics_used"]) == {5}
    scales = {one.key: one.scale or 0.0 for one in pack().characteristics}
    points = known.select(pl.col(key) / scales[key] for key in columns).to_numpy()
    own = known["organisation"].to_list().index(found["organisation"][0])
    apart = np.sqrt(((points - points[own]) ** 2).sum(axis=1))
    np.testing.assert_allclose(found["distance"].head(50), np.sort(apart)[1:51], rtol=1e-9)
