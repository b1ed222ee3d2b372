"""What if: a weight or a threshold changed before anything is adopted, who would move, and how steady the scheme is."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

from headway.policy.categorise import Proposal, Reckoning, found_by, proposal, ranked
from headway.policy.packs.checking import Place, fitted, settings_of
from headway.policy.profiles import Profile
from headway.policy.schemes import Category, Criterion, Scheme


def with_setting(scheme: Scheme, change: str) -> Scheme:
    """The scheme with one thing changed: `attainment.below=60`, `capacity.weight=2`, `amber.days=12`,
    `minimum_pupils=6`. A setting of a criterion changes in each of its rules that has it.

    Raises `PackError` for what is not there, or is not of the right kind.
    """
    name, equals, text = change.partition("=")
    place = Place("what if", name.strip())
    if not equals:
        raise place.wrong(repr(change), "criterion.setting=value", "Such as attainment.below=60.")
    try:
        value = tomllib.loads(f"value = {text.strip()}")["value"]
    except tomllib.TOMLDecodeError:
        value = text.strip()
    owner, dot, key = name.strip().rpartition(".")
    if not dot:
        if key != "minimum_pupils":
            raise place.wrong(
                repr(key), "criterion.setting, category.setting or minimum_pupils", _all(scheme)
            )
        minimum: int = fitted(value, int, place)
        return replace(
            scheme,
            minimum_pupils=minimum,
            criteria=tuple(
                _changed(one, "minimum_pupils", minimum, place, every=False) for one in scheme.criteria
            ),
        )
    if any(one.key == owner for one in scheme.criteria):
        return replace(
            scheme,
            criteria=tuple(
                _changed(one, key, value, place) if one.key == owner else one for one in scheme.criteria
            ),
        )
    if scheme.category(owner) is not None and key in ("from_score", "days"):
        number: float = fitted(value, float, place)
        return replace(
            scheme,
            categories=tuple(
                _category(one, key, number) if one.key == owner else one for one in scheme.categories
            ),
        )
    raise place.wrong(repr(name.strip()), "a setting of this scheme", _all(scheme))


def _changed(criterion: Criterion, key: str, value: Any, place: Place, every: bool = True) -> Criterion:
    if key == "weight":
        weight: float = fitted(value, float, place)
        if weight < 0:
            raise place.wrong(value, "0 or more", "Mend the value.")
        return replace(criterion, weight=weight)
    rules = tuple(
        replace(
            rule,
            settings=settings_of(
                type(rule.settings),
                {one.name: getattr(rule.settings, one.name) for one in fields(rule.settings)
                 if getattr(rule.settings, one.name) is not None} | {key: value},
                place,
            ),
        )
        if key in {one.name for one in fields(rule.settings)}
        else rule
        for rule in criterion.rules
    )  # fmt: skip
    if (
        every
        and rules == criterion.rules
        and not any(key in {one.name for one in fields(rule.settings)} for rule in criterion.rules)
    ):
        known = sorted({one.name for rule in criterion.rules for one in fields(rule.settings)} | {"weight"})
        raise place.wrong(repr(key), f"one of {', '.join(known)}", "Name a setting of that criterion.")
    return replace(criterion, rules=rules)


def _category(one: Category, key: str, number: float) -> Category:
    return replace(one, days=number) if key == "days" else replace(one, from_score=number)


def _all(scheme: Scheme) -> str:
    criteria = ", ".join(one.key for one in scheme.criteria)
    return f"The criteria are {criteria}; headway schemes {scheme.key} shows their settings."


def changed_criteria(before: Scheme, after: Scheme) -> frozenset[str]:
    """The criteria whose levels or rules differ, and so have to be judged anew. A weight alone asks for nothing."""
    return frozenset(
        one.key
        for one in after.criteria
        if (one.levels, one.rules) != (before.criterion(one.key).levels, before.criterion(one.key).rules)
    )


def rejudged(
    profiles: Sequence[Profile], proposals: Sequence[Proposal], before: Scheme, after: Scheme
) -> tuple[Proposal, ...]:
    """The proposals under the changed scheme: only the criteria that changed are judged anew.

    `profiles` and `proposals` stand in the same order; both schemes are resolved alike.
    """
    anew = changed_criteria(before, after)
    reckoning = Reckoning(after)
    found = []
    for profile, old in zip(profiles, proposals, strict=True):
        findings = tuple(
            found_by(criterion, criterion.rule(profile.kind, profile.year), profile)
            if criterion.key in anew
            else one
            for criterion, one in zip(after.criteria, old.findings, strict=True)
        )
        found.append(proposal(profile, findings, reckoning))
    return tuple(found)


@dataclass(frozen=True)
class Moved:
    """A school that another scheme, or another year, puts elsewhere."""

    organisation: str
    name: str
    before: str | None
    after: str | None


def moved(before: Sequence[Proposal], after: Sequence[Proposal]) -> tuple[Moved, ...]:
    """Schools whose category differs, by name."""
    then = {one.organisation: one for one in before}
    found = [
        Moved(one.organisation, one.name, then[one.organisation].category, one.category)
        for one in after
        if one.organisation in then and then[one.organisation].category != one.category
    ]
    return tuple(sorted(found, key=lambda one: (one.name, one.organisation)))


def days_needed(proposals: Sequence[Proposal], scheme: Scheme) -> Mapping[str, float]:
    """Days of support demanded by category, where the scheme gives days; schools without a category demand none yet."""
    found: dict[str, float] = {}
    for category in scheme.categories:
        if category.days is not None:
            schools = sum(one.category == category.key for one in proposals)
            found[category.key] = schools * category.days
    return found


@dataclass(frozen=True)
class Sensitivity:
    """How many of `schools` another weight of one criterion would move. For a ranking: into or out of its first places."""

    criterion: str
    share: float
    schools: int
    moved: tuple[str, ...]


def sensitivity(proposals: Sequence[Proposal], scheme: Scheme, share: float = 0.1) -> tuple[Sensitivity, ...]:
    """Each weight up and down by `share` (0.1 is 10 %), one at a time. Where categories follow from gates or a matrix
    no weight decides, and the answer is empty."""
    if scheme.method in ("gates", "matrix"):
        return ()
    found = []
    for criterion in scheme.criteria:
        if criterion.weight <= 0:
            continue
        for factor in (1 - share, 1 + share):
            other = replace(
                scheme,
                criteria=tuple(
                    replace(one, weight=one.weight * factor) if one.key == criterion.key else one
                    for one in scheme.criteria
                ),
            )
            then = _reckoned(proposals, other)
            if scheme.method == "ranking":
                names = _first(proposals, scheme) ^ _first(then, other)
            else:
                names = {one.organisation for one in moved(proposals, then)}
            found.append(Sensitivity(criterion.key, factor - 1, len(proposals), tuple(sorted(names))))
    return tuple(found)


def _first(proposals: Sequence[Proposal], scheme: Scheme) -> set[str]:
    places = scheme.capacity or max(1, len(proposals) // 10)
    return {one.organisation for one in ranked(proposals, scheme)[:places]}


def _reckoned(proposals: Sequence[Proposal], scheme: Scheme) -> tuple[Proposal, ...]:
    reckoning = Reckoning(scheme)
    found = []
    for one in proposals:
        result = reckoning.outcome(tuple(item.state for item in one.findings))
        found.append(replace(one, category=result.category, possible=result.possible, score=result.score))
    return tuple(found)
