"""The pseudonymous pupil key: SipHash-2-4 of the unique pupil number under a secret of the store's own.

The same pupil gets the same key in every file of one store, and another key in every other store. Without the
secret a key cannot be turned back, nor can a list of all possible UPNs be tried against it, as it could be
with a plain hash. Source: Aumasson and Bernstein, "SipHash: a fast short-input PRF" (2012).
"""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

SECRET_BYTES = 16
_CHUNK = 16_384  # rows hashed together: eight state arrays of this size stay in the processor's cache

Words = npt.NDArray[np.uint64]


class BadSecret(Exception):  # noqa: N818 - the message says which secret is bad and what a good one looks like
    """A secret that is not sixteen bytes written as hexadecimal digits."""


def secret_from_text(text: str, where: str) -> bytes:
    """The sixteen bytes that `text` writes as 32 hexadecimal digits. Raises `BadSecret`, naming `where`."""
    try:
        secret = bytes.fromhex(text.strip())
    except ValueError:
        secret = b""
    if len(secret) != SECRET_BYTES:
        raise BadSecret(
            f"{where} does not hold a pupil secret: expected 32 hexadecimal digits, found {len(text.strip())} "
            "characters that are not. Put back the secret with which this store was made."
        )
    return secret


def fingerprint(secret: bytes) -> str:
    """Tells whether two secrets are the same without telling either."""
    return hashlib.sha256(b"headway pupil secret " + secret).hexdigest()[:16]


def secret_of(folder: Path) -> bytes:
    """The secret of the store in `folder`: `HEADWAY_PUPIL_KEY`, else its `secret.key`, made on first use.

    `secret.mark` remembers which secret was used first. Raises `BadSecret` if this is another one: none of the
    store's pupils would match.
    """
    given = os.environ.get("HEADWAY_PUPIL_KEY")
    path = folder / "secret.key"
    if given is None and not path.exists():
        _write_once(path, os.urandom(SECRET_BYTES).hex())
    text = path.read_text(encoding="utf-8", errors="replace") if given is None else given
    secret = secret_from_text(text, str(path) if given is None else "HEADWAY_PUPIL_KEY")
    mark = folder / "secret.mark"
    if not mark.exists():
        _write_once(mark, fingerprint(secret))
    if mark.read_text(encoding="ascii").strip() != fingerprint(secret):
        raise BadSecret(
            f"the pupils of the store in {folder} were keyed with another secret, so none of them would match. "
            "Put back the secret.key (or HEADWAY_PUPIL_KEY) with which the store was made."
        )
    return secret


def _write_once(path: Path, text: str) -> None:
    """Writes a file that only its owner may read, whole or not at all; one that is there already stays."""
    partial = path.with_suffix(f".{os.getpid()}-{threading.get_ident()}")
    handle = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(text + "\n")
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(partial, path)
    except FileExistsError:
        pass
    except OSError:  # a file system without hard links, such as some network shares
        if not path.exists():
            os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)


def pupil_keys(upns: pl.Series, secret: bytes) -> pl.Series:
    """The key of each UPN, as Int64 in the order of `upns`; null for a null or blank UPN.

    Blanks around a UPN are dropped and its letters made capitals first, since files differ in both.
    """
    clean = upns if _is_clean(upns) else _cleaned(upns)
    hashes = siphash(clean.drop_nulls(), secret)
    keys = pl.Series(upns.name, hashes.view(np.int64))
    if clean.null_count() == 0:
        return keys
    known = clean.is_not_null().to_numpy()
    places = np.where(known, np.cumsum(known) - 1, 0)
    spread = keys.gather(places) if len(keys) else pl.Series(upns.name, [0] * len(upns), dtype=pl.Int64)
    return spread.set(pl.Series(~known), None)


def shown_key(pupil: int) -> str:
    """A pupil's key as people see and say it: the 64 bits as p and 16 hexadecimal digits."""
    return f"p{pupil & (1 << 64) - 1:016x}"


def _cleaned(upns: pl.Series) -> pl.Series:
    clean = upns.cast(pl.String).str.strip_chars().str.to_uppercase()
    return clean.set(clean == "", None)


