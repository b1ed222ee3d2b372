"""The early years foundation stage profile since 2013: good level of development and 17 early learning goals.

The goals were renamed and in part redrawn in 2021/22; they keep their numbers here, and a break parts them.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from operator import add

import narwhals as nw

from headway.figures.measures import Break, Measure, Years
from headway.figures.measures.expressions import counted, every, reached, valued

YEARS = Years(2013, without=(2020, 2021))
REFORM = Break(
    2022, "the profile was reformed: other goals, no 'exceeding'", "no source was found", verified=False
)
PROFILE = Break(2013, "a new profile replaces the 13 scales", "slideplayer.com 8188325")
_SOURCE = "DfE, early years foundation stage profile; outcome_codes.toml"
_FAMILY = "foundation_goal_expected"

GOALS = tuple(f"elg{number:02d}" for number in range(1, 18))
_TITLES = (
    ("Listening and attention", "Listening, attention and understanding"),
    ("Understanding", "Speaking"),
    ("Speaking", "Self-regulation"),
    ("Moving and handling", "Managing self"),
    ("Health and self-care", "Building relationships"),
    ("Self-confidence and self-awareness", "Gross motor skills"),
    ("Managing feelings and behaviour", "Fine motor skills"),
    ("Making relationships", "Comprehension"),
    ("Reading", "Word reading"),
    ("Writing", "Writing"),
    ("Numbers", "Number"),
    ("Shape, space and measures", "Numerical patterns"),
    ("People and communities", "Past and present"),
    ("The world", "People, culture and communities"),
    ("Technology", "The natural world"),
    ("Exploring and using media and materials", "Creating with materials"),
    ("Being imaginative", "Being imaginative and expressive"),
)
_AREAS: dict[str, tuple[str, tuple[int, ...], tuple[int, ...]]] = {
    "communication_and_language": ("communication and language", (1, 2, 3), (1, 2)),
    "physical": ("physical development", (4, 5), (6, 7)),
    "psed": ("personal, social and emotional development", (6, 7, 8), (3, 4, 5)),
    "literacy": ("literacy", (9, 10), (8, 9, 10)),
    "mathematics": ("mathematics", (11, 12), (11, 12)),
    "understanding_the_world": ("understanding the world", (13, 14, 15), (13, 14, 15)),
    "expressive_arts": ("expressive arts and design", (16, 17), (16, 17)),
}
"""Areas of learning: title, numbers of their goals to 2021 and since 2022."""


def _goals(areas: Sequence[str], year: int) -> list[str]:
    era = 2 if year >= 2022 else 1
    return [f"elg{number:02d}" for area in areas for number in _AREAS[area][era]]


def _all_of(key: str, title: str, definition: str, areas: Sequence[str]) -> Measure:
    """Expected or better in every goal of the areas; a child needs an entry in each of them to be counted."""
    return Measure(
        key=key,
        title=title,
        definition=definition,
        stage="foundation",
        unit="percent",
        direction="higher",
        years=YEARS,
        source=_SOURCE,
        table="assessments_foundation",
        collection="foundation",
        cohort=lambda year: every(counted(goal, _FAMILY) for goal in _goals(areas, year))(year),
        numerator=lambda year: every(reached(goal, _FAMILY) for goal in _goals(areas, year))(year),
        breaks=(PROFILE, REFORM),
        notes="No profile was collected in 2020 and 2021.",
    )


def _goal(number: int) -> Measure:
    goal = f"elg{number:02d}"
    before, since = _TITLES[number - 1]
    return Measure(
        key=f"eyfsp_{goal}_expected",
        title=f"Early learning goal {number:02d}: at least expected",
        definition=f"Children at the expected level or above in goal {number:02d}: {before} (to 2021); {since} (since 2022)",
        stage="foundation",
        unit="percent",
        direction="higher",
        years=YEARS,
        source=_SOURCE,
        table="assessments_foundation",
        collection="foundation",
        cohort=counted(goal, _FAMILY),
        numerator=reached(goal, _FAMILY),
        breaks=(PROFILE, REFORM),
        notes="Names and order of the goals are unverified.",
    )


_PRIME_AND_SPECIFIC = ("communication_and_language", "physical", "psed", "literacy", "mathematics")

measures = [
    _all_of(
        "eyfsp_good_level_of_development",
        "Early years: good level of development",
        "Children at the expected level or above in the 12 goals of personal, social and emotional development, "
        "communication and language, physical development, literacy and mathematics",
        _PRIME_AND_SPECIFIC,
    ),
    _all_of(
        "eyfsp_all_goals",
        "Early years: expected in all goals",
        "Children at the expected level or above in all 17 early learning goals",
        tuple(_AREAS),
    ),
    _all_of(
        "eyfsp_communication_language_literacy",
        "Early years: communication and language, and literacy",
        "Children at the expected level or above in every goal of communication and language and of literacy",
        ("communication_and_language", "literacy"),
    ),
    *(
        _all_of(
            f"eyfsp_{area}_expected",
            f"Early years, {title}: expected in every goal",
            f"Children at the expected level or above in every goal of {title}",
            (area,),
        )
        for area, (title, _, _) in _AREAS.items()
    ),
    *(_goal(number) for number in range(1, 18)),
    Measure(
        key="eyfsp_average_points",
        title="Early years: average total points",
        definition="Mean of the 17 goals' points added up: emerging 1, expected 2, exceeding 3 (to 2021)",
        stage="foundation",
        unit="points",
        direction="higher",
        years=YEARS,
        source=_SOURCE,
        table="assessments_foundation",
        collection="foundation",
        cohort=lambda _: nw.lit(True),
        value=lambda _: reduce(add, (valued(goal, {"1": 1, "2": 2, "3": 3}) for goal in GOALS)),
        breaks=(PROFILE, REFORM),
        notes="A child not assessed in a goal has no total and is left out (unverified).",
    ),
]
