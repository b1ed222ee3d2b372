"""How a day is written."""

from __future__ import annotations

from datetime import date


def written(day: date) -> str:
    """`5 November 2012`, on every system (`%-d` is not known on Windows)."""
    return f"{day.day} {day:%B %Y}"
