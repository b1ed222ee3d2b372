"""An attacker who holds what was published and adds it up. Written apart from the protector, and slowly.

Shares no code with `headway.figures.disclosure`: own list of what adds up, own variables (each count that is
left over is one), own programme, and no blocks: nothing is held at the truth. Also makes the tables
that are attacked, from single pupils, so that everything in them adds up.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from random import Random

import highspy
import numpy as np
import polars as pl
from scipy.optimize import LinearConstraint, milp
from scipy.sparse import csr_array

from headway.figures.tables import RESULTS

KINDS = {
    "sex": ("girls", "boys"),
    "disadvantage": ("disadvantaged", "other"),
    "fsm": ("fsm", "not_fsm"),
    "sen": ("sen_support", "sen_ehcp", "no_sen"),
    "language": ("eal", "not_eal"),
    "mobility": ("mobile", "not_mobile"),
    "prior": ("prior_low", "prior_middle", "prior_high"),
}
Cell = tuple[str, int, int, str, str]
"""organisation, year, years pooled, measure, group."""


@dataclass(frozen=True)
class Secret:
    """A small count: pupils of the table left after taking `less` from `whole`; which part of them."""

    whole: Cell
    less: tuple[Cell, ...]
    part: str
    truth: int

    def __str__(self) -> str:
        taken = "".join(f" - {cell[0]} {cell[4]}" for cell in self.less)
        return f"{self.part} of {self.whole}{taken} = {self.truth}"


@dataclass
class Table:
    """True counts (cohort, met) of every cell, and which organisations lie in which."""

    counts: dict[Cell, tuple[int, int]]
    members: dict[str, list[str]] = field(default_factory=dict)

    def results(self) -> pl.DataFrame:
        """The counts as a table of results."""
        rows = [
            {
                **dict(zip(("organisation", "year", "years_pooled", "measure", "group"), cell, strict=True)),
                "basis": "pupils",
                "status": "reported",
                "numerator": met,
                "denominator": cohort,
                "value": 100 * met / cohort if cohort else None,
            }
            for cell, (cohort, met) in self.counts.items()
        ]
        return RESULTS.conform(pl.DataFrame(rows, schema_overrides={"value": pl.Float64}))

    def memberships(self) -> pl.DataFrame:
        """Who lies in what."""
        pairs = [(child, parent) for parent, children in self.members.items() for child in children]
        return pl.DataFrame(pairs, schema={"organisation": pl.String, "group": pl.String}, orient="row")

    def divisions(self) -> list[tuple[Cell, tuple[Cell, ...]]]:
        """Each cell with cells that lie in it without overlapping."""
        found: list[tuple[Cell, tuple[Cell, ...]]] = []
        for cell in self.counts:
            organisation, year, pooled, measure, group = cell
            if group == "all":
                found.extend(
                    (cell, tuple((organisation, year, pooled, measure, one) for one in groups))
                    for groups in KINDS.values()
                )
            if group == "disadvantaged":
                found.append((cell, ((organisation, year, pooled, measure, "fsm"),)))
            children = self.members.get(organisation, [])
            found.append((cell, tuple((child, year, pooled, measure, group) for child in children)))
            if pooled == 3:
                found.append(
                    (cell, tuple((organisation, year - back, 1, measure, group) for back in range(3)))
                )
        kept = [(cell, tuple(part for part in parts if part in self.counts)) for cell, parts in found]
        return [(cell, parts) for cell, parts in kept if parts]

    def standards(self) -> list[tuple[Cell, Cell]]:
        """Each cell of a standard with the cell of the higher one, whose pupils all met the lower."""
        found = [
            (cell, (*cell[:3], cell[3].replace("_expected", "_higher"), cell[4])) for cell in self.counts
        ]
        return [(lower, higher) for lower, higher in found if lower != higher and higher in self.counts]

    def rest(self, whole: Cell, parts: Iterable[Cell]) -> tuple[int, int]:
        """What is left of the whole: cohort, met."""
        cohort, met = self.counts[whole]
        for part in parts:
            cohort, met = cohort - self.counts[part][0], met - self.counts[part][1]
        return cohort, met

    def secrets(
        self, smallest: int, *, of_small_groups: bool = True, numerators: bool = True
    ) -> list[Secret]:
        """Every small count in the table, published cells and what can be subtracted alike."""
        found = []
        wholes = [(cell, ()) for cell in self.counts] + self.divisions()
        for whole, parts in wholes:
            cohort, met = self.rest(whole, parts)
            small = 0 < cohort < smallest
            if small:
                found.append(Secret(whole, parts, "cohort", cohort))
            for part, count in (("met", met), ("not met", cohort - met)):
                few = numerators and 0 < count < smallest
                none = numerators and of_small_groups and count == 0 and 0 < cohort < 2 * smallest - 1
                if small or few or none:
                    found.append(Secret(whole, parts, part, count))
        for lower, higher in self.standards() if numerators else ():
            between = self.counts[lower][1] - self.counts[higher][1]
            if 0 < between < smallest:
                found.append(Secret(lower, (higher,), "met", between))
        return found


@dataclass
class Holding:
    """A published table in the attacker's hands: its shown counts, and the cells that it names without one."""

    shown: dict[Cell, tuple[int, int]]
    hidden: list[Cell]

    @staticmethod
    def of(published: pl.DataFrame) -> Holding:
        columns = (
            "organisation",
            "year",
            "years_pooled",
            "measure",
            "group",
            "status",
            "denominator",
            "numerator",
        )
        shown: dict[Cell, tuple[int, int]] = {}
        hidden: list[Cell] = []
        for *cell, status, cohort, met in published.select(columns).rows():
            if status == "suppressed":
                assert cohort is None
                assert met is None
                hidden.append(tuple(cell))
            else:
                shown[tuple(cell)] = (cohort, met)
        return Holding(shown, hidden)


