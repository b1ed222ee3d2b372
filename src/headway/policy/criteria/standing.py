"""Where a figure stands between the best and the worst school of the round: 0 for the best, 1 for the worst."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from headway.policy.criteria import Needs
from headway.policy.criteria.wording import lower_is_better, title, too_few
from headway.policy.judgements import Judgement, cannot_say
from headway.policy.profiles import Figure, Profile


@dataclass(frozen=True)
class Settings:
    """`lowest` and `highest` are the ends of the round's values; they are found when a round begins, and kept with it."""

    measure: str
    years_before: int = 0
    minimum_pupils: int = 0
    lowest: float | None = None
    highest: float | None = None


def levels(settings: Settings) -> tuple[str, ...]:
    """None: it measures on a continuous scale."""
    return ()


def needs(settings: Settings, year: int) -> Needs:
    """One figure."""
    return Needs(figures=((settings.measure, year - settings.years_before),))


def resolved(settings: Settings, profiles: Iterable[Profile]) -> Settings:
    """With the ends of the values of these schools, those of too few pupils left out."""
    if settings.lowest is not None and settings.highest is not None:
        return settings
    values = [
        figure.value
        for figure in (one.figure(settings.measure, one.year - settings.years_before) for one in profiles)
        if _usable(figure, settings) and figure.value is not None
    ]
    return replace(settings, lowest=min(values), highest=max(values)) if values else settings


def _usable(figure: Figure, settings: Settings) -> bool:
    return (
        figure.status == "reported"
        and figure.value is not None
        and not too_few(figure, settings.minimum_pupils)
    )


def judge(profile: Profile, settings: Settings) -> Judgement:
    """A concern between 0 and 1; cannot say where the figure is missing or of too few pupils."""
    figure = profile.figure(settings.measure, profile.year - settings.years_before)
    name = title(settings.measure)
    if figure.status != "reported" or figure.value is None:
        return cannot_say(f"{name} in {figure.year} is {figure.status}.", figure)
    few = too_few(figure, settings.minimum_pupils)
    if few:
        return cannot_say(few, figure, too_few=True)
    if settings.lowest is None or settings.highest is None:
        return cannot_say(f"{name} in {figure.year}: no other school to stand beside.", figure)
    width = settings.highest - settings.lowest
    if width <= 0:
        return cannot_say(f"{name} in {figure.year} is the same in every school.", figure)
    share = min(max((figure.value - settings.lowest) / width, 0.0), 1.0)
    concern = share if lower_is_better(settings.measure) else 1 - share
    sentence = (
        f"{name} in {figure.year} is {figure.in_words()}; the schools of this round reach from "
        f"{round(settings.lowest, 2):g} to {round(settings.highest, 2):g}, which gives {concern:.2f} of 1."
    )
    return Judgement(f"{concern:.2f} of 1", (sentence,), (figure,), concern=concern)
