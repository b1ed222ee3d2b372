"""How much is held of each kind of record: counts, never what it says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from django.apps import apps
from django.conf import settings
from django.core.cache import cache

from headway.figures.store import Store
from headway.web.privacy import schedule
from headway.web.privacy.schedule import Kind

_HOLDS_FOR_SECONDS = 60


@dataclass(frozen=True)
class Holding:
    """A kind of record and how many there are; of a table of the store also the years."""

    kind: Kind
    count: int
    years: tuple[int, ...] = ()


def store() -> Store:
    """The store beside the service."""
    return Store.open(settings.HOME)


def holdings(of: Store) -> list[Holding]:
    """Every kind of record with how much is held. Counted at most once a minute."""
    known: dict[str, tuple[int, tuple[int, ...]]] | None = cache.get("privacy_holdings")
    kinds = schedule.kinds(of)
    if known is None or set(known) != {kind.key for kind in kinds}:
        tables = of.describe().tables
        aside = len(list((of.folder / "set-aside").glob("*")))
        known = {
            kind.key: _in_store(kind, tables, aside) if kind.place == "store" else (_count(kind), ())
            for kind in kinds
        }
        cache.set("privacy_holdings", known, _HOLDS_FOR_SECONDS)
    return [Holding(kind, *known[kind.key]) for kind in kinds]


def _in_store(kind: Kind, tables: Mapping[str, object], aside: int) -> tuple[int, tuple[int, ...]]:
    if schedule.is_set_aside(kind):
        return aside, ()
    found = tables.get(schedule.table_of(kind))
    return (getattr(found, "rows", 0), tuple(getattr(found, "years", ())))


def _count(kind: Kind) -> int:
    if kind.place == "disk":
        return sum(1 for path in Path(settings.EMAIL_FILE_PATH).glob("*") if path.is_file())
    main = [rows.model for rows in kind.rows] or list(kind.models[:1])
    return sum(apps.get_model(model)._default_manager.count() for model in dict.fromkeys(main))
