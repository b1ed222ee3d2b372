"""Dated rules: whether they hold on a day, and what is said of a day on which they do not."""

from __future__ import annotations

from datetime import date

from headway.policy.days import written


def holds(first_day: date, last_day: date | None, day: date) -> bool:
    """Whether rules from the first day to the last (without one, to this day) hold on a day."""
    return first_day <= day and (last_day is None or day <= last_day)


def outside(first_day: date, last_day: date | None, day: date) -> str:
    """`from 1 September 2008 to 31 August 2009; 1 September 2020 lies outside`; empty where they hold on the day."""
    if holds(first_day, last_day, day):
        return ""
    until = f" to {written(last_day)}" if last_day else " on"
    return f"from {written(first_day)}{until}; {written(day)} lies outside"
