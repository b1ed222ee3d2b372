"""Profiles, figures and small schemes, for the tests of policy."""

from __future__ import annotations

from datetime import date

from headway.policy.categorise import Proposal, categorise
from headway.policy.profiles import Comparison, Entered, Figure, Inspection, Profile
from headway.policy.scheme_packs import read
from headway.policy.schemes import Scheme

SCHOOLS = "\n".join(
    f'{kind} = "as the test says"' for kind in ("infant", "first", "junior", "middle", "special", "nursery")
)

HEAD = f"""
key = "ours"
title = "Ours"
version = "1"
first_day = 2000-01-01
first_year = 2000
figures = "unrounded"
compared_with = "nothing"
sources = ["a test"]
[schools]
{SCHOOLS}
"""


def share(measure: str, year: int, numerator: int, denominator: int) -> Figure:
    return Figure(
        measure,
        year,
        value=100 * numerator / denominator,
        numerator=numerator,
        denominator=denominator,
        numerator_low=numerator,
        numerator_high=numerator,
    )


def index(measure: str, year: int, value: float, half: float, pupils: int | None = 30) -> Figure:
    return Figure(measure, year, value=value, lower=value - half, upper=value + half, denominator=pupils)


def profile(
    year: int,
    *figures: Figure,
    kind: str | None = "primary",
    organisation: str = "school:100001",
    name: str = "Oak",
    comparisons: tuple[Comparison, ...] = (),
    inspections: tuple[Inspection, ...] = (),
    entered: dict[str, str] | None = None,
) -> Profile:
    return Profile(
        organisation,
        year,
        name=name,
        kind=kind,
        figures={(f.measure, f.year, f.group): f for f in figures},
        comparisons={(c.measure, c.year, c.comparator): c for c in comparisons},
        inspections=inspections,
        entered={
            key: Entered(key, level, "An adviser", date(2018, 10, 1))
            for key, level in (entered or {}).items()
        },
    )


def scheme(method: str, body: str, **head: str) -> Scheme:
    lines = "\n".join(f"{key} = {value}" for key, value in head.items())
    return read(f'method = "{method}"\n{lines}\n{HEAD}\n{body}', "ours.toml")


def people_judge(
    *names: str, levels: tuple[str, ...] = ("none", "some", "much"), weights: tuple[float, ...] = ()
) -> str:
    listed = ", ".join(f'{{ name = "{level}" }}' for level in levels)
    return "\n".join(
        f'[[criterion]]\nkey = "{name}"\ntitle = "{name.title()}"\nweight = {weights[at] if weights else 1}\n'
        f'level = [{listed}]\n[[criterion.rule]]\njudge = "entered"\n'
        for at, name in enumerate(names)
    )


def one(profile_: Profile, scheme_: Scheme) -> Proposal:
    return categorise([profile_], scheme_)[0]
