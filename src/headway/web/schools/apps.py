"""Schools as a Django application."""

from django.apps import AppConfig


class SchoolsConfig(AppConfig):
    """Schools, and the groups they belong to."""

    name = "headway.web.schools"
    label = "schools"

    def ready(self) -> None:
        """Answer for people's places, and offer the pages of schools."""
        from headway.web.schools import contributions

        contributions.contribute()
