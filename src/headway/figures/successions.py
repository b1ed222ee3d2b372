"""Which school followed which, and how: what the register's links mean for results.

A link alone says little: "Predecessor" is written alike for a school that became an academy, two that were
amalgamated, and one that was taken in by a school that stays. So a link counts only where both schools have
it and it has a date, and then the schools' own days and places say what it was. Everything else goes to
a review list, with the reason: a wrong history is worse than a short one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import polars as pl

SUMMER = 63
"""Days between a closure and the opening that followed it: no more than a summer, 30 June to 1 September."""
OVERLAP = 31
"""Days by which the register may let the new school open before the old one closed."""
NEAR = 1_000.0
"""Metres: two places of one school, where the register has moved its pin or its postcode."""

_SCHEMA = {
    "organisation": pl.String(),
    "predecessor": pl.String(),
    "date": pl.Date(),
    "how": pl.String(),
    "because": pl.String(),
    "suggestion": pl.String(),
}


@dataclass(frozen=True)
class School:
    """What is needed of a school to tell how it followed another; all may be unknown."""

    known: bool = False
    opened: date | None = None
    closed: date | None = None
    postcode: str | None = None
    easting: float | None = None
    northing: float | None = None
    open: bool = False
    as_at: date | None = None


@dataclass(frozen=True)
class _Pair:
    """Both sides' word on one school having come before another."""

    school: str
    predecessor: str
    types: frozenset[str] = frozenset()
    by_school: bool = False
    by_predecessor: bool = False
    school_date: date | None = None
    predecessor_date: date | None = None

    @property
    def day(self) -> date | None:
        """First day of the one after the other: the later, since the older school's side has its last day."""
        return max((day for day in (self.school_date, self.predecessor_date) if day), default=None)

    @property
    def two_sided(self) -> bool:
        """Whether both schools have the link."""
        return self.by_school and self.by_predecessor


@dataclass(frozen=True)
class Succession:
    """One school having come before another. `how`: conversion, amalgamation, split or review."""

    organisation: str
    predecessor: str
    date: date | None
    how: str
    because: str
    suggestion: str | None = None


def successions(links: pl.DataFrame, organisations: pl.DataFrame) -> pl.DataFrame:
    """One row a school and predecessor: `organisation`, `predecessor`, `date`, `how`, `because`, `suggestion`.

    `links` is the table of that name; `organisations` one row a school (`register.organisations`).
    `how` is *conversion* (one predecessor, same place, which closed as the school opened), *amalgamation* (several
    predecessors, or one taken in by a school that stayed), *split* (the predecessor has several
    successors) or *review*. `suggestion` says of a row for review what the schools' own days would make of it.
    """
    found = decided(links, organisations)
    return pl.DataFrame([vars(one) for one in found], schema=_SCHEMA)


def review(links: pl.DataFrame, organisations: pl.DataFrame) -> pl.DataFrame:
    """The successions that nobody but a person can decide, each with its reason."""
    return successions(links, organisations).filter(pl.col("how") == "review")


def decided(links: pl.DataFrame, organisations: pl.DataFrame) -> list[Succession]:
    """The successions, sorted by school and predecessor."""
    schools = _schools(organisations)
    pairs, undirected = _pairs(links, schools)
    before: dict[str, list[_Pair]] = defaultdict(list)
    after: dict[str, list[_Pair]] = defaultdict(list)
    for pair in pairs.values():
        before[pair.school].append(pair)
        after[pair.predecessor].append(pair)
    found = _without_circles([_judged(pair, schools, before, after, pairs) for pair in pairs.values()])
    return sorted([*found, *undirected], key=lambda one: (one.organisation, one.predecessor))


def _without_circles(found: list[Succession]) -> list[Succession]:
    """The same, successions that run in a circle for review: no school comes before itself."""
    carried = {
        (one.organisation, one.predecessor) for one in found if one.how in ("conversion", "amalgamation")
    }
    while True:
        heirs, predecessors = {heir for heir, _ in carried}, {old for _, old in carried}
        inner = {(heir, old) for heir, old in carried if heir in predecessors and old in heirs}
        if inner == carried:
            break
        carried = inner
    return [
        replace(one, how="review", because="the links run in a circle")
        if (one.organisation, one.predecessor) in carried
        else one
        for one in found
    ]


