"""Whether a figure differs from a fixed reference by more than chance allows: value added beside 100, progress beside 0."""

from __future__ import annotations

from dataclasses import dataclass

from headway.policy.criteria import Needs
from headway.policy.criteria.wording import title, too_few
from headway.policy.judgements import CANNOT_SAY, Judgement, cannot_say
from headway.policy.profiles import Figure, Profile

ABOVE, NOT_DIFFERENT, BELOW = "significantly above", "not different", "significantly below"
_ORDER = (ABOVE, NOT_DIFFERENT, BELOW)


@dataclass(frozen=True)
class Settings:
    """`measures` are looked at together and the most concerning counts; `reference` is in their unit."""

    measures: tuple[str, ...]
    reference: float
    years_before: int = 0
    minimum_pupils: int = 0


def levels(settings: Settings) -> tuple[str, ...]:
    """Least concerning first."""
    return _ORDER


def needs(settings: Settings, year: int) -> Needs:
    """One figure a measure."""
    return Needs(figures=tuple((measure, year - settings.years_before) for measure in settings.measures))


def judge(profile: Profile, settings: Settings) -> Judgement:
    """Levels: significantly above, not different, significantly below the reference, by the figure's own 95 %
    interval. Of several measures the most concerning; one that cannot be told leaves it open unless another is below."""
    year = profile.year - settings.years_before
    found = [_one(profile.figure(measure, year), settings) for measure in settings.measures]
    if len(found) == 1:
        return found[0]
    said = [one for one in found if one.level in _ORDER]
    because = tuple(reason for one in found for reason in one.because)
    evidence = tuple(figure for one in found for figure in one.evidence)
    worst = max((_ORDER.index(one.level) for one in said), default=None)
    if worst is None or (len(said) < len(found) and _ORDER[worst] != BELOW):
        return Judgement(CANNOT_SAY, because, evidence, too_few=any(one.too_few for one in found))
    return Judgement(_ORDER[worst], because, evidence)


def _one(figure: Figure, settings: Settings) -> Judgement:
    name = title(figure.measure)
    if figure.status != "reported" or figure.value is None:
        return cannot_say(f"{name} in {figure.year} is {figure.status}.", figure)
    few = too_few(figure, settings.minimum_pupils)
    if few:
        return cannot_say(few, figure, too_few=True)
    said = f"{name} in {figure.year} is {figure.in_words()}"
    if figure.lower is None or figure.upper is None:
        return cannot_say(f"{said}, without an interval, so chance cannot be ruled out.", figure)
    interval = f"95 % interval {figure.lower:g} to {figure.upper:g}"
    if figure.upper < settings.reference:
        level = BELOW
    elif figure.lower > settings.reference:
        level = ABOVE
    else:
        level = NOT_DIFFERENT
    words = {BELOW: "significantly below", ABOVE: "significantly above", NOT_DIFFERENT: "not different from"}
    return Judgement(level, (f"{said} ({interval}), {words[level]} {settings.reference:g}.",), (figure,))
