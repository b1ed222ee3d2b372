"""Surrey's real results with Ofsted's files: every scheme that they allow, over all its schools."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl
import pytest

from headway.figures.loading import load
from headway.figures.run import run
from headway.figures.runs import Run
from headway.figures.store import Store
from headway.policy import evidence, rounds
from headway.policy.categorise import Proposal, Reckoning, categorise_resolved, resolved
from headway.policy.scheme_packs import scheme

pytestmark = [pytest.mark.real_data, pytest.mark.xdist_group("surrey")]

FILES = (
    "ks2/2016-2017_936_ks2final.csv",
    "ks2/2017-2018_936_ks2final.csv",
    "ks2/2018-2019_936_ks2final.csv",
    "ofsted/2018_ofsted_rating_history.csv.gz",
    "ofsted/2024-08_ofsted_latest.csv.gz",
    "gias/2021_LA936_gias_all_columns.csv.gz",
)


@pytest.fixture(scope="module")
def surrey(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Store, Run]:
    store = Store.open(tmp_path_factory.mktemp("surrey"))
    load(store, [shared_data / name for name in FILES])
    return store, run(store)


def _proposals(surrey: tuple[Store, Run], key: str, year: int, as_at: date) -> tuple[Proposal, ...]:
    store, made = surrey
    found = scheme(key)
    found.refuse_outside(year, as_at)
    schools = evidence.open_schools(store, as_at).filter(pl.col("authority") == "936")
    profiles = evidence.profiles_of(store, made, found, schools, year=year, as_at=as_at)
    return categorise_resolved(profiles, Reckoning(resolved(found, profiles)))


@pytest.mark.parametrize("year", [2017, 2018])
def test_a_school_with_supp_is_never_called_below_the_floor(surrey: tuple[Store, Run], year: int) -> None:
    found = _proposals(surrey, "floor-and-coasting", year, date(year, 12, 31))
    hidden = {
        row["organisation"]
        for row in surrey[1]
        .results()
        .filter(
            (pl.col("measure") == "ks2_rwm_expected")
            & (pl.col("year") == year)
            & (pl.col("status") == "suppressed")
            & (pl.col("group") == "all")
            & (pl.col("years_pooled") == 1)
        )
        .collect()
        .iter_rows(named=True)
    }
    suppressed = [one for one in found if one.organisation in hidden]
    assert suppressed
    assert all(one.finding("floor").level in ("cannot say", "not applicable") for one in suppressed)
    assert all("below" not in (one.category or "") for one in suppressed)
    assert any(one.category == "neither" for one in found)
    assert any(one.finding("floor").level == "below" for one in found)
    assert {one.kind for one in found} & {"independent", "secondary"} == set()


def test_every_infant_school_has_its_own_evidence_and_its_junior_as_context_only(
    surrey: tuple[Store, Run],
) -> None:
    found = _proposals(surrey, "rise-2025", 2024, date(2025, 1, 31))
    infants = [one for one in found if one.kind == "infant"]
    assert len(infants) > 50
    decided = [one for one in infants if one.category is not None]
    assert len(decided) > 0.9 * len(infants)
    with_junior = [one for one in infants if one.context]
    assert with_junior
    assert all(line.startswith("For context only") for one in with_junior for line in one.context)


@pytest.mark.parametrize(
    ("key", "year", "as_at"),
    [
        ("floor-and-coasting", 2018, date(2018, 12, 31)),
        ("eight-metrics", 2019, date(2019, 12, 31)),
        ("rise-2025", 2024, date(2025, 1, 31)),
        ("wales-2014", 2018, date(2018, 12, 31)),
        ("nine-areas", 2019, date(2019, 12, 31)),
    ],
)
def test_every_scheme_that_the_data_allow_runs_over_all_schools_and_can_be_frozen(
    surrey: tuple[Store, Run], key: str, year: int, as_at: date
) -> None:
    found = _proposals(surrey, key, year, as_at)
    assert len(found) > 300
    frozen = rounds.frozen(found, scheme(key), year=year, as_at=as_at, run=surrey[1].id)
    assert rounds.thawed(frozen.text, frozen.digest).rows[0]["organisation"] == found[0].organisation
    for one in found:
        assert one.category is not None or one.attention or key == "eight-metrics"
        assert all(finding.judgement.because for finding in one.findings)
