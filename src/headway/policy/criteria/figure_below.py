"""Whether a figure lies below a threshold: low attainment, the floor of a year."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, floor

from headway.policy.criteria import Needs
from headway.policy.criteria.wording import title, too_few, unit
from headway.policy.judgements import Judgement, cannot_say
from headway.policy.profiles import Figure, Profile, Side

BELOW, NOT_BELOW = "below", "not below"


@dataclass(frozen=True)
class Settings:
    """`below` in the measure's unit; `years_before` looks at an earlier year than the one judged.

    `rounded` compares the figure as it is printed, in whole numbers, instead of the unrounded one.
    """

    measure: str
    below: float
    years_before: int = 0
    minimum_pupils: int = 0
    rounded: bool = False


def levels(settings: Settings) -> tuple[str, ...]:
    """Least concerning first."""
    return NOT_BELOW, BELOW


def needs(settings: Settings, year: int) -> Needs:
    """One figure."""
    return Needs(figures=((settings.measure, year - settings.years_before),))


def judge(profile: Profile, settings: Settings) -> Judgement:
    """Levels: not below, below; cannot say where the figure is missing, of too few pupils, or hidden by rounding."""
    year = profile.year - settings.years_before
    figure = profile.figure(settings.measure, year)
    name = title(settings.measure)
    if figure.status != "reported" or figure.value is None:
        return cannot_say(f"{name} in {year} is {figure.status}.", figure)
    few = too_few(figure, settings.minimum_pupils)
    if few:
        return cannot_say(few, figure, too_few=True)
    side = _side(figure, settings)
    said = f"{name} in {year} is {figure.in_words()}"
    mark = f"{settings.below:g}{' %' if unit(settings.measure) == 'percent' else ''}"
    if side is Side.UNKNOWN:
        return cannot_say(f"{said}, rounded, and so perhaps below {mark}, perhaps not.", figure)
    low = side is Side.BELOW
    sentence = f"{said}, {'below' if low else 'not below'} {mark}{_surely(figure, settings.below, low)}."
    return Judgement(
        BELOW if low else NOT_BELOW, (sentence,), (figure,), near=_near(figure, settings.below, low)
    )


def _side(figure: Figure, settings: Settings) -> Side:
    if not settings.rounded:
        return figure.side_of(settings.below)
    assert figure.value is not None
    printed = floor(figure.value + 0.5)
    return Side.BELOW if printed < settings.below else Side.NOT_BELOW


def _surely(figure: Figure, below: float, low: bool) -> str:
    """That chance alone may have put it on that side, where its interval spans the threshold."""
    if figure.lower is None or figure.upper is None or not figure.lower < below <= figure.upper:
        return ""
    return (
        f" (95 % interval {figure.lower:.1f} to {figure.upper:.1f}: with this few pupils chance alone may "
        f"have put it {'below' if low else 'above'})"
    )


def _near(figure: Figure, below: float, low: bool) -> str:
    """How many pupils away the threshold is."""
    if figure.numerator is None or not figure.denominator:
        return ""
    pupils_in_all = figure.denominator
    needed = ceil(below * pupils_in_all / 100)
    while needed > 0 and 100 * (needed - 1) / pupils_in_all >= below:  # the product may be a hair too high
        needed -= 1
    while 100 * needed / pupils_in_all < below:
        needed += 1
    away = needed - figure.numerator if low else figure.numerator - needed + 1
    pupils = f"{away} {'pupil' if away == 1 else 'pupils'}"
    return f"{pupils} {'more' if low else 'fewer'} of {figure.denominator}"
