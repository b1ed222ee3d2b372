"""Was it right? What happened next to the schools in each category, beside simpler rules, and the rebound test.

A scheme that finds schools in need puts those first that later fared badly, and does so better than the previous
grade alone. And schools that were picked because they were low rise anyway: the rebound test says what would have
happened to like schools that were not picked.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

from headway.figures.intervals import wilson
from headway.figures.models import warning_logistic
from headway.figures.models.early_warning import Ranking
from headway.figures.models.rebound import Rebound, rebound
from headway.figures.models.terms import ModelError
from headway.policy.categorise import Proposal
from headway.policy.outcomes import JUDGEMENT_NEEDED
from headway.policy.profiles import Inspection
from headway.policy.schemes import Scheme


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
    order = [*(one.key for one in scheme.categories), JUDGEMENT_NEEDED]
    found = []
    for key in order:
        known = [
            happened[one.organisation]
            for one in proposals
            if (one.category or JUDGEMENT_NEEDED) == key and one.organisation in happened
        ]
        if known:
            lower, upper = wilson(sum(known), len(known))
            found.append(
                NextOutcome(key, len(known), sum(known), 100 * sum(known) / len(known), lower, upper)
            )
    return tuple(found)


BELOW_GOOD = ("requires improvement", "satisfactory", "inadequate")
_RANK = {"outstanding": 1.0, "good": 2.0, "satisfactory": 3.0, "requires improvement": 3.0, "inadequate": 4.0}


def below_good(
    inspections: Mapping[str, Sequence[Inspection]], first_day: date, last_day: date
) -> Mapping[str, bool]:
    """Whether the first inspection with an overall grade in these days came out below good; schools without one are
    left out."""
    found = {}
    for school, events in inspections.items():
        graded = [one for one in events if first_day <= one.day <= last_day and one.overall in _RANK]
        if graded:
            found[school] = graded[0].overall in BELOW_GOOD
    return found


def previous_grade(inspections: Mapping[str, Sequence[Inspection]], as_at: date) -> Mapping[str, float]:
    """The last overall grade known on a day, 1 outstanding to 4 inadequate: the simplest order there is."""
    found = {}
    for school, events in inspections.items():
        graded = [_RANK[one.overall] for one in events if one.known_on <= as_at and one.overall in _RANK]
        if graded:
            found[school] = graded[-1]
    return found


def low_results(figures: pl.DataFrame, measure: str, year: int) -> Mapping[str, float]:
    """The order of a result, the lowest first: the reported figures of rows of `results`, turned round."""
    rows = figures.filter(
        (pl.col("measure") == measure) & (pl.col("year") == year) & (pl.col("status") == "reported")
    )
    return {
        school: -value
        for school, value in rows.select("organisation", "value").iter_rows()
        if value is not None
    }


def earlier_and_later(figures: pl.DataFrame, measure: str, earlier: int, later: int) -> pl.DataFrame:
    """A school's reported results of two years side by side, for the rebound test: organisation, earlier, later."""
    rows = figures.filter((pl.col("measure") == measure) & (pl.col("status") == "reported"))
    return (
        rows.filter(pl.col("year") == earlier)
        .select("organisation", earlier="value")
        .join(rows.filter(pl.col("year") == later).select("organisation", later="value"), on="organisation")
    )


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
