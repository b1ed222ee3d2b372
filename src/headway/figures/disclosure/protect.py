"""What else must be hidden: attack the published figures, and hide the least that withstands it.

Schools are taken in blocks. While a block is attacked, every count outside it is held at the truth, as if the
attacker knew it: whatever tables are still possible then are possible for an attacker who knows less, so a
count that is safe in its block is safe. Every table found is kept as a *witness*: it stays possible when more
is hidden, so that a count once safe stays safe.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy.sparse import csc_array, csr_array, hstack, vstack

from headway.figures.disclosure.linear import Programme
from headway.figures.disclosure.relations import Count, Relations, Terms
from headway.figures.disclosure.rules import ZEROS, Rule

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Progress = Callable[[float, str], None]

BLOCK = 5
"""Schools in a block. More of them find a little more to hide behind, and cost more."""
HELPERS = 4
"""Schools with much hidden that are attacked along with every block, so that columns have room to move."""
_NEAR = 1e-6


@dataclass(frozen=True)
class Quantity:
    """A number of pupils (or a sum of their scores) that may have to be protected."""

    count: int
    what: str
    terms: Terms
    truth: float
    box: float


@dataclass
class Knowledge:
    """What an attacker holds beside the release: variables known, and what is found possible for them.

    `least` and `most` are the deviations reached for each quantity, `needed` how many values it must have;
    this is less than the rule asks only where not even hiding everything would leave that many. `least_by` and
    `most_by` say which witness reached that far (see `Protector.touched`).
    """

    title: str
    held: Flags
    least: Floats
    most: Floats
    needed: Floats
    least_by: Integers
    most_by: Integers

    @staticmethod
    def nothing_found(title: str, held: Flags, many: int) -> Knowledge:
        """An attacker who holds these variables, before any table but the true one is found."""
        zeros, nobody = np.zeros(many), np.zeros(many, dtype=np.int64)
        return Knowledge(title, held, zeros, zeros.copy(), np.ones(many), nobody, nobody.copy())

    def copy(self) -> Knowledge:
        """One that can be changed apart."""
        arrays = {
            name: getattr(self, name).copy() for name in ("least", "most", "needed", "least_by", "most_by")
        }
        return replace(self, **arrays)

    def learn(self, other: Knowledge) -> None:
        """Take over the tables that another attacker, who can rule out more, finds possible."""
        lower, higher = other.least < self.least, other.most > self.most
        self.least, self.least_by = (
            np.where(lower, other.least, self.least),
            np.where(lower, other.least_by, self.least_by),
        )
        self.most, self.most_by = (
            np.where(higher, other.most, self.most),
            np.where(higher, other.most_by, self.most_by),
        )


@dataclass(frozen=True)
class Insider:
    """What one school, adding its own figures to the release, can tell of a number of another's.

    `needed` is how many values the number must have for it: what was asked for, or less where not even hiding
    everything would leave that many.
    """

    values: float
    asked: float
    needed: float

    def is_enough(self, asked: float) -> bool:
        """Whether so many values are left, or all that can be had."""
        return self.values >= asked or (self.asked >= asked and self.values >= self.needed)


@dataclass
class State:
    """Which figures are shown, and what every attacker can tell. Insiders by (attacker, school, quantity)."""

    shown: Flags
    knowledge: list[Knowledge]
    insiders: dict[tuple[int, int, int], Insider]

    def copy(self) -> State:
        """One that can be changed apart."""
        return State(self.shown.copy(), [one.copy() for one in self.knowledge], dict(self.insiders))

    def join(self, other: State) -> State:
        """All that either hides, and all the tables that either has found possible."""
        joined = self.copy()
        joined.shown &= other.shown
        for ours, theirs in zip(joined.knowledge, other.knowledge, strict=True):
            ours.learn(theirs)
        for key, found in other.insiders.items():
            if key not in joined.insiders or joined.insiders[key].values < found.values:
                joined.insiders[key] = found
        return joined


def quantities(relations: Relations) -> list[Quantity]:
    """Every number that might need protection: of each count its cohort, those who met it, those who did not."""
    found: list[Quantity] = []
    for index, count in enumerate(relations.counts):
        found.append(Quantity(index, "cohort", count.cohort, count.pupils, 1.0))
        if count.met is not None and count.mean:
            box = max(relations.box[variable] for variable, _ in count.met)
            found.append(Quantity(index, "sum", count.met, count.met_pupils, box))
        elif count.met is not None:
            found.append(Quantity(index, "met", count.met, count.met_pupils, 1.0))
            not_met: dict[int, float] = dict(count.cohort)
            for variable, times in count.met:
                not_met[variable] = not_met.get(variable, 0.0) - times
            terms = tuple(sorted((variable, times) for variable, times in not_met.items() if times))
            found.append(Quantity(index, "not met", terms, count.pupils - count.met_pupils, 1.0))
    return found


def sensitive(count: Count, rule: Rule) -> tuple[str, ...]:
    """Which of a count's numbers the rule protects: the same thresholds as `primary.too_small`."""
    pupils, met, missed = count.pupils, count.met_pupils, count.pupils - count.met_pupils
    smallest = rule.smallest_count
    if count.of_numerators and rule.counts == "cohorts":
        return ()
    if 1 <= pupils < smallest:
        return ("cohort", "met", "not met", "sum")
    found: list[str] = []
    counted = count.met is not None and not count.mean
    if rule.zeros == "hidden" and pupils == 0:
        return ("cohort",)
    if counted and rule.counts == "cohorts and numerators":
        if 1 <= met < smallest:
            found.append("met")
        if 1 <= missed < smallest:
            found.append("not met")
    small = rule.zeros == "hidden in small groups" and 1 <= pupils < rule.small_group
    if counted and pupils and (small or rule.zeros == "hidden"):
        if met == 0:
            found.append("met")
        if missed == 0:
            found.append("not met")
    return tuple(found)


