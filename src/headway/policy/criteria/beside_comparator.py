"""Whether figures are worse than the nation's, the authority's or last year's by more than chance allows."""

from __future__ import annotations

from dataclasses import dataclass

from headway.policy.criteria import Needs
from headway.policy.criteria.wording import lower_is_better, title, too_few
from headway.policy.judgements import CANNOT_SAY, Evidence, Judgement
from headway.policy.profiles import Comparison, Profile

BETTER, NO_DIFFERENT, WORSE = "better", "no different", "worse"
_ORDER = (BETTER, NO_DIFFERENT, WORSE)
_NAMES = {
    "nation": "England (all schools)",
    "nation_state_funded": "England (state-funded schools)",
    "authority": "the authority",
    "previous_year": "the year before",
}


@dataclass(frozen=True)
class Settings:
    """`measures` that are looked at together; the most concerning counts.

    `comparators` are tried in order for each measure: the first that is there counts. Where a measure cannot be
    compared the others decide, if at least `enough` of them can; what could not be compared is said.
    """

    measures: tuple[str, ...]
    comparators: tuple[str, ...] = ("nation", "nation_state_funded")
    years_before: int = 0
    minimum_pupils: int = 0
    enough: int = 1

    def __post_init__(self) -> None:
        for one in self.comparators:
            if one not in _NAMES:
                raise ValueError(
                    f"comparators: found {one!r}, expected one of {', '.join(_NAMES)}. Mend the value."
                )


def levels(settings: Settings) -> tuple[str, ...]:
    """Least concerning first."""
    return _ORDER


def needs(settings: Settings, year: int) -> Needs:
    """One figure a measure, and its comparisons."""
    when = year - settings.years_before
    return Needs(
        figures=tuple((measure, when) for measure in settings.measures),
        comparisons=tuple(
            (measure, when, one) for measure in settings.measures for one in settings.comparators
        ),
    )


def judge(profile: Profile, settings: Settings) -> Judgement:
    """Levels: better, no different, worse than the comparator by more than chance allows (95 %)."""
    year = profile.year - settings.years_before
    said: list[tuple[str, str]] = []
    silent: list[str] = []
    evidence: list[Evidence] = []
    few = False
    for measure in settings.measures:
        figure = profile.figure(measure, year)
        evidence.append(figure)
        found = _comparison(profile, measure, year, settings.comparators)
        short = too_few(figure, settings.minimum_pupils)
        if figure.status != "reported":
            silent.append(f"{title(measure)} in {year} is {figure.status}.")
        elif short:
            few = True
            silent.append(short)
        elif found is None:
            silent.append(
                f"{title(measure)} in {year} is {figure.in_words()}; nothing is loaded to compare it with."
            )
        elif found.significance == CANNOT_SAY:
            evidence.append(found)
            silent.append(
                f"{title(measure)} in {year} is {figure.in_words()}; {found.because or 'no comparison'}."
            )
        else:
            evidence.append(found)
            said.append(_said(found, figure.in_words()))
    reasons = tuple(text for _, text in said)
    if len(said) < settings.enough:
        return Judgement(CANNOT_SAY, (*reasons, *silent), tuple(evidence), too_few=few)
    level = max((level for level, _ in said), key=_ORDER.index)
    ordered = sorted(said, key=lambda one: -_ORDER.index(one[0]))
    without = (f"Not judged: {' '.join(silent)}",) if silent else ()
    return Judgement(level, (*(text for _, text in ordered), *without), tuple(evidence), partial=bool(silent))


def _comparison(profile: Profile, measure: str, year: int, comparators: tuple[str, ...]) -> Comparison | None:
    for comparator in comparators:
        found = profile.comparisons.get((measure, year, comparator))
        if found is not None:
            return found
    return None


def _said(found: Comparison, figure: str) -> tuple[str, str]:
    level = {"not significant": NO_DIFFERENT, "above": BETTER, "below": WORSE}[found.significance]
    if lower_is_better(found.measure) and level != NO_DIFFERENT:
        level = WORSE if level == BETTER else BETTER
    words = {
        "above": "significantly above",
        "below": "significantly below",
        "not significant": "not significantly different from",
    }[found.significance]
    beside = "" if found.comparator_value is None else f" ({round(found.comparator_value, 2):g})"
    name = _NAMES[found.comparator]
    return level, f"{title(found.measure)} in {found.year} is {figure}, {words} {name}{beside}."
