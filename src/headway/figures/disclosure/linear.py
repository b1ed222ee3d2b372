"""A linear programme in HiGHS, solved again and again with another objective."""

from __future__ import annotations

from typing import Any

import highspy
import numpy as np
import numpy.typing as npt
from scipy.sparse import csc_array

Floats = npt.NDArray[np.float64]
_NEAR = 1e-6


class Programme:
    """Rows `row_low <= matrix @ x <= row_high` and bounds `low <= x <= high`, kept warm between objectives."""

    def __init__(
        self,
        matrix: csc_array,
        row_low: Floats,
        row_high: Floats,
        low: Floats,
        high: Floats,
        whole: npt.NDArray[np.bool_],
    ) -> None:
        rows, columns = matrix.shape
        model = highspy.HighsLp()
        model.num_col_, model.num_row_ = columns, rows
        model.col_cost_ = np.zeros(columns)
        model.col_lower_, model.col_upper_ = low, high
        model.row_lower_, model.row_upper_ = row_low, row_high
        model.a_matrix_.format_ = highspy.MatrixFormat.kColwise
        model.a_matrix_.start_ = matrix.indptr
        model.a_matrix_.index_ = matrix.indices
        model.a_matrix_.value_ = matrix.data
        self.columns = columns
        self.whole = whole
        self._every = np.arange(columns, dtype=np.int32)
        self._solver: Any = highspy.Highs()
        for option, value in (
            ("output_flag", False),
            ("threads", 1),
            ("random_seed", 1),
            ("mip_rel_gap", 0.0),
        ):
            self._solver.setOptionValue(option, value)
        self._solver.passModel(model)

    def least(self, cost: Floats, *, in_whole_numbers: bool = True) -> Floats | None:
        """The x with the least cost, or None if there is none.

        With `in_whole_numbers` the columns marked `whole` are whole: tried by linear programming first,
        whose answers nearly always are, and by integer programming where not.
        """
        solver = self._solver
        solver.changeColsCost(self.columns, self._every, cost)
        found = self._run()
        if found is None or not in_whole_numbers or self.is_whole(found):
            return found
        kinds = np.where(self.whole, 1, 0).astype(np.uint8)
        solver.changeColsIntegrality(self.columns, self._every, kinds)
        found = self._run()
        solver.changeColsIntegrality(self.columns, self._every, np.zeros(self.columns, dtype=np.uint8))
        return found if found is not None and self.is_whole(found) else None

    def _run(self) -> Floats | None:
        self._solver.run()
        if self._solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            return None
        return np.array(self._solver.getSolution().col_value, dtype=np.float64)

    def is_whole(self, found: Floats) -> bool:
        """Whether the columns marked `whole` are whole in it."""
        counts = found[self.whole]
        return bool(np.all(np.abs(counts - np.round(counts)) < _NEAR))
