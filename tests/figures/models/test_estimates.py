"""Estimates on generated pupils with known truth: calibration, coverage, levels, shared targets, what is missing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import ndtri

from headway.example.nation import national_cohort
from headway.figures.models.calibration import quality
from headway.figures.models.estimate_levels import compared, four_levels, totals, whole_shares
from headway.figures.models.estimate_terms import prepared, type_a, type_b, with_outcomes
from headway.figures.models.estimates import NOT_A_TARGET, EstimateModel, fit_estimates
from headway.figures.models.ordinal import bands
from headway.figures.models.score_ranges import fit_scores
from headway.figures.models.terms import ModelError

READING, HIGHER, RWM = "ks2_reading_expected", "ks2_reading_higher", "ks2_rwm_expected"
OUTCOMES = [READING, HIGHER, RWM]


@dataclass(frozen=True)
class Nation:
    """A cohort whose results are known, one to estimate, and the models of the first."""

    past: pl.DataFrame
    coming: pl.DataFrame
    pupils: EstimateModel
    similar: EstimateModel


def cohort(pupils: int, schools: int, seed: int) -> pl.DataFrame:
    drawn = national_cohort(pupils=pupils, schools=schools, seed=seed)
    return with_outcomes(prepared(drawn, 2019, school="school"), 2019, OUTCOMES)


@pytest.fixture(scope="module")
def nation() -> Nation:
    both = cohort(150_000, 4_000, seed=11)
    past, coming = both.filter(pl.col("school") < 2_000), both.filter(pl.col("school") >= 2_000)
    return Nation(
        past,
        coming,
        fit_estimates(past, outcomes=OUTCOMES, terms=type_a(past), school="school"),
        fit_estimates(
            past,
            outcomes=OUTCOMES,
            terms=type_b(past),
            compared_with="similar schools",
            school="school",
            check=False,
        ),
    )


def test_the_expected_number_is_the_sum_of_the_probabilities_at_every_level(nation: Nation) -> None:
    some = nation.coming.filter(pl.col("school") < 2_040)
    for asked in (
        {},
        {"level": 4, "percentile": 20},
        {"level": 3, "target": {READING: 85.0}},
    ):
        by_school = nation.pupils.schools(some, **asked)
        summed = (
            nation.pupils.pupils(some, **asked)
            .group_by("organisation", "outcome")
            .agg(pl.col("probability").sum())
        )
        both = by_school.join(summed, on=["organisation", "outcome"])
        assert both.height == by_school.height
        assert both["expected"].to_numpy() == pytest.approx(both["probability"].to_numpy(), abs=1e-9)


def test_intervals_of_schools_hold_the_truth_94_to_96_times_in_a_hundred(nation: Nation) -> None:
    actual = (
        nation.coming.unpivot(OUTCOMES, index="school", variable_name="outcome")
        .group_by(pl.col("school").alias("organisation"), "outcome")
        .agg(pl.col("value").sum().alias("actual"))
    )
    for model in (nation.pupils, nation.similar):
        table = model.schools(nation.coming).join(actual, on=["organisation", "outcome"])
        inside = table["actual"].is_between(table["lower"], table["upper"])
        assert 0.94 <= float(inside.mean() or 0) <= 0.96
        chance_only = table["actual"].is_between(table["chance_lower"], table["chance_upper"])
        assert float(chance_only.mean() or 0) < 0.90  # what leaving out the school's own effect costs


def test_calibration_holds_on_schools_left_out_and_is_reported(nation: Nation) -> None:
    assert nation.pupils.quality is not None
    for row in nation.pupils.quality.iter_rows(named=True):
        assert row["calibration_error"] < 0.01  # 75,000 pupils: half of it is chance; 600,000 below
        assert row["pupils"] == nation.past.height
    said = nation.pupils.describe()
    assert "pupils who were not used" in said
    assert NOT_A_TARGET in said
    chance = nation.pupils.pupils(nation.coming).filter(pl.col("outcome") == RWM)["probability"].to_numpy()
    assert quality(chance, nation.coming[RWM].cast(pl.Float64).to_numpy()).calibration_error < 0.01


@pytest.mark.long
def test_the_calibration_error_of_the_whole_nation_is_under_half_a_percent() -> None:
    whole = cohort(600_000, 16_000, seed=1)
    for terms in (type_a(whole), type_b(whole)):
        model = fit_estimates(whole, outcomes=OUTCOMES, terms=terms, school="school")
        assert model.quality is not None
        assert float(model.quality["calibration_error"].max()) < 0.005  # type: ignore[arg-type]


def test_context_foretells_more_than_prior_attainment_alone(nation: Nation) -> None:
    known = nation.coming[READING].cast(pl.Float64).to_numpy()
    brier = [
        quality(
            model.pupils(nation.coming).filter(pl.col("outcome") == READING)["probability"].to_numpy(), known
        ).brier
        for model in (nation.pupils, nation.similar)
    ]
    assert brier[1] < brier[0]


def test_the_spread_of_schools_is_found_again(nation: Nation) -> None:
    """School effects have a standard deviation of 1.5 points and pupils about 5 of their own in reading."""
    latent = nation.past.select(
        (pl.col("reading_latent") - pl.col("reading_effect")).alias("rest"), "reading_effect", "prior_points"
    )
    design = np.column_stack([np.ones(latent.height), latent["prior_points"].to_numpy()])
    rest = latent["rest"].to_numpy()
    left = rest - design @ np.linalg.lstsq(design, rest, rcond=None)[0]
    expected = nation.past.group_by("school").agg(pl.col("reading_effect").first())["reading_effect"].std()
    assert nation.similar.find(READING).spread == pytest.approx(float(str(expected)) / left.std(), rel=0.12)


def test_all_three_subjects_are_not_the_product_of_the_three(nation: Nation) -> None:
    subjects = [READING, "ks2_writing_expected", "ks2_mathematics_expected"]
    frame = with_outcomes(nation.past, 2019, subjects[1:])
    model = fit_estimates(frame, outcomes=[*subjects, RWM], terms=type_a(frame), school="school", check=False)
    wide = model.pupils(frame).pivot(on="outcome", index="pupil", values="probability")
    actual = float(frame[RWM].mean() or 0)
    product = wide[subjects[0]] * wide[subjects[1]] * wide[subjects[2]]
    assert float(wide[RWM].mean() or 0) == pytest.approx(actual, abs=0.002)
    assert float(product.mean() or 0) < actual - 0.02
    assert (wide[RWM] <= wide.select(pl.min_horizontal(subjects)).to_series() + 1e-12).all()


def test_levels_are_named_and_need_the_model_for_them(nation: Nation) -> None:
    few = nation.coming.filter(pl.col("school") < 2_003)
    table = four_levels(nation.pupils, nation.similar, few, target={RWM: 80.0}, percentiles=(20, 25))
    assert table["level"].unique().sort().to_list() == [1, 2, 3, 4]
    assert set(table["basis"]) == {"national: pupils", "national: similar schools"}
    labels = " | ".join(table["label"].unique())
    assert "20th percentile of schools nationally" in labels
    assert "25th percentile of similar schools nationally" in labels
    assert "what the target needs, shared out: ks2_rwm_expected 80 %" in labels
    with pytest.raises(ModelError, match="level 2 needs estimates fitted with context"):
        nation.pupils.schools(few, level=2)
    with pytest.raises(ModelError, match="level 1 needs estimates fitted without context"):
        nation.similar.schools(few, level=1)
    with pytest.raises(ModelError, match="level 3 shares out a target"):
        nation.pupils.schools(few, level=3)
    with pytest.raises(ModelError, match="levels 1, 2, 3 and 4"):
        nation.pupils.schools(few, level=5)
    with pytest.raises(ModelError, match="between 0 and 100"):
        nation.pupils.schools(few, level=4, percentile=0)
    with pytest.raises(ModelError, match="compared with pupils first"):
        four_levels(nation.similar, nation.pupils, few)


@settings(max_examples=15, deadline=None)
@given(st.floats(1, 99), st.floats(1, 99))
def test_a_better_percentile_never_lowers_anybody(nation: Nation, one: float, other: float) -> None:
    few = nation.coming.filter(pl.col("school") < 2_003)
    better, worse = sorted((one, other))
    high = nation.pupils.pupils(few, level=4, percentile=better)["probability"]
    low = nation.pupils.pupils(few, level=4, percentile=worse)["probability"]
    assert (high >= low - 1e-12).all()


def test_a_percentile_is_that_of_true_effects_not_of_raw_results(nation: Nation) -> None:
    """In the school at the 20th percentile the probit score is that of the middle school plus z(0.8) spreads."""
    few = nation.coming.filter(pl.col("school") < 2_003)
    middle, best = (
        nation.pupils.pupils(few, level=4, percentile=at).filter(pl.col("outcome") == READING)["probability"]
        for at in (50, 20)
    )
    inside = (middle > 0.001) & (middle < 0.999)
    moved = ndtri(best.filter(inside).to_numpy()) - ndtri(middle.filter(inside).to_numpy())
    assert moved == pytest.approx(ndtri(0.8) * nation.pupils.find(READING).spread, abs=1e-9)


@settings(max_examples=5, deadline=None)
@given(st.integers(0, 2**16))
def test_the_order_of_pupils_changes_nothing(nation: Nation, seed: int) -> None:
    few = nation.coming.filter(pl.col("school") < 2_010)
    shuffled = few.sample(fraction=1.0, shuffle=True, seed=seed)
    first, second = nation.similar.schools(few), nation.similar.schools(shuffled)
    assert first["organisation"].equals(second["organisation"])
    for name in ("expected", "lower", "upper", "likelihood"):
        assert first[name].to_numpy() == pytest.approx(second[name].to_numpy(), abs=1e-9)


def test_fitting_does_not_depend_on_the_order_of_pupils() -> None:
    one = cohort(6_000, 160, seed=3)
    models = [
        fit_estimates(frame, outcomes=[RWM], terms=type_a(one), school="school", check=False)
        for frame in (one, one.reverse())
    ]
    made = [model.pupils(one)["probability"].to_numpy() for model in models]
    assert made[0] == pytest.approx(made[1], abs=1e-6)


@pytest.mark.parametrize("percent", [40.0, 72.0, 95.0])
def test_a_shared_target_comes_to_exactly_the_target(nation: Nation, percent: float) -> None:
    some = nation.coming.filter(pl.col("school") < 2_060)
    table = nation.pupils.schools(some, level=3, target={RWM: percent}).filter(pl.col("outcome") == RWM)
    pupils = int(table["pupils"].sum())
    assert float(table["expected"].sum()) == pytest.approx(percent / 100 * pupils, abs=1e-6)
    assert (table["expected"] <= table["pupils"]).all()
    whole = whole_shares(table, round(percent / 100 * pupils))
    assert int(whole["whole"].sum()) == round(percent / 100 * pupils)
    assert float((whole["whole"] - whole["expected"]).abs().max()) < 1  # type: ignore[arg-type]
    with pytest.raises(ModelError, match="come to"):
        whole_shares(table, pupils + 5)


def test_a_target_is_shared_on_one_shift_so_that_schools_with_further_to_go_are_asked_for_more(
    nation: Nation,
) -> None:
    some = nation.coming.filter(pl.col("school") < 2_060)
    average = nation.pupils.schools(some).filter(pl.col("outcome") == RWM)
    asked = nation.pupils.schools(some, level=3, target={RWM: 75.0}).filter(pl.col("outcome") == RWM)
    more = (asked["share"] - average["share"]).to_numpy()
    assert (more > 0).all()
    assert np.corrcoef(more, average["share"].to_numpy())[0, 1] < 0


def test_two_targets_that_contradict_each_other_are_refused(nation: Nation) -> None:
    few = nation.coming.filter(pl.col("school") < 2_010)
    with pytest.raises(ModelError, match="cannot be met together"):
        nation.pupils.schools(few, level=3, target={READING: 60.0, RWM: 90.0})
    with pytest.raises(ModelError, match="between 0 and 100 %"):
        nation.pupils.shift_for(few, {RWM: 100.0})
    with pytest.raises(ModelError, match="no estimate of 'ks2_gps_expected'"):
        nation.pupils.shift_for(few, {"ks2_gps_expected": 50.0})


def test_pupils_without_prior_attainment_are_left_out_and_counted(nation: Nation) -> None:
    few = nation.coming.filter(pl.col("school") < 2_005).with_columns(
        pl.when(pl.int_range(pl.len()) % 10 == 0)
        .then(None)
        .otherwise(pl.col("prior_points"))
        .alias("prior_points")
    )
    gone = int(few["prior_points"].null_count())
    rows = nation.pupils.pupils(few).filter(pl.col("outcome") == RWM)
    assert rows["probability"].null_count() == gone
    schools = nation.pupils.schools(few).filter(pl.col("outcome") == RWM)
    assert int(schools["cohort"].sum()) - int(schools["pupils"].sum()) == gone
    half = nation.past.filter(pl.col("school") < 300).with_columns(
        pl.when(pl.col("school") < 10).then(None).otherwise(pl.col("prior_points")).alias("prior_points")
    )
    model = fit_estimates(half, outcomes=[RWM], terms=type_a(half), school="school", check=False)
    assert model.missing["prior_points"] == half["prior_points"].null_count()
    assert f"{half['prior_points'].null_count():,} by prior_points" in model.describe()


def test_a_category_that_the_model_has_not_seen_is_left_out_not_taken_for_the_reference(
    nation: Nation,
) -> None:
    few = nation.coming.filter(pl.col("school") < 2_003).with_columns(pl.lit("U").alias("sex"))
    assert nation.pupils.pupils(few)["probability"].null_count() == 3 * few.height


def test_groups_of_a_school_add_up_and_an_empty_one_has_no_row(nation: Nation) -> None:
    few = nation.coming.filter(pl.col("school") < 2_020)
    table = nation.pupils.schools(few, groups=("all", "girls", "boys", "looked_after"))
    summed = (
        table.filter(pl.col("group").is_in(["girls", "boys"]))
        .group_by("organisation", "outcome")
        .agg(pl.col("expected").sum(), pl.col("pupils").sum())
        .sort("organisation", "outcome")
    )
    whole = table.filter(pl.col("group") == "all").sort("organisation", "outcome")
    assert summed["expected"].to_numpy() == pytest.approx(whole["expected"].to_numpy(), abs=1e-9)
    assert (table["pupils"] > 0).all()
    with pytest.raises(ModelError, match="no group 'tall'"):
        nation.pupils.schools(few, groups=("tall",))


def test_pupil_estimates_are_marked_personal(nation: Nation) -> None:
    few = nation.coming.filter(pl.col("school") < 2_002)
    assert set(nation.pupils.pupils(few)["sensitivity"]) == {"personal"}
    assert set(bands(nation.pupils.pupils(few), [READING, HIGHER])["sensitivity"]) == {"personal"}


def test_a_band_is_the_highest_with_an_even_chance_and_its_chances_add_to_one(nation: Nation) -> None:
    few = nation.coming.filter(pl.col("school") < 2_010)
    table = bands(nation.pupils.pupils(few), [READING, HIGHER])
    assert table.select(
        pl.sum_horizontal("in_below", f"in_{READING}", f"in_{HIGHER}")
    ).to_series().to_numpy() == (pytest.approx(1.0))
    assert (table["chance"] >= 0.5).all()
    assert (table.filter(pl.col("band") == "below")["in_below"] > 0.5).all()
    assert set(table["band"]) == {"below", READING, HIGHER}
    with pytest.raises(ModelError, match="no estimates of other"):
        bands(nation.pupils.pupils(few), ["other"])


def test_one_authority_alone_says_so_and_is_less_sure(nation: Nation) -> None:
    own = nation.past.filter(pl.col("authority") == 3)
    assert own["school"].n_unique() < 60
    model = fit_estimates(
        own, outcomes=[READING, RWM], terms=type_a(own), basis="authority", school="school", check=False
    )
    assert "No national pupils are loaded" in model.describe()
    few = nation.coming.filter(pl.col("authority") == 100)
    assert set(model.schools(few)["label"]) == {
        "the progress of similar pupils in this authority's own data (not the nation)"
    }
    wide = fit_estimates(
        nation.past, outcomes=[READING, RWM], terms=type_a(own), school="school", check=False
    )
    table = compared(wide, model, few)
    errors = {fitted.key: float(np.sqrt(fitted.regression.covariance[0, 0])) for fitted in model.outcomes}
    for fitted in wide.outcomes:
        assert errors[fitted.key] > 3 * float(np.sqrt(fitted.regression.covariance[0, 0]))
    assert (table["unsure"] > 0.3).all()
    assert (table["difference"] < 0.08).all()


def test_totals_of_authorities_hold_the_truth(nation: Nation) -> None:
    table = totals(nation.pupils, nation.coming, "authority")
    actual = (
        nation.coming.unpivot(OUTCOMES, index="authority", variable_name="outcome")
        .group_by(pl.col("authority").alias("area"), "outcome")
        .agg(pl.col("value").sum().alias("actual"))
    )
    both = table.join(actual, on=["area", "outcome"])
    inside = both["actual"].is_between(both["lower"], both["upper"])
    assert both.height == 3 * 75
    assert 0.90 <= float(inside.mean() or 0) <= 0.99
    whole = totals(nation.pupils, nation.coming)
    assert whole["expected"].sum() == pytest.approx(table["expected"].sum())
    with pytest.raises(ModelError, match="each school in one area"):
        totals(nation.pupils, nation.coming, "sex")


def test_an_expected_score_holds_nine_in_ten_within_its_range(nation: Nation) -> None:
    model = fit_scores(nation.past, score="reading_score", terms=type_a(nation.past), school="school")
    both = (
        nation.coming.select("pupil", "reading_score")
        .join(model.pupil_scores(nation.coming), on="pupil")
        .drop_nulls()
    )
    inside = both["reading_score"].is_between(both["lower"], both["upper"])
    assert 0.89 <= float(inside.mean() or 0) <= 0.92  # scores are whole numbers, so a little over
    assert float((both["reading_score"] - both["expected"]).mean() or 0) == pytest.approx(0, abs=0.15)
    assert (both["lower"] <= both["expected"]).all()
    assert (both["expected"] <= both["upper"]).all()
    assert set(both["sensitivity"]) == {"personal"}
    with pytest.raises(ModelError, match="at least 100"):
        fit_scores(nation.past.head(50), score="reading_score", terms=["prior_points"], school="school")


def test_what_cannot_be_estimated_is_said_in_words(nation: Nation) -> None:
    small = nation.past.filter(pl.col("school") < 30)
    with pytest.raises(ModelError, match="only one school"):
        fit_estimates(
            small.filter(pl.col("school") == pl.col("school").first()),
            outcomes=[RWM], terms=["prior_points"], school="school", check=False,
        )  # fmt: skip
    with pytest.raises(ModelError, match="ks2_rwm_expected: everybody or nobody"):
        fit_estimates(
            small.with_columns(pl.lit(True).alias(RWM)),
            outcomes=[RWM], terms=["prior_points"], school="school", check=False,
        )  # fmt: skip
    with pytest.raises(ModelError, match="frame lacks ks2_gps_expected"):
        fit_estimates(small, outcomes=["ks2_gps_expected"], terms=["prior_points"], school="school")
    with pytest.raises(ModelError, match="must be yes or no"):
        fit_estimates(small, outcomes=["reading_score"], terms=["prior_points"], school="school")
    with pytest.raises(ModelError, match="at least one term"):
        fit_estimates(small, outcomes=[RWM], terms=[], school="school")
    with pytest.raises(ModelError, match="no measure 'ks2_happiness'"):
        with_outcomes(small, 2019, ["ks2_happiness"])
    with pytest.raises(ModelError, match="does not exist in 2021"):
        with_outcomes(small, 2021, [RWM])
    with pytest.raises(ModelError, match="there is no progress for 2024"):
        prepared(small, 2024, school="school")


def test_levels_before_2016_have_estimates_too() -> None:
    drawn = national_cohort(year=2014, pupils=20_000, schools=520, seed=5)
    keys = ["ks2_reading_level4", "ks2_reading_level5", "ks2_rwm_level4"]
    frame = with_outcomes(prepared(drawn, 2014, school="school"), 2014, keys)
    model = fit_estimates(frame, outcomes=keys, terms=type_a(frame), school="school", check=False)
    wide = model.pupils(frame).pivot(on="outcome", index="pupil", values="probability")
    assert (wide["ks2_reading_level5"] <= wide["ks2_reading_level4"]).all()
    for key in keys:
        assert float(wide[key].mean() or 0) == pytest.approx(float(frame[key].mean() or 0), abs=0.005)


def test_levels_of_a_schools_own_neighbours_follow_what_these_do(nation: Nation) -> None:
    effects = nation.pupils.find(READING).effects.sort("mean")
    low, high = effects.head(50)["organisation"], effects.tail(50)["organisation"]
    few = nation.coming.filter(pl.col("school").is_in([2_000, 2_001]))
    neighbours = pl.concat(
        pl.DataFrame({"organisation": [school] * 50, "neighbour": listed})
        for school, listed in ((2_000, low), (2_001, high))
    )

    def shares(**asked: object) -> list[float]:
        table = nation.pupils.schools(few, **asked)  # type: ignore[arg-type]
        return table.filter(pl.col("outcome") == READING).sort("organisation")["share"].to_list()

    average, among = shares(), shares(neighbours=neighbours)
    assert among[0] < average[0]
    assert among[1] > average[1]
    best = shares(neighbours=neighbours, level=4, percentile=25)
    assert best[0] > among[0]
    assert best[1] > among[1]
    with pytest.raises(ModelError, match="no similar schools with results are listed for 2001"):
        shares(neighbours=neighbours.filter(pl.col("organisation") == 2_000))
    with pytest.raises(ModelError, match="levels 2 and 4"):
        shares(neighbours=neighbours, level=1)
