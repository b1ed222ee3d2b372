"""Asking schools for something, and answering: every request to a school, of every part, goes through here."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from datetime import date

from django.db import transaction
from django.utils import timezone

from headway.web.asks import burden
from headway.web.asks.models import Ask, Cap
from headway.web.audit import versions
from headway.web.audit.actions import record
from headway.web.people import access
from headway.web.people.actions import NotPermitted
from headway.web.people.models import User
from headway.web.people.permissions import Permission


class OverCap(NotPermitted):
    """Asking this would go over the cap of some schools (`over`), and no reason was given."""

    def __init__(self, over: Sequence[burden.Outlook]) -> None:
        names = ", ".join(one.name for one in over[:3]) + (" and others" if len(over) > 3 else "")
        super().__init__(
            f"This goes over the cap of {names}: say why it is needed all the same, or ask for less."
        )
        self.over = over


def ask(
    school_key: str,
    what: str,
    purpose: str,
    legal_basis: str,
    minutes: int,
    due: date,
    *,
    by: User,
    how: str = "",
    over_cap_because: str = "",
    together: str = "",
) -> Ask:
    """Ask one school for something; as `ask_many`."""
    (asked,) = ask_many(
        [school_key], what, purpose, legal_basis, minutes, due,
        by=by, how=how, over_cap_because=over_cap_because, together=together,
    )  # fmt: skip
    return asked


@transaction.atomic
def ask_many(
    schools: Collection[str],
    what: str,
    purpose: str,
    legal_basis: str,
    minutes: int,
    due: date,
    *,
    by: User,
    how: str = "",
    over_cap_because: str = "",
    together: str = "",
) -> list[Ask]:
    """Ask several schools for the same: one request a school, all of them or none.

    Raises NotPermitted for a school that is not the person's to ask, without words, purpose, legal basis, minutes or a day
    that is yet to come; OverCap where it goes over a school's cap without a reason. A request that was sent before with the
    same `together` (the browser's back button) is not sent again: the earlier one comes back.
    """
    wanted = list(dict.fromkeys(schools))
    _check(wanted, what, purpose, legal_basis, minutes, due, by)
    together = together or str(uuid.uuid4())
    sent = {one.organisation: one for one in Ask.objects.filter(together=together, asked_by=by)}
    # One person at a time asks under a cap: two requests sent in the same moment cannot both slip below it.
    list(Cap.objects.select_for_update())
    outlook = burden.outlook([key for key in wanted if key not in sent], minutes=minutes, due=due)
    over = {one.organisation: one for one in outlook if one.over}
    if over and not over_cap_because.strip():
        raise OverCap(list(over.values()))
    for key in wanted:
        if key in sent:
            continue
        asked = Ask.objects.create(
            organisation=key,
            what=what.strip(),
            how=how.strip(),
            purpose=purpose.strip(),
            legal_basis=legal_basis.strip(),
            minutes=minutes,
            due=due,
            together=together,
            asked_by=by,
            over_cap_because=over_cap_because.strip() if key in over else "",
        )
        sent[key] = asked
        _keep(asked, by, expected=0)
        more: dict[str, object] = {"over the cap because": asked.over_cap_because} if key in over else {}
        _record(
            "asked a school",
            asked,
            by,
            {"what": asked.what, "minutes": minutes, "by": due.isoformat(), **more},
        )
    return [sent[key] for key in wanted]


@transaction.atomic
def answer(ask: Ask, *, text: str, by: User, expected: int | None = None) -> Ask:
    """The school answers, or mends its answer. Raises NotPermitted for others, without words, or where it was taken back;
    versions.Conflict where a colleague saved after version `expected`."""
    return _decide(ask, Ask.ANSWERED, text, by, expected, "Write your answer.", "answered what was asked")


@transaction.atomic
def decline(ask: Ask, *, reason: str, by: User, expected: int | None = None) -> Ask:
    """The school declines, and says why. Raises as `answer` does."""
    return _decide(ask, Ask.DECLINED, reason, by, expected, "Say why you decline.", "declined what was asked")


@transaction.atomic
def withdraw(ask: Ask, *, reason: str, by: User) -> Ask:
    """Take a request back that the school has not answered. Raises NotPermitted without a reason or permission."""
    asked = _locked(ask)
    _check_asks(asked, by)
    if not asked.is_open:
        raise NotPermitted(f"This request is {asked.state}: it cannot be taken back.")
    if not reason.strip():
        raise NotPermitted("Say why you take it back: the school will read it.")
    return _saved(
        asked, Ask.WITHDRAWN, reason, by, versions.latest(asked.subject), "took back what was asked"
    )


@transaction.atomic
def remind(ask: Ask, *, by: User) -> Ask:
    """Remind the school: it stands at the top of its list, once a day at most."""
    asked = _locked(ask)
    _check_asks(asked, by)
    if not asked.is_open:
        raise NotPermitted(f"This request is {asked.state}: there is nothing to remind of.")
    if asked.reminded_at and timezone.localdate(asked.reminded_at) == timezone.localdate():
        raise NotPermitted("The school was reminded today already.")
    asked.reminded_at = timezone.now()
    asked.save(update_fields=["reminded_at"])
    _record("reminded a school", asked, by, {"what": asked.what})
    return asked


@transaction.atomic
def set_cap(*, organisation: str, minutes: int | None, period: str, by: User) -> Cap | None:
    """Set the most minutes that may be asked of a school in a `term` or `year`, or (None) that there is no cap."""
    if not access.permits(by, Permission.SET_CAP, organisation):
        raise NotPermitted("You do not set the cap of this organisation.")
    if period not in ("term", "year") or (minutes is not None and minutes < 1):
        raise NotPermitted("Give at least one minute, a term or a year.")
    before = Cap.objects.filter(organisation=organisation).first()
    cap = None
    if minutes is None:
        Cap.objects.filter(organisation=organisation).delete()
    else:
        cap, _ = Cap.objects.update_or_create(
            organisation=organisation, defaults={"minutes": minutes, "period": period}
        )
    record(
        "set the cap on asking",
        by=by,
        organisation=organisation,
        detail={
            "was": f"{before.minutes} minutes a {before.period}" if before else "none",
            "is": f"{minutes} minutes a {period}" if cap else "none",
        },
    )
    return cap


def _check(
    schools: Sequence[str], what: str, purpose: str, legal_basis: str, minutes: int, due: date, by: User
) -> None:
    reach = access.reach(by, Permission.ASK_SCHOOLS)
    if not schools:
        raise NotPermitted("Choose at least one school.")
    if not set(schools) <= reach or not all(key.startswith("school:") for key in schools):
        raise NotPermitted("One of these schools is not yours to ask.")
    for given, missing in (
        (what, "Say what you ask for."),
        (purpose, "Say what it is for."),
        (legal_basis, "Say on which legal basis you ask."),
    ):
        if not given.strip():
            raise NotPermitted(missing)
    if minutes < 1:
        raise NotPermitted("Say how many minutes it takes the school: at least 1.")
    if due < timezone.localdate():
        raise NotPermitted("Give the school a day that is yet to come.")


def _check_asks(asked: Ask, by: User) -> None:
    if not access.permits(by, Permission.ASK_SCHOOLS, asked.organisation):
        raise NotPermitted("You do not ask this school.")


def _decide(
    ask: Ask, state: str, text: str, by: User, expected: int | None, without_words: str, verb: str
) -> Ask:
    asked = _locked(ask)
    if not access.permits(by, Permission.ANSWER_ASKS, asked.organisation):
        raise NotPermitted("This is for the school to answer.")
    if asked.state == Ask.WITHDRAWN:
        raise NotPermitted("This request was taken back: you need not answer it.")
    if not text.strip():
        raise NotPermitted(without_words)
    return _saved(
        asked, state, text, by, versions.latest(asked.subject) if expected is None else expected, verb
    )


def _saved(asked: Ask, state: str, text: str, by: User, expected: int, verb: str) -> Ask:
    asked.state, asked.answer = state, text.strip()
    asked.decided_by, asked.decided_at = by, timezone.now()
    _keep(asked, by, expected=expected)
    asked.save()
    _record(verb, asked, by, {"what": asked.what})
    return asked


def _locked(ask: Ask) -> Ask:
    return Ask.objects.select_for_update(of=("self",)).get(pk=ask.pk)


def _keep(asked: Ask, by: User, *, expected: int) -> None:
    snapshot = {
        "what": asked.what,
        "how_to_answer": asked.how,
        "purpose": asked.purpose,
        "legal_basis": asked.legal_basis,
        "minutes": asked.minutes,
        "due": asked.due.isoformat(),
        "state": asked.state,
        "answer": asked.answer,
    }
    versions.save_version(asked.subject, snapshot, by=by, expected=expected)


def _record(verb: str, asked: Ask, by: User, detail: dict[str, object]) -> None:
    record(verb, by=by, organisation=asked.organisation, subject=asked.subject, detail=detail)
