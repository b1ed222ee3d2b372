"""From evidence to a proposed category: what each criterion found, what followed, and what would change it.

A proposal is that and no more: people moderate it, agree it or record that they differ.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import fsum

from headway.policy import judgements
from headway.policy.judgements import Judgement
from headway.policy.outcomes import (
    CANNOT_SAY,
    NOT_APPLICABLE,
    TOO_FEW,
    Outcome,
    State,
    by_score,
    concern,
    outcome,
    unknown,
)  # fmt: skip
from headway.policy.profiles import Profile
from headway.policy.schemes import Criterion, Rule, Scheme


@dataclass(frozen=True, slots=True)
class Finding:
    """What one criterion found: its level in the scheme's own words, and the judgement with reasons and evidence.

    `level` may be "cannot say" or "not applicable"; `state` is the same for reckoning (see `outcomes`).
    """

    criterion: str
    level: str
    state: State
    judgement: Judgement

    @property
    def said(self) -> bool:
        """Whether it is at a level."""
        return self.state >= 0


@dataclass(frozen=True, slots=True)
class Change:
    """That another level of one criterion, all else equal, would lead to another category."""

    criterion: str
    level: str
    category: str
    near: str = ""


@dataclass(frozen=True, slots=True)
class Proposal:
    """A school's proposed category (None where a person must decide, `attention` says why), and all that led to it.

    `contributors` are at most three criteria, the weightiest first; `partial` those that rest on part of their
    evidence; `without` those that cannot say; `changes` says what would lead to another category.
    """

    organisation: str
    name: str
    year: int
    kind: str | None
    responsible: str | None
    category: str | None
    possible: tuple[str, ...]
    attention: str
    score: float | None
    lowest: float | None
    highest: float | None
    groups: tuple[str, ...]
    findings: tuple[Finding, ...]
    contributors: tuple[str, ...]
    changes: tuple[Change, ...]
    without: tuple[str, ...]
    partial: tuple[str, ...]
    treatment: str
    context: tuple[str, ...] = ()

    def finding(self, criterion: str) -> Finding:
        """The finding of that criterion. Raises KeyError."""
        for one in self.findings:
            if one.criterion == criterion:
                return one
        raise KeyError(criterion)


@dataclass(frozen=True, slots=True)
class _Reckoned:
    outcome: Outcome
    contributors: tuple[str, ...]
    changes: tuple[tuple[str, str, str], ...]


class Reckoning:
    """Outcomes of one scheme, each combination of levels reckoned once."""

    def __init__(self, scheme: Scheme) -> None:
        self.scheme = scheme
        self._keys = tuple(one.key for one in scheme.criteria)
        self._known: dict[tuple[State, ...], _Reckoned] = {}
        self._outcomes: dict[tuple[State, ...], Outcome] = {}

    def outcome(self, states: tuple[State, ...]) -> Outcome:
        """What follows from the states, in the order of the scheme's criteria."""
        found = self._outcomes.get(states)
        if found is None:
            found = outcome(self.scheme, dict(zip(self._keys, states, strict=True)))
            self._outcomes[states] = found
        return found

    def of(self, states: tuple[State, ...]) -> _Reckoned:
        """The same with what contributed and what would change it."""
        found = self._known.get(states)
        if found is None:
            found = _Reckoned(self.outcome(states), _contributors(self, states), _changes(self, states))
            self._known[states] = found
        return found


