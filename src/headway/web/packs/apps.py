"""Packs as a Django application."""

from django.apps import AppConfig


class PacksConfig(AppConfig):
    """Documents about a school or an authority, to be taken away."""

    name = "headway.web.packs"
    label = "packs"

    def ready(self) -> None:
        """Offer the pages of packs, and do their work in the background."""
        from headway.web.packs import contributions

        contributions.contribute()
