"""Statistical neighbours, listed and computed; rates of improvement, gains and ranks of authorities."""

from __future__ import annotations

from datetime import date
from math import sqrt
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from headway.figures.comparisons import newcombe
from headway.figures.figures import results_frame
from headway.figures.models.improvement import against_neighbours, figures, gains, ranks, step_of
from headway.figures.models.neighbours import KIND, NEIGHBOURS, computed, edition_for, editions, listed
from headway.figures.models.similar_schools import own_pack
from headway.figures.models.terms import ModelError
from headway.figures.reading import received
from headway.figures.sources import lait
from headway.figures.sources import neighbours as dfe_list

RWM, READING = "ks2_rwm_expected", "ks2_reading_expected"


def membership(organisation: str, group: str, rank: int, source: str) -> dict[str, object]:
    return {
        "organisation": f"authority:{organisation}", "group": f"authority:{group}", "kind": dfe_list.KIND,
        "rank": rank, "note": "close", "source": source,
    }  # fmt: skip


LISTS = pl.DataFrame(
    [
        membership("886", "881", 1, "dfe_neighbours_2021-04"),
        membership("886", "866", 1, "dfe_neighbours_2025-05"),
        membership("886", "881", 2, "dfe_neighbours_2025-05"),
        membership("887", "866", 1, "dfe_neighbours_2025-05"),
        membership("school", "trust", 1, "gias") | {"kind": "trust"},
    ]
)


def test_the_source_and_the_model_mean_the_same_memberships() -> None:
    assert (KIND, NEIGHBOURS) == (dfe_list.KIND, dfe_list.NEIGHBOURS)


def test_the_newest_list_is_taken_and_an_older_one_on_request() -> None:
    assert editions(LISTS) == ["dfe_neighbours_2025-05", "dfe_neighbours_2021-04"]
    assert listed(LISTS, "authority:886")["neighbour"].to_list() == ["authority:866", "authority:881"]
    assert listed(LISTS, "authority:886", "dfe_neighbours_2021-04")["neighbour"].to_list() == [
        "authority:881"
    ]
    assert listed(LISTS).height == 3
    with pytest.raises(ModelError, match="has no neighbours"):
        listed(LISTS, "authority:210")
    with pytest.raises(ModelError, match="no list dfe_neighbours_1999"):
        listed(LISTS, edition="dfe_neighbours_1999")
    with pytest.raises(ModelError, match="no statistical neighbours are loaded"):
        listed(LISTS.head(0))


def test_a_list_is_in_force_from_its_month_until_the_next() -> None:
    assert edition_for(LISTS, date(2025, 4, 30)) == "dfe_neighbours_2021-04"
    assert edition_for(LISTS, date(2025, 5, 1)) == "dfe_neighbours_2025-05"
    with pytest.raises(ModelError, match="was in force on 1 March 2021"):
        edition_for(LISTS, date(2021, 3, 1))


def test_computed_neighbours_are_euclidean_on_standardised_values() -> None:
    frame = pl.DataFrame(
        {
            "organisation": [f"authority:{n}" for n in (201, 202, 203)],
            "context_eal": [0.0, 3.0, 9.0],
            "context_fsm6": [1.0, 1.0, 4.0],
        }
    )
    chosen = own_pack({"context_eal": 1.0, "context_fsm6": 1.0})
    found = computed(frame, chosen=chosen, count=2)
    eal, fsm = np.std([0, 3, 9]), np.std([1, 1, 4])
    assert found.filter(pl.col("organisation") == "authority:201")["distance"].to_list() == pytest.approx(
        [3 / eal, sqrt((9 / eal) ** 2 + (3 / fsm) ** 2)]
    )
    rescaled = computed(frame, chosen=chosen, count=1, rescaled=True)
    assert rescaled["distance"][0] == pytest.approx((3 / eal) / sqrt((9 / eal) ** 2 + (3 / fsm) ** 2))
    farthest = (
        computed(frame, chosen=chosen, count=2, rescaled=True)
        .group_by("organisation")
        .agg(pl.col("distance").max())
    )
    assert farthest["distance"].to_list() == [1.0, 1.0, 1.0]


