"""Refusing what is not allowed, in words that say what to do."""

from __future__ import annotations

from headway.web.people.actions import NotPermitted


def must(allowed: bool, words: str) -> None:
    """Raises NotPermitted with the words unless it is allowed."""
    if not allowed:
        raise NotPermitted(words)
