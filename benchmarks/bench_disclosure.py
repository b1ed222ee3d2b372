"""How long a disclosure decision takes: 40, 80, 160, 240 schools by 30 groups.

    python benchmarks/bench_disclosure.py [schools …]

Prints, for each number of schools: figures, seconds on the clock and of the processor, what is hidden, and the
share of all-pupils figures lost to protect others. The tables are counted from made-up pupils, so that all
relations hold.
"""

from __future__ import annotations

import sys
import time
from random import Random

import polars as pl

from headway.figures.disclosure import Release, decide, settings
from headway.figures.tables import RESULTS

SHARES = {
    "sex": (0.5, 0.5),
    "disadvantage": (0.2, 0.8),
    "fsm6": (0.18, 0.82),
    "fsm": (0.14, 0.86),
    "sen": (0.13, 0.04, 0.83),
    "language": (0.15, 0.85),
    "mobility": (0.1, 0.9),
    "care": (0.01, 0.99),
    "prior": (0.15, 0.55, 0.3),
    "birth_term": (0.34, 0.33, 0.33),
    "ethnicity": (0.7, 0.07, 0.07, 0.08, 0.05, 0.01, 0.02),
}
"""Roughly the shares of an authority in the south of England; only their size matters here."""


def made_up(schools: int, seed: int = 1) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Results of one measure and year, and which schools lie in the authority and in three trusts."""
    chance = Random(seed)
    dimensions = settings().dimensions
    counts: dict[tuple[str, str], list[int]] = {}
    parents: list[tuple[str, str]] = []
    for number in range(schools):
        school = f"school:{100000 + number}"
        above = ["authority:936"] + ([f"trust:{number % 3}"] if number % 4 == 0 else [])
        parents += [(school, parent) for parent in above]
        for _ in range(chance.choice([8, 15, 28, 30, 30, 45, 58, 60, 60, 88])):
            met = chance.random() < 0.65
            groups = ["all"]
            for dimension, shares in SHARES.items():
                group = chance.choices(dimensions[dimension], shares)[0]
                if dimension == "fsm6":
                    group = "fsm6" if "disadvantaged" in groups and chance.random() < 0.9 else "not_fsm6"
                if dimension == "fsm":
                    group = "fsm" if "fsm6" in groups and chance.random() < 0.8 else "not_fsm"
                if dimension == "care" and "disadvantaged" not in groups:
                    group = "not_looked_after"
                groups.append(group)
            for group in groups:
                for organisation in (school, *above):
                    found = counts.setdefault((organisation, group), [0, 0])
                    found[0] += 1
                    found[1] += met
    rows = [
        {
            "organisation": organisation,
            "year": 2019,
            "years_pooled": 1,
            "measure": "ks2_rwm_expected",
            "group": group,
            "basis": "pupils",
            "status": "reported",
            "numerator": met,
            "denominator": cohort,
            "value": 100 * met / cohort,
        }
        for (organisation, group), (cohort, met) in counts.items()
    ]
    return RESULTS.conform(pl.DataFrame(rows)), pl.DataFrame(
        parents, schema={"organisation": pl.String, "group": pl.String}, orient="row"
    )


def main() -> None:
    """Time each size under the rule that hides cohorts and the one that hides numerators too."""
    sizes = [int(size) for size in sys.argv[1:]] or [40, 80, 160, 240]
    print("rule  schools  figures  seconds  processor  primary  secondary  all-pupils lost to secondary")
    for key in ("dfe", "six"):
        for schools in sizes:
            results, memberships = made_up(schools)
            began, used = time.perf_counter(), time.process_time()
            report = decide(Release("bench", results, memberships), "public", settings().rule(key)).report
            took, used = time.perf_counter() - began, time.process_time() - used
            share = report.share_of_headlines_lost_to_secondary or 0.0
            print(
                f"{key:4}  {schools:7}  {results.height:7}  {took:7.1f}  {used:9.1f}  {report.primary:7}"
                f"  {report.secondary:9}  {report.headlines_lost_secondary} of {report.headlines} ({100 * share:.1f} %)",
                flush=True,
            )


if __name__ == "__main__":
    main()
