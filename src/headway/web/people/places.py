"""Schools, trusts, clusters and authorities as people need them: a name for a key, and what lies inside what.

People come below schools, so they ask here; schools say once, when the service starts, who answers (`answer_with`).
Until then a key is its own name and holds nothing but itself.
"""

from __future__ import annotations

from typing import Protocol


class Places(Protocol):
    """Who knows the organisations."""

    def names(self, keys: frozenset[str]) -> dict[str, str]:
        """The name of each key that is known."""
        ...

    def inside(self, keys: frozenset[str]) -> frozenset[str]:
        """The keys, and those of everything that lies inside them today."""
        ...

    def contains(self, keys: frozenset[str], key: str) -> bool:
        """Whether `key` is one of the keys, or lies inside one of them today: `inside` without listing it all."""
        ...

    def choices(self, kind: str, among: frozenset[str] | None) -> list[tuple[str, str]]:
        """Key and name of every `school`, `trust`, `cluster` or `authority`, by name; only those `among`, if given."""
        ...


class _KeysOnly:
    def names(self, keys: frozenset[str]) -> dict[str, str]:
        return {key: key for key in keys}

    def inside(self, keys: frozenset[str]) -> frozenset[str]:
        return keys

    def contains(self, keys: frozenset[str], key: str) -> bool:
        return key in keys

    def choices(self, kind: str, among: frozenset[str] | None) -> list[tuple[str, str]]:
        return sorted((key, key) for key in among or () if key.startswith(f"{kind}:"))


_places: Places = _KeysOnly()


def answer_with(places: Places) -> Places:
    """From now on these answer; returns who did before."""
    global _places
    before, _places = _places, places
    return before


def names(keys: frozenset[str]) -> dict[str, str]:
    """The name of each key; the key itself where it is not known."""
    known = _places.names(keys)
    return {key: known.get(key, key) for key in keys}


def name(key: str) -> str:
    """The name of one key."""
    return names(frozenset({key}))[key] if key else ""


def inside(keys: frozenset[str]) -> frozenset[str]:
    """The keys and all that lies inside them today."""
    return _places.inside(keys) if keys else frozenset()


def contains(keys: frozenset[str], key: str) -> bool:
    """Whether `key` is one of the keys or lies inside one of them today."""
    return key in keys or (bool(keys) and _places.contains(keys, key))


def choices(kind: str, among: frozenset[str] | None = None) -> list[tuple[str, str]]:
    """Key and name of every organisation of a kind, by name; only those `among`, if given."""
    return _places.choices(kind, among)
