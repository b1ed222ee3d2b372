"""Gathers from a release all that can be added up: variables, relations and counts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np
import polars as pl
from scipy.sparse import csr_array

from headway.figures.disclosure.relations import Count, Relations, Terms, merged, reported
from headway.figures.disclosure.rounding import settle
from headway.figures.disclosure.rules import Settings
from headway.figures.tables import FIGURE_KEY

BASES = ("pupils", "published", "schools")
_NEAR = 1e-6


def relate(results: pl.DataFrame, memberships: pl.DataFrame, settings: Settings) -> Relations:
    """The variables and relations of everything in `results`.

    `memberships` has organisation and group (the parent): schools in authority, trusts, clusters; they may
    overlap. A relation that does not hold in the figures themselves is left out and named in `left_out`.
    """
    builder = _Builder(reported(results), settings)
    builder.add_variables()
    builder.add_dimensions()
    builder.add_memberships(memberships)
    builder.add_pooled_years()
    builder.add_nested_measures()
    builder.add_divisions()
    builder.add_between_standards()
    return builder.relations()


def _family(measure: str) -> str:
    """Measures of one stage share their cohorts wherever these are equal."""
    return measure.split("_", 1)[0]


class _Builder:
    """Gathers variables and rows. Lives only while `relate` runs."""

    def __init__(self, figures: pl.DataFrame, settings: Settings) -> None:
        self.figures = figures
        self.settings = settings
        self.keys = figures.select(FIGURE_KEY).rows()
        self.place = {key: index for index, key in enumerate(self.keys)}
        self.organisations = sorted({key[0] for key in self.keys})
        self.organisation_of = {name: index for index, name in enumerate(self.organisations)}
        self.parents: dict[int, tuple[int, ...]] = {}
        self.truth: list[float] = []
        self.low: list[float] = []
        self.high: list[float] = []
        self.floor: list[float] = []
        self.owner: list[int] = []
        self.box: list[float] = []
        self.whole: list[bool] = []
        self.cohort_of: list[int] = []
        self.met_of: list[int | None] = []
        self.mean: list[bool] = []
        self.rows: dict[Terms, tuple[float, float]] = {}
        self.counts: list[Count] = []
        self.left_out: list[str] = []
        self.cohorts: dict[tuple[object, ...], dict[int, int]] = {}
        self.share: set[int] = set()
        self.divisions: list[tuple[int, list[int], str, bool]] = []
        self.between: list[tuple[int, int, str]] = []

    def _variable(
        self, owner: int, truth: float, low: float, high: float, *, floor: float = 0.0, box: float = 1.0
    ) -> int:
        self.truth.append(truth)
        self.low.append(low)
        self.high.append(high)
        self.floor.append(floor)
        self.owner.append(owner)
        self.box.append(box)
        self.whole.append(box == 1.0)
        return len(self.truth) - 1

    def add_variables(self) -> None:
        """A cohort and a met (or sum) variable for each figure; equal ones of one stage or basis are one."""
        mets: dict[tuple[object, ...], int] = {}
        columns = ("denominator", "numerator", "numerator_low", "numerator_high", "total", "value", "kind")
        shares: list[tuple[int, int, int]] = []
        for key, values in zip(self.keys, self.figures.select(columns).rows(), strict=True):
            organisation, year, pooled, measure, group, _ = key
            pupils, numerator, low, high, total, value, kind = values
            owner = self.organisation_of[organisation]
            whose = "all" if kind == "group share" else group
            cohort = self._cohort((organisation, year, pooled, _family(measure), whose), pupils)
            low = numerator if numerator is not None else low
            high = numerator if numerator is not None else high
            met: int | None = None
            mean = kind == "mean"
            if kind == "group share" and low is not None:
                shares.append((len(self.cohort_of), low, high))
            elif kind == "cohort" or kind == "spread":
                pass
            elif not mean and low is not None and high is not None:
                truth = numerator if numerator is not None else (low + high) // 2
                same = (organisation, year, pooled, measure, group, pupils, low, high)
                if same not in mets:
                    mets[same] = self._variable(owner, truth, low, high)
                met = mets[same]
                self._row(((cohort, 1.0), (met, -1.0)), 0.0, np.inf)
            elif mean and (value is not None or total is not None):
                amount = float(total if total is not None else value * pupils)
                sums = (organisation, year, pooled, measure, group, pupils, round(amount, 6), None)
                if sums not in mets:
                    mets[sums] = self._sum_variable(owner, measure, cohort, amount)
                met = mets[sums]
            self.cohort_of.append(cohort)
            self.met_of.append(met)
            self.mean.append(mean)
        for figure, low, high in shares:
            self._add_share(figure, low, high)
        for figure, key in enumerate(self.keys):
            self.counts.append(self._count(self.organisation_of[key[0]], figure, "", [figure], [1.0]))

    def _cohort(self, whose: tuple[object, ...], pupils: int) -> int:
        """The variable of a cohort: organisation, year, years pooled, family and group, so many pupils."""
        known = self.cohorts.setdefault(whose, {})
        if pupils not in known:
            known[pupils] = self._variable(self.organisation_of[str(whose[0])], pupils, pupils, pupils)
        return known[pupils]

    def _add_share(self, figure: int, low: int, high: int) -> None:
        """The share of a group tells the group's cohort, which other figures may tell as well."""
        organisation, year, pooled, measure, group, _ = self.keys[figure]
        whose = (organisation, year, pooled, _family(measure), group)
        fitting = [pupils for pupils in self.cohorts.get(whose, {}) if low <= pupils <= high]
        if not fitting:
            # Nothing else tells it: a cohort of its own, which a shown share leaves open as far as it is rounded.
            owner = self.organisation_of[organisation]
            pupils = (low + high) // 2
            made = self._variable(owner, pupils, low, high)
            self.cohorts.setdefault(whose, {})[pupils] = made
            label = _label(self.keys[figure], "its pupils")
            self.counts.append(
                Count(owner, None, label, ((made, 1.0),), float(pupils), None, 0.0, mean=False)
            )
            fitting = [pupils]
        self.met_of[figure] = self.cohorts[whose][fitting[0]]
        self.share.add(figure)
        terms = ((self.cohort_of[figure], 1.0), (self.cohorts[whose][fitting[0]], -1.0))
        self._row(terms, 0.0, np.inf)

    def _sum_variable(self, owner: int, measure: str, cohort: int, amount: float) -> int:
        limits = self._range(measure)
        box = 50.0 if limits is None else 2 * max(abs(limit) for limit in limits)
        made = self._variable(owner, amount, amount, amount, floor=-np.inf, box=box)
        if limits is not None:
            self._keep_sum_within(limits, ((made, 1.0),), ((cohort, 1.0),))
        return made

    def _range(self, measure: str) -> tuple[float, float] | None:
        return next((found for end, found in self.settings.ranges.items() if measure.endswith(end)), None)

    def _keep_sum_within(self, limits: tuple[float, float], amount: Terms, cohort: Terms) -> None:
        """A sum of values lies between so many times the least and so many times the greatest."""
        least, most = limits
        if least * self._value(cohort) - _NEAR <= self._value(amount) <= most * self._value(cohort) + _NEAR:
            self._row([*amount, *((variable, -least * times) for variable, times in cohort)], 0.0, np.inf)
            self._row([*amount, *((variable, -most * times) for variable, times in cohort)], -np.inf, 0.0)

    def _row(self, terms: Iterable[tuple[int, float]], low: float, high: float) -> None:
        """The sum of these variables (not of their deviations) is between low and high."""
        kept = merged(terms)
        if kept:
            before = self.rows.get(kept, (-np.inf, np.inf))
            self.rows[kept] = (max(before[0], low), min(before[1], high))

    def _terms(self, variables: Sequence[int | None], signs: Sequence[float]) -> Terms | None:
        known = [variable for variable in variables if variable is not None]
        return merged(zip(known, signs, strict=True)) if len(known) == len(variables) else None

    def _value(self, terms: Terms) -> float:
        return sum(self.truth[variable] * times for variable, times in terms)

    def _count(
        self, owner: int, figure: int | None, label: str, figures: Sequence[int], signs: Sequence[float]
    ) -> Count:
        cohort = self._terms([self.cohort_of[one] for one in figures], signs)
        met = self._terms([self.met_of[one] for one in figures], signs)
        assert cohort is not None
        return Count(
            organisation=owner,
            figure=figure,
            label=label,
            cohort=cohort,
            pupils=self._value(cohort),
            met=met,
            met_pupils=self._value(met) if met is not None else 0.0,
            mean=self.mean[figures[0]],
        )

    def _within(self, whole: int, parts: Sequence[int], label: str, *, complete: bool = True) -> None:
        """The parts lie in the whole without overlapping; `complete` says that an attacker knows when they are all."""
        parts = [part for part in parts if part != whole]
        if parts:
            self.divisions.append((whole, parts, label, complete))

    def add_divisions(self) -> None:
        """What is left over of every whole is a count as well. Open counts are settled first, so that all fits."""
        self._settle()
        for whole, parts, label, complete in self.divisions:
            self._add_rest(whole, parts, label, complete)

    def _add_rest(self, whole: int, parts: Sequence[int], label: str, complete: bool) -> None:
        owner = self.organisation_of[self.keys[whole][0]]
        rest = self._count(owner, None, label, [whole, *parts], [1.0] + [-1.0] * len(parts))
        if rest.pupils < 0:
            self.left_out.append(f"{label}: the parts have {-rest.pupils:g} pupils more than the whole")
            return
        nothing_left = complete and rest.pupils == 0
        self._row(rest.cohort, 0.0, 0.0 if nothing_left else np.inf)
        if rest.met is not None and rest.mean:
            limits = self._range(self.keys[whole][3])
            if nothing_left:
                self._row(rest.met, rest.met_pupils, rest.met_pupils)
            elif limits is not None:
                self._keep_sum_within(limits, rest.met, rest.cohort)
        elif rest.met is not None and not 0 <= rest.met_pupils <= rest.pupils:
            self.left_out.append(
                f"{label}: {rest.met_pupils:g} of the {rest.pupils:g} pupils left over would have met it"
            )
            rest = replace(rest, met=None, met_pupils=0.0)
        elif rest.met is not None and nothing_left:
            self._row(rest.met, 0.0, 0.0)
        elif rest.met is not None:
            self._row(rest.met, 0.0, np.inf)
            not_met = [*rest.cohort, *((variable, -times) for variable, times in rest.met)]
            self._row(not_met, 0.0, np.inf)
        if not nothing_left and rest.pupils:
            self.counts.append(rest)

    def _settle(self) -> None:
        """Choose open counts that fit each other."""
        limits = dict(self.rows)
        for whole, parts, _, _ in self.divisions:
            figures, signs = [whole, *parts], [1.0] + [-1.0] * len(parts)
            met = self._terms([self.met_of[one] for one in figures], signs)
            cohort = self._terms([self.cohort_of[one] for one in figures], signs)
            if met and not self.mean[whole] and whole not in self.share:
                limits[met] = (0.0, max(self._value(cohort or ()), 0.0))
        counted = sorted({one for one in self.met_of if one is not None})
        settled = settle(self.truth, self.low, self.high, counted, limits)
        for variable, value in settled.items():
            self.truth[variable] = value

    def _find(self, key: tuple[object, ...], basis: str, **changed: object) -> int | None:
        """The figure with this key but what is changed, of this basis or else of another."""
        wanted = [changed.get(name, value) for name, value in zip(FIGURE_KEY, key, strict=True)]
        for tried in (basis, *BASES):
            found = self.place.get((*wanted[:5], tried))
            if found is not None:
                return found
        return None

    def add_dimensions(self) -> None:
        """Groups of one dimension lie in all pupils; a nested group lies in the other."""
        for whole, key in enumerate(self.keys):
            group, basis = key[4], key[5]
            if group == "all":
                for dimension, groups in self._dimensions():
                    parts = [self._find(key, basis, group=one) for one in groups]
                    self._within(
                        whole,
                        [part for part in parts if part is not None],
                        _label(key, f"not in any {dimension}"),
                    )
            for inner, outer in self.settings.nested:
                part = self._find(key, basis, group=inner) if group == outer else None
                if part is not None and whole in self.share:
                    self._row(
                        self._terms([self.met_of[whole], self.met_of[part]], [1.0, -1.0]) or (), 0.0, np.inf
                    )
                elif part is not None:
                    self._within(whole, [part], _label(key, f"not {inner}"), complete=False)

    def _dimensions(self) -> list[tuple[str, tuple[str, ...]]]:
        known = self.settings.dimension_of
        alone = sorted({key[4] for key in self.keys} - set(known) - {"all"})
        return [*self.settings.dimensions.items(), *((group, (group,)) for group in alone)]

    def add_memberships(self, memberships: pl.DataFrame) -> None:
        """Schools lie in their authority, trust or cluster; of years pooled the last decides."""
        if "year" not in memberships.columns:
            memberships = memberships.with_columns(year=pl.lit(None, pl.Int64))
        known = memberships.select("organisation", "group", "year").drop_nulls(["organisation", "group"])
        members: dict[tuple[str, int | None], set[str]] = {}
        for child, parent, year in known.unique().sort(known.columns).rows():
            if child in self.organisation_of and parent in self.organisation_of and child != parent:
                members.setdefault((parent, year), set()).add(child)
                index = self.organisation_of[child]
                self.parents[index] = (*self.parents.get(index, ()), self.organisation_of[parent])
        for whole, key in enumerate(self.keys):
            those = members.get((key[0], None), set()) | members.get((key[0], key[1]), set())
            inside = [self._find(key, key[5], organisation=one) for one in sorted(those)]
            parts = [part for part in inside if part is not None]
            self._within(whole, parts, _label(key, "in none of the schools shown"))

    def add_pooled_years(self) -> None:
        """Three years pooled are the sum of the three."""
        for whole, key in enumerate(self.keys):
            year, pooled = key[1], key[2]
            if pooled > 1:
                years = range(year - pooled + 1, year + 1)
                inside = [self._find(key, key[5], year=one, years_pooled=1) for one in years]
                parts = [part for part in inside if part is not None]
                self._within(whole, parts, _label(key, "in the years not shown"))

    def add_nested_measures(self) -> None:
        """Who met the higher standard met the expected one; who met all subjects met each.

        Those who met the one standard of a subject but not the next are a count that anybody can take.
        """
        for inner, key in enumerate(self.keys):
            for outer_name in self.settings.outer_measures(key[3]):
                outer = self._find(key, key[5], measure=outer_name)
                if outer is None or self.cohort_of[inner] != self.cohort_of[outer]:
                    continue
                small, large = self.met_of[inner], self.met_of[outer]
                if small is not None and large is not None and not self.mean[inner] and not self.mean[outer]:
                    self._row(((large, 1.0), (small, -1.0)), 0.0, np.inf)
                    if self.settings.is_next_standard(key[3], outer_name) and small != large:
                        self.between.append((large, small, _label(key, f"met {outer_name} but not this")))

    def add_between_standards(self) -> None:
        """Those between one standard of a subject and the next."""
        for large, small, label in self.between:
            terms = merged(((large, 1.0), (small, -1.0)))
            pupils = self._value(terms)
            if pupils >= 0:
                owner = self.owner[large]
                self.counts.append(
                    Count(owner, None, label, terms, pupils, None, 0.0, False, of_numerators=True)
                )

    def relations(self) -> Relations:
        """All that was gathered, rows and counts stated for the truth; what does not hold is left out."""
        truth = np.array(self.truth, dtype=np.float64)
        limits = np.array(list(self.rows.values()), dtype=np.float64).reshape(-1, 2)
        lengths = np.array([len(terms) for terms in self.rows], dtype=np.int64)
        matrix = csr_array(
            (
                np.array([times for terms in self.rows for _, times in terms], dtype=np.float64),
                np.array([variable for terms in self.rows for variable, _ in terms], dtype=np.int64),
                np.concatenate([[0], np.cumsum(lengths)]),
            ),
            shape=(len(self.rows), len(truth)),
        )
        at_truth = matrix @ truth
        row_low, row_high = limits[:, 0] - at_truth, limits[:, 1] - at_truth
        row_low[np.abs(row_low) < _NEAR] = 0.0
        row_high[np.abs(row_high) < _NEAR] = 0.0
        holds = (row_low <= 0) & (row_high >= 0)
        if not holds.all():
            self.left_out.append(f"{int((~holds).sum())} relations do not fit the rounded percentages")
            matrix, row_low, row_high = matrix[np.flatnonzero(holds)], row_low[holds], row_high[holds]
        counts = [
            replace(
                count,
                pupils=self._value(count.cohort),
                met_pupils=self._value(count.met) if count.met is not None else 0.0,
            )
            for count in self.counts
        ]
        revealed = zip(self.cohort_of, self.met_of, strict=True)
        return Relations(
            figures=self.figures,
            organisations=self.organisations,
            parents={child: tuple(sorted(set(parents))) for child, parents in self.parents.items()},
            truth=truth,
            low=np.array(self.low, dtype=np.float64),
            high=np.array(self.high, dtype=np.float64),
            floor=np.array(self.floor, dtype=np.float64),
            owner=np.array(self.owner, dtype=np.int64),
            box=np.array(self.box, dtype=np.float64),
            whole=np.array(self.whole, dtype=np.bool_),
            reveals=[(cohort,) if met is None else (cohort, met) for cohort, met in revealed],
            matrix=matrix,
            row_low=row_low,
            row_high=row_high,
            counts=counts,
            left_out=sorted(set(self.left_out)),
        )


def _label(key: tuple[object, ...], what: str) -> str:
    organisation, year, pooled, measure, group, _ = key
    years = f"{year}" if pooled == 1 else f"{pooled} years to {year}"
    return f"{organisation}, {years}, {measure}, {group}: {what}"
