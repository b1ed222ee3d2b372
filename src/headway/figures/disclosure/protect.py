"""What else must be hidden: attack the published figures, and hide the least that withstands it.

Schools are taken in blocks. While a block is attacked, every count outside it is held at the truth, as if the
attacker knew it: whatever tables are still possible then are possible for an attacker who knows less, so a
count that is safe in its block is safe. Every table found is kept as a *witness*: it stays possible when more
is hidden, so that a count once safe stays safe.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import numpy as np
from scipy.sparse import csc_array, csr_array, hstack, vstack

from headway.figures.disclosure.attack import Ground
from headway.figures.disclosure.knowledge import (
    NEAR,
    Flags,
    Floats,
    Insider,
    Integers,
    Knowledge,
    State,
    sensitive,
)
from headway.figures.disclosure.linear import Programme
from headway.figures.disclosure.relations import Relations
from headway.figures.disclosure.rules import Rule

Progress = Callable[[float, str], None]

BLOCK = 5
"""Schools in a block. More of them find a little more to hide behind, and cost more."""
HELPERS = 4
"""Schools with much hidden that are attacked along with every block, so that columns have room to move."""


class Protector:
    """Hides figures until every sensitive number is safe, for one release."""

    def __init__(self, relations: Relations, weights: Floats, exempt: Flags) -> None:
        self.relations = relations
        self.weights = weights
        self.exempt = exempt
        self.ground = Ground(relations)
        self.quantities = self.ground.quantities
        self.owner = np.array(
            [relations.counts[quantity.count].organisation for quantity in self.quantities], dtype=np.int64
        )
        self.figures_of: list[list[int]] = [[] for _ in relations.organisations]
        for count in relations.counts:
            if count.figure is not None:
                self.figures_of[count.organisation].append(count.figure)

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
            known = (self.ground.terms != 0) @ (~knowledge.held).astype(np.float64) == 0
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
        unsafe = self.ground.unsafe(knowledge, inside)
        if not len(unsafe):
            return
        attack = self.ground.attack(state.shown, knowledge, members)
        for sign in (-1.0, 1.0):
            attack.together(knowledge, self.ground.unsafe(knowledge, unsafe), sign)
        for quantity in unsafe:
            attack.alone(knowledge, quantity)
            while not self.ground.is_safe(knowledge, quantity):
                if not self._repair(state, knowledge, members, quantity):
                    self._settle_for_less(state, knowledge, members, quantity)
                attack = self.ground.attack(state.shown, knowledge, members)
                attack.alone(knowledge, quantity)

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
            schools |= (
                self.ground.touched[knowledge.least_by[quantity]]
                | self.ground.touched[knowledge.most_by[quantity]]
            )
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
                    state.insiders[key] = Insider(self.ground.values(knowledge, int(quantity)), asked, asked)
            if not doubted:
                continue
            held = knowledge.held.copy()
            held[self.relations.by_organisation[school]] = True
            insider = Knowledge.nothing_found("", held, len(self.quantities))
            known = (self.ground.terms[doubted] != 0) @ (~held).astype(np.float64) == 0
            insider.needed[doubted] = np.where(known, 1.0, knowledge.needed[doubted])
            self._secure(state, insider, members, np.array(doubted, dtype=np.int64))
            for quantity in doubted:
                state.insiders[attacker, school, quantity] = Insider(
                    self.ground.values(insider, quantity),
                    float(knowledge.needed[quantity]),
                    float(insider.needed[quantity]),
                )

    def _leans_on(self, knowledge: Knowledge, quantity: int, school: int) -> bool:
        """Whether the tables found for this quantity differ from the truth in this school."""
        ends = knowledge.least_by[quantity], knowledge.most_by[quantity]
        return any(school in self.ground.touched[end] for end in ends)

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

    def _repair(
        self,
        state: State,
        knowledge: Knowledge,
        members: Integers,
        quantity: int,
        reach: Floats | None = None,
    ) -> bool:
        """Hide the cheapest figures that let the quantity move far enough. False if nothing does."""
        room = (knowledge.needed[quantity] - 1) * self.ground.size[quantity]
        up, down = room + knowledge.least[quantity], room - knowledge.most[quantity]
        if reach is not None:
            up, down = min(up, reach[1]), min(down, -reach[0])
        tried = [(1.0, up), (-1.0, down)]
        if reach is not None:
            tried = [(sign, far) for sign, far in tried if far > NEAR]
        # Up first: down is tried only where there is no room, since both cost time and seldom differ in price.
        ways = (self._cheapest(state, knowledge, members, quantity, sign * far) for sign, far in tried)
        found = next((way for way in ways if way is not None), None)
        if found is None:
            return False
        figures, variables, deviation = found
        state.shown[figures] = False
        whole = deviation[self.relations.whole[variables]]
        if np.all(np.abs(whole - np.round(whole)) < NEAR):
            self.ground.record(knowledge, variables, deviation)
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
        variables = self.ground.variables(members)
        low, high = self.ground.limits(without, knowledge, variables)
        free = high > low
        variables, low, high = variables[free], low[free], high[free]
        matrix, rows = self.ground.rows(variables)
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
        hide = [figure for at, figure in enumerate(choosable) if found[moving + at] > NEAR]
        return hide, variables, found[:moving]

    def _settle_for_less(self, state: State, knowledge: Knowledge, members: Integers, quantity: int) -> None:
        """Not even hiding everything leaves as many values as the rule asks: ask for what can be had."""
        without = state.shown & self.exempt
        attack = self.ground.attack(without, knowledge, members)
        ends = [attack.end(quantity, sign) for sign in (1.0, -1.0)]
        reach = np.array([min(ends[0], 0.0), max(ends[1], 0.0)])
        room = np.floor((reach[1] - reach[0]) / self.ground.size[quantity] + NEAR)
        knowledge.needed[quantity] = min(knowledge.needed[quantity], room + 1)
        while not self.ground.is_safe(knowledge, quantity):
            if not self._repair(state, knowledge, members, quantity, reach):
                attack = self.ground.attack(state.shown, knowledge, members)
                attack.alone(knowledge, quantity)
                if not self.ground.is_safe(knowledge, quantity):
                    spread = (knowledge.most - knowledge.least)[quantity] / self.ground.size[quantity]
                    knowledge.needed[quantity] = np.floor(spread + NEAR) + 1
