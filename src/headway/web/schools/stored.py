"""The store beside the service, for reading."""

from __future__ import annotations

from django.conf import settings

from headway.figures.store import Store


def store() -> Store | None:
    """The store of the service; None where nothing has been loaded yet."""
    folder = settings.HOME
    return Store(folder) if (folder / "catalogue.sqlite").exists() else None
