"""People as a Django application."""

from django.apps import AppConfig


class PeopleConfig(AppConfig):
    """Users, roles, permissions, who may see what."""

    name = "headway.web.people"
    label = "people"
