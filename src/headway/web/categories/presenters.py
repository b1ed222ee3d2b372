"""Rounds and standings as pages, letters and files show them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar

from django.db.models import Prefetch, QuerySet

from headway.policy.outcomes import JUDGEMENT_NEEDED
from headway.policy.schemes import Criterion, Scheme
from headway.policy.what_if import Moved, days_needed, moved, sensitivity
from headway.web.audit import versions
from headway.web.categories import actions, sight
from headway.web.categories.models import Change, Judged, Round, Standing
from headway.web.categories.reckoning import Reckoned
from headway.web.people import access, places
from headway.web.people.models import User
from headway.web.people.permissions import Permission

COLOURS = {
    "red": "red",
    "amber": "orange",
    "yellow": "yellow",
    "green": "green",
    "blue": "blue",
    "grey": "grey",
}
"""A category's colour as a tag of the design system; its name always stands beside it."""
STATES = {
    Round.OPEN: "Open: judging and moderation",
    Round.PROPOSED: "Sent to schools",
    Round.PUBLISHED: "Published",
    Round.CLOSED: "Closed by a later round",
}
ANSWERS = {
    Standing.WAITING: "Not answered yet",
    Standing.AGREED: "Agreed",
    Standing.DIFFERENCE: "Does not agree: the authority's category, difference recorded",
    Standing.CORRECTION: "Says that a fact is wrong",
}


@dataclass(frozen=True)
class Tag:
    """A category in words and colour."""

    text: str
    colour: str = "grey"


def tag(scheme: Scheme, key: str) -> Tag:
    """How a category is shown; an empty key is one that people must still judge."""
    category = scheme.category(key)
    if category is None:
        return Tag(JUDGEMENT_NEEDED.capitalize())
    return Tag(category.title, COLOURS.get(category.colour, "grey"))


@dataclass(frozen=True)
class RoundLine:
    """A round in a list."""

    id: int
    title: str
    whose: str
    year: int
    scheme: str
    state: str
    schools: int
    opened_by: str


@dataclass(frozen=True)
class StandingLine:
    """One school of a round in the list for moderation."""

    id: int
    name: str
    computed: Tag
    proposed: Tag
    differs: bool
    unsigned: bool
    borderline: str
    attention: str
    contributors: str
    answer: str
    needs_reply: bool
    score: float | None

    HEADER: ClassVar[tuple[str, ...]] = (
        "School", "Computed", "Category", "Waits for a signature", "Borderline", "Attention", "Because of", "Answer",
    )  # fmt: skip

    def cells(self) -> list[object]:
        """The row of a CSV file."""
        return [
            self.name, self.computed.text, self.proposed.text, "yes" if self.unsigned else "", self.borderline,
            self.attention, self.contributors, self.answer,
        ]  # fmt: skip


@dataclass(frozen=True)
class RoundPage:
    """A round for those who work in it. `counts` are of all its schools that the person may see; `ready` says in words
    what stands in the way of sending it, empty where nothing does."""

    round: Round
    whose: str
    state: str
    scheme: Scheme
    counts: list[tuple[str, Tag, int]]
    lines: list[StandingLine]
    holds: bool
    obstacles: list[str]
    demanded: list[tuple[str, float]]
    total_days: float


@dataclass(frozen=True)
class Asked:
    """A criterion that people judge, with what was judged so far."""

    criterion: Criterion
    judged: Judged | None
    version: int


@dataclass(frozen=True)
class StandingPage:
    """One school in a round. `row` is its evidence; without `reasons` the page says only the category."""

    standing: Standing
    round: Round
    state: str
    whose: str
    scheme: Scheme
    computed: Tag
    category: Tag
    now: Tag
    meaning: str
    entitlement: str
    row: dict[str, Any]
    reasons: bool
    answer: str
    asked: list[Asked]
    may_judge: bool
    may_sign: bool
    may_reply: bool
    may_answer: bool
    changes: list[tuple[Change, Tag, bool]]
    chances: list[tuple[Tag, float]]
    history: Sequence[tuple[Any, list[versions.Difference]]]

    @property
    def version(self) -> int:
        """The version that is shown, which a signature is for."""
        return self.history[0][0].number if self.history else 0


@dataclass(frozen=True)
class WhatIf:
    """What a change of the scheme would do."""

    change: str
    moves: list[tuple[Moved, Tag, Tag]]
    counts: list[tuple[Tag, int, int]]
    days: tuple[float, float]
    schools: int


