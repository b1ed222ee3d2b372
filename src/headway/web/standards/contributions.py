"""What standards contribute to the rest of the service: a tab, navigation, today's tasks, what was known on a day."""

from __future__ import annotations


def contribute() -> None:
    """Once, when the service starts."""