def looser(rule: Rule, smallest_counts: Iterable[int]) -> list[Rule]:
    """The next looser rules: the next smaller of the known smallest counts, and zeros one step more open.

    A decision starts from what these hide, so that a tighter rule never shows what a looser one hides.
    """
    found = []
    smaller = [count for count in smallest_counts if count < rule.smallest_count]
    if smaller:
        count = max(smaller)
        values = min(rule.possible_values, count)
        found.append(replace(rule, key=f"{rule.key}<", smallest_count=count, possible_values=values))
    if rule.zeros != ZEROS[0]:
        found.append(replace(rule, key=f"{rule.key}0", zeros=ZEROS[ZEROS.index(rule.zeros) - 1]))  # type: ignore[arg-type]
    return found


class Protector:
    """Hides figures until every sensitive number is safe, for one release."""

    def __init__(self, relations: Relations, weights: Floats, exempt: Flags) -> None:
        self.relations = relations
        self.weights = weights
        self.exempt = exempt
        self.quantities = quantities(relations)
        self.columns: csc_array = relations.matrix.tocsc()
        self.terms = _matrix([quantity.terms for quantity in self.quantities], len(relations.truth))
        self.owner = np.array(
            [relations.counts[quantity.count].organisation for quantity in self.quantities], dtype=np.int64
        )
        self.figures_of: list[list[int]] = [[] for _ in relations.organisations]
        for count in relations.counts:
            if count.figure is not None:
                self.figures_of[count.organisation].append(count.figure)
        self.touched: list[frozenset[int]] = [frozenset()]
        self.size = np.array([quantity.box for quantity in self.quantities])

    def start(self, held: Sequence[tuple[str, Flags]]) -> State:
        """Everything shown, nothing found yet. `held` are the attackers, the one who knows most first."""
        many = len(self.quantities)
        return State(
            np.ones(len(self.relations.reveals), dtype=np.bool_),
            [Knowledge.nothing_found(title, known, many) for title, known in held],
            {},
        )

    def protect(self, state: State, rule: Rule, hidden: Iterable[int], progress: Progress) -> Flags:
        """Hide `hidden` and whatever else must be. Returns which quantities the rule protects."""
        for figure in hidden:
            state.shown[figure] = bool(self.exempt[figure])
        by_count = [sensitive(count, rule) for count in self.relations.counts]
        wanted = np.array(
            [quantity.what in by_count[quantity.count] for quantity in self.quantities], dtype=np.bool_
        )
        blocks = self.blocks(state)
        work = len(blocks) * len(state.knowledge)
        for attacker, knowledge in enumerate(state.knowledge):
            if attacker:
                knowledge.learn(state.knowledge[attacker - 1])
            known = (self.terms != 0) @ (~knowledge.held).astype(np.float64) == 0
            knowledge.needed = np.where(wanted & ~known, float(rule.possible_values), 1.0)
            for done, (targets, members) in enumerate(blocks):
                share = (attacker * len(blocks) + done) / work
                progress(share, f"hiding by rule {rule.smallest_count}: block {done + 1} of {len(blocks)}")
                inside = np.flatnonzero(wanted & np.isin(self.owner, targets))
                self._secure(state, knowledge, members, inside)
                if rule.schools_know_their_own:
                    self._secure_from_insiders(state, attacker, members, inside)
        return wanted

    def blocks(self, state: State) -> list[tuple[Integers, Integers]]:
        """Blocks of organisations: those whose numbers are looked at, and all that may move meanwhile.

        Schools of one trust or cluster stay together where they are no more than a block; each parent is
        looked at with the block of its first school.
        """
        relations = self.relations
        parents = set(relations.children)
        schools = [one for one in range(len(relations.organisations)) if one not in parents]
        placed: set[int] = set()
        order: list[int] = []
        for _, members in sorted((len(members), members) for members in relations.children.values()):
            fresh = [one for one in members if one not in placed and one not in parents]
            if len(members) <= BLOCK:
                order.extend(fresh)
                placed.update(fresh)
        order.extend(one for one in schools if one not in placed)
        helpers = self._helpers(state, schools)
        seen: set[int] = set()
        found = []
        for start in range(0, len(order), BLOCK):
            targets = order[start : start + BLOCK]
            above = self._above(targets)
            found.append(
                (
                    np.array(sorted({*targets, *(above - seen)}), dtype=np.int64),
                    np.array(
                        sorted({*targets, *helpers, *self._above([*targets, *helpers])}), dtype=np.int64
                    ),
                )
            )
            seen |= above
        alone = sorted(parents - seen)
        if alone:
            around = np.array(sorted({*alone, *helpers, *self._above([*alone, *helpers])}), dtype=np.int64)
            found.append((np.array(alone, dtype=np.int64), around))
        return found

    def _helpers(self, state: State, schools: Sequence[int]) -> list[int]:
        hidden = [(-sum(not state.shown[figure] for figure in self.figures_of[one]), one) for one in schools]
        return [one for _, one in sorted(hidden)[:HELPERS]]

    def _above(self, organisations: Iterable[int]) -> set[int]:
        found: set[int] = set()
        waiting = list(organisations)
        while waiting:
            for parent in self.relations.parents.get(waiting.pop(), ()):
                if parent not in found:
                    found.add(parent)
                    waiting.append(parent)
        return found

    # One block

    def _secure(self, state: State, knowledge: Knowledge, members: Integers, inside: Integers) -> None:
        """Repair until each of these quantities has the values it needs."""
        unsafe = self._unsafe(knowledge, inside)
        if not len(unsafe):
            return
        attack = self._attack(state.shown, knowledge, members)
        for sign in (-1.0, 1.0):
            attack.together(self, knowledge, self._unsafe(knowledge, unsafe), sign)
        for quantity in unsafe:
            attack.alone(self, knowledge, quantity)
            while not self.is_safe(knowledge, quantity):
                if not self._repair(state, knowledge, members, quantity):
                    self._settle_for_less(state, knowledge, members, quantity)
                attack = self._attack(state.shown, knowledge, members)
                attack.alone(self, knowledge, quantity)

    def _secure_from_insiders(self, state: State, attacker: int, members: Integers, inside: Integers) -> None:
        """Repair until no single school learns more by adding its own figures.

        A number whose witnesses leave a school as it is, is safe from that school.
        """
        knowledge = state.knowledge[attacker]
        looked_at = set(inside.tolist())
        schools = {
            school for by, school, quantity in state.insiders if by == attacker and quantity in looked_at
        }
        for quantity in looked_at:
            schools |= self.touched[knowledge.least_by[quantity]] | self.touched[knowledge.most_by[quantity]]
        for school in sorted(schools - set(self.relations.children)):
            doubted = []
            for quantity in inside:
                key = attacker, school, int(quantity)
                if self.owner[quantity] == school or knowledge.needed[quantity] <= 1:
                    continue
                if self._leans_on(knowledge, int(quantity), school):
                    if not self._is_safe_from(state, key):
                        doubted.append(int(quantity))
                elif key in state.insiders:
                    # What is known of the number now leaves this school as it is.
                    asked = float(knowledge.needed[quantity])
                    state.insiders[key] = Insider(self._values(knowledge, int(quantity)), asked, asked)
            if not doubted:
                continue
            held = knowledge.held.copy()
            held[self.relations.by_organisation[school]] = True
            insider = Knowledge.nothing_found("", held, len(self.quantities))
            known = (self.terms[doubted] != 0) @ (~held).astype(np.float64) == 0
            insider.needed[doubted] = np.where(known, 1.0, knowledge.needed[doubted])
            self._secure(state, insider, members, np.array(doubted, dtype=np.int64))
            for quantity in doubted:
                state.insiders[attacker, school, quantity] = Insider(
                    self._values(insider, quantity),
                    float(knowledge.needed[quantity]),
                    float(insider.needed[quantity]),
                )

    def _values(self, knowledge: Knowledge, quantity: int) -> float:
        """How many whole values lie between the least and the most found."""
        spread = (knowledge.most[quantity] - knowledge.least[quantity]) / self.size[quantity]
        return float(np.floor(spread + _NEAR) + 1)

    def _leans_on(self, knowledge: Knowledge, quantity: int, school: int) -> bool:
        """Whether the tables found for this quantity differ from the truth in this school."""
        ends = knowledge.least_by[quantity], knowledge.most_by[quantity]
        return any(school in self.touched[end] for end in ends)

    def insiders(self, state: State, attacker: int, wanted: Flags) -> list[tuple[Insider, bool]]:
        """What each school that might have told something of another's number can tell, and whether that is enough.

        Enough is all values that were asked for, or as many as the attacker, without being that school, can be
        left with, or all that can be had.
        """
        needed = state.knowledge[attacker].needed
        return [
            (found, found.is_enough(float(needed[quantity])))
            for (by, _, quantity), found in state.insiders.items()
            if by == attacker and wanted[quantity]
        ]

    def _is_safe_from(self, state: State, key: tuple[int, int, int]) -> bool:
        found = state.insiders.get(key)
        return found is not None and found.is_enough(float(state.knowledge[key[0]].needed[key[2]]))

    def public(self, knowledge: Knowledge) -> Flags:
        """Which quantities are fixed by what the attacker holds beside the release, or what must be shown."""
        relations = self.relations
        fixed = knowledge.held.copy()
        for figure in np.flatnonzero(self.exempt):
            for variable in relations.reveals[figure]:
                fixed[variable] |= bool(relations.low[variable] == relations.high[variable])
        known: Flags = (self.terms != 0) @ (~fixed).astype(np.float64) == 0
        return known

    def _unsafe(self, knowledge: Knowledge, among: Integers) -> Integers:
        spread = (knowledge.most - knowledge.least)[among] / self.size[among]
        unsafe: Integers = among[spread < knowledge.needed[among] - 1 - _NEAR]
        return unsafe

    def is_safe(self, knowledge: Knowledge, quantity: int) -> bool:
        """Whether this many values have been found possible for the quantity as it needs."""
        spread = (knowledge.most[quantity] - knowledge.least[quantity]) / self.size[quantity]
        return bool(spread >= knowledge.needed[quantity] - 1 - _NEAR)

    def limits(self, shown: Flags, knowledge: Knowledge, variables: Integers) -> tuple[Floats, Floats]:
        """How far each variable may lie from the truth, given what is shown. Looks only so far as is needed."""
        relations = self.relations
        far = 4.0 * knowledge.needed.max() * relations.box[variables]
        low = np.maximum(relations.floor[variables] - relations.truth[variables], -far)
        high = far
        open_low = np.minimum(relations.low[variables] - relations.truth[variables], 0.0)
        open_high = np.maximum(relations.high[variables] - relations.truth[variables], 0.0)
        revealed = np.array(
            [any(shown[figure] for figure in relations.revealed_by[variable]) for variable in variables],
            dtype=np.bool_,
        )
        low, high = np.where(revealed, open_low, low), np.where(revealed, open_high, high)
        held = knowledge.held[variables]
        return np.where(held, 0.0, low), np.where(held, 0.0, high)

    def _variables(self, members: Integers) -> Integers:
        variables: Integers = np.concatenate([self.relations.by_organisation[one] for one in members])
        return variables

    def _attack(self, shown: Flags, knowledge: Knowledge, members: Integers) -> _Attack:
        variables = self._variables(members)
        low, high = self.limits(shown, knowledge, variables)
        free = high > low
        variables, low, high = variables[free], low[free], high[free]
        matrix, rows = self._rows(variables)
        return _Attack(
            variables,
            Programme(
                matrix,
                self.relations.row_low[rows],
                self.relations.row_high[rows],
                low,
                high,
                self.relations.whole[variables],
            ),
        )

    def _rows(self, variables: Integers) -> tuple[csc_array, Integers]:
        part = self.columns[:, variables]
        rows: Integers = np.unique(np.asarray(part.indices, dtype=np.int64))
        return csc_array(part.tocsr()[rows].tocsc()), rows

    def record(self, knowledge: Knowledge, variables: Integers, deviation: Floats) -> None:
        """Keep a possible table: how far it moves every quantity."""
        moved = np.abs(deviation) > _NEAR
        if not moved.any():
            return
        change = self.terms[:, variables[moved]] @ deviation[moved]
        lower, higher = change < knowledge.least - _NEAR, change > knowledge.most + _NEAR
        if lower.any() or higher.any():
            self.touched.append(frozenset(self.relations.owner[variables[moved]].tolist()))
            knowledge.least[lower], knowledge.least_by[lower] = change[lower], len(self.touched) - 1
            knowledge.most[higher], knowledge.most_by[higher] = change[higher], len(self.touched) - 1

    def _repair(
        self,
        state: State,
        knowledge: Knowledge,
        members: Integers,
        quantity: int,
        reach: Floats | None = None,
    ) -> bool:
        """Hide the cheapest figures that let the quantity move far enough. False if nothing does."""
        room = (knowledge.needed[quantity] - 1) * self.size[quantity]
        up, down = room + knowledge.least[quantity], room - knowledge.most[quantity]
        if reach is not None:
            up, down = min(up, reach[1]), min(down, -reach[0])
        tried = [(1.0, up), (-1.0, down)]
        if reach is not None:
            tried = [(sign, far) for sign, far in tried if far > _NEAR]
        # Up first: down is tried only where there is no room, since both cost time and seldom differ in price.
        ways = (self._cheapest(state, knowledge, members, quantity, sign * far) for sign, far in tried)
        found = next((way for way in ways if way is not None), None)
        if found is None:
            return False
        figures, variables, deviation = found
        state.shown[figures] = False
        whole = deviation[self.relations.whole[variables]]
        if np.all(np.abs(whole - np.round(whole)) < _NEAR):
            self.record(knowledge, variables, deviation)
        return bool(figures)

    def _cheapest(
        self, state: State, knowledge: Knowledge, members: Integers, quantity: int, target: float
    ) -> tuple[list[int], Integers, Floats] | None:
        """The cheapest way for the quantity to deviate by `target`: figures to hide, and the table found."""
        relations = self.relations
        choosable = [
            figure
            for one in members
            for figure in self.figures_of[one]
            if state.shown[figure] and not self.exempt[figure]
        ]
        if not choosable:
            return None
        without = state.shown.copy()
        without[choosable] = False
        variables = self._variables(members)
        low, high = self.limits(without, knowledge, variables)
        free = high > low
        variables, low, high = variables[free], low[free], high[free]
        matrix, rows = self._rows(variables)
        place = {int(variable): at for at, variable in enumerate(variables)}
        ties = [
            (at, place[variable])
            for at, figure in enumerate(choosable)
            for variable in relations.reveals[figure]
            if variable in place
        ]
        goal = [
            (place[variable], times)
            for variable, times in self.quantities[quantity].terms
            if variable in place
        ]
        if not goal:
            return None
        many, moving = len(ties), len(variables)
        figure_at = np.array([at for at, _ in ties], dtype=np.int64)
        variable_at = np.array([at for _, at in ties], dtype=np.int64)
        each = np.arange(many)
        moves = csr_array((np.ones(many), (each, variable_at)), shape=(many, moving))
        steps = knowledge.needed.max() * relations.box[variables[variable_at]]
        bars = csr_array((-steps, (each, figure_at)), shape=(many, len(choosable)))
        bars_up = csr_array((steps, (each, figure_at)), shape=(many, len(choosable)))
        aim = csr_array(
            ([times for _, times in goal], ([0] * len(goal), [at for at, _ in goal])), shape=(1, moving)
        )
        left = vstack([matrix.tocsr(), moves, moves, aim])
        right = vstack(
            [
                csr_array((matrix.shape[0], len(choosable))),
                bars,
                bars_up,
                csr_array((1, len(choosable))),
            ]
        )
        nothing = np.full(many, np.inf)
        open_low = np.minimum(relations.low - relations.truth, 0.0)[variables[variable_at]]
        open_high = np.maximum(relations.high - relations.truth, 0.0)[variables[variable_at]]
        programme = Programme(
            csc_array(hstack([left, right]).tocsc()),
            np.concatenate([relations.row_low[rows], -nothing, open_low, [target]]),
            np.concatenate([relations.row_high[rows], open_high, nothing, [target]]),
            np.concatenate([low, np.zeros(len(choosable))]),
            np.concatenate([high, np.full(len(choosable), np.inf)]),
            np.concatenate([relations.whole[variables], np.zeros(len(choosable), dtype=np.bool_)]),
        )
        cost = np.concatenate([np.zeros(moving), self.weights[choosable]])
        found = programme.least(cost, in_whole_numbers=False)
        if found is None:
            return None
        hide = [figure for at, figure in enumerate(choosable) if found[moving + at] > _NEAR]
        return hide, variables, found[:moving]

    def _settle_for_less(self, state: State, knowledge: Knowledge, members: Integers, quantity: int) -> None:
        """Not even hiding everything leaves as many values as the rule asks: ask for what can be had."""
        without = state.shown & self.exempt
        attack = self._attack(without, knowledge, members)
        ends = [attack.end(self, quantity, sign) for sign in (1.0, -1.0)]
        reach = np.array([min(ends[0], 0.0), max(ends[1], 0.0)])
        room = np.floor((reach[1] - reach[0]) / self.size[quantity] + _NEAR)
        knowledge.needed[quantity] = min(knowledge.needed[quantity], room + 1)
        while not self.is_safe(knowledge, quantity):
            if not self._repair(state, knowledge, members, quantity, reach):
                attack = self._attack(state.shown, knowledge, members)
                attack.alone(self, knowledge, quantity)
                if not self.is_safe(knowledge, quantity):
                    spread = (knowledge.most - knowledge.least)[quantity] / self.size[quantity]
                    knowledge.needed[quantity] = np.floor(spread + _NEAR) + 1


