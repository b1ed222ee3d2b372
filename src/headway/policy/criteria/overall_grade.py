"""The overall effectiveness of the last inspection that gave one, in the words of its time."""

from __future__ import annotations

from dataclasses import dataclass

from headway.policy.criteria import Needs
from headway.policy.days import written
from headway.policy.judgements import Judgement, cannot_say
from headway.policy.profiles import Profile

OUTSTANDING, GOOD, BETWEEN, INADEQUATE = (
    "outstanding", "good", "satisfactory or requires improvement", "inadequate",
)  # fmt: skip
_LEVEL_OF = {
    "outstanding": OUTSTANDING,
    "good": GOOD,
    "satisfactory": BETWEEN,
    "requires improvement": BETWEEN,
    "inadequate": INADEQUATE,
}


@dataclass(frozen=True)
class Settings:
    """Nothing to set."""


def levels(settings: Settings) -> tuple[str, ...]:
    """Least concerning first."""
    return OUTSTANDING, GOOD, BETWEEN, INADEQUATE


def needs(settings: Settings, year: int) -> Needs:
    """Inspections."""
    return Needs(inspections=True)


def judge(profile: Profile, settings: Settings) -> Judgement:
    """The level is the grade. Grades ended in September 2024 and are not compared with report cards; where the last
    inspection gave none, the last grade stands with its date."""
    graded = [one for one in profile.inspections if one.overall in _LEVEL_OF]
    if not graded:
        why = (
            "No inspection with an overall grade is known."
            if profile.inspections_loaded
            else "No inspections are loaded."
        )
        return cannot_say(why)
    last = graded[-1]
    assert last.overall is not None
    reasons = [f"Inspected on {written(last.day)}: {last.overall}."]
    if last.predecessor:
        reasons.append(f"The school inspected was its predecessor {last.predecessor}.")
    later = [one for one in profile.inspections if one.day > last.day]
    if later:
        reasons.append(f"Inspected since, on {written(later[-1].day)}, without an overall grade.")
    return Judgement(_LEVEL_OF[last.overall], tuple(reasons))
