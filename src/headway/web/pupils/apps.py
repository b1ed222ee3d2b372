"""Pupils as a Django application."""

from django.apps import AppConfig


class PupilsConfig(AppConfig):
    """Pupil lists and the checking desk."""

    name = "headway.web.pupils"
    label = "pupils"
