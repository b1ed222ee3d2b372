"""When a letter should not go out: late on a Friday, or just before a holiday, when nobody can ask what it means."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from headway.policy.calendars import Calendar, england

NOON = 12
"""From which hour a Friday is late. Headway's own choice: the afternoon is left for questions."""


def caution(moment: datetime, calendar: Calendar | None = None) -> str:
    """Why a letter had better wait, in a sentence; empty where nothing speaks against now. `moment` is local time."""
    calendar = calendar or england()
    day = moment.date()
    back = calendar.after(day, 1)
    when = f"{back:%A} {back.day} {back:%B}"
    if not calendar.is_working_day(day):
        return f"Nobody is at work today: a school that reads this now cannot ask anybody until {when}."
    away = (back - day).days - 1
    if away > _weekend_after(day):
        return f"A holiday begins: a school that reads this now may not be able to ask anybody until {when}."
    if away and moment.hour >= NOON:
        return f"It is {moment:%A} afternoon: a school that reads this now may not be able to ask anybody until {when}."
    return ""


def _weekend_after(day: date) -> int:
    return sum((day + timedelta(days=ahead)).weekday() > 4 for ahead in (1, 2))
