"""UPNs: the vectorised check against a slow, obvious one, and the examples of the field."""

from __future__ import annotations

import random
import string
from functools import partial

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headway.figures.pseudonyms import pupil_keys
from headway.figures.upn import LETTERS, check_letter, is_temporary, is_valid, tidied, with_pupil_keys


def slowly_valid(upn: str) -> bool:
    """The rule as it is written down, one character at a time."""
    if len(upn) != 13 or upn[0] not in LETTERS or any(c not in "0123456789" for c in upn[1:12]):
        return False
    if upn[12] not in "0123456789" + LETTERS:
        return False
    total = 0
    for weight, character in zip(range(2, 14), upn[1:], strict=True):
        total += weight * (int(character) if character in "0123456789" else LETTERS.index(character))
    return LETTERS[total % 23] == upn[0]


def random_upns(count: int, seed: int) -> list[str]:
    """Half of them right, a third of these temporary, the others spoiled in one place."""
    chance = random.Random(seed)
    found = []
    for number in range(count):
        rest = "".join(chance.choices(string.digits, k=11)) + chance.choice(string.digits * 2 + LETTERS[:10])
        upn = check_letter(rest) + rest
        if number % 2:
            place = chance.randrange(13)
            upn = upn[:place] + chance.choice(string.digits + string.ascii_uppercase) + upn[place + 1 :]
        found.append(upn)
    return found


@pytest.mark.parametrize("upn", ["H801200001001", "B801200005001", "G80120000101A"])
def test_the_examples_of_the_field_are_valid(upn: str) -> None:
    assert is_valid(pl.Series([upn])).to_list() == [True]
    assert check_letter(upn[1:]) == upn[0]
    assert is_temporary(pl.Series([upn])).to_list() == [upn.endswith("A")]


@pytest.mark.parametrize(
    "upn",
    [
        "A801200001001",
        "H80120000100",
        "H8012000010011",
        "I801200001001",
        "H80120000100S",
        "H80120000x001",
        "",
        "é" * 13,
    ],
)
def test_a_wrong_letter_length_or_character_is_invalid(upn: str) -> None:
    assert is_valid(pl.Series([upn])).to_list() == [False]


def test_missing_upns_are_neither_valid_nor_invalid() -> None:
    assert is_valid(pl.Series("upn", [None, "H801200001001", None], dtype=pl.String)).to_list() == [
        None,
        True,
        None,
    ]
    assert is_valid(pl.Series("upn", [], dtype=pl.String)).to_list() == []


def test_it_agrees_with_the_slow_rule_on_random_upns() -> None:
    upns = random_upns(20_000, seed=20190731)
    assert is_valid(pl.Series(upns)).to_list() == [slowly_valid(upn) for upn in upns]


def test_it_agrees_with_python_stdnum_on_random_upns() -> None:
    theirs = pytest.importorskip("stdnum.gb.upn", reason="python-stdnum is not installed")
    for upn in random_upns(5_000, seed=11)[::2]:
        assert theirs.calc_check_digit(upn[1:]) == upn[0] == check_letter(upn[1:])


@given(
    st.lists(st.one_of(st.none(), st.text(max_size=15), st.text("AB0123456789", min_size=13, max_size=13)))
)
def test_it_takes_any_text(upns: list[str | None]) -> None:
    found = is_valid(pl.Series("upn", upns, dtype=pl.String)).to_list()
    assert found == [None if upn is None else slowly_valid(upn) for upn in upns]


@given(st.text(string.digits, min_size=12, max_size=12), st.integers(0, 11), st.sampled_from(string.digits))
def test_one_wrong_digit_is_always_noticed(rest: str, place: int, digit: str) -> None:
    other = rest[:place] + digit + rest[place + 1 :]
    assert (check_letter(rest) == check_letter(other)) == (rest == other)


def test_upns_are_tidied() -> None:
    frame = pl.DataFrame({"upn": [" h801200001001 ", "", "  ", None]})
    assert frame.select(tidied("upn"))["upn"].to_list() == ["H801200001001", None, None, None]


def test_a_check_letter_needs_twelve_known_characters() -> None:
    with pytest.raises(ValueError, match="twelve characters"):
        check_letter("80120000100S")


def test_pupil_keys_take_the_place_of_upns() -> None:
    keys = partial(pupil_keys, secret=b"0" * 16)
    upns = ["H801200001001", "B801200005001", "H801200001001"]
    keyed = with_pupil_keys(pl.DataFrame({"row": [2, 3, 4], "upn": upns}), keys)
    assert keyed.columns == ["row", "pupil"]
    first, second, third = keyed["pupil"].to_list()
    assert first == third != second
    named = with_pupil_keys(
        pl.LazyFrame({"upn": [upns[0], None], "surname": ["A", "B"], "identity": [upns[0], "no upn"]}),
        keys,
    ).collect()
    assert named.columns == ["upn", "surname", "pupil"]
    assert named["pupil"][0] == first != named["pupil"][1]
    assert with_pupil_keys(named, keys).equals(named)
