"""Coasting: short of the mark in each of three years, as the regulation defined it."""

from __future__ import annotations

from dataclasses import dataclass

from headway.policy.criteria import Needs, coasting
from headway.policy.judgements import Judgement
from headway.policy.packs import pack
from headway.policy.profiles import Profile


@dataclass(frozen=True)
class Settings:
    """`pack` is the key of the shipped pack with the years' rules."""

    pack: str = "coasting"


def levels(settings: Settings) -> tuple[str, ...]:
    """Least concerning first."""
    return "not coasting", "coasting"


def needs(settings: Settings, year: int) -> Needs:
    """The measures of the three years' rules."""
    rules = pack(settings.pack)
    found = []
    for when in range(year - rules.consecutive + 1, year + 1):
        rule = rules.rule(when)
        if rule is not None:
            found += [(one.measure, when) for one in (rule.attainment, *rule.progress)]
    return Needs(figures=tuple(found))


def judge(profile: Profile, settings: Settings) -> Judgement:
    """Levels: not coasting, coasting; not applicable to schools that the definition leaves out."""
    return coasting.judge(profile, pack(settings.pack))
