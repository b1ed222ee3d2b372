"""The stages of a primary school as the authority's pages part them, and the measures that lead each."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from headway.figures.measures import Measure, registry


@dataclass(frozen=True)
class Stage:
    """A stage: its key in addresses, its title, and its leading measures in the order in which they are told."""

    key: str
    title: str
    measures: tuple[str, ...]


STAGES = (
    Stage(
        "ks2",
        "Key stage 2",
        (
            "ks2_rwm_expected", "ks2_rwm_higher", "ks2_reading_expected", "ks2_writing_expected",
            "ks2_mathematics_expected", "ks2_gps_expected", "ks2_science_expected", "ks2_reading_average",
            "ks2_mathematics_average", "ks2_reading_progress", "ks2_writing_progress", "ks2_mathematics_progress",
            "ks2_english_maths_level4", "ks2_rwm_level4", "ks2_english_level4", "ks2_reading_level4",
            "ks2_writing_level4", "ks2_mathematics_level4", "ks2_english_two_levels_progress",
            "ks2_reading_two_levels_progress", "ks2_writing_two_levels_progress", "ks2_mathematics_two_levels_progress",
        ),
    ),
    Stage("mtc", "Multiplication tables check", ("mtc_average", "mtc_full_marks")),
    Stage(
        "ks1",
        "Key stage 1",
        (
            "ks1_reading_expected", "ks1_writing_expected", "ks1_mathematics_expected", "ks1_science_expected",
            "ks1_reading_level2", "ks1_writing_level2", "ks1_mathematics_level2", "ks1_reading_level2b",
            "ks1_mathematics_level2b",
        ),
    ),
    Stage("phonics", "Phonics", ("phonics_expected",)),
    Stage(
        "foundation",
        "Early years",
        (
            "eyfsp_good_level_of_development", "eyfsp_all_goals", "eyfsp_average_points", "fsp_78_points",
            "fsp_lowest_fifth_gap",
        ),
    ),
    Stage("absence", "Absence", ("absence_overall", "absence_persistent", "absence_severe")),
)  # fmt: skip
"""From the end of the primary school to its beginning, then absence."""

_ORDER = {key: place for place, key in enumerate(measure for stage in STAGES for measure in stage.measures)}
_STAGE_ORDER = {stage.key: place for place, stage in enumerate(STAGES)}


def stages_with(measures: Collection[str]) -> tuple[Stage, ...]:
    """The stages of which there are leading measures among these."""
    return tuple(stage for stage in STAGES if not set(stage.measures).isdisjoint(measures))


def by_stage(measures: Iterable[str]) -> list[Measure]:
    """Known measures, by stage, the leading ones of each first."""
    known = registry()
    found = [known[key] for key in set(measures) if key in known]
    last = len(_ORDER)
    return sorted(
        found,
        key=lambda one: (_STAGE_ORDER.get(one.stage, len(STAGES)), _ORDER.get(one.key, last), one.title),
    )
