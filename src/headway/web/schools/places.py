"""What people need to know of schools: the answers to `people.places`."""

from __future__ import annotations

from collections.abc import Iterable

from headway.web.schools.access import containing, lying_in
from headway.web.schools.models import Organisation

_MANY = 500
"""More keys than this are not sent to the database one by one."""


class PlacesOfRegister:
    """Answers from the organisations of the database, each with as many queries whatever their number."""

    def names(self, keys: frozenset[str]) -> dict[str, str]:
        """The name of each key that is known."""
        return {key: name for key, name in self._rows("", keys) if name}

    def inside(self, keys: frozenset[str]) -> frozenset[str]:
        """The keys, and those of everything that lies inside them today."""
        return keys.union(
            Organisation.objects.filter(lying_in(keys)).order_by().values_list("key", flat=True)
        )

    def contains(self, keys: frozenset[str], key: str) -> bool:
        """Whether `key` is one of the keys or lies inside one of them."""
        found = Organisation.objects.filter(key=key).first()
        return found is not None and not keys.isdisjoint(containing(found))

    def choices(self, kind: str, among: frozenset[str] | None) -> list[tuple[str, str]]:
        """Key and name of every organisation of a kind that is not closed, by name; only those `among`, if given."""
        return [(key, name or key) for key, name in self._rows(kind, among)]

    def _rows(self, kind: str, among: frozenset[str] | None) -> Iterable[tuple[str, str]]:
        rows = Organisation.objects.values_list("key", "name")
        rows = rows.filter(kind=kind, is_closed=False) if kind else rows.order_by()
        if among is not None and len(among) <= _MANY:
            rows = rows.filter(key__in=among)
        return (row for row in rows if among is None or row[0] in among)
