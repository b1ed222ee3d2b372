"""What a pack is made from: the figures of one organisation as its readers may see them, and what stands beside them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import polars as pl

from headway.figures.measures import registry
from headway.figures.releases import NATIONS
from headway.web.design import charts
from headway.web.design.documents import Imprint
from headway.web.design.numbers import school_year
from headway.web.people.models import User
from headway.web.schools.models import Organisation
from headway.web.standards import recipients
from headway.web.standards.lines import Line, best, breaks_of, estimate_lines, line, lines, title_of
from headway.web.standards.models import Release
from headway.web.standards.reading import Figures, similar_schools
from headway.web.standards.recipients import Recipient

COHORTS = {"ks2": "ks2_cohort", "foundation": "eyfsp_cohort"}
"""The measure that counts the pupils of a stage."""
CALLED = {
    "ks2": "key stage 2",
    "foundation": "end of reception",
    "ks1": "key stage 1",
    "phonics": "Year 1",
    "mtc": "Year 4",
    "absence": "absence",
}
"""The stages that say how many pupils there are, the first that has figures before the others."""
LEADING = (
    "ks2_rwm_expected", "ks2_english_maths_level4", "eyfsp_good_level_of_development", "fsp_78_points", "phonics_expected",
)  # fmt: skip
"""The measures that may lead, those of the last stage first."""
_RECENT = 3
_MOST_SIMILAR = 12
GROUPS = (
    "girls", "boys", "disadvantaged", "other", "sen_support", "sen_ehcp", "no_sen", "eal", "not_eal", "mobile", "not_mobile",
    "prior_low", "prior_middle", "prior_high",
)  # fmt: skip
"""The groups of pupils that packs tell of, where these readers see them; each has its others beside it."""
_GROUPS_SINCE = 3
"""Years back to which groups are told."""


@dataclass(frozen=True)
class Names:
    """How things are called: whose document it is, its colour, the authority, and the nation."""

    organisation: str
    colour: str
    authority: str
    nation: str = "England"


@dataclass(frozen=True)
class Material:
    """Everything that a pack may say of an organisation to its readers, and what stands beside it: the authority's and the
    nation's figures, and those of similar schools, each as these readers see them."""

    about: Organisation
    figures: Figures
    recipient: Recipient
    names: Names
    beside: pl.DataFrame
    alike: tuple[tuple[str, str], ...] = ()

    @property
    def release(self) -> Release:
        """The release that the figures are from."""
        return self.figures.release

    @cached_property
    def lines(self) -> tuple[Line, ...]:
        """The figures of single years that packs tell of, in the order in which figures are told."""
        newest = self.figures.results["year"].max()
        recent = pl.col("group").is_in(GROUPS) & (pl.col("year") > pl.lit(newest) - _GROUPS_SINCE)
        return tuple(
            lines(self.figures, (pl.col("years_pooled") == 1) & ((pl.col("group") == "all") | recent))
        )

    @cached_property
    def value_added(self) -> tuple[Line, ...]:
        """What the value-added models say, single years."""
        return tuple(estimate_lines(self.figures, pl.col("years_pooled") == 1))

    @cached_property
    def comparisons(self) -> dict[tuple[Any, ...], Mapping[str, Any]]:
        """The rows of comparisons by figure and comparator."""
        return {
            (
                row["measure"],
                row["year"],
                row["years_pooled"],
                row["group"],
                row["basis"],
                row["comparator"],
            ): row
            for row in self.figures.comparisons.iter_rows(named=True)
        }

    def comparator(self, one: Line, name: str) -> tuple[float | None, str]:
        """The value of a comparator of a figure (`nation`, `authority`, `other`, …), or the word for why there is none."""
        for key in ("nation", "nation_state_funded") if name == "nation" else (name,):
            row = self.comparisons.get((one.measure, one.year, one.years_pooled, one.group, one.basis, key))
            if row is not None:
                if row["because"] == "suppressed":
                    return None, "suppressed"
                return row["comparator_value"], "–"
        return None, "–"

    def of(self, wanted: Iterable[str], *, group: str = "all", year: int | None = None) -> list[Line]:
        """The figures of these measures, in their order, of one group; of one year or of all."""
        order = {key: place for place, key in enumerate(wanted)}
        found = [
            one
            for one in self.lines
            if one.measure in order and one.group == group and (year is None or one.year == year)
        ]
        return sorted(found, key=lambda one: (order[one.measure], one.year))

    def latest(self, wanted: Iterable[str]) -> int | None:
        """The latest year in which one of these measures has a figure, reported or not."""
        keys = set(wanted)
        return max(
            (one.year for one in self.lines if one.measure in keys and one.group == "all"), default=None
        )

    def measures(self, *stages: str, unless: Callable[[str], bool] = lambda measure: False) -> list[str]:
        """The measures of these stages of which there is anything, in the order in which they are told."""
        found = dict.fromkeys(one.measure for one in self.lines)
        known = registry()
        return [key for key in found if key in known and known[key].stage in stages and not unless(key)]

    def series(self, organisations: Sequence[str], measure: str, group: str = "all") -> dict[int, Line]:
        """The years of the authority or the nation; of several organisations the first that has a year."""
        found: dict[int, Line] = {}
        for key in organisations:
            rows = best(
                self.beside.filter(
                    (pl.col("organisation") == key)
                    & (pl.col("measure") == measure)
                    & (pl.col("group") == group)
                    & (pl.col("years_pooled") == 1)
                )
            )
            for row in rows.iter_rows(named=True):
                found.setdefault(row["year"], line(row, self.release))
        return found

    def trend(self, measure: str, *, title: str = "") -> charts.Chart | None:
        """The trend of a measure for all pupils beside the authority and the nation; None where no year has a value."""
        own = {one.year: one.as_point(one.year_text) for one in self.of([measure])}
        if not any(point.value is not None for point in own.values()):
            return None
        first, last = min(own), max(own)
        comparators = {
            name: points
            for name, keys in (
                (self.names.authority, [self.release.scope]),
                (self.names.nation, list(NATIONS)),
            )
            if self.about.key not in keys
            and (
                points := {
                    year: one.as_point(one.year_text)
                    for year, one in self.series(keys, measure).items()
                    if first <= year <= last
                }
            )
        }
        known = registry().get(measure)
        return charts.trend(
            title or title_of(measure),
            own,
            unit=known.unit if known else "percent",
            of=str(self.about),
            breaks=breaks_of(measure, own),
            comparators=comparators,
        )

    def imprint(self, pupils: str) -> Imprint:
        """What stands on every page."""
        published = self.release.published_at
        return Imprint(
            audience=self.recipient.title,
            release=self.release.name,
            state=self.release.state,
            as_at=f"{published.day} {published:%B %Y}",
            pupils=pupils,
            organisation=self.names.organisation,
        )

    def newest(self, wanted: Iterable[str]) -> list[Line]:
        """The newest figure of each of these measures, those of long ago left out."""
        since = max((one.year for one in self.lines), default=0) - _RECENT
        return [found[-1] for key in wanted if (found := self.of([key])) and found[-1].year > since]

    def leading(self) -> str:
        """The measure that leads: of the last stage of which the organisation has figures (an infant school has none of key
        stage 2)."""
        newest = max((one.year for one in self.lines), default=0)
        return next((key for key in LEADING if (self.latest([key]) or 0) > newest - _RECENT), LEADING[0])

    def pupils(self, *stages: str) -> str:
        """How many pupils the newest figures of the first stage that has any are of: `31 pupils (key stage 2, 2023/24)`."""
        for stage in stages or tuple(CALLED):
            found = self.of([COHORTS[stage]]) if stage in COHORTS else []
            if not found:
                found = [one for one in self.of(self.measures(stage)) if one.pupils is not None]
                found.sort(key=lambda one: (one.year, one.pupils or 0))
            if found:
                return _pupils_words(found[-1], CALLED[stage])
        return "number of pupils not given"


def _pupils_words(last: Line, called: str) -> str:
    when = f"({called}, {school_year(last.year)})"
    if not last.is_reported:
        return f"number of pupils {last.text} {when}"
    return f"{last.text if last.pupils is None else f'{last.pupils:,}'} pupils {when}"


def gather(user: User, about: Organisation, recipient: str, release: Release, names: Names) -> Material:
    """The material for a pack for these readers. Raises Http404 where that is not the person's to make."""
    figures = recipients.figures_for(user, about.key, recipient, release=release)
    chosen = next(
        one for one in recipients.recipients(user, about.key, release) if one.key == recipient
    )  # figures_for has raised where there is none
    alike = similar_schools(user, about.key, release=release)[:_MOST_SIMILAR] if about.urn else []
    called = {
        one.key: str(one) for one in Organisation.objects.filter(key__in=alike).only("key", "name", "kind")
    }
    beside = recipients.beside_for(
        user,
        [release.scope, *NATIONS, *alike],
        chosen,
        release=release,
        measures=release.measures,
    )
    return Material(
        about, figures, chosen, names, beside, tuple((key, called.get(key, key)) for key in alike)
    )
