"""The primary rule, the audiences and their settings."""

from __future__ import annotations

import polars as pl
import pytest

from headway.figures.disclosure import hidden_and_why, settings, suppress
from headway.figures.measures.groups import GROUPS
from headway.figures.tables import RESULTS


def figures(*rows: tuple[str, str, int | None, int | None]) -> pl.DataFrame:
    """Results of one measure and year from (organisation, group, cohort, met)."""
    return RESULTS.conform(
        pl.DataFrame(
            [
                {
                    "organisation": organisation,
                    "year": 2019,
                    "years_pooled": 1,
                    "measure": "ks2_rwm_expected",
                    "group": group,
                    "basis": "pupils",
                    "status": "reported" if cohort is not None else "not available",
                    "numerator": met,
                    "denominator": cohort,
                    "value": 100 * met / cohort if cohort and met is not None else None,
                    "lower": 1.0,
                    "upper": 99.0,
                    "source": f"{cohort} pupil rows",
                }
                for organisation, group, cohort, met in rows
            ]
        )
    )


def hidden(frame: pl.DataFrame) -> list[bool]:
    return (frame["status"] == "suppressed").to_list()


@pytest.mark.parametrize(
    ("cohort", "met", "expected"),
    [
        (5, 3, True),  # a small cohort
        (6, 3, True),  # few met it
        (30, 5, True),
        (30, 6, False),
        (30, 24, False),
        (30, 25, True),  # few did not meet it
        (10, 0, True),  # none of a small group
        (10, 10, True),  # all of a small group
        (11, 0, False),
        (11, 11, False),
        (0, 0, False),  # an empty group
    ],
)
def test_six_is_the_smallest_count_that_may_be_shown(cohort: int, met: int, expected: bool) -> None:
    assert hidden(suppress(figures(("school:1", "all", cohort, met)), "public")) == [expected]


def test_a_suppressed_figure_is_never_zero_and_keeps_no_number() -> None:
    shown = suppress(figures(("school:1", "all", 4, 2)), "public").row(0, named=True)
    assert shown["status"] == "suppressed"
    kept = {name for name, value in shown.items() if value is not None}
    assert kept == {"organisation", "year", "years_pooled", "measure", "group", "basis", "status"}


def test_not_available_stays_not_available() -> None:
    assert suppress(figures(("school:1", "all", None, None)), "public")["status"].to_list() == [
        "not available"
    ]


def test_data_officers_see_figures_whole() -> None:
    whole = figures(("school:1", "all", 4, 2))
    assert suppress(whole, "data_officer").equals(whole)


def test_a_school_sees_its_own_whole_and_others_suppressed() -> None:
    both = figures(("school:1", "all", 4, 2), ("school:2", "all", 4, 2))
    assert hidden(suppress(both, "school", own="school:1")) == [False, True]


def test_the_performance_tables_rule_looks_at_the_cohort_only() -> None:
    both = figures(("school:1", "all", 5, 2), ("school:2", "all", 20, 2), ("school:3", "all", 7, 7))
    assert hidden(suppress(both, "public", rule=settings().rule("dfe"))) == [True, False, False]


def test_what_was_hidden_is_counted_with_the_reason() -> None:
    counted = hidden_and_why(figures(("school:1", "all", 5, 2), ("school:2", "all", 30, 2)), "public")
    assert counted.select("why", "figures").rows() == [("few met it", 1), ("small cohort", 1)]


def test_a_range_that_may_hold_a_small_count_is_hidden() -> None:
    ranged = figures(("school:1", "all", 400, None)).with_columns(
        numerator_low=pl.lit(3, pl.Int64), numerator_high=pl.lit(7, pl.Int64)
    )
    assert hidden(suppress(ranged, "public")) == [True]


def test_an_unknown_audience_is_named_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match="there is no audience 'press'; there are councillors, data_officer"):
        suppress(figures(("school:1", "all", 4, 2)), "press")


def test_every_rule_and_audience_has_a_source() -> None:
    assert all(rule.source for rule in settings().rules.values())
    assert all(audience.source for audience in settings().audiences.values())


def test_dimensions_are_those_of_the_measures() -> None:
    ours = settings().dimension_of
    assert ours == {group.key: group.dimension for group in GROUPS if group.key != "all"}