class _Attack:
    """What can still move in a block, and how far."""

    def __init__(self, variables: Integers, programme: Programme) -> None:
        self.variables = variables
        self.programme = programme
        self.place = {int(variable): at for at, variable in enumerate(variables)}

    def _cost(self, protector: Protector, quantity: int) -> Floats:
        cost = np.zeros(len(self.variables))
        for variable, times in protector.quantities[quantity].terms:
            if variable in self.place:
                cost[self.place[variable]] += times / protector.size[quantity]
        return cost

    def together(self, protector: Protector, knowledge: Knowledge, wanted: Integers, sign: float) -> None:
        """Move all these quantities at once; cheap, and often enough."""
        if not len(self.variables) or not len(wanted):
            return
        cost = sum((self._cost(protector, quantity) for quantity in wanted), np.zeros(len(self.variables)))
        found = self.programme.least(sign * cost, in_whole_numbers=False)
        if found is not None and self.programme._is_whole(found):
            protector.record(knowledge, self.variables, found)

    def alone(self, protector: Protector, knowledge: Knowledge, quantity: int) -> None:
        """Move this quantity up and down as far as it will go, or until it is safe."""
        if not len(self.variables):
            return
        cost = self._cost(protector, quantity)
        if not cost.any():
            return
        for sign in (-1.0, 1.0):
            if protector.is_safe(knowledge, quantity):
                return
            found = self.programme.least(sign * cost)
            if found is not None:
                protector.record(knowledge, self.variables, found)

    def end(self, protector: Protector, quantity: int, sign: float) -> float:
        """How far the quantity can go: down for a positive sign, up for a negative one."""
        cost = self._cost(protector, quantity)
        if not cost.any():
            return 0.0
        found = self.programme.least(sign * cost)
        return 0.0 if found is None else float(cost @ found) * float(protector.size[quantity])


def _matrix(sums: Sequence[Terms], columns: int) -> csc_array:
    rows = [row for row, terms in enumerate(sums) for _ in terms]
    places = [variable for terms in sums for variable, _ in terms]
    times = [factor for terms in sums for _, factor in terms]
    return csc_array((times, (rows, places)), shape=(len(sums), columns))
