"""Whether the last full inspection put the school in a category of concern."""

from __future__ import annotations

from dataclasses import dataclass

from headway.policy.criteria import Needs
from headway.policy.days import written
from headway.policy.inspection_rules import concluded, report_card_rules
from headway.policy.judgements import Judgement, cannot_say
from headway.policy.profiles import Inspection, Profile

NONE, IMPROVEMENT, SPECIAL = "none", "significant improvement", "special measures"
_LEVEL_OF = {"none": NONE, "SWK": IMPROVEMENT, "NTI": IMPROVEMENT, "RSI": IMPROVEMENT, "SM": SPECIAL}
_WORDS = {
    "SWK": "serious weaknesses",
    "NTI": "notice to improve",
    "RSI": "requires significant improvement",
    "SM": "special measures",
}


@dataclass(frozen=True)
class Settings:
    """Nothing to set."""


def levels(settings: Settings) -> tuple[str, ...]:
    """Least concerning first."""
    return NONE, IMPROVEMENT, SPECIAL


def needs(settings: Settings, year: int) -> Needs:
    """Inspections."""
    return Needs(inspections=True)


def category_of(inspection: Inspection) -> str | None:
    """`none`, or the category, where the file gives it, the overall grade excludes one or the areas of a report card
    lead to it; else None."""
    if inspection.category is not None:
        return inspection.category
    if inspection.framework == report_card_rules().framework and inspection.judgements:
        return concluded(inspection).category
    if inspection.overall is not None and inspection.overall != "inadequate":
        return "none"
    return None


def judge(profile: Profile, settings: Settings) -> Judgement:
    """Levels: none, significant improvement (serious weaknesses and notice to improve too), special measures.

    A grade better than inadequate excludes a category; an inadequate grade without one is "cannot say".
    """
    known = [one for one in profile.inspections if category_of(one) is not None or one.overall is not None]
    if not known:
        why = "No inspection is known." if profile.inspections_loaded else "No inspections are loaded."
        return cannot_say(why)
    last = known[-1]
    category = category_of(last)
    when = written(last.day)
    if category is None:
        return cannot_say(f"Judged inadequate on {when}; which category is not in the file.")
    if category == "none":
        return Judgement(NONE, (f"Inspected on {when}: in no category of concern.",))
    before = f" (then its predecessor {last.predecessor})" if last.predecessor else ""
    return Judgement(_LEVEL_OF[category], (f"In {_WORDS[category]} since the inspection of {when}{before}.",))
