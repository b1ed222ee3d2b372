"""Jobs as a Django application."""

from django.apps import AppConfig


class JobsConfig(AppConfig):
    """Work that runs in the background, and the files that it makes."""

    name = "headway.web.jobs"
    label = "jobs"
