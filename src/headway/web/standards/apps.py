"""Standards as a Django application."""

from django.apps import AppConfig


class StandardsConfig(AppConfig):
    """Releases of figures, and the pages that show them."""

    name = "headway.web.standards"
    label = "standards"

    def ready(self) -> None:
        """Offer the pages of standards."""
        from headway.web.standards import authority_contributions, contributions

        contributions.contribute()
        authority_contributions.contribute()
