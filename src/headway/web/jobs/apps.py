"""Jobs as a Django application."""

from django.apps import AppConfig


class JobsConfig(AppConfig):
    """Work that runs in the background, and the files that it makes."""

    name = "headway.web.jobs"
    label = "jobs"

    def ready(self) -> None:
        """Offer the page of one's files, and contribute to the task list."""
        from headway.web.jobs import contributions

        contributions.contribute()
