"""When a letter should not go out: late on a Friday, or just before a holiday, when nobody can ask what it means."""

from __future__ import annotations

from datetime import datetime

LATE_ON_FRIDAY = 12
"""The hour from which a Friday is late. Headway's own choice: the afternoon is left for questions."""


def caution(moment: datetime) -> str:
    """Why a letter had better wait, in a sentence; empty where nothing speaks against now."""
    if moment.weekday() == 4 and moment.hour >= LATE_ON_FRIDAY:
        return "It is Friday afternoon: a school that reads this now cannot ask anybody until Monday."
    if moment.weekday() > 4:
        return "It is the weekend: a school that reads this now cannot ask anybody until Monday."
    holiday = _holiday_near(moment)
    return f"{holiday} School leaders may read this when nobody can answer them." if holiday else ""


def _holiday_near(moment: datetime) -> str:
    day = moment.date()
    if (day.month, day.day) >= (12, 18) or (day.month, day.day) <= (1, 2):
        return "The Christmas holiday begins about now."
    if (day.month, day.day) >= (7, 18) and day.month < 9:
        return "The summer holiday begins about now."
    return ""
