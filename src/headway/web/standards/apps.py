"""Standards as a Django application."""

from django.apps import AppConfig


class StandardsConfig(AppConfig):
    """Standards."""

    name = "headway.web.standards"
    label = "standards"