def round_lines(user: User) -> list[RoundLine]:
    """The rounds in which the person works, the newest first."""
    found = [
        one
        for one in sight.rounds(user).select_related("opened_by").prefetch_related("standings")
        if sight.works_in(user, one)
    ]
    names = places.names(frozenset(one.organisation for one in found))
    return [
        RoundLine(
            one.pk,
            one.title,
            names[one.organisation],
            one.year,
            one.scheme_title,
            STATES[one.state],
            len(one.standings.all()),
            str(one.opened_by),
        )
        for one in found
    ]


def own_standings(user: User) -> QuerySet[Standing]:
    """The standings that the person sees without working in their round, the newest first."""
    found = sight.standings(user).exclude(organisation__in=sight.keys(user, *sight.WORKING))
    return found.order_by("-round__pk", "name", "pk").prefetch_related("changes")


def labelled(standings: Iterable[Standing]) -> list[tuple[Standing, Tag, str]]:
    """Standings with their category today and how their round stands. Each round's scheme is read once."""
    schemes: dict[int, Scheme] = {}
    found = []
    for one in standings:
        if one.round_id not in schemes:
            schemes[one.round_id] = actions.scheme_of(one.round)
        found.append((one, tag(schemes[one.round_id], actions.current(one)), STATES[one.round.state]))
    return found


def round_page(user: User, held: Round, *, wanted: dict[str, Any] | None = None) -> RoundPage:
    """A round with its schools, those first that need a person."""
    scheme = actions.scheme_of(held)
    # Schools that the person sees in another role, as a governor say, are not of their work: their reasons stay hidden.
    mine = sight.standings(user).filter(round=held, organisation__in=sight.keys(user, *sight.WORKING))
    every = list(mine)
    order = {one.key: at for at, one in enumerate(scheme.categories)}
    every.sort(key=lambda one: (order.get(one.category, -1), -(one.evidence.get("score") or 0.0), one.name))
    by_category = Counter(one.category for one in every)
    counts = [(one.key, tag(scheme, one.key), by_category.get(one.key, 0)) for one in scheme.categories]
    if by_category.get(""):
        counts.append((JUDGEMENT_NEEDED, tag(scheme, ""), by_category[""]))
    demanded = [
        (one.title, one.days * by_category.get(one.key, 0))
        for one in scheme.categories
        if one.days is not None
    ]
    return RoundPage(
        held,
        places.name(held.organisation),
        STATES[held.state],
        scheme,
        counts,
        [line for one in every if _wanted(line := _line(one, scheme), one, wanted or {})],
        access.permits(user, Permission.HOLD_ROUNDS, held.organisation),
        _obstacles(every),
        demanded,
        sum(days for _, days in demanded),
    )


def _obstacles(every: Iterable[Standing]) -> list[str]:
    schools = list(every)
    unsigned = sum(one.waits_for_signature for one in schools)
    without = sum(not one.category and not one.waits_for_signature for one in schools)
    found = []
    if without:
        found.append(f"{without} {'school has' if without == 1 else 'schools have'} no category yet")
    if unsigned:
        found.append(
            f"{unsigned} {'proposal waits' if unsigned == 1 else 'proposals wait'} for a second signature"
        )
    return found


def _wanted(line: StandingLine, standing: Standing, wanted: dict[str, Any]) -> bool:
    category = wanted.get("category") or ""
    show = wanted.get("show") or ""
    text = (wanted.get("text") or "").strip().casefold()
    return (
        (not category or category == (standing.category or JUDGEMENT_NEEDED))
        and (show != "borderline" or bool(line.borderline))
        and (show != "differs" or line.differs)
        and (show != "unsigned" or line.unsigned)
        and (show != "reply" or line.needs_reply)
        and (show != "unanswered" or standing.answer == Standing.WAITING)
        and text in line.name.casefold()
    )


def _line(one: Standing, scheme: Scheme) -> StandingLine:
    row = one.evidence
    near = [found["near"] for found in row.get("findings", ()) if found.get("near")]
    return StandingLine(
        one.pk,
        one.name,
        tag(scheme, one.computed),
        tag(scheme, one.override or one.computed),
        one.differs,
        one.waits_for_signature,
        _borderline(row, near),
        row.get("attention") or "",
        ", ".join(row.get("contributors", ())),
        ANSWERS[one.answer],
        one.waits_for_reply,
        row.get("score"),
    )


def _borderline(row: dict[str, Any], near: list[str]) -> str:
    """Why a case is borderline: another category has a chance of one in five, or one school's figure is near its edge."""
    chances = row.get("chances") or {}
    rivals = [share for key, share in chances.items() if key != row.get("category") and share >= 0.2]
    if rivals:
        return f"another category has a chance of {max(rivals):.0%}"
    return near[0] if near and row.get("would_change") else ""