def _schools(organisations: pl.DataFrame) -> dict[str, School]:
    wanted = ("open_date", "close_date", "postcode", "easting", "northing", "status", "as_at")
    frame = organisations.select(
        "organisation",
        *(pl.col(name) if name in organisations.columns else pl.lit(None).alias(name) for name in wanted),
    )
    return {
        row["organisation"]: School(
            known=True,
            opened=row["open_date"],
            closed=row["close_date"],
            postcode=row["postcode"],
            easting=row["easting"],
            northing=row["northing"],
            open=(row["status"] or "").startswith("Open"),
            as_at=row["as_at"],
        )
        for row in frame.iter_rows(named=True)
    }


def _pairs(
    links: pl.DataFrame, schools: Mapping[str, School]
) -> tuple[dict[tuple[str, str], _Pair], list[Succession]]:
    """The links as pairs of school and predecessor; and those that do not say which came first."""
    pairs: dict[tuple[str, str], _Pair] = {}
    undirected: dict[tuple[str, str], Succession] = {}
    for row in links.select("organisation", "linked_organisation", "link", "link_type", "date").iter_rows(
        named=True
    ):
        one, other, link = row["organisation"], row["linked_organisation"], row["link"]
        if one == other:
            continue
        if link == "merged":
            link = _direction(schools.get(one, School()), schools.get(other, School()))
            if link is None:
                key = (min(one, other), max(one, other))
                undirected[key] = Succession(
                    *key, row["date"], "review", f'"{row["link_type"]}" does not say which school came first'
                )
                continue
        if link == "predecessor":
            pair = pairs.get((one, other), _Pair(one, other))
            pairs[one, other] = replace(
                pair,
                types=pair.types | {row["link_type"]},
                by_school=True,
                school_date=_later(pair.school_date, row["date"]),
            )
        elif link == "successor":
            pair = pairs.get((other, one), _Pair(other, one))
            pairs[other, one] = replace(
                pair,
                types=pair.types | {row["link_type"]},
                by_predecessor=True,
                predecessor_date=_later(pair.predecessor_date, row["date"]),
            )
    told = {frozenset(key) for key in pairs}
    return pairs, [one for key, one in undirected.items() if frozenset(key) not in told]


def _later(one: date | None, other: date | None) -> date | None:
    return max((day for day in (one, other) if day), default=None)


def _direction(one: School, other: School) -> str | None:
    """Of two schools that merged, what the other is to the one: the school that closed came before."""
    if one.closed and not other.closed:
        return "successor"
    if other.closed and not one.closed:
        return "predecessor"
    return None


def _judged(
    pair: _Pair,
    schools: Mapping[str, School],
    before: Mapping[str, list[_Pair]],
    after: Mapping[str, list[_Pair]],
    pairs: Mapping[tuple[str, str], _Pair],
) -> Succession:
    school, old = schools.get(pair.school, School()), schools.get(pair.predecessor, School())

    def answer(how: str, because: str, suggestion: str | None = None) -> Succession:
        return Succession(pair.school, pair.predecessor, pair.day, how, because, suggestion)

    if (pair.predecessor, pair.school) in pairs:
        return answer("review", "each of the two is said to have come before the other")
    if not pair.two_sided:
        having = pair.school if pair.by_school else pair.predecessor
        return answer("review", f"only {having} has the link", _suggestion(school, old))
    if pair.day is None:
        return answer("review", "the link has no date on either side", _suggestion(school, old))
    if pair.school_date and pair.predecessor_date:
        apart = abs((pair.school_date - pair.predecessor_date).days)
        if apart > SUMMER:
            return answer("review", f"the two sides give days {apart} apart", _suggestion(school, old))
    others = [other.school for other in after[pair.predecessor] if other is not pair]
    if any("split" in kind.casefold() for kind in pair.types):
        return answer("split", "the register calls it a split")
    if others:
        return answer("split", f"{pair.predecessor} was also followed by {', '.join(sorted(others))}")
    amalgamated = any("amalgamat" in kind.casefold() or "merged" in kind.casefold() for kind in pair.types)
    return _by_days(pair, school, old, before[pair.school], amalgamated=amalgamated)


