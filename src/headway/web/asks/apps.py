"""Asks as a Django application."""

from django.apps import AppConfig


class AsksConfig(AppConfig):
    """Everything that is asked of a school."""

    name = "headway.web.asks"
    label = "asks"

    def ready(self) -> None:
        """Offer the pages of asking, and contribute their tasks."""
        from headway.web.asks import contributions

        contributions.contribute()
