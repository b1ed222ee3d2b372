"""The audit trail as a Django application."""

from django.apps import AppConfig


class AuditConfig(AppConfig):
    """Who did what, on whom, when, from where."""

    name = "headway.web.audit"
    label = "audit"