class Attacker:
    """Holds one or more published tables of the same cells (later ones corrected) and what adds up.

    `table` gives the structure only: which cells lie in which, and where nothing is left over (which everybody
    knows). `corrections` says by how much each count of an earlier table differs, known to this attacker.
    """

    def __init__(
        self,
        table: Table,
        published: pl.DataFrame,
        earlier: Sequence[tuple[pl.DataFrame, Table]] = (),
        own: str | None = None,
    ) -> None:
        self.large = 1000.0 + 10 * max(cohort for cohort, _ in table.counts.values())
        self.names: dict[tuple[object, ...], int] = {}
        self.low: list[float] = []
        self.high: list[float] = []
        self.rows: list[dict[int, float]] = []
        self.limits: list[tuple[float, float]] = []
        holding = Holding.of(published)
        for cell in table.counts:
            for part in ("cohort", "met", "not met"):
                self._variable((cell, part))
            self._row({(cell, "cohort"): 1, (cell, "met"): -1, (cell, "not met"): -1}, 0, 0)
        for cell, counts in holding.shown.items():
            self._know(cell, counts)
        if own is not None:
            for cell, counts in table.counts.items():
                if cell[0] == own:
                    self._know(cell, counts)
        for older, then in earlier:
            for cell, (cohort, met) in Holding.of(older).shown.items():
                if cell in table.counts:
                    changes = [
                        now - before
                        for now, before in zip(table.counts[cell], then.counts[cell], strict=True)
                    ]
                    self._know(cell, (cohort + changes[0], met + changes[1]))
        for number, (whole, parts) in enumerate(table.divisions()):
            nested = whole[4] == "disadvantaged" and parts[0][4] == "fsm"
            nothing_left = table.rest(whole, parts) == (0, 0) and not nested
            for part in ("cohort", "met", "not met"):
                rest = (number, part)
                self._variable(rest)
                if nothing_left:
                    self.high[self.names[rest]] = 0.0
                terms = {(whole, part): 1.0, rest: -1.0, **{(one, part): -1.0 for one in parts}}
                self._row(terms, 0, 0)
        for lower, higher in table.standards():
            self._row({(lower, "cohort"): 1.0, (higher, "cohort"): -1.0}, 0, 0)
            self._row({(lower, "met"): 1.0, (higher, "met"): -1.0}, 0, self.large)

    def _variable(self, name: tuple[object, ...]) -> None:
        self.names[name] = len(self.low)
        self.low.append(0.0)
        self.high.append(self.large)

    def _know(self, cell: Cell, counts: tuple[int, int]) -> None:
        for part, count in zip(("cohort", "met", "not met"), (*counts, counts[0] - counts[1]), strict=True):
            at = self.names[(cell, part)]
            self.low[at] = self.high[at] = float(count)

    def _row(self, terms: dict[tuple[object, ...], float], low: float, high: float) -> None:
        self.rows.append({self.names[name]: times for name, times in terms.items()})
        self.limits.append((low, high))

    def possible(self, secrets: Sequence[Secret], *, whole_numbers: bool) -> list[int]:
        """How many values each secret may have: from the least to the greatest that fits."""
        if not secrets:
            return []
        many = len(self.low)
        matrix = csr_array(
            (
                [times for row in self.rows for times in row.values()],
                (
                    [at for at, row in enumerate(self.rows) for _ in row],
                    [variable for row in self.rows for variable in row],
                ),
            ),
            shape=(len(self.rows), many),
        )
        aims = []
        for secret in secrets:
            aim = np.zeros(many)
            aim[self.names[(secret.whole, secret.part)]] = 1.0
            for cell in secret.less:
                aim[self.names[(cell, secret.part)]] -= 1.0
            aims += [aim, -aim]
        ask = self._in_whole_numbers if whole_numbers else self._in_any_numbers
        ends = ask(matrix, aims)
        least, greatest = ends[0::2], [-end for end in ends[1::2]]
        return [
            int(np.floor(high + 1e-6) - np.ceil(low - 1e-6)) + 1
            for low, high in zip(least, greatest, strict=True)
        ]

    def _in_whole_numbers(self, matrix: csr_array, aims: Sequence[np.ndarray]) -> list[float]:
        """The least of each aim over all tables of whole numbers."""
        limits = np.array(self.limits)
        ends = []
        for aim in aims:
            answer = milp(
                aim,
                constraints=LinearConstraint(matrix, limits[:, 0], limits[:, 1]),
                bounds=(self.low, self.high),
                integrality=np.ones(len(aim)),
            )
            assert answer.status == 0, f"the published table contradicts itself: {answer.message}"
            ends.append(float(answer.fun))
        return ends

    def _in_any_numbers(self, matrix: csr_array, aims: Sequence[np.ndarray]) -> list[float]:
        """The least of each aim over all tables, fractions allowed: never more than in whole numbers."""
        limits = np.array(self.limits)
        model = highspy.HighsLp()
        model.num_row_, model.num_col_ = matrix.shape
        model.col_cost_ = np.zeros(model.num_col_)
        model.col_lower_, model.col_upper_ = np.array(self.low), np.array(self.high)
        model.row_lower_, model.row_upper_ = limits[:, 0], limits[:, 1]
        model.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
        model.a_matrix_.start_, model.a_matrix_.index_ = matrix.indptr, matrix.indices
        model.a_matrix_.value_ = matrix.data
        solver = highspy.Highs()
        solver.setOptionValue("output_flag", False)
        solver.passModel(model)
        every = np.arange(model.num_col_, dtype=np.int32)
        ends = []
        for aim in aims:
            solver.changeColsCost(len(every), every, aim)
            solver.run()
            status = solver.getModelStatus()
            assert status == highspy.HighsModelStatus.kOptimal, (
                f"the published table contradicts itself: {status}"
            )
            ends.append(float(solver.getInfo().objective_function_value))
        return ends


