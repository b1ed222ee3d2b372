"""Below the floor standard of the year judged, or of an earlier one, by that year's own definition."""

from __future__ import annotations

from dataclasses import dataclass, replace

from headway.policy.criteria import Needs, floor
from headway.policy.judgements import Judgement
from headway.policy.packs import pack
from headway.policy.profiles import Profile


@dataclass(frozen=True)
class Settings:
    """`pack` is the key of the shipped pack with the years' rules."""

    pack: str = "floor"
    years_before: int = 0


def levels(settings: Settings) -> tuple[str, ...]:
    """Least concerning first."""
    return "not below", "below"


def needs(settings: Settings, year: int) -> Needs:
    """The measures of that year's rule."""
    when = year - settings.years_before
    rule = pack(settings.pack).rule(when)
    if rule is None:
        return Needs()
    return Needs(figures=tuple((one.measure, when) for one in (rule.attainment, *rule.progress)))


def judge(profile: Profile, settings: Settings) -> Judgement:
    """Levels: not below, below; not applicable to schools that the standard leaves out."""
    asked = replace(profile, year=profile.year - settings.years_before) if settings.years_before else profile
    return floor.judge(asked, pack(settings.pack))
