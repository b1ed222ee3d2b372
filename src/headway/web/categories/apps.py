"""Categories as a Django application."""

from django.apps import AppConfig


class CategoriesConfig(AppConfig):
    """Rounds in which schools are categorised."""

    name = "headway.web.categories"
    label = "categories"
