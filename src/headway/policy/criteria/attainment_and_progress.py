"""The rule shared by floor and coasting: below on attainment, and below on all or on any of the progress measures."""

from __future__ import annotations

from dataclasses import dataclass

from headway.policy.criteria.wording import title
from headway.policy.judgements import CANNOT_SAY, NOT_APPLICABLE, Judgement
from headway.policy.profiles import Figure, Profile, Side

BELOW, NOT_BELOW = "below", "not below"


@dataclass(frozen=True)
class Threshold:
    """A measure and the value below which it counts; None where the year's threshold is not known.

    With `upper_below` the upper confidence limit must lie below that as well.
    """

    measure: str
    below: float | None = None
    upper_below: float | None = None


@dataclass(frozen=True)
class Rule:
    """One dated rule of a pack. `progress_rule` says whether all or any of the progress thresholds must be missed."""

    years: tuple[int, ...]
    attainment: Threshold
    progress: tuple[Threshold, ...]
    progress_rule: str
    minimum_pupils: int
    source: str
    verified: bool = True


def judge_year(profile: Profile, rule: Rule, year: int) -> Judgement:
    """Whether the school was below in that year: below, not below, cannot say, or not applicable (too few pupils)."""
    attainment = profile.figure(rule.attainment.measure, year)
    if attainment.status != "reported":
        return Judgement(
            CANNOT_SAY, (f"{year}: {title(rule.attainment.measure)} is {attainment.status}.",), (attainment,)
        )
    if (
        rule.minimum_pupils
        and attainment.denominator is not None
        and attainment.denominator < rule.minimum_pupils
    ):
        return Judgement(
            NOT_APPLICABLE,
            (
                f"{year}: {attainment.denominator} pupils; the rule leaves out fewer than {rule.minimum_pupils}.",
            ),
            (attainment,),
        )
    side, reason = _missed(attainment, rule.attainment)
    if side is Side.NOT_BELOW or not rule.progress:
        return Judgement(_level(side), (f"{year}: {reason}",), (attainment,))
    figures = tuple(profile.figure(threshold.measure, year) for threshold in rule.progress)
    checked = [_missed(figure, threshold) for figure, threshold in zip(figures, rule.progress, strict=True)]
    progress = _combined([found for found, _ in checked], rule.progress_rule)
    if Side.NOT_BELOW in (side, progress):
        overall = Side.NOT_BELOW
    else:
        overall = Side.BELOW if side is progress is Side.BELOW else Side.UNKNOWN
    reasons = (f"{year}: {reason}", *(text for _, text in checked))
    return Judgement(_level(overall), reasons, (attainment, *figures))


def _level(side: Side) -> str:
    return {Side.BELOW: BELOW, Side.NOT_BELOW: NOT_BELOW, Side.UNKNOWN: CANNOT_SAY}[side]


def _combined(sides: list[Side], how: str) -> Side:
    decisive, other = (Side.NOT_BELOW, Side.BELOW) if how == "all" else (Side.BELOW, Side.NOT_BELOW)
    if decisive in sides:
        return decisive
    return Side.UNKNOWN if Side.UNKNOWN in sides else other


def _missed(figure: Figure, threshold: Threshold) -> tuple[Side, str]:
    """On which side of its threshold the figure lies, and the sentence that says so."""
    name = title(threshold.measure)
    if figure.status != "reported":
        return Side.UNKNOWN, f"{name} is {figure.status}."
    if threshold.below is None:
        return Side.UNKNOWN, f"{name} is {figure.in_words()}; the threshold of that year is not known."
    side = figure.side_of(threshold.below)
    words = {
        Side.BELOW: "below",
        Side.NOT_BELOW: "not below",
        Side.UNKNOWN: "rounded, and so perhaps below, perhaps not below",
    }[side]
    sentence = f"{name} is {figure.in_words()}, {words} {threshold.below:g}"
    if side is Side.NOT_BELOW or threshold.upper_below is None:
        return side, sentence + "."
    if figure.upper is None:
        return Side.UNKNOWN, sentence + ", its upper limit unpublished."
    if figure.upper >= threshold.upper_below:
        return (
            Side.NOT_BELOW,
            sentence + f", but its upper limit {figure.upper:g} is not below {threshold.upper_below:g}.",
        )
    return side, sentence + f", with its upper limit {figure.upper:g} below {threshold.upper_below:g}."
