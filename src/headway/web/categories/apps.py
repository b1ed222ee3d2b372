"""Categories as a Django application."""

from django.apps import AppConfig


class CategoriesConfig(AppConfig):
    """Rounds in which schools are categorised."""

    name = "headway.web.categories"
    label = "categories"

    def ready(self) -> None:
        """Offer the pages of categories, and contribute their tasks."""
        from headway.web.categories import contributions

        contributions.contribute()
