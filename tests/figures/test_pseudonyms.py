"""Pupil keys: the published SipHash, fast, null for nobody, another key in every store."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headway.figures.pseudonyms import BadSecret, pupil_keys, secret_of, shown_key, siphash
from headway.figures.store import Store

SECRET = bytes(range(16))

# The first sixteen of vectors_sip64 in the authors' reference implementation (github.com/veorq/SipHash, vectors.h):
# inputs 00, 00 01, 00 01 02 … under the key 00 01 … 0f; each output is written with its lowest byte first.
PUBLISHED = (
    *("310e0edd47db6f72", "fd67dc93c539f874", "5a4fa9d909806c0d", "2d7efbd796666785"),
    *("b7877127e09427cf", "8da699cd64557618", "cee3fe586e46c9cb", "37d1018bf50002ab"),
    *("6224939a79f5f593", "b0e4a90bdf82009e", "f3b9dd94c5bb5d7a", "a7ad6b22462fb3f4"),
    *("fbe50e86bc8f1e75", "903d84c02756ea14", "eef27a8e90ca23f7", "e545be4961ca29a1"),
)


def slow_siphash(data: bytes, secret: bytes) -> int:
    """SipHash-2-4 as section 2 of the paper describes it, one text at a time."""
    mask = 2**64 - 1

    def rotated(word: int, bits: int) -> int:
        return ((word << bits) | (word >> (64 - bits))) & mask

    def mixed(v: list[int]) -> list[int]:
        a, b, c, d = v
        a, c = (a + b) & mask, (c + d) & mask
        b, d = rotated(b, 13) ^ a, rotated(d, 16) ^ c
        a = rotated(a, 32)
        c, a = (c + b) & mask, (a + d) & mask
        b, d = rotated(b, 17) ^ c, rotated(d, 21) ^ a
        return [a, b, rotated(c, 32), d]

    k0, k1 = int.from_bytes(secret[:8], "little"), int.from_bytes(secret[8:], "little")
    v = [k0 ^ 0x736F6D6570736575, k1 ^ 0x646F72616E646F6D, k0 ^ 0x6C7967656E657261, k1 ^ 0x7465646279746573]
    padded = data + bytes(7 - len(data) % 8) + bytes([len(data) % 256])
    for start in range(0, len(padded), 8):
        word = int.from_bytes(padded[start : start + 8], "little")
        v[3] ^= word
        v = mixed(mixed(v))
        v[0] ^= word
    v[2] ^= 0xFF
    v = mixed(mixed(mixed(mixed(v))))
    return v[0] ^ v[1] ^ v[2] ^ v[3]


@pytest.mark.parametrize("length", range(16))
def test_it_is_the_published_siphash(length: int) -> None:
    text = bytes(range(length))
    published = int.from_bytes(bytes.fromhex(PUBLISHED[length]), "little")
    assert slow_siphash(text, SECRET) == published
    assert int(siphash(pl.Series([text.decode("ascii")], dtype=pl.String), SECRET)[0]) == published


@given(st.lists(st.text(max_size=40), max_size=30), st.binary(min_size=16, max_size=16))
@settings(max_examples=100, deadline=None)
def test_any_texts_under_any_secret_agree_with_the_slow_way(texts: list[str], secret: bytes) -> None:
    found = siphash(pl.Series(texts, dtype=pl.String), secret).tolist()
    assert found == [slow_siphash(text.encode(), secret) for text in texts]


def test_more_upns_than_one_chunk_agree_with_the_slow_way() -> None:
    upns = [f"H{number:012d}" for number in range(40_000)]
    keys = pupil_keys(pl.Series(upns), SECRET).to_list()
    for place in (0, 1, 16_383, 16_384, 32_767, 32_768, 39_999):
        assert keys[place] % 2**64 == slow_siphash(upns[place].encode(), SECRET)
    assert len(set(keys)) == len(upns)


def test_a_missing_upn_has_no_key_and_blanks_and_small_letters_make_no_difference() -> None:
    upns = pl.Series("upn", [None, "H801200001001", "", "  ", " h801200001001 ", None])
    keys = pupil_keys(upns, SECRET)
    expected = slow_siphash(b"H801200001001", SECRET)
    expected -= 2**64 if expected >= 2**63 else 0
    assert keys.to_list() == [None, expected, None, None, expected, None]
    assert keys.dtype == pl.Int64
    assert keys.name == "upn"


@pytest.mark.parametrize("upns", [[], [None], [None, ""]])
def test_where_nobody_has_a_upn_nobody_has_a_key(upns: list[str | None]) -> None:
    assert pupil_keys(pl.Series(upns, dtype=pl.String), SECRET).to_list() == [None] * len(upns)


def test_the_secret_is_made_once_and_only_its_owner_may_read_it(tmp_path: Path) -> None:
    first = secret_of(tmp_path)
    assert len(first) == 16
    assert secret_of(tmp_path) == first
    assert stat.S_IMODE(os.stat(tmp_path / "secret.key").st_mode) == 0o600
    assert sorted(path.name for path in tmp_path.iterdir()) == ["secret.key", "secret.mark"]


def test_two_stores_give_one_pupil_two_keys(tmp_path: Path) -> None:
    upn = pl.Series(["H801200001001"])
    one, other = Store.open(tmp_path / "one"), Store.open(tmp_path / "other")
    assert one.pupil_keys(upn).to_list() != other.pupil_keys(upn).to_list()
    assert one.pupil_keys(upn).to_list() == Store.open(tmp_path / "one").pupil_keys(upn).to_list()


def test_a_secret_may_be_given_from_outside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEADWAY_PUPIL_KEY", SECRET.hex())
    upns = pl.Series(["H801200001001"])
    assert Store.open(tmp_path).pupil_keys(upns).to_list() == pupil_keys(upns, SECRET).to_list()
    assert not (tmp_path / "secret.key").exists()


@pytest.mark.parametrize("text", ["", "secret", "00" * 15, "zz" * 16])
def test_a_bad_secret_is_refused_in_plain_words(
    text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEADWAY_PUPIL_KEY", text)
    with pytest.raises(
        BadSecret, match="HEADWAY_PUPIL_KEY does not hold a pupil secret: expected 32 hexadecimal"
    ):
        secret_of(tmp_path)


def test_another_secret_than_the_first_is_refused_since_no_pupil_would_match(tmp_path: Path) -> None:
    secret_of(tmp_path)
    (tmp_path / "secret.key").unlink()
    with pytest.raises(BadSecret, match="keyed with another secret"):
        secret_of(tmp_path)


@pytest.mark.parametrize(
    ("key", "shown"),
    [
        (0, "p0000000000000000"),
        (1, "p0000000000000001"),
        (-1, "pffffffffffffffff"),
        (-(2**63), "p8000000000000000"),
        (2**63 - 1, "p7fffffffffffffff"),
    ],
)
def test_a_key_is_shown_as_its_64_bits(key: int, shown: str) -> None:
    assert shown_key(key) == shown
