"""Data protection as its pages show it."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils import timezone

from headway.web.audit import versions
from headway.web.people import presenters as people
from headway.web.people.models import User
from headway.web.privacy import accounts, erasing, holdings, processing, schedule, subjects
from headway.web.privacy.models import Period
from headway.web.privacy.schedule import Kept, Kind


@dataclass(frozen=True)
class ScheduleLine:
    """One line of the schedule: the kind, how many are held, the reason for the authority's own period."""

    kind: Kind
    count: int
    years: str
    reason: str


@dataclass(frozen=True)
class SchedulePage:
    """The whole schedule: kinds with a period, kinds without one, and what stands in the way of saying all."""

    lines: list[ScheduleLine]
    kept: tuple[Kept, ...]
    problem: str


@dataclass(frozen=True)
class PersonKept:
    """What is kept of one person, and whether they may be erased."""

    user: User
    headings: list[subjects.Heading]
    may_be_erased: bool
    is_erased: bool


def schedule_page() -> SchedulePage:
    """The schedule as it holds today."""
    reasons: dict[str, str] = {}
    for one in Period.objects.order_by("pk"):
        reasons[one.kind] = one.reason
    lines = [
        ScheduleLine(held.kind, held.count, _years(held.years), reasons.get(held.kind.key, ""))
        for held in holdings.holdings(holdings.store())
    ]
    return SchedulePage(lines, schedule.kept(), problem())


def kind_of(key: str) -> Kind | None:
    """One kind of record, if there is one of that key."""
    return schedule.kind_of(key, holdings.store())


def periods_of(kind: Kind) -> list[Period]:
    """Every period that the authority set for the kind, the newest first."""
    return list(Period.objects.filter(kind=kind.key).select_related("chosen_by"))


def period_version(kind: Kind) -> int:
    """The number of the newest version of the kind's period."""
    return versions.latest(f"retention:{kind.key}")


def problem() -> str:
    """Why nothing can be said of pupils' rows in the store; empty where it can."""
    return schedule.problem_of(holdings.store())


def due() -> list[erasing.Due]:
    """What is past its date today; of the database alone where nothing can be said of the store."""
    return erasing.due(None if problem() else holdings.store())


def person_kept(person_id: int, manager: User) -> PersonKept | None:
    """What is kept of a person, for somebody who may see them; None where there is none."""
    user = people.people_of(manager).filter(pk=person_id).first()
    if user is None:
        return None
    headings = subjects.place_names(subjects.kept_of(user))
    return PersonKept(user, headings, accounts.may_be_erased(user), accounts.is_erased(user))


def about(user: User) -> list[subjects.Heading]:
    """What is kept of somebody, for themselves."""
    return subjects.place_names(subjects.kept_of(user))


def notice() -> list[processing.Activity]:
    """What is done with whose data, for whom it concerns."""
    return processing.activities(schedule.kinds(holdings.store()))


def today_words() -> str:
    """Today, for the name of a file."""
    return timezone.localdate().isoformat()


def _years(years: tuple[int, ...]) -> str:
    return f"{min(years)} to {max(years)}" if len(years) > 1 else "".join(map(str, years))
