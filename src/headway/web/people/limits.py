"""How often something may be tried: a small count in the cache that all processes of the service share."""

from __future__ import annotations

from django.core.cache import cache


class TooOften(Exception):  # noqa: N818 - a rule, not an error
    """It was tried too often; `seconds` is how long the count is kept."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"tried too often: try again in {max(1, seconds // 60)} minutes")
        self.seconds = seconds


def count(what: str, who: str, *, at_most: int, seconds: int) -> None:
    """Count one try of `what` by `who`. Raises TooOften beyond `at_most` in `seconds` from the first."""
    key = f"limit:{what}:{who}"
    cache.add(key, 0, seconds)
    try:
        tries = cache.incr(key)
    except ValueError:  # it ran out between the two
        cache.set(key, 1, seconds)
        tries = 1
    if tries > at_most:
        raise TooOften(seconds)
