"""Schools that may be a priority for a visit: Kent's six rules of 2008 and today's equivalents, each with its reason.

A rule flags, does not flag, or cannot say. Loaded inspections start in September 2005; what came before is known only
where it was entered.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cache

from headway.policy.clocks import months_after
from headway.policy.criteria import Needs, beside_comparator, beside_reference, figure_below
from headway.policy.criteria.category_of_concern import category_of
from headway.policy.criteria.wording import title
from headway.policy.days import written
from headway.policy.judgements import CANNOT_SAY, Judgement
from headway.policy.packs import dates
from headway.policy.packs import shipped as shipped_packs
from headway.policy.packs.checking import PackError, Place, read_toml, settings_of
from headway.policy.profiles import Profile

FLAGGED, NOT_FLAGGED = "flagged", "not flagged"
HISTORY_STARTS = date(2005, 9, 1)
"""The first day of the inspections that the files tell of: the Education Act 2005."""


@dataclass(frozen=True)
class Rule:
    """One rule: its kind, and what that kind needs to know."""

    key: str
    title: str
    kind: str
    since: date | None = None
    until: date | None = None
    grades: tuple[str, ...] = ()
    areas: tuple[str, ...] = ()
    measure: str = ""
    progress: tuple[str, ...] = ()
    reference: float = 0.0
    below: float | None = None
    comparators: tuple[str, ...] = ()
    years: int = 2

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(
                f"kind: found {self.kind!r}, expected one of {', '.join(KINDS)}. Mend the value."
            )


@dataclass(frozen=True)
class Pack:
    """A dated set of rules with its source."""

    key: str
    title: str
    first_day: date
    source: str
    rules: tuple[Rule, ...]
    last_day: date | None = None
    notes: tuple[str, ...] = ()

    def needs(self, year: int) -> Needs:
        """The figures and comparisons that the rules read for results of `year`."""
        figures: dict[tuple[str, int], None] = {}
        comparisons: dict[tuple[str, int, str], None] = {}
        for rule in self.rules:
            for measure in (rule.measure, *rule.progress):
                if measure:
                    figures[measure, year] = None
            if rule.measure:
                figures[rule.measure, year - 1] = None
                comparisons.update(dict.fromkeys((rule.measure, year, one) for one in rule.comparators))
        return Needs(tuple(figures), tuple(comparisons), inspections=True)


@dataclass(frozen=True)
class Flag:
    """What one rule says of a school: flagged, not flagged or cannot say, and why."""

    rule: str
    title: str
    level: str
    because: str


def flags(profile: Profile, pack: Pack, as_at: date) -> tuple[Flag, ...]:
    """What every rule of the pack says. `profile.year` is the year of the latest results. Raises `PackError` outside
    the pack's dates."""
    refuse_outside(pack, as_at)
    whole = tuple(one for one in profile.inspections if one.known_on <= as_at and not one.incomplete)
    known = replace(profile, inspections=whole)
    found = []
    for rule in pack.rules:
        judged = KINDS[rule.kind](known, rule, as_at)
        found.append(Flag(rule.key, rule.title, judged.level, " ".join(judged.because)))
    return tuple(found)


def refuse_outside(pack: Pack, as_at: date) -> None:
    """Raises `PackError` where the pack does not hold on the day."""
    outside = dates.outside(pack.first_day, pack.last_day, as_at)
    if outside:
        raise PackError(f"{pack.title}: these rules hold {outside}.")


def _said(flagged: bool, reason: str) -> Judgement:
    return Judgement(FLAGGED if flagged else NOT_FLAGGED, (reason,))


def _unknown(reason: str) -> Judgement:
    return Judgement(CANNOT_SAY, (reason,))


_NOT_LOADED = "No inspections are loaded."


def _not_inspected_since(profile: Profile, rule: Rule, as_at: date) -> Judgement:
    assert rule.since is not None
    if not profile.inspections_loaded:
        return _unknown(_NOT_LOADED)
    last = profile.inspections[-1] if profile.inspections else None
    if last is None:
        return _said(
            flagged=True,
            reason=f"No inspection of it is known; the history loaded starts on {written(HISTORY_STARTS)}.",
        )
    return _said(last.day < rule.since, f"Last inspected on {written(last.day)}.")


def _last_inspected_between(profile: Profile, rule: Rule, as_at: date) -> Judgement:
    assert rule.since is not None
    assert rule.until is not None
    if not profile.inspections_loaded:
        return _unknown(_NOT_LOADED)
    if not profile.inspections:
        return _said(flagged=False, reason="No inspection of it is known.")
    last = profile.inspections[-1]
    return _said(rule.since <= last.day <= rule.until, f"Last inspected on {written(last.day)}.")