class _Swapped:
    """Categories with the state of one criterion swapped. For points the sums are kept, so that a swap costs nothing."""

    def __init__(self, reckoning: Reckoning, states: tuple[State, ...]) -> None:
        self.reckoning, self.states = reckoning, states
        scheme = reckoning.scheme
        self._summed = scheme.method == "points"
        if not self._summed:
            return
        self._weights = [one.weight for one in scheme.criteria]
        concerns = [concern(one, state) for one, state in zip(scheme.criteria, states, strict=True)]
        self._parts = [
            None if found is None else weight * found
            for found, weight in zip(concerns, self._weights, strict=True)
        ]
        self._said = fsum(
            weight for part, weight in zip(self._parts, self._weights, strict=True) if part is not None
        )
        self._unknown = fsum(
            weight for state, weight in zip(states, self._weights, strict=True) if unknown(state)
        )
        self._total = fsum(part for part in self._parts if part is not None)
        self._few = [at for at, one in enumerate(scheme.criteria) if states[at] == TOO_FEW and one.weight > 0]

    def category(self, at: int, rank: int) -> str | None:
        """The category with criterion `at` at the level of this rank."""
        states, scheme = self.states, self.reckoning.scheme
        if not self._summed:
            return self.reckoning.outcome((*states[:at], rank, *states[at + 1 :])).category
        if any(one != at for one in self._few):
            return None
        weight, part = self._weights[at], self._parts[at]
        new = weight * (concern(scheme.criteria[at], rank) or 0.0)
        total = self._total + new - (part or 0.0)
        said = self._said + (weight if part is None else 0.0)
        not_said = self._unknown - (weight if unknown(states[at]) else 0.0)
        if scheme.missing == "left out":
            return by_score(scheme, total / said) if said > 0 else None
        everything = said + not_said
        if everything <= 0:
            return None
        milder = by_score(scheme, total / everything)
        return milder if milder == by_score(scheme, (total + not_said) / everything) else None


def resolved(scheme: Scheme, profiles: Sequence[Profile]) -> Scheme:
    """The scheme with what its criteria learn from the schools of the round, such as the range of their results."""
    if not any(rule.kind.resolved for one in scheme.criteria for rule in one.rules):
        return scheme

    def learnt(rule: Rule) -> Rule:
        if rule.kind.resolved is None:
            return rule
        asked = [one for one in profiles if rule.holds(one.kind, one.year)]
        return replace(rule, settings=rule.kind.resolved(rule.settings, asked))

    return replace(
        scheme,
        criteria=tuple(
            replace(one, rules=tuple(learnt(rule) for rule in one.rules)) for one in scheme.criteria
        ),
    )


def found_by(criterion: Criterion, rule: Rule | None, profile: Profile) -> Finding:
    """What one criterion finds of a school."""
    if rule is None:
        reason = f"{criterion.title} is not asked of {profile.kind or 'such'} schools for {profile.year}."
        return Finding(
            criterion.key,
            judgements.NOT_APPLICABLE,
            NOT_APPLICABLE,
            Judgement(judgements.NOT_APPLICABLE, (reason,)),
        )
    found = rule.kind.judge(profile, rule.settings)
    if found.level == judgements.CANNOT_SAY:
        return Finding(criterion.key, found.level, TOO_FEW if found.too_few else CANNOT_SAY, found)
    if found.level == judgements.NOT_APPLICABLE:
        return Finding(criterion.key, found.level, NOT_APPLICABLE, found)
    if found.concern is not None:
        return Finding(criterion.key, found.level, found.concern, found)
    name = rule.gives[found.level]
    return Finding(criterion.key, name, criterion.rank(name), found)


def findings(profile: Profile, scheme: Scheme) -> tuple[Finding, ...]:
    """What every criterion of the scheme finds of a school, in the scheme's order."""
    return tuple(found_by(one, one.rule(profile.kind, profile.year), profile) for one in scheme.criteria)


def proposal(profile: Profile, found: tuple[Finding, ...], reckoning: Reckoning) -> Proposal:
    """The proposal that follows from the findings."""
    scheme = reckoning.scheme
    reckoned = reckoning.of(tuple(one.state for one in found))
    near = {one.criterion: one.judgement.near for one in found}
    result = reckoned.outcome
    return Proposal(
        organisation=profile.organisation,
        name=profile.name,
        year=profile.year,
        kind=profile.kind,
        responsible=profile.responsible,
        category=result.category,
        possible=result.possible,
        attention=result.attention,
        score=result.score,
        lowest=result.lowest,
        highest=result.highest,
        groups=result.groups,
        findings=found,
        contributors=reckoned.contributors,
        changes=tuple(Change(*one, near.get(one[0], "")) for one in reckoned.changes),
        without=tuple(one.criterion for one in found if unknown(one.state)),
        partial=tuple(one.criterion for one in found if one.judgement.partial),
        treatment=scheme.treatment(profile.kind),
        context=profile.context,
    )


