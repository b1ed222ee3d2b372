"""How far the counts of a block of schools can move without anybody seeing it in what is shown."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.sparse import csc_array

from headway.figures.disclosure.knowledge import NEAR, Flags, Floats, Integers, Knowledge, quantities
from headway.figures.disclosure.linear import Programme
from headway.figures.disclosure.relations import Relations, Terms


class Ground:
    """What attacks are made on: the relations of a release, its quantities, and the tables found possible."""

    def __init__(self, relations: Relations) -> None:
        self.relations = relations
        self.quantities = quantities(relations)
        self.columns: csc_array = relations.matrix.tocsc()
        self.terms = _matrix([quantity.terms for quantity in self.quantities], len(relations.truth))
        self.size = np.array([quantity.box for quantity in self.quantities])
        self.touched: list[frozenset[int]] = [frozenset()]

    def attack(self, shown: Flags, knowledge: Knowledge, members: Integers) -> Attack:
        """An attack on a block of organisations: all counts outside it are held at the truth."""
        variables = self.variables(members)
        low, high = self.limits(shown, knowledge, variables)
        free = high > low
        variables, low, high = variables[free], low[free], high[free]
        matrix, rows = self.rows(variables)
        return Attack(
            self,
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

    def variables(self, members: Integers) -> Integers:
        """The variables of these organisations."""
        variables: Integers = np.concatenate([self.relations.by_organisation[one] for one in members])
        return variables

    def rows(self, variables: Integers) -> tuple[csc_array, Integers]:
        """The relations in which these variables stand, and their places."""
        part = self.columns[:, variables]
        rows: Integers = np.unique(np.asarray(part.indices, dtype=np.int64))
        return csc_array(part.tocsr()[rows].tocsc()), rows

    def record(self, knowledge: Knowledge, variables: Integers, deviation: Floats) -> None:
        """Keep a possible table: how far it moves every quantity."""
        moved = np.abs(deviation) > NEAR
        if not moved.any():
            return
        change = self.terms[:, variables[moved]] @ deviation[moved]
        lower, higher = change < knowledge.least - NEAR, change > knowledge.most + NEAR
        if lower.any() or higher.any():
            self.touched.append(frozenset(self.relations.owner[variables[moved]].tolist()))
            knowledge.least[lower], knowledge.least_by[lower] = change[lower], len(self.touched) - 1
            knowledge.most[higher], knowledge.most_by[higher] = change[higher], len(self.touched) - 1

    def is_safe(self, knowledge: Knowledge, quantity: int) -> bool:
        """Whether this many values have been found possible for the quantity as it needs."""
        spread = (knowledge.most[quantity] - knowledge.least[quantity]) / self.size[quantity]
        return bool(spread >= knowledge.needed[quantity] - 1 - NEAR)

    def unsafe(self, knowledge: Knowledge, among: Integers) -> Integers:
        """Those of the quantities that have fewer values than they need."""
        spread = (knowledge.most - knowledge.least)[among] / self.size[among]
        unsafe: Integers = among[spread < knowledge.needed[among] - 1 - NEAR]
        return unsafe

    def values(self, knowledge: Knowledge, quantity: int) -> float:
        """How many whole values lie between the least and the most found."""
        spread = (knowledge.most[quantity] - knowledge.least[quantity]) / self.size[quantity]
        return float(np.floor(spread + NEAR) + 1)

    def public(self, knowledge: Knowledge, exempt: Flags) -> Flags:
        """Which quantities are fixed by what the attacker holds beside the release, or what must be shown."""
        relations = self.relations
        fixed = knowledge.held.copy()
        for figure in np.flatnonzero(exempt):
            for variable in relations.reveals[figure]:
                fixed[variable] |= bool(relations.low[variable] == relations.high[variable])
        known: Flags = (self.terms != 0) @ (~fixed).astype(np.float64) == 0
        return known


class Attack:
    """What can still move in a block, and how far."""

    def __init__(self, ground: Ground, variables: Integers, programme: Programme) -> None:
        self.ground = ground
        self.variables = variables
        self.programme = programme
        self.place = {int(variable): at for at, variable in enumerate(variables)}

    def _cost(self, quantity: int) -> Floats:
        cost = np.zeros(len(self.variables))
        for variable, times in self.ground.quantities[quantity].terms:
            if variable in self.place:
                cost[self.place[variable]] += times / self.ground.size[quantity]
        return cost

    def together(self, knowledge: Knowledge, wanted: Integers, sign: float) -> None:
        """Move all these quantities at once; cheap, and often enough."""
        if not len(self.variables) or not len(wanted):
            return
        cost = sum((self._cost(quantity) for quantity in wanted), np.zeros(len(self.variables)))
        found = self.programme.least(sign * cost, in_whole_numbers=False)
        if found is not None and self.programme.is_whole(found):
            self.ground.record(knowledge, self.variables, found)

    def alone(self, knowledge: Knowledge, quantity: int) -> None:
        """Move this quantity up and down as far as it will go, or until it is safe."""
        if not len(self.variables):
            return
        cost = self._cost(quantity)
        if not cost.any():
            return
        for sign in (-1.0, 1.0):
            if self.ground.is_safe(knowledge, quantity):
                return
            found = self.programme.least(sign * cost)
            if found is not None:
                self.ground.record(knowledge, self.variables, found)

    def end(self, quantity: int, sign: float) -> float:
        """How far the quantity can go: down for a positive sign, up for a negative one."""
        cost = self._cost(quantity)
        if not cost.any():
            return 0.0
        found = self.programme.least(sign * cost)
        return 0.0 if found is None else float(cost @ found) * float(self.ground.size[quantity])


def _matrix(sums: Sequence[Terms], columns: int) -> csc_array:
    rows = [row for row, terms in enumerate(sums) for _ in terms]
    places = [variable for terms in sums for variable, _ in terms]
    times = [factor for terms in sums for _, factor in terms]
    return csc_array((times, (rows, places)), shape=(len(sums), columns))