def random_table(
    seed: int,
    *,
    schools: tuple[int, int] = (1, 4),
    largest: int = 40,
    kinds: int = 2,
    trusts: bool = True,
    measures: Sequence[str] = ("ks2_rwm_expected",),
    years: Sequence[int] = (2019,),
    pooled: bool = False,
    corrected: int | None = None,
    removed: int | None = None,
) -> Table:
    """A table counted from random pupils: tiny and large schools, unknown characteristics, a trust or two.

    The result of the pupil numbered `corrected` is put right; the pupil numbered `removed` is taken out.
    """
    number = 0
    chance = Random(seed)
    many = chance.randint(*schools)
    names = [f"school:{100000 + at}" for at in range(many)]
    chosen = chance.sample(sorted(KINDS), kinds)
    if "fsm" in chosen and "disadvantage" not in chosen:
        chosen.append("disadvantage")
    unknown = chance.choice([0.0, 0.0, 0.05])
    members = {"authority:936": names}
    if trusts and many > 2:
        members["trust:1"] = names[: many // 2]
        members["trust:2"] = names[many // 2 - 1 :]
    table = Table({}, members)
    for year in years:
        for school in names:
            size = chance.choice(
                [0, 1, chance.randint(2, 12), chance.randint(10, largest), chance.randint(15, largest)]
            )
            skew = {kind: chance.random() ** 2 for kind in chosen}
            able = chance.random()
            for _ in range(size):
                groups = ["all"]
                disadvantaged = chance.random() < 0.3
                for kind in chosen:
                    if chance.random() < unknown:
                        continue
                    if kind in ("disadvantage", "fsm"):
                        inside = (
                            disadvantaged
                            if kind == "disadvantage"
                            else disadvantaged and chance.random() < 0.8
                        )
                        groups.append(KINDS[kind][0 if inside else 1])
                    else:
                        groups.append(
                            KINDS[kind][-1] if chance.random() > skew[kind] else chance.choice(KINDS[kind])
                        )
                if "fsm" in groups and "disadvantaged" not in groups:
                    groups.remove("fsm")
                number += 1
                met = False
                for measure in measures:
                    passed = (chance.random() < able) != (number == corrected)
                    # The higher standard follows the expected one, and only who met that can meet it.
                    met = passed and (met or not measure.endswith("_higher"))
                    for group in groups if number != removed else ():
                        _add(table, (school, year, 1, measure, group), 1, int(met))
    for parent, children in members.items():
        for cell, (cohort, met) in list(table.counts.items()):
            if cell[0] in children:
                _add(table, (parent, *cell[1:]), cohort, met)
    if pooled:
        last = max(years)
        for cell, (cohort, met) in list(table.counts.items()):
            if last - 2 <= cell[1] <= last and cell[2] == 1:
                _add(table, (cell[0], last, 3, *cell[3:]), cohort, met)
    return table


def _add(table: Table, cell: Cell, cohort: int, met: int) -> None:
    before = table.counts.get(cell, (0, 0))
    table.counts[cell] = (before[0] + cohort, before[1] + met)
