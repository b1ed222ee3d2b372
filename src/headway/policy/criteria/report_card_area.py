"""Whether an area of the last report card was given one of the values named, such as needs attention."""

from __future__ import annotations

from dataclasses import dataclass

from headway.policy.criteria import Needs
from headway.policy.days import written
from headway.policy.judgements import Judgement, cannot_say
from headway.policy.profiles import Profile

NO, YES = "no", "yes"


@dataclass(frozen=True)
class Settings:
    """`values` of the report card that count, `framework` of the inspections that have one."""

    values: tuple[str, ...]
    framework: str = "ofsted_2025"


def levels(settings: Settings) -> tuple[str, ...]:
    """Least concerning first."""
    return NO, YES


def needs(settings: Settings, year: int) -> Needs:
    """Inspections."""
    return Needs(inspections=True)


def judge(profile: Profile, settings: Settings) -> Judgement:
    """Levels: no, yes. A school without a report card has no area of one: "no", and it says so."""
    cards = [one for one in profile.inspections if one.framework == settings.framework and one.judgements]
    if not profile.inspections_loaded:
        return cannot_say("No inspections are loaded.")
    if not cards:
        return Judgement(NO, ("It has no report card yet.",))
    last = cards[-1]
    areas = sorted(area for area, value in last.judgements.items() if value in settings.values)
    when = written(last.day)
    if not areas:
        return Judgement(
            NO, (f"No area of the report card of {when} was judged {' or '.join(settings.values)}.",)
        )
    named = ", ".join(f"{area} ({last.judgements[area]})" for area in areas)
    return Judgement(YES, (f"Report card of {when}: {named}.",))
