"""Finding a school, trust or authority by what a person remembers of it."""

from __future__ import annotations

import re
import unicodedata
from difflib import get_close_matches
from functools import lru_cache

import polars as pl

from headway.figures.register import Tables, organisations

_SAME = (
    (r"\b(?:church of england|c of e|c\.? ?e\.?|cofe)\b", "ce"),
    (r"\b(?:roman catholic|r\.? ?c\.?)\b", "catholic"),
    (r"\b(?:saints|saint|ss)\b", "st"),
    (r"\b(?:voluntary aided|v\.? ?a\.?)\b", ""),
    (r"\b(?:voluntary controlled|v\.? ?c\.?)\b", ""),
    (r"&", " and "),
)
_FILLERS = frozenset(("the", "of", "and", "school"))
_COLUMNS = (
    "organisation",
    "name",
    "kind",
    "kind_of_school",
    "responsible",
    "status",
    "authority",
    "authority_name",
    "laestab",
    "town",
    "postcode",
)


def find(store: Tables, text: str, limit: int = 20) -> pl.DataFrame:
    """The organisations that fit, best first: by name, town, URN, DfE number (860/2180 too), postcode or code.

    Forgiving of case, accents, punctuation, "St"/"Saint", "CofE"/"Church of England" and small misspellings.
    Columns: those that tell one school from another, and `because`, what it was found by. Open schools
    come before closed ones. Empty if nothing fits.
    """
    return find_among(organisations(store), text, limit)


def find_among(known: pl.DataFrame, text: str, limit: int = 20) -> pl.DataFrame:
    """`find` among organisations already at hand (`register.organisations`)."""
    wanted = text.strip()
    if not wanted:
        return _answer(known.clear(), "", limit)
    for found, because in (_by_number(known, wanted), _by_postcode(known, wanted)):
        if not found.is_empty():
            return _answer(found.with_columns(_rank=pl.lit(0)), because, limit)
    return _by_words(known, wanted, limit)


def plain(text: str) -> str:
    """Lower case, without accents and punctuation, the field's abbreviations made alike."""
    text = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().casefold()
    text = re.sub(r"[’'`]", "", text)
    for pattern, same in _SAME:
        text = re.sub(pattern, same, text)
    return " ".join(re.sub(r"[^a-z0-9 ]", " ", text).split())


def _by_number(known: pl.DataFrame, wanted: str) -> tuple[pl.DataFrame, str]:
    if wanted.partition(":")[0] in ("school", "authority", "trust", "federation", "cluster", "nation"):
        return known.filter(pl.col("organisation") == wanted.casefold()), "key"
    if not re.fullmatch(r"[\d/ ]+", wanted):
        return known.clear(), ""
    digits = re.sub(r"\D", "", wanted)
    keys = [f"school:{digits}", f"authority:{digits}", f"trust:{digits}", f"federation:{digits}"]
    by_key = known.filter(pl.col("organisation").is_in(keys))
    if not by_key.is_empty():
        return by_key, "number"
    return known.filter((pl.col("laestab") == digits) | (pl.col("ukprn") == digits)), "DfE number"


def _by_postcode(known: pl.DataFrame, wanted: str) -> tuple[pl.DataFrame, str]:
    code = re.sub(r"\s", "", wanted).upper()
    if not re.fullmatch(r"[A-Z]{1,2}\d[A-Z\d]?(\d[A-Z]{2})?", code):
        return known.clear(), ""
    if len(code) > 4:
        return known.filter(pl.col("postcode").str.replace_all(" ", "") == code), "postcode"
    return known.filter(pl.col("postcode").str.starts_with(f"{code} ")), "postcode"


def _by_words(known: pl.DataFrame, wanted: str, limit: int) -> pl.DataFrame:
    words = [word for word in plain(wanted).split() if word not in _FILLERS] or plain(wanted).split()
    if not words:
        return _answer(known.clear(), "", limit)
    prepared = known.with_columns(
        _name=pl.col("name").fill_null("").map_elements(_plain_once, return_dtype=pl.String),
        _town=pl.concat_str(
            [
                pl.col("town").fill_null(""),
                pl.col("district").fill_null(""),
                pl.col("authority_name").fill_null(""),
            ],
            separator=" ",
        ).map_elements(_plain_once, return_dtype=pl.String),
    ).with_columns(_all=pl.lit(" ") + pl.col("_name") + pl.lit(" ") + pl.col("_town"))
    found = _having(prepared, words)
    because = "name or town"
    if found.is_empty():
        mended = _mended(prepared, words)
        if mended is None:
            return _answer(known.clear(), "", limit)
        words, because = mended, "a similar name"
        found = _having(prepared, words)
    together = " ".join(words)
    rank = (
        pl.when(pl.col("_name") == together)
        .then(0)
        .when(pl.col("_name").str.starts_with(together))
        .then(1)
        .when(
            pl.all_horizontal(
                (pl.lit(" ") + pl.col("_name")).str.contains(f" {word}", literal=True) for word in words
            )
        )
        .then(2)
        .otherwise(3)
    )
    return _answer(found.with_columns(_rank=rank), because, limit)


@lru_cache(maxsize=200_000)
def _plain_once(text: str) -> str:
    return plain(text)


def _having(prepared: pl.DataFrame, words: list[str]) -> pl.DataFrame:
    """Those in which every word begins some word of the name, town, district or authority."""
    return prepared.filter(
        pl.all_horizontal(pl.col("_all").str.contains(f" {word}", literal=True) for word in words)
    )


def _mended(prepared: pl.DataFrame, words: list[str]) -> list[str] | None:
    """The words with each that nobody has replaced by the nearest one that somebody has."""
    known = set(prepared["_all"].str.split(" ").explode().drop_nulls().unique().to_list())
    mended = []
    for word in words:
        if any(other.startswith(word) for other in known):
            mended.append(word)
            continue
        near = [other for other in known if abs(len(other) - len(word)) <= 2 and other[:1] == word[:1]]
        closest = get_close_matches(word, near, n=1, cutoff=0.75)
        if not closest:
            return None
        mended.append(closest[0])
    return mended


def _answer(found: pl.DataFrame, because: str, limit: int) -> pl.DataFrame:
    if "_rank" not in found.columns:
        found = found.with_columns(_rank=pl.lit(0))
    closed = pl.col("status").fill_null("Open").str.starts_with("Closed")
    return (
        found.sort("_rank", closed, "name", "organisation")
        .head(limit)
        .select(*(name for name in _COLUMNS if name in found.columns), because=pl.lit(because))
    )
