"""When a letter is not sent without a second thought: late on a Friday, or just before a holiday.

Headteachers disliked notices that came on a Friday before the end of term, and short times to reply (W126, domain.md,
section 0, point 10). What counts as late and as short here is Headway's design; an authority decides.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

from headway.policy.calendars import Calendar, england
from headway.policy.days import written

LATE = 12
"""The hour from which a Friday is late."""

DAYS_TO_REPLY = 10
"""Fewer school days than this to reply are named as short."""


def release_warnings(
    moment: datetime, calendar: Calendar | None = None, reply_by: date | None = None
) -> tuple[str, ...]:
    """Sentences to show before letters are released; none where nothing speaks against it."""
    days = calendar or england()
    day = moment.date()
    found = []
    if not days.is_school_day(day):
        found.append(f"{day:%A} {written(day)} is no school day: nobody will be there to read it.")
    elif day.weekday() == 4 and moment.hour >= LATE:
        found.append(
            f"It is late on a Friday: the school would have it over the weekend. {_better(day, days)}"
        )
    following = days.after(day, 1, school_days=True)
    if days.is_school_day(day) and (following - day).days > (3 if day.weekday() == 4 else 1):
        found.append(
            f"It is the last school day before a holiday: the next is {following:%A} {written(following)}. "
            f"{_better(day, days)}"
        )
    if reply_by is not None:
        left = _school_days(day, reply_by, days)
        if left < DAYS_TO_REPLY:
            found.append(
                f"The reply is asked for by {written(reply_by)}, which leaves {left} school days; "
                f"{DAYS_TO_REPLY} or more are kinder."
            )
    return tuple(found)


def _better(day: date, calendar: Calendar) -> str:
    tuesday = day + timedelta(days=1)
    while tuesday.weekday() != 1 or not calendar.is_school_day(tuesday):
        tuesday += timedelta(days=1)
    return f"Better: {tuesday:%A} {written(tuesday)}."


def _school_days(first: date, last: date, calendar: Calendar) -> int:
    days = (first + timedelta(days=at) for at in range(1, max(0, (last - first).days) + 1))
    return sum(calendar.is_school_day(day) for day in days)
