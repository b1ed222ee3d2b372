"""Matrix products in pieces small enough that the linear algebra library keeps each on one thread.

Long thin products (16 rows, a million columns) are bound by memory, so that more threads gain little; on a machine with
other work, waiting for a second thread to be given its turn costs many times what the product does.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.float64]

MULTIPLICATIONS = 200_000
"""OpenBLAS starts threads above some 262,000 multiplications."""


def outer(first: Numbers, second: Numbers) -> Numbers:
    """first second': (a, n) x (b, n) -> (a, b)."""
    length, whole = _pieces(first.shape[1], first.shape[0] * second.shape[0])
    if not whole:
        return first @ second.T
    left, right = _split(first, length, whole), _split(second, length, whole)
    found: Numbers = np.matmul(left, right.transpose(0, 2, 1)).sum(axis=0)
    rest = length * whole
    if rest < first.shape[1]:
        found += first[:, rest:] @ second[:, rest:].T
    return found


def across(matrix: Numbers, columns: Numbers) -> Numbers:
    """matrix columns: (a, b) x (b, n) -> (a, n)."""
    length, whole = _pieces(columns.shape[1], matrix.size)
    if not whole:
        return matrix @ columns
    found = np.empty((matrix.shape[0], columns.shape[1]))
    rest = length * whole
    np.matmul(matrix[None], _split(columns, length, whole), out=_split(found, length, whole))
    if rest < columns.shape[1]:
        found[:, rest:] = matrix @ columns[:, rest:]
    return found


def _pieces(columns: int, each: int) -> tuple[int, int]:
    """The length of a piece, and how many whole ones there are; none if the product is small as it is."""
    length = max(1, MULTIPLICATIONS // each)
    return (length, columns // length) if columns > length else (length, 0)


def _split(matrix: Numbers, length: int, whole: int) -> Numbers:
    """A view of the first columns in pieces: (a, n) -> (pieces, a, length)."""
    part = matrix[:, : length * whole]
    return np.lib.stride_tricks.as_strided(
        part,
        shape=(whole, matrix.shape[0], length),
        strides=(length * part.strides[1], part.strides[0], part.strides[1]),
    )
