"""Below the floor standard, by each year's own definition, with its exclusions."""

from __future__ import annotations

from headway.policy.criteria.attainment_and_progress import judge_year
from headway.policy.judgements import NOT_APPLICABLE, Judgement
from headway.policy.packs import Pack
from headway.policy.profiles import Profile

LEFT_OUT = ("special", "nursery", "infant", "pupil referral unit")
"""Kinds of school without key stage 2 results of their own, or outside the standard
(gov.uk, Underperforming schools and deprivation, 2010)."""


def judge(profile: Profile, settings: Pack) -> Judgement:
    """Levels: below, not below, cannot say, not applicable. `settings` is the pack `floor`."""
    rule = settings.rule(profile.year)
    if rule is None:
        return Judgement(NOT_APPLICABLE, (settings.why_not(profile.year),))
    if profile.kind in LEFT_OUT:
        return Judgement(NOT_APPLICABLE, (f"The floor standard leaves out {profile.kind} schools.",))
    found = judge_year(profile, rule, profile.year)
    if rule.verified:
        return found
    return Judgement(found.level, (*found.because, f"Not verified: {rule.source}."), found.evidence)
