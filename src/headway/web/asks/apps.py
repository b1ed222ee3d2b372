"""Asks as a Django application."""

from django.apps import AppConfig


class AsksConfig(AppConfig):
    """Everything that is asked of a school."""

    name = "headway.web.asks"
    label = "asks"