def _graded(profile: Profile, rule: Rule, as_at: date) -> Judgement:
    graded = [one for one in profile.inspections if one.overall]
    if not graded:
        return _unknown("No graded inspection is known." if profile.inspections_loaded else _NOT_LOADED)
    last = graded[-1]
    when = written(last.day)
    if last.overall not in rule.grades:
        return _said(flagged=False, reason=f"Judged {last.overall} on {when}.")
    missing = [area for area in rule.areas if area not in last.judgements]
    if missing:
        return _unknown(f"Judged {last.overall} on {when}; {', '.join(missing)} is not in the files.")
    low = [area for area in rule.areas if last.judgements[area] in (*rule.grades, "inadequate")]
    areas = ", ".join(f"{area} {last.judgements[area]}" for area in rule.areas)
    return _said(len(low) == len(rule.areas), f"Judged {last.overall} on {when}, with {areas}.")


def _in_category_since(profile: Profile, rule: Rule, as_at: date) -> Judgement:
    assert rule.since is not None
    if not profile.inspections_loaded:
        return _unknown(_NOT_LOADED)
    asked = [one for one in profile.inspections if one.day >= rule.since and (one.overall or one.category)]
    held = [one for one in asked if category_of(one) not in (None, "none")]
    if held:
        return _said(
            flagged=True,
            reason=f"In a category from {written(held[-1].day)} ({category_of(held[-1])}).",
        )
    if any(category_of(one) is None for one in asked):
        return _unknown("Judged inadequate in this time; which category is not in the files.")
    return _said(
        flagged=False,
        reason=f"In no category since {written(rule.since)} in the history loaded.",
    )


def _low_or_declining(profile: Profile, rule: Rule, as_at: date) -> Judgement:
    settings = beside_reference.Settings(rule.progress, rule.reference)
    progress = beside_reference.judge(profile, settings)
    change, words = _change(profile, rule.measure)
    if progress.level == beside_reference.BELOW:
        return Judgement(FLAGGED, progress.because, progress.evidence)
    if change is not None and change < 0:
        return _said(flagged=True, reason=words)
    if progress.level == CANNOT_SAY or change is None:
        return _unknown(f"{' '.join(progress.because)} {words}")
    return _said(flagged=False, reason=f"{' '.join(progress.because)} {words}")


def _below_and_unseen(profile: Profile, rule: Rule, as_at: date) -> Judgement:
    if rule.below is not None:
        low = figure_below.judge(profile, figure_below.Settings(rule.measure, rule.below))
        is_low = low.level == figure_below.BELOW
    else:
        low = beside_comparator.judge(profile, beside_comparator.Settings((rule.measure,), rule.comparators))
        is_low = low.level == beside_comparator.WORSE
    reason = " ".join(low.because)
    if low.level == CANNOT_SAY:
        return _unknown(reason)
    if not is_low:
        return _said(flagged=False, reason=reason)
    change, words = _change(profile, rule.measure)
    seen = _inspected_within(profile, rule.years, as_at)
    if seen is False:
        return _said(flagged=True, reason=f"{reason} Not inspected within {rule.years} years.")
    if change is not None and change <= 0:
        return _said(flagged=True, reason=f"{reason} No improvement or decline: {words}")
    if change is None or seen is None:
        return _unknown(f"{reason} {words if change is None else _NOT_LOADED}")
    return _said(flagged=False, reason=f"{reason} Inspected within {rule.years} years and improved: {words}")


def _inspected_within(profile: Profile, years: int, as_at: date) -> bool | None:
    if not profile.inspections_loaded:
        return None
    edge = months_after(as_at, -12 * years)
    return any(edge <= one.day <= as_at for one in profile.inspections)


def _change(profile: Profile, measure: str) -> tuple[float | None, str]:
    """Points by which the result changed since the year before, and the words; None where either is missing."""
    now, before = profile.figure(measure), profile.figure(measure, profile.year - 1)
    words = (
        f"{title(measure)} was {before.in_words()} in {before.year} and is {now.in_words()} in {now.year}."
    )
    if now.value is None or before.value is None or now.status != "reported" or before.status != "reported":
        return None, words
    return now.value - before.value, words


KINDS: Mapping[str, Callable[[Profile, Rule, date], Judgement]] = {
    "not_inspected_since": _not_inspected_since,
    "last_inspected_between": _last_inspected_between,
    "graded": _graded,
    "in_category_since": _in_category_since,
    "low_or_declining": _low_or_declining,
    "below_and_unseen": _below_and_unseen,
}
"""The kinds of rule that a pack may name."""


def read(text: str, file: str) -> Pack:
    """The rules that a pack's text describes. A `PackError` says what is wrong with it and where."""
    data = read_toml(text, file)
    place = Place(file)
    rules = tuple(
        settings_of(Rule, one, place.at("rule").at(at)) for at, one in enumerate(data.get("rule", []))
    )
    head = {key: value for key, value in data.items() if key != "rule"}
    return settings_of(Pack, {"rules": rules} | head, place)


@cache
def shipped() -> Mapping[str, Pack]:
    """The shipped packs of priority rules, by key."""
    names = ("kent-priority-2008.toml", "priority-today.toml")
    packs = [read(shipped_packs.text("inspections", name), name) for name in names]
    return {pack.key: pack for pack in packs}
