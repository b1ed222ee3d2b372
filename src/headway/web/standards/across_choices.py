"""By what schools may be filtered on the pages about a measure, and which schools fit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from headway.figures.measures import Measure, registry
from headway.figures.measures.groups import BY_KEY, GROUPS
from headway.web.design.numbers import school_year
from headway.web.people.models import User
from headway.web.people.permissions import Permission
from headway.web.schools import listing
from headway.web.schools.access import visible_to
from headway.web.standards.across_forms import OPTIONAL, AcrossFilter, Choices
from headway.web.standards.authority_choice import Choice
from headway.web.standards.modelled import MODELLED
from headway.web.standards.stages import by_stage


@dataclass(frozen=True)
class Wanted:
    """What is listed: a measure of a group of pupils, years together, and of which schools; `beside` is a school with which
    each of the others is compared."""

    measure: Measure
    group: str = "all"
    pooled: int = 1
    filters: Mapping[str, str] = field(default_factory=dict)
    minimum: int = 0
    beside: str = ""

    @property
    def title(self) -> str:
        """The measure and whose it is, in words."""
        of = (
            ""
            if self.group == "all"
            else f": {BY_KEY[self.group].title.lower()}"
            if self.group in BY_KEY
            else ""
        )
        return f"{self.measure.title}{of}"


def choices(user: User, choice: Choice) -> dict[str, Choices]:
    """Every choice of the filter, as the form takes them."""
    measures = [one for one in by_stage(choice.release.measures) if one.unit != "pupils"]
    modelled = (
        [one.measure for one in MODELLED.values()] if any(one.stage == "ks2" for one in measures) else []
    )
    return {
        "measure": [(one.key, one.title) for one in [*measures, *modelled]],
        "year": [(str(year), school_year(year)) for year in choice.years],
        "pooled": [("1", "One year"), ("3", "Three years")],
        "group": [(one.key, one.title) for one in GROUPS],
        "authority": choice.authorities,
        "release": [(one.name, one.name) for one in choice.releases],
        **{name: each for name, each in listing.choices(user).items() if name in OPTIONAL},
    }


def asked(user: User, choice: Choice, given: Mapping[str, str]) -> tuple[AcrossFilter, Wanted]:
    """The filter as it stands, and what it asks for."""
    found = choices(user, choice)
    first = found["measure"][0][0] if found["measure"] else ""
    usual = {"measure": first, "year": str(choice.year), "group": "all", "pooled": "1"}
    usual |= {"authority": choice.authority, "release": choice.release.name}
    form = AcrossFilter(given, choices=found, usual=usual)
    form.is_valid()
    clean = form.cleaned_data
    key = clean.get("measure") or first
    measure = MODELLED[key].measure if key in MODELLED else registry()[key]
    return form, Wanted(
        measure=measure,
        group=clean.get("group") or "all",
        pooled=int(clean.get("pooled") or 1),
        filters={name: clean[name] for name in OPTIONAL if clean.get(name)},
        minimum=clean.get("minimum") or 0,
        beside=given.get("beside", ""),
    )


def schools_among(user: User, choice: Choice, filters: Mapping[str, str]) -> frozenset[str] | None:
    """The keys of the schools that fit the filters; None where every school of the release does."""
    wanted = {name: value for name, value in filters.items() if value}
    if not wanted and not choice.release.is_national:
        return None
    found = visible_to(user, Permission.SEE_STANDARDS).filter(kind="school")
    if choice.release.is_national:
        found = found.filter(authority=choice.authority)
    if wanted:
        fitting = listing.schools_list(user, {**wanted, "status": "all"})
        found = found.filter(pk__in=fitting.rows.order_by().values("pk"))
    return frozenset(found.order_by().values_list("key", flat=True))
