"""Stuck: below good at the last inspection and at the one before, with no change of structure since (RISE, 2025)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from headway.policy.criteria import Needs
from headway.policy.days import written
from headway.policy.judgements import Judgement, cannot_say
from headway.policy.profiles import Inspection, Profile

NOT_STUCK, STUCK = "not stuck", "stuck"


@dataclass(frozen=True)
class Settings:
    """`trigger` says by area which values of the last inspection count (`requires improvement` overall, or in the
    areas that stand for it); `below_good` which values count at the inspection before. Areas are looked at only
    where the inspection has them, `instead_of_overall` only where there is no overall grade."""

    trigger: tuple[str, ...]
    below_good: tuple[str, ...]
    instead_of_overall: tuple[str, ...] = ()
    report_card_areas: tuple[str, ...] = ()
    report_card_values: tuple[str, ...] = ()


def levels(settings: Settings) -> tuple[str, ...]:
    """Least concerning first."""
    return NOT_STUCK, STUCK


def needs(settings: Settings, year: int) -> Needs:
    """Inspections."""
    return Needs(inspections=True)


def judge(profile: Profile, settings: Settings) -> Judgement:
    """Levels: not stuck, stuck. An inspection of a predecessor is before a change of structure, and does not count
    as the school's own; the one before it may be the predecessor's."""
    graded = [one for one in profile.inspections if one.judgements]
    if not graded:
        why = "No graded inspection is known." if profile.inspections_loaded else "No inspections are loaded."
        return cannot_say(why)
    last = graded[-1]
    at = _at(last, settings.trigger, settings)
    when = written(last.day)
    if not at:
        return Judgement(NOT_STUCK, (f"The last inspection, on {when}, gives no cause.",))
    if last.predecessor:
        return Judgement(
            NOT_STUCK,
            (
                f"Its predecessor {last.predecessor} was judged {at} on {when}; the change of structure since then "
                "takes it out of the rule.",
            ),
        )
    if len(graded) == 1:
        return cannot_say(f"Judged {at} on {when}; no inspection before it is known.")
    before = graded[-2]
    earlier = _at(before, settings.below_good, settings)
    when_before = written(before.day)
    if not earlier:
        return Judgement(
            NOT_STUCK,
            (f"Judged {at} on {when}; the inspection before, on {when_before}, was not below good.",),
        )
    return Judgement(
        STUCK, (f"Judged {at} on {when}, and {earlier} at the inspection before, on {when_before}.",)
    )


def _at(inspection: Inspection, values: tuple[str, ...], settings: Settings) -> str:
    """The judgement that counts, in words; empty where there is none."""
    judged: Mapping[str, str] = inspection.judgements
    overall = inspection.overall
    if overall is not None:
        return overall if overall in values else ""
    for area in settings.report_card_areas:
        if judged.get(area) in settings.report_card_values:
            return f"{judged[area]} ({area})"
    for area in settings.instead_of_overall:
        if judged.get(area) in values:
            return f"{judged[area]} ({area})"
    return ""