def results(
    rows: list[tuple[str, int, int | None, int | None, float]], measure: str = READING
) -> pl.DataFrame:
    """Rows of (authority, year, reached, pupils, percentage)."""
    frame = pl.DataFrame(
        [
            {
                "organisation": f"authority:{name}", "year": year, "measure": measure, "group": "all", "years_pooled": 1,
                "basis": "published", "status": "reported", "numerator_low": reached, "numerator_high": reached,
                "denominator": pupils, "value": value,
            }
            for name, year, reached, pupils, value in rows
        ],
        infer_schema_length=None,
    )  # fmt: skip
    return results_frame(frame).collect()


COUNTED = results(
    [
        *(("886", 2017, 9000, 15000, 60.0), ("886", 2019, 10000, 15500, 64.516)),
        *(("881", 2017, 8000, 14000, 57.143), ("881", 2019, 8400, 14000, 60.0)),
        *(("866", 2017, 1200, 2000, 60.0), ("866", 2019, 1250, 2100, 59.524)),
        ("210", 2019, 1500, 2500, 60.0),
    ]
)


def test_a_gain_has_newcombe_s_interval() -> None:
    found = gains(COUNTED, READING, 2017, 2019)
    kent = found.filter(pl.col("organisation") == "authority:886").row(0, named=True)
    low, high = newcombe(10000, 15500, 9000, 15000)
    assert (kent["gain"], kent["lower"], kent["upper"]) == (
        pytest.approx(100 * 10000 / 15500 - 60),
        low,
        high,
    )
    assert kent["gain_a_year"] == pytest.approx(kent["gain"] / 2)
    assert (kent["interval"], kent["because"]) == ("chance", None)
    assert found["organisation"].to_list() == [
        "authority:886",
        "authority:881",
        "authority:866",
        "authority:210",
    ]
    last = found.row(3, named=True)
    assert (last["gain"], last["because"]) == (None, "no figure of 2017")


def test_gainers_have_room_for_a_note() -> None:
    notes = pl.DataFrame({"organisation": ["authority:886"], "note": ["Reading partners in 40 schools"]})
    found = gains(COUNTED, READING, 2017, 2019, notes=notes)
    assert found["note"].to_list() == ["Reading partners in 40 schools", None, None, None]


def test_nothing_is_compared_across_a_break() -> None:
    rwm = COUNTED.with_columns(measure=pl.lit(RWM))
    found = gains(rwm, RWM, 2017, 2019)
    assert found["gain"].null_count() == found.height
    assert found["because"][0] == "not comparable: from 2018: writing is assessed under a changed framework"
    with pytest.raises(ModelError, match="2018: writing"):
        against_neighbours(rwm, "authority:886", ["authority:881"], RWM, 2017, 2019)
    with pytest.raises(ModelError, match="must come before"):
        gains(COUNTED, READING, 2019, 2017)
    assert gains(COUNTED.with_columns(year=pl.col("year").replace(2019, 2020)), READING, 2017, 2020)[
        "because"
    ][0].endswith("was not measured in 2020")


def test_a_rate_beside_neighbours_is_a_difference_of_differences_weighted_by_pupils() -> None:
    found = against_neighbours(
        COUNTED, "authority:886", ["authority:881", "authority:866", "authority:210"], READING, 2017, 2019
    )
    own, theirs = 100 * 10000 / 15500 - 60, 100 * (9650 / 16100 - 9200 / 16000)
    assert found.weighted
    assert found.difference == pytest.approx(own - theirs)
    assert found.left_out == ("authority:210",)
    (ol, ou), (tl, tu) = newcombe(10000, 15500, 9000, 15000), newcombe(9650, 16100, 9200, 16000)
    assert found.lower == pytest.approx(own - theirs - sqrt((own - ol) ** 2 + (tu - theirs) ** 2))
    assert found.upper == pytest.approx(own - theirs + sqrt((ou - own) ** 2 + (theirs - tl) ** 2))
    assert found.verdict == "faster"
    assert found.usual is None  # two neighbours tell nothing of what is usual
    assert found.sentence().startswith(
        "From 2017 to 2019 authority:886 changed by +4.5 percentage points, its 2 neighbours by +2.4"
    )
    with pytest.raises(ModelError, match="no figure of ks2_reading_expected for 2017"):
        against_neighbours(COUNTED, "authority:210", ["authority:881"], READING, 2017, 2019)


