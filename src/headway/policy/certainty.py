"""How sure a category is: the chance of each, were the figures drawn again from within their own uncertainty.

A percentage with its pupils is drawn from Beta(met + ½, not met + ½), a mean or a difference from the normal
distribution of its 95 % interval; a figure and its comparisons are drawn together. Figures without pupils or
interval stay as they are, as do inspections and people's judgements.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy.stats import beta, norm

from headway.figures.intervals import Z
from headway.policy.categorise import Proposal, Reckoning, found_by
from headway.policy.outcomes import JUDGEMENT_NEEDED
from headway.policy.profiles import Comparison, Figure, Profile

Numbers = npt.NDArray[np.float64]


def chances(
    profiles: Sequence[Profile],
    proposals: Sequence[Proposal],
    reckoning: Reckoning,
    *,
    draws: int = 200,
    seed: int = 20081,
) -> tuple[Mapping[str, float], ...]:
    """For each school the share of `draws` in which each category comes out, in the scheme's order; under
    "judgement needed" those in which none does. The same seed gives the same answer, whatever the other schools are."""
    found = []
    for profile, one in zip(profiles, proposals, strict=True):
        generator = np.random.default_rng([seed, *one.organisation.encode()])
        counts = _counts(profile, one, reckoning, draws, generator)
        keys = [category.key for category in reckoning.scheme.categories]
        shares = {key: counts[key] / draws for key in keys if counts[key]}
        if counts[None]:
            shares[JUDGEMENT_NEEDED] = counts[None] / draws
        found.append(shares)
    return tuple(found)


def _counts(
    profile: Profile, one: Proposal, reckoning: Reckoning, draws: int, generator: np.random.Generator
) -> Counter[str | None]:
    evidence = [item for finding in one.findings for item in finding.judgement.evidence]
    keys = sorted({(item.measure, item.year) for item in evidence})
    drawn = {key: generator.uniform(size=draws) for key in keys}
    figures = {
        key: _values(profile.figures[key], drawn[key[:2]])
        for key in profile.figures
        if key[:2] in drawn and _uncertain(profile.figures[key])
    }
    beside = {
        key: _differences(profile.comparisons[key], drawn[key[:2]])
        for key in profile.comparisons
        if key[:2] in drawn and _spread(profile.comparisons[key])
    }
    if not figures and not beside:
        return Counter({one.category: draws})
    touched = {key[:2] for key in (*figures, *beside)}
    scheme = reckoning.scheme
    again = [
        any((item.measure, item.year) in touched for item in finding.judgement.evidence)
        for finding in one.findings
    ]
    rules = [criterion.rule(profile.kind, profile.year) for criterion in scheme.criteria]
    counts: Counter[str | None] = Counter()
    for at in range(draws):
        other = replace(
            profile,
            figures={**profile.figures, **{key: _figure(profile.figures[key], float(values[at]))
                                           for key, values in figures.items()}},
            comparisons={**profile.comparisons, **{key: _comparison(profile.comparisons[key], float(values[at]))
                                                   for key, values in beside.items()}},
        )  # fmt: skip
        states = tuple(
            found_by(criterion, rule, other).state if anew else finding.state
            for criterion, rule, anew, finding in zip(
                scheme.criteria, rules, again, one.findings, strict=True
            )
        )
        counts[reckoning.outcome(states).category] += 1
    return counts


def _uncertain(figure: Figure) -> bool:
    if figure.status != "reported" or figure.value is None:
        return False
    if figure.numerator is not None and figure.denominator:
        return True
    return figure.lower is not None and figure.upper is not None and figure.upper > figure.lower


def _values(figure: Figure, uniform: Numbers) -> Numbers:
    assert figure.value is not None
    if figure.numerator is not None and figure.denominator:
        missed = figure.denominator - figure.numerator
        values: Numbers = 100 * beta.ppf(uniform, figure.numerator + 0.5, missed + 0.5)
        return values
    assert figure.upper is not None
    assert figure.lower is not None
    error = (figure.upper - figure.lower) / (2 * Z)
    shifted: Numbers = figure.value + error * norm.ppf(uniform)
    return shifted


def _figure(figure: Figure, value: float) -> Figure:
    assert figure.value is not None
    moved = value - figure.value
    return replace(
        figure,
        value=value,
        numerator=None,
        numerator_low=None,
        numerator_high=None,
        rounded_to=None,
        lower=None if figure.lower is None else figure.lower + moved,
        upper=None if figure.upper is None else figure.upper + moved,
    )


def _spread(one: Comparison) -> bool:
    return (
        one.difference is not None
        and one.lower is not None
        and one.upper is not None
        and one.upper > one.lower
    )


def _differences(one: Comparison, uniform: Numbers) -> Numbers:
    assert one.difference is not None
    assert one.upper is not None
    assert one.lower is not None
    error = (one.upper - one.lower) / (2 * Z)
    found: Numbers = one.difference + error * norm.ppf(uniform)
    return found


def _comparison(one: Comparison, difference: float) -> Comparison:
    assert one.difference is not None
    assert one.upper is not None
    assert one.lower is not None
    moved = difference - one.difference
    lower, upper = one.lower + moved, one.upper + moved
    significance = "above" if lower > 0 else "below" if upper < 0 else "not significant"
    return replace(one, difference=difference, lower=lower, upper=upper, significance=significance)


@dataclass(frozen=True)
class Flip:
    """A school whose category differs between two years. `same` is the chance that both years would have given one
    category, were their figures drawn again: where it is not small, noise may be all there is to it."""

    organisation: str
    name: str
    earlier_year: int
    later_year: int
    earlier: str | None
    later: str | None
    same: float

    @property
    def noise_may_explain(self) -> bool:
        """Whether one category in both years is as likely as one in twenty, or likelier."""
        return self.same >= 0.05


def flips(
    earlier: Sequence[Proposal],
    later: Sequence[Proposal],
    earlier_chances: Sequence[Mapping[str, float]],
    later_chances: Sequence[Mapping[str, float]],
) -> tuple[Flip, ...]:
    """Schools with a category in both years that differs, by name."""
    then = {one.organisation: (one, chance) for one, chance in zip(earlier, earlier_chances, strict=True)}
    found = []
    for one, chance in zip(later, later_chances, strict=True):
        if one.organisation not in then:
            continue
        before, chance_before = then[one.organisation]
        if before.category is None or one.category is None or before.category == one.category:
            continue
        same = sum(share * chance_before.get(key, 0.0) for key, share in chance.items())
        found.append(
            Flip(one.organisation, one.name, before.year, one.year, before.category, one.category, same)
        )
    return tuple(sorted(found, key=lambda flip: (flip.name, flip.organisation)))
