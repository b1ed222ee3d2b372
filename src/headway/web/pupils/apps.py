"""Pupils as a Django application."""

from django.apps import AppConfig


class PupilsConfig(AppConfig):
    """Pupil lists and the checking desk, by pseudonymous key."""

    name = "headway.web.pupils"
    label = "pupils"

    def ready(self) -> None:
        """Offer the pages of pupils, and contribute their tasks."""
        from headway.web.pupils import contributions

        contributions.contribute()