def test_without_cohorts_chance_cannot_be_said_and_rounding_is_told() -> None:
    rows = [
        (str(300 + n), year, None, None, float(50 + n + (year - 2017)))
        for n in range(12)
        for year in (2017, 2019)
    ]
    bare = results(rows)
    found = gains(bare, READING, 2017, 2019)
    assert set(found["interval"]) == {"rounding only"}
    assert found.select("lower", "gain", "upper").row(0) == (1.0, 2.0, 3.0)
    rate = against_neighbours(
        bare, "authority:300", [f"authority:{300 + n}" for n in range(1, 11)], READING, 2017, 2019
    )
    assert (rate.verdict, rate.lower, rate.weighted) == ("cannot say", None, False)
    assert "cohorts are unpublished" in rate.sentence()
    cohorts = pl.DataFrame(
        {"organisation": ["authority:300"] * 2, "year": [2017, 2019], "pupils": [1000, 1000]}
    )
    known = figures(bare, READING, (2017,), cohorts=cohorts)["authority:300", 2017]
    assert known.counted is not None
    assert (known.counted.low, known.counted.high) == (495, 505)
    chance = (
        gains(bare, READING, 2017, 2019, cohorts=cohorts)
        .filter(pl.col("organisation") == "authority:300")
        .row(0, named=True)
    )
    assert chance["interval"] == "chance"
    assert chance["lower"] == pytest.approx(newcombe(515, 1000, 505, 1000)[0])
    assert chance["upper"] == pytest.approx(newcombe(525, 1000, 495, 1000)[1])


@pytest.mark.parametrize(
    ("values", "step"),
    [([61.0] * 12, 1.0), ([61.5] * 12, 0.1), ([61.25] * 12, 0.01), ([61.123] * 12, 0.0), ([61.0] * 9, 0.0)],
)
def test_the_step_of_rounding_is_read_from_a_column(values: list[float], step: float) -> None:
    assert step_of(values) == step


def test_ranks_have_a_range_that_narrows_with_pupils() -> None:
    few = results([(str(300 + n), 2019, 50 + 2 * n, 100, 50.0 + 2 * n) for n in range(15)])
    many = results([(str(300 + n), 2019, 5000 + 200 * n, 10000, 50.0 + 2 * n) for n in range(15)])
    wide, narrow = ranks(few, READING, 2019), ranks(many, READING, 2019)
    assert wide["organisation"][0] == "authority:314"
    assert wide["rank"].to_list() == list(range(1, 16))
    assert (narrow["rank_high"] - narrow["rank_low"]).max() <= 2
    assert (wide["rank_high"] - wide["rank_low"]).min() > 3
    assert ranks(few, READING, 2019).equals(wide)
    assert ranks(few, READING, 2019, among=["authority:300", "authority:314"])["of"].to_list() == [2, 2]
    with pytest.raises(ModelError, match="at least two"):
        ranks(few, READING, 2019, among=["authority:300"])


def test_the_range_of_a_rank_covers_the_true_one() -> None:
    """30 authorities of 400 pupils with known true shares, 20 times over."""
    random = np.random.default_rng(8)
    covered = []
    for _ in range(20):
        truth = random.normal(0.6, 0.04, 30)
        reached = random.binomial(400, truth)
        found = ranks(
            results([(str(300 + n), 2019, int(k), 400, k / 4) for n, k in enumerate(reached)]),
            READING,
            2019,
            draws=2000,
        ).sort("organisation")
        true_rank = 30 - np.argsort(np.argsort(truth))
        covered.append(
            (found["rank_low"].to_numpy() <= true_rank) & (true_rank <= found["rank_high"].to_numpy())
        )
    assert 0.9 < np.mean(covered) <= 1.0