def categorise(profiles: Iterable[Profile], scheme: Scheme) -> tuple[Proposal, ...]:
    """A proposal for every school, in the order given. The scheme is resolved on these schools first."""
    schools = list(profiles)
    reckoning = Reckoning(resolved(scheme, schools))
    return categorise_resolved(schools, reckoning)


def categorise_resolved(profiles: Iterable[Profile], reckoning: Reckoning) -> tuple[Proposal, ...]:
    """The same with a scheme that is resolved already."""
    scheme = reckoning.scheme
    rules: dict[tuple[str | None, int], list[tuple[Criterion, Rule | None]]] = {}
    proposals = []
    for profile in profiles:
        key = (profile.kind, profile.year)
        asked = rules.get(key)
        if asked is None:
            asked = rules[key] = [(one, one.rule(*key)) for one in scheme.criteria]
        found = tuple(found_by(criterion, rule, profile) for criterion, rule in asked)
        proposals.append(proposal(profile, found, reckoning))
    return tuple(proposals)


def ranked(proposals: Iterable[Proposal], scheme: Scheme) -> list[Proposal]:
    """The most concerned first: by category, then by score, then by name. Schools without a category stand where the
    most concerned of their possible categories does."""
    last = len(scheme.categories)

    def order(one: Proposal) -> tuple[int, float, str, str]:
        key = one.category or (one.possible[0] if one.possible else None)
        place = scheme.place(key) if key is not None else last
        return place, -(one.score if one.score is not None else -1.0), one.name, one.organisation

    return sorted(proposals, key=order)


def explained(one: Change, scheme: Scheme) -> str:
    """The change in a sentence."""
    criterion, category = scheme.criterion(one.criterion), scheme.category(one.category)
    near = f" ({one.near})" if one.near else ""
    then = category.title if category else one.category
    return f"If {criterion.title} were “{one.level}”{near}, the category would be {then}."


def _contributors(reckoning: Reckoning, states: tuple[State, ...]) -> tuple[str, ...]:
    """At most three criteria that raise concern: first those without which the category would be milder."""
    scheme, result = reckoning.scheme, reckoning.outcome(states)
    swapped = _Swapped(reckoning, states)
    ordered: list[tuple[bool, float, str]] = []
    for at, criterion in enumerate(scheme.criteria):
        found = concern(criterion, states[at])
        if not found or not criterion.weight:
            continue
        without = swapped.category(at, 0)
        ordered.append((without == result.category, -found * criterion.weight, criterion.key))
    return tuple(key for _, _, key in sorted(ordered)[:3])


def _changes(reckoning: Reckoning, states: tuple[State, ...]) -> tuple[tuple[str, str, str], ...]:
    """For each criterion the nearest level on either side that leads to another category."""
    scheme, now = reckoning.scheme, reckoning.outcome(states).category
    swapped = _Swapped(reckoning, states)
    changes: list[tuple[str, str, str]] = []
    for at, criterion in enumerate(scheme.criteria):
        state = states[at]
        if state == NOT_APPLICABLE or not criterion.levels:
            continue
        ranks = range(len(criterion.levels))
        if unknown(state):
            sides = [list(ranks)]
        else:
            sides = [list(range(int(state) - 1, -1, -1)), list(range(int(state) + 1, len(criterion.levels)))]
        for side in sides:
            for rank in side:
                then = swapped.category(at, rank)
                if then is not None and then != now:
                    changes.append((criterion.key, criterion.levels[rank].name, then))
                    if not unknown(state):
                        break
    return tuple(changes)


def by_category(proposals: Iterable[Proposal], scheme: Scheme) -> Mapping[str | None, int]:
    """How many schools each category has, the most concerned first; under None those left to a person."""
    counts: dict[str | None, int] = {one.key: 0 for one in scheme.categories}
    for one in proposals:
        counts[one.category] = counts.get(one.category, 0) + 1
    return counts
