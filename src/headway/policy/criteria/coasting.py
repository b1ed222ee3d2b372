"""Coasting: short of the threshold in each of three consecutive years (SI 2017/9, regulation 4)."""

from __future__ import annotations

from headway.policy.criteria.attainment_and_progress import BELOW, NOT_BELOW, judge_year
from headway.policy.criteria.floor import LEFT_OUT
from headway.policy.judgements import CANNOT_SAY, NOT_APPLICABLE, Judgement
from headway.policy.packs import Pack
from headway.policy.profiles import Profile

COASTING, NOT_COASTING = "coasting", "not coasting"


def judge(profile: Profile, settings: Pack) -> Judgement:
    """Levels: coasting, not coasting, cannot say, not applicable. `settings` is the pack `coasting`."""
    if profile.year not in settings.judged:
        return Judgement(NOT_APPLICABLE, (settings.why_not(profile.year),))
    if profile.kind in LEFT_OUT:
        return Judgement(NOT_APPLICABLE, (f"The definition leaves out {profile.kind} schools.",))
    years = range(profile.year - settings.consecutive + 1, profile.year + 1)
    found = []
    for year in years:
        rule = settings.rule(year)
        if rule is None:
            return Judgement(NOT_APPLICABLE, (settings.why_not(year),))
        found.append(judge_year(profile, rule, year))
    because = tuple(reason for judgement in found for reason in judgement.because)
    evidence = tuple(figure for judgement in found for figure in judgement.evidence)
    levels = {judgement.level for judgement in found}
    if NOT_BELOW in levels:
        level = NOT_COASTING
    elif levels == {BELOW}:
        level = COASTING
    else:
        level = NOT_APPLICABLE if NOT_APPLICABLE in levels else CANNOT_SAY
    return Judgement(level, because, evidence)
