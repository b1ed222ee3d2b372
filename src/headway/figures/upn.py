"""Unique pupil numbers: their check letter, what is temporary about some, and the pupil key that stands for them.

A UPN has 13 characters: a check letter (never I, O or S), the three-digit number of the authority, the four-digit
number of the establishment, the two-digit year, and a serial of three digits, whose last is a letter in a
temporary UPN. The check letter is the sum of the other twelve, weighted 2 to 13, modulo 23, into
ABCDEFGHJKLMNPQRTUVWXYZ; a letter at the end counts by its place there (DfE, Unique pupil numbers; python-stdnum
gb.upn). DfE says that in its own files "UPN may be incorrect or missing": Headway warns and never rejects.

Frames on their way to the store carry `upn` (or, where a pupil may lack one, `identity`) in place of `pupil`;
`with_pupil_keys` puts the store's pseudonymous key there.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import numpy as np
import numpy.typing as npt
import polars as pl

LETTERS = "ABCDEFGHJKLMNPQRTUVWXYZ"
"""The letters that may stand in a UPN, each at its value."""

LENGTH = 13

Frame = TypeVar("Frame", pl.DataFrame, pl.LazyFrame)
Keys = Callable[[pl.Series], pl.Series]

_NAMING = frozenset({"former_upn", "surname", "forename", "date_of_birth"})
"""Columns that only `identities` has: there the UPN is kept beside the key."""

_DIGITS = frozenset("0123456789")
_LETTER_BYTES = np.frombuffer(LETTERS.encode(), dtype=np.uint8)
_NOT_ALLOWED = 4_000  # more than any sum of allowed characters, and twelve of them still fit


def _weighted() -> npt.NDArray[np.uint16]:
    """What each byte adds to the sum at each of the thirteen places; `_NOT_ALLOWED` where it may not stand."""
    table = np.full((LENGTH, 256), _NOT_ALLOWED, dtype=np.uint16)
    for place in range(1, LENGTH):
        for digit in range(10):
            table[place, ord("0") + digit] = digit * (place + 1)
    for number, letter in enumerate(LETTERS):
        table[LENGTH - 1, ord(letter)] = number * LENGTH
    return table


_WEIGHTED = _weighted()


def tidied(column: str) -> pl.Expr:
    """The UPNs of a text column in capitals without blanks; an empty one is null."""
    text = pl.col(column).str.strip_chars().str.to_uppercase()
    return pl.when(text != "").then(text)


def is_valid(upns: pl.Series) -> pl.Series:
    """Whether each UPN has the right shape and check letter; null for null. `upns` are tidied."""
    characters, measured = _characters(upns)
    sums = np.zeros(len(characters), dtype=np.uint16)
    for place in range(1, LENGTH):
        sums += _WEIGHTED[place][characters[:, place]]
    right = (_LETTER_BYTES[sums % len(LETTERS)] == characters[:, 0]) & (sums < _NOT_ALLOWED) & measured
    return _with_nulls_of(upns, right)


def is_temporary(upns: pl.Series) -> pl.Series:
    """Whether each UPN ends in a letter, as a temporary one does; null for null."""
    return upns.str.contains(r"^.{12}[A-Z]$").alias(upns.name)


def check_letter(rest: str) -> str:
    """The check letter before these twelve characters. Raises ValueError for other characters or another number."""
    if len(rest) != LENGTH - 1 or not set(rest[:-1]) <= _DIGITS or rest[-1] not in _DIGITS | set(LETTERS):
        raise ValueError(
            "a UPN has twelve characters after its check letter: eleven digits, and a digit or letter"
        )
    total = sum(int(_WEIGHTED[place][ord(character)]) for place, character in enumerate(rest, start=1))
    return LETTERS[total % len(LETTERS)]


def with_pupil_keys(frame: Frame, keys: Keys) -> Frame:
    """`frame` with the store's pseudonymous key in `pupil`, made from `identity`, or from `upn` without one.

    `keys` gives the key of each text (`Store.pupil_keys`). `identity` is dropped; `upn` too, unless the frame is one
    of identities, which names pupils. A frame that has neither, or has `pupil` already, comes back as it is.
    """
    columns = set(frame.collect_schema().names())
    origin = "identity" if "identity" in columns else "upn"
    if "pupil" in columns or origin not in columns:
        return frame
    keyed = frame.with_columns(pl.col(origin).map_batches(keys, return_dtype=pl.Int64).alias("pupil"))
    unwanted = {"identity"} if columns & _NAMING else {"identity", "upn"}
    return keyed.drop(columns & unwanted)


def _characters(upns: pl.Series) -> tuple[np.ndarray, np.ndarray]:
    """The 13 bytes of each UPN as a row, and which of them are UPNs of 13 plain bytes at all."""
    lengths = upns.str.len_bytes()
    measured = (lengths == LENGTH).fill_null(False)
    padded = upns.set(~measured, "?" * LENGTH) if not measured.all() else upns
    text = padded.str.join().item() if padded.len() else ""
    characters = np.frombuffer(text.encode(), dtype=np.uint8).reshape(-1, LENGTH)
    return characters, measured.to_numpy()


def _with_nulls_of(upns: pl.Series, values: np.ndarray) -> pl.Series:
    found = pl.Series(upns.name, values)
    return found.set(upns.is_null(), None) if upns.null_count() else found
