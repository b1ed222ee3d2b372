"""People as a Django application."""

from django.apps import AppConfig


class PeopleConfig(AppConfig):
    """Users, roles, permissions, who may see what."""

    name = "headway.web.people"
    label = "people"

    def ready(self) -> None:
        """Listen to signing in, offer the pages of people, and contribute their tasks."""
        from headway.web.people import contributions, signals

        signals.connect()
        contributions.contribute()