def standing_page(user: User, one: Standing) -> StandingPage:
    """One school of a round as this person may see it."""
    scheme = actions.scheme_of(one.round)
    category = scheme.category(actions.current(one)) or scheme.category(one.category)
    may_judge = access.permits(user, Permission.JUDGE_SCHOOLS, one.organisation)
    holds = access.permits(user, Permission.HOLD_ROUNDS, one.organisation)
    judged = {each.criterion: each for each in one.judged.select_related("by")}
    reasons = sight.sees_reasons(user, one)
    works = may_judge or holds
    changes = [
        (each, tag(scheme, each.category), works and each.signed_at is None and each.by_id != user.pk)
        for each in one.changes.select_related("by", "signed_by")
        if works or each.signed_at is not None
    ]
    chances = (one.evidence.get("chances") or {}) if reasons else {}
    return StandingPage(
        one,
        one.round,
        STATES[one.round.state],
        places.name(one.round.organisation),
        scheme,
        tag(scheme, one.computed),
        tag(scheme, one.category),
        tag(scheme, actions.current(one)),
        category.meaning if category else "",
        category.entitlement if category else "",
        one.evidence if reasons else {},
        reasons,
        ANSWERS[one.answer],
        [
            Asked(
                criterion, judged.get(criterion.key), versions.latest(f"judgement:{one.pk}:{criterion.key}")
            )
            for criterion in actions.judged_by_people(scheme, one)
        ]
        if works
        else [],
        may_judge,
        works and one.waits_for_signature and one.override_by_id != user.pk,
        holds and one.waits_for_reply,
        access.permits(user, Permission.ANSWER_CATEGORIES, one.organisation)
        and one.round.state in (Round.PROPOSED, Round.PUBLISHED),
        changes,
        [(tag(scheme, "" if key == JUDGEMENT_NEEDED else key), share) for key, share in chances.items()],
        versions.history(one.subject) if works else [],
    )


def what_if(found: Reckoned, change: str) -> WhatIf:
    """What one change would do to a round. Raises PackError for a change that the scheme does not know."""
    after = found.with_change(change)
    before = Counter(one.category or "" for one in found.proposals)
    then = Counter(one.category or "" for one in after.proposals)
    return WhatIf(
        change,
        [
            (one, tag(found.scheme, one.before or ""), tag(after.scheme, one.after or ""))
            for one in moved(found.proposals, after.proposals)
        ],
        [
            (tag(found.scheme, key), before.get(key, 0), then.get(key, 0))
            for key in [*(one.key for one in found.scheme.categories), ""]
            if key or before.get("") or then.get("")
        ],
        (
            sum(days_needed(found.proposals, found.scheme).values()),
            sum(days_needed(after.proposals, after.scheme).values()),
        ),
        len(found.proposals),
    )


def settings_to_try(scheme: Scheme) -> list[tuple[str, list[str]]]:
    """Each criterion with the settings that a what-if may change, as they stand."""
    found = []
    for criterion in scheme.criteria:
        numbers = [
            f"{criterion.key}.{name}={value:g}"
            for rule in criterion.rules
            for name, value in vars(rule.settings).items()
            if isinstance(value, int | float) and not isinstance(value, bool)
        ]
        weight = (
            [] if scheme.method in ("gates", "matrix") else [f"{criterion.key}.weight={criterion.weight:g}"]
        )
        found.append((criterion.title, list(dict.fromkeys([*weight, *numbers]))))
    days = [f"{one.key}.days={one.days:g}" for one in scheme.categories if one.days is not None]
    return [
        *((title, numbers) for title, numbers in found if numbers),
        *([("Days of support", days)] if days else []),
    ]


def steadiness(found: Reckoned) -> list[tuple[str, float, int]]:
    """For each weight up and down by a tenth: the criterion, the change, and how many schools would move."""
    titles = {one.key: one.title for one in found.scheme.criteria}
    return [
        (titles[one.criterion], one.share, len(one.moved))
        for one in sensitivity(found.proposals, found.scheme)
    ]


def known_on(user: User, organisation_key: str, day: date) -> list[tuple[Standing, Tag, date]]:
    """The categories of a school that were published by a day, as far as the person may see them."""
    found = sight.standings(user).filter(organisation=organisation_key, round__published_at__date__lte=day)
    signed = Prefetch(
        "changes", Change.objects.exclude(signed_at=None).filter(signed_at__date__lte=day), "signed"
    )
    lines = []
    for one in found.prefetch_related(signed).order_by("round__published_at"):
        scheme = actions.scheme_of(one.round)
        published = one.round.published_at
        assert published is not None
        lines.append((one, tag(scheme, one.category), published.date()))
        lines += [(one, tag(scheme, each.category), each.on) for each in one.signed]
    return lines