@pytest.fixture(scope="module")
def lait_results(shared_data: Path) -> pl.DataFrame:
    """Key stage 2 and context of authorities from LAIT, as rows of results."""
    (file,) = received(shared_data / "la" / "bds_long_0.parquet")
    wanted = [RWM, READING, "ks2_mathematics_expected"] + [
        f"context_{one}_primary" for one in ("fsm6", "eal", "sen_support", "ehcp")
    ]
    published = lait.source.read(file).tables["published_results"].lazy()
    kept = published.filter(
        pl.col("measure").is_in(wanted), pl.col("group") == "all", pl.col("years_pooled") == 1
    )
    return results_frame(kept.with_columns(basis=pl.lit("published"))).collect()


@pytest.fixture(scope="module")
def lists(shared_data: Path) -> pl.DataFrame:
    made = []
    for name in ("sn_april_2021", "sn_may_2025"):
        (file,) = received(shared_data / "la" / f"{name}.xlsx")
        made.append(dfe_list.source.read(file).tables["memberships"].lazy().collect())
    return pl.concat(made)


@pytest.mark.real_data
@pytest.mark.parametrize(
    ("authority", "first", "last"), [("886", 59, 62), ("887", 49, 60), ("210", 58, 70), ("876", 47, 62)]
)
def test_real_authorities_in_lait(
    lait_results: pl.DataFrame, lists: pl.DataFrame, authority: str, first: int, last: int
) -> None:
    """Kent, Medway, Southwark and Halton from 2016 to 2025 (PROVENANCE.md); the break of 2018 parts the two ends."""
    own = f"authority:{authority}"
    row = gains(lait_results, RWM, 2016, 2025).filter(pl.col("organisation") == own).row(0, named=True)
    assert (row["first_value"], row["last_value"], row["gain"]) == (first, last, None)
    assert "changed framework" in row["because"]
    near = listed(lists, own)["neighbour"].to_list()
    assert len(near) == 10
    rate = against_neighbours(lait_results, own, near, RWM, 2018, 2025)
    assert (rate.verdict, rate.weighted) == ("cannot say", False)
    assert rate.usual is not None
    assert abs(rate.difference) < 15
    reading = against_neighbours(lait_results, own, near, READING, 2016, 2025)
    assert len(reading.neighbours) + len(reading.left_out) == 10


@pytest.mark.real_data
def test_medway_and_southwark_by_hand(lait_results: pl.DataFrame, lists: pl.DataFrame) -> None:
    near = listed(lists, "authority:887", "dfe_neighbours_2025-05")["neighbour"].to_list()
    rate = against_neighbours(lait_results, "authority:887", near, RWM, 2018, 2025)
    rows = lait_results.filter(
        pl.col("measure") == RWM, pl.col("year").is_in([2018, 2025]), pl.col("status") == "reported"
    )
    value = {(name, year): found for name, year, found in rows.select("organisation", "year", "value").rows()}
    changes = [value[name, 2025] - value[name, 2018] for name in rate.neighbours]
    assert rate.neighbours_gain == pytest.approx(np.mean(changes))
    assert rate.gain == value["authority:887", 2025] - value["authority:887", 2018]
    placed = (
        ranks(lait_results, RWM, 2025).filter(pl.col("organisation") == "authority:210").row(0, named=True)
    )
    assert (
        placed["rank"]
        == sum(found > 70 for (_, year), found in value.items() if year == 2025 and _.startswith("authority"))
        + 1
    )
    assert placed["rank_low"] <= placed["rank"] <= placed["rank_high"]
    assert placed["interval"] == "rounding only"


@pytest.mark.real_data
def test_neighbours_computed_from_context_share_some_with_dfe_s(
    lait_results: pl.DataFrame, lists: pl.DataFrame
) -> None:
    from headway.figures.models.similar_schools import characteristics, pack

    known = characteristics(lait_results, 2025, pack("authorities"))
    found = computed(known, rescaled=True)
    assert found.group_by("organisation").len()["len"].unique().to_list() == [10]
    assert found["distance"].is_between(0, 1).all()
    official = listed(lists).select("organisation", "neighbour").with_columns(listed=True)
    shared = (
        found.join(official, on=["organisation", "neighbour"], how="left")["listed"].fill_null(False).mean()
    )
    assert isinstance(shared, float)
    assert shared > 2 * 10 / 152  # far more than by chance, and not all: DfE's variables are others
    assert shared < 1