def _by_days(
    pair: _Pair, school: School, old: School, all_before: Iterable[_Pair], *, amalgamated: bool
) -> Succession:
    """A two-sided, dated link to the only successor: what the schools' own days and places make of it."""
    day = pair.day
    assert day is not None  # told by the caller

    def answer(how: str, because: str, suggestion: str | None = None) -> Succession:
        return Succession(pair.school, pair.predecessor, day, how, because, suggestion)

    if amalgamated:
        return answer("amalgamation", "the register calls it an amalgamation or merger")
    if school.opened is None:
        what = "the register loaded has no opening day for" if school.known else "no register loaded has"
        return answer(
            "review",
            f"{what} {pair.school}: it cannot be told whether it replaced or took in {pair.predecessor}",
        )
    since = (day - school.opened).days
    if since > SUMMER:
        return answer("amalgamation", f"{pair.school} had been open for {since} days and stayed")
    if since < -SUMMER and not _closed_as_opened(school.opened, old.closed):
        # Links are often dated when a conversion is planned, and the academy opens months later.
        return answer(
            "review",
            f"{pair.school} opened {-since} days after the link, and no register loaded says when "
            f"{pair.predecessor} closed"
            if old.closed is None
            else f"{pair.school} opened {-since} days after the link, and {pair.predecessor} did not close then",
            f"conversion on {school.opened.isoformat()}, if it was the only predecessor"
            if old.closed is None
            else None,
        )
    together = [
        other
        for other in all_before
        if other is not pair and not (other.day and (other.day - school.opened).days > SUMMER)
    ]
    doubtful = [other.predecessor for other in together if not other.two_sided or other.day is None]
    if doubtful:
        return answer(
            "review",
            f"another predecessor, {', '.join(sorted(doubtful))}, has no date or no link back: "
            "a conversion cannot be told from an amalgamation",
        )
    if together:
        because = f"opened in place of {len(together) + 1} schools"
        return Succession(pair.school, pair.predecessor, school.opened, "amalgamation", because)
    return _conversion(pair, school, old, school.opened)


def _closed_as_opened(opened: date, closed: date | None) -> bool:
    """Whether the one school closed as the other opened: a summer before it at most, or a month after."""
    return closed is not None and -OVERLAP <= (opened - closed).days <= SUMMER


def _conversion(pair: _Pair, school: School, old: School, opened: date) -> Succession:
    """The only predecessor: a conversion if it closed as the school opened, in the same place."""

    def answer(how: str, because: str) -> Succession:
        return Succession(pair.school, pair.predecessor, opened, how, because)

    if old.closed is not None and not _closed_as_opened(opened, old.closed):
        gap = (opened - old.closed).days
        when = f"{gap} days after" if gap > 0 else f"{-gap} days before"
        return answer("review", f"{pair.school} opened {when} {pair.predecessor} closed")
    if old.open and old.closed is None and old.as_at is not None and old.as_at > opened:
        return answer("review", f"{pair.predecessor} is still open in the register")
    same = _same_place(school, old)
    if same is False:
        return answer("review", "the two schools are not in the same place")
    place = "same place" if same else "place not checked, since the register has no place for one of them"
    return answer("conversion", f"one predecessor, which closed as the school opened; {place}")


def _same_place(one: School, other: School) -> bool | None:
    """Whether two schools stand in one place; None where that is not known of both."""
    if one.postcode and other.postcode and one.postcode.replace(" ", "") == other.postcode.replace(" ", ""):
        return True
    if None not in (one.easting, one.northing, other.easting, other.northing):
        away: Any = ((one.easting - other.easting) ** 2 + (one.northing - other.northing) ** 2) ** 0.5  # type: ignore[operator]
        return bool(away <= NEAR)
    return False if one.postcode and other.postcode else None


def _suggestion(school: School, old: School) -> str | None:
    """What the schools' own days would make of a link that does not stand by itself."""
    if school.opened is None or old.closed is None:
        return None
    gap = (school.opened - old.closed).days
    if -OVERLAP <= gap <= SUMMER and _same_place(school, old) is not False:
        return f"conversion on {school.opened.isoformat()}, if it was the only predecessor"
    if gap < -OVERLAP:
        return f"taken in on {old.closed.isoformat()} by a school that stayed"
    return None
