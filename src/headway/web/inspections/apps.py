"""Inspections as a Django application."""

from django.apps import AppConfig


class InspectionsConfig(AppConfig):
    """Inspections and readiness for them."""

    name = "headway.web.inspections"
    label = "inspections"