def _is_clean(upns: pl.Series) -> bool:
    """Whether every text is of ASCII capitals, digits and signs alone, as almost all are: cheaper to see than to mend."""
    if upns.dtype != pl.String or upns.is_empty() or upns.null_count() or upns.str.len_bytes().min() == 0:
        return False
    data, _ = _bytes_of(upns)
    return bool(data.min() > ord(" ") and data.max() < ord("a"))


def siphash(texts: pl.Series, secret: bytes) -> Words:
    """SipHash-2-4 of each text (a String series without nulls), as unsigned 64-bit numbers."""
    data, offsets = _bytes_of(texts)
    lengths = np.diff(offsets)
    hashes = np.empty(len(lengths), dtype=np.uint64)
    if len(lengths) and lengths.min() == lengths.max():
        return _hashes_of_equal_length(data.reshape(len(lengths), -1), secret)
    for length in np.unique(lengths):
        rows = np.flatnonzero(lengths == length)
        for some in _chunks(rows):
            taken = data[offsets[some][:, None] + np.arange(length)]
            hashes[some] = _hash_blocks(_blocks(taken), secret)
    return hashes


def _hashes_of_equal_length(data: npt.NDArray[np.uint8], secret: bytes) -> Words:
    """The same for texts that are all of one length, a row each, as UPNs are: none need be looked up."""
    bounds = [*range(0, len(data), _CHUNK), len(data)]
    pieces = [_hash_blocks(_blocks(data[start:end]), secret) for start, end in pairwise(bounds)]
    return np.concatenate(pieces)


def _bytes_of(texts: pl.Series) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64]]:
    joined = "".join(()).encode() if len(texts) == 0 else (texts.str.join("").item() or "").encode()
    lengths = texts.str.len_bytes().to_numpy().astype(np.int64)
    offsets = np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(lengths)])
    return np.frombuffer(joined, dtype=np.uint8), offsets


def _chunks(rows: npt.NDArray[np.int64]) -> Iterator[npt.NDArray[np.int64]]:
    bounds = [*range(0, len(rows), _CHUNK), len(rows)]
    return (rows[start:end] for start, end in pairwise(bounds))


def _blocks(texts: npt.NDArray[np.uint8]) -> Words:
    """Texts of one length, a row each, as little-endian words, zero-padded, the length in the last byte; a row a word."""
    count, length = texts.shape
    padded = np.zeros((count, (length // 8 + 1) * 8), dtype=np.uint8)
    padded[:, :length] = texts
    padded[:, -1] = length & 0xFF
    return np.ascontiguousarray(padded.view("<u8").astype(np.uint64, copy=False).T)


def _hash_blocks(words: Words, secret: bytes) -> Words:
    first, second = np.frombuffer(secret, dtype="<u8").astype(np.uint64)
    start = (0x736F6D6570736575, 0x646F72616E646F6D, 0x6C7967656E657261, 0x7465646279746573)
    state = [
        np.full(words.shape[1], np.uint64(constant) ^ key, dtype=np.uint64)
        for constant, key in zip(start, (first, second, first, second), strict=True)
    ]
    spare = np.empty_like(state[0])
    for word in words:
        state[3] ^= word
        _rounds(state, spare, 2)
        state[0] ^= word
    state[2] ^= np.uint64(0xFF)
    _rounds(state, spare, 4)
    return state[0] ^ state[1] ^ state[2] ^ state[3]


def _rounds(state: list[Words], spare: Words, count: int) -> None:
    a, b, c, d = state
    for _ in range(count):
        a += b
        _rotate(b, 13, spare)
        b ^= a
        _rotate(a, 32, spare)
        c += d
        _rotate(d, 16, spare)
        d ^= c
        a += d
        _rotate(d, 21, spare)
        d ^= a
        c += b
        _rotate(b, 17, spare)
        b ^= c
        _rotate(c, 32, spare)


def _rotate(words: Words, bits: int, spare: Words) -> None:
    np.right_shift(words, np.uint64(64 - bits), out=spare)
    np.left_shift(words, np.uint64(bits), out=words)
    words |= spare
