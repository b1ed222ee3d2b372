"""Privacy as a Django application."""

from django.apps import AppConfig


class PrivacyConfig(AppConfig):
    """Retention, erasure and the record of processing."""

    name = "headway.web.privacy"
    label = "privacy"

    def ready(self) -> None:
        """Offer its pages and contribute its task."""
        from headway.web.privacy import contributions

        contributions.contribute()
