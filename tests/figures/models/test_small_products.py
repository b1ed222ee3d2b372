"""Products in pieces are the products."""

from __future__ import annotations

import numpy as np
import pytest

from headway.figures.models.small_products import MULTIPLICATIONS, across, outer


@pytest.mark.parametrize("columns", [1, 7, MULTIPLICATIONS // 12, MULTIPLICATIONS // 12 + 1, 100_003])
def test_pieces_add_up_to_the_whole(columns: int) -> None:
    random = np.random.default_rng(columns)
    first, second = random.standard_normal((3, columns)), random.standard_normal((4, columns))
    assert np.allclose(outer(first, second), first @ second.T)
    matrix = random.standard_normal((4, 3))
    assert np.allclose(across(matrix, first), matrix @ first)


def test_views_that_are_not_contiguous_are_taken_as_they_are() -> None:
    wide = np.random.default_rng(1).standard_normal((5, 90_000))
    part = wide[:, 100:70_100]
    assert np.allclose(outer(part, part), part @ part.T)
