"""Finding a school by what a person remembers of it: name, URN, DfE number, postcode or town, typing mistakes forgiven."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from difflib import SequenceMatcher

from django.db.models import Case, IntegerField, Q, QuerySet, Value, When
from django.db.models.functions import Coalesce

from headway.figures.register_search import plain
from headway.web.schools.models import Organisation, register_token

_FILLERS = frozenset(("the", "of", "and", "school", "at"))
_POSTCODE = re.compile(r"[A-Z]{1,2}\d[A-Z\d]?(\d[A-Z]{0,2})?")
_ALIKE, _NEAR = 0.72, 4
"""How alike two words must be for the one to stand for the other, and how many others one word may stand for."""


@dataclass(frozen=True)
class Found:
    """The organisations that fit, best first, and what was searched for instead where nothing has the words typed."""

    rows: QuerySet[Organisation]
    instead: str = ""


def find(among: QuerySet[Organisation], text: str) -> Found:
    """The organisations of `among` that fit a text: all of them, by name, where the text is empty.

    Numbers are URN, DfE number (860/2180 or 8602180), UKPRN; a postcode may be a part of one. Otherwise every word must
    begin a word of the name, town or district; where none has all of them, words that are much alike count, and then
    those that have most of them.
    """
    wanted = " ".join(text.split())
    if not wanted:
        return Found(among.order_by("plain_name", "key"))
    if re.fullmatch(r"[\d/ ]+", wanted):
        return Found(_by_number(among, re.sub(r"\D", "", wanted)))
    code = "".join(wanted.upper().split())
    if _POSTCODE.fullmatch(code):
        rows = among.filter(plain_postcode__startswith=code)
        if rows.exists():
            return Found(rows.order_by("is_closed", "plain_name", "key"))
    return _by_words(among, plain(wanted))


def _by_number(among: QuerySet[Organisation], digits: str) -> QuerySet[Organisation]:
    number = Q(dfe_number=digits) | Q(ukprn=digits)
    if len(digits) <= 8:
        number |= Q(urn=int(digits))
    return among.filter(number).order_by("is_closed", "plain_name", "key")


def _by_words(among: QuerySet[Organisation], wanted: str) -> Found:
    words = [word for word in wanted.split() if word not in _FILLERS] or wanted.split()
    words = words[:8]
    if not words:
        return Found(among.none())
    exact = among.filter(*(_has(word) for word in words))
    if exact.exists():
        return Found(_ranked(exact, words))
    vocabulary = _vocabulary()
    meant = [[word] if vocabulary.begins(word) else vocabulary.alike(word) or [word] for word in words]
    alike = among.filter(*(_any(each) for each in meant))
    if meant != [[word] for word in words] and alike.exists():
        return Found(_ranked(alike, [each[0] for each in meant]), " ".join(each[0] for each in meant))
    return Found(_with_most(among, meant))


def _has(word: str) -> Q:
    return Q(searched__contains=f" {word}")


def _any(words: list[str]) -> Q:
    found = Q()
    for word in words:
        found |= _has(word)
    return found


def _ranked(rows: QuerySet[Organisation], words: list[str]) -> QuerySet[Organisation]:
    """The very name first, then names that begin so, then those that have it somewhere; open before closed."""
    together = " ".join(words)
    rank = Case(
        When(plain_name=together, then=Value(0)),
        When(plain_name__startswith=together, then=Value(1)),
        When(plain_name__contains=together, then=Value(2)),
        default=Value(3),
        output_field=IntegerField(),
    )
    return rows.annotate(rank=rank).order_by("rank", "is_closed", "plain_name", "key")


def _with_most(among: QuerySet[Organisation], meant: list[list[str]]) -> QuerySet[Organisation]:
    """Those that have at least half of several words, those with most of them first."""
    if len(meant) == 1:
        return among.none()
    having = sum(
        (
            Coalesce(Case(When(_any(words), then=Value(1)), output_field=IntegerField()), Value(0))
            for words in meant
        ),
        start=Value(0, output_field=IntegerField()),
    )
    least = (len(meant) + 1) // 2
    return (
        among.annotate(having=having).filter(having__gte=least).order_by("-having", "is_closed", "plain_name")
    )


class _Vocabulary:
    """The words of all names and places in the register, by the threes of letters that they hold."""

    def __init__(self, words: set[str]) -> None:
        self.words = sorted(words)
        self.threes: dict[str, list[int]] = defaultdict(list)
        self.beginnings = {word[:end] for word in words for end in range(1, len(word) + 1)}
        for number, word in enumerate(self.words):
            for three in _threes(word):
                self.threes[three].append(number)

    def begins(self, word: str) -> bool:
        """Whether some word begins so."""
        return word in self.beginnings

    def alike(self, word: str) -> list[str]:
        """The words most like this one, the most alike first."""
        if len(word) < 4:
            return []
        shared: dict[int, int] = defaultdict(int)
        for three in _threes(word):
            for number in self.threes.get(three, ()):
                shared[number] += 1
        near = [self.words[number] for number, count in shared.items() if count >= 2]
        matcher = SequenceMatcher(b=word)
        scored = []
        for other in near:
            if abs(len(other) - len(word)) <= 3:
                matcher.set_seq1(other)
                if (ratio := matcher.ratio()) >= _ALIKE:
                    scored.append((-ratio, other))
        return [other for _, other in sorted(scored)[:_NEAR]]


def _threes(word: str) -> set[str]:
    padded = f"  {word} "
    return {padded[start : start + 3] for start in range(len(padded) - 2)}


_known: tuple[str, _Vocabulary] | None = None


def _vocabulary() -> _Vocabulary:
    """The words of the register as last taken; kept by this process until it is taken anew."""
    global _known
    token = register_token()
    if _known is None or not token or _known[0] != token:
        rows = Organisation.objects.filter(kind="school").order_by().values_list("searched", flat=True)
        words = {word for text in rows.iterator(chunk_size=5_000) for word in text.split()}
        _known = (token, _Vocabulary(words))
    return _known[1]
