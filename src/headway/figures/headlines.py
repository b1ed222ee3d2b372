"""The headline measures: those shown where none is asked for, in the order in which they are shown."""

from __future__ import annotations

HEADLINES = (
    "ks2_rwm_expected", "ks2_rwm_higher", "ks2_reading_expected", "ks2_writing_expected", "ks2_mathematics_expected",
    "ks2_gps_expected", "ks2_reading_average", "ks2_mathematics_average", "ks2_reading_progress", "ks2_writing_progress",
    "ks2_mathematics_progress", "ks2_english_maths_level4", "ks2_rwm_level4", "ks2_english_level4", "ks2_reading_level4",
    "ks2_writing_level4", "ks2_mathematics_level4", "ks2_english_two_levels_progress", "ks2_mathematics_two_levels_progress",
    "ks1_reading_expected", "ks1_writing_expected", "ks1_mathematics_expected", "ks1_reading_level2", "ks1_writing_level2",
    "ks1_mathematics_level2", "phonics_expected", "mtc_average", "eyfsp_good_level_of_development", "fsp_78_points",
    "fsp_lowest_fifth_gap", "absence_overall", "absence_persistent", "ks2_cohort",
)  # fmt: skip
_PLACE = {key: place for place, key in enumerate(HEADLINES)}


def place(measure: str) -> tuple[int, str]:
    """Where a measure stands among the headline ones; the others come after, by name."""
    return _PLACE.get(measure, len(HEADLINES)), measure
