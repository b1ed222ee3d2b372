"""Words that criteria share: what a measure is called, and which pupils stand behind a figure."""

from __future__ import annotations

from functools import cache

from headway.figures.measures import registry
from headway.policy.profiles import Figure


@cache
def title(measure: str) -> str:
    """The measure's title; its key where nobody knows it."""
    known = registry()
    return known[measure].title if measure in known else measure


@cache
def lower_is_better(measure: str) -> bool:
    """Whether a high value is the concern, as with absence."""
    known = registry()
    return measure in known and known[measure].direction == "lower"


@cache
def unit(measure: str) -> str:
    """The measure's unit; empty where nobody knows it."""
    known = registry()
    return known[measure].unit if measure in known else ""


def too_few(figure: Figure, minimum: int) -> str:
    """The sentence that too few pupils stand behind the figure; empty where there are enough, or nobody knows."""
    if figure.denominator is None or not minimum or figure.denominator >= minimum:
        return ""
    return (
        f"{title(figure.measure)} in {figure.year} is {figure.in_words()}: too few pupils (fewer than {minimum}), "
        "so a person must judge."
    )
