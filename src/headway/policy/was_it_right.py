"""Was it right? What happened next to the schools in each category, beside simpler rules, and the rebound test.

A scheme that finds schools in need puts those first that later fared badly, and does so better than the previous
grade alone. And schools that were picked because they were low rise anyway: the rebound test says what would have
happened to like schools that were not picked.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from headway.figures.intervals import wilson
from headway.figures.models import warning_logistic
from headway.figures.models.early_warning import Ranking
from headway.figures.models.rebound import Rebound, rebound
from headway.figures.models.terms import ModelError
from headway.policy.categorise import Proposal
from headway.policy.schemes import Scheme

UNDECIDED = "judgement needed"


@dataclass(frozen=True)
class NextOutcome:
    """How many of a category's schools something happened to; the share in percent with its 95 % interval."""

    category: str
    schools: int
    happened: int
    share: float
    lower: float
    upper: float


def by_category(
    proposals: Sequence[Proposal], scheme: Scheme, happened: Mapping[str, bool]
) -> tuple[NextOutcome, ...]:
    """For each category, the most concerned first, what happened to those of its schools of which it is known."""
    order = [*(one.key for one in scheme.categories), UNDECIDED]
    found = []
    for key in order:
        known = [
            happened[one.organisation]
            for one in proposals
            if (one.category or UNDECIDED) == key and one.organisation in happened
        ]
        if known:
            lower, upper = wilson(sum(known), len(known))
            found.append(
                NextOutcome(key, len(known), sum(known), 100 * sum(known) / len(known), lower, upper)
            )
    return tuple(found)


def concern(proposals: Sequence[Proposal], scheme: Scheme) -> Mapping[str, float]:
    """A number by which schools can be ranked: higher is more concerned. Category first, then score.

    A school without a category stands where the most concerned of its possible categories does; one of which the
    scheme can say nothing at all is left out.
    """
    found = {}
    for one in proposals:
        key = one.category or (one.possible[0] if one.possible else None)
        if key is None and one.score is None:
            continue
        place = len(scheme.categories) - scheme.place(key) if key is not None else 0
        found[one.organisation] = place + 0.999 * (one.score or 0.0)
    return found


def ranking(method: str, scores: Mapping[str, float], happened: Mapping[str, bool]) -> Ranking:
    """How well the order of the scores found the schools to which it happened: area under the curve, and the share
    of them in the first tenth. Schools with no outcome or no score are left out; ties are shared out."""
    schools = sorted(set(scores) & set(happened))
    score = np.array([scores[one] for one in schools], dtype=np.float64)
    outcome = np.array([happened[one] for one in schools], dtype=np.bool_)
    return Ranking(
        method,
        len(schools),
        int(outcome.sum()),
        warning_logistic.area_under_curve(score, outcome),
        100 * warning_logistic.share_held(score, outcome),
    )


def rebounds(
    proposals: Sequence[Proposal], scheme: Scheme, values: pl.DataFrame, pupils: str | None = None
) -> Mapping[str, Rebound | str]:
    """The rebound test for each category: `values` has `organisation`, `earlier` and `later` (a result the year the
    scheme looked at, and one after). Where it cannot be made the reason stands in its place.

    Whoever is in a more concerned category is not a like school that was left alone, and is not compared with.
    """
    known = set(values["organisation"])
    found: dict[str, Rebound | str] = {}
    passed: set[str] = set()
    for category in scheme.categories[:-1]:
        picked = [one.organisation for one in proposals if one.category == category.key]
        others = values.filter(~pl.col("organisation").is_in(list(passed)))
        try:
            found[category.key] = rebound(others, [one for one in picked if one in known], pupils=pupils)
        except ModelError as error:
            found[category.key] = str(error)
        passed.update(picked)
    return found
