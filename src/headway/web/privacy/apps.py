"""Privacy as a Django application."""

from django.apps import AppConfig


class PrivacyConfig(AppConfig):
    """Retention, erasure and the record of processing."""

    name = "headway.web.privacy"
    label = "privacy"
