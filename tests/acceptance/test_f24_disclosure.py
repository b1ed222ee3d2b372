"""F24 of the domain: nothing small is shown, and nothing small can be worked out."""

from __future__ import annotations

import io

import polars as pl
import pytest

from headway.figures.disclosure import Decision, Release, decide
from headway.figures.tables import RESULTS


def figure(group: str, cohort: int, met: int) -> dict[str, object]:
    return {
        "organisation": "school:125025",
        "year": 2019,
        "years_pooled": 1,
        "measure": "ks2_rwm_expected",
        "group": group,
        "basis": "pupils",
        "status": "reported",
        "numerator": met,
        "denominator": cohort,
        "value": 100 * met / cohort if cohort else None,
        "source": f"{cohort} pupil rows",
    }


def decided(*figures: dict[str, object]) -> tuple[Decision, pl.DataFrame]:
    """The decision for the public, and what leaves as CSV, read back as a reader of it would."""
    results = RESULTS.conform(pl.DataFrame(list(figures)))
    decision = decide(Release("test", results), "public")
    written = io.StringIO()
    decision.apply(results).write_csv(written)
    return decision, pl.read_csv(io.StringIO(written.getvalue()))


@pytest.mark.parametrize("met", [(15, 2, 13), (18, 4, 14), (12, 0, 12)])
def test_ac1_no_published_pair_gives_the_four_away(met: tuple[int, int, int]) -> None:
    decision, published = decided(
        figure("all", 24, met[0]), figure("disadvantaged", 4, met[1]), figure("other", 20, met[2])
    )
    status = dict(published.select("group", "status").rows())
    shown = [group for group, what in status.items() if what == "reported"]
    assert status["disadvantaged"] == "suppressed"
    assert status["other"] == "suppressed" or status["all"] == "suppressed"
    assert not {"all", "other"} <= set(shown)
    assert ",4 pupil rows" not in published.write_csv()
    assert decision.report.holds


@pytest.mark.parametrize(
    ("cohort", "met"),
    [(5, 3), (5, 0), (5, 5), (4, 2), (1, 1)],  # five or fewer: hidden whatever the percentage
)
def test_ac2_the_percentage_of_five_or_fewer_is_hidden(cohort: int, met: int) -> None:
    _, published = decided(figure("all", cohort, met))
    row = published.row(0, named=True)
    assert row["status"] == "suppressed"
    assert row["value"] is None
    assert row["denominator"] is None


@pytest.mark.parametrize("met", [0, 8])
def test_ac2_none_and_all_of_a_small_group_are_hidden(met: int) -> None:
    _, published = decided(figure("all", 8, met))
    assert published["status"].to_list() == ["suppressed"]


def test_ac2_none_and_all_of_a_large_group_are_shown() -> None:
    _, published = decided(figure("girls", 30, 0), figure("boys", 30, 30), figure("all", 60, 30))
    assert published["status"].to_list() == ["reported"] * 3
