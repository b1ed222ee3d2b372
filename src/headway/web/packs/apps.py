"""Packs as a Django application."""

from django.apps import AppConfig


class PacksConfig(AppConfig):
    """Data packs."""

    name = "headway.web.packs"
    label = "packs"
