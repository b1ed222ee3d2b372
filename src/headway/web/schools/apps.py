"""Schools as a Django application."""

from django.apps import AppConfig


class SchoolsConfig(AppConfig):
    """Schools."""

    name = "headway.web.schools"
    label = "schools"
